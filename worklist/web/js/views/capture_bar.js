// @ts-check
/* capture_bar.js - "keep what just passed" of the chosen lane. The site is the lane's own; Left and
 * Right within CORRECT_MS say that it was another one: the same stretch is then captured under that
 * site, and the value under the wrong one is rejected as such. Both acts stand in the audit. */
import { api, ApiError, requestId } from '../api.js';
import { h, setAttribute, setText } from '../dom.js';
import { SITES } from './mark_bar.js';

export const CORRECT_MS = 5000;
const BY_DIGIT = ['RA', 'RV', 'PA', 'PCW', 'LV', 'AO', 'Pd', 'LA', 'ART']; /* 1 to 9 */
const SETTLE_MS = 900; /* after the last arrow: several steps are one correction */
const BACK_MAX_S = 60;

/** @typedef {{channel: number, site: string, to: string, back_s: number, phase: string,
 *   at_ms: number, done: boolean}} Taken */

export class CaptureBar {
    /** @param {import('../app.js').App} app @param {import('./lanes.js').Lanes} lanes
     * @param {() => string} phase @param {(text: string) => void} say */
    constructor(app, lanes, phase, say) {
        this.app = app;
        this.lanes = lanes;
        this.phase = phase;
        this.say = say;
        this.timer = 0;
        this.naming = 0;
        /** @type {Taken | null} */ this.taken = null;
        /** @type {import('../types.js').Measurement[]} */ this.since = []; /* that came after it */
        this.target = h('strong', { class: 'capture-site', 'data-testid': 'capture-site' });
        const button = (
            /** @type {number} */ back_s,
            /** @type {string} */ text,
            /** @type {string} */ key,
        ) =>
            h(
                'button',
                { class: 'button', type: 'button', on: { click: () => this.capture(back_s) } },
                `${text} `,
                h('kbd', {}, key),
            );
        this.element = h(
            'div',
            { class: 'capture', role: 'group', 'aria-label': 'Capture' },
            h('span', { class: 'quiet' }, 'Capture'),
            this.target,
            button(10, 'Last 10 s', 'F8'),
            button(60, 'Last 60 s', '⇧F8'),
        );
        this.named = ''; /* the site that a digit said just now */
        app.on('digit', (n) => this.name(n));
        app.on('lane', () => this.draw());
        app.on('room', () => {
            this.named = '';
            this.#forget();
        });
        app.on('measurement', (m) => m.case === app.room?.case && this.since.push(m));
    }

    /** @param {import('../keys.js').Keys} keys */
    bind(keys) {
        keys.bind('live', 'F8', () => void this.capture(10), 'capture from now back 10 s; a digit before names the site (letters on)');
        const passed = 'capture what just passed (60 s)';
        keys.bind('live', 'Shift+F8', () => void this.capture(60), passed);
        const other = 'after a capture: it was another site';
        keys.bind('live', 'ArrowLeft', () => this.correct(-1));
        keys.bind('live', 'ArrowRight', () => this.correct(1), other);
    }

    /** A digit before F8 names the site; forgotten after a while. @param {number} n */
    name(n) {
        const site = BY_DIGIT[n - 1];
        if (!site) return;
        this.named = site;
        clearTimeout(this.naming);
        this.naming = setTimeout(() => {
            this.named = '';
            this.draw();
        }, CORRECT_MS);
        this.say(`F8 within 5 s captures as ${site}.`);
        this.draw();
    }

    draw() {
        const taken = this.#open();
        setText(this.target, this.named || taken?.to || this.lanes.chosenLane()?.site || '–');
        setAttribute(this.target, 'data-open', taken !== null);
    }

    /** @param {number} back_s */
    async capture(back_s) {
        const { app } = this;
        const channel = this.lanes.chosenLane();
        if (!channel || !app.room?.case)
            return this.say('Not captured: no case is open here. Open a case first.');
        if (!app.current)
            return this.say(
                'Not captured: the trace is old. It will work when the badge says LIVE.',
            );
        this.#forget();
        const site = this.named || channel.site;
        const named = this.named ? { site } : {};
        this.named = '';
        const body = { channel: channel.channel, back_s, phase: this.phase(), ...named };
        const at_ms = performance.now();
        if (!(await this.#send(body))) return;
        this.taken = { ...body, site, to: site, at_ms, done: false };
        this.say(`Captured ${site}: the last ${back_s} s. Not ${site}? ← → within 5 s.`);
        this.draw();
        setTimeout(() => this.draw(), CORRECT_MS + 50);
    }

    /** @param {number} step @returns {boolean} false: nothing to correct, the key is not mine */
    correct(step) {
        const taken = this.#open();
        if (!taken) return false;
        const at = SITES.indexOf(taken.to) + step;
        taken.to = SITES[(at + SITES.length) % SITES.length];
        this.say(`Captured ${taken.site}: make it ${taken.to}`);
        this.draw();
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.#settle(taken), SETTLE_MS);
        return true;
    }

    #open() {
        const { taken } = this;
        const open = taken && !taken.done && performance.now() - taken.at_ms < CORRECT_MS;
        return open ? taken : null;
    }

    #forget() {
        clearTimeout(this.timer);
        this.taken = null;
        this.since = [];
        this.draw();
    }

    /** @param {Taken} taken */
    async #settle(taken) {
        if (taken.to === taken.site) return;
        taken.done = true;
        const passed_s = (performance.now() - taken.at_ms) / 1000;
        const back_s = Math.min(BACK_MAX_S, Math.ceil(taken.back_s + passed_s));
        const { channel, phase, site, to } = taken;
        const wrong = this.since.filter((m) => m.site === site && m.state === 'suggested');
        if (!(await this.#send({ channel, phase, back_s, site: to }))) return;
        if (wrong.length !== 1)
            return this.say(`Captured as ${to}. Reject what stands there as ${site}: Delete, 3.`);
        if (await this.#reject(wrong[0]))
            this.say(`Captured as ${to}; the value as ${site} is rejected: wrong site.`);
    }

    /** @param {object} body @returns {Promise<boolean>} */
    async #send(body) {
        try {
            await api.post(`/api/rooms/${this.app.shown}/capture`, body);
            return true;
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
            return false;
        }
    }

    /** @param {import('../types.js').Measurement} m @returns {Promise<boolean>} */
    async #reject(m) {
        const seen = { version: m.version, digest: m.digest, request_id: requestId() };
        try {
            await api.post(`/api/measurements/${m.id}/reject`, { ...seen, reason: 'wrong_site' });
            return true;
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
            return false;
        }
    }
}
