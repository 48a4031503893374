// @ts-check
/* mark_bar.js - what a person tells the signal: the site of the chosen lane, zeroing, wedge, flush.
 * A button that begins something shows that it lasts until it was ended, or another epoch begins:
 * that is what the server keeps, so every page shows the same. */
import { api, ApiError } from '../api.js';
import { h, setAttribute } from '../dom.js';
import { clock } from '../values.js';

export const SITES = ['RA', 'RV', 'PA', 'PCW', 'LA', 'LV', 'AO', 'ART', 'CVP', 'Pa', 'Pd'];

export class MarkBar {
    /** @param {import('../app.js').App} app @param {import('./lanes.js').Lanes} lanes
     * @param {(text: string) => void} say */
    constructor(app, lanes, say) {
        this.app = app;
        this.lanes = lanes;
        this.say = say;
        this.site = h(
            'select',
            { 'aria-label': 'Site of the chosen lane', on: { change: () => this.markSite() } },
            ...SITES.map((s) => h('option', { value: s }, s)),
        );
        this.buttons = {
            wedge: this.#button('wedge', 'Wedge', 'F9'),
            zeroing: this.#button('zeroing', 'Zero', 'F10'),
            flush: this.#button('flush', 'Flush', 'F3'),
        };
        this.element = h(
            'div',
            { class: 'marks', role: 'group', 'aria-label': 'Marks of the chosen lane' },
            this.site,
            ...Object.values(this.buttons),
        );
        for (const event of ['lane', 'rooms', 'room', 'me', 'marks']) app.on(event, () => this.draw());
    }

    /** @param {import('../keys.js').Keys} keys */
    bind(keys) {
        keys.bind('live', 'F9', () => void this.toggle('wedge'), 'mark wedge, and its end');
        keys.bind('live', 'F10', () => void this.toggle('zeroing'), 'mark zeroing, and its end');
        keys.bind('live', 'F3', () => void this.toggle('flush'), 'mark a flush, and its end');
        keys.bind('live', 'Shift+F9', () => this.site.focus(), 'choose the site of the lane');
    }

    /** @param {string} kind @param {string} text @param {string} key */
    #button(kind, text, key) {
        const on = { click: () => this.toggle(/** @type {'wedge'} */ (kind)) };
        const shape = { class: 'button', type: 'button', 'data-testid': `mark-${kind}`, on };
        return h('button', { ...shape, 'aria-pressed': 'false' }, `${text} `, h('kbd', {}, key));
    }

    /** @param {string} kind @returns {import('../types.js').Mark | undefined} */
    #lasting(kind) {
        const marks = this.app.marks.get(this.app.shown) ?? [];
        return marks.find(
            (m) => m.channel === this.lanes.chosen && m.kind === kind && m.value === 'on',
        );
    }

    draw() {
        const channel = this.lanes.chosenLane();
        const may = this.app.me?.role === 'technologist' && channel !== null;
        this.element.hidden = !may;
        if (channel && document.activeElement !== this.site) this.site.value = channel.site;
        for (const [kind, button] of Object.entries(this.buttons))
            this.#drawButton(kind, button);
    }

    /** @param {string} kind @param {HTMLElement} button */
    #drawButton(kind, button) {
        const mark = this.#lasting(kind);
        setAttribute(button, 'aria-pressed', String(mark !== undefined));
        setAttribute(button, 'title', mark ? `since ${clock(mark.at)}, ${mark.by}` : null);
    }

    /** @param {'wedge' | 'zeroing' | 'flush'} kind */
    async toggle(kind) {
        const on = this.#lasting(kind) === undefined;
        const site = this.lanes.chosenLane()?.site ?? '';
        await this.#send({ kind, on }, `${site}: ${kind} ${on ? 'begins' : 'ends'}.`);
    }

    async markSite() {
        const site = this.site.value;
        const before = this.lanes.chosenLane()?.site ?? '';
        const done = `${before} is ${site} from now on.`;
        if (!(await this.#send({ kind: 'site', site }, done))) this.site.value = before;
    }

    /** @param {object} mark @param {string} done @returns {Promise<boolean>} */
    async #send(mark, done) {
        const channel = this.lanes.chosenLane();
        if (!channel || !this.app.room?.case) {
            this.say('Not marked: no case is open here.');
            return false;
        }
        if (!this.app.current) {
            this.say('Not marked: the trace is old. It will work when the badge says LIVE.');
            return false;
        }
        try {
            const body = { channel: channel.channel, ...mark };
            await api.post(`/api/rooms/${this.app.shown}/mark`, body);
            this.say(done);
            return true;
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
            return false;
        }
    }
}
