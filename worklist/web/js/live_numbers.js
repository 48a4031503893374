// @ts-check
/* live_numbers.js - the numbers beside the traces: the last reading of each channel, its age, and
 * whether it may be shown. Old is never shown as live: past DIM_MS it fades, past BLANK_MS it goes.
 * A state that withholds (flushed, damped ...) blanks it at once and says why. Pure. */
import { BLANK, headline, pick, restText, valueList } from './values.js';

export const DIM_MS = 5000;
export const BLANK_MS = 12000;
const HARMLESS = ['LEARNING', 'WEDGE']; /* said, but nothing is withheld */

/** @typedef {{values: any, site: string, tick: number, running: boolean}} Reading */
/** @typedef {{main: string, of: string, rest: string, age_ms: number, old: boolean,
 *   state: string}} Shown */

export class LiveNumbers {
    constructor() {
        /** @type {Map<number, Reading>} */ this.readings = new Map();
        /** @type {Map<number, Map<string, string>>} */ this.states = new Map();
    }

    clear() {
        this.readings.clear();
        this.states.clear();
    }

    /** A running average wins over a single beat. @param {any} m a `beat` or `reading` message */
    take(m) {
        const running = m.type === 'reading';
        const known = this.readings.get(m.channel);
        if (!running && known?.running) return;
        this.readings.set(m.channel, { values: m.values, site: m.site, tick: m.tick, running });
    }

    /** @param {any} m a `state` message */
    takeState(m) {
        const states = this.states.get(m.channel) ?? new Map();
        const text = String(m.text ?? m.state).toLowerCase();
        if (m.began === false || m.began === null) states.delete(m.state);
        else states.set(m.state, text);
        this.states.set(m.channel, states);
    }

    /** @param {number} channel @returns {[string, string][]} */
    active(channel) {
        return [...(this.states.get(channel) ?? new Map())];
    }

    /** @param {number} channel @param {boolean} current may the feed's numbers be shown at all?
     * @param {(tick: number) => number} ageOf @returns {Shown} */
    shown(channel, current, ageOf) {
        const reading = this.readings.get(channel);
        const active = this.active(channel);
        const state = active.map(([, text]) => text).join(', ');
        const withheld = active.some(([name]) => !HARMLESS.includes(name) && name !== 'NO_PULSE');
        const blank = { main: BLANK, of: '', rest: '', age_ms: Infinity, old: false, state };
        if (!reading || !current) return blank;
        const age_ms = ageOf(reading.tick);
        if (withheld || age_ms > BLANK_MS) return { ...blank, age_ms };
        const pulse_lost = active.some(([name]) => name === 'NO_PULSE');
        const values = pulse_lost ? onlyMean(reading.values) : reading.values;
        const { main, of, rest } = headline(values, reading.site);
        const rest_text = rest.slice(0, 2).map(restText).join(' · ');
        const single = main.includes('/') ? '' : of; /* 124/71 needs no name */
        return { main, of: single, rest: rest_text, age_ms, old: age_ms > DIM_MS, state };
    }
}

/** @param {any} values */
function onlyMean(values) {
    const mean = pick(values, 'mean');
    return mean === null ? [] : valueList(values).filter((v) => v.quantity === 'mean');
}
