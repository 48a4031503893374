// @ts-check
/* values.js - how values, states and times are worded. Pure; the one place for each wording. */

/** @typedef {import('./types.js').Measurement} Measurement */
/** @typedef {import('./types.js').Value} Value */

export const BLANK = '- - -';

/** The word, the sign and the data-state of each state of a measurement. */
export const STATES = {
    suggested: { word: 'SUGGESTED', icon: '◇', spoken: 'suggested, not confirmed' },
    accepted: { word: 'CONFIRMED', icon: '✓', spoken: 'confirmed' },
    adjusted: { word: 'EDITED', icon: '■', spoken: 'edited and confirmed' },
    rejected: { word: 'REJECTED', icon: '✕', spoken: 'rejected' },
};

export const REJECT_REASONS = /** @type {const} */ ([
    ['artefact', 'artefact or flush'],
    ['damped', 'damped'],
    ['wrong_site', 'wrong site'],
    ['ectopy', 'ectopy'],
    ['wrong_phase', 'wrong condition'],
    ['other', 'other'],
]);

export const PHASES = ['rest', 'exercise', 'drug', 'post'];
const RATIOS = ['pd_pa', 'ffr'];
const RATIO_MOST = 1.05;
const DRIFT_MMHG = 2;
export const QUALITY_LOW = 0.5; /* fewer than half of the beats were usable */

const SHORT = /** @type {Record<string, string>} */ ({
    mean_endexp: 'end-exp',
    edp: 'EDP',
    a: 'a',
    v: 'v',
    mean: 'mean',
    rate: 'rate',
    systolic: 'sys',
    diastolic: 'dia',
    minimum: 'min',
    resp_rate: 'resp',
    pulse: 'pulse',
    resp_swing: 'resp swing',
});

/** UCUM to what people write. @param {string | undefined} unit */
export function unitText(unit) {
    return { 'mm[Hg]': 'mmHg', '/min': '/min' }[unit ?? ''] ?? unit ?? '';
}

/** @param {any} values an array of Value, or an object by quantity @returns {Value[]} */
export function valueList(values) {
    if (Array.isArray(values)) return values;
    return Object.entries(values ?? {}).map(([quantity, value]) => ({ quantity, value }));
}

/** @param {any} values @param {string} quantity @returns {number | null} */
export function pick(values, quantity) {
    return valueList(values).find((v) => v.quantity === quantity)?.value ?? null;
}

/** @param {number | null | undefined} value @param {number} [decimals] */
export function numberText(value, decimals = 0) {
    if (value === null || value === undefined || !Number.isFinite(value)) return BLANK;
    return value.toFixed(decimals).replace('-', '−');
}

/** @param {string} quantity */
export function shortName(quantity) {
    return SHORT[quantity] ?? quantity.replaceAll('_', ' ');
}

const ATRIA = ['RA', 'LA', 'CVP', 'PCW'];
const BESIDE_ATRIUM = ['mean', 'a', 'v', 'resp_swing'];

/** What is shown large, by the site: "124/71" for arteries and ventricles, the end-expiratory or
 * plain mean for atria; `rest` stands beside it, the main ones first in `said`.
 * @param {any} values @param {string} [site]
 * @returns {{main: string, of: string, unit: string, rest: Value[], said: Value[]}} */
export function headline(values, site = '') {
    const list = valueList(values).filter((v) => v.value !== null);
    const has = (/** @type {string} */ q) => list.find((v) => v.quantity === q);
    const systolic = has('systolic');
    const second = has('edp') ?? has('diastolic');
    const without = (/** @type {Value[]} */ shown) => list.filter((v) => !shown.includes(v));
    if (systolic && second && !ATRIA.includes(site)) {
        const rest = without([systolic, second]);
        return {
            main: `${numberText(systolic.value)}/${numberText(second.value)}`,
            rest,
            of: second.quantity === 'edp' ? 'sys/EDP' : 'sys/dia',
            unit: unitText(systolic.unit),
            said: [systolic, second, ...rest],
        };
    }
    const one = has('mean_endexp') ?? has('mean') ?? list[0];
    if (!one) return { main: BLANK, of: '', unit: '', rest: [], said: [] };
    const others = without([one]);
    const rest = ATRIA.includes(site)
        ? others.filter((v) => BESIDE_ATRIUM.includes(v.quantity))
        : others;
    return {
        main: numberText(one.value, one.decimals),
        of: shortName(one.quantity),
        unit: unitText(one.unit),
        rest,
        said: [one, ...rest],
    };
}

/** One of the rest: "mean 20", "75 /min". @param {Value} v */
export function restText(v) {
    const number = numberText(v.value, v.decimals);
    const unit = unitText(v.unit);
    return v.quantity === 'rate'
        ? `${number} ${unit || '/min'}`
        : `${shortName(v.quantity)} ${number}`;
}

/** "PCW mean 18 mmHg, suggested, not confirmed". @param {Measurement} m */
export function accessibleName(m) {
    const said = headline(m.values, m.site)
        .said.slice(0, 3)
        .map((v) => {
            const words = v.words ?? shortName(v.quantity);
            return `${words} ${numberText(v.value, v.decimals)} ${unitText(v.unit ?? 'mm[Hg]')}`;
        });
    return `${m.site} ${said.join(', ')}, ${STATES[m.state].spoken}`;
}

/** The newest value of a quantity in the case, of all that was not rejected.
 * @param {Measurement[]} all @param {(m: Measurement) => boolean} is @param {string} quantity */
function newest(all, is, quantity) {
    const found = all.filter((m) => m.state !== 'rejected' && is(m) && pick(m.values, quantity) !== null);
    found.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
    return found[0] ? { at: found[0].at, value: Number(pick(found[0].values, quantity)) } : null;
}

/** What the drift check after a Pd/Pa said; null: m is no ratio of a pressure wire. A drift of
 * 2 mmHg changes the class of a fifth to a third of them (Cook 2016, by ui.md).
 * @param {Measurement} m @param {Measurement[]} all of the case
 * @returns {{ok: boolean, words: string} | null} */
export function driftOf(m, all) {
    if (!RATIOS.some((q) => pick(m.values, q) !== null)) return null;
    const found = newest(all, (x) => Date.parse(x.at) >= Date.parse(m.at), 'pd_drift');
    if (!found) return { ok: false, words: 'drift check: not done' };
    const ok = Math.abs(found.value) <= DRIFT_MMHG;
    const said = `${found.value < 0 ? '' : '+'}${numberText(found.value, 1)} mmHg`;
    return { ok, words: `drift check: ${ok ? 'done' : 'failed'}, ${said}` };
}

/** What does not go together with the other values of the case.
 * @param {Measurement} m @param {Measurement[]} all */
function contradictions(m, all) {
    const found = [];
    const wedge = m.site === 'PCW' ? (pick(m.values, 'mean_endexp') ?? pick(m.values, 'mean')) : null;
    const pa = newest(all, (x) => x.site === 'PA' && x.phase === m.phase, 'mean');
    if (wedge !== null && pa && wedge > pa.value)
        found.push(`wedge (${numberText(wedge)}) above PA mean (${numberText(pa.value)})`);
    if (RATIOS.some((q) => Number(pick(m.values, q)) > RATIO_MOST))
        found.push(`Pd/Pa above ${RATIO_MOST}`);
    const drift = driftOf(m, all);
    if (drift && !drift.ok) found.push(drift.words);
    return found;
}

/** Why a person should look before confirming; empty when nothing speaks against it.
 * @param {Measurement} m @param {Measurement[]} [all] of the case @returns {string[]} */
export function doubts(m, all = []) {
    const found = contradictions(m, all);
    const systolic = pick(m.values, 'systolic');
    const diastolic = pick(m.values, 'diastolic');
    if (m.quality < QUALITY_LOW) found.push(`low quality ${m.quality.toFixed(2)}`);
    if (systolic !== null && diastolic !== null && diastolic > systolic) {
        found.push('diastolic above systolic');
    }
    if (!m.beats.length) found.push('no beats named');
    if (m.left_out.length > m.beats.length) found.push('more beats left out than used');
    return found;
}

/** "6 beats: 33-38" @param {Measurement} m */
export function beatsText(m) {
    const n = m.beats.map((b) => b.n).filter((b) => Number.isFinite(b));
    if (!m.beats.length) return 'no beats';
    const range = n.length ? ` ${n[0]}${n.length > 1 ? `–${n[n.length - 1]}` : ''}` : '';
    return `${m.beats.length === 1 ? 'beat' : 'beats'}${range} (${m.beats.length} used)`;
}

/** "2 left out: ectopic, flushed" @param {Measurement} m */
export function leftOutText(m) {
    if (!m.left_out.length) return '';
    /** @type {Map<string, number>} */ const counts = new Map();
    for (const { reason } of m.left_out) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    const parts = [...counts].map(([reason, n]) =>
        n > 1 ? `${n} ${wordy(reason)}` : wordy(reason),
    );
    return `${m.left_out.length} left out: ${parts.join(', ')}`;
}

/** A catalogue name as words. @param {string} name */
export function wordy(name) {
    return String(name).toLowerCase().replaceAll('_', ' ');
}

/** @param {string | null | undefined} iso */
export function clock(iso) {
    if (!iso) return '–';
    const at = new Date(iso);
    return Number.isNaN(at.getTime()) ? '–' : at.toTimeString().slice(0, 8);
}

/** @param {string | null | undefined} iso a tooltip: the whole date with its zone */
export function fullTime(iso) {
    return iso ? new Date(iso).toString() : '';
}

/** @param {number} ms */
export function ageText(ms) {
    const s = ms / 1000;
    if (s < 10) return `${s.toFixed(1)} s`;
    return s < 90 ? `${Math.round(s)} s` : `${Math.round(s / 60)} min`;
}

/** What somebody else changed while one looked: ui.md 6.11.
 * @param {Measurement} seen @param {Measurement} now */
export function conflictText(seen, now) {
    const was = headline(seen.values, seen.site).main;
    const is = headline(now.values, now.site).main;
    const who = now.by ? ` (${now.by}, ${clock(now.decided_at ?? now.at)})` : '';
    const change =
        was !== is ? `changed from ${was} to ${is}${who}` : `was ${STATES[now.state].spoken}${who}`;
    return `${now.site} ${change} while you looked. Nothing was saved. Check and confirm again.`;
}

/** @param {import('./types.js').Room} room "Lab 2", with the device's own name when it has one */
export function roomName(room) {
    const plain = `Lab ${room.room}`;
    return !room.name || /^(lab|room)\b/i.test(room.name)
        ? room.name || plain
        : `${plain} · ${room.name}`;
}
