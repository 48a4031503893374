// @ts-check
/* sweep.js - geometry of the sweep: time to x, pressure to y, a span of time to strips of paper.
 * Pure: no canvas here, so every rule can be tested with numbers.
 *
 * The paper is `width` px wide and time runs over it again and again: x = (t * px_per_s) mod width.
 * Ahead of the pen a bar of ERASE_PX is wiped. */

export const ERASE_PX = 24;
export const PX_PER_MM = 4; /* until the screen's pitch is known; the page prints it */

/** @param {number} mm_per_s */
export function pxPerSecond(mm_per_s) {
    return mm_per_s * PX_PER_MM;
}

/** @param {number} seconds @param {number} px_per_s @param {number} width_px */
export function xAt(seconds, px_per_s, width_px) {
    const x = (seconds * px_per_s) % width_px;
    return x < 0 ? x + width_px : x;
}

/** A value on its lane: the top is `high`. Beyond the scale it stays at the edge and says so.
 * @param {number} value @param {import('./types.js').Lane} lane */
export function yAt(value, lane) {
    const share = (value - lane.low) / (lane.high - lane.low);
    const over = share > 1 ? 1 : share < 0 ? -1 : 0;
    const inside = Math.min(1, Math.max(0, share));
    return { y: lane.top + (1 - inside) * (lane.height - 1) + 0.5, over };
}

/** The strips of paper that a span of time covers: one, two when it wraps, the whole sheet when
 * it is longer than the sheet.
 * @param {number} from_s @param {number} to_s @param {number} px_per_s @param {number} width_px
 * @returns {{x: number, width: number}[]} */
export function strips(from_s, to_s, px_per_s, width_px) {
    const length = (to_s - from_s) * px_per_s;
    if (length <= 0) return [];
    if (length >= width_px) return [{ x: 0, width: width_px }];
    const x = xAt(from_s, px_per_s, width_px);
    if (x + length <= width_px) return [{ x, width: length }];
    return [
        { x, width: width_px - x },
        { x: 0, width: x + length - width_px },
    ];
}

/** Runs of samples that may be joined: consecutive, present, on one sheet. A gap or the right edge
 * of the paper ends a run. What is missing comes back as gaps.
 * @param {{at: (n: number) => number}} ring @param {number} from @param {number} to
 * @param {number} missing
 * @returns {{runs: [number, number][], gaps: [number, number][]}} half-open sample spans */
export function runsOf(ring, from, to, missing) {
    /** @type {[number, number][]} */ const runs = [];
    /** @type {[number, number][]} */ const gaps = [];
    let start = from;
    for (let n = from; n < to; n++) {
        const present = ring.at(n) !== missing;
        const next = n + 1 < to ? ring.at(n + 1) !== missing : !present;
        if (present === next && n + 1 < to) continue;
        (present ? runs : gaps).push([start, n + 1]);
        start = n + 1;
    }
    return { runs, gaps };
}

/** Full-sheet redraw starts here: what the sheet holds left of and right of the pen.
 * @param {number} head_s @param {number} px_per_s @param {number} width_px */
export function sheetStart(head_s, px_per_s, width_px) {
    return Math.max(0, head_s - (width_px - ERASE_PX) / px_per_s);
}
