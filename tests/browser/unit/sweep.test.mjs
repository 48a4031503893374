import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MISSING } from '../../../worklist/web/js/frame.js';
import { SampleRing } from '../../../worklist/web/js/ring.js';
import {
    pxPerSecond,
    runsOf,
    sheetStart,
    strips,
    xAt,
    yAt,
} from '../../../worklist/web/js/sweep.js';

const lane = { channel: 0, top: 100, height: 101, low: 0, high: 200, colour: '' };

test('paper speed', () => assert.deepEqual([25, 50, 100].map(pxPerSecond), [100, 200, 400]));

test('time to x wraps at the edge', () => {
    assert.equal(xAt(0, 100, 800), 0);
    assert.equal(xAt(7.99, 100, 800), 799);
    assert.equal(xAt(8, 100, 800), 0);
    assert.equal(xAt(-1, 100, 800), 700);
});

for (const [mmhg, y, over] of [
    [0, 200.5, 0],
    [200, 100.5, 0],
    [100, 150.5, 0],
    [201, 100.5, 1],
    [-5, 200.5, -1],
]) {
    test(`${mmhg} mmHg lies at ${y}, over ${over}`, () =>
        assert.deepEqual(yAt(mmhg, lane), { y, over }));
}

for (const [from, to, want] of [
    [1, 2, [{ x: 100, width: 100 }]],
    [
        7,
        9,
        [
            { x: 700, width: 100 },
            { x: 0, width: 100 },
        ],
    ],
    [3, 30, [{ x: 0, width: 800 }]],
    [2, 2, []],
    [2, 1, []],
])
    test(`strips ${from}-${to} s`, () => assert.deepEqual(strips(from, to, 100, 800), want));

test('runs never cross a missing sample, and what is missing is a gap', () => {
    const M = MISSING;
    const ring = new SampleRing(16);
    ring.write(0, Int16Array.from([1, 2, M, M, 5, M, 7]));
    assert.deepEqual(runsOf(ring, 0, 7, M), {
        runs: [
            [0, 2],
            [4, 5],
            [6, 7],
        ],
        gaps: [
            [2, 4],
            [5, 6],
        ],
    });
    assert.deepEqual(runsOf(ring, 0, 1, M), { runs: [[0, 1]], gaps: [] });
    assert.deepEqual(runsOf(ring, 2, 4, M), { runs: [], gaps: [[2, 4]] });
    assert.deepEqual(runsOf(ring, 3, 3, M), { runs: [], gaps: [] });
});

test('runs and gaps of any pattern cover the span once', () => {
    for (let pattern = 0; pattern < 256; pattern++) {
        const ring = new SampleRing(8);
        const bits = Array.from({ length: 8 }, (_, i) => (pattern >> i) & 1);
        ring.write(0, Int16Array.from(bits.map((b) => (b ? 1 : MISSING))));
        const { runs, gaps } = runsOf(ring, 0, 8, MISSING);
        const seen = Array(8).fill(-1);
        for (const [a, b] of runs) for (let n = a; n < b; n++) seen[n] = seen[n] === -1 ? 1 : 9;
        for (const [a, b] of gaps) for (let n = a; n < b; n++) seen[n] = seen[n] === -1 ? 0 : 9;
        assert.deepEqual(seen, bits);
    }
});

test('a new sheet keeps the bar free', () => {
    assert.equal(sheetStart(100, 100, 824), 92);
    assert.equal(sheetStart(2, 100, 824), 0);
});
