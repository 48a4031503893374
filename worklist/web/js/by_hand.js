// @ts-check
/* by_hand.js - beats and markers of a strip while a person chooses them; what the number becomes, by
 * the rule of the machine and of the server (worklist/by_hand.h): the median over the beats in use.
 * Pure. The server computes it again; what is shown here is a preview. */
import { valueList } from './values.js';

const MARKED = ['systolic', 'diastolic', 'edp', 'minimum', 'a', 'v'];
const MARKER_S = 0.024; /* a marker reads the mean of so much around it, as the server does */

/** @typedef {{beat: number, quantity: string, tick: number, moved: boolean}} Marker */

/** @param {number[]} values @returns {number | null} */
export function median(values) {
    const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    if (!sorted.length) return null;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export class ByHand {
    /** @param {import('./types.js').Measurement} m @param {import('./types.js').Strip} strip
     * @param {import('./types.js').StripChannel} channel */
    constructor(m, strip, channel) {
        this.m = m;
        this.strip = strip;
        this.channel = channel;
        this.pulses = strip.pulses;
        const used = new Set(m.beats.map((b) => b.tick));
        /** @type {Set<number>} */ this.used = new Set(
            this.pulses.map((p) => p.tick).filter((t) => used.has(t)),
        );
        this.first = [...this.used];
        /** @type {Marker[]} */ this.markers = this.pulses.flatMap((p) => this.#markersOf(p.tick));
        this.at = Math.max(0, this.markers.findIndex((k) => this.used.has(k.beat)));
    }

    get marker() {
        return this.markers[this.at] ?? null;
    }

    get changed() {
        const moved = this.markers.some((k) => k.moved);
        const { used, first } = this;
        return moved || used.size !== first.length || first.some((t) => !used.has(t));
    }

    /** Where the trace has the value of the beat: the place that the machine read, or as good as it.
     * @param {number} beat @returns {Marker[]} */
    #markersOf(beat) {
        const at = this.pulses.findIndex((p) => p.tick === beat);
        const { values } = this.pulses[at];
        const end = this.pulses[at + 1]?.tick ?? beat + this.#ticks(0.8);
        const shown = MARKED.filter(
            (q) => q in values && valueList(this.m.values).some((v) => v.quantity === q),
        );
        return shown.map((quantity) => {
            const early = ['diastolic', 'edp'].includes(quantity) ? this.#ticks(0.1) : 0;
            const tick = this.#nearest(beat - early, early ? beat + early : end, values[quantity]);
            return { beat, quantity, tick, moved: false };
        });
    }

    /** @param {number} s */
    #ticks(s) {
        return Math.round(s * this.strip.base_rate_hz);
    }

    /** @param {number} from @param {number} to @param {number} value */
    #nearest(from, to, value) {
        let [best, least] = [from, Infinity];
        for (let tick = from; tick < to; tick += this.channel.ticks_per_sample) {
            const off = Math.abs(this.pressure(tick) - value);
            if (off < least) [best, least] = [tick, off];
        }
        return best;
    }

    /** Mean of 24 ms of the trace around a tick; NaN without one. @param {number} tick */
    pressure(tick) {
        const { first_tick, ticks_per_sample: each, samples, scale, offset } = this.channel;
        const half = Math.floor((MARKER_S / 2) * this.strip.base_rate_hz);
        const from = Math.max(0, Math.ceil((tick - half - first_tick) / each));
        const to = Math.floor((tick + half - first_tick) / each);
        const there = samples.slice(from, to + 1).filter((s) => s !== null);
        const sum = there.reduce((a, s) => a + (Number(s) - offset) * scale, 0);
        return there.length ? sum / there.length : NaN;
    }

    /** @param {number} samples */
    move(samples) {
        const { marker } = this;
        if (marker) this.place(marker, marker.tick + samples * this.channel.ticks_per_sample);
    }

    /** @param {Marker} marker @param {number} tick */
    place(marker, tick) {
        const { first_tick, ticks_per_sample, samples } = this.channel;
        const end = first_tick + (samples.length - 1) * ticks_per_sample;
        marker.tick = Math.min(end, Math.max(first_tick, tick));
        marker.moved = true;
    }

    /** @param {number} by */
    nextMarker(by) {
        this.at = (this.at + by + this.markers.length) % Math.max(1, this.markers.length);
    }

    /** The same marker of the next beat. @param {number} by */
    nextBeat(by) {
        const { marker } = this;
        const beats = this.pulses.map((p) => p.tick);
        const to = beats[beats.indexOf(marker?.beat ?? -1) + by];
        const at = this.markers.findIndex((k) => k.beat === to && k.quantity === marker?.quantity);
        if (at >= 0) this.at = at;
    }

    /** @param {number} beat */
    toggle(beat) {
        if (this.used.has(beat)) this.used.delete(beat);
        else this.used.add(beat);
    }

    /** What the number becomes. @returns {Record<string, number>} */
    values() {
        const machine = valueList(this.m.machine_values);
        const endexp = machine.some((v) => v.quantity === 'mean_endexp');
        /** @type {Record<string, number>} */ const out = {};
        for (const { quantity } of machine) {
            if (endexp && quantity === 'mean') continue; /* over breaths: none of beats */
            const of = quantity === 'mean_endexp' ? 'mean' : quantity;
            const value = median(this.pulses.filter((p) => this.used.has(p.tick)).map((p) => this.#of(p, of)));
            if (value !== null) out[quantity] = value;
        }
        return out;
    }

    /** @param {import('./types.js').Pulse} pulse @param {string} quantity */
    #of(pulse, quantity) {
        const moved = this.markers.find(
            (k) => k.moved && k.beat === pulse.tick && k.quantity === quantity,
        );
        return moved ? this.pressure(moved.tick) : (pulse.values[quantity] ?? NaN);
    }

    /** As the server wants it. */
    body() {
        const markers = this.markers
            .filter((k) => k.moved && this.used.has(k.beat))
            .map(({ beat, quantity, tick }) => ({ beat, quantity, tick }));
        return { hand: { used: [...this.used].sort((a, b) => a - b), markers } };
    }
}
