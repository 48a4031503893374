// @ts-check
/* frame.js - binary live frames ("HMW1" of API.md) to plain values. Pure: bytes in, object out.
 *
 *     const frame = decodeFrame(buffer);   // throws FrameError when the bytes are not a frame
 *     for (const c of frame.channels) ring.write(c.first_sample, c.samples);
 * Samples are views into the buffer: copy what must outlive it. */

export const MAGIC = 0x31574d48;
export const MISSING = -32768;
const HEADER_BYTES = 48;
const CHANNEL_BYTES = 16;

export class FrameError extends Error {}

/** @typedef {{channel: number, ticks_per_sample: number, scale: number, offset: number,
 *   samples: Int16Array}} FrameChannel */
/** @typedef {{stream: number, epoch: number, case: number, first_tick: number, at_ms: number,
 *   room: number, channels: FrameChannel[], next_tick: number}} Frame */

/** @param {DataView} view @param {number} at */
function u64(view, at) {
    const value = Number(view.getBigUint64(at, true));
    if (!Number.isSafeInteger(value)) throw new FrameError(`number beyond 2^53 at byte ${at}`);
    return value;
}

/** @param {ArrayBuffer} buffer @param {DataView} view @param {number} at
 * @returns {{channel: FrameChannel, next: number}} */
function decodeChannel(buffer, view, at) {
    if (at + CHANNEL_BYTES > buffer.byteLength) throw new FrameError('cut within a channel header');
    const count = view.getUint16(at + 2, true);
    const first = at + CHANNEL_BYTES;
    const next = first + ((count * 2 + 3) & ~3);
    const ticks = view.getUint32(at + 4, true);
    if (next > buffer.byteLength) throw new FrameError('cut within the samples');
    if (ticks === 0) throw new FrameError('ticks_per_sample is 0');
    return {
        next,
        channel: {
            channel: view.getUint16(at, true),
            ticks_per_sample: ticks,
            scale: view.getFloat32(at + 8, true),
            offset: view.getInt32(at + 12, true),
            samples: new Int16Array(buffer, first, count),
        },
    };
}

/** @param {ArrayBuffer} buffer @returns {Frame} */
export function decodeFrame(buffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < HEADER_BYTES) throw new FrameError('shorter than its header');
    if (view.getUint32(0, true) !== MAGIC) throw new FrameError('wrong magic or version');
    const first_tick = u64(view, 24);
    /** @type {Frame} */
    const frame = {
        stream: view.getUint32(4, true),
        epoch: u64(view, 8),
        case: u64(view, 16),
        first_tick,
        at_ms: Number(view.getBigInt64(32, true) / 1000n) / 1000,
        room: view.getUint32(40, true),
        channels: [],
        next_tick: first_tick,
    };
    let at = HEADER_BYTES;
    for (let i = view.getUint16(44, true); i > 0; i--) {
        const { channel, next } = decodeChannel(buffer, view, at);
        frame.channels.push(channel);
        const end = first_tick + channel.samples.length * channel.ticks_per_sample;
        frame.next_tick = Math.max(frame.next_tick, end);
        at = next;
    }
    if (at !== buffer.byteLength) throw new FrameError('bytes behind the last channel');
    return frame;
}
