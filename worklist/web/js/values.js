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
    ['artefact', 'artefact or flush'], ['damped', 'damped'], ['wrong_site', 'wrong site'],
    ['ectopy', 'ectopy'], ['wrong_phase', 'wrong condition'], ['other', 'other'],
]);

export const PHASES = ['rest', 'exercise', 'drug', 'post'];
export const QUALITY_LOW = 0.7;

const SHORT = /** @type {Record<string, string>} */ ({
    mean_endexp: 'end-exp', edp: 'EDP', a: 'a', v: 'v', mean: 'mean', rate: 'rate',
    systolic: 'sys', diastolic: 'dia', minimum: 'min', resp_rate: 'resp', pulse: 'pulse',
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

/** What a card shows large: "124/71" for arteries, the end-expiratory or plain mean elsewhere;
 * the rest stands beside it.
 * @param {any} values @returns {{main: string, of: string, unit: string, rest: Value[]}} */
export function headline(values) {
    const list = valueList(values);
    const has = (/** @type {string} */ q) => list.find((v) => v.quantity === q);
    const systolic = has('systolic');
    const second = has('diastolic') ?? has('edp');
    if (systolic && second) {
        return {
            main: `${numberText(systolic.value)}/${numberText(second.value)}`,
            of: second.quantity === 'edp' ? 'sys/EDP' : 'sys/dia', unit: unitText(systolic.unit),
            rest: list.filter((v) => v !== systolic && v !== second),
        };
    }
    const one = has('mean_endexp') ?? has('mean') ?? list[0];
    if (!one) return { main: BLANK, of: '', unit: '', rest: [] };
    return {
        main: numberText(one.value, one.decimals), of: shortName(one.quantity),
        unit: unitText(one.unit), rest: list.filter((v) => v !== one),
    };
}

/** "PCW mean 18 mmHg, suggested, not confirmed". @param {Measurement} m */
export function accessibleName(m) {
    const said = valueList(m.values).slice(0, 3).map((v) => {
        const words = v.words ?? shortName(v.quantity);
        return `${words} ${numberText(v.value, v.decimals)} ${unitText(v.unit ?? 'mm[Hg]')}`;
    });
    return `${m.site} ${said.join(', ')}, ${STATES[m.state].spoken}`;
}

/** Why a person should look before confirming; empty when nothing speaks against it.
 * @param {Measurement} m @returns {string[]} */
export function doubts(m) {
    const found = [];
    const systolic = pick(m.values, 'systolic');
    const diastolic = pick(m.values, 'diastolic');
    if (m.quality < QUALITY_LOW) found.push(`low quality ${m.quality.toFixed(2)}`);
    if (systolic !== null && diastolic !== null && diastolic > systolic) {
        found.push('diastolic above systolic');
    }
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
    const parts = [...counts].map(([reason, n]) => (n > 1 ? `${n} ${wordy(reason)}` : wordy(reason)));
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
    const was = headline(seen.values).main;
    const is = headline(now.values).main;
    const who = now.by ? ` (${now.by}, ${clock(now.decided_at ?? now.at)})` : '';
    const change = was !== is ? `changed from ${was} to ${is}${who}`
        : `was ${STATES[now.state].spoken}${who}`;
    return `${now.site} ${change} while you looked. Nothing was saved. Check and confirm again.`;
}
