import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame, FrameError, MISSING } from '../../../worklist/web/js/frame.js';
import { frame, value } from '../waves.mjs';

const bytes = (more = {}) => {
    const buffer = frame({
        room: 2,
        stream: 7,
        epoch: 2 ** 32 + 9,
        case_number: 2 ** 40 + 3,
        first_tick: 2 ** 33,
        count: 10,
        at_ms: 1700000000123.5,
        ...more,
    });
    return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);
};

test('a frame decodes to what was put in, counters beyond 32 bits too', () => {
    const f = decodeFrame(bytes());
    assert.deepEqual([f.room, f.stream, f.epoch, f.case], [2, 7, 2 ** 32 + 9, 2 ** 40 + 3]);
    assert.equal(f.first_tick, 2 ** 33);
    assert.equal(f.next_tick, 2 ** 33 + 10);
    assert.equal(f.at_ms, 1700000000123.5);
    assert.deepEqual(
        f.channels.map((c) => c.samples.length),
        [10, 5, 5, 5, 5],
    );
    const ao = f.channels[1];
    const got = (ao.samples[3] - ao.offset) * ao.scale;
    assert.ok(Math.abs(got - value('AO', 2 ** 33 + 6)) <= 0.026);
});

test("MISSING is the wire's -32768", () => assert.equal(MISSING, -32768));

test('every cut and every false header is refused, never read beyond its end', () => {
    const whole = bytes();
    for (let n = 0; n < whole.byteLength; n++) {
        assert.throws(() => decodeFrame(whole.slice(0, n)), FrameError, `cut at ${n}`);
    }
    const longer = new ArrayBuffer(whole.byteLength + 4);
    new Uint8Array(longer).set(new Uint8Array(whole));
    assert.throws(() => decodeFrame(longer), /behind the last channel/);
    const edits = [
        [0, 0, /magic/],
        [52, 0, /ticks_per_sample is 0/],
        [14, 0x7f, /beyond 2\^53/],
        [44, 200, /cut within/],
    ];
    for (const [at, byte, words] of edits) {
        const copy = whole.slice(0);
        const view = new Uint8Array(copy);
        view[at] = byte;
        assert.throws(() => decodeFrame(copy), words);
    }
});
