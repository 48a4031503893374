// @ts-check
/* key_sheet.js - F1: every key of this screen and of all screens, as they are bound; and the switch
 * for single letters. */
import { byId, h, kbd, replace, setAttribute, setText } from '../dom.js';
import { keyName } from '../keys.js';

const TITLES = /** @type {Record<string, string>} */ ({
    '*': 'Everywhere',
    live: 'Live and "To confirm"',
    review: 'Review',
    worklist: 'Worklist',
    study: 'Study',
    audit: 'Audit',
    validation: 'Validation',
    admin: 'Admin',
});

export class KeySheet {
    /** @param {import('../keys.js').Keys} keys */
    constructor(keys) {
        this.keys = keys;
        this.sheet = byId('key-sheet');
        this.switch = byId('letters-switch');
        this.switch.addEventListener('click', () => {
            keys.setLetters(!keys.letters_on);
            this.draw();
        });
        byId('key-sheet-close').addEventListener('click', () => this.sheet.close());
        byId('open-key-sheet').addEventListener('click', () => this.open());
    }

    open() {
        this.draw();
        this.sheet.showModal();
    }

    draw() {
        const { keys } = this;
        const views = ['*', keys.view, ...Object.keys(TITLES)];
        const shown = [...new Set(views)].filter((v) => TITLES[v]);
        replace(byId('key-sheet-body'), ...shown.map((v) => this.#section(v)));
        setAttribute(this.switch, 'aria-pressed', String(keys.letters_on));
        setText(this.switch, `Single letters as keys: ${keys.letters_on ? 'on' : 'off'}`);
    }

    /** @param {string} view */
    #section(view) {
        const { keys } = this;
        const rows = keys.commands(view).filter((c) => c.view === view);
        const names = (/** @type {import('../keys.js').Command} */ c) => [
            kbd(keyName(c.key)),
            ...(keys.letters_on && c.letter ? [' ', kbd(c.letter.toUpperCase())] : []),
        ];
        const row = (/** @type {import('../keys.js').Command} */ c) =>
            h('div', {}, h('dt', {}, ...names(c)), h('dd', {}, c.words));
        return h(
            'section',
            { 'data-here': view === keys.view },
            h('h3', {}, TITLES[view]),
            h('dl', {}, ...rows.map(row)),
        );
    }
}
