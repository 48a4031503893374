// @ts-check
/* keys.js - one place that turns keys into acts. What is bound with words stands by itself in the
 * key sheet (F1) and in the palette (Ctrl+K), so neither can lie.
 *
 *     keys.bind('live', 'F8', () => capture(), 'capture from now back 10 s', 'c');
 * The last one is an extra letter: letters act only when switched on (WCAG 2.1.4). Keys act only on
 * the view that is seen, never in a text field unless they are function keys. A held Enter or Delete
 * acts once: repeats are swallowed before any button sees them. */

const ONCE = ['Enter', 'Delete', ' ', 'F3', 'F8', 'F9', 'F10'];
const REMAP_KEY = 'hemostream.keys';
const BROWSERS = ['F5', 'F11', 'F12', 'Tab', 'Ctrl+w', 'Ctrl+t', 'Ctrl+r', 'Escape', 'Alt+F4'];
const MODIFIERS = ['Control', 'Shift', 'Alt', 'Meta'];
const LETTERS_KEY = 'hemostream.letters';

/** `given`: the key as delivered.
 * @typedef {{view: string, key: string, given: string, words: string, letter: string,
 *   act: (event: KeyboardEvent) => unknown}} Command */

/** @param {KeyboardEvent} event "Ctrl+Shift+z", "F8", "ArrowUp" */
export function chord(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const shift = event.shiftKey && (event.key.length > 1 || event.ctrlKey);
    const held = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', shift && 'Shift'];
    return [...held.filter(Boolean), key].join('+');
}

/** @param {string} key as people know it: "Ctrl+Z", "↑" */
export function keyName(key) {
    const names = /** @type {Record<string, string>} */ ({
        ' ': 'Space',
        ArrowUp: '↑',
        ArrowDown: '↓',
        ArrowLeft: '←',
        ArrowRight: '→',
        Escape: 'Esc',
    });
    const parts = key.split('+');
    const last = parts.pop() ?? '';
    return [...parts, names[last] ?? (last.length === 1 ? last.toUpperCase() : last)].join('+');
}

/** Only half of a chord yet. @param {KeyboardEvent} event */
export function isModifier(event) {
    return MODIFIERS.includes(event.key);
}

/** @returns {Record<string, string>} */
function readKeys() {
    try {
        return JSON.parse(localStorage.getItem(REMAP_KEY) ?? '{}') ?? {};
    } catch {
        return {};
    }
}

/** What takes keys itself: a field of a form, the strip while one adjusts on it.
 * @param {EventTarget | null} target */
export function isField(target) {
    return (
        target instanceof HTMLInputElement ||
        target instanceof HTMLSelectElement ||
        target instanceof HTMLTextAreaElement ||
        (target instanceof HTMLElement && target.role === 'application')
    );
}

export class Keys {
    constructor() {
        this.view = 'login';
        /** @type {Map<string, Command>} */ this.table = new Map();
        /** @type {Map<string, Command>} */ this.letters = new Map();
        /** @type {Record<string, string>} */ this.remapped = readKeys();
        this.letters_on = localStorage.getItem(LETTERS_KEY) === 'on';
        document.addEventListener('keydown', (event) => this.#down(event), { capture: true });
    }

    /** @param {string} view '*' for every view after login @param {string} key
     * @param {(event: KeyboardEvent) => unknown} act gives false: not mine, let the page have it
     * @param {string} [words] for the key sheet and the palette; none: not listed
     * @param {string} [letter] */
    bind(view, key, act, words = '', letter = '') {
        const own = this.remapped[`${view} ${key}`] ?? key;
        const command = { view, key: own, given: key, act, words, letter };
        this.table.set(`${view} ${own}`, command);
        if (letter) this.letters.set(`${view} ${letter}`, command);
    }

    /** What can be done on a view, the view's own first. @param {string} view @returns {Command[]} */
    commands(view) {
        const all = [...this.table.values()].filter((c) => c.words);
        const own = view === '*' ? [] : all.filter((c) => c.view === view);
        return [...own, ...all.filter((c) => c.view === '*')];
    }

    /** Another key for a command, from now on and on this machine. @param {Command} command
     * @param {KeyboardEvent} event @returns {string} why not; empty: done */
    remap(command, event) {
        const key = chord(event);
        if (BROWSERS.includes(key)) return `${keyName(key)} belongs to the browser.`;
        const taken = this.#find(this.table, key, command.view) ?? this.#anywhere(command, key);
        if (taken && taken !== command)
            return `${keyName(key)} is taken: ${taken.words || taken.view}.`;
        this.table.delete(`${command.view} ${command.key}`);
        command.key = key;
        this.table.set(`${command.view} ${key}`, command);
        this.remapped[`${command.view} ${command.given}`] = key;
        localStorage.setItem(REMAP_KEY, JSON.stringify(this.remapped));
        return '';
    }

    /** A key for every screen must be free on every screen. @param {Command} command
     * @param {string} key */
    #anywhere(command, key) {
        return command.view === '*' ? [...this.table.values()].find((c) => c.key === key) : undefined;
    }

    /** All keys as delivered. */
    reset() {
        const all = [...this.table.values()];
        this.table.clear();
        this.remapped = {};
        localStorage.removeItem(REMAP_KEY);
        for (const command of all) {
            command.key = command.given;
            this.table.set(`${command.view} ${command.key}`, command);
        }
    }

    /** @param {boolean} on */
    setLetters(on) {
        this.letters_on = on;
        localStorage.setItem(LETTERS_KEY, on ? 'on' : 'off');
    }

    /** @param {KeyboardEvent} event */
    #down(event) {
        if (event.repeat && ONCE.includes(event.key) && !isField(event.target)) {
            event.preventDefault();
            event.stopPropagation();
            return;
        }
        if (this.view === 'login' || document.querySelector('dialog[open]')) return;
        const key = chord(event);
        const typing = isField(event.target) && !/^F\d|^Alt|^Ctrl\+[\dk]|^Escape/.test(key);
        if (typing) return;
        const command =
            this.#find(this.table, key) ??
            (this.letters_on ? this.#find(this.letters, key) : undefined);
        if (command && command.act(event) !== false) event.preventDefault();
    }

    /** @param {Map<string, Command>} table @param {string} key */
    #find(table, key, view = this.view) {
        return table.get(`${view} ${key}`) ?? table.get(`* ${key}`);
    }
}
