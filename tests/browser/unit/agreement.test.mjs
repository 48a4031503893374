import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    changedShare,
    differences,
    nearness,
    runningSum,
} from '../../../worklist/web/js/agreement.js';

test('differences are decided less machine, oldest first, without the rejected', () => {
    const pairs = [
        { machine: 20, decided: 18, at: 'c' },
        { machine: 20, decided: null, at: 'b' },
        { machine: 20, decided: 23, at: 'a' },
    ];
    assert.deepEqual(differences(pairs), [3, -2]);
    assert.deepEqual(runningSum([3, -2, 4]), [3, 1, 5]);
});

test('the nearest of both limits counts, the share only with enough decisions', () => {
    const limits = { cusum: 5, share: 0.4, share_n: 20 };
    const g = { accepted: 4, adjusted: 3, rejected: 1, cusum_up: 1, cusum_down: 2.5 };
    assert.equal(changedShare(g), 0.5);
    assert.equal(nearness(g, limits), 0.5);
    assert.equal(nearness({ ...g, accepted: 16, adjusted: 15, rejected: 1 }, limits), 1.25);
});
