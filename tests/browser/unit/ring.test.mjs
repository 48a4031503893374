import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MISSING } from '../../../worklist/web/js/frame.js';
import { SampleRing } from '../../../worklist/web/js/ring.js';

const filled = (capacity, spans) => {
    const ring = new SampleRing(capacity);
    for (const [first, ...samples] of spans) ring.write(first, Int16Array.from(samples));
    return ring;
};
const read = (ring, from, to) => Array.from({ length: to - from }, (_, i) => ring.at(from + i));
const M = MISSING;

const cases = [
    [
        'in order',
        8,
        [
            [0, 1, 2],
            [2, 3, 4],
        ],
        0,
        [1, 2, 3, 4],
    ],
    [
        'a jump is a gap',
        8,
        [
            [0, 1, 2],
            [4, 5, 6],
        ],
        0,
        [1, 2, M, M, 5, 6],
    ],
    [
        'a late block fills its place',
        8,
        [
            [0, 1, 2],
            [4, 5, 6],
            [2, 3, 4],
        ],
        0,
        [1, 2, 3, 4, 5, 6],
    ],
    [
        'the newest wins',
        8,
        [
            [0, 1, 2],
            [1, 9],
        ],
        0,
        [1, 9],
    ],
    [
        'older than the ring is gone',
        4,
        [
            [0, 1, 2, 3, 4],
            [4, 5, 6],
        ],
        0,
        [M, M, 3, 4, 5, 6],
    ],
    [
        'a block longer than the ring keeps its end',
        4,
        [[0, 1, 2, 3, 4, 5, 6]],
        0,
        [M, M, 3, 4, 5, 6],
    ],
    [
        'a jump longer than the ring leaves no old sample',
        4,
        [
            [0, 1, 2, 3, 4],
            [100, 7],
        ],
        97,
        [M, M, M, 7],
    ],
    ['it may begin anywhere', 8, [[2 ** 40, 1, 2]], 2 ** 40 - 1, [M, 1, 2, M]],
    [
        'much too late is dropped',
        4,
        [
            [10, 1, 2, 3, 4],
            [0, 9, 9],
        ],
        10,
        [1, 2, 3, 4],
    ],
];
for (const [what, capacity, spans, from, want] of cases) {
    test(what, () =>
        assert.deepEqual(read(filled(capacity, spans), from, from + want.length), want),
    );
}

test('reset forgets everything', () => {
    const ring = filled(4, [[0, 1, 2]]);
    ring.reset();
    assert.deepEqual(read(ring, 0, 2), [M, M]);
    assert.equal(ring.end, -1);
});

test('a capacity that is no power of two is refused', () => {
    assert.throws(() => new SampleRing(100), RangeError);
});

test('any cut of the same samples gives the same ring', () => {
    let seed = 1;
    const random = (n) => {
        seed = (seed * 48271) % 2147483647;
        return seed % n;
    };
    for (let round = 0; round < 200; round++) {
        const whole = Array.from({ length: 50 }, () => random(1000));
        const a = filled(32, [[0, ...whole]]);
        const spans = [];
        for (let at = 0; at < 50;) {
            const n = 1 + random(9);
            spans.push([at, ...whole.slice(at, at + n)]);
            at += n;
        }
        assert.deepEqual(read(a, 0, 50), read(filled(32, spans), 0, 50));
    }
});
