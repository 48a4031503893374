// @ts-check
/* disclosure.js - full disclosure: any moment of a case, from the journal. Wheel and arrows move and
 * zoom, a click sets a caliper and a second one the other; "Play" runs it again at its own pace,
 * under a banner that says that it is not now. The view stands in the address (t0, dur). */
import { DisclosureData } from '../disclosure_data.js';
import { caliperText, caseSpan, clampView, durationText, tickAt, zoomView } from '../disclosure_model.js';
import { DisclosurePaint } from '../disclosure_paint.js';
import { h, replace, setAttribute, setText, token } from '../dom.js';
import { colourToken, firstScale, limits, stepScale } from '../lane_scale.js';
import { clock, numberText, STATES, unitText } from '../values.js';

const REFRESH_MS = 5000; /* a case that goes on grows */
const CLICK_PX = 4; /* less than this is a click, more is a drag */
const SPEEDS = [1, 4, 20];

/** @typedef {{t0_ms: number, span_ms: number}} View */
/** @typedef {import('../types.js').Measurement} Measurement */

export class Disclosure {
    /** @param {{chosen: (id: string) => void, moved: (view: View | null) => void,
     *   site: (channel: number) => string | null}} on site: where a catheter lies now, if known */
    constructor(on) {
        this.on = on;
        this.data = new DisclosureData(() => this.#soon());
        /** @type {View} */ this.view = { t0_ms: 0, span_ms: 0 };
        /** @type {number[]} */ this.calipers = [];
        /** @type {Measurement[]} */ this.values = [];
        /** @type {import('../types.js').Channel[]} */ this.channels = [];
        /** @type {number[]} */ this.scales = []; /* by lane: index of lane_scale's */
        this.speed = 0; /* of playing; 0: it stands */
        this.played_ms = 0;
        this.frame = 0;
        this.timer = 0;
        this.chosen = '';
        this.#build();
        new ResizeObserver(() => this.#soon()).observe(this.paper);
    }

    #build() {
        const button = (
            /** @type {string} */ text,
            /** @type {() => void} */ act,
            /** @type {string | null} */ name = null,
        ) =>
            h(
                'button',
                { class: 'button', type: 'button', 'aria-label': name, on: { click: act } },
                text,
            );
        const said = { role: 'status', 'data-testid': 'replay' };
        this.banner = h('p', { class: 'disclosure-banner', ...said });
        this.canvas = h('canvas', { class: 'disclosure-canvas', 'aria-hidden': 'true' });
        this.gutter = h('div', { class: 'disclosure-names' });
        this.marks = h('div', { class: 'disclosure-values' });
        this.readout = h('div', { class: 'disclosure-readout', 'data-testid': 'calipers' });
        this.paper = h(
            'div',
            {
                class: 'disclosure-paper',
                tabindex: 0,
                role: 'group',
                'aria-label': 'Traces of the whole case',
                'aria-describedby': 'disclosure-said',
                'data-testid': 'disclosure',
            },
            this.canvas,
            this.marks,
            this.readout,
            this.banner,
        );
        this.said = h('p', { id: 'disclosure-said', class: 'quiet', 'data-testid': 'disclosure-said' });
        this.play_button = button('Play', () => this.play());
        this.tools = h(
            'div',
            { class: 'disclosure-tools' },
            button('−', () => this.#zoom(2, 0.5), 'Zoom out'),
            button('+', () => this.#zoom(0.5, 0.5), 'Zoom in'),
            button('Whole case', () => this.whole()),
            button('10 s', () => this.#zoom(10000 / this.view.span_ms, 0.5)),
            this.play_button,
        );
        this.element = h(
            'section',
            { class: 'disclosure', 'aria-label': 'Full disclosure' },
            h('div', { class: 'disclosure-head' }, h('h3', {}, 'Whole case'), this.said, this.tools),
            h('div', { class: 'disclosure-body' }, this.gutter, this.paper),
        );
        this.paper.addEventListener('wheel', (/** @type {WheelEvent} */ e) => this.#wheel(e));
        this.paper.addEventListener('pointerdown', (/** @type {PointerEvent} */ e) => this.#drag(e));
        this.paper.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
    }

    /** @param {number} case_number @param {View | null} wanted from the address */
    async open(case_number, wanted) {
        const other = case_number !== this.data.case;
        if (other) this.#stop();
        if (other) this.calipers = [];
        await this.data.open(case_number).catch(() => {});
        clearInterval(this.timer);
        if (case_number) this.timer = setInterval(() => this.#grow(), REFRESH_MS);
        this.#describe();
        if (wanted) this.view = wanted;
        else if (other || !this.view.span_ms) return this.whole();
        this.#look();
    }

    close() {
        clearInterval(this.timer);
        this.#stop();
    }

    async #grow() {
        if (this.element.closest('[hidden]')) return;
        const at_end = this.view.t0_ms + this.view.span_ms >= this.#span().to_ms - 1000;
        const was = this.#span();
        await this.data.open(this.data.case).catch(() => {});
        const now = this.#span();
        if (at_end && !this.speed && now.to_ms > was.to_ms) {
            const whole = this.view.t0_ms <= was.from_ms + 1000;
            if (whole) this.view = { t0_ms: now.from_ms, span_ms: now.to_ms - now.from_ms };
            else this.view.t0_ms += now.to_ms - was.to_ms;
        }
        this.#describe();
        this.#look(false);
    }

    #span() {
        return this.data.epochs.length ? caseSpan(this.data.epochs) : { from_ms: 0, to_ms: 1 };
    }

    /** The lanes are those of the newest epoch. */
    #describe() {
        const { epochs } = this.data;
        const newest = epochs.length ? epochs[epochs.length - 1].channels : [];
        const channels = newest.map((c) => ({ ...c, site: this.on.site(c.channel) ?? c.site }));
        const key = (/** @type {typeof channels} */ all) => JSON.stringify(all);
        if (key(channels) === key(this.channels)) return;
        this.channels = channels;
        this.scales = channels.map((c) => firstScale(c.site, unitText(c.unit)));
        replace(this.gutter, ...channels.map((c, i) => this.#name(c, i)));
    }

    /** @param {import('../types.js').Channel} c @param {number} i */
    #name(c, i) {
        const scale = h('span', { class: 'lane-scale' });
        const unit = unitText(c.unit);
        const draw = () => {
            const [low, high] = limits(this.scales[i], unit);
            setText(scale, `${low}–${high}`.replace('-', '−'));
        };
        const next = () => {
            const at = this.scales[i];
            const step = stepScale(at, 1);
            this.scales[i] = step === at && at >= 0 ? 0 : step;
            draw();
            this.#soon();
        };
        draw();
        const look = { class: `disclosure-name ${colourToken(c.site)}`, type: 'button' };
        const words = { title: `next scale of ${c.site}`, on: { click: next } };
        return h('button', { ...look, ...words }, h('span', { class: 'lane-site' }, c.site), scale);
    }

    /** @param {Measurement[]} values @param {string} chosen */
    show(values, chosen) {
        this.values = values;
        this.chosen = chosen;
        this.#soon();
    }

    /** To the beats of a value. @param {Measurement} m */
    goTo(m) {
        if (!m.from_at || !m.to_at || !this.data.epochs.length) return;
        const from = Date.parse(m.from_at);
        const span_ms = Math.max(10000, (Date.parse(m.to_at) - from) * 1.4);
        this.#stop();
        this.view = { t0_ms: from - span_ms * 0.15, span_ms };
        this.#look();
    }

    whole() {
        const { from_ms, to_ms } = this.#span();
        this.view = { t0_ms: from_ms, span_ms: to_ms - from_ms };
        this.#look(false);
        this.on.moved(null);
    }

    /** @param {number} factor @param {number} share */
    #zoom(factor, share) {
        this.view = zoomView(this.view, factor, share);
        this.#look();
    }

    /** @param {boolean} [tell] */
    #look(tell = true) {
        if (this.data.epochs.length) this.view = clampView(this.view, this.#span());
        this.data.want(this.view);
        this.#soon();
        if (tell && this.data.epochs.length) this.on.moved(this.view);
    }

    /** @param {WheelEvent} event */
    #wheel(event) {
        event.preventDefault();
        this.#stop();
        const share = event.offsetX / Math.max(1, this.paper.clientWidth);
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            const by = (event.deltaX || event.deltaY) / this.paper.clientWidth;
            this.view = { ...this.view, t0_ms: this.view.t0_ms + by * this.view.span_ms };
            this.#look();
        } else this.#zoom(event.deltaY > 0 ? 1.25 : 0.8, share);
    }

    /** @param {PointerEvent} event */
    #drag(event) {
        const from = { x: event.clientX, ...this.view };
        const width = this.paper.clientWidth;
        let moved = false;
        this.paper.setPointerCapture(event.pointerId);
        const move = (/** @type {PointerEvent} */ e) => {
            const by = e.clientX - from.x;
            moved ||= Math.abs(by) > CLICK_PX;
            if (!moved) return;
            this.#stop();
            this.view = { span_ms: from.span_ms, t0_ms: from.t0_ms - (by / width) * from.span_ms };
            this.#look();
        };
        const up = (/** @type {PointerEvent} */ e) => {
            this.paper.removeEventListener('pointermove', move);
            if (moved) return;
            const box = this.paper.getBoundingClientRect();
            this.#caliper(this.view.t0_ms + ((e.clientX - box.x) / width) * this.view.span_ms);
        };
        this.paper.addEventListener('pointermove', move);
        this.paper.addEventListener('pointerup', up, { once: true });
    }

    /** One, two, and the third begins anew. @param {number} at_ms */
    #caliper(at_ms) {
        this.calipers = this.calipers.length === 1 ? [...this.calipers, at_ms] : [at_ms];
        this.#soon();
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const pan = (/** @type {number} */ share) => {
            this.view = { ...this.view, t0_ms: this.view.t0_ms + share * this.view.span_ms };
            this.#look();
        };
        const middle = this.view.t0_ms + this.view.span_ms / 2;
        const step_ms = this.view.span_ms / Math.max(1, this.paper.clientWidth);
        const nudge = (/** @type {number} */ by) => {
            if (!this.calipers.length) return pan(by / 10);
            this.calipers[this.calipers.length - 1] += by * step_ms;
            this.#soon();
        };
        const acts = /** @type {Record<string, () => void>} */ ({
            ArrowLeft: () => (event.shiftKey ? nudge(-1) : pan(-0.1)),
            ArrowRight: () => (event.shiftKey ? nudge(1) : pan(0.1)),
            PageUp: () => pan(-1),
            PageDown: () => pan(1),
            ArrowUp: () => this.#zoom(0.5, 0.5),
            ArrowDown: () => this.#zoom(2, 0.5),
            Home: () => pan(-1e9),
            End: () => pan(1e9),
            Enter: () => this.#caliper(middle),
            ' ': () => this.play(),
            Escape: () => {
                this.calipers = [];
                this.#soon();
            },
        });
        if (event.ctrlKey || event.altKey || !acts[event.key]) return;
        event.preventDefault();
        event.stopPropagation();
        if (!['Enter', ' ', 'Escape'].includes(event.key) && !event.shiftKey) this.#stop();
        acts[event.key]();
    }

    /** Once more, at its own pace: x1, x4, x20, and it stands. */
    play() {
        const at = SPEEDS.indexOf(this.speed);
        this.speed = at === SPEEDS.length - 1 ? 0 : SPEEDS[at + 1];
        this.played_ms = performance.now();
        if (this.speed && this.view.span_ms > 30000)
            this.view = zoomView(this.view, 10000 / this.view.span_ms, 0);
        this.#look();
    }

    #stop() {
        this.speed = 0;
    }

    #soon() {
        this.frame ||= requestAnimationFrame(() => {
            this.frame = 0;
            this.#advance();
            this.draw();
        });
    }

    #advance() {
        if (!this.speed) return;
        const now = performance.now();
        this.view.t0_ms += (now - this.played_ms) * this.speed;
        this.played_ms = now;
        const { to_ms } = this.#span();
        if (this.view.t0_ms + this.view.span_ms >= to_ms) this.#stop();
        this.view = clampView(this.view, this.#span());
        this.data.want(this.view);
        this.#soon();
    }

    draw() {
        const dpr = window.devicePixelRatio;
        const width = Math.round(this.paper.clientWidth * dpr);
        const height = Math.round(this.paper.clientHeight * dpr);
        if (!width || !height) return;
        if (this.canvas.width !== width) this.canvas.width = width;
        if (this.canvas.height !== height) this.canvas.height = height;
        const context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
        context.fillStyle = token('--bg');
        context.fillRect(0, 0, width, height);
        context.lineWidth = 1.25 * dpr;
        const painter = new DisclosurePaint(context, this.data, this.view);
        const each = height / Math.max(1, this.channels.length);
        for (const [i, c] of this.channels.entries()) {
            const [low, high] = limits(this.scales[i], unitText(c.unit));
            const colour = token(`--${colourToken(c.site)}`);
            const place = { top: i * each + 2 * dpr, height: each - 4 * dpr };
            painter.rule(i * each + each, token('--hair'));
            painter.lane({ channel: c.channel, ...place, low, high, colour });
        }
        context.fillStyle = token('--text');
        for (const at of this.calipers) context.fillRect(painter.x(at), 0, dpr, height);
        this.#words();
        this.#drawValues();
    }

    #words() {
        const { t0_ms, span_ms } = this.view;
        const iso = (/** @type {number} */ ms) => new Date(ms).toISOString();
        const failed = this.data.failed ? ' · hemod does not send older traces now' : '';
        const none = this.data.epochs.length === 0;
        const words = none
            ? 'No case, no traces. They appear with the first samples of a case.'
            : `${clock(iso(t0_ms))} to ${clock(iso(t0_ms + span_ms))}, ${durationText(span_ms)}${failed}`;
        setText(this.said, words);
        const banner = this.speed
            ? `REPLAY ×${this.speed} · of ${clock(iso(t0_ms))} · a recording, not the patient now`
            : '';
        setText(this.banner, banner);
        setAttribute(this.banner, 'data-on', this.speed > 0);
        setText(this.play_button, this.speed ? `Playing ×${this.speed}` : 'Play');
        setAttribute(this.play_button, 'aria-pressed', String(this.speed > 0));
        setText(this.readout, this.#readings());
        this.readout.hidden = this.calipers.length === 0;
    }

    /** What stands at the calipers, lane by lane. */
    #readings() {
        const [a, b] = this.calipers;
        if (a === undefined) return '';
        const lanes = this.channels.map((c) => {
            const at = this.#valueAt(c.channel, a);
            const to = b === undefined ? null : this.#valueAt(c.channel, b);
            if (at === null) return '';
            const decimals = unitText(c.unit) === 'mmHg' ? 0 : 2;
            const change = to === null ? '' : ` → ${numberText(to, decimals)}`;
            return `${c.site} ${numberText(at, decimals)}${change} ${unitText(c.unit)}`;
        });
        const time = b === undefined ? clock(new Date(a).toISOString()) : caliperText(a, b);
        return [time, ...lanes.filter(Boolean)].join('   ');
    }

    /** @param {number} channel @param {number} at_ms @returns {number | null} only from samples */
    #valueAt(channel, at_ms) {
        for (const epoch of this.data.epochs) {
            const tick = tickAt(epoch, at_ms);
            const k = Math.floor(tick / (20 * epoch.base_rate_hz));
            const chunk = this.data.piece(true, epoch, channel, k)?.chunk;
            const i = chunk ? Math.round((tick - chunk.first_tick) / chunk.ticks_per_sample) : -1;
            const raw = chunk?.samples[i];
            if (chunk && raw !== null && raw !== undefined)
                return (raw - chunk.offset) * chunk.scale;
        }
        return null;
    }

    /** Values of the case as signs at their time: a click chooses one. */
    #drawValues() {
        const { t0_ms, span_ms } = this.view;
        const shown = this.values.filter((m) => {
            const at = Date.parse(m.to_at ?? m.at);
            return at >= t0_ms && at <= t0_ms + span_ms;
        });
        const key = shown.map((m) => `${m.id}${m.state}${m.id === this.chosen}`).join();
        if (this.marks.dataset.key !== key) {
            this.marks.dataset.key = key;
            replace(this.marks, ...shown.map((m) => this.#sign(m)));
        }
        for (const [i, m] of shown.entries()) {
            const share = (Date.parse(m.to_at ?? m.at) - t0_ms) / span_ms;
            const sign = /** @type {HTMLElement} */ (this.marks.children[i]);
            sign.style.setProperty('left', `${(100 * share).toFixed(3)}%`);
            sign.classList.toggle('at-end', share > 0.95);
        }
    }

    /** @param {Measurement} m */
    #sign(m) {
        const { icon, spoken } = STATES[m.state];
        return h(
            'button',
            {
                class: `disclosure-value ${colourToken(m.site)}`,
                type: 'button',
                tabindex: -1,
                'aria-label': `${m.site}, ${spoken}`,
                'aria-pressed': String(m.id === this.chosen),
                on: {
                    click: () => this.on.chosen(m.id),
                    pointerdown: (/** @type {Event} */ e) => e.stopPropagation(),
                },
            },
            `${icon} ${m.site}`,
        );
    }
}
