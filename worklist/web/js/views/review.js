// @ts-check
/* review.js - the values of the room's case by condition: what the machine found, what is in force,
 * in which state and by whom; beside it the strip with its beats, and the history of one value.
 * Below it the whole case, any moment of it. It decides nothing: "Decide on Live" leads to where keys
 * decide. */
import { api, ApiError } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { clock, headline, STATES } from '../values.js';
import { Derived } from './derived.js';
import { Disclosure } from './disclosure.js';
import { StripInset } from './strip.js';
import { Verify } from './verify.js';

/** @typedef {import('../types.js').Measurement} Measurement */

/** "18 machine, rules 1, 10:42:01 → 16 edited, KT, 10:43:10". @param {Measurement} m */
export function historyText(m) {
    const found = headline(m.machine_values, m.site);
    const first = `${found.main} ${found.of}, machine, rules ${m.rule_version}, ${clock(m.at)}`;
    if (!m.by) return first;
    const now = headline(m.values, m.site);
    const word = STATES[m.state].word.toLowerCase();
    const why = m.reason ? `, ${m.reason}` : '';
    return `${first} → ${now.main} ${word}, ${m.by}, ${clock(m.decided_at)}${why}`;
}

export class ReviewView {
    /** @param {import('../app.js').App} app @param {HTMLElement} element */
    constructor(app, element) {
        this.app = app;
        this.element = element;
        this.chosen = '';
        this.opened = -1; /* the case whose traces are shown */
        /** @type {Measurement[]} */ this.all = [];
        this.strip = new StripInset();
        app.on('theme', () => this.strip.again(this.all.find((m) => m.id === this.chosen) ?? null));
        /** @type {import('./disclosure.js').View | null} */ this.view = null;
        this.disclosure = new Disclosure({
            site: (channel) =>
                app.room?.channels.find((c) => c.channel === channel)?.site ?? null,
            chosen: (id) => this.#choose(this.all.find((m) => m.id === id) ?? null),
            moved: (view) => {
                this.view = view;
                this.#address();
            },
        });
        this.derived = new Derived(app);
        this.verify = new Verify(app);
        this.table = h('div', {});
        const left = h('div', { class: 'review-table' }, this.table, this.derived.element);
        this.history = h('p', { class: 'review-history', 'data-testid': 'value-history' });
        this.decide = h('a', { class: 'button', href: '#/live' }, 'Decide on Live');
        this.message = h('span', { class: 'quiet', role: 'status' });
        const aside = h('div', { class: 'review-strip' }, this.strip.element, this.history, this.verify.element);
        element.append(
            h('div', { class: 'list-head' }, h('h2', {}, 'Review'), this.message, this.decide),
            h('div', { class: 'review-body' }, left, aside),
            this.disclosure.element,
        );
        app.on('mode', () => this.#draw([]));
        for (const event of ['measurement', 'rooms', 'room', 'snapshot'])
            app.on(event, () => !this.element.hidden && this.load());
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        this.chosen = route.query.get('m') ?? '';
        const t0_ms = Number(route.query.get('t0'));
        const span_ms = Number(route.query.get('dur'));
        this.view = t0_ms > 0 && span_ms > 0 ? { t0_ms, span_ms } : null;
        this.opened = -1;
        this.load();
    }

    hide() {
        this.disclosure.close();
        this.opened = -1;
    }

    /** @param {number} number */
    #disclose(number) {
        if (number === this.opened) return;
        this.opened = number;
        this.disclosure.open(number, this.view);
    }

    async load() {
        const number = this.app.room?.case ?? 0;
        try {
            const answer = number
                ? await api.get(`/api/cases/${number}/measurements`)
                : { measurements: [] };
            if (number !== (this.app.room?.case ?? 0)) return;
            this.#draw(answer.measurements);
            this.#disclose(number);
            this.derived.load(number);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** @param {Measurement[]} all */
    #draw(all) {
        this.all = all;
        const open = all.filter((m) => m.state === 'suggested').length;
        const none = 'No values in this room’s case yet. They appear when a site was steady.';
        setText(this.message, all.length ? `${all.length} values, ${open} not confirmed` : none);
        const phases = [...new Set(all.map((m) => m.phase))];
        const focused = this.table.contains(document.activeElement);
        replace(this.table, ...phases.map((p) => this.#phase(p)));
        this.#choose(all.find((m) => m.id === this.chosen) ?? all[0] ?? null);
        if (focused) this.table.querySelector('[aria-pressed=true]')?.focus();
    }

    /** @param {string} phase */
    #phase(phase) {
        const heads = ['Site', 'Machine', 'In force', 'State', 'By', 'Time'];
        const rows = this.all.filter((m) => m.phase === phase);
        return h(
            'table',
            { class: 'table', 'data-testid': 'review' },
            h('caption', {}, phase.toUpperCase()),
            h('thead', {}, h('tr', {}, ...heads.map((t) => h('th', { scope: 'col' }, t)))),
            h('tbody', {}, ...rows.map((m) => this.#row(m))),
        );
    }

    /** @param {Measurement} m */
    #row(m) {
        const now = headline(m.values, m.site);
        const pick = h(
            'button',
            {
                class: 'button small',
                type: 'button',
                'data-id': m.id,
                on: {
                    click: () => {
                        this.#choose(m);
                        this.disclosure.goTo(m);
                    },
                },
            },
            m.site,
        );
        const cell = (/** @type {string} */ text) => h('td', {}, text);
        return h(
            'tr',
            { 'data-state': m.state },
            h('td', {}, pick),
            cell(headline(m.machine_values, m.site).main),
            cell(`${now.main} ${now.unit} ${now.of}`),
            cell(`${STATES[m.state].icon} ${STATES[m.state].word}${m.verified_by ? ', VERIFIED' : ''}`),
            cell(m.by ?? ''),
            cell(clock(m.at)),
        );
    }

    /** @param {Measurement | null} m */
    #choose(m) {
        this.chosen = m?.id ?? '';
        this.strip.show(m);
        this.verify.show(m);
        setText(this.history, m ? historyText(m) : '');
        const room = this.app.shown || null;
        this.decide.setAttribute('href', makeHash('live', room, { m: m?.id }));
        for (const button of this.table.querySelectorAll('button'))
            button.setAttribute('aria-pressed', String(button.dataset.id === this.chosen));
        this.disclosure.show(this.all, this.chosen);
        this.#address();
    }

    #address() {
        if (this.element.hidden) return;
        const { view } = this;
        const where = view
            ? { t0: Math.round(view.t0_ms), dur: Math.round(view.span_ms) }
            : {};
        keepHash(makeHash('review', this.app.shown || null, { m: this.chosen, ...where }));
    }
}
