// @ts-check
/* evidence.js - the beats that moved a study: the trace at the beginning of the finding's window and
 * at its end, side by side, same scale, same speed. The address names the move (at=), so that a link
 * shows another person the same picture. */
import { api } from '../api.js';
import { tickAt } from '../disclosure_model.js';
import { h, replace, setText } from '../dom.js';
import { clock } from '../values.js';
import { drawTrace, rangeOf } from './strip.js';

const SPAN_S = 6;
const WINDOW_S = 90; /* where the reason names none */

/** @typedef {import('../types.js').Move} Move */

/** Site and window of a reason: "AO mean 74 -> 52 mmHg in 90 s". @param {string} reason */
export function windowOf(reason) {
    const site = /^(?:again: )?([A-Za-z]+)\b/.exec(reason)?.[1] ?? '';
    const [, number, unit] = /\bin (\d+(?:\.\d+)?) (s|min)\b/.exec(reason) ?? [];
    const window_s = number ? Number(number) * (unit === 'min' ? 60 : 1) : WINDOW_S;
    return { site, window_s };
}

export class Evidence {
    constructor() {
        this.asked = '';
        this.said = h('p', { class: 'quiet', 'data-testid': 'evidence-said' });
        this.canvases = [0, 1].map(() => h('canvas', { class: 'strip-canvas', 'aria-hidden': 'true' }));
        this.captions = [0, 1].map(() => h('figcaption', { class: 'quiet' }));
        const figure = (/** @type {number} */ i) =>
            h(
                'figure',
                { class: 'strip' },
                h('div', { class: 'strip-paper' }, this.canvases[i]),
                this.captions[i],
            );
        this.pair = h('div', { class: 'evidence-pair', 'data-testid': 'evidence' }, figure(0), figure(1));
        this.element = h(
            'section',
            { class: 'evidence', 'aria-label': 'Strips before and now' },
            h('h3', {}, 'The beats behind it'),
            this.said,
            this.pair,
        );
    }

    /** @param {number | null} number the case @param {Move | undefined} move */
    async show(number, move) {
        const { site, window_s } = windowOf(move?.reason ?? '');
        const asked = number && move ? `${number} ${move.at}` : '';
        if (asked && asked === this.asked) return;
        this.asked = asked;
        this.element.hidden = !asked;
        this.pair.hidden = true;
        if (!number || !move) return;
        setText(this.said, 'Loading the strips …');
        const end_ms = Date.parse(move.at);
        try {
            const strips = await Promise.all(
                [end_ms - 1000 * window_s, end_ms].map((at) => strip(number, site, at)),
            );
            if (asked === this.asked) this.#draw(site, window_s, end_ms, strips);
        } catch {
            if (asked === this.asked) setText(this.said, 'No strip: the journal does not answer now.');
        }
    }

    /** @param {string} site @param {number} window_s @param {number} end_ms
     * @param {(import('../types.js').StripChannel | null)[]} strips */
    #draw(site, window_s, end_ms, strips) {
        const there = strips.filter((s) => s !== null);
        this.pair.hidden = there.length === 0;
        const none = `No ${site || 'trace'} is held for that time.`;
        setText(this.said, there.length ? `${site}, ${SPAN_S} s each, same scale and speed.` : none);
        if (!there.length) return;
        const ranges = there.map(rangeOf);
        const range = { low: Math.min(...ranges.map((r) => r.low)), high: Math.max(...ranges.map((r) => r.high)) };
        for (const [i, s] of strips.entries()) {
            const at = clock(new Date(end_ms - (i ? 0 : 1000 * window_s)).toISOString());
            const words = s ? `${site} ${Math.round(range.low)}–${Math.round(range.high)} mmHg` : 'no samples';
            setText(this.captions[i], `${i ? 'now' : 'before'}, to ${at}: ${words}`);
            if (s) drawTrace(this.canvases[i], s, site, range);
        }
    }
}

/** Which channel it was: a catheter moves, and an epoch knows only where it began.
 * @param {number} number the case @param {any} epoch @param {string} site @param {number} at_ms
 * @returns {Promise<number | null>} */
async function channelOf(number, epoch, site, at_ms) {
    const named = epoch.channels.find((/** @type {any} */ c) => c.site === site);
    if (named) return named.channel;
    const { points } = await api.get(`/api/cases/${number}/trend`);
    const there = points.filter(
        (/** @type {any} */ p) => p.site === site && Date.parse(p.at) <= at_ms,
    );
    return there.length ? there[there.length - 1].channel : null;
}

/** The trace that ends at a time; null where none is held. @param {number} number the case
 * @param {string} site @param {number} at_ms
 * @returns {Promise<import('../types.js').StripChannel | null>} */
async function strip(number, site, at_ms) {
    const { epochs } = await api.get(`/api/cases/${number}/epochs`);
    const epoch = epochs.filter((/** @type {any} */ e) => Date.parse(e.began_at) <= at_ms).pop();
    if (!epoch) return null;
    const channel = await channelOf(number, epoch, site, at_ms);
    if (channel === null) return null;
    const from_ms = Math.max(Date.parse(epoch.began_at), at_ms - 1000 * SPAN_S);
    const [from, to] = [from_ms, at_ms].map((ms) => Math.floor(tickAt(epoch, ms)));
    if (to <= from) return null;
    const which = `stream=${epoch.stream}&epoch=${epoch.epoch}&channel=${channel}`;
    const trace = await api.get(`/api/cases/${number}/trace?${which}&from=${from}&to=${to}`);
    const held = trace.samples.some((/** @type {number | null} */ s) => s !== null);
    return held ? { ...trace, channel, site } : null;
}
