// @ts-check
/* trend.js - the course of a case as chart series: one line per site, times shared, holes kept.
 * Pure. */
import { colourToken } from './lane_scale.js';

const HOLE = 4; /* a step this many times the usual one is a hole, and stays one */

/** @typedef {{stream: number, channel: number, site: string, at: string,
 *   values: Record<string, number>}} Point */

/** @param {Point} p the number that a trend shows of a site */
export function trended(p) {
    return p.values.mean_endexp ?? p.values.mean ?? null;
}

/** @param {Point[]} points oldest first
 * @returns {{x: number[], sites: {site: string, token: string, values: (number | null)[]}[]}} */
export function trendOf(points) {
    const sites = [...new Set(points.map((p) => p.site))];
    const rows = points.map((p) => ({ s: Date.parse(p.at) / 1000, site: p.site, v: trended(p) }));
    const usual = usualStep(rows);
    /** @type {number[]} */ const x = [];
    /** @type {(number | null)[][]} */ const lines = sites.map(() => []);
    /** @type {Map<string, {s: number, v: number | null}>} */ const last = new Map();
    const put = (/** @type {number} */ s, /** @type {(site: string) => number | null} */ at) => {
        x.push(s);
        for (const [i, site] of sites.entries()) lines[i].push(at(site));
    };
    for (const row of rows) {
        last.set(row.site, row);
        const fresh = (/** @type {string} */ site) => {
            const known = last.get(site);
            return known && row.s - known.s < HOLE * usual ? known.v : null;
        };
        const before = x[x.length - 1];
        if (before !== undefined && row.s - before > HOLE * usual) put(before + usual, () => null);
        if (row.s === before) for (const [i, site] of sites.entries()) lines[i][x.length - 1] = fresh(site);
        else put(row.s, fresh);
    }
    return { x, sites: sites.map((site, i) => ({ site, token: colourToken(site), values: lines[i] })) };
}

/** Median step of a site, in seconds. @param {{s: number, site: string}[]} rows */
function usualStep(rows) {
    /** @type {Map<string, number>} */ const before = new Map();
    const steps = [];
    for (const { s, site } of rows) {
        const at = before.get(site);
        if (at !== undefined && s > at) steps.push(s - at);
        before.set(site, s);
    }
    steps.sort((a, b) => a - b);
    return steps[Math.floor(steps.length / 2)] ?? 1;
}
