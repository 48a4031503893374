/* page.test.mjs - every check against the page as it is. */
import os from 'node:os';
import { after, describe, test } from 'node:test';
import { all } from './all.mjs';
import { closeBrowser, run } from './check.mjs';

after(closeBrowser);
/* The bars of these are times: they run alone. On a machine busy with other work a miss says nothing,
 * so there, and only there, they are done once more; the same bars hold, and the first miss is printed.
 * All others wait for what they want to see, so two of them run at a time. */
const TIMED = ['A01', 'A08', 'A11', 'A12', 'A13', 'A14', 'A15', 'A15b', 'A19', 'ACK', 'DAY', 'SLOW'];
const isTimed = (check) => TIMED.includes(check.id);

async function runTimed(check) {
    try {
        await run(check);
    } catch (error) {
        if (os.loadavg()[0] <= os.cpus().length) throw error;
        console.log(`${check.id} again, load ${os.loadavg()[0]}: ${error.message.split('\n')[0]}`);
        await run(check);
    }
}

describe('checks that wait', { concurrency: 2 }, () => {
    for (const check of all.filter((c) => !isTimed(c)))
        test(`${check.id} ${check.title}`, () => run(check));
});
describe('checks of times', () => {
    for (const check of all.filter(isTimed))
        test(`${check.id} ${check.title}`, () => runTimed(check));
});
