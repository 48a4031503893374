// @ts-check
/* case_control.js - opens a study's case in the room that is shown, and closes it. Closing asks
 * once more: it ends the epoch, and what follows belongs to nobody. */
import { api, ApiError, requestId } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { inOrder } from '../worklist_model.js';
import { patientText } from './study_row.js';

const SURE_MS = 4000;

export class CaseControl {
    /** @param {import('../app.js').App} app @param {(text: string) => void} say */
    constructor(app, say) {
        this.app = app;
        this.say = say;
        this.timer = 0;
        this.sure = false;
        this.choice = h('select', { class: 'case-choice', 'aria-label': 'Study for this room' });
        this.open = h(
            'button',
            { class: 'button', type: 'button', on: { click: () => this.start() } },
            'Open case',
        );
        this.close = h(
            'button',
            {
                class: 'button',
                type: 'button',
                'data-testid': 'close-case',
                on: { click: () => this.end() },
            },
            'Close case',
        );
        this.pending = h('span', { class: 'pending', role: 'status', 'data-testid': 'pending' });
        const parts = [this.pending, this.choice, this.open, this.close];
        this.element = h('div', { class: 'toolbar-end' }, ...parts);
        for (const event of ['me', 'rooms', 'room', 'studies']) app.on(event, () => this.draw());
    }

    draw() {
        const { app } = this;
        const has_case = (app.room?.case ?? 0) > 0;
        const waits = (app.room?.pending ?? []).map((p) => p.what);
        setText(this.pending, waits.length ? `on its way: ${[...new Set(waits)].join(', ')}` : '');
        const may = app.me?.role === 'technologist' && app.room !== null;
        this.close.hidden = !may || !has_case;
        this.choice.hidden = !may || has_case;
        this.open.hidden = !may || has_case;
        this.#sure(false);
        if (has_case || document.activeElement === this.choice) return;
        const waiting = inOrder(app.studies).filter((s) => s.status === 'waiting');
        const before = this.choice.value;
        replace(
            this.choice,
            ...waiting.map((s) =>
                h('option', { value: s.study }, `${patientText(s)}, ${s.description}`),
            ),
        );
        if (waiting.some((s) => String(s.study) === before)) this.choice.value = before;
        this.open.disabled = !waiting.length;
    }

    async start() {
        const study = Number(this.choice.value);
        await this.#send(
            () => api.post(`/api/rooms/${this.app.shown}/case`, { study, request_id: requestId() }),
            'Case opened. A new epoch begins.',
        );
    }

    async end() {
        if (!this.sure) return this.#sure(true);
        this.#sure(false);
        await this.#send(() => api.delete(`/api/rooms/${this.app.shown}/case`), 'Case closed.');
    }

    /** @param {boolean} on */
    #sure(on) {
        clearTimeout(this.timer);
        this.sure = on;
        setText(this.close, on ? 'Press again to close' : 'Close case');
        if (on) this.timer = setTimeout(() => this.#sure(false), SURE_MS);
    }

    /** @param {() => Promise<any>} act @param {string} done */
    async #send(act, done) {
        try {
            await act();
            await this.app.snapshot();
            this.say(done);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
        }
    }
}
