// @ts-check
/* worklist.js - the screen of the cardiologist: what needs attention, and all studies in order.
 *
 * The list never moves under a finger: rows are keyed by study, moved by transform (no layout
 * shift), the focused or hovered row keeps its place on the glass, and a click on what just moved
 * does nothing but say so. The tray above has a fixed height and is never held back. */
import { api, ApiError, requestId } from '../api.js';
import { h, orderChildren, replace, setAttribute, setText } from '../dom.js';
import { keepHash, makeHash } from '../router.js';
import {
    attention,
    inOrder,
    keepPlace,
    movedStudies,
    MoveGuard,
    TOUCH_MS,
} from '../worklist_model.js';
import { ListFilter } from './list_filter.js';
import { patientText, StudyRow, trayItem } from './study_row.js';

const ROW_PX = 52;
const TRAY_ROWS = 2;

/** @typedef {import('../types.js').Study} Study */

export class WorklistView {
    /** @param {import('../app.js').App} app @param {import('../keys.js').Keys} keys
     * @param {HTMLElement} element */
    constructor(app, keys, element) {
        this.app = app;
        this.element = element;
        this.guard = new MoveGuard();
        /** @type {Map<number, StudyRow>} */ this.rows = new Map();
        /** @type {number[]} */ this.order = [];
        /** @type {number[]} */ this.tray_order = [];
        this.held = false;
        this.touched_ms = -Infinity;
        this.hovered = 0;
        this.chosen = 0;
        this.pad_px = 0; /* blank above the rows, so that the anchor keeps its place */
        this.tail_px = 0; /* and below */
        /** @type {number[]} */ this.next = []; /* the order that the server wants */
        this.filter = new ListFilter(app, (text) => this.say(text), () => this.#filtered());
        this.timer = 0;
        this.acts = {
            open: (/** @type {number} */ s) => {
                location.hash = makeHash('study', s);
            },
            acknowledge: (/** @type {number} */ s) => {
                this.acknowledge(s);
            },
            pin: (/** @type {number} */ s) => {
                this.pin(s);
            },
            focus: (/** @type {number} */ s) => this.choose(s),
        };
        element.append(this.#buildTray(), this.tray, this.#buildList(), this.grid, this.empty);
        this.#bind(keys);
        app.on('studies', () => this.take());
    }

    #buildTray() {
        this.tray = h('ul', {
            class: 'tray',
            role: 'list',
            'aria-label': 'Needs attention',
            'data-testid': 'tray',
        });
        this.tray_count = h('span', { class: 'count' }, '0');
        this.hold_button = h(
            'button',
            {
                class: 'button',
                type: 'button',
                'aria-pressed': 'false',
                'data-testid': 'hold',
                on: { click: () => this.hold() },
            },
            'Hold order ',
            h('kbd', {}, 'F10'),
        );
        this.waiting = h(
            'button',
            {
                class: 'button waiting unseen',
                type: 'button',
                'data-testid': 'new-order',
                on: { click: () => this.apply() },
            },
            'New order',
        );
        return h(
            'div',
            { class: 'tray-head' },
            h('h2', {}, 'Needs attention ', this.tray_count),
            this.waiting,
            this.hold_button,
        );
    }

    #buildList() {
        this.message = h('p', {
            class: 'list-message',
            role: 'status',
            'data-testid': 'list-message',
        });
        this.total = h('span', { class: 'count' }, '0');
        this.body = h('div', { class: 'rows', role: 'rowgroup' });
        this.scroller = h('div', { class: 'rows-scroll', 'data-testid': 'rows-scroll' }, this.body);
        this.empty = h(
            'p',
            { class: 'empty quiet' },
            '',
        );
        this.grid = h(
            'div',
            { class: 'study-grid', role: 'grid', 'aria-label': 'All studies' },
            headRow(),
            this.scroller,
        );
        return h(
            'div',
            { class: 'list-head' },
            h('h2', {}, 'All studies ', this.total),
            this.message,
            this.filter.element,
        );
    }

    /** @param {import('../keys.js').Keys} keys */
    #bind(keys) {
        const onRow = (/** @type {(study: number) => void} */ act) => () => {
            const row = document.activeElement?.closest('.study-row');
            if (!row || document.activeElement instanceof HTMLButtonElement) return false;
            act(Number(/** @type {HTMLElement} */ (row).dataset.study));
        };
        const open = onRow((s) => this.open(s));
        keys.bind('worklist', 'ArrowDown', () => this.step(1), 'next study', 'j');
        keys.bind('worklist', 'ArrowUp', () => this.step(-1), 'study before', 'k');
        keys.bind('worklist', 'Enter', open, 'open the study: why, strip, moves', 'o');
        keys.bind('worklist', 'F9', () => void this.acknowledge(this.chosen), 'acknowledge', 'a');
        keys.bind('worklist', 'F10', () => this.hold(), 'hold the order, release it', 'h');
        keys.bind('worklist', 'F3', () => this.filter.focus(), 'filter the list', '/');
        keys.bind('worklist', 'Ctrl+f', () => this.filter.focus());
        const only = 'only what changed since I looked, or all';
        keys.bind('worklist', 'Ctrl+.', () => this.filter.toggleSince(), only, '.');
        this.element.addEventListener('click', (event) => this.#guardClick(event), {
            capture: true,
        });
        this.scroller.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => {
            this.touched_ms = performance.now();
            const row = /** @type {Element} */ (event.target).closest('.study-row');
            this.hovered = row ? Number(/** @type {HTMLElement} */ (row).dataset.study) : 0;
        });
        this.scroller.addEventListener('pointerleave', () => {
            this.hovered = 0;
        });
        this.element.addEventListener('keydown', () => {
            this.touched_ms = performance.now();
        });
        this.body.addEventListener('focusout', () => this.#settle());
    }

    /** @param {import('../router.js').Route} route */
    show(route) {
        this.filter.show(route.query);
        this.take();
        const wanted = Number(route.query.get('study'));
        if (this.rows.has(wanted)) this.choose(wanted);
    }

    hide() {
        clearTimeout(this.timer);
        this.filter.hide();
    }

    /** The person changed what the list shows: at once, also when it is held. */
    #filtered() {
        this.#address();
        this.take();
        this.apply();
    }

    #address() {
        if (this.element.hidden) return;
        const study = this.chosen || null;
        keepHash(makeHash('worklist', null, { ...this.filter.query(), study }));
    }

    /** A new list from the server: the tray at once, the rows when nobody is touching them. */
    take() {
        this.#drawTray();
        this.#drawRows();
        const shown = inOrder(this.app.studies).filter((s) => this.filter.matches(s));
        const next = shown.map((s) => s.study);
        this.#drawEmpty(next.length);
        this.next = next;
        const known =
            next.length === this.order.length && next.every((s) => this.order.includes(s));
        const moved = movedStudies(this.order, next);
        if (known && !moved.length) return this.#drawWaiting(0);
        const idle_ms = performance.now() - this.touched_ms;
        if (known && (this.held || idle_ms < TOUCH_MS) && !this.element.hidden) {
            this.#drawWaiting(moved.length);
            this.#applyWhenIdle(TOUCH_MS - idle_ms);
        } else this.apply();
    }

    /** @param {number} wait_ms */
    #applyWhenIdle(wait_ms) {
        clearTimeout(this.timer);
        if (!this.held) this.timer = setTimeout(() => this.take(), Math.max(50, wait_ms));
    }

    /** @param {number} moved */
    #drawWaiting(moved) {
        setText(this.waiting, `New order: ${moved} moved`);
        this.waiting.classList.toggle('unseen', moved === 0);
        this.waiting.disabled = moved === 0;
    }

    /** The order on the glass becomes the newest one; the anchor keeps its place. */
    apply() {
        const before = this.order;
        const { next } = this;
        const moved = movedStudies(before, next);
        const anchor = this.#anchor();
        const from = before.indexOf(anchor);
        const to = next.indexOf(anchor);
        this.order = next;
        if (from >= 0 && to >= 0) this.#keepPlace(from, to);
        else this.pad_px = 0;
        this.#place();
        this.#guardPlaces(before, moved);
        this.#drawWaiting(0);
        if (moved.length) performance.mark('reordered');
    }

    #anchor() {
        const row = document.activeElement?.closest('.study-row');
        return row ? Number(/** @type {HTMLElement} */ (row).dataset.study) : this.hovered;
    }

    /** @param {number} from @param {number} to */
    #keepPlace(from, to) {
        const kept = keepPlace({
            from,
            to,
            row_px: ROW_PX,
            scroll_px: this.scroller.scrollTop,
            pad_px: this.pad_px,
            view_px: this.scroller.clientHeight,
            content_px: this.order.length * ROW_PX,
        });
        this.pad_px = kept.pad_px;
        this.tail_px = kept.tail_px;
        this.#size();
        this.scroller.scrollTop = kept.scroll_px;
    }

    #size() {
        const height = this.order.length * ROW_PX + this.pad_px + this.tail_px;
        this.body.style.setProperty('height', `${height}px`);
    }

    #place() {
        for (const [study, row] of this.rows) row.element.hidden = !this.order.includes(study);
        const rows = this.order.map((s) => /** @type {StudyRow} */ (this.rows.get(s)));
        const focused = document.activeElement?.closest('.study-row') ?? null;
        orderChildren(
            this.body,
            rows.map((r) => r.element),
            focused,
        );
        for (const [i, row] of rows.entries()) {
            row.element.style.setProperty('transform', `translateY(${this.pad_px + i * ROW_PX}px)`);
            setAttribute(row.element, 'aria-rowindex', i + 2);
        }
        this.#size();
        const tab = this.rows.has(this.chosen) ? this.chosen : this.order[0];
        for (const [study, row] of this.rows) row.element.tabIndex = study === tab ? 0 : -1;
    }

    /** What moved, and what stands where something moved. @param {number[]} before
     * @param {number[]} moved */
    #guardPlaces(before, moved) {
        if (!before.length) return;
        this.guard.moved(moved, performance.now());
    }

    /** Nobody holds a row any more: blank space above or below goes away. */
    #settle() {
        setTimeout(() => {
            const busy = document.activeElement?.closest('.study-row') || this.hovered;
            if (busy || (!this.pad_px && !this.tail_px)) return;
            this.pad_px = 0;
            this.tail_px = 0;
            this.#place();
            this.guard.moved(this.order, performance.now());
        }, 0);
    }

    /** @param {MouseEvent} event */
    #guardClick(event) {
        const target = /** @type {Element} */ (event.target);
        const row = /** @type {HTMLElement | null} */ (target.closest('.study-row, .tray-item'));
        if (!row) return;
        const place = row.classList.contains('tray-item') ? 'tray' : String(row.dataset.study);
        if (this.#mayAct(place)) return;
        event.preventDefault();
        event.stopPropagation();
    }

    /** @param {string | number} place */
    #mayAct(place) {
        const allowed = this.guard.allows(place, performance.now());
        if (!allowed) this.say('The list moved. Press again.');
        return allowed;
    }

    #drawRows() {
        const seen = new Set();
        for (const study of this.app.studies) {
            seen.add(study.study);
            const row = this.rows.get(study.study);
            if (row) row.draw(study);
            else this.rows.set(study.study, new StudyRow(study, this.acts));
        }
        for (const [id, row] of this.rows) {
            if (seen.has(id)) continue;
            row.element.remove();
            this.rows.delete(id);
        }
        setAttribute(this.grid, 'aria-rowcount', this.rows.size + 1);
    }

    /** @param {number} shown */
    #drawEmpty(shown) {
        const all = this.rows.size;
        setText(this.total, shown === all ? String(all) : `${shown} of ${all}`);
        this.empty.hidden = shown > 0;
        const none = all
            ? `0 of ${all} match ${this.filter.words()}.`
            : 'No studies on the open list. A study appears when it is ordered.';
        setText(this.empty, none);
    }

    #drawTray() {
        const wait = attention(this.app.studies);
        const shown = wait.slice(0, TRAY_ROWS);
        const ids = shown.map((s) => s.study);
        if (String(ids) !== String(this.tray_order)) this.guard.moved(['tray'], performance.now());
        this.tray_order = ids;
        const more = wait.length > TRAY_ROWS ? ` (${TRAY_ROWS} shown, all are in the list)` : '';
        setText(this.tray_count, `${wait.length}${more}`);
        const focused = this.tray.contains(document.activeElement)
            ? document.activeElement?.closest('.tray-item')?.getAttribute('data-study')
            : null;
        const items = shown.map((s) => trayItem(s, this.acts));
        if (!items.length)
            items.push(h('li', { class: 'tray-none quiet' }, 'Nothing waits for you.'));
        replace(this.tray, ...items);
        if (focused) this.tray.querySelector(`[data-study="${focused}"] button`)?.focus();
    }

    /** @param {number} study */
    choose(study) {
        this.chosen = study;
        for (const [id, row] of this.rows) row.element.tabIndex = id === study ? 0 : -1;
        this.#address();
    }

    /** @param {number} by */
    step(by) {
        const on_row = document.activeElement?.closest('.study-row');
        const at = on_row ? this.order.indexOf(this.chosen) + by : this.order.indexOf(this.chosen);
        const study = this.order[Math.min(this.order.length - 1, Math.max(0, at))];
        const row = this.rows.get(study);
        if (!row) return;
        this.choose(study);
        row.element.focus();
        row.element.scrollIntoView({ block: 'nearest' });
    }

    /** @param {number} study */
    open(study) {
        if (this.#mayAct(study)) this.acts.open(study);
    }

    /** @param {number} study */
    async acknowledge(study) {
        const name = this.#name(study);
        if (!name || !this.#mayAct(study)) return;
        await this.#send(study, 'acknowledge', {}, `Acknowledged: ${name}. It keeps its place.`);
    }

    /** @param {number} study */
    async pin(study) {
        const pinned = !this.app.studies.find((s) => s.study === study)?.pinned;
        const done = pinned ? `Pinned: ${this.#name(study)}.` : `Unpinned: ${this.#name(study)}.`;
        await this.#send(
            study,
            'pin',
            { pinned, why: pinned ? 'pinned on the page' : 'unpinned on the page' },
            done,
        );
    }

    /** @param {number} id */
    #name(id) {
        const study = this.app.studies.find((s) => s.study === id);
        return study ? patientText(study) : '';
    }

    /** @param {number} study @param {string} act @param {object} body @param {string} done */
    async #send(study, act, body, done) {
        if (!this.app.connected) return this.say('Not saved: no connection. Nothing was changed.');
        try {
            const now = await api.post(`/api/studies/${study}/${act}`, {
                ...body,
                request_id: requestId(),
            });
            const others = this.app.studies.filter((s) => s.study !== study);
            this.app.takeStudies(this.app.worklist_version, [...others, now], []);
            this.say(done);
        } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            this.say(error.sentence);
        }
    }

    hold() {
        this.held = !this.held;
        setAttribute(this.hold_button, 'aria-pressed', String(this.held));
        this.say(this.held ? 'The order is held. What needs attention still appears above.' : '');
        this.take();
        if (!this.held) this.apply();
    }

    /** @param {string} text */
    say(text) {
        setText(this.message, text);
    }
}

function headRow() {
    const names = [
        '#',
        'Priority',
        'Patient, study',
        'Status',
        'Why',
        'Changed',
        'Acknowledged',
        'Acts',
    ];
    return h(
        'div',
        { role: 'rowgroup' },
        h(
            'div',
            { class: 'study-head', role: 'row' },
            ...names.map((n) => h('div', { class: 'cell', role: 'columnheader' }, n)),
        ),
    );
}
