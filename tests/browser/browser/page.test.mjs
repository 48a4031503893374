/* page.test.mjs - every check against the page as it is. */
import { after, test } from 'node:test';
import { closeBrowser, run } from './check.mjs';
import { checks as confirm } from './checks_confirm.mjs';
import { checks as feed } from './checks_feed.mjs';
import { checks as look } from './checks_look.mjs';
import { checks as worklist } from './checks_worklist.mjs';

after(closeBrowser);
for (const check of [...confirm, ...worklist, ...feed, ...look]) {
    test(`${check.id} ${check.title}`, () => run(check));
}
