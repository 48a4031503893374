import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trendOf } from '../../../worklist/web/js/trend.js';

const point = (s, site, mean) => ({
    site,
    at: new Date(s * 1000).toISOString(),
    values: { mean },
});

test('sites share the times, and a hole stays a hole', () => {
    const points = [0, 1, 2, 3, 30, 31].flatMap((s) => [point(s, 'AO', 90 + s), point(s, 'PA', 20)]);
    const { x, sites } = trendOf(points);
    assert.deepEqual(x, [0, 1, 2, 3, 4, 30, 31]);
    assert.deepEqual(sites[0].values, [90, 91, 92, 93, null, 120, 121]);
    assert.deepEqual(
        sites.map((s) => s.site),
        ['AO', 'PA'],
    );
});

test('a site that is no longer measured ends', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((s) => point(s, 'AO', 90));
    points.splice(1, 0, point(0, 'PCW', 12));
    const { sites } = trendOf(points);
    assert.equal(sites[1].values[0], 12);
    assert.equal(sites[1].values.at(-1), null);
});

test('the end-expiratory mean goes before the mean', () => {
    const p = point(0, 'PCW', 14);
    p.values.mean_endexp = 18;
    assert.equal(trendOf([p]).sites[0].values[0], 18);
});
