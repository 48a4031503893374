// @ts-check
/* worklist_model.js - rules of the list that must hold whatever it looks like. Pure.
 *
 * Rows are keyed by study, never by index. A click is refused while the row under it is still
 * moving in the eye (MoveGuard). The tray holds what waits for somebody. */

/** @typedef {import('./types.js').Study} Study */

export const GUARD_MS = 400;
export const TOUCH_MS = 3000;

export const TIERS = {
    critical: { word: 'P1', name: 'critical', stars: '***' },
    urgent: { word: 'P2', name: 'urgent', stars: '**' },
    routine: { word: '', name: 'routine', stars: '' },
};

/** @param {Study[]} studies @returns {Study[]} in the order of the server, which alone ranks */
export function inOrder(studies) {
    return [...studies].sort((a, b) => a.position - b.position);
}

/** Which studies stand somewhere else than before. @param {number[]} before
 * @param {number[]} after */
export function movedStudies(before, after) {
    return after.filter((study, i) => before[i] !== study && before.includes(study));
}

/** Acknowledged, and nothing worse came after it. @param {Study} study */
export function isAcknowledged(study) {
    if (!study.acknowledged_at) return false;
    return !study.changed_at || Date.parse(study.acknowledged_at) >= Date.parse(study.changed_at);
}

/** @param {Study[]} studies */
export function attention(studies) {
    return inOrder(studies).filter((s) => s.tier !== 'routine' && !isAcknowledged(s));
}

/** Every word that was typed stands somewhere in what the row shows.
 * @param {Study} study @param {string} typed */
export function matchesWords(study, typed) {
    const { patient_name, patient_id, accession, description, reason, status, room } = study;
    const place = status === 'in_lab' ? `in Lab ${room}` : status;
    const shown = [patient_name, patient_id, accession, description, reason, place]
        .join(' ')
        .toLowerCase();
    return typed
        .toLowerCase()
        .split(/\s+/)
        .filter(Boolean)
        .every((w) => shown.includes(w));
}

/** @param {Study} study "5 → 1" */
export function positionText(study) {
    if (!study.from_position || study.from_position === study.position)
        return String(study.position);
    return `${study.from_position} → ${study.position}`;
}

export class MoveGuard {
    constructor() {
        /** @type {Map<string, number>} */ this.moved_ms = new Map();
    }

    /** @param {Iterable<string | number>} places what moved: a study, or a place on the glass
     * @param {number} now_ms */
    moved(places, now_ms) {
        for (const place of places) this.moved_ms.set(String(place), now_ms);
    }

    /** @param {string | number} place @param {number} now_ms */
    allows(place, now_ms) {
        return now_ms - (this.moved_ms.get(String(place)) ?? -Infinity) >= GUARD_MS;
    }
}

/** Where the rows stand so that the anchor keeps its place on the glass: scroll as far as the list
 * can, the rest as blank space above (pad) or below (tail).
 * @param {{from: number, to: number, row_px: number, scroll_px: number, pad_px: number,
 *   view_px: number, content_px: number}} move indexes of the anchor before and after
 * @returns {{scroll_px: number, pad_px: number, tail_px: number}} */
export function keepPlace({ from, to, row_px, scroll_px, pad_px, view_px, content_px }) {
    const wanted = scroll_px - pad_px + (to - from) * row_px;
    if (wanted < 0) return { scroll_px: 0, pad_px: -wanted, tail_px: 0 };
    return { scroll_px: wanted, pad_px: 0, tail_px: Math.max(0, wanted + view_px - content_px) };
}
