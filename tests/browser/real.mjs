/* real.mjs - the main path through the page of a running worklistd, with real Chromium.
 *
 *     HEMO_TECH_PASSWORD=... HEMO_READER_PASSWORD=... node real.mjs URL
 * Users tech (technologist) and reader; room 1 plays in real time with a case open, room 2 plays a
 * falling pressure with a case open. Each step prints a line; exit 0 only if all were seen. */
import { launch, logIn, openPage } from './chromium.mjs';
import { cards, feedState, text, until } from './browser/check.mjs';

const url = process.argv[2];
const { HEMO_TECH_PASSWORD: tech_password, HEMO_READER_PASSWORD: reader_password } = process.env;
if (!url || !tech_password || !reader_password) {
    console.error(
        'real: arguments: missing (want URL, HEMO_TECH_PASSWORD and HEMO_READER_PASSWORD)',
    );
    process.exit(2);
}

async function step(what, run) {
    const began = Date.now();
    await run();
    console.log(`ok: ${what} (${Date.now() - began} ms)`);
}

const rows = (page) =>
    page.evaluate(async () => (await (await fetch('/api/audit?limit=500')).json()).rows);
const selected = async (page) => (await cards(page)).find((c) => c.selected);

async function technologist(page) {
    page.on('response', (answer) => {
        if (answer.url() === url) page.csp = answer.headers()['content-security-policy'] ?? '';
    });
    await logIn(page, url, 'tech', tech_password, '#/live/1');
    await step('the page is served with a strict policy', async () => {
        if (!/default-src 'self'/.test(page.csp) || /unsafe/.test(page.csp))
            throw new Error(page.csp);
    });
    await step('traces are live and say SIMULATED', async () => {
        await until('live', async () => (await feedState(page)) === 'live', 10000);
        await until('the banner', async () =>
            /^SIMULATED/.test(await text(page, '#origin-banner')),
        );
    });
    await step('numbers stand beside them', () =>
        until(
            'AO',
            async () => /^\d+\/\d+$/.test(await text(page, '[data-testid=numbers-AO] .lane-main')),
            30000,
        ),
    );
    await step('a value is suggested', () =>
        until(
            'a card',
            async () => (await cards(page)).some((c) => c.state === 'suggested'),
            60000,
        ),
    );
    const before = (await rows(page)).length;
    let chosen;
    await step('its strip shows its beats', async () => {
        await page.keyboard.press('F2');
        chosen = await selected(page);
        await page.waitForSelector('.mark.used');
    });
    await step('Enter confirms it', async () => {
        await page.keyboard.press('Enter');
        await page.waitForTimeout(300);
        if (/Enter confirms/.test(await text(page, '[data-testid=message]')))
            await page.keyboard.press('Enter');
        await until(
            'accepted',
            async () => (await cards(page)).find((c) => c.id === chosen.id).state === 'accepted',
        );
    });
    await step('Ctrl+Z takes it back, and the audit has both lines', async () => {
        await page.keyboard.press('Control+z');
        await until(
            'suggested',
            async () => (await cards(page)).find((c) => c.id === chosen.id).state === 'suggested',
        );
        const added = (await rows(page)).slice(before).filter((r) => r.object.includes(chosen.id));
        if (added.length !== 2) throw new Error(`audit: ${JSON.stringify(added)}`);
    });
}

/** The whole case from the journal: what the server sends of it is not empty. A young case is drawn
 * from samples; an older one from blocks, asked here by hand. */
async function disclosure(page) {
    const piece = page.waitForResponse((a) => /\/(trace|envelope)\?/.test(a.url()) && a.ok());
    await page.goto(`${url}#/review/1`);
    await step('Review draws the whole case from the journal', async () => {
        const { samples, low } = await (await piece).json();
        if (!(samples ?? low).some((v) => v !== null)) throw new Error('nothing in it');
    });
    await step('the least and greatest of each second come from the journal too', async () => {
        const low = await page.evaluate(async () => {
            const get = async (path) => (await fetch(path)).json();
            const { rooms } = await get('/api/rooms');
            const number = rooms.find((r) => r.room === 1).case;
            const { epochs } = await get(`/api/cases/${number}/epochs`);
            const { stream, epoch, newest_tick, base_rate_hz } = epochs.at(-1);
            const block = Math.floor(newest_tick / base_rate_hz / 600);
            const which = `stream=${stream}&epoch=${epoch}&channel=1&block=${block}`;
            return (await get(`/api/cases/${number}/envelope?${which}`)).low;
        });
        if (!low.some((v) => v !== null)) throw new Error('nothing in it');
    });
}

async function reader(page, other) {
    await logIn(page, url, 'reader', reader_password, '#/worklist');
    const item = page.locator('[data-testid=tray-item]', { hasText: 'FALLING_BP' });
    await step('the falling pressure moves its study into the tray, with the reason', () =>
        until('the tray', async () => (await item.count()) > 0, 120000),
    );
    console.log(`    ${await item.first().textContent()}`);
    await other.goto(`${url}#/worklist`);
    await step('F9 acknowledges it; the other browser sees by whom', async () => {
        const study = await item.first().getAttribute('data-study');
        await page.waitForTimeout(600);
        await page.focus(`[data-testid=study-row][data-study="${study}"]`);
        await page.keyboard.press('F9');
        const ack = other.locator(`[data-testid=study-row][data-study="${study}"] .ack`);
        await until('reader', async () => /^reader /.test(await ack.textContent()), 2000);
        await page.goto(`${url}#/study/${study}`);
        await page.waitForSelector('[data-testid=history]');
    });
    await step('the study shows the course of its pressures', () =>
        until('the course', async () =>
            /AO \d+ → \d+/.test(await text(page, '[data-testid=trend-said]')),
        ),
    );
}

const browser = await launch();
try {
    const tech = await openPage(browser);
    const other = await openPage(browser);
    await technologist(tech);
    await disclosure(tech);
    await reader(other, tech);
    await step('nothing broke on the console', async () => {
        const problems = [...tech.problems, ...other.problems];
        if (problems.length) throw new Error(problems.join('; '));
    });
} catch (error) {
    console.error(`real: ${url}: ${error.message}`);
    process.exitCode = 1;
} finally {
    await browser.close();
}
