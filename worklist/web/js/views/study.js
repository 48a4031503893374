// @ts-check
/* study.js - one study: why it stands where it stands, and every move it made. */
import { api, ApiError } from '../api.js';
import { h, replace } from '../dom.js';
import { makeHash } from '../router.js';
import { clock, fullTime } from '../values.js';
import { TIERS } from '../worklist_model.js';
import { patientText, statusText, tierChip } from './study_row.js';
import { table } from './table.js';

export class StudyView {
    /** @param {import('../app.js').App} app @param {import('../keys.js').Keys} _keys
     * @param {HTMLElement} element */
    constructor(app, _keys, element) {
        this.app = app;
        this.element = element;
        this.id = 0;
        app.on('studies', () => !this.element.hidden && this.load());
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        this.id = route.id ?? 0;
        this.load();
    }

    async load() {
        const { id } = this;
        try {
            const { moves } = await api.get(`/api/studies/${id}/history`);
            if (id === this.id) this.#draw(moves);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            replace(this.element, this.#back(), h('p', { class: 'empty' }, error.sentence));
        }
    }

    #back() {
        return h(
            'a',
            { class: 'button', href: makeHash('worklist', null, { study: this.id }) },
            'Back to the list ',
            h('kbd', {}, 'Esc'),
        );
    }

    /** @param {import('../types.js').Move[]} moves */
    #draw(moves) {
        const study = this.app.studies.find((s) => s.study === this.id);
        const title = study ? patientText(study) : `Study ${this.id}, not on the open list`;
        replace(
            this.element,
            h(
                'div',
                { class: 'study-title' },
                this.#back(),
                h('h2', {}, title),
                study ? tierChip(study) : null,
            ),
            ...(study ? [this.#facts(study)] : []),
            h('h3', {}, 'Every move, oldest first'),
            table(['Time', 'From', 'To', 'Tier', 'Reason', 'By'], moves.map(moveCells), {
                testid: 'history',
                empty: 'It has not moved: arrival order.',
            }),
        );
    }

    /** @param {import('../types.js').Study} study */
    #facts(study) {
        const fact = (/** @type {string} */ name, /** @type {string | null} */ value) =>
            value ? [h('div', {}, h('dt', {}, name), h('dd', {}, value))] : [];
        const acknowledged = study.acknowledged_at
            ? `${study.acknowledged_by}, ${clock(study.acknowledged_at)}`
            : null;
        return h(
            'dl',
            { class: 'facts' },
            ...fact('Why', study.reason),
            ...fact('Next rule', study.next_rule),
            ...fact('Position', String(study.position)),
            ...fact('Status', statusText(study)),
            ...fact('Study', study.description),
            ...fact('Accession', study.accession),
            ...fact('Arrived', clock(study.arrived_at)),
            ...fact('Read by', clock(study.read_by)),
            ...fact('Acknowledged', acknowledged),
        );
    }
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
        { text: move.reason ?? '', wide: true },
        { text: move.by ?? 'rules' },
    ];
}
