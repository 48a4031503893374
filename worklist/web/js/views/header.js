// @ts-check
/* header.js - the frame of every screen: where one is, whose data it is, how old it is. */
import { byId, h, replace, setAttribute, setText } from '../dom.js';
import { makeHash } from '../router.js';
import { clock, roomName } from '../values.js';
import { patientText } from './study_row.js';

const ROOM_VIEWS = ['live', 'review', 'case'];
const VIEW_TEXT = /** @type {Record<string, string>} */ ({
    worklist: 'all patients',
    audit: 'all patients',
    validation: 'all patients',
    admin: 'no patient',
});

/** @param {import('../types.js').Study | null} study */
function studyText(study) {
    return study ? `${study.patient_id} · ${study.description}` : '';
}

export class Header {
    /** @param {import('../app.js').App} app */
    constructor(app) {
        this.app = app;
        this.view = 'live';
        this.study_id = 0;
        this.rooms = byId('room-select');
        this.rooms.addEventListener('change', () => {
            app.select(Number(this.rooms.value));
            if (document.body.dataset.view === 'live') location.hash = makeHash('live', app.shown);
        });
        byId('retry').addEventListener('click', () => app.retry());
        app.on('me', () => this.drawWho());
        app.on('rooms', () => this.drawRoom());
        app.on('room', () => this.drawRoom());
        app.on('studies', () => this.drawRoom());
        app.on('feed', () => this.drawFeed());
        app.on('notice', (n) => this.notice(n));
    }

    /** @param {string} view the one that is seen @param {number | null} id its study */
    mark(view, id) {
        this.view = view;
        this.study_id = id ?? 0;
        const of_room = ROOM_VIEWS.includes(view);
        this.rooms.closest('label').classList.toggle('unseen', !of_room);
        this.drawPatient();
        this.drawMode();
        for (const link of document.querySelectorAll('#screens a')) {
            const here = link.getAttribute('href') === `#/${view === 'study' ? 'worklist' : view}`;
            if (here) link.setAttribute('aria-current', 'page');
            else link.removeAttribute('aria-current');
        }
    }

    drawWho() {
        const { me } = this.app;
        setText(byId('who'), me?.user ?? '');
        if (me) byId('who').append(h('span', { class: 'role' }, `, ${me.role}`));
        byId('log-out').title = me ? `${me.user}, ${me.role}` : '';
        this.drawMode();
        setText(byId('version'), me ? `Hemostream ${me.version}` : '');
    }

    /** Of the room that is shown, or of the lab above a list. */
    drawMode() {
        const { app } = this;
        const of_room = ROOM_VIEWS.includes(this.view) ? app.room?.mode : null;
        const mode = of_room ?? app.me?.mode ?? '';
        const chip = byId('mode');
        chip.dataset.mode = mode;
        setText(chip, mode === 'silent' ? 'SILENT PILOT' : mode.toUpperCase());
        const silent = 'Silent pilot: suggestions are hidden, the order is that of arrival';
        chip.title = mode === 'silent' ? silent : `mode: ${mode}`;
    }

    drawRoom() {
        const { app } = this;
        const rooms = [...app.rooms.values()].sort((a, b) => a.room - b.room);
        const names = rooms.map((r) => `${r.room}:${roomName(r)}`).join('|');
        if (this.rooms.dataset.names !== names) {
            this.rooms.dataset.names = names;
            replace(this.rooms, ...rooms.map((r) => h('option', { value: r.room }, roomName(r))));
        }
        this.rooms.value = String(app.shown);
        this.drawPatient();
        this.drawMode();
        this.drawOrigin();
    }

    /** The name over a screen is of whom the screen shows: of the room on Live and Review, of the
     * study on Study, of nobody on a list of many. Any other name there would be believed. */
    drawPatient() {
        const { name, detail, case_number } = ROOM_VIEWS.includes(this.view)
            ? this.#roomPatient()
            : this.#viewPatient();
        setText(byId('patient'), name);
        setText(byId('patient-detail'), detail);
        setText(byId('case-id'), case_number ? `Case ${case_number}` : '');
    }

    #roomPatient() {
        const { app } = this;
        const { room, study } = app;
        let name = 'No room';
        if (room && !app.caseAgrees) name = 'The case is changing: wait';
        else if (room && !room.case) name = 'No case open';
        else if (study) name = patientText(study);
        else if (room) name = `Case ${room.case}`;
        return { name, detail: studyText(study), case_number: room?.case ?? 0 };
    }

    #viewPatient() {
        if (this.view !== 'study') return { name: '', detail: VIEW_TEXT[this.view], case_number: 0 };
        const study = this.app.studies.find((s) => s.study === this.study_id) ?? null;
        const name = study ? patientText(study) : `Study ${this.study_id}`;
        const detail = study ? studyText(study) : 'not on the open list';
        return { name, detail, case_number: study?.case ?? 0 };
    }

    drawOrigin() {
        const { room } = this.app;
        const banner = byId('origin-banner');
        const origin = room?.origin ?? 'live';
        banner.hidden = origin === 'live';
        const speed = (room?.speed_percent ?? 100) / 100;
        const times = speed === 1 ? '' : ` ×${speed}`;
        setText(
            banner,
            origin === 'replay'
                ? `REPLAY${times} · a recording, not the patient in the room`
                : `SIMULATED${times} · a simulated patient, not a person`,
        );
    }

    drawFeed() {
        const { app } = this;
        const badge = byId('delay-badge');
        badge.dataset.state = app.feed;
        setAttribute(badge, 'data-slow', app.slow);
        setText(badge, app.badge());
        this.#drawSaving();
        this.#drawClock();
        this.drawPatient();
        const lost = app.feed === 'disconnected' && app.me !== null;
        byId('link-banner').hidden = !lost;
        if (!lost) return;
        const wait_s = Math.max(0, Math.ceil((app.link.retry_at_ms - Date.now()) / 1000));
        const when = app.link.state === 'trying' ? 'Trying now' : `Trying again in ${wait_s} s`;
        setText(
            byId('link-text'),
            `Connection lost. ${when} (try ${app.link.attempt}). Nothing can be saved meanwhile.`,
        );
    }

    /** Refused, not queued: what is decided while hemod's disk takes nothing could be lost. */
    #drawSaving() {
        const { app } = this;
        const banner = byId('save-banner');
        banner.hidden = app.saving || app.me === null || app.feed === 'disconnected';
        setText(
            banner,
            'The recording is not being saved (NOT_SAVED). Traces go on; nothing can be confirmed ' +
                'until it is saved again. Tell whoever looks after the server.',
        );
    }

    #drawClock() {
        const off_s = Math.abs(this.app.clock_off_ms) / 1000;
        const line = byId('clock-off');
        line.hidden = off_s === 0;
        setText(line, `Clocks differ by ${off_s.toFixed(1)} s: times are server times`);
    }

    /** @param {{code: string, text: string}} notice */
    notice({ code, text }) {
        const line = byId('notice');
        setText(line, `${clock(new Date().toISOString())} ${text} (${code})`);
        line.hidden = false;
    }
}
