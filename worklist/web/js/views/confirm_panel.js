// @ts-check
/* confirm_panel.js - "To confirm": the suggested values of the case, oldest first.
 *
 * Selection and focus belong to the person: nothing that arrives moves them, the list only grows at
 * its end. A decision names exactly what was on the glass (id, version, digest); when that is no
 * longer true nothing is saved and the card says what changed. */
import { api, ApiError, requestId } from '../api.js';
import { h, replace, setText } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { conflictText, doubts, roomName, STATES } from '../values.js';
import { Card } from './card.js';
import { DecisionBar } from './decision_bar.js';
import { StripInset } from './strip.js';

const JUST_CHANGED_MS = 400; /* a value that changed under the key is looked at once more */

/** @typedef {import('../types.js').Measurement} Measurement */

export class ConfirmPanel {
    /** @param {import('../app.js').App} app @param {import('../keys.js').Keys} keys */
    constructor(app, keys) {
        this.app = app;
        this.case = -1;
        /** @type {Map<string, Card>} */ this.cards = new Map();
        /** @type {string | null} */ this.selected = null;
        /** @type {string | null} */ this.armed = null; /* a doubtful value, Enter pressed once */
        /** @type {string[]} */ this.decided = []; /* own decisions, for undo */
        /** @type {Map<string, number>} */ this.changed_ms = new Map();
        this.busy = false;
        this.strip = new StripInset();
        this.bar = new DecisionBar({
            accept: () => this.accept(),
            reject: (reason) => this.#decide('reject', { reason }),
            adjust: (values) => this.#decide('adjust', { values }),
            byHand: (body) => this.#decide('strip', body),
            undo: () => this.undo(),
            cancelled: (why) => this.#cancelled(why),
        }, this.strip);
        this.#build();
        this.#bind(keys);
        app.on('rooms', () => this.load());
        app.on('room', () => this.load());
        app.on('snapshot', () => this.load(true));
        app.on('measurement', (m) => this.take(m));
        app.on('mode', () => this.#wipe(-1));
        app.on('theme', () => this.strip.again(this.current));
    }

    #build() {
        this.count = h('span', { class: 'count', 'data-testid': 'to-confirm-count' }, '0');
        this.list = h('ul', {
            class: 'cards',
            role: 'list',
            'aria-label': 'Values to confirm',
            'data-testid': 'to-confirm',
        });
        this.empty = h('p', { class: 'empty quiet' });
        this.scroller = h('div', { class: 'cards-scroll' }, this.list, this.empty);
        this.message = h('p', { class: 'panel-message', role: 'status', 'data-testid': 'message' });
        this.element = h(
            'aside',
            { class: 'confirm', 'aria-label': 'To confirm' },
            h('h2', {}, 'To confirm ', this.count),
            this.scroller,
            this.strip.element,
            this.bar.element,
            this.message,
        );
    }

    /** @param {import('../keys.js').Keys} keys */
    #bind(keys) {
        const inList = (/** @type {() => void} */ act) => () => {
            if (!this.list.contains(document.activeElement)) return false;
            act();
        };
        const bind = (
            /** @type {string} */ key,
            /** @type {() => void} */ act,
            /** @type {string} */ words,
            /** @type {string} */ letter,
        ) => keys.bind('live', key, inList(act), words, letter);
        keys.bind('live', 'F2', () => this.enter(), 'to the values to confirm');
        bind('ArrowDown', () => this.step(1), 'next value', 'j');
        bind('ArrowUp', () => this.step(-1), 'value before', 'k');
        bind('Enter', () => this.accept(), 'confirm the value; a held key confirms one', 'c');
        bind('Delete', () => this.bar.startReject(), 'reject, then 1–6 for the reason', 'x');
        keys.bind('live', 'F4', () => this.bar.startAdjust(), 'adjust on the strip; again: type numbers', 'e');
        keys.bind('*', 'Ctrl+z', () => void this.undo(), 'undo your last decision', 'u');
        keys.bind('live', 'Escape', () => this.bar.cancel(''), 'cancel, back to the list');
        for (let i = 1; i <= 9; i++)
            keys.bind('live', String(i), () => {
                if (this.bar.digit(String(i))) return true;
                if (keys.letters_on) this.app.say('digit', i); /* a site for F8: capture_bar.js */
                return keys.letters_on;
            });
    }

    /** @param {string | null} wanted from the address: the value that somebody shared */
    show(wanted) {
        this.wanted = wanted;
        this.load();
        if (wanted && this.cards.has(wanted)) this.select(wanted);
    }

    /** @param {boolean} [again] also when the case is the same: a connection came back */
    async load(again = false) {
        const { room } = this.app;
        const number = room?.case ?? 0;
        if (number === this.case && !again) return;
        if (number !== this.case) this.#wipe(number);
        if (!number) return this.#drawCount();
        const answer = await api.get(`/api/cases/${number}/measurements`).catch(() => null);
        if (!answer || number !== this.case) return;
        const all = /** @type {Measurement[]} */ (answer.measurements);
        const first = this.cards.size === 0;
        for (const m of all.filter((x) => x.state === 'suggested')) this.take(m);
        for (const m of all.filter((x) => x.state !== 'suggested')) this.take(m);
        if (first) this.select(this.#firstToShow());
        this.#drawCount();
    }

    #firstToShow() {
        if (this.wanted && this.cards.has(this.wanted)) return this.wanted;
        return this.#nextSuggested(null);
    }

    /** @param {number} number */
    #wipe(number) {
        this.case = number;
        this.cards.clear();
        this.decided = [];
        this.changed_ms.clear();
        this.selected = null;
        this.armed = null;
        replace(this.list);
        this.say('');
        this.#showSelected();
    }

    /** New or changed: the newest version wins, the place in the list stays.
     * @param {Measurement} m */
    take(m) {
        if (m.case !== this.case || this.case === 0) return;
        const card = this.cards.get(m.id);
        if (!card) {
            const fresh = new Card(m, (id) => this.select(id, true), () => this.#all());
            this.cards.set(m.id, fresh);
            this.list.append(fresh.element);
        } else if (m.version > /** @type {Measurement} */ (card.m).version) {
            if (!this.busy) this.changed_ms.set(m.id, performance.now());
            card.draw(m);
            if (m.id === this.selected) this.#showSelected();
        }
        /* a drift check or a PA mean may speak for or against others */
        for (const other of this.cards.values())
            if (other !== card && other.m?.state === 'suggested') other.draw(other.m);
        this.#drawCount();
    }

    #drawCount() {
        const open = this.#all().filter((m) => m.state === 'suggested').length;
        setText(this.count, String(open));
        const room = this.app.room;
        this.empty.hidden = this.cards.size > 0;
        const name = room ? roomName(room) : 'this room';
        setText(
            this.empty,
            this.case
                ? room?.mode === 'silent'
                    ? 'Silent pilot: values are computed and recorded, none is shown.'
                    : 'Nothing measured yet in this case. Values appear when a site ' +
                      'was steady, or press F8.'
                : `No case open in ${name}. Values belong to a case: open one.`,
        );
    }

    /** @returns {Measurement[]} */
    #all() {
        return [...this.cards.values()].flatMap((c) => (c.m ? [c.m] : []));
    }

    get current() {
        const card = this.selected === null ? undefined : this.cards.get(this.selected);
        return card?.m ?? null;
    }

    /** @param {string | null} id @param {boolean} [by_person] */
    select(id, by_person = false) {
        if (id === this.selected) return;
        if (this.selected !== null) this.cards.get(this.selected)?.select(false);
        this.selected = id;
        this.armed = null;
        if (id !== null) this.cards.get(id)?.select(true);
        this.#showSelected();
        if (by_person && id) keepHash(makeHash('live', this.app.shown, { m: id }));
    }

    #showSelected() {
        this.strip.show(this.current);
        this.bar.show(this.current);
    }

    /** To the list, from anywhere: at the chosen value if it still waits, else the first. */
    enter() {
        if (this.current?.state !== 'suggested')
            this.select(this.#nextSuggested(null) ?? this.selected);
        this.#focus();
    }

    #focus() {
        const group = this.selected ? this.cards.get(this.selected)?.group : null;
        group?.focus();
        group?.scrollIntoView({ block: 'nearest' });
    }

    /** @param {number} by */
    step(by) {
        const ids = [...this.cards.keys()];
        const to = ids[ids.indexOf(this.selected ?? '') + by];
        if (!to) return;
        this.select(to, true);
        this.#focus();
    }

    /** The next that waits, after `id`, around the end once. @param {string | null} id */
    #nextSuggested(id) {
        const all = this.#all();
        const at = all.findIndex((m) => m.id === id);
        const found = [...all.slice(at + 1), ...all.slice(0, at + 1)].find(
            (m) => m.state === 'suggested',
        );
        return found?.id ?? null;
    }

    accept() {
        const m = this.current;
        if (!m || m.state !== 'suggested') return this.say('Nothing to confirm here.');
        if (performance.now() - (this.changed_ms.get(m.id) ?? -Infinity) < JUST_CHANGED_MS) {
            return this.say(`${m.site} changed just now. Look, and press again.`);
        }
        const why = doubts(m, this.#all());
        if (why.length && this.armed !== m.id) {
            this.armed = m.id;
            return this.say(
                `${m.site}: ${why.join(', ')}. Look at the strip, then Enter confirms.`,
            );
        }
        return this.#decide('accept', {});
    }

    /** @param {'accept' | 'adjust' | 'strip' | 'reject'} act @param {object} more */
    async #decide(act, more) {
        const m = this.current;
        if (!m || this.busy) return;
        const in_list = this.#hasFocus();
        const now = await this.#send(m, act, more);
        if (!now) return this.#focusIf(in_list);
        this.decided.push(m.id);
        this.say(`${STATES[now.state].word}: ${now.site}. Ctrl+Z takes it back.`);
        const next = this.#nextSuggested(m.id);
        if (next !== null) this.select(next);
        this.#focusIf(in_list);
    }

    /** The list, or the form and the buttons that just went away. */
    #hasFocus() {
        const at = document.activeElement;
        return at === document.body || this.list.contains(at);
    }

    /** @param {boolean} in_list */
    #focusIf(in_list) {
        if (in_list) this.#focus();
    }

    async undo() {
        const id = this.decided[this.decided.length - 1];
        const card = id ? this.cards.get(id) : null;
        if (!card || this.busy) return this.say('Nothing of yours to undo in this case.');
        const in_list = this.#hasFocus();
        const now = await this.#send(/** @type {Measurement} */ (card.m), 'undo', {});
        if (!now) return;
        this.decided.pop();
        this.select(now.id);
        this.#focusIf(in_list);
        this.say(`Undone: ${now.site} is suggested again.`);
    }

    /** @returns {[string, string] | null} why nothing can be decided now, and when it can */
    #whyNot() {
        const { app } = this;
        if (!app.connected) return ['no connection', 'It will work when LIVE is back.'];
        if (!app.saving)
            return ['the recording is not being saved', 'It will work when the banner is gone.'];
        return null;
    }

    /** @param {Measurement} m @param {string} act @param {object} more
     * @returns {Promise<Measurement | null>} null: nothing was saved, and the message says why */
    async #send(m, act, more) {
        const why_not = this.#whyNot();
        if (why_not) {
            const [why, when] = why_not;
            this.say(`Not saved: ${why}. ${m.site} is still ${STATES[m.state].spoken}. ${when}`);
            return null;
        }
        this.busy = true;
        const card = this.cards.get(m.id);
        card?.busy(true);
        try {
            const body = { version: m.version, digest: m.digest, request_id: requestId(), ...more };
            const now = await api.post(`/api/measurements/${m.id}/${act}`, body);
            this.take(now);
            return now;
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.#refused(m, error);
            return null;
        } finally {
            this.busy = false;
            card?.busy(false);
        }
    }

    /** @param {Measurement} seen @param {ApiError} error */
    #refused(seen, error) {
        if (error.code !== 'CONFLICT' || !error.now) return this.say(error.sentence);
        this.take(error.now);
        this.changed_ms.set(seen.id, performance.now());
        this.say(conflictText(seen, error.now));
    }

    /** @param {string} why */
    #cancelled(why) {
        if (why) this.say(why);
        this.#focus();
    }

    /** @param {string} text */
    say(text) {
        setText(this.message, text);
    }
}
