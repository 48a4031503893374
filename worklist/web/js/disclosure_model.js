// @ts-check
/* disclosure_model.js - the whole case as numbers: time to tick, which level to draw, what to fetch.
 * Pure.
 *
 * Wide open, a screen holds more seconds than pixels: then the least and greatest value of each
 * bucket is drawn, so that no spike is lost (a pyramid: 1 s, 4 s, 16 s ...). Closer in, samples. */

export const BLOCK_S = 600; /* an envelope as the server cuts it, from tick 0 */
export const CHUNK_S = 20; /* samples are asked in pieces of this */
export const RAW_SPAN_MS = 60000; /* up to this span samples are drawn */
export const SPAN_MIN_MS = 2000;
const LEVELS = 6; /* 1 s, 4 s ... 1024 s: 24 h on 84 px */
const STEP = 4;

/** @typedef {{stream: number, epoch: number, began_at: string, first_tick: number,
 *   newest_tick: number, base_rate_hz: number, origin: string, speed_percent: number,
 *   channels: import('./types.js').Channel[]}} Epoch */
/** @typedef {{bucket_s: number, low: Float32Array, high: Float32Array}} Level NaN: nothing there */

/** UTC of a tick. @param {Epoch} epoch @param {number} tick */
export function tickMs(epoch, tick) {
    return Date.parse(epoch.began_at) + ((tick - epoch.first_tick) * 1000) / epoch.base_rate_hz;
}

/** @param {Epoch} epoch @param {number} at_ms */
export function tickAt(epoch, at_ms) {
    const s = (at_ms - Date.parse(epoch.began_at)) / 1000;
    return Math.round(epoch.first_tick + s * epoch.base_rate_hz);
}

/** @param {Epoch[]} epochs @returns {{from_ms: number, to_ms: number}} */
export function caseSpan(epochs) {
    const from = epochs.map((e) => tickMs(e, e.first_tick));
    const to = epochs.map((e) => tickMs(e, Math.max(e.newest_tick, e.first_tick)));
    return { from_ms: Math.min(...from), to_ms: Math.max(...to, Math.min(...from) + SPAN_MIN_MS) };
}

/** A view that stays within the case: nothing is drawn where nothing can be.
 * @param {{t0_ms: number, span_ms: number}} view @param {{from_ms: number, to_ms: number}} span */
export function clampView(view, span) {
    const whole = Math.max(SPAN_MIN_MS, span.to_ms - span.from_ms);
    const span_ms = Math.min(whole, Math.max(SPAN_MIN_MS, view.span_ms));
    const last = Math.max(span.from_ms, span.to_ms - span_ms);
    return { span_ms, t0_ms: Math.min(last, Math.max(span.from_ms, view.t0_ms)) };
}

/** Zoom by a factor; what lies at `share` of the width stays where it is.
 * @param {{t0_ms: number, span_ms: number}} view @param {number} factor @param {number} share */
export function zoomView(view, factor, share) {
    const span_ms = Math.max(SPAN_MIN_MS, view.span_ms * factor);
    return { span_ms, t0_ms: view.t0_ms + (view.span_ms - span_ms) * share };
}

/** An envelope as it came to a pyramid of physical values.
 * @param {{scale: number, offset: number, low: (number | null)[], high: (number | null)[]}} e
 * @returns {Level[]} finest first */
export function pyramid(e) {
    const real = (/** @type {(number | null)[]} */ raw) =>
        Float32Array.from(raw, (v) => (v === null ? NaN : (v - e.offset) * e.scale));
    /** @type {Level[]} */
    const levels = [{ bucket_s: 1, low: real(e.low), high: real(e.high) }];
    while (levels.length < LEVELS) levels.push(coarser(levels[levels.length - 1]));
    return levels;
}

/** @param {Level} fine @returns {Level} */
function coarser(fine) {
    const n = Math.ceil(fine.low.length / STEP);
    const low = new Float32Array(n).fill(NaN);
    const high = new Float32Array(n).fill(NaN);
    for (let i = 0; i < fine.low.length; i++) {
        const to = Math.floor(i / STEP);
        if (Number.isNaN(fine.low[i])) continue;
        if (!(low[to] <= fine.low[i])) low[to] = fine.low[i];
        if (!(high[to] >= fine.high[i])) high[to] = fine.high[i];
    }
    return { bucket_s: fine.bucket_s * STEP, low, high };
}

/** The finest level with at least half a pixel for each bucket, else the coarsest.
 * @param {number} span_ms @param {number} width_px */
export function levelFor(span_ms, width_px) {
    const s_per_px = span_ms / 1000 / Math.max(1, width_px);
    let level = 0;
    while (level < LEVELS - 1 && STEP ** level < s_per_px / 2) level += 1;
    return level;
}

/** Pieces of `piece_s` seconds (from tick 0) that the view needs of an epoch, the middle first, and
 * one more at each side so that scrolling finds them there.
 * @param {Epoch} epoch @param {{t0_ms: number, span_ms: number}} view @param {number} piece_s */
export function piecesOf(epoch, view, piece_s) {
    const ticks = piece_s * epoch.base_rate_hz;
    const at = (/** @type {number} */ ms) => Math.floor(tickAt(epoch, ms) / ticks);
    const least = Math.floor(epoch.first_tick / ticks);
    const most = Math.floor(Math.max(epoch.first_tick, epoch.newest_tick - 1) / ticks);
    const from = Math.max(least, at(view.t0_ms) - 1);
    const to = Math.min(most, at(view.t0_ms + view.span_ms) + 1);
    const middle = at(view.t0_ms + view.span_ms / 2);
    const found = [];
    for (let k = from; k <= to; k++) found.push(k);
    return found.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
}

/** "0:42", "12:05", "3:00:12". @param {number} ms */
export function durationText(ms) {
    const s = Math.round(ms / 1000);
    const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
    const h = Math.floor(s / 3600);
    const m = Math.floor(s / 60) % 60;
    return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** What two calipers say. @param {number} a_ms @param {number} b_ms */
export function caliperText(a_ms, b_ms) {
    const ms = Math.abs(b_ms - a_ms);
    if (ms < 1) return '';
    const rate = ms > 150 && ms < 4000 ? ` = ${Math.round(60000 / ms)} /min` : '';
    return ms < 10000 ? `Δ ${Math.round(ms)} ms${rate}` : `Δ ${durationText(ms)}`;
}
