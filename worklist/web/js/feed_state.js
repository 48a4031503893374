// @ts-check
/* feed_state.js - one judgement of how live the picture is, used by badge, traces and numbers.
 * They must never disagree, so nobody else decides. Pure. Table: ui.md 6.10. */

export const SLOW_MS = 500;
export const DELAYED_MS = 1000;
export const STALE_MS = 2000;
export const CONNECTING_MS = 5000;

/** @typedef {'connecting' | 'live' | 'delayed' | 'stale' | 'disconnected' | 'replay'
 *   | 'frozen'} Feed */
/** @typedef {{socket_open: boolean, ever_open: boolean, idle_ms: number | null,
 *   delay_ms: number | null, since_start_ms: number, origin: string, frozen: boolean}} Facts */

/** @param {Facts} f @returns {Feed} */
export function feedState(f) {
    if (!f.socket_open) {
        return !f.ever_open && f.since_start_ms < CONNECTING_MS ? 'connecting' : 'disconnected';
    }
    if (f.idle_ms === null) return f.since_start_ms < CONNECTING_MS ? 'connecting' : 'stale';
    if (f.idle_ms >= STALE_MS) return 'stale';
    if (f.frozen) return 'frozen';
    if (ageMs(f) >= DELAYED_MS) return 'delayed';
    return f.origin === 'replay' ? 'replay' : 'live';
}

/** How old what one sees is: late by the way, or because nothing comes.
 * @param {Facts} f */
export function ageMs(f) {
    return Math.max(f.idle_ms ?? 0, f.delay_ms ?? 0);
}

/** @param {Feed} state @param {Facts} f @returns {string} */
export function badgeText(state, f) {
    const age = `${(ageMs(f) / 1000).toFixed(ageMs(f) < SLOW_MS ? 2 : 1)} s`;
    switch (state) {
        case 'connecting':
            return 'CONNECTING';
        case 'disconnected':
            return 'DISCONNECTED';
        case 'stale':
            return f.idle_ms === null ? 'NO DATA' : `NO DATA ${age}`;
        case 'delayed':
            return `DELAYED ${age}`;
        case 'frozen':
            return `FROZEN, feed ${age}`;
        case 'replay':
            return `REPLAY ${age}`;
        default:
            return `LIVE ${age}`;
    }
}

/** May numbers of the feed be shown as current?
 * @param {Feed} state */
export function isCurrent(state) {
    return state === 'live' || state === 'delayed' || state === 'replay' || state === 'frozen';
}
