// @ts-check
/* study_row.js - one study of the list, and one in the tray. The reason stands in the row. */
import { h, replace, setAttribute, setText } from '../dom.js';
import { makeHash } from '../router.js';
import { clock, fullTime } from '../values.js';
import { isAcknowledged, positionText, TIERS } from '../worklist_model.js';

/** @typedef {import('../types.js').Study} Study */
/** @typedef {{open: (s: number) => void, acknowledge: (s: number) => void,
 *   pin: (s: number) => void, focus: (s: number) => void}} Acts */

/** @param {Study} study */
export function tierChip(study) {
    const { word, name, stars } = TIERS[study.tier];
    if (!word)
        return h(
            'span',
            { class: 'tier routine' },
            '–',
            h('span', { class: 'visually-hidden' }, name),
        );
    return h(
        'span',
        { class: `tier ${name}` },
        h('span', { 'aria-hidden': 'true' }, `${stars} `),
        word,
        h('span', { class: 'visually-hidden' }, ` ${name}`),
    );
}

/** @param {Study} study */
export function patientText(study) {
    return study.patient_name.replaceAll('^', ', ');
}

/** @param {Study} study */
export function statusText(study) {
    return study.status === 'in_lab' ? `in Lab ${study.room ?? '?'}` : study.status;
}

/** @param {Study} study */
function acknowledgedText(study) {
    if (!study.acknowledged_at) return '';
    const again = isAcknowledged(study) ? '' : ', worse again';
    return `${study.acknowledged_by} ${clock(study.acknowledged_at)}${again}`;
}

/** Why it stands where it stands: a person's word first, then the finding; or what a finding would
 * do where the list does not move by itself. @param {Study} study */
export function whyText(study) {
    const reason = String(study.reason).replaceAll('->', '→');
    const person = study.pinned
        ? 'pinned'
        : study.held
          ? `held by ${study.manual_by}`
          : study.manual_tier
            ? `${TIERS[study.manual_tier].word || 'routine'} by ${study.manual_by}`
            : '';
    const would = study.would
        ? `would be ${TIERS[study.would.tier].word || 'routine'} at ${study.would.position}: ` +
          String(study.would.reason).replaceAll('->', '→')
        : '';
    return [person, would || reason].filter(Boolean).join(' · ');
}

export class StudyRow {
    /** @param {Study} study @param {Acts} acts */
    constructor(study, acts) {
        this.acts = acts;
        this.id = study.study;
        const cell = (/** @type {string} */ name) =>
            h('div', { class: `cell ${name}`, role: 'gridcell' });
        this.cells = {
            position: cell('position'),
            tier: cell('tier-cell'),
            patient: cell('patient-cell'),
            status: cell('status'),
            why: cell('why'),
            changed: cell('changed'),
            ack: cell('ack'),
        };
        this.pin = h(
            'button',
            {
                class: 'button icon-button',
                type: 'button',
                tabindex: -1,
                on: { click: () => acts.pin(this.id) },
            },
            'Pin',
        );
        this.take = h(
            'button',
            {
                class: 'button',
                type: 'button',
                tabindex: -1,
                on: { click: () => acts.acknowledge(this.id) },
            },
            'Acknowledge',
        );
        this.element = h(
            'div',
            {
                class: 'study-row',
                role: 'row',
                tabindex: -1,
                'data-testid': 'study-row',
                'data-study': study.study,
                on: { focus: () => acts.focus(this.id), dblclick: () => acts.open(this.id) },
            },
            ...Object.values(this.cells),
            h('div', { class: 'cell acts', role: 'gridcell' }, this.pin, this.take),
        );
        this.draw(study);
    }

    /** @param {Study} study */
    draw(study) {
        const { cells } = this;
        setAttribute(this.element, 'data-tier', study.tier);
        setAttribute(this.element, 'data-acknowledged', isAcknowledged(study));
        setText(cells.position, positionText(study));
        const tier = tierChip(study);
        if (cells.tier.textContent !== tier.textContent) replace(cells.tier, tier);
        replace(
            cells.patient,
            h('a', { href: makeHash('study', study.study), tabindex: -1 }, patientText(study)),
            h('span', { class: 'quiet' }, study.description),
        );
        setText(cells.status, statusText(study));
        setText(cells.why, whyText(study));
        setAttribute(cells.why, 'title', whyText(study));
        setAttribute(cells.why, 'data-would', study.would ? true : null);
        const moved = study.tier !== 'routine' || study.from_position !== null;
        setText(cells.changed, moved ? clock(study.changed_at) : '–');
        setAttribute(cells.changed, 'title', fullTime(study.changed_at));
        setText(cells.ack, acknowledgedText(study));
        setText(this.pin, study.pinned ? 'Unpin' : 'Pin');
        setAttribute(this.pin, 'aria-pressed', String(study.pinned));
        setAttribute(
            this.pin,
            'aria-label',
            `${study.pinned ? 'Unpin' : 'Pin'} ${patientText(study)}`,
        );
        setAttribute(this.take, 'aria-label', `Acknowledge ${patientText(study)}`);
        const quiet = study.tier === 'routine' || isAcknowledged(study);
        this.take.classList.toggle('unseen', quiet);
        this.take.disabled = quiet;
    }
}

/** @param {Study} study @param {Acts} acts */
export function trayItem(study, acts) {
    return h(
        'li',
        {
            class: 'tray-item',
            'data-tier': study.tier,
            'data-study': study.study,
            'data-testid': 'tray-item',
        },
        tierChip(study),
        h('a', { class: 'tray-patient', href: makeHash('study', study.study) }, patientText(study)),
        h('span', { class: 'quiet' }, statusText(study)),
        h('span', { class: 'tray-why', title: whyText(study) }, whyText(study)),
        h('span', { class: 'tray-move' }, `${positionText(study)}`),
        h('time', { title: fullTime(study.changed_at) }, clock(study.changed_at)),
        h(
            'button',
            {
                class: 'button',
                type: 'button',
                'aria-label': `Acknowledge ${patientText(study)}`,
                on: { click: () => acts.acknowledge(study.study) },
            },
            'Acknowledge',
        ),
    );
}
