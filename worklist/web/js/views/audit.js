// @ts-check
/* audit.js - who did what, newest first. It only grows; an undo is a row of its own. The filters
 * stand in the address, so that what one found can be shown to another. */
import { api, ApiError } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { clock, fullTime, numberText, shortName, valueList } from '../values.js';
import { table } from './table.js';

const PAGE_ROWS = 100;
const FILTER_MS = 200; /* after the last letter */
const FILTERS = /** @type {const} */ ([
    ['who', 'Who'],
    ['what', 'What'],
    ['object', 'On'],
    ['text', 'Anywhere'],
]);

export class AuditView {
    /** @param {import('../app.js').App} _app @param {import('../keys.js').Keys} keys
     * @param {HTMLElement} element */
    constructor(_app, keys, element) {
        this.element = element;
        this.query = new URLSearchParams();
        this.timer = 0;
        this.asked = 0;
        this.message = h('p', { class: 'quiet', role: 'status', 'data-testid': 'audit-message' });
        this.body = h('div', { class: 'audit-body' });
        this.fields = FILTERS.map(([name, label]) => this.#field(name, label));
        const button = (/** @type {string} */ id, /** @type {string} */ text) =>
            h('a', { class: 'button', href: '#/audit', 'data-testid': id }, text);
        this.newest = button('audit-newest', 'Newest');
        this.older = button('audit-older', 'Older');
        this.acts = button('audit-acts', '');
        this.clear = button('audit-clear', 'Clear filters');
        element.append(
            h('div', { class: 'list-head' }, h('h2', {}, 'Audit'), this.message),
            h(
                'div',
                { class: 'filters', role: 'search', 'aria-label': 'Filter the audit' },
                ...this.fields.map((f) => f.element),
                this.acts,
                this.clear,
                h('span', { class: 'push' }, this.newest, this.older),
            ),
            this.body,
        );
        const last = this.fields[this.fields.length - 1].input;
        keys.bind('audit', 'F3', () => last.focus(), 'filter', '/');
    }

    /** @param {string} name @param {string} label */
    #field(name, label) {
        const input = h('input', {
            type: 'search',
            name,
            autocomplete: 'off',
            spellcheck: 'false',
            on: { input: () => this.#typed() },
        });
        return { name, input, element: h('label', { class: 'filter' }, label, input) };
    }

    #typed() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => {
            const given = this.fields.map((f) => [f.name, f.input.value.trim()]);
            if (this.query.get('all')) given.push(['all', '1']);
            keepHash(makeHash('audit', null, Object.fromEntries(given)));
            this.#load(new URLSearchParams(given.filter(([, v]) => v)));
        }, FILTER_MS);
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        for (const { name, input } of this.fields) input.value = route.query.get(name) ?? '';
        this.#load(route.query);
    }

    /** @param {URLSearchParams} query */
    async #load(query) {
        this.query = query;
        const asked = ++this.asked;
        const wanted = new URLSearchParams({ newest: '1', limit: String(PAGE_ROWS) });
        for (const name of ['before', ...FILTERS.map(([n]) => n)]) {
            const value = query.get(name);
            if (value) wanted.set(name, value);
        }
        if (this.#actsOnly()) wanted.set('acts', '1');
        try {
            const { rows, total } = await api.get(`/api/audit?${wanted}`);
            if (asked === this.asked) this.#draw(rows, total);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** What people did; what was shown, opened or computed would bury it. Whoever asks for one kind of
     * row gets it. */
    #actsOnly() {
        return !this.query.get('all') && !this.query.get('what');
    }

    /** @param {Record<string, string>} kept the filters in force */
    #drawActs(kept) {
        const acts = this.#actsOnly();
        const others = Object.fromEntries(Object.entries(kept).filter(([n]) => n !== 'all'));
        setText(this.acts, acts ? 'Also what was shown and computed' : 'Only what people did');
        this.acts.setAttribute('href', makeHash('audit', null, acts ? { ...kept, all: 1 } : others));
        this.acts.classList.toggle('unseen', Boolean(kept.what));
    }

    /** @param {any[]} rows @param {number} total */
    #draw(rows, total) {
        const kept = Object.fromEntries([...this.query].filter(([n]) => n !== 'before'));
        const filtered = Object.keys(kept).some((n) => n !== 'all');
        this.#drawActs(kept);
        const last = rows.length ? rows[rows.length - 1].n : 0;
        this.older.hidden = rows.length < PAGE_ROWS;
        this.older.setAttribute('href', makeHash('audit', null, { ...kept, before: last }));
        this.newest.hidden = !this.query.get('before');
        this.newest.setAttribute('href', makeHash('audit', null, kept));
        this.clear.classList.toggle('unseen', !filtered);
        const shown = rows.length ? `rows ${rows[0].n} to ${last}` : 'no rows';
        const hidden = this.#actsOnly() ? ' (what was only shown or computed is left out)' : '';
        const of = filtered ? ` that match, of ${total}${hidden}` : ` of ${total}${hidden}`;
        setText(this.message, `${shown}${of}, newest first. Nothing here is changed or removed.`);
        const heads = ['Row', 'Time', 'Who', 'What', 'On', 'Before', 'After', 'Where'];
        const none = filtered
            ? `0 of ${total} rows match. Clear the filters.`
            : 'No rows yet. Each login, decision and acknowledgement adds one.';
        replace(
            this.body,
            table(heads, rows.map(auditCells), { testid: 'audit', empty: none }),
        );
    }
}

/** What a row says, short enough to be read: hashes by their first eight digits, values in words. All
 * of it stands in the tooltip. @param {string} text */
export function auditText(text) {
    const at = text.indexOf('[{');
    const end = text.lastIndexOf('}]') + 2; /* behind it: the reason */
    const hashes = (/** @type {string} */ t) =>
        t.replace(/\b([0-9a-f]{8})[0-9a-f]{24,56}\b/g, '$1…');
    if (at < 0) return hashes(text);
    try {
        const values = JSON.parse(text.slice(at, end));
        const said = valueList(values).map(
            (v) => `${shortName(v.quantity)} ${numberText(v.value, v.decimals)}`,
        );
        return hashes(text.slice(0, at)) + said.join(', ') + hashes(text.slice(end));
    } catch {
        return hashes(text);
    }
}

/** Where one can look at what the row is about. @param {string} object */
function objectLink(object) {
    const study = /^study (\d+)$/.exec(object);
    if (study) return makeHash('study', Number(study[1]));
    const room = /^room (\d+)$/.exec(object);
    return room ? makeHash('live', Number(room[1])) : undefined;
}

/** @param {any} row */
function auditCells(row) {
    const text = (/** @type {any} */ value) => {
        const whole = String(value ?? '');
        const short = auditText(whole);
        return { text: short, title: short === whole ? undefined : whole };
    };
    const at = String(row.at ?? '');
    const object = String(row.object ?? '');
    return [
        text(row.n),
        { text: clock(at), title: fullTime(at) },
        text(row.who),
        text(row.what),
        { ...text(object), href: objectLink(object) },
        { ...text(row.before), wide: true },
        { ...text(row.after), wide: true },
        text(row.where),
    ];
}
