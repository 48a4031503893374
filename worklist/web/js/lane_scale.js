// @ts-check
/* lane_scale.js - colour and scale of a lane by its site. One row per site; pure. */

export const SCALES = [
    [0, 20],
    [0, 40],
    [0, 60],
    [0, 100],
    [0, 200],
    [0, 400],
];

/* site: token of its colour, index of its first scale */
const SITES = /** @type {Record<string, [string, number]>} */ ({
    ECG: ['ecg', -1],
    AO: ['ao', 4],
    ART: ['ao', 4],
    LV: ['lv', 4],
    PA: ['pa', 2],
    PCW: ['pcw', 1],
    RA: ['ra', 0],
    CVP: ['ra', 0],
    RV: ['rv', 2],
    LA: ['la', 1],
    Pa: ['pao', 4],
    Pd: ['pd', 4],
    PAO: ['pao', 4],
    PD: ['pd', 4],
    AUX: ['aux', -1],
});

/** @param {string} site name of a CSS variable without its dashes */
export function colourToken(site) {
    return `ch-${SITES[site]?.[0] ?? 'aux'}`;
}

/** @param {string} site @param {string} unit @returns {number} index into SCALES; -1: fixed */
export function firstScale(site, unit) {
    return unit === 'mmHg' || unit === 'mm[Hg]' ? (SITES[site]?.[1] ?? 4) : -1;
}

/** @param {number} index @param {string} unit @returns {[number, number]} */
export function limits(index, unit) {
    if (index >= 0) return /** @type {[number, number]} */ (SCALES[index]);
    return unit === 'mV' ? [-1, 2] : [-1, 1];
}

/** @param {number} index @param {number} step */
export function stepScale(index, step) {
    return index < 0 ? index : Math.min(SCALES.length - 1, Math.max(0, index + step));
}
