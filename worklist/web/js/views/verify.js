// @ts-check
/* verify.js - a cardiologist signs one decided value, with the password again. Never all at once,
 * never the one who decided it; afterwards it can only be amended. */
import { api, ApiError, requestId } from '../api.js';
import { h, setText } from '../dom.js';
import { clock } from '../values.js';

export class Verify {
    /** @param {import('../app.js').App} app */
    constructor(app) {
        this.app = app;
        /** @type {import('../types.js').Measurement | null} */ this.m = null;
        this.said = h('p', { class: 'quiet', role: 'status', 'data-testid': 'verify-said' });
        this.password = h('input', {
            type: 'password',
            required: true,
            autocomplete: 'current-password',
        });
        this.form = h(
            'form',
            {
                class: 'admin-form',
                on: {
                    submit: (/** @type {Event} */ event) => {
                        event.preventDefault();
                        this.#send();
                    },
                },
            },
            h('label', { class: 'filter' }, 'Your password', this.password),
            h('button', { class: 'button', type: 'submit', 'data-testid': 'verify' }, 'Verify'),
        );
        this.element = h('div', { class: 'verify' }, this.form, this.said);
    }

    /** @param {import('../types.js').Measurement | null} m */
    show(m) {
        const other = m?.id !== this.m?.id;
        this.m = m;
        const decided = m !== null && ['accepted', 'adjusted'].includes(m.state);
        const signed = m?.verified_by ? `verified by ${m.verified_by}, ${clock(m.verified_at)}` : '';
        this.form.hidden = !decided || signed !== '' || this.app.me?.role !== 'reader';
        if (other) this.password.value = '';
        if (other || signed) setText(this.said, signed);
    }

    async #send() {
        const { m } = this;
        if (!m) return;
        const seen = { version: m.version, digest: m.digest, request_id: requestId() };
        const password = this.password.value;
        this.password.value = '';
        try {
            await api.post(`/api/measurements/${m.id}/verify`, { ...seen, password });
            setText(this.said, `Verified: ${m.site}.`);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.said, error.sentence);
        }
    }
}
