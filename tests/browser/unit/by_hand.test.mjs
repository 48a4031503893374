/* by_hand.test.mjs - the rule of beats and markers, with numbers (as worklist/by_hand.c). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByHand, median } from '../../../worklist/web/js/by_hand.js';

const v = (quantity, value) => ({ quantity, value });
const channel = {
    channel: 3, site: 'PCW', first_tick: 0, ticks_per_sample: 2, scale: 0.1, offset: 0,
    samples: Array.from({ length: 2000 }, (_, i) => i % 200),
};
function begin(values, beats = [0, 400, 800]) {
    const pulses = [0, 400, 800, 1200].map((tick, i) => ({ tick, values: { mean: 10 + i, v: 18 + i } }));
    const m = { values, machine_values: values, beats: beats.map((tick, n) => ({ tick, n })) };
    return new ByHand(m, { base_rate_hz: 500, channels: [channel], beats: [], pulses }, channel);
}

test('medians of odd, even and no numbers', () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1]), median([NaN])], [2, 2.5, null]);
});

test('the beats in use give the number; a mean over breaths stays', () => {
    const hand = begin([v('mean', 9), v('mean_endexp', 11), v('v', 19)]);
    assert.deepEqual(hand.values(), { mean_endexp: 11, v: 19 });
    hand.toggle(1200);
    hand.toggle(0);
    assert.equal(hand.changed, true);
    assert.deepEqual(hand.values(), { mean_endexp: 12, v: 20 });
    hand.toggle(0);
    hand.toggle(1200);
    assert.equal(hand.changed, false);
});

test('a marker begins where the trace has its value, and reads 24 ms around it', () => {
    const hand = begin([v('v', 19)], [400]);
    assert.equal(hand.marker.beat, 400);
    assert.ok(Math.abs(hand.pressure(hand.marker.tick) - 19) < 0.5);
    hand.place(hand.marker, 400 + 100); /* sample 250: 5 mmHg */
    assert.ok(Math.abs(hand.values().v - 5) < 0.05);
    assert.deepEqual(hand.body().hand, {
        used: [400],
        markers: [{ beat: 400, quantity: 'v', tick: 500 }],
    });
});
