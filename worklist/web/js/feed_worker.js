// @ts-check
/* feed_worker.js - the worker that holds the socket and draws the traces, so that a busy page can
 * neither delay nor freeze them. The page sends: connect, close, retry, room, rooms, canvas, sheet,
 * freeze, beat. The page gets: message (text of the server), link, status (10 a second). */
import { decodeFrame, FrameError } from './frame.js';
import { RoomFeed } from './room_feed.js';
import { Link } from './socket.js';
import { SweepPainter } from './sweep_painter.js';

const STATUS_MS = 100;
const DRAWN_MS = 250;
const HEARTBEAT_MS = 2500; /* timers of a page in the background run once a second */

const worker = /** @type {any} */ (self);

class FeedWorker {
    constructor() {
        /** @type {Link | null} */ this.link = null;
        /** @type {Map<number, RoomFeed>} */ this.feeds = new Map();
        /** @type {SweepPainter | null} */ this.painter = null;
        this.shown = 0;
        this.frozen_head = -1; /* the tick at which the picture stands still; -1: it runs */
        this.visible = true;
        this.clock_offset_ms = 0; /* server's clock minus this one's */
        this.page_beat_ms = performance.now();
        setInterval(() => this.status(), STATUS_MS);
        setInterval(() => this.acknowledge(), DRAWN_MS);
        const frame = () => {
            this.draw();
            worker.requestAnimationFrame(frame);
        };
        worker.requestAnimationFrame(frame);
    }

    get feed() {
        return this.feeds.get(this.shown);
    }

    /** @param {any} m */
    handle(m) {
        switch (m.type) {
            case 'connect':
                return this.connect(m.url);
            case 'close':
                return this.close();
            case 'retry':
                return this.link?.retry();
            case 'rooms':
                return this.describe(m.rooms);
            case 'room':
                return this.show(m.room);
            case 'canvas':
                return this.mount(m.canvas);
            case 'sheet':
                return this.painter?.setSheet(m.sheet);
            case 'freeze':
                return this.freeze(m.on);
            case 'beat':
                this.page_beat_ms = performance.now();
                this.visible = m.visible;
        }
    }

    /** @param {string} url */
    connect(url) {
        this.link?.close();
        this.link = new Link(url, {
            text: (message) => this.text(message),
            binary: (buffer) => this.binary(buffer),
            state: (state) => {
                worker.postMessage({ type: 'link', ...state });
                if (state.state === 'open') this.subscribe();
            },
        });
    }

    close() {
        this.link?.close();
        this.link = null;
        this.feeds.clear();
    }

    subscribe() {
        if (this.shown) this.link?.send({ type: 'subscribe', rooms: [this.shown] });
    }

    /** @param {any} message */
    text(message) {
        if (message.type === 'hello') {
            this.clock_offset_ms = Date.parse(message.server_time) - Date.now();
        }
        worker.postMessage({ type: 'message', message, at_ms: Date.now() });
    }

    /** @param {ArrayBuffer} buffer */
    binary(buffer) {
        try {
            const frame = decodeFrame(buffer);
            const feed = this.feeds.get(frame.room);
            if (!feed) return;
            if (feed.push(frame, performance.now()) && this.painter)
                this.painter.stale_sheet = true;
        } catch (error) {
            if (!(error instanceof FrameError)) throw error;
            worker.postMessage({ type: 'bad_frame', what: error.message });
        }
    }

    /** @param {import('./types.js').Room[]} rooms */
    describe(rooms) {
        for (const room of rooms) {
            const feed = this.feeds.get(room.room);
            if (!feed) this.feeds.set(room.room, new RoomFeed(room));
            else if (differs(feed.room, room)) feed.describe(room);
            else feed.room = room;
        }
    }

    /** @param {number} room */
    show(room) {
        if (room === this.shown) return;
        this.shown = room;
        const feed = this.feed;
        if (feed) this.feeds.set(room, new RoomFeed(feed.room)); /* what it held is old */
        this.subscribe();
        if (this.painter) this.painter.stale_sheet = true;
    }

    /** @param {OffscreenCanvas} canvas */
    mount(canvas) {
        const context = canvas.getContext('2d', { alpha: false });
        this.painter = new SweepPainter(/** @type {OffscreenCanvasRenderingContext2D} */ (context));
    }

    /** @param {boolean} on */
    freeze(on) {
        this.frozen_head = on ? (this.feed?.playout.last_head ?? -1) : -1;
        if (!on && this.painter) this.painter.stale_sheet = true;
    }

    draw() {
        const { feed, painter } = this;
        if (!painter || !feed) return;
        const now = performance.now();
        if (this.visible && now - this.page_beat_ms > HEARTBEAT_MS) {
            return painter.pageStuck();
        }
        const head = feed.playout.head(now);
        if (head < 0) return painter.stale_sheet ? painter.blank() : undefined;
        const still = this.frozen_head >= 0;
        if (still && !painter.stale_sheet) return;
        const tick = still ? this.frozen_head : head;
        painter.step((channel) => feed.sources.get(channel), tick, feed.ticks_per_s);
    }

    acknowledge() {
        const { feed } = this;
        if (!feed || feed.playout.last_head < 0) return;
        this.link?.send({ type: 'drawn', room: this.shown, tick: feed.playout.last_head });
    }

    status() {
        const { feed } = this;
        if (!feed) return;
        const now = performance.now();
        const { playout } = feed;
        if (!this.painter) playout.head(now);
        const head = playout.last_head;
        /** @type {Record<number, number>} */ const lane_idle_ms = {};
        for (const [channel, s] of feed.sources) lane_idle_ms[channel] = now - s.newest_ms;
        const server_now = Date.now() + this.clock_offset_ms;
        worker.postMessage({
            type: 'status',
            room: this.shown,
            epoch: feed.epoch,
            case: feed.case,
            newest_tick: playout.newest_tick,
            head_tick: head,
            idle_ms: playout.idleMs(now),
            delay_ms: head < 0 ? null : feed.delayMs(head, now, server_now),
            newest_at_ms: head < 0 ? null : feed.atMs(playout.newest_tick),
            lane_idle_ms,
            clock_off_ms: this.clock_offset_ms,
        });
    }
}

/** @param {import('./types.js').Room} a @param {import('./types.js').Room} b */
function differs(a, b) {
    return (
        a.epoch !== b.epoch ||
        a.case !== b.case ||
        a.base_rate_hz !== b.base_rate_hz ||
        a.speed_percent !== b.speed_percent ||
        a.stream !== b.stream
    );
}

const feed_worker = new FeedWorker();
worker.onmessage = (/** @type {MessageEvent} */ event) => feed_worker.handle(event.data);
