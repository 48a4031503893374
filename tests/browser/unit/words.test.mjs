import assert from 'node:assert/strict';
import { test } from 'node:test';
import { badgeText, feedState } from '../../../worklist/web/js/feed_state.js';
import { LiveNumbers } from '../../../worklist/web/js/live_numbers.js';
import { makeHash, parseHash } from '../../../worklist/web/js/router.js';
import { accessibleName, conflictText, doubts, headline } from '../../../worklist/web/js/values.js';
import {
    attention,
    isAcknowledged,
    keepPlace,
    movedStudies,
    MoveGuard,
} from '../../../worklist/web/js/worklist_model.js';
import { measurement, rooms, studies } from '../fake_data.mjs';

const facts = {
    socket_open: true,
    ever_open: true,
    idle_ms: 10,
    delay_ms: 50,
    since_start_ms: 9000,
    origin: 'live',
    frozen: false,
};
for (const [more, state, badge] of [
    [{}, 'live', 'LIVE 0.05 s'],
    [{ delay_ms: 700 }, 'live', 'LIVE 0.7 s'],
    [{ delay_ms: 1400 }, 'delayed', 'DELAYED 1.4 s'],
    [{ idle_ms: 1000 }, 'delayed', 'DELAYED 1.0 s'],
    [{ idle_ms: 2000 }, 'stale', 'NO DATA 2.0 s'],
    [{ idle_ms: null, since_start_ms: 4000 }, 'connecting', 'CONNECTING'],
    [{ idle_ms: null }, 'stale', 'NO DATA'],
    [{ socket_open: false }, 'disconnected', 'DISCONNECTED'],
    [{ socket_open: false, ever_open: false, since_start_ms: 100 }, 'connecting', 'CONNECTING'],
    [{ frozen: true }, 'frozen', 'FROZEN, feed 0.05 s'],
    [{ frozen: true, idle_ms: 2500 }, 'stale', 'NO DATA 2.5 s'],
    [{ origin: 'replay' }, 'replay', 'REPLAY 0.05 s'],
    [{ origin: 'replay', idle_ms: 3000 }, 'stale', 'NO DATA 3.0 s'],
]) {
    test(`${JSON.stringify(more)} is ${state}: ${badge}`, () => {
        const f = { ...facts, ...more };
        assert.equal(feedState(f), state);
        assert.equal(badgeText(feedState(f), f), badge);
    });
}

const room = rooms('live', 100)[0];
test('a measurement is named with its state', () => {
    const m = measurement(room, 'PCW');
    assert.match(
        accessibleName(m),
        /^PCW mean, end-expiration 18 mmHg, mean 14 mmHg, .*suggested, not confirmed$/,
    );
    assert.equal(headline(m.values).main, '18');
    assert.equal(headline(measurement(room, 'AO').values).main, '124/71');
    assert.equal(headline([]).main, '- - -');
    assert.equal(headline([{ quantity: 'mean', value: -3 }]).main, '−3');
});

test('what changed while one looked is said', () => {
    const m = measurement(room, 'PCW');
    const now = structuredClone(m);
    now.values[0].value = 16;
    now.by = 'MR';
    assert.match(
        conflictText(m, now),
        /^PCW changed from 18 to 16 \(MR, .*\) while you looked\. Nothing was saved\./,
    );
    assert.match(conflictText(m, { ...m, state: 'accepted', by: 'MR' }), /^PCW was confirmed \(MR/);
});

test('doubts', () => {
    assert.deepEqual(doubts(measurement(room, 'AO')), []);
    assert.equal(doubts(measurement(room, 'AO', { quality: 0.49 })).length, 1);
    assert.deepEqual(doubts(measurement(room, 'AO', { beats: [] })), ['no beats named']);
    const upside = measurement(room, 'AO');
    upside.values[0].value = 60;
    assert.deepEqual(doubts(upside), ['diastolic above systolic']);
});

test('numbers: a state blanks, an old one goes, NO_PULSE keeps the mean', () => {
    const n = new LiveNumbers();
    const values = [
        { quantity: 'systolic', value: 120 },
        { quantity: 'diastolic', value: 70 },
        { quantity: 'mean', value: 90 },
    ];
    n.take({ type: 'reading', channel: 1, values, tick: 5 });
    const main = (age = 0, current = true) => n.shown(1, current, () => age).main;
    assert.equal(main(), '120/70');
    assert.equal(main(12001), '- - -');
    assert.equal(main(0, false), '- - -');
    n.takeState({ channel: 1, state: 'DAMPED', began: true, text: 'waveform damped' });
    assert.equal(main(), '- - -');
    n.takeState({ channel: 1, state: 'DAMPED', began: false });
    n.takeState({ channel: 1, state: 'NO_PULSE', began: true, text: 'no pulse' });
    assert.equal(main(), '90');
    n.take({ type: 'beat', channel: 1, values: [], tick: 6 });
    assert.equal(main(), '90', 'a single beat does not replace the running average');
});

test('the address says what is seen, and nonsense falls back to Live', () => {
    for (const [view, id, query] of [
        ['live', 2, { m: 'ab' }],
        ['worklist', null, { study: 4 }],
        ['audit', null, {}],
    ]) {
        const back = parseHash(makeHash(view, id, query));
        assert.deepEqual(
            [back.view, back.id, Object.fromEntries(back.query)],
            [view, id, Object.fromEntries(Object.entries(query).map(([k, v]) => [k, String(v)]))],
        );
    }
    assert.equal(parseHash('#/<script>/1e9').view, 'live');
    assert.equal(parseHash('#/live/1e9').id, null);
});

test('the list: who moved, who waits, what a guard refuses', () => {
    assert.deepEqual(movedStudies([1, 2, 3], [3, 1, 2]), [3, 1, 2]);
    assert.deepEqual(movedStudies([1, 2, 3], [1, 3, 2]), [3, 2]);
    assert.deepEqual(movedStudies([1, 2], [1, 2, 3]), []);
    const all = studies();
    Object.assign(all[3], { tier: 'urgent', changed_at: '2026-01-01T10:00:00.000Z' });
    assert.deepEqual(
        attention(all).map((s) => s.study),
        [4],
    );
    all[3].acknowledged_at = '2026-01-01T10:01:00.000Z';
    assert.deepEqual(attention(all), []);
    all[3].changed_at = '2026-01-01T10:02:00.000Z';
    assert.equal(isAcknowledged(all[3]), false, 'worse again raises it again');
    const guard = new MoveGuard();
    guard.moved([4], 1000);
    assert.deepEqual(
        [guard.allows(4, 1399), guard.allows(4, 1400), guard.allows(5, 1001)],
        [false, true, true],
    );
});

test('the anchor keeps its place on the glass, whatever the list can scroll', () => {
    for (let from = 0; from < 11; from++)
        for (let to = 0; to < 11; to++)
            for (const scroll_px of [0, 52, 150]) {
                const move = {
                    from,
                    to,
                    row_px: 52,
                    scroll_px,
                    pad_px: 0,
                    view_px: 400,
                    content_px: 572,
                };
                const k = keepPlace(move);
                assert.equal(k.pad_px + to * 52 - k.scroll_px, from * 52 - scroll_px);
                assert.ok(
                    k.scroll_px >= 0 &&
                        k.scroll_px <= Math.max(172, 572 + k.pad_px + k.tail_px - 400),
                );
            }
});
