// @ts-check
/* list_filter.js - what of the list is shown: words, a priority, or only what changed since this
 * person last left the list (kept on the server, so it is true on every machine). It stands in the
 * address. The tray of what needs attention is never filtered. */
import { api } from '../api.js';
import { h, setAttribute, setText } from '../dom.js';
import { clock } from '../values.js';
import { matchesWords } from '../worklist_model.js';

const TIERS = [
    ['', 'any priority'],
    ['critical', 'P1'],
    ['urgent', 'P2'],
    ['routine', 'routine'],
];

export class ListFilter {
    /** @param {import('../app.js').App} app @param {(text: string) => void} say
     * @param {() => void} changed */
    constructor(app, say, changed) {
        this.app = app;
        this.say = say;
        this.changed = changed;
        this.since_only = false;
        this.visiting = false;
        /** @type {{at: string | null, moved: number[], new: number[], confirmed: number} | null} */
        this.seen = null;
        this.input = h('input', {
            type: 'search',
            placeholder: 'name, id, study, why',
            'aria-label': 'Filter the list',
            autocomplete: 'off',
            spellcheck: 'false',
            'data-testid': 'list-filter',
            on: {
                input: () => changed(),
                keydown: (/** @type {KeyboardEvent} */ e) => this.#key(e),
            },
        });
        this.tier = h(
            'select',
            { 'aria-label': 'Priority', on: { change: () => changed() } },
            ...TIERS.map(([value, text]) => h('option', { value }, text)),
        );
        this.since = h(
            'button',
            {
                class: 'button since unseen',
                type: 'button',
                'aria-pressed': 'false',
                'data-testid': 'since',
                on: { click: () => this.toggleSince() },
            },
            'Since you looked',
        );
        this.clear = h(
            'button',
            { class: 'button unseen', type: 'button', on: { click: () => this.reset() } },
            'Clear',
        );
        this.element = h(
            'div',
            { class: 'list-filter', role: 'search', 'aria-label': 'Filter' },
            this.since,
            this.input,
            this.tier,
            this.clear,
        );
        app.on('studies', () => this.visiting && this.#ask());
    }

    /** @param {URLSearchParams} query */
    show(query) {
        this.input.value = query.get('q') ?? '';
        this.tier.value = query.get('tier') ?? '';
        this.since_only = query.get('since') === '1';
        this.visiting = true;
        this.#ask();
    }

    /** Leaving the list is having looked. */
    hide() {
        if (!this.visiting) return;
        this.visiting = false;
        this.since_only = false;
        api.post('/api/seen', {}).catch(() => {});
    }

    async #ask() {
        this.seen = await api.get('/api/seen').catch(() => this.seen);
        this.#draw();
        if (this.since_only) this.changed();
    }

    #draw() {
        const { seen } = this;
        const n = seen ? seen.moved.length + seen.new.length + seen.confirmed : 0;
        const words = seen
            ? [
                  seen.moved.length && `${seen.moved.length} moved`,
                  seen.new.length && `${seen.new.length} new`,
                  seen.confirmed && `${seen.confirmed} confirmed`,
              ].filter(Boolean)
            : [];
        const said = n ? words.join(', ') : 'nothing changed';
        setText(this.since, seen?.at ? `Since ${clock(seen.at).slice(0, 5)}: ${said}` : 'Since');
        this.since.classList.toggle('unseen', !seen?.at);
        setAttribute(this.since, 'aria-pressed', String(this.since_only));
        this.clear.classList.toggle('unseen', !this.words());
    }

    toggleSince() {
        if (!this.seen?.at) return this.say('You have not been here before: all of it is new.');
        this.since_only = !this.since_only;
        this.#draw();
        this.changed();
    }

    focus() {
        this.input.focus();
        this.input.select();
    }

    reset() {
        this.input.value = '';
        this.tier.value = '';
        this.since_only = false;
        this.#draw();
        this.changed();
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        this.reset();
        this.input.blur();
    }

    /** @param {import('../types.js').Study} study */
    matches(study) {
        const changed = this.seen && [...this.seen.moved, ...this.seen.new].includes(study.study);
        if (this.since_only && !changed) return false;
        if (this.tier.value && study.tier !== this.tier.value) return false;
        return matchesWords(study, this.input.value);
    }

    query() {
        const since = this.since_only ? 1 : null;
        return { q: this.input.value.trim(), tier: this.tier.value, since };
    }

    /** What filters, in words; empty: nothing does. */
    words() {
        const tier = TIERS.find(([value]) => value === this.tier.value)?.[1] ?? '';
        const typed = this.input.value.trim();
        return [
            typed && `“${typed}”`,
            this.tier.value && tier,
            this.since_only && 'changed since you looked',
        ]
            .filter(Boolean)
            .join(' + ');
    }
}
