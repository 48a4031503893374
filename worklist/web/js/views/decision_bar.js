// @ts-check
/* decision_bar.js - the buttons below the list, and what they turn into: reasons to reject, or the
 * numbers to adjust. It names the value it acts on; it decides nothing itself. */
import { h, kbd, replace, setAttribute, setText } from '../dom.js';
import { headline, REJECT_REASONS, shortName, STATES, unitText, valueList } from '../values.js';
import { StripEditor } from './strip_editor.js';

const REASON_MS = 5000;

/** @typedef {{accept: () => void, reject: (reason: string) => void,
 *   adjust: (values: Record<string, number>) => void, undo: () => void,
 *   byHand: (body: object) => void, cancelled: (why: string) => void}} Acts */

export class DecisionBar {
    /** @param {Acts} acts @param {import('./strip.js').StripInset} strip */
    constructor(acts, strip) {
        this.acts = acts;
        this.strip = strip;
        this.editor = new StripEditor({
            save: (body) => {
                this.#normal();
                this.acts.byHand(body);
            },
            cancelled: (why) => this.cancel(why),
            numbers: () => this.startNumbers(),
        });
        this.mode = 'normal';
        this.timer = 0;
        /** @type {import('../types.js').Measurement | null} */ this.m = null;
        this.title = h('p', { class: 'decision-title' });
        this.body = h('div', { class: 'decision-body' });
        this.element = h(
            'div',
            { class: 'decision', 'data-testid': 'decision' },
            this.title,
            this.body,
        );
        this.#normal();
    }

    /** @param {import('../types.js').Measurement | null} m */
    show(m) {
        const other = m?.id !== this.m?.id || m?.version !== this.m?.version;
        this.m = m;
        if (other && this.mode !== 'normal') this.#normal();
        this.#title();
        const off = !m || m.state !== 'suggested';
        /* not `disabled`: that would take the focus away between two decisions */
        for (const button of this.body.querySelectorAll('[data-needs-suggested]'))
            setAttribute(button, 'aria-disabled', off ? 'true' : null);
    }

    #title() {
        const { m } = this;
        if (!m) return setText(this.title, 'Nothing chosen. F2 goes to the list.');
        const { main, unit, of } = headline(m.values, m.site);
        const name = `${m.site} ${of} ${main} ${unit}`;
        const text = {
            normal: `${name} · ${STATES[m.state].word}`,
            reject: `Reject ${name}: why?`,
            adjust: `Adjust ${name}`,
            strip: `Adjust ${name} on the strip`,
        }[this.mode];
        setText(this.title, text ?? name);
    }

    #normal() {
        this.strip.editEnds(this.editor);
        this.mode = 'normal';
        clearTimeout(this.timer);
        const needs = { 'data-needs-suggested': true, type: 'button' };
        const button = (
            /** @type {string} */ text,
            /** @type {string} */ key,
            /** @type {() => void} */ act,
            /** @type {object} */ more,
        ) => h('button', { class: 'button', ...more, on: { click: act } }, `${text} `, kbd(key));
        replace(
            this.body,
            button('Confirm', 'Enter', this.acts.accept, {
                ...needs,
                class: 'button primary',
                'data-testid': 'accept',
            }),
            button('Reject', 'Del', () => this.startReject(), needs),
            button('Adjust', 'F4', () => this.startAdjust(), needs),
            button('Undo', 'Ctrl+Z', this.acts.undo, { type: 'button' }),
        );
    }

    startReject() {
        if (this.m?.state !== 'suggested') return;
        this.mode = 'reject';
        this.#title();
        replace(
            this.body,
            ...REJECT_REASONS.map(([reason, words], i) =>
                h(
                    'button',
                    {
                        class: 'button small',
                        type: 'button',
                        on: { click: () => this.#rejected(reason) },
                    },
                    kbd(String(i + 1)),
                    ` ${words}`,
                ),
            ),
        );
        clearTimeout(this.timer);
        this.timer = setTimeout(
            () => this.cancel('Not rejected: no reason was chosen.'),
            REASON_MS,
        );
    }

    /** @param {string} key @returns {boolean} true when it was one of the reasons */
    digit(key) {
        const reason = REJECT_REASONS[Number(key) - 1];
        if (this.mode !== 'reject' || !reason) return false;
        this.#rejected(reason[0]);
        return true;
    }

    /** @param {string} reason */
    #rejected(reason) {
        this.#normal();
        this.acts.reject(reason);
    }

    /** On the strip; with numbers where no trace is held, and when F4 is pressed once more. */
    startAdjust() {
        if (this.mode === 'strip') return this.startNumbers();
        if (this.m?.state !== 'suggested') return;
        if (!this.strip.edit(this.editor)) return this.startNumbers();
        this.mode = 'strip';
        this.#title();
        replace(this.body, this.editor.said, this.editor.bar);
    }

    startNumbers() {
        const { m } = this;
        if (m?.state !== 'suggested') return;
        this.strip.editEnds(this.editor);
        this.mode = 'adjust';
        this.#title();
        const inputs = valueList(m.values)
            .filter((v) => v.value !== null && v.quantity !== 'pulse')
            .map((v) =>
                h(
                    'label',
                    { class: 'adjust-field' },
                    `${shortName(v.quantity)}, ${unitText(v.unit)}`,
                    h('input', {
                        type: 'number',
                        step: '1',
                        name: v.quantity,
                        required: true,
                        value: Number(v.value).toFixed(v.decimals ?? 0),
                        'data-was': v.value,
                    }),
                ),
            );
        const form = h(
            'form',
            {
                class: 'adjust',
                'data-testid': 'adjust',
                on: {
                    submit: (/** @type {Event} */ event) => this.#adjusted(event),
                    keydown: (/** @type {KeyboardEvent} */ event) => this.#formKey(event),
                },
            },
            ...inputs,
            h('button', { class: 'button primary', type: 'submit' }, 'Save ', kbd('Enter')),
            h(
                'button',
                { class: 'button', type: 'button', on: { click: () => this.cancel('') } },
                'Cancel ',
                kbd('Esc'),
            ),
        );
        replace(this.body, form);
        form.querySelector('input')?.select();
    }

    /** @param {KeyboardEvent} event */
    #formKey(event) {
        event.stopPropagation();
        if (event.key === 'Enter' && event.repeat) event.preventDefault();
        if (event.key !== 'Escape') return;
        event.preventDefault();
        this.cancel('');
    }

    /** @param {Event} event */
    #adjusted(event) {
        event.preventDefault();
        const form = /** @type {HTMLFormElement} */ (event.target);
        /** @type {Record<string, number>} */ const changed = {};
        for (const input of form.querySelectorAll('input')) {
            const shown = input.defaultValue;
            if (input.value !== shown) changed[input.name] = Number(input.value);
        }
        if (!Object.keys(changed).length) return this.cancel('Nothing was changed.');
        this.#normal();
        this.acts.adjust(changed);
    }

    /** @param {string} why */
    cancel(why) {
        if (this.mode === 'normal') return false;
        this.#normal();
        this.show(this.m);
        this.acts.cancelled(why);
        return true;
    }
}
