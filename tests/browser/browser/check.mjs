/* check.mjs - a check is {id, title, user, run({page, fake, browser})}; here is what runs one.
 *
 * The same checks run against the page as it is (must pass) and against the page with a planted
 * fault (must fail): see page.test.mjs and planted.test.mjs. */
import assert from 'node:assert/strict';
import { launch, logIn, openPage } from '../chromium.mjs';
import { startFake } from '../fake_server.mjs';

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

let shared = null;
export async function browser() {
    shared ??= launch();
    return shared;
}
export async function closeBrowser() {
    await (await shared)?.close();
    shared = null;
}

/** Runs one check on a fresh server and a fresh page; throws what the check throws. */
export async function run(check, options = {}) {
    const fake = await startFake({ ...check.options, ...options });
    const page = await openPage(await browser());
    try {
        if (check.user) await logIn(page, fake.url, check.user, 'demo', check.hash ?? '');
        await check.run({ page, fake, browser: await browser() });
        assert.deepEqual(page.problems, [], 'errors on the console');
    } finally {
        await page.context().close();
        await fake.down();
    }
}

/** Polls until the predicate (in node) is true; the message says what was waited for. */
export async function until(what, predicate, ms = 3000) {
    const end = Date.now() + ms;
    for (;;) {
        if (await predicate()) return;
        if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`);
        await sleep(20);
    }
}

export const text = (page, selector) => page.textContent(selector);
export const feedState = (page) => page.evaluate(() => document.body.dataset.feedState);

/** States of all cards, by id. */
export const cards = (page) =>
    page.$$eval('[data-testid=card]', (all) =>
        all.map((c) => ({
            id: c.dataset.id,
            state: c.dataset.state,
            selected: c.dataset.selected === 'true',
        })),
    );
export const accepted = async (page) =>
    (await cards(page)).filter((c) => c.state === 'accepted').length;
export const ready = async (page) => {
    await page.waitForSelector('[data-testid=card][data-selected]');
    await live(page);
};
export const live = (page) => until('a live feed', async () => (await feedState(page)) === 'live');

/** p-quantile of numbers. */
export function quantile(numbers, p) {
    const sorted = [...numbers].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))];
}

/** Runs `inspect(data, width, height)` in the page on the pixels of a screenshot. A function cannot
 * be an argument of evaluate, so its text goes along. */
export async function pixels(page, target, inspect) {
    const base64 = (await target.screenshot()).toString('base64');
    return page.evaluate(`(async () => {
        const bytes = Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        return (${inspect})(data, bitmap.width, bitmap.height);
    })()`);
}
