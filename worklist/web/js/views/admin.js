// @ts-check
/* admin.js - what holds here and who may change it: modes, rules, settings, people, rooms. Every
 * change needs a reason, is a row of the audit, and is the newest of its kind: the old one stays to
 * be read. Who may not change still sees what holds. */
import { api, ApiError, requestId } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { clock, fullTime } from '../values.js';
import { table } from './table.js';

const MODES = [
    ['silent', 'silent: computed and recorded, nothing is shown'],
    ['assistive', 'assistive: shown, the order stays'],
    ['integrated', 'integrated: findings move the list'],
];
const ROLES = ['technologist', 'reader', 'validator', 'administrator', 'service'];

/** @typedef {{name: string, label: string, type?: string, options?: string[][], value?: string,
 *   rows?: number, required?: boolean}} Field */

export class AdminView {
    /** @param {import('../app.js').App} app @param {HTMLElement} element */
    constructor(app, element) {
        this.app = app;
        this.element = element;
        this.message = h('p', { class: 'quiet', role: 'status', 'data-testid': 'admin-said' });
        this.body = h('div', { class: 'admin-body' });
        element.append(
            h('div', { class: 'list-head' }, h('h2', {}, 'Admin'), this.message),
            this.body,
        );
        app.on('mode', () => !element.hidden && this.load());
    }

    get may() {
        return this.app.me?.role === 'administrator';
    }

    show() {
        setText(this.message, '');
        this.load();
    }

    async load() {
        try {
            const [modes, rules, settings, users] = await Promise.all([
                api.get('/api/admin/modes'),
                api.get('/api/admin/rules'),
                api.get('/api/admin/settings'),
                this.may ? api.get('/api/admin/users') : { users: [] },
            ]);
            const role = this.app.me?.role ?? '';
            if (!this.may && !this.message.textContent)
                setText(this.message, `Changing needs the role administrator. You are: ${role}.`);
            replace(
                this.body,
                this.#modes(modes.modes),
                this.#rules(rules.rules),
                this.#settings(settings.settings),
                ...(this.may ? [this.#users(users.users), this.#rooms()] : []),
            );
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** @param {any[]} modes */
    #modes(modes) {
        const rows = modes.map((m) => [
            { text: m.room ? `Lab ${m.room}` : 'all rooms' },
            { text: m.procedure || 'all procedures' },
            { text: String(m.mode).toUpperCase() },
            { text: m.why, wide: true },
            { text: m.by ?? '' },
            { text: clock(m.at), title: fullTime(m.at) },
        ]);
        const heads = ['Room', 'Procedure', 'Mode', 'Why', 'By', 'Since'];
        const rooms = [...this.app.rooms.keys()].sort((a, b) => a - b);
        const fields = [
            field('room', 'Room', {
                options: [['0', 'all rooms'], ...rooms.map((n) => [String(n), `Lab ${n}`])],
            }),
            field('procedure', 'Procedure (empty: all)', { required: false }),
            field('mode', 'Mode', { options: MODES }),
            field('why', 'Why'),
        ];
        const send = (/** @type {any} */ v) =>
            this.#save('modes', { ...v, room: Number(v.room) }, `${v.mode} holds now.`);
        const none = 'No mode was set: a new lab is silent.';
        return this.#section('Modes', table(heads, rows, { testid: 'modes', empty: none }), [
            fields,
            'Set mode',
            send,
        ]);
    }

    /** @param {any[]} rules */
    #rules(rules) {
        const state = (/** @type {any} */ r) =>
            r.refused ? `refused: ${r.refused}` : r.pending ? 'on its way to hemod' : 'in force';
        const rows = rules.map((r, i) => [
            { text: String(r.version) },
            { text: i ? 'replaced' : state(r) },
            { text: r.why, wide: true },
            { text: r.by ?? '' },
            { text: clock(r.at), title: fullTime(r.at) },
        ]);
        const newest = rules[0];
        const next = newest ? Number(newest.version) + 1 : 2;
        const text = newest?.text ?? `[rules]\nversion = ${next}\n`;
        const fields = [
            field('version', 'New version', { type: 'number', value: String(next) }),
            field('text', 'Rule file', {
                rows: 8,
                value: text.replace(/version\s*=\s*\d+/, `version = ${next}`),
            }),
            field('why', 'Why'),
        ];
        const send = (/** @type {any} */ v) =>
            this.#save('rules', { ...v, version: Number(v.version) }, 'Sent to hemod.');
        const heads = ['Version', 'State', 'Why', 'By', 'At'];
        const none = 'No rule file was set: version 1 of the program holds.';
        const hint = h(
            'p',
            { class: 'quiet' },
            'Try it first: hemosim analyze --rules FILE says what it would have done on records.',
        );
        const list = h('div', {}, table(heads, rows, { testid: 'rules', empty: none }), hint);
        return this.#section('Rules', list, [fields, 'Send rules', send]);
    }

    /** @param {any[]} settings */
    #settings(settings) {
        const rows = settings.map((s) => [
            { text: s.name },
            { text: String(s.value) },
            { text: s.words ?? '', wide: true },
        ]);
        const fields = [
            field('name', 'Setting', { options: settings.map((s) => [s.name, s.name]) }),
            field('value', 'Value', { type: 'number' }),
            field('why', 'Why'),
        ];
        const send = (/** @type {any} */ v) =>
            this.#save('settings', { ...v, value: Number(v.value) }, `${v.name} is ${v.value} now.`);
        const list = table(['Name', 'Value', 'What it is'], rows, { testid: 'settings', empty: 'None.' });
        return this.#section('Settings', list, [fields, 'Save setting', send]);
    }

    /** @param {any[]} users */
    #users(users) {
        const rows = users.map((u) => [
            { text: u.user },
            { text: u.role },
            { text: u.active ? 'active' : 'off' },
            { text: clock(u.created_at), title: fullTime(u.created_at) },
        ]);
        const list = table(['Name', 'Role', 'State', 'Made'], rows, { testid: 'users', empty: 'None.' });
        const roles = ROLES.map((r) => [r, r]);
        const add = (/** @type {any} */ v) =>
            this.#save('users', v, (/** @type {any} */ a) => `${a.user}: password ${a.password}`);
        const change = (/** @type {any} */ v) => {
            const body = {
                user: v.user,
                ...(v.what === 'new password' ? { new_password: true } : {}),
                ...(v.what === 'off' ? { active: false } : {}),
                ...(v.what === 'on' ? { active: true } : {}),
            };
            return this.#save('users/change', body, (/** @type {any} */ a) =>
                a.password ? `${a.user}: password ${a.password}, shown once` : `${a.user} changed.`,
            );
        };
        const known = users.map((u) => [u.user, u.user]);
        const acts = ['off', 'on', 'new password'].map((a) => [a, a]);
        return this.#section(
            'People',
            list,
            [
                [field('user', 'New name'), field('role', 'Role', { options: roles })],
                'Add',
                add,
            ],
            [
                [field('user', 'Name', { options: known }), field('what', 'Make', { options: acts })],
                'Change',
                change,
            ],
        );
    }

    #rooms() {
        const rows = [...this.app.rooms.values()].map((r) => [
            { text: `Lab ${r.room}` },
            { text: r.name },
            { text: String(r.stream) },
            { text: r.heard === false ? 'never heard' : r.origin },
            { text: r.mode ?? '' },
        ]);
        const heads = ['Room', 'Name', 'Stream', 'Feed', 'Mode'];
        const list = table(heads, rows, { testid: 'rooms', empty: 'No rooms yet.' });
        const fields = [
            field('room', 'Room', { type: 'number' }),
            field('stream', 'Stream', { type: 'number' }),
            field('name', 'Name'),
        ];
        const send = (/** @type {any} */ v) => {
            const body = { ...v, room: Number(v.room), stream: Number(v.stream) };
            return this.#save('rooms', body, 'The room is known; it waits for its feed.');
        };
        return this.#section('Rooms', list, [fields, 'Add room', send]);
    }

    /** @param {string} title @param {HTMLElement} list
     * @param {...[HTMLElement[], string, (values: any) => Promise<void>]} forms */
    #section(title, list, ...forms) {
        const shown = this.may ? forms.map(([fields, text, send]) => form(fields, text, send)) : [];
        return h('section', { class: 'admin-section', 'aria-label': title }, h('h3', {}, title), list, ...shown);
    }

    /** @param {string} what @param {object} body
     * @param {string | ((answer: any) => string)} done */
    async #save(what, body, done) {
        if (!this.app.connected)
            return setText(this.message, 'Not saved: no connection. Nothing was changed.');
        try {
            const answer = await api.post(`/api/admin/${what}`, { ...body, request_id: requestId() });
            setText(this.message, typeof done === 'string' ? `Saved: ${done}` : done(answer));
            await this.load();
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }
}

/** @param {string} name @param {string} label @param {Partial<Field>} [more] */
function field(name, label, { type = 'text', options, value = '', rows, required = true } = {}) {
    const common = { name, required };
    const inner = options
        ? h('select', { name }, ...options.map(([v, text]) => h('option', { value: v }, text)))
        : rows
          ? h('textarea', { ...common, rows, spellcheck: 'false' })
          : h('input', { ...common, type, autocomplete: 'off', value });
    if (rows) inner.value = value;
    return h('label', { class: rows ? 'filter wide' : 'filter' }, label, inner);
}

/** @param {HTMLElement[]} fields @param {string} text @param {(values: any) => Promise<void>} send */
function form(fields, text, send) {
    return h(
        'form',
        {
            class: 'admin-form',
            on: {
                submit: (/** @type {SubmitEvent} */ event) => {
                    event.preventDefault();
                    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
                    send(Object.fromEntries(data));
                },
            },
        },
        ...fields,
        h('button', { class: 'button', type: 'submit' }, text),
    );
}
