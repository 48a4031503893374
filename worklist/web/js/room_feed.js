// @ts-check
/* room_feed.js - what has arrived of one room: a ring per channel and the playout clock.
 * Bound to one epoch and one case: another one wipes everything, so no trace crosses a change of
 * patient. Pure but for the rings' memory; the clock is an argument. */
import { SampleRing } from './ring.js';
import { Playout } from './playout.js';

const HOLD_S = 64;
const RING_MAX = 1 << 19;

/** @typedef {{ring: SampleRing, ticks_per_sample: number, scale: number, offset: number,
 *   newest_ms: number}} Source */

export class RoomFeed {
    /** @param {import('./types.js').Room} room */
    constructor(room) {
        this.room = room;
        this.epoch = room.epoch;
        this.case = room.case;
        this.playout = new Playout();
        /** @type {Map<number, Source>} */ this.sources = new Map();
        this.anchor = { tick: 0, at_ms: NaN }; /* UTC of a tick, from the newest frame */
        this.wipe(room.epoch, room.case);
    }

    /** @param {import('./types.js').Room} room */
    describe(room) {
        this.room = room;
        this.wipe(room.epoch, room.case);
    }

    /** @param {number} epoch @param {number} case_number */
    wipe(epoch, case_number) {
        this.epoch = epoch;
        this.case = case_number;
        this.sources.clear();
        this.playout.reset(this.room.base_rate_hz, this.room.speed_percent || 100);
    }

    get ticks_per_s() {
        return this.playout.ticks_per_ms * 1000;
    }

    /** @param {import('./frame.js').Frame} frame @param {number} now_ms
     * @returns {boolean} true when the frame began another epoch or case */
    push(frame, now_ms) {
        const changed = frame.epoch !== this.epoch || frame.case !== this.case;
        if (changed) this.wipe(frame.epoch, frame.case);
        for (const channel of frame.channels) {
            const source = this.#source(channel);
            source.scale = channel.scale;
            source.offset = channel.offset;
            source.newest_ms = now_ms;
            const first = Math.floor(frame.first_tick / channel.ticks_per_sample);
            source.ring.write(first, channel.samples);
        }
        this.anchor = { tick: frame.first_tick, at_ms: frame.at_ms };
        this.playout.arrived(frame.next_tick, now_ms);
        return changed;
    }

    /** @param {number} tick UTC of a tick, by the feed's own clock */
    atMs(tick) {
        return this.anchor.at_ms + ((tick - this.anchor.tick) * 1000) / this.room.base_rate_hz;
    }

    /** How old the drawn tick is. In real time against the server's clock; a replay has no "now",
     * so there only a growing delay can be seen.
     * @param {number} tick @param {number} now_ms @param {number} server_now_ms */
    delayMs(tick, now_ms, server_now_ms) {
        const relative = this.playout.relativeDelayMs(tick, now_ms);
        const real_time = this.room.origin !== 'replay' && this.room.speed_percent === 100;
        const absolute = server_now_ms - this.atMs(tick);
        return real_time && absolute > 0 ? Math.max(absolute, relative) : relative;
    }

    /** @param {import('./frame.js').FrameChannel} channel @returns {Source} */
    #source(channel) {
        const known = this.sources.get(channel.channel);
        if (known && known.ticks_per_sample === channel.ticks_per_sample) return known;
        const hold = (HOLD_S * this.ticks_per_s) / channel.ticks_per_sample;
        const capacity = Math.min(RING_MAX, 2 ** Math.ceil(Math.log2(Math.max(64, hold))));
        const fresh = {
            ring: new SampleRing(capacity),
            ticks_per_sample: channel.ticks_per_sample,
            scale: channel.scale,
            offset: channel.offset,
            newest_ms: 0,
        };
        this.sources.set(channel.channel, fresh);
        return fresh;
    }
}
