// @ts-check
/* app.js - what the page knows, and who is told when it changes.
 *
 *     app.on('studies', () => draw(app.studies));
 * Events: me, rooms, room, marks, mode (values shown so far are forgotten), studies, measurement, reading, state, finding, notice, link, feed,
 * frozen, snapshot. Views read from here and never keep a second copy of the truth. */
import { api } from './api.js';
import { ageMs, badgeText, feedState, isCurrent, SLOW_MS } from './feed_state.js';

const TICK_MS = 100;
const HEARTBEAT_MS = 500;
const CLOCK_OFF_MS = 500;
const NOT_SAVED_MS = 3000; /* as the server: API.md, notices */
const ROOM_KEY = 'hemostream.room';

export class App extends EventTarget {
    constructor() {
        super();
        /** @type {import('./types.js').Me | null} */ this.me = null;
        /** @type {Map<number, import('./types.js').Room>} */ this.rooms = new Map();
        /** @type {import('./types.js').Study[]} */ this.studies = [];
        this.worklist_version = -1;
        this.shown = 0; /* the room whose traces are drawn */
        /** @type {import('./types.js').FeedStatus | null} */ this.status = null;
        this.link = { state: 'trying', attempt: 0, retry_at_ms: 0 };
        this.ever_open = false;
        this.since_ms = performance.now();
        this.frozen_ms = 0; /* since when the picture stands still; 0: it runs */
        /** @type {Worker | null} */ this.worker = null;
        /** @type {import('./feed_state.js').Feed} */ this.feed = 'connecting';
        this.rooms_asked_ms = -Infinity;
        /** A catheter moves between two descriptions of its room: the newest beat knows where.
         * @type {Map<string, string>} by room, epoch and channel */
        this.sites = new Map();
        /** What a person told the signal, by room, as the server keeps it.
         * @type {Map<number, import('./types.js').Mark[]>} */
        this.marks = new Map();
        this.not_saved_ms = -Infinity; /* when hemod last said that its disk takes nothing */
        this.now_key = ''; /* the epoch of which marks and states were asked */
    }

    /** @param {string} type @param {(detail: any) => void} listener */
    on(type, listener) {
        this.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
    }

    /** @param {string} type @param {any} [detail] */
    say(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }

    get room() {
        return this.rooms.get(this.shown) ?? null;
    }

    /** The study of the room that is shown, once the samples belong to its case. */
    get study() {
        const { room } = this;
        if (!room || room.study === null || !this.caseAgrees) return null;
        return this.studies.find((s) => s.study === room.study) ?? null;
    }

    /** Do the samples on the glass belong to the case in the header? */
    get caseAgrees() {
        const { room, status } = this;
        if (!room || !status || status.room !== room.room || status.newest_tick < 0) return true;
        return status.case === room.case;
    }

    get connected() {
        return this.link.state === 'open';
    }

    /** Does the recording reach the disk? NOT_SAVED comes again each second while it does not. */
    get saving() {
        return performance.now() - this.not_saved_ms > NOT_SAVED_MS;
    }

    get current() {
        return isCurrent(this.feed) && this.caseAgrees;
    }

    /** @param {import('./types.js').Me} me */
    async start(me) {
        this.me = me;
        this.since_ms = performance.now();
        this.worker ??= this.#startWorker();
        await this.snapshot();
        const url = new URL('/ws', location.href);
        url.protocol = url.protocol.replace('http', 'ws');
        this.#tell({ type: 'connect', url: url.href });
        this.say('me');
    }

    stop() {
        this.me = null;
        this.ever_open = false;
        this.#tell({ type: 'close' });
        this.link = { state: 'trying', attempt: 0, retry_at_ms: 0 };
        this.say('me');
    }

    /** Everything afresh: at the start and after each lost connection. */
    async snapshot() {
        this.now_key = '';
        const [rooms, list] = await Promise.all([api.get('/api/rooms'), api.get('/api/studies')]);
        this.#takeRooms(rooms.rooms);
        this.takeStudies(list.version, list.studies, []);
        this.say('snapshot');
    }

    /** @param {number} room */
    select(room) {
        if (!this.rooms.has(room) || room === this.shown) return;
        this.shown = room;
        this.status = null;
        this.since_ms = performance.now();
        this.freeze(false);
        localStorage.setItem(ROOM_KEY, String(room));
        this.#tell({ type: 'room', room });
        this.say('room');
        this.#askNow();
        this.#judge();
    }

    /** @param {boolean} on */
    freeze(on) {
        if (on === this.frozen_ms > 0) return;
        this.frozen_ms = on ? performance.now() : 0;
        this.#tell({ type: 'freeze', on });
        this.say('frozen');
        this.#judge();
    }

    /** @param {HTMLCanvasElement} canvas */
    mountCanvas(canvas) {
        const offscreen = canvas.transferControlToOffscreen();
        this.#tell({ type: 'canvas', canvas: offscreen }, [offscreen]);
    }

    /** @param {object} sheet */
    setSheet(sheet) {
        this.#tell({ type: 'sheet', sheet });
    }

    retry() {
        this.#tell({ type: 'retry' });
    }

    /** The server's clock minus this one's, when they are apart enough to be said. */
    get clock_off_ms() {
        const off_ms = this.status?.clock_off_ms ?? 0;
        return Math.abs(off_ms) > CLOCK_OFF_MS ? off_ms : 0;
    }

    /** Late, but not yet so late that it is called delayed. */
    get slow() {
        return isCurrent(this.feed) && ageMs(this.#facts()) >= SLOW_MS;
    }

    badge() {
        return badgeText(this.feed, this.#facts());
    }

    /** Milliseconds between a tick and now, by the clock of the feed itself.
     * @param {number} tick */
    tickAgeMs(tick) {
        const { status, room } = this;
        if (!status || !room || status.idle_ms === null) return Infinity;
        const ticks_per_ms = (room.base_rate_hz / 1000) * ((room.speed_percent || 100) / 100);
        return Math.max(0, (status.newest_tick - tick) / ticks_per_ms) + status.idle_ms;
    }

    #startWorker() {
        const url = new URL('./feed_worker.js', import.meta.url);
        const worker = new Worker(url, { type: 'module', name: 'feed' });
        worker.onmessage = ({ data }) => this.#fromWorker(data);
        const visible = () => document.visibilityState === 'visible';
        setInterval(() => this.#tell({ type: 'beat', visible: visible() }), HEARTBEAT_MS);
        document.addEventListener('visibilitychange', () => {
            this.#tell({ type: 'beat', visible: visible() });
        });
        setInterval(() => this.#judge(), TICK_MS);
        return worker;
    }

    /** @param {object} message @param {Transferable[]} [transfer] */
    #tell(message, transfer = []) {
        this.worker?.postMessage(message, transfer);
    }

    /** @param {any} data */
    #fromWorker(data) {
        if (data.type === 'status') this.#takeStatus(data);
        else if (data.type === 'link') this.#takeLink(data);
        else if (data.type === 'message') this.#takeMessage(data.message);
        else if (data.type === 'bad_frame')
            this.say('notice', {
                code: 'FEED-FORMAT',
                text:
                    `The feed sends what this page cannot read (${data.what}). ` +
                    'Traces are off. Reload the page.',
            });
    }

    /** @param {import('./types.js').FeedStatus} status */
    #takeStatus(status) {
        if (status.room !== this.shown) return;
        const agreed = this.caseAgrees;
        this.status = status;
        const now = performance.now();
        if (agreed !== this.caseAgrees) this.#judge(); /* name, traces and numbers go together */
        if (this.caseAgrees || now - this.rooms_asked_ms < 1000) return;
        this.rooms_asked_ms = now;
        api.get('/api/rooms')
            .then((a) => this.#takeRooms(a.rooms))
            .catch(() => {});
    }

    /** @param {{state: string, attempt: number, retry_at_ms: number}} link */
    #takeLink(link) {
        const opened = link.state === 'open' && this.link.state !== 'open';
        const lost = this.link.state === 'open' && link.state !== 'open';
        this.link = link;
        if (link.state === 'open') this.ever_open = true;
        /* also the first time: what changed since the first snapshot was told to nobody */
        if (opened) this.snapshot().catch(() => {});
        /* the session may have ended: then the login is the answer, not "try again" */
        if (lost || link.state === 'waiting') api.get('/api/me').catch(() => {});
        this.say('link');
        this.#judge();
    }

    /** @param {any} m */
    #takeMessage(m) {
        switch (m.type) {
            case 'room':
                return this.#takeRooms([m.room && typeof m.room === 'object' ? m.room : m]);
            case 'worklist':
                return this.takeStudies(m.version, m.studies, m.moved ?? []);
            case 'measurement':
                return this.say('measurement', m.measurement ?? m);
            case 'beat':
            case 'reading':
                return this.#takeReading(m);
            case 'marks':
                return this.#takeMarks(m.room, m.marks);
            case 'notice':
                if (m.code === 'NOT_SAVED') this.not_saved_ms = performance.now();
                if (m.code === 'SAVED_AGAIN') this.not_saved_ms = -Infinity;
                if (m.code === 'MODE' || m.code === 'DRIFT') this.#forget();
                return this.say('notice', m);
            case 'state':
            case 'derived':
            case 'finding':
                return this.say(m.type, m);
        }
    }

    /** Another mode: what is shown may no longer be shown. Everything is asked anew. */
    #forget() {
        this.say('mode');
        this.snapshot().catch(() => {});
        api.get('/api/me')
            .then((me) => {
                if (this.me) this.me = me;
                this.say('me');
            })
            .catch(() => {});
    }

    /** @param {any} m a beat or a reading, which knows the site that its channel has now */
    #takeReading(m) {
        const room = this.rooms.get(m.room);
        const channel = room?.channels.find((c) => c.channel === m.channel);
        if (room && channel && m.site && channel.site !== m.site) {
            this.sites.set(`${room.room} ${room.epoch} ${m.channel}`, m.site);
            this.#takeRooms([room]);
        }
        this.say('reading', m);
    }

    /** @param {import('./types.js').Room} room */
    #withSites(room) {
        const channels = room.channels.map((c) => ({
            ...c,
            site: this.sites.get(`${room.room} ${room.epoch} ${c.channel}`) ?? c.site,
        }));
        return { ...room, channels };
    }

    /** @param {import('./types.js').Room[]} rooms */
    #takeRooms(rooms) {
        for (const room of rooms) this.rooms.set(room.room, this.#withSites(room));
        if (!this.rooms.has(this.shown)) {
            const wanted = Number(localStorage.getItem(ROOM_KEY));
            this.shown = this.rooms.has(wanted) ? wanted : ([...this.rooms.keys()].sort()[0] ?? 0);
        }
        this.#tell({ type: 'rooms', rooms: [...this.rooms.values()] });
        this.#tell({ type: 'room', room: this.shown });
        this.say('rooms');
        this.#askNow();
    }

    /** Marks and states that last belong to an epoch: asked whenever another one is shown. */
    #askNow() {
        const { room } = this;
        const key = room?.epoch ? `${room.room} ${room.epoch}` : '';
        if (!room || !key || key === this.now_key) return;
        this.now_key = key;
        api.get(`/api/rooms/${room.room}/now`)
            .then(({ marks, states }) => {
                if (this.now_key !== key) return;
                this.#takeMarks(room.room, marks);
                for (const state of states) this.say('state', state);
            })
            .catch(() => {
                this.now_key = '';
            });
    }

    /** @param {number} room @param {import('./types.js').Mark[]} marks */
    #takeMarks(room, marks) {
        this.marks.set(room, marks);
        this.say('marks');
    }

    /** @param {number} version @param {import('./types.js').Study[]} studies
     * @param {number[]} moved */
    takeStudies(version, studies, moved) {
        if (version < this.worklist_version) return;
        this.worklist_version = version;
        this.studies = studies;
        this.say('studies', { moved });
    }

    #facts() {
        const { status } = this;
        return {
            socket_open: this.connected,
            ever_open: this.ever_open,
            idle_ms: status?.idle_ms ?? null,
            delay_ms: status?.delay_ms ?? null,
            since_start_ms: performance.now() - this.since_ms,
            origin: this.room?.origin ?? 'live',
            frozen: this.frozen_ms > 0,
        };
    }

    #judge() {
        this.feed = feedState(this.#facts());
        document.body.dataset.feedState = this.feed;
        document.body.dataset.origin = this.room?.origin ?? 'live';
        this.say('feed');
    }
}
