// @ts-check
/* strip.js - the trace behind a number, with a mark for each beat used and left out. */
import { api } from '../api.js';
import { ByHand } from '../by_hand.js';
import { h, replace, setText, token } from '../dom.js';
import { colourToken } from '../lane_scale.js';

const WAIT_MS = 120; /* running through the list must not ask for every strip */
const TOP_PX = 16; /* room for the marks above the trace */

export class StripInset {
    constructor() {
        this.canvas = h('canvas', { class: 'strip-canvas', 'aria-hidden': 'true' });
        this.marks = h('div', { class: 'strip-marks', 'data-testid': 'strip-marks' });
        this.caption = h('figcaption', { class: 'quiet' });
        this.paper = h('div', { class: 'strip-paper' }, this.canvas, this.marks);
        this.element = h(
            'figure',
            { class: 'strip', 'data-testid': 'strip' },
            this.paper,
            this.caption,
        );
        this.timer = 0;
        this.id = '';
        /** @type {{m: import('../types.js').Measurement, strip: import('../types.js').Strip,
         *   channel: import('../types.js').StripChannel} | null} */ this.drawn = null;
    }

    /** @param {import('../types.js').Measurement | null} m */
    show(m) {
        if (m?.id === this.id) return;
        this.id = m?.id ?? '';
        clearTimeout(this.timer);
        this.#clear(m ? 'Loading the strip …' : 'Choose a value to see its beats.');
        if (m) this.timer = setTimeout(() => this.#load(m), WAIT_MS);
    }

    /** Beats and markers to choose; null: the trace is not there (yet).
     * @param {import('./strip_editor.js').StripEditor} editor @returns {boolean} */
    edit(editor) {
        const { drawn } = this;
        if (!drawn || drawn.m.id !== this.id || !drawn.strip.pulses?.length) return false;
        this.marks.hidden = true;
        this.paper.append(editor.paper);
        this.#trace();
        editor.begin(new ByHand(drawn.m, drawn.strip, drawn.channel));
        return true;
    }

    /** @param {import('./strip_editor.js').StripEditor} editor */
    editEnds(editor) {
        this.marks.hidden = false;
        editor.end();
        this.#trace();
    }

    /** As it is drawn with other colours. @param {import('../types.js').Measurement | null} m */
    again(m) {
        this.id = '';
        this.show(m);
    }

    /** @param {import('../types.js').Measurement} m */
    async #load(m) {
        try {
            const strip = await api.get(`/api/measurements/${m.id}/strip`);
            if (m.id === this.id) this.#draw(m, strip);
        } catch {
            if (m.id === this.id) this.#clear('The strip is not available now. The number stands.');
        }
    }

    /** @param {string} text */
    #clear(text) {
        this.drawn = null;
        replace(this.marks);
        setText(this.caption, text);
        this.canvas.width = this.canvas.clientWidth || 1;
    }

    /** The paper is higher while one adjusts on it. */
    #trace() {
        if (!this.drawn) return;
        const { m, channel } = this.drawn;
        drawTrace(this.canvas, channel, m.site, rangeOf(channel));
    }

    /** @param {import('../types.js').Measurement} m @param {import('../types.js').Strip} strip */
    #draw(m, strip) {
        const channel = strip.channels.find((c) => c.site === m.site) ?? strip.channels[0];
        if (!channel || !channel.samples.some((s) => s !== null)) {
            return this.#clear('No samples are held for this strip.');
        }
        this.drawn = { m, strip, channel };
        const range = rangeOf(channel);
        this.#trace();
        const ticks = channel.samples.length * channel.ticks_per_sample;
        const place = (/** @type {number} */ tick) => (tick - channel.first_tick) / ticks;
        const used = m.beats.map((b) => mark(place(b.tick), 'o', `beat ${b.n} used`));
        const left = m.left_out.map((b) => mark(place(b.tick), '×', `left out: ${b.reason}`));
        replace(this.marks, ...used, ...left);
        const seconds = (ticks / strip.base_rate_hz).toFixed(1);
        setText(this.caption, `${m.site} ${seconds} s, ${Math.round(range.low)} to ${Math.round(range.high)} mmHg · o used  × left out`);
    }
}

/** @param {number} share of the width @param {string} sign @param {string} what */
function mark(share, sign, what) {
    const element = h(
        'span',
        { class: sign === 'o' ? 'mark used' : 'mark out', title: what },
        sign,
    );
    element.style.setProperty('left', `${(100 * share).toFixed(2)}%`);
    return element;
}

/** @param {import('../types.js').StripChannel} channel @returns {(number | null)[]} */
function physical(channel) {
    return channel.samples.map((s) => (s === null ? null : (s - channel.offset) * channel.scale));
}

/** Least and greatest value. @param {import('../types.js').StripChannel} channel */
export function rangeOf(channel) {
    const present = /** @type {number[]} */ (physical(channel).filter((v) => v !== null));
    return { low: Math.min(...present), high: Math.max(...present) };
}

/** @param {HTMLCanvasElement} canvas @param {import('../types.js').StripChannel} channel
 * @param {string} site @param {{low: number, high: number}} range */
export function drawTrace(canvas, channel, site, { low, high }) {
    const dpr = window.devicePixelRatio;
    canvas.width = Math.max(1, canvas.clientWidth * dpr);
    canvas.height = Math.max(1, canvas.clientHeight * dpr);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    const values = physical(channel);
    const height = canvas.height - (TOP_PX + 4) * dpr;
    const y = (/** @type {number} */ v) =>
        TOP_PX * dpr + (1 - (v - low) / Math.max(1, high - low)) * height;
    context.strokeStyle = token(`--${colourToken(site)}`);
    context.lineWidth = 1.5 * dpr;
    context.beginPath();
    let pen = false;
    for (const [i, v] of values.entries()) {
        const x = (i / values.length) * canvas.width;
        if (v !== null && pen) context.lineTo(x, y(v));
        else if (v !== null) context.moveTo(x, y(v));
        pen = v !== null;
    }
    context.stroke();
}
