// @ts-check
/* key_sheet.js - F1: every key of this screen and of all screens, as they are bound; and the switch
 * for single letters. */
import { byId, h, kbd, replace, setAttribute, setText } from '../dom.js';
import { isModifier, keyName } from '../keys.js';
import { theme } from '../theme.js';

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
    /** @param {import('../keys.js').Keys} keys @param {() => void} changeTheme */
    constructor(keys, changeTheme) {
        this.keys = keys;
        /** @type {import('../keys.js').Command | null} */ this.asked = null; /* waits for its key */
        this.sheet = byId('key-sheet');
        this.switch = byId('letters-switch');
        this.switch.addEventListener('click', () => {
            keys.setLetters(!keys.letters_on);
            this.draw();
        });
        byId('theme-switch').addEventListener('click', () => {
            changeTheme();
            this.draw();
        });
        byId('keys-reset').addEventListener('click', () => {
            keys.reset();
            this.#say('All keys are as delivered.');
        });
        this.sheet.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
        byId('key-sheet-close').addEventListener('click', () => this.sheet.close());
        byId('open-key-sheet').addEventListener('click', () => this.open());
    }

    open() {
        this.draw();
        this.sheet.showModal();
    }

    /** @param {string} text */
    #say(text) {
        this.asked = null;
        this.draw();
        this.switch.focus(); /* what was focused may be gone: keys must still come here */
        setText(byId('key-sheet-said'), text);
    }

    /** @param {import('../keys.js').Command} command */
    #ask(command) {
        this.#say(`${command.words}: press its new key. Esc leaves it.`);
        this.asked = command;
        this.sheet.querySelector(`[data-key="${CSS.escape(command.given)}"]`)?.focus();
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const { asked } = this;
        if (!asked || isModifier(event)) return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === 'Escape') return this.#say('Left as it was.');
        const why = this.keys.remap(asked, event);
        this.#say(why || `${asked.words}: ${keyName(asked.key)} from now on.`);
    }

    draw() {
        const { keys } = this;
        const views = ['*', keys.view, ...Object.keys(TITLES)];
        const shown = [...new Set(views)].filter((v) => TITLES[v]);
        replace(byId('key-sheet-body'), ...shown.map((v) => this.#section(v)));
        setAttribute(this.switch, 'aria-pressed', String(keys.letters_on));
        setText(byId('theme-switch'), `Theme: ${theme()}`);
        setText(this.switch, `Single letters as keys: ${keys.letters_on ? 'on' : 'off'}`);
    }

    /** @param {string} view */
    #section(view) {
        const { keys } = this;
        const rows = keys.commands(view).filter((c) => c.view === view);
        const names = (/** @type {import('../keys.js').Command} */ c) => [
            h(
                'button',
                {
                    class: 'key-button',
                    type: 'button',
                    'data-key': c.given,
                    title: 'another key',
                    'aria-label': `${keyName(c.key)}, another key for: ${c.words}`,
                    on: { click: () => this.#ask(c) },
                },
                kbd(keyName(c.key)),
            ),
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
