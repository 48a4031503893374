// @ts-check
/* live.js - the screen of the technologist: traces left, values to confirm right. */
import { api, ApiError } from '../api.js';
import { h, setAttribute, setText } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { PHASES } from '../values.js';
import { CaptureBar } from './capture_bar.js';
import { CaseControl } from './case_control.js';
import { ConfirmPanel } from './confirm_panel.js';
import { Lanes } from './lanes.js';
import { MarkBar } from './mark_bar.js';

const SPEEDS = [25, 50, 100];

export class LiveView {
    /** @param {import('../app.js').App} app @param {import('../keys.js').Keys} keys
     * @param {HTMLElement} element */
    constructor(app, keys, element) {
        this.app = app;
        this.element = element;
        /** @type {HTMLElement[]} */ this.speeds = [];
        this.lanes = new Lanes(app);
        this.confirm = new ConfirmPanel(app, keys);
        const say = (/** @type {string} */ text) => this.say(text);
        this.marks = new MarkBar(app, this.lanes, say);
        this.capture = new CaptureBar(app, this.lanes, () => this.phase.value, say);
        element.append(
            h(
                'div',
                { class: 'live-left' },
                this.#toolbar(),
                this.lanes.element,
                this.#captureBar(),
                this.message,
            ),
            this.confirm.element,
        );
        this.mounted = false;
        this.#bind(keys);
        app.on('frozen', () => this.#drawFrozen());
        app.on('marks', () => this.#takeMarkedPhase());
        app.on('measurement', (m) => this.#takePhase(m));
    }

    #toolbar() {
        this.freeze = h(
            'button',
            {
                class: 'button',
                type: 'button',
                'aria-pressed': 'false',
                'data-testid': 'freeze',
                on: { click: () => this.app.freeze(this.app.frozen_ms === 0) },
            },
            'Freeze ',
            h('kbd', {}, 'Space'),
        );
        this.speeds = SPEEDS.map((s) =>
            h(
                'button',
                {
                    class: 'button segment',
                    type: 'button',
                    'aria-pressed': String(s === 25),
                    'aria-label': `${s} millimetres a second`,
                    on: { click: () => this.setSpeed(s) },
                },
                String(s),
            ),
        );
        this.phase = h(
            'select',
            { 'aria-label': 'Condition', on: { change: () => this.setPhase() } },
            ...PHASES.map((p) => h('option', { value: p }, p[0].toUpperCase() + p.slice(1))),
        );
        return h(
            'div',
            { class: 'toolbar' },
            this.freeze,
            h(
                'div',
                { class: 'segments', role: 'group', 'aria-label': 'Sweep speed' },
                ...this.speeds,
                h('span', { class: 'quiet' }, 'mm/s at 4 px/mm'),
            ),
            h(
                'label',
                { class: 'labelled' },
                h('span', { class: 'quiet' }, 'Condition'),
                this.phase,
            ),
            new CaseControl(this.app, (text) => this.say(text)).element,
        );
    }

    #captureBar() {
        this.message = h('span', {
            class: 'bar-message',
            role: 'status',
            'data-testid': 'live-message',
        });
        return h(
            'div',
            { class: 'toolbar capture-bar' },
            this.capture.element,
            this.marks.element,
        );
    }

    /** @param {import('../keys.js').Keys} keys */
    #bind(keys) {
        const freeze = (/** @type {KeyboardEvent} */ event) => {
            if (event.target instanceof HTMLButtonElement) return false;
            this.app.freeze(this.app.frozen_ms === 0);
        };
        keys.bind('live', ' ', freeze, 'freeze the traces, and go on');
        keys.bind('live', 'F6', () => this.stepSpeed(-1), 'sweep slower', '[');
        keys.bind('live', 'F7', () => this.stepSpeed(1), 'sweep faster', ']');
        const scale = (/** @type {number} */ by) => () => this.lanes.scaleChosen(by);
        keys.bind('live', 'Shift+F6', scale(-1), 'scale of the lane down', '-');
        keys.bind('live', 'Shift+F7', scale(1), 'scale of the lane up', '+');
        this.capture.bind(keys);
        this.marks.bind(keys);
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        keepHash(makeHash('live', this.app.shown || null, { m: route.query.get('m') }));
        if (!this.mounted) {
            this.mounted = true;
            this.lanes.mount();
        }
        this.lanes.describe();
        this.lanes.layout();
        this.confirm.show(route.query.get('m'));
    }

    /** @param {number} mm_per_s */
    setSpeed(mm_per_s) {
        for (const [i, button] of this.speeds.entries()) {
            setAttribute(button, 'aria-pressed', String(SPEEDS[i] === mm_per_s));
        }
        this.lanes.setSpeed(mm_per_s);
    }

    /** @param {number} step */
    stepSpeed(step) {
        const at = SPEEDS.indexOf(this.lanes.mm_per_s) + step;
        this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))]);
    }

    async setPhase() {
        const channel = this.lanes.chosenLane()?.channel ?? 0;
        const body = { channel, kind: 'phase', phase: this.phase.value };
        await this.#send('mark', body, `Condition is ${this.phase.value} from now on.`);
    }

    /** @param {string} what @param {object} body @param {string} done */
    async #send(what, body, done) {
        try {
            await api.post(`/api/rooms/${this.app.shown}/${what}`, body);
            this.say(done);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
        }
    }

    /** @param {string} text */
    say(text) {
        setText(this.message, text);
    }

    /** The condition that the signal itself says, unless the person is choosing one.
     * @param {import('../types.js').Measurement} m */
    #takePhase(m) {
        if (m.room !== this.app.shown || m.case !== this.app.room?.case) return;
        if (m.state !== 'suggested' || document.activeElement === this.phase) return;
        if (PHASES.includes(m.phase)) this.phase.value = m.phase;
    }

    /** The condition that somebody marked in this epoch, on whatever page. */
    #takeMarkedPhase() {
        const marks = (this.app.marks.get(this.app.shown) ?? []).filter((m) => m.kind === 'phase');
        const newest = marks.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
        if (newest && document.activeElement !== this.phase) this.phase.value = newest.value;
    }

    #drawFrozen() {
        const on = this.app.frozen_ms > 0;
        setAttribute(this.freeze, 'aria-pressed', String(on));
        this.freeze.firstChild.textContent = on ? 'Go on ' : 'Freeze ';
    }
}
