// @ts-check
/* playout.js - when to draw which tick, and how old the newest drawn sample is.
 *
 * Messages come in bursts of 20 ms; the draw head runs steadily a little behind, so that the sweep
 * is smooth. Pure: the caller's clock (ms, monotonic) is an argument.
 *
 *     playout.arrived(frame.next_tick, now);   // each message
 *     const tick = playout.head(now);          // each animation frame
 * Two estimates are kept apart: `base` follows the network within 2 s (so the sweep stays smooth),
 * `floor` is the fastest arrival of this epoch, so a delay that comes later is told truthfully. */

export const PLAYOUT_MS_MIN = 20;
export const PLAYOUT_MS_MAX = 200;
const WINDOW_MS = 2000;

export class Playout {
    constructor() {
        this.ticks_per_ms = 1;
        /** @type {{at_ms: number, lag_ms: number}[]} */
        this.recent = [];
        this.floor_ms = Infinity; /* smallest (arrival - stream time) of the epoch */
        this.newest_tick = -1;
        this.newest_ms = -Infinity; /* when it arrived */
        this.last_head = -1;
    }

    /** @param {number} base_rate_hz @param {number} speed_percent */
    reset(base_rate_hz, speed_percent) {
        Object.assign(this, new Playout());
        this.ticks_per_ms = (base_rate_hz / 1000) * (speed_percent / 100);
    }

    /** @param {number} next_tick @param {number} now_ms */
    arrived(next_tick, now_ms) {
        const lag_ms = now_ms - next_tick / this.ticks_per_ms;
        this.recent.push({ at_ms: now_ms, lag_ms });
        while (this.recent[0].at_ms < now_ms - WINDOW_MS) this.recent.shift();
        this.floor_ms = Math.min(this.floor_ms, lag_ms);
        if (next_tick <= this.newest_tick) return;
        this.newest_tick = next_tick;
        this.newest_ms = now_ms;
    }

    /** How far behind the fastest message the head runs: the jitter, within bounds. */
    depth_ms() {
        const lags = this.recent.map((r) => r.lag_ms).sort((a, b) => a - b);
        const jitter_ms = lags.length ? lags[Math.floor(lags.length * 0.9)] - lags[0] : 0;
        return Math.min(PLAYOUT_MS_MAX, Math.max(PLAYOUT_MS_MIN, jitter_ms + PLAYOUT_MS_MIN / 2));
    }

    /** One past the newest tick to be drawn now; never beyond what arrived, never backwards.
     * @param {number} now_ms */
    head(now_ms) {
        if (this.newest_tick < 0) return -1;
        const base_ms = this.recent.reduce((m, r) => Math.min(m, r.lag_ms), Infinity);
        const wanted = (now_ms - base_ms - this.depth_ms()) * this.ticks_per_ms;
        this.last_head = Math.max(this.last_head, Math.min(this.newest_tick, Math.floor(wanted)));
        return Math.max(0, this.last_head);
    }

    /** Age of the drawn sample against the fastest arrival: blind to a delay that was always there.
     * @param {number} tick @param {number} now_ms */
    relativeDelayMs(tick, now_ms) {
        return Math.max(0, now_ms - this.floor_ms - tick / this.ticks_per_ms);
    }

    /** @param {number} now_ms */
    idleMs(now_ms) {
        return this.newest_tick < 0 ? null : now_ms - this.newest_ms;
    }
}
