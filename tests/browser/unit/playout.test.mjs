import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Playout, PLAYOUT_MS_MAX, PLAYOUT_MS_MIN } from '../../../worklist/web/js/playout.js';

/** 20 ms messages of 1000 Hz, each `late(i)` ms late. */
function play(late, seconds = 4) {
    const playout = new Playout();
    playout.reset(1000, 100);
    let now = 0;
    for (let i = 1; i <= seconds * 50; i++) {
        now = i * 20 + late(i);
        playout.arrived(i * 20, now);
    }
    return { playout, now };
}

test('a steady feed is drawn 20-40 ms behind', () => {
    const { playout, now } = play(() => 5);
    const behind = playout.newest_tick - playout.head(now);
    assert.ok(behind >= PLAYOUT_MS_MIN && behind <= 40, `${behind} ms`);
    assert.equal(Math.round(playout.relativeDelayMs(playout.newest_tick, now)), 0);
});

test('jitter deepens the buffer, within its bound', () => {
    const { playout } = play((i) => (i % 7) * 9);
    assert.ok(playout.depth_ms() > 50 && playout.depth_ms() <= PLAYOUT_MS_MAX);
    assert.equal(play((i) => (i % 2) * 900).playout.depth_ms(), PLAYOUT_MS_MAX);
});

test('the head never runs beyond what arrived, and never back', () => {
    const { playout, now } = play(() => 0);
    assert.equal(playout.head(now + 5000), playout.newest_tick);
    assert.equal(playout.head(now - 1000), playout.newest_tick);
});

test('a delay that comes later is told, not learned', () => {
    const { playout, now } = play((i) => (i > 200 ? 1500 : 0), 10);
    const told = playout.relativeDelayMs(playout.head(now), now);
    assert.ok(told > 1450 && told < 1600, `${told} ms`);
});

test('a replay at 20x runs 20 ticks a millisecond', () => {
    const playout = new Playout();
    playout.reset(1000, 2000);
    for (let i = 1; i < 100; i++) playout.arrived(i * 400, i * 20);
    assert.ok(playout.newest_tick - playout.head(99 * 20) <= 40 * 20);
});

test('before the first sample there is nothing to draw', () => {
    const playout = new Playout();
    assert.equal(playout.head(0), -1);
    assert.equal(playout.idleMs(0), null);
});
