// @ts-check
/* card.js - one measurement as a card. Suggested and confirmed differ in word, icon and edge, so
 * that they differ without colour too. Every card names its beats and what was left out. */
import { h, replace, setAttribute, setText } from '../dom.js';
import { colourToken } from '../lane_scale.js';
import {
    accessibleName,
    beatsText,
    clock,
    doubts,
    driftOf,
    fullTime,
    headline,
    leftOutText,
    restText,
    STATES,
    wordy,
} from '../values.js';

/** @typedef {import('../types.js').Measurement} Measurement */

export class Card {
    /** @param {Measurement} m @param {(id: string) => void} chosen
     * @param {() => Measurement[]} of_case what else is known in the case */
    constructor(m, chosen, of_case) {
        this.of_case = of_case;
        this.group = h('div', {
            class: 'card',
            role: 'group',
            tabindex: -1,
            'data-testid': 'card',
            'data-id': m.id,
            on: { focus: () => chosen(m.id), click: () => chosen(m.id) },
        });
        this.element = h('li', {}, this.group);
        this.draw(m);
    }

    /** @param {Measurement} m */
    draw(m) {
        this.m = m;
        const { group } = this;
        setAttribute(group, 'data-state', m.state);
        setAttribute(group, 'aria-label', accessibleName(m));
        const all = this.of_case();
        replace(
            group,
            top(m),
            values(m),
            origin(m),
            ...drift(m, all),
            ...warnings(m, all),
            ...decision(m),
        );
    }

    /** @param {boolean} on */
    select(on) {
        setAttribute(this.group, 'data-selected', on ? 'true' : null);
        setAttribute(this.group, 'aria-current', on ? 'true' : null);
        this.group.tabIndex = on ? 0 : -1;
    }

    /** @param {boolean} on */
    busy(on) {
        setAttribute(this.group, 'aria-busy', on ? 'true' : null);
    }
}

/** @param {Measurement} m */
function top(m) {
    const { word, icon } = STATES[m.state];
    return h(
        'div',
        { class: 'card-top' },
        h('span', { class: `card-site ${colourToken(m.site)}` }, m.site),
        h('span', { class: 'card-of' }, m.phase),
        h(
            'span',
            { class: 'state', 'data-testid': 'state' },
            h('span', { class: 'state-icon', 'aria-hidden': 'true' }, icon),
            word,
        ),
    );
}

/** The value in force, the rest of them, and for edited ones what the machine had said.
 * @param {Measurement} m */
function values(m) {
    const { main, of, unit, rest } = headline(m.values, m.site);
    const texts = rest
        .filter((v) => v.quantity !== 'pulse')
        .slice(0, 3)
        .map(restText);
    const was = headline(m.machine_values, m.site).main;
    const edited =
        m.state === 'adjusted' ? h('span', { class: 'was' }, `was ${was}, machine`) : null;
    return h(
        'div',
        { class: 'card-values' },
        h('span', { class: 'card-main' }, main),
        h('span', { class: 'card-of' }, `${unit} ${of}`),
        edited,
        h('span', { class: 'card-rest' }, texts.join(' · ')),
    );
}

/** @param {Measurement} m */
function origin(m) {
    const percent = Math.round(m.quality * 100);
    return h(
        'div',
        { class: 'card-line quiet' },
        h(
            'span',
            { 'data-testid': 'beats' },
            [beatsText(m), leftOutText(m)].filter(Boolean).join(' · '),
        ),
        h(
            'span',
            { class: 'card-quality', title: `signal quality ${percent} of 100` },
            `q ${percent}`,
        ),
        h('time', { datetime: m.at, title: fullTime(m.at) }, clock(m.at)),
    );
}

/** @param {Measurement} m @param {Measurement[]} all */
function drift(m, all) {
    const found = driftOf(m, all);
    if (!found) return [];
    return [h('div', { class: 'card-line quiet', 'data-testid': 'drift' }, found.words)];
}

/** @param {Measurement} m @param {Measurement[]} all */
function warnings(m, all) {
    const found = m.state === 'suggested' ? doubts(m, all) : [];
    if (!found.length) return [];
    return [h('div', { class: 'card-line warning' }, `! ${found.join(', ')}: Enter twice`)];
}

/** @param {Measurement} m */
function decision(m) {
    if (m.state === 'suggested') return [];
    const reason = m.reason ? ` · ${wordy(m.reason)}` : '';
    const line = h('div', { class: 'card-line quiet' });
    setText(
        line,
        `${STATES[m.state].word.toLowerCase()} by ${m.by ?? '?'} ${clock(m.decided_at)}${reason}`,
    );
    return [line];
}
