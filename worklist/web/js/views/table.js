// @ts-check
/* table.js - a plain table of text: heads, rows of cells, and what to say when there are none. */
import { h } from '../dom.js';

/** @typedef {{text: string, title?: string, wide?: boolean, href?: string}} Cell */

/** @param {string[]} heads @param {Cell[][]} rows @param {{testid: string, empty: string}} words */
export function table(heads, rows, { testid, empty }) {
    if (!rows.length) return h('p', { class: 'empty quiet' }, empty);
    return h(
        'div',
        { class: 'table-scroll', tabindex: 0, role: 'region', 'aria-label': `table: ${testid}` },
        h(
            'table',
            { class: 'table', 'data-testid': testid },
            h('thead', {}, h('tr', {}, ...heads.map((n) => h('th', { scope: 'col' }, n)))),
            h(
                'tbody',
                {},
                ...rows.map((cells) =>
                    h(
                        'tr',
                        {},
                        ...cells.map((c) =>
                            h('td', { title: c.title, class: c.wide ? 'wide' : null }, inside(c)),
                        ),
                    ),
                ),
            ),
        ),
    );
}

/** @param {Cell} cell */
function inside({ text, href }) {
    return href ? h('a', { href }, text) : text;
}
