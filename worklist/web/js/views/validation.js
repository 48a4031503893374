// @ts-check
/* validation.js - may the machine be trusted here? For each value: what people decided against what
 * it said, the limits of agreement, the drift and how far from its limit; and the order as shown
 * against the order that the findings would give. Fewer than 20 cases give no number. */
import { changedShare, differences, nearness, runningSum } from '../agreement.js';
import { api, ApiError } from '../api.js';
import { ChartBox } from '../chart.js';
import { h, replace, setText, token } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { clock, numberText, unitText } from '../values.js';
import { TIERS } from '../worklist_model.js';
import { table } from './table.js';

const PAIRS = 500;

/** @typedef {import('../agreement.js').Group} Group */

export class ValidationView {
    /** @param {import('../app.js').App} app @param {HTMLElement} element */
    constructor(app, element) {
        this.app = app;
        this.element = element;
        this.chosen = '';
        /** @type {{limits: any, groups: Group[]}} */ this.all = { limits: {}, groups: [] };
        this.message = h('p', { class: 'quiet', role: 'status', 'data-testid': 'validation-said' });
        this.groups = h('div', { class: 'agreement-table' });
        this.said = h('p', { class: 'quiet', 'data-testid': 'group-said' });
        const plots = [h('div', { class: 'plot' }), h('div', { class: 'plot' })];
        this.charts = plots.map((p) => new ChartBox(p));
        this.order = h('div', { class: 'order-table' });
        this.aside = h(
            'div',
            { class: 'agreement-plots' },
            this.said,
            h('h3', {}, 'Difference, decided less machine'),
            plots[0],
            h('h3', {}, 'Running sum of the differences: a slope is a drift'),
            plots[1],
        );
        this.body = h(
            'div',
            { class: 'validation-body' },
            h('div', { class: 'agreement' }, this.groups, this.order),
            this.aside,
        );
        element.append(
            h('div', { class: 'list-head' }, h('h2', {}, 'Validation'), this.message),
            this.body,
        );
        app.on('measurement', () => !element.hidden && this.#later());
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        this.chosen = route.query.get('group') ?? '';
        this.load();
    }

    hide() {
        clearTimeout(this.timer);
    }

    #later() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.load(), 1000);
    }

    async load() {
        const role = this.app.me?.role ?? '';
        const may = ['validator', 'administrator'].includes(role);
        this.body.hidden = !may;
        if (!may)
            return setText(
                this.message,
                `Validation needs the role validator or administrator. You are: ${role}.`,
            );
        try {
            const [all, { studies }] = await Promise.all([
                api.get('/api/validation/agreement'),
                api.get('/api/validation/order'),
            ]);
            this.all = all;
            this.#drawGroups();
            this.#drawOrder(studies);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** @param {Group} g */
    static key(g) {
        return [g.room, g.transducer, g.site, g.quantity].join(' ');
    }

    #drawGroups() {
        const { groups, limits } = this.all;
        const n = groups.reduce((sum, g) => sum + g.n, 0);
        const tripped = groups.filter((g) => g.tripped_at).length;
        const none =
            'Nothing to compare yet. What appears here: each confirmed, edited or rejected value ' +
            'against what the machine said. A number needs 20 of them.';
        setText(
            this.message,
            groups.length
                ? `${n} decided values in ${groups.length} groups, ${tripped} past their limit`
                : none,
        );
        const heads = ['Value', 'Room', 'n', 'Bias', '95 % limits', 'Changed', 'Drift, of its limit'];
        const focused = this.groups.contains(document.activeElement);
        this.aside.hidden = !groups.length;
        replace(
            this.groups,
            h(
                'table',
                { class: 'table', 'data-testid': 'agreement' },
                h('caption', {}, 'Agreement'),
                h('thead', {}, h('tr', {}, ...heads.map((t) => h('th', { scope: 'col' }, t)))),
                h('tbody', {}, ...groups.map((g) => this.#group(g, limits))),
            ),
        );
        const chosen = groups.find((g) => ValidationView.key(g) === this.chosen) ?? groups[0];
        if (chosen) this.#choose(chosen);
        if (focused) this.groups.querySelector('[aria-pressed=true]')?.focus();
    }

    /** @param {Group} g @param {{cusum: number, share: number, share_n: number}} limits */
    #group(g, limits) {
        const cell = (/** @type {string} */ text) => h('td', {}, text);
        const few = `not enough cases (${g.n})`;
        const unit = unitText(g.unit);
        const near = nearness(g, limits);
        const words = g.tripped_at
            ? `past its limit since ${clock(g.tripped_at)}`
            : `${Math.round(100 * near)} %`;
        const pick = h(
            'button',
            {
                class: 'button small',
                type: 'button',
                'data-group': ValidationView.key(g),
                on: { click: () => this.#choose(g) },
            },
            `${g.site} ${g.words}`,
        );
        const drift = h('td', { class: g.tripped_at || near >= 0.8 ? 'near' : null }, words);
        return h(
            'tr',
            {},
            h('td', {}, pick),
            cell(`${g.room}${g.transducer ? ` · ${g.transducer}` : ''}`),
            cell(String(g.n)),
            cell(g.enough ? `${numberText(g.bias, 1)} ${unit}` : few),
            cell(g.enough ? `${numberText(g.low, 1)} to ${numberText(g.high, 1)}` : '–'),
            cell(`${Math.round(100 * changedShare(g))} %`),
            drift,
        );
    }

    /** @param {Group} g */
    async #choose(g) {
        this.chosen = ValidationView.key(g);
        for (const b of this.groups.querySelectorAll('button'))
            b.setAttribute('aria-pressed', String(b.dataset.group === this.chosen));
        if (!this.element.hidden) keepHash(makeHash('validation', null, { group: this.chosen }));
        try {
            const of = `room=${g.room}&quantity=${encodeURIComponent(g.quantity)}&limit=${PAIRS}`;
            const { pairs } = await api.get(`/api/validation/pairs?${of}`);
            if (this.chosen !== ValidationView.key(g)) return;
            this.#draw(
                g,
                pairs.filter((/** @type {any} */ p) => p.site === g.site),
            );
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.said, error.sentence);
        }
    }

    /** @param {Group} g @param {import('../agreement.js').Pair[]} pairs */
    #draw(g, pairs) {
        const all = differences(pairs);
        const unit = unitText(g.unit);
        const decided = `${g.accepted} confirmed unchanged, ${g.adjusted} edited, ${g.rejected} rejected`;
        setText(this.said, `${g.site} ${g.words}, room ${g.room}: ${decided}.`);
        const colour = (/** @type {string} */ name) => token(name);
        const x = all.map((_, i) => i + 1);
        const lines = g.enough
            ? [
                  { y: Number(g.bias), text: 'bias', colour: colour('--text') },
                  { y: Number(g.low), text: '95 %', colour: colour('--stale') },
                  { y: Number(g.high), text: '95 %', colour: colour('--stale') },
              ]
            : [];
        const one = { label: unit, colour: colour('--edited') };
        const dots = { ...one, values: all, points: true, width: 0 };
        this.charts[0].draw({ x, time: false, unit, series: [dots], lines });
        const sum = { ...one, values: runningSum(all) };
        this.charts[1].draw({ x, time: false, unit, series: [sum] });
    }

    /** @param {any[]} studies */
    #drawOrder(studies) {
        const name = (/** @type {number} */ id) =>
            this.app.studies.find((s) => s.study === id)?.patient_name.replaceAll('^', ', ') ??
            `study ${id}`;
        const tier = (/** @type {keyof typeof TIERS} */ t) => TIERS[t]?.word || 'routine';
        const rows = studies.map((s) => [
            { text: name(s.study), href: makeHash('study', s.study) },
            { text: `${s.position}` },
            { text: `${s.would_position}` },
            { text: tier(s.tier) },
            { text: tier(s.would_tier) },
            { text: s.mode },
        ]);
        const heads = ['Study', 'Stands at', 'Would be at', 'Priority', 'Would be', 'Mode'];
        replace(
            this.order,
            h('h3', {}, 'Order as shown, and as the findings would have it'),
            table(heads, rows, { testid: 'order', empty: 'No studies on the open list.' }),
        );
    }
}
