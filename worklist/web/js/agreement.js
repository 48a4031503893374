// @ts-check
/* agreement.js - what the machine said against what people decided: points, limits, drift. Pure. */

/** @typedef {{room: number, transducer: string, site: string, quantity: string, words: string,
 *   unit: string, n: number, bias: number | null, sd: number | null, low: number | null,
 *   high: number | null, accepted: number, adjusted: number, rejected: number,
 *   cusum_up: number, cusum_down: number, enough: boolean, tripped_at: string | null}} Group */
/** @typedef {{machine: number | null, decided: number | null, at: string}} Pair */

/** decided - machine of each pair, oldest first; rejected ones have no difference.
 * @param {Pair[]} pairs newest first @returns {number[]} */
export function differences(pairs) {
    return pairs
        .filter((p) => p.machine !== null && p.decided !== null)
        .map((p) => /** @type {number} */ (p.decided) - /** @type {number} */ (p.machine))
        .reverse();
}

/** The running sum of the differences: level while they scatter, a slope when they drift.
 * @param {number[]} all @returns {number[]} */
export function runningSum(all) {
    let sum = 0;
    return all.map((d) => (sum += d));
}

/** @param {Group} g "18 %": of all decided, those that people changed or refused */
export function changedShare(g) {
    const all = g.accepted + g.adjusted + g.rejected;
    return all ? (g.adjusted + g.rejected) / all : 0;
}

/** How near a group is to its limit, 0 to 1 and beyond.
 * @param {Group} g @param {{cusum: number, share: number, share_n: number}} limits */
export function nearness(g, limits) {
    const drift = Math.max(g.cusum_up, g.cusum_down) / limits.cusum;
    const decided = g.accepted + g.adjusted + g.rejected;
    const share = decided >= limits.share_n ? changedShare(g) / limits.share : 0;
    return Math.max(drift, share);
}
