/* planted.test.mjs - every check catches its planted fault; no check is without one. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startFake } from '../fake_server.mjs';
import { all } from './all.mjs';
import { closeBrowser, run } from './check.mjs';
import { faults } from './faults.mjs';

after(closeBrowser);

test('every check has a planted fault', () => {
    const named = new Set(faults.map(([id]) => id));
    assert.deepEqual(
        all.map((c) => c.id).filter((id) => !named.has(id)),
        [],
    );
});

describe('planted faults', { concurrency: 2 }, () => {
    for (const [id, what, patch] of faults) {
        test(`${id} catches: ${what}`, async () => {
            const check = all.find((c) => c.id === id);
            await (
                await startFake({ patch })
            ).down(); /* throws when the fault no longer fits the page */
            let caught = null;
            await run(check, { patch }).catch((error) => {
                caught = error;
            });
            assert.ok(caught, 'the check passed on a faulty page');
            console.log(`  ${id}: ${String(caught.message).split('\n')[0]}`);
        });
    }
});
