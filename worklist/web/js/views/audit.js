// @ts-check
/* audit.js - who did what, row by row. It only grows; an undo is a row of its own. */
import { api, ApiError } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { makeHash } from '../router.js';
import { clock, fullTime } from '../values.js';
import { table } from './table.js';

const PAGE_ROWS = 200;

export class AuditView {
    /** @param {import('../app.js').App} _app @param {HTMLElement} element */
    constructor(_app, element) {
        this.element = element;
        this.message = h('span', { class: 'quiet', role: 'status' });
        this.body = h('div', { class: 'audit-body' });
        this.newer = h('a', { class: 'button', href: makeHash('audit') }, 'Next rows');
        this.element.append(
            h(
                'div',
                { class: 'list-head' },
                h('h2', {}, 'Audit'),
                this.message,
                h('a', { class: 'button', href: makeHash('audit') }, 'First rows'),
                this.newer,
            ),
            this.body,
        );
    }

    /** @param {import('../router.js').Route} route */
    async show(route) {
        const given = route.query.get('after') ?? '';
        const after = /^\d{1,15}$/.test(given) ? `after=${given}&` : '';
        try {
            const { rows } = await api.get(`/api/audit?${after}limit=${PAGE_ROWS}`);
            this.#draw(rows);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** @param {any[]} rows */
    #draw(rows) {
        const last = rows.length ? rows[rows.length - 1].n : null;
        const full = rows.length >= PAGE_ROWS;
        this.newer.hidden = !full;
        this.newer.setAttribute('href', makeHash('audit', null, { after: last }));
        const range = rows.length ? `rows ${rows[0].n} to ${last}` : '';
        setText(this.message, `${range}. Nothing here is ever changed or removed.`);
        const heads = ['Row', 'Time', 'Who', 'What', 'On', 'Before', 'After', 'Where'];
        replace(
            this.body,
            table(heads, [...rows].reverse().map(auditCells), {
                testid: 'audit',
                empty: 'No rows yet. Each login, decision and acknowledgement adds one.',
            }),
        );
    }
}

/** @param {any} row */
function auditCells(row) {
    const at = String(row.at ?? '');
    return [
        { text: String(row.n ?? '') },
        { text: clock(at), title: fullTime(at) },
        { text: String(row.who ?? '') },
        { text: String(row.what ?? ''), wide: false },
        { text: String(row.object ?? '') },
        { text: String(row.before ?? ''), wide: true },
        { text: String(row.after ?? ''), wide: true },
        { text: String(row.where ?? '') },
    ];
}
