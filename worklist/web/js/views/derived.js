// @ts-check
/* derived.js - output, resistances, gradients, areas of a case: computed from confirmed values only.
 * What is not known says what it waits for. What no line can measure is typed in here. */
import { api, ApiError, requestId } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { numberText, unitText } from '../values.js';

const TYPED = [
    ['height', 'Height, cm'],
    ['weight', 'Weight, kg'],
    ['age', 'Age, years'],
    ['male', 'Male 1, female 0'],
    ['hb', 'Hemoglobin, g/dL'],
    ['vo2', 'Oxygen uptake, mL/min'],
    ['sat_art', 'Saturation arterial, %'],
    ['sat_pa', 'Saturation PA, %'],
    ['sat_svc', 'Saturation SVC, %'],
    ['sat_ivc', 'Saturation IVC, %'],
    ['sat_pv', 'Saturation pulm. vein, %'],
    ['td_1', 'Thermodilution 1, L/min'],
    ['td_2', 'Thermodilution 2, L/min'],
    ['td_3', 'Thermodilution 3, L/min'],
];
const HIDDEN = ['bsa_dubois', 'bsa_mosteller', 'bsa_haycock']; /* body surface is said once */

export class Derived {
    /** @param {import('../app.js').App} app */
    constructor(app) {
        this.app = app;
        this.case = 0;
        this.said = h('p', { class: 'quiet', role: 'status', 'data-testid': 'derived-said' });
        this.list = h('div', {});
        this.form = this.#form();
        this.element = h(
            'section',
            { class: 'derived', 'aria-label': 'Derived values' },
            this.list,
            this.form,
            this.said,
        );
        app.on('derived', (d) => d.case === this.case && this.#draw(d));
    }

    #form() {
        this.quantity = h(
            'select',
            { name: 'quantity' },
            ...TYPED.map(([value, text]) => h('option', { value }, text)),
        );
        this.value = h('input', { name: 'value', type: 'number', step: 'any', required: true });
        return h(
            'form',
            {
                class: 'admin-form',
                on: {
                    submit: (/** @type {Event} */ event) => {
                        event.preventDefault();
                        this.#type();
                    },
                },
            },
            h('label', { class: 'filter' }, 'Type in', this.quantity),
            h('label', { class: 'filter' }, 'Value', this.value),
            h('button', { class: 'button', type: 'submit' }, 'Keep'),
        );
    }

    /** @param {number} number */
    async load(number) {
        this.case = number;
        this.form.hidden = this.app.me?.role !== 'technologist' || !number;
        if (!number) return replace(this.list);
        try {
            const d = await api.get(`/api/cases/${number}/derived`);
            if (number === this.case) this.#draw(d);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            if (error.status !== 404) setText(this.said, error.sentence);
        }
    }

    async #type() {
        const phase = 'rest';
        const body = { quantity: this.quantity.value, value: Number(this.value.value), phase };
        try {
            const request_id = requestId();
            this.#draw(await api.post(`/api/cases/${this.case}/typed`, { ...body, request_id }));
            setText(this.said, `Kept: ${this.quantity.selectedOptions[0].textContent}.`);
            this.value.value = '';
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.said, error.sentence);
        }
    }

    /** @param {{derived: any[], waiting: any[], typed: any[]}} d */
    #draw(d) {
        const cell = (/** @type {string} */ text, /** @type {string} */ of = '') =>
            h('td', { class: of || null }, text);
        const known = d.derived
            .filter((v) => v.value !== null && !HIDDEN.includes(v.quantity))
            .map((v) => {
                const inputs = v.inputs.map((/** @type {any} */ i) =>
                    [i.site, i.quantity.replaceAll('_', ' '), numberText(i.value, 1)]
                        .filter(Boolean)
                        .join(' '),
                );
                const number = `${numberText(v.value, v.decimals)} ${unitText(v.unit)}`;
                return h('tr', {}, cell(v.words), cell(number, 'known'), cell(inputs.join(' · ')));
            });
        const waiting = d.waiting.map((w) => {
            const of = w.for.map((/** @type {any} */ f) =>
                [f.site, f.quantity.replaceAll('_', ' ')].filter(Boolean).join(' '),
            );
            const words = `waits for: ${of.join(', ')} confirmed`;
            return h('tr', { class: 'waits' }, cell(w.words), cell('–'), cell(words));
        });
        const typed = d.typed.map((t) => {
            const number = `${numberText(t.value, t.decimals)} ${unitText(t.unit)}`;
            return h('tr', {}, cell(t.words), cell(number), cell(`typed in by ${t.by}`));
        });
        const rows = [...known, ...waiting, ...typed];
        const heads = ['Derived', 'Value', 'From confirmed'];
        replace(
            this.list,
            rows.length
                ? h(
                      'table',
                      { class: 'table', 'data-testid': 'derived' },
                      h('thead', {}, h('tr', {}, ...heads.map((t) => h('th', { scope: 'col' }, t)))),
                      h('tbody', {}, ...rows),
                  )
                : h('p', { class: 'quiet' }, 'Derived values wait for confirmed ones.'),
        );
    }
}
