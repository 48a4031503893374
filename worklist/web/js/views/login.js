// @ts-check
/* login.js - name and password, and what went wrong in words. */
import { api, ApiError } from '../api.js';
import { byId, setText } from '../dom.js';

export class LoginView {
    /** @param {HTMLElement} element @param {(me: any) => Promise<void>} done */
    constructor(element, done) {
        this.element = element;
        this.done = done;
        this.form = byId('login-form');
        this.form.addEventListener('submit', (/** @type {Event} */ event) => {
            event.preventDefault();
            this.submit();
        });
    }

    /** @param {string} message */
    show(message) {
        this.element.hidden = false;
        setText(byId('login-message'), message);
        byId('login-password').value = '';
        byId('login-user').focus();
    }

    async submit() {
        const button = byId('login-button');
        button.disabled = true;
        setText(byId('login-message'), '');
        try {
            await api.post('/api/login', {
                user: byId('login-user').value.trim(),
                password: byId('login-password').value,
            });
            await this.done(await api.get('/api/me'));
            byId('login-password').value = '';
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(byId('login-message'), error.sentence);
            byId('login-password').select();
        } finally {
            button.disabled = false;
        }
    }
}
