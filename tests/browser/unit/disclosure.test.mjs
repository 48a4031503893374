import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    caliperText,
    clampView,
    levelFor,
    piecesOf,
    pyramid,
    tickAt,
    tickMs,
    zoomView,
} from '../../../worklist/web/js/disclosure_model.js';

const epoch = {
    stream: 1,
    epoch: 7,
    began_at: '2026-03-02T10:00:00.000Z',
    first_tick: 500,
    newest_tick: 500 + 500 * 86400,
    base_rate_hz: 500,
    origin: 'live',
    speed_percent: 100,
    channels: [],
};

test('ticks and times are the same thing', () => {
    assert.equal(tickMs(epoch, 500), Date.parse(epoch.began_at));
    assert.equal(tickMs(epoch, 1000) - tickMs(epoch, 500), 1000);
    assert.equal(tickAt(epoch, tickMs(epoch, 123456)), 123456);
});

test('no spike and no gap is lost on the way up', () => {
    const low = Array.from({ length: 600 }, () => 10);
    const high = [...low];
    high[433] = 90;
    for (let i = 100; i < 140; i++) low[i] = high[i] = null;
    const levels = pyramid({ scale: 0.5, offset: 0, low, high });
    assert.deepEqual(
        levels.map((l) => l.bucket_s),
        [1, 4, 16, 64, 256, 1024],
    );
    for (const l of levels) assert.equal(Math.max(...l.high.filter((v) => !Number.isNaN(v))), 45);
    assert.ok(Number.isNaN(levels[1].low[26]));
    assert.ok(Number.isNaN(levels[2].low[7]));
    assert.equal(levels[3].low[1], 5);
});

test('hours of a channel on a screen are some hundreds of bars, never many thousands', () => {
    for (const hours of [0.1, 1, 6, 24]) {
        const bars = (hours * 3600) / 4 ** levelFor(hours * 3600e3, 1300);
        assert.ok(bars <= 2600 && bars > 300, `${hours} h: ${bars} bars`);
    }
});

test('the view stays in the case, and zoom keeps what is under the pointer', () => {
    const span = { from_ms: 1000, to_ms: 61000 };
    assert.deepEqual(clampView({ t0_ms: -5, span_ms: 1e9 }, span), { t0_ms: 1000, span_ms: 60000 });
    assert.deepEqual(clampView({ t0_ms: 60000, span_ms: 5000 }, span), {
        t0_ms: 56000,
        span_ms: 5000,
    });
    const out = zoomView({ t0_ms: 10000, span_ms: 10000 }, 2, 0.25);
    assert.equal(out.t0_ms + 0.25 * out.span_ms, 12500);
});

test('pieces: the middle first, one more at each side, none outside', () => {
    const at = Date.parse(epoch.began_at) + 3600e3;
    const found = piecesOf(epoch, { t0_ms: at, span_ms: 1800e3 }, 600);
    assert.deepEqual(
        [...found].sort((a, b) => a - b),
        [5, 6, 7, 8, 9, 10],
    );
    assert.equal(found[0], 7);
    const early = piecesOf(epoch, { t0_ms: at - 7200e3, span_ms: 3600e3 }, 600);
    assert.ok(early.every((k) => k >= 0));
});

test('calipers say a rate where it can be one', () => {
    assert.equal(caliperText(0, 800), 'Δ 800 ms = 75 /min');
    assert.equal(caliperText(5000, 20000), 'Δ 0:15');
    assert.equal(caliperText(0, 100), 'Δ 100 ms');
});
