// @ts-check
/* strip_editor.js - beats and markers on the strip, by keyboard and by pointer. It stands over the
 * trace of strip.js while one adjusts; the rule is by_hand.js.
 *
 *     Left / Right      the marker by a sample (Shift: by ten)
 *     Tab / Shift+Tab   the next marker          Up / Down   the same marker of the next beat
 *     Insert            use the beat or leave it out
 *     Enter             save
 * F4 (type numbers) and Esc (leave all as it was) come from keys.js, as everywhere on Live. */
import { h, kbd, replace, setAttribute, setText } from '../dom.js';
import { numberText, shortName } from '../values.js';

const HELP =
    'Arrow keys move the marker and choose the beat, Tab chooses the marker, Insert uses or leaves ' +
    'out the beat, Enter saves, Escape cancels';

/** @typedef {import('../by_hand.js').ByHand} ByHand */

export class StripEditor {
    /** @param {{save: (body: object) => void, cancelled: (why: string) => void,
     *   numbers: () => void}} acts */
    constructor(acts) {
        this.acts = acts;
        /** @type {ByHand | null} */ this.hand = null;
        this.signs = h('div', { class: 'hand-signs' });
        this.paper = h(
            'div',
            {
                class: 'hand',
                role: 'application',
                tabindex: 0,
                'data-testid': 'hand',
                'aria-label': `Adjust on the strip. ${HELP}`,
                'aria-describedby': 'hand-said',
                on: { keydown: (/** @type {KeyboardEvent} */ e) => this.#key(e) },
            },
            this.signs,
        );
        this.said = h('p', { id: 'hand-said', class: 'hand-said', role: 'status', 'data-testid': 'hand-said' });
        const button = (/** @type {string} */ text, /** @type {string} */ key, /** @type {() => void} */ act, cls = '') =>
            h('button', { class: `button ${cls}`, type: 'button', on: { click: act } }, `${text} `, kbd(key));
        this.bar = h(
            'div',
            { class: 'decision-body' },
            button('Save', 'Enter', () => this.#save(), 'primary'),
            button('Beat in or out', 'Ins', () => this.#act((hand) => hand.toggle(hand.marker.beat))),
            button('Type numbers', 'F4', () => this.acts.numbers()),
            button('Cancel', 'Esc', () => this.acts.cancelled('')),
        );
    }

    /** @param {ByHand} hand */
    begin(hand) {
        this.hand = hand;
        this.draw();
        this.paper.focus();
    }

    end() {
        this.hand = null;
        this.paper.remove();
    }

    /** @param {(hand: any) => void} change */
    #act(change) {
        if (this.hand?.marker) change(this.hand);
        this.draw();
        this.paper.focus();
    }

    #save() {
        const { hand } = this;
        if (!hand) return;
        if (!hand.changed) return this.acts.cancelled('Nothing was changed.');
        if (!hand.used.size) return setText(this.said, 'At least one beat must be used.');
        this.acts.save(hand.body());
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const { hand } = this;
        if (!hand) return;
        const step = event.shiftKey ? 10 : 1;
        const acts = /** @type {Record<string, () => void>} */ ({
            ArrowLeft: () => hand.move(-step),
            ArrowRight: () => hand.move(step),
            ArrowUp: () => hand.nextBeat(-1),
            ArrowDown: () => hand.nextBeat(1),
            Tab: () => hand.nextMarker(event.shiftKey ? -1 : 1),
            Insert: () => hand.marker && hand.toggle(hand.marker.beat),
            Enter: () => event.repeat || this.#save(),
        });
        const act = event.ctrlKey && event.key === ' ' ? acts.Insert : acts[event.key];
        if (!act || (event.ctrlKey && event.key !== ' ')) return;
        event.preventDefault();
        event.stopPropagation();
        act();
        if (this.hand) this.draw();
    }

    draw() {
        const { hand } = this;
        if (!hand) return;
        const beats = hand.pulses.map((p) => this.#beat(hand, p.tick));
        const markers = hand.markers.filter((k) => hand.used.has(k.beat)).map((k) => this.#marker(hand, k));
        replace(this.signs, ...beats, ...markers);
        setText(this.said, sentence(hand));
    }

    /** @param {ByHand} hand @param {number} tick */
    #place(hand, tick) {
        const { first_tick, samples, ticks_per_sample } = hand.channel;
        return `${((100 * (tick - first_tick)) / (samples.length * ticks_per_sample)).toFixed(2)}%`;
    }

    /** @param {ByHand} hand @param {number} tick */
    #beat(hand, tick) {
        const used = hand.used.has(tick);
        const element = h(
            'span',
            {
                class: `mark ${used ? 'used' : 'out'}`,
                title: used ? 'used: press to leave out' : 'left out: press to use',
                'data-beat': tick,
                on: { click: () => this.#act(() => hand.toggle(tick)) },
            },
            used ? 'o' : '×',
        );
        element.style.setProperty('left', this.#place(hand, tick));
        return element;
    }

    /** @param {ByHand} hand @param {import('../by_hand.js').Marker} marker */
    #marker(hand, marker) {
        const element = h(
            'span',
            {
                class: 'hand-marker',
                title: `${shortName(marker.quantity)}: drag it`,
                'data-quantity': marker.quantity,
                on: { pointerdown: (/** @type {PointerEvent} */ e) => this.#drag(e, hand, marker) },
            },
            h('span', {}, shortName(marker.quantity)),
        );
        setAttribute(element, 'data-chosen', marker === hand.marker);
        element.style.setProperty('left', this.#place(hand, marker.tick));
        return element;
    }

    /** The strip keeps the pointer: the marker itself is drawn anew at each move.
     * @param {PointerEvent} event @param {ByHand} hand @param {import('../by_hand.js').Marker} marker */
    #drag(event, hand, marker) {
        const box = this.paper.getBoundingClientRect();
        const { first_tick, samples, ticks_per_sample } = hand.channel;
        hand.at = hand.markers.indexOf(marker);
        const move = (/** @type {PointerEvent} */ e) => {
            const sample = Math.round(((e.clientX - box.x) / box.width) * samples.length);
            hand.place(marker, first_tick + sample * ticks_per_sample);
            this.draw();
        };
        const end = () => removeEventListener('pointermove', move);
        addEventListener('pointermove', move);
        addEventListener('pointerup', end, { once: true });
        event.preventDefault();
        this.paper.focus();
        this.draw();
    }
}

/** "beat 3, sys 118 mmHg, +12 ms · becomes sys 119, dia 60" @param {ByHand} hand */
function sentence(hand) {
    const values = hand.values();
    const becomes = Object.entries(values)
        .filter(([q]) => q !== 'rate' && q !== 'pulse')
        .slice(0, 4)
        .map(([q, v]) => `${shortName(q)} ${numberText(v)}`);
    const of = `${hand.used.size} of ${hand.pulses.length} beats`;
    const { marker } = hand;
    const beat = marker ? hand.pulses.findIndex((p) => p.tick === marker.beat) + 1 : 0;
    const ms = marker ? Math.round((1000 * (marker.tick - marker.beat)) / hand.strip.base_rate_hz) : 0;
    const at = marker
        ? `Beat ${beat}${hand.used.has(marker.beat) ? '' : ' (left out)'}: ${shortName(marker.quantity)} ` +
          `${numberText(hand.pressure(marker.tick), 1)} mmHg at ${ms} ms. `
        : '';
    return `${at}Becomes ${becomes.join(', ') || 'nothing'} (${of}).`;
}
