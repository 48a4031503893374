// @ts-check
/* study.js - one study: why it stands where it stands, the course of its pressures, what a person
 * may do about its place, and every move it made. */
import { api, ApiError, requestId } from '../api.js';
import { ChartBox } from '../chart.js';
import { h, replace, setText, token } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import { trendOf } from '../trend.js';
import { clock, fullTime, numberText } from '../values.js';
import { isAcknowledged, TIERS } from '../worklist_model.js';
import { Evidence } from './evidence.js';
import { patientText, statusText, tierChip, whyText } from './study_row.js';
import { table } from './table.js';

const TREND_MS = 10000;

/** @typedef {import('../types.js').Study} Study */

export class StudyView {
    /** @param {import('../app.js').App} app @param {import('../keys.js').Keys} keys
     * @param {HTMLElement} element */
    constructor(app, keys, element) {
        this.app = app;
        this.element = element;
        this.id = 0;
        this.timer = 0;
        this.asked_case = 0;
        this.head = h('div', { class: 'study-title' });
        this.acts = h('div', { class: 'study-acts' });
        this.message = h('p', { class: 'quiet', role: 'status', 'data-testid': 'study-message' });
        this.facts = h('div', {});
        this.trend_said = h('p', { class: 'quiet', 'data-testid': 'trend-said' });
        this.plot = h('div', { class: 'trend-plot' });
        this.trend = h(
            'section',
            { class: 'trend', 'aria-label': 'Trend' },
            h('h3', {}, 'Course of the pressures'),
            this.trend_said,
            this.plot,
        );
        this.evidence = new Evidence();
        this.at = ''; /* the move whose beats are shown; empty: the newest of the rules */
        this.moves = h('div', { class: 'study-moves' });
        this.chart = new ChartBox(this.plot);
        element.append(
            this.head, this.facts, this.acts, this.message, this.evidence.element, this.trend,
            this.moves,
        );
        keys.bind('study', 'F9', () => void this.#acknowledge(), 'acknowledge the study', 'a');
        app.on('studies', () => !this.element.hidden && this.load());
    }

    get study() {
        return this.app.studies.find((s) => s.study === this.id) ?? null;
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        if (route.id !== this.id) setText(this.message, '');
        this.id = route.id ?? 0;
        this.at = route.query.get('at') ?? '';
        this.asked_case = 0;
        this.load();
        clearInterval(this.timer);
        this.timer = setInterval(() => this.#trend(true), TREND_MS);
    }

    hide() {
        clearInterval(this.timer);
    }

    async load() {
        const { id } = this;
        this.#draw();
        this.#trend(false);
        try {
            const { moves } = await api.get(`/api/studies/${id}/history`);
            if (id === this.id) this.#drawMoves(moves);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            replace(this.moves, h('p', { class: 'empty' }, error.sentence));
        }
    }

    #draw() {
        const { study } = this;
        const back = h(
            'a',
            { class: 'button', href: makeHash('worklist', null, { study: this.id }) },
            'Back to the list ',
            h('kbd', {}, 'Esc'),
        );
        const title = study ? patientText(study) : `Study ${this.id}, not on the open list`;
        const focused = this.element.contains(document.activeElement)
            ? document.activeElement?.getAttribute('data-act')
            : null;
        replace(this.head, back, h('h2', {}, title), ...(study ? [tierChip(study)] : []));
        replace(this.facts, ...(study ? [factsOf(study)] : []));
        replace(this.acts, ...(study ? this.#buttons(study) : []));
        this.trend.hidden = !study?.case;
        if (focused) this.acts.querySelector(`[data-act="${focused}"]`)?.focus();
    }

    /** @param {Study} study */
    #buttons(study) {
        const reader = this.app.me?.role === 'reader';
        const button = (
            /** @type {string} */ act,
            /** @type {string} */ text,
            /** @type {() => void} */ run,
            /** @type {string} */ key = '',
        ) =>
            h(
                'button',
                { class: 'button', type: 'button', 'data-act': act, on: { click: run } },
                text,
                key ? h('kbd', {}, key) : null,
            );
        const released = !study.held && !study.manual_tier;
        const hold = () => this.#override('hold', 'held on the page');
        const acknowledge = reader && study.tier !== 'routine' && !isAcknowledged(study);
        const done = () => this.#send('done', {}, 'Done: it left the open list.');
        return [
            acknowledge && button('ack', 'Acknowledge ', () => this.#acknowledge(), 'F9'),
            reader && button('done', 'Read: done', done),
            released && button('hold', 'Hold its place', hold),
            released && this.#tier(),
            !released && button('release', 'Release', () => this.#override('release', 'released')),
            study.case && study.room
                ? h(
                      'a',
                      { class: 'button', href: makeHash('review', study.room) },
                      'Values and whole case',
                  )
                : null,
        ].filter(Boolean);
    }

    #tier() {
        const select = h(
            'select',
            {
                'aria-label': 'Priority set by you',
                'data-act': 'tier',
                on: {
                    change: () => {
                        const tier = select.value;
                        if (tier) this.#override('tier', 'set on the page', { tier });
                    },
                },
            },
            h('option', { value: '' }, 'Set priority …'),
            ...Object.entries(TIERS).map(([value, t]) =>
                h('option', { value }, t.word ? `${t.word} ${t.name}` : t.name),
            ),
        );
        return select;
    }

    #acknowledge() {
        return this.#send('acknowledge', {}, 'Acknowledged. It keeps its place.');
    }

    /** @param {string} kind @param {string} why @param {object} [more] */
    #override(kind, why, more = {}) {
        const said = kind === 'release' ? 'Released: findings move it again.' : 'Set by you.';
        return this.#send('override', { kind, why, ...more }, said);
    }

    /** @param {string} act @param {object} body @param {string} done */
    async #send(act, body, done) {
        if (!this.app.connected)
            return setText(this.message, 'Not saved: no connection. Nothing was changed.');
        try {
            await api.post(`/api/studies/${this.id}/${act}`, { ...body, request_id: requestId() });
            setText(this.message, done);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.message, error.sentence);
        }
    }

    /** @param {boolean} again */
    async #trend(again) {
        const number = this.study?.case ?? 0;
        if (!number || (number === this.asked_case && !again)) return;
        this.asked_case = number;
        try {
            const { points } = await api.get(`/api/cases/${number}/trend`);
            if (number === this.study?.case) this.#drawTrend(points);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            setText(this.trend_said, error.sentence);
        }
    }

    /** @param {import('../trend.js').Point[]} points */
    #drawTrend(points) {
        const { x, sites } = trendOf(points);
        if (!x.length) {
            this.plot.hidden = true;
            return setText(this.trend_said, 'No readings yet. They come with steady beats.');
        }
        this.plot.hidden = false;
        const said = sites.map(({ site, values }) => {
            const there = /** @type {number[]} */ (values.filter((v) => v !== null));
            return `${site} ${numberText(there[0])} → ${numberText(there[there.length - 1])}`;
        });
        const minutes = Math.round((x[x.length - 1] - x[0]) / 60);
        setText(this.trend_said, `Means in ${minutes} min, mmHg: ${said.join(' · ')}`);
        this.chart.draw({
            x,
            time: true,
            unit: 'mean, mmHg',
            series: sites.map(({ site, token: colour, values }) => ({
                label: site,
                colour: token(`--${colour}`),
                values,
            })),
        });
    }

    /** @param {import('../types.js').Move[]} moves */
    #drawMoves(moves) {
        const ruled = moves.filter((m) => m.event !== null);
        const shown = ruled.find((m) => m.at === this.at) ?? ruled[ruled.length - 1];
        this.evidence.show(this.study?.case ?? null, shown);
        keepHash(makeHash('study', this.id, { at: shown?.at }));
        replace(
            this.moves,
            h('h3', {}, 'Every move, oldest first'),
            table(['Time', 'From', 'To', 'Tier', 'Reason', 'By'], moves.map(moveCells), {
                testid: 'history',
                empty: 'It has not moved: arrival order.',
            }),
        );
    }
}

/** @param {Study} study */
function factsOf(study) {
    const fact = (/** @type {string} */ name, /** @type {string | null | undefined} */ value) =>
        value ? [h('div', {}, h('dt', {}, name), h('dd', {}, value))] : [];
    const acknowledged = study.acknowledged_at
        ? `${study.acknowledged_by}, ${clock(study.acknowledged_at)}`
        : null;
    return h(
        'dl',
        { class: 'facts' },
        ...fact('Why', whyText(study)),
        ...fact('What would change it', study.next_rule),
        ...fact('Position', String(study.position)),
        ...fact('Status', statusText(study)),
        ...fact('Study', study.description),
        ...fact('Accession', study.accession),
        ...fact('Arrived', clock(study.arrived_at)),
        ...fact('Read by', clock(study.read_by)),
        ...fact('Acknowledged', acknowledged),
        ...fact('Set by a person', study.manual_by && `${study.manual_by}: ${study.manual_why}`),
    );
}

/** @param {import('../types.js').Move} move */
function moveCells(move) {
    const tier = (/** @type {string} */ t) =>
        TIERS[/** @type {keyof typeof TIERS} */ (t)]?.name ?? t ?? '';
    const tiers =
        move.from_tier === move.to_tier
            ? tier(move.to_tier)
            : `${tier(move.from_tier) || 'new'} → ${tier(move.to_tier)}`;
    return [
        { text: clock(move.at), title: fullTime(move.at) },
        { text: String(move.from_position ?? '–') },
        { text: String(move.to_position ?? '–') },
        { text: tiers },
        { text: (move.reason ?? '').replaceAll('->', '→'), wide: true },
        { text: move.by ?? 'rules' },
    ];
}
