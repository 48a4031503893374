// @ts-check
/* keys.js - one place that turns keys into acts, and the sheet that names them (F1).
 *
 *     keys.bind('live', 'F8', () => capture());
 *     keys.bind('*', 'Ctrl+z', () => undo());
 * Keys act only on the view that is seen, never in a text field unless they are function keys. A
 * held Enter or Delete acts once: repeats are swallowed before any button sees them. */
import { byId, h, kbd, replace } from './dom.js';

const ONCE = ['Enter', 'Delete', ' ', 'F8', 'F9', 'F10'];

/** @param {KeyboardEvent} event "Ctrl+Shift+z", "F8", "ArrowUp" */
export function chord(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const shift = event.shiftKey && (event.key.length > 1 || event.ctrlKey);
    const held = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', shift && 'Shift'];
    return [...held.filter(Boolean), key].join('+');
}

/** @param {EventTarget | null} target */
export function isField(target) {
    return (
        target instanceof HTMLInputElement ||
        target instanceof HTMLSelectElement ||
        target instanceof HTMLTextAreaElement
    );
}

export class Keys {
    constructor() {
        this.view = 'login';
        /** @type {Map<string, (event: KeyboardEvent) => unknown>} */ this.table = new Map();
        document.addEventListener('keydown', (event) => this.#down(event), { capture: true });
    }

    /** @param {string} view '*' for every view after login @param {string} key
     * @param {(event: KeyboardEvent) => unknown} act gives false: not mine, let the page have it */
    bind(view, key, act) {
        this.table.set(`${view} ${key}`, act);
    }

    /** @param {KeyboardEvent} event */
    #down(event) {
        if (event.repeat && ONCE.includes(event.key) && !isField(event.target)) {
            event.preventDefault();
            event.stopPropagation();
            return;
        }
        if (this.view === 'login' || byId('key-sheet').open) return;
        const key = chord(event);
        const typing = isField(event.target) && !/^F\d|^Alt|^Ctrl\+\d/.test(key);
        if (typing) return;
        const act = this.table.get(`${this.view} ${key}`) ?? this.table.get(`* ${key}`);
        if (act && act(event) !== false) event.preventDefault();
    }
}

const SHEET = /** @type {[string, [string, string][]][]} */ ([
    [
        'Everywhere',
        [
            ['F1', 'this sheet'],
            ['Alt+1', 'Live'],
            ['Alt+2', 'Worklist'],
            ['Alt+3', 'Audit'],
            ['Ctrl+Z', 'undo your last decision'],
            ['Esc', 'close, cancel, back to the list'],
        ],
    ],
    [
        'Live',
        [
            ['Space', 'freeze, and go on'],
            ['F2', 'go to "To confirm"'],
            ['F6 / F7', 'sweep slower / faster'],
            ['Shift+F6 / F7', 'scale down / up of the chosen lane'],
            ['F8', 'capture from now back 10 s'],
            ['Shift+F8', 'capture what just passed (60 s)'],
        ],
    ],
    [
        'To confirm',
        [
            ['↑ ↓', 'choose a value'],
            ['Enter', 'confirm it and go to the next; a held key confirms one'],
            ['Delete, then 1–6', 'reject with a reason'],
            ['F4', 'adjust the number'],
        ],
    ],
    [
        'Worklist',
        [
            ['↑ ↓', 'choose a study'],
            ['Enter', 'open its history'],
            ['F9', 'acknowledge'],
            ['F10', 'hold the order, and release it'],
        ],
    ],
]);

export function openKeySheet() {
    const sheet = byId('key-sheet');
    if (sheet.open) return sheet.close();
    replace(
        byId('key-sheet-body'),
        ...SHEET.map(([title, rows]) =>
            h(
                'section',
                {},
                h('h3', {}, title),
                h(
                    'dl',
                    {},
                    ...rows.map(([key, what]) =>
                        h('div', {}, h('dt', {}, kbd(key)), h('dd', {}, what)),
                    ),
                ),
            ),
        ),
    );
    sheet.showModal();
}
