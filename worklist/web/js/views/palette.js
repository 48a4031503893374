// @ts-check
/* palette.js - Ctrl+K: what can be done here, by name; each shows its key, so that people learn it.
 * Type to narrow, arrows to choose, Enter does it as the key would. */
import { byId, h, kbd, replace, setAttribute } from '../dom.js';
import { keyName } from '../keys.js';

/** @typedef {import('../keys.js').Command} Command */

/** Every word that was typed stands in the name. @param {Command[]} all @param {string} typed */
export function matching(all, typed) {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter((c) => words.every((w) => c.words.toLowerCase().includes(w)));
}

export class Palette {
    /** @param {import('../keys.js').Keys} keys */
    constructor(keys) {
        this.keys = keys;
        this.dialog = byId('palette');
        this.input = byId('palette-input');
        this.list = byId('palette-list');
        /** @type {Command[]} */ this.shown = [];
        this.at = 0;
        this.input.addEventListener('input', () => this.#narrow());
        this.input.addEventListener('keydown', (/** @type {KeyboardEvent} */ e) => this.#key(e));
        this.list.addEventListener('click', (/** @type {MouseEvent} */ event) => {
            const item = /** @type {Element} */ (event.target).closest('[role=option]');
            if (item) this.#run(Number(/** @type {HTMLElement} */ (item).dataset.at));
        });
    }

    open() {
        this.from = document.activeElement;
        this.input.value = '';
        this.#narrow();
        this.dialog.showModal();
        this.input.focus();
    }

    #narrow() {
        this.shown = matching(this.keys.commands(this.keys.view), this.input.value);
        this.at = 0;
        this.#draw();
    }

    #draw() {
        const item = (/** @type {Command} */ c, /** @type {number} */ i) =>
            h(
                'li',
                {
                    id: `palette-${i}`,
                    role: 'option',
                    'data-at': i,
                    'aria-selected': String(i === this.at),
                },
                h('span', {}, c.words),
                kbd(keyName(c.key)),
            );
        replace(this.list, ...this.shown.map(item));
        byId('palette-none').hidden = this.shown.length > 0;
        const chosen = this.shown.length ? `palette-${this.at}` : null;
        setAttribute(this.input, 'aria-activedescendant', chosen);
        if (chosen) byId(chosen).scrollIntoView({ block: 'nearest' });
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });
        if (event.key in steps) {
            const last = this.shown.length - 1;
            this.at = Math.max(0, Math.min(last, this.at + steps[event.key]));
            this.#draw();
        } else if (event.key === 'Enter' && !event.repeat) this.#run(this.at);
        else return;
        event.preventDefault();
    }

    /** @param {number} at */
    #run(at) {
        const command = this.shown[at];
        this.dialog.close();
        if (this.from instanceof HTMLElement) this.from.focus();
        if (command) command.act(new KeyboardEvent('keydown', { key: command.key }));
    }
}
