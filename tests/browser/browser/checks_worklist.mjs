/* checks_worklist.mjs - the list moves by itself and never under a finger (A08-A10, A12). */
import assert from 'node:assert/strict';
import { logIn, openPage } from '../chromium.mjs';
import { pixels, quantile, sleep, text, until } from './check.mjs';

const WHY = 'AO mean 74 -> 52 mmHg in 90 s; FALLING_BP rules 1; beats 81-96; q 0.96';
const rows = (page) =>
    page.$$eval('[data-testid=study-row]', (all) =>
        all.map((r) => ({
            study: Number(r.dataset.study),
            y: r.getBoundingClientRect().y,
            height: r.getBoundingClientRect().height,
        })),
    );
function redPixels(data) {
    let red = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i] > 150 && data[i + 1] < 130) red += 1;
    return red;
}

/** Words and picture of the strips of a study. */
async function evidence(page) {
    const said = await page.$eval('.evidence', (e) => e.textContent);
    const pair = page.locator('[data-testid=evidence]');
    return {
        said: said.replace('The beats behind it', ''),
        picture: await pair.screenshot(),
        red: await pixels(page, pair, redPixels),
    };
}

const FULL_WHY = 'AO mean 74 -> 52 mmHg in 90 s (-30 %); FALLING_BP rules 3; 16 beats; q 0.96';
const shown = (page) => page.waitForSelector('[data-testid=study-row]');

/** Waits inside the page, so that the time is the page's own. */
const firstIs = (page, study) =>
    page.waitForFunction(
        (s) => {
            const all = [...document.querySelectorAll('[data-testid=study-row]')];
            return all[0].dataset.study === String(s);
        },
        study,
        { polling: 10, timeout: 3000 },
    );

export const checks = [
    {
        id: 'A08',
        title: 'a reorder is seen within 1 s (p95 of 50)',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            const taken = [];
            for (let i = 0; i < 50; i++) {
                const study = 3 + (i % 7);
                const at = Date.now();
                fake.move(study, 1, 'urgent', WHY);
                await firstIs(page, study);
                taken.push(Date.now() - at);
            }
            assert.ok(quantile(taken, 0.95) <= 1000, `p95 ${quantile(taken, 0.95)} ms`);
            assert.match(await text(page, '[data-testid=tray]'), /AO mean 74 → 52 mmHg in 90 s/);
        },
    },
    {
        id: 'A09',
        title: '20 reorders: no layout shift, same heights, focused row stays in place',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            await page.evaluate(() => {
                window.cls = 0;
                new PerformanceObserver((list) => {
                    for (const e of list.getEntries()) window.cls += e.value;
                }).observe({ type: 'layout-shift', buffered: false });
            });
            await page.focus('[data-study="6"][data-testid=study-row]');
            const y = () => page.evaluate(() => document.activeElement.getBoundingClientRect().y);
            const before = await y();
            await sleep(3100);
            for (let i = 0; i < 20; i++) {
                fake.move(
                    [6, 2, 9, 4][i % 4],
                    1 + ((i * 5) % 11),
                    i % 3 ? 'urgent' : 'critical',
                    WHY,
                );
                await sleep(60);
                assert.equal(await page.evaluate(() => document.activeElement.dataset.study), '6');
                assert.ok(
                    Math.abs((await y()) - before) <= 1,
                    `row moved from ${before} to ${await y()}`,
                );
            }
            const order = (await rows(page)).map((r) => r.study);
            const want = [...fake.studies]
                .sort((a, b) => a.position - b.position)
                .map((s) => s.study);
            assert.deepEqual(order, want);
            assert.ok((await rows(page)).every((r) => r.height === 52));
            const cls = await page.evaluate(() => window.cls);
            assert.ok(cls <= 0.01, `CLS ${cls}`);
        },
    },
    {
        id: 'A10',
        title: 'a click within 400 ms of a move does nothing but say so',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            fake.move(4, 1, 'critical', WHY);
            await firstIs(page, 4);
            await sleep(600);
            const button = page
                .locator('[data-study="4"][data-testid=study-row] .acts .button')
                .nth(1);
            const box = await button.boundingBox();
            fake.move(5, 1, 'critical', WHY);
            await firstIs(page, 5);
            await sleep(100);
            await page.mouse.click(box.x + 10, box.y + 10);
            await sleep(200);
            assert.deepEqual(
                fake.calls.filter((c) => c.endsWith('/acknowledge')),
                [],
            );
            assert.equal(
                await text(page, '[data-testid=list-message]'),
                'The list moved. Press again.',
            );
            await sleep(500);
            await page.mouse.click(box.x + 10, box.y + 10);
            await until('an acknowledgement', () =>
                fake.calls.includes('POST /api/studies/5/acknowledge'),
            );
        },
    },
    {
        id: 'A12',
        title: 'F9 acknowledges; a second browser sees it within 1 s with the name',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake, browser }) {
            await shown(page);
            fake.move(4, 1, 'critical', WHY);
            await firstIs(page, 4);
            const second = await openPage(browser);
            await logIn(second, fake.url, 'tech', 'demo', '#/worklist');
            await shown(second);
            await sleep(500);
            await page.focus('[data-study="4"][data-testid=study-row]');
            await page.keyboard.press('F9');
            const seen = second.locator('[data-study="4"][data-testid=study-row] .ack');
            await until(
                'reader on the second page',
                async () => /^reader /.test(await seen.textContent()),
                1000,
            );
            await second.context().close();
        },
    },
    {
        id: 'HOLD',
        title: 'F10 holds the order; the tray still shows the mover; F10 lets it go',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            const before = (await rows(page)).map((r) => r.study);
            await page.keyboard.press('F10');
            fake.move(7, 1, 'critical', WHY);
            await until(
                'the tray',
                async () => (await page.$$('[data-testid=tray-item]')).length === 1,
                1000,
            );
            await sleep(3500);
            assert.deepEqual(
                (await rows(page)).map((r) => r.study),
                before,
            );
            assert.match(await text(page, '[data-testid=new-order]'), /^New order: \d+ moved$/);
            await page.keyboard.press('F10');
            await firstIs(page, 7);
        },
    },
    {
        id: 'A11',
        title: 'a moved row says why in full; Enter shows its beats; the address the same picture',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake, browser }) {
            await shown(page);
            fake.move(1, 1, 'critical', FULL_WHY);
            const row = '[data-study="1"][data-testid=study-row]';
            const parts = [/AO mean 74 → 52 mmHg/, /in 90 s/, /FALLING_BP rules 3/, /16 beats/,
                /q 0\.96/, /\d\d:\d\d/];
            await firstIs(page, 1);
            const whole = await page.$eval(row, (r) => `${r.textContent} ${r.title} ` +
                [...r.querySelectorAll('[title]')].map((e) => e.title).join(' '));
            for (const part of parts) assert.match(whole, part);
            await sleep(450);
            await page.focus(row);
            const pressed = Date.now();
            await page.keyboard.press('Enter');
            await page.waitForSelector('[data-testid=evidence]:not([hidden])', { timeout: 5000 });
            const took_ms = Date.now() - pressed;
            console.log(`    A11: strips after ${took_ms} ms`);
            assert.ok(took_ms <= 1000, `strips after ${took_ms} ms`);
            const seen = await evidence(page);
            assert.match(seen.said, /^AO, 6 s each/);
            const other = await openPage(browser);
            await logIn(other, fake.url, 'reader', 'demo', new URL(page.url()).hash);
            await other.waitForSelector('[data-testid=evidence]:not([hidden])');
            const there = await evidence(other);
            assert.equal(there.said, seen.said);
            assert.ok(seen.red > 500, `${seen.red} pixels of AO: nothing is drawn`);
            assert.ok(seen.picture.equals(there.picture), 'another picture');
            await other.context().close();
        },
    },
    {
        id: 'LINK',
        title: 'Enter opens the history; its address opens the same in another page',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            fake.move(8, 1, 'critical', WHY);
            await firstIs(page, 8);
            await sleep(500);
            await page.focus('[data-study="8"][data-testid=study-row]');
            await page.keyboard.press('Enter');
            await page.waitForSelector('[data-testid=history]');
            const address = page.url();
            assert.match(address, /#\/study\/8\?at=/);
            const other = await page.context().newPage();
            await other.goto(address);
            await other.waitForSelector('[data-testid=history]');
            assert.equal(
                await text(other, '[data-testid=history]'),
                await text(page, '[data-testid=history]'),
            );
            assert.match(await text(other, '[data-testid=history]'), /routine → critical/);
        },
    },
    {
        id: 'WHO',
        title: 'the name above is of the study that is shown, and of nobody above a list',
        user: 'tech',
        hash: '#/live/1',
        async run({ page, fake }) {
            const name = () => text(page, '#patient');
            await until('room 1', async () => (await name()) === 'Okafor, Ada');
            await page.keyboard.press('Alt+3');
            await shown(page);
            assert.equal(await name(), '');
            await page.focus('[data-study="8"][data-testid=study-row]');
            await page.keyboard.press('Enter');
            await until('study 8', async () => (await name()) === 'Weiss, Ruth');
            fake.state(1, 'FLUSHED', true, 'flushed'); /* news of the room must not bring it back */
            fake.say({ type: 'room', room: fake.rooms[0] });
            await sleep(300);
            assert.equal(await name(), 'Weiss, Ruth');
            assert.doesNotMatch(await text(page, '.header'), /Okafor/);
            assert.equal(await text(page, '#case-id'), '');
            await page.keyboard.press('Escape');
            await until('nobody', async () => (await name()) === '');
        },
    },
    {
        id: 'SINCE',
        title: 'since you looked: exact, only those on request, clear after the visit',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            const since = () => text(page, '[data-testid=since]');
            await page.keyboard.press('Alt+4');
            await until('left', () => fake.seen.has('reader'));
            await sleep(5);
            fake.move(7, 1, 'critical', WHY);
            fake.move(3, 2, 'urgent', WHY);
            await page.keyboard.press('Alt+3');
            await until('two', async () => /: 2 moved$/.test(await since()));
            await page.keyboard.press('Control+.');
            const seen = async () =>
                (await page.$$('[data-testid=study-row]:not([hidden])')).length;
            await until('only these', async () => (await seen()) === 2);
            assert.match(page.url(), /since=1/);
            const before = fake.seen.get('reader');
            await page.keyboard.press('Alt+4');
            await until('left again', () => fake.seen.get('reader') > before);
            await page.keyboard.press('Alt+3');
            await until('none', async () => /: nothing changed$/.test(await since()));
            assert.equal(await seen(), 11);
        },
    },
    {
        id: 'FILTER',
        title: 'words and priority filter the list and stand in the address; the tray is never cut',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await shown(page);
            fake.move(7, 1, 'critical', WHY);
            await firstIs(page, 7);
            await page.keyboard.press('F3');
            await page.keyboard.type('graft cost');
            const seen = () =>
                page.$$eval('[data-testid=study-row]:not([hidden])', (all) =>
                    all.map((r) => Number(r.dataset.study)),
                );
            await until('none', async () => (await seen()).length === 0);
            assert.match(await text(page, '#view-worklist'), /0 of 11 match “graft cost”/);
            await page.fill('[data-testid=list-filter]', 'graft');
            await until('some', async () => (await seen()).join() === '7,3,11');
            assert.equal((await page.$$('[data-testid=tray-item]')).length, 1);
            await page.selectOption('.list-filter select', 'routine');
            await until('two', async () => (await seen()).join() === '3,11');
            fake.move(3, 1, 'urgent', WHY);
            await until('one', async () => (await seen()).join() === '11');
            const other = await page.context().newPage();
            await other.goto(page.url());
            await until('the same', async () =>
                /^1 of 11$/.test(await text(other, '#view-worklist .list-head .count')),
            );
        },
    },
    {
        id: 'STUDY',
        title: 'Study: a person holds its place, sets a priority, releases; the course is drawn',
        user: 'reader',
        hash: '#/study/2',
        async run({ page, fake }) {
            const why = () => text(page, '.facts dd');
            await page.click('[data-act=hold]');
            await until('held', async () => /^held by reader · /.test(await why()));
            await page.click('[data-act=release]');
            await until('released', async () => (await why()) === 'arrival order');
            await page.selectOption('[data-act=tier]', 'urgent');
            await until('set', async () => /^P2 by reader · /.test(await why()));
            assert.deepEqual(
                fake.audit.map((r) => r.what),
                ['override hold', 'override release', 'override tier'],
            );
            await until('the course', async () =>
                /AO \d+ → \d+/.test(await text(page, '[data-testid=trend-said]')),
            );
            await page.waitForSelector('.trend-plot canvas');
        },
    },
];
