/* checks_feed.mjs - old is never shown as live (A13-A15), and no trace under another name. */
import assert from 'node:assert/strict';
import { logIn } from '../chromium.mjs';
import { accepted, feedState, live, pixels, ready, sleep, text, until } from './check.mjs';

const BLANK = '- - -';
const number = (page, site) => text(page, `[data-testid=numbers-${site}] .lane-main`);
const numbersShown = (page) =>
    until('numbers', async () => /^\d+\/\d+$/.test(await number(page, 'AO')), 5000);

/** Columns without the colour of AO's trace: the gap (it may wrap) and the erase bar. */
function emptyColumns(data, width, height) {
    let empty = 0;
    for (let x = 0; x < width; x++) {
        let drawn = false;
        for (let y = 0; y < height && !drawn; y++) {
            const i = 4 * (y * width + x);
            drawn = data[i] > 150 && data[i + 1] < 130 && data[i + 2] < 140;
        }
        if (!drawn) empty += 1;
    }
    return empty;
}
const ERASE_PX = 24;

export const checks = [
    {
        id: 'A13',
        title: 'feed cut: DELAYED at 1.0-1.3 s, NO DATA at 2 s, numbers blank, a gap stays a gap',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await numbersShown(page);
            await page.keyboard.press('F7'); /* 50 mm/s: the sheet fills in 5 s */
            await sleep(5500);
            fake.feed.stopped = true;
            const cut = Date.now();
            await until('delayed', async () => (await feedState(page)) === 'delayed');
            const delayed_ms = Date.now() - cut;
            assert.match(await text(page, '[data-testid=delay-badge]'), /^DELAYED 1\.\d s$/);
            await until('stale', async () => (await feedState(page)) === 'stale');
            const stale_ms = Date.now() - cut;
            assert.ok(delayed_ms >= 1000 && delayed_ms <= 1300, `delayed after ${delayed_ms} ms`);
            assert.ok(Math.abs(stale_ms - 2000) <= 250, `stale after ${stale_ms} ms`);
            for (const site of ['AO', 'PA', 'PCW', 'RA'])
                assert.equal(await number(page, site), BLANK);
            assert.match(await text(page, '[data-testid=delay-badge]'), /^NO DATA 2\.\d s$/);
            assert.match(
                await text(page, '[data-testid=trace-box]'),
                /^NO DATA 2\.\d s\. Trace is old\. Last sample \d\d:/,
            );
            fake.feed.stopped = false;
            const gap_px = ((Date.now() - cut) / 1000) * 200;
            await until('live again', async () => (await feedState(page)) === 'live', 1000);
            await sleep(800);
            const empty =
                (await pixels(page, page.locator('[data-testid=paper]'), emptyColumns)) - ERASE_PX;
            assert.ok(Math.abs(empty - gap_px) <= 30, `empty ${empty} px, the gap is ${gap_px} px`);
        },
    },
    {
        id: 'A14',
        title: 'socket lost: banner within 3 s, Enter refused, value unchanged, back by itself',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await ready(page);
            await page.keyboard.press('F2');
            await page.evaluate(() => {
                window.same_page = true;
            });
            await fake.down();
            await page.waitForSelector('[data-testid=link-banner]:not([hidden])', {
                timeout: 3000,
            });
            assert.equal(await feedState(page), 'disconnected');
            assert.equal(await number(page, 'AO'), BLANK);
            await page.keyboard.press('Enter');
            await until('the refusal', async () =>
                (await text(page, '[data-testid=message]')).startsWith(
                    'Not saved: no connection. RA is still suggested, not confirmed.',
                ),
            );
            assert.equal(await accepted(page), 0);
            await fake.up();
            await until('live', async () => (await feedState(page)) === 'live', 10000);
            await page.keyboard.press('Enter');
            await until('confirmed', async () => (await accepted(page)) === 1);
            assert.equal(await page.evaluate(() => window.same_page), true);
        },
    },
    {
        id: 'A15',
        title: 'the badge tells the delay: 1.5 s put in, 1.5 s shown',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            fake.feed.delay_ms = 1500;
            await sleep(3000);
            const badge = await text(page, '[data-testid=delay-badge]');
            assert.match(badge, /^DELAYED /);
            assert.ok(Math.abs(parseFloat(badge.slice(8)) - 1.5) <= 0.2, badge);
        },
    },
    {
        id: 'ACK',
        title: 'what was drawn is acknowledged four times a second, also while the page is blocked',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            const before = fake.drawn.length;
            await page.evaluate(() => {
                const end = Date.now() + 2000;
                while (Date.now() < end);
            });
            const got = fake.drawn.length - before;
            assert.ok(got >= 6 && got <= 12, `${got} in 2 s`);
            const lag = fake.feed.tick - fake.drawn.at(-1).tick;
            assert.ok(lag >= 0 && lag <= 500, `${lag} ticks behind`);
        },
    },
    {
        id: 'RACE',
        title: 'what changed before the socket opened is not missed',
        user: null,
        async run({ page, fake }) {
            fake.upgrade_wait_ms = 1000;
            await logIn(page, fake.url, 'tech', 'demo', '#/live');
            await page.waitForSelector('[data-testid=card][data-selected]');
            fake.move(7, 1, 'critical', 'AO mean 74 -> 52 mmHg in 90 s; FALLING_BP rules 1');
            const late = fake.suggest('AO');
            await page.waitForSelector(`[data-id="${late.id}"]`, { timeout: 3000 });
            await page.keyboard.press('Alt+3');
            await page.waitForSelector('[data-testid=tray-item][data-study="7"]', {
                timeout: 1000,
            });
        },
    },
    {
        id: 'CASE',
        title: "samples of another case are not shown under this patient's name",
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await numbersShown(page);
            assert.equal(await text(page, '#patient'), 'Okafor, Ada');
            const send = fake.rooms[0];
            Object.defineProperty(fake, 'rooms', {
                value: [{ ...send, case: 999, epoch: 888 }, ...fake.rooms.slice(1)],
            });
            fake.rooms[0].toJSON = () => ({ ...send, channels: fake.rooms[1].channels });
            await until('the name hidden', async () =>
                /changing/.test(await text(page, '#patient')),
            );
            assert.equal(await number(page, 'AO'), BLANK);
            assert.match(await text(page, '[data-testid=trace-box]'), /another case/);
        },
    },
    {
        id: 'STATE',
        title: 'a flushed line blanks its number and says why; one lost lane only itself',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await numbersShown(page);
            fake.state(1, 'FLUSHED', true, 'flushed');
            await until('AO blank', async () => (await number(page, 'AO')) === BLANK, 1000);
            assert.match(await text(page, '.lane-label.ch-ao'), /flushed/);
            assert.notEqual(await number(page, 'PA'), BLANK);
            fake.state(1, 'FLUSHED', false, 'flushed');
            await until('AO again', async () => (await number(page, 'AO')) !== BLANK, 3000);
            fake.feed.lost_sites = ['PA'];
            await until('PA blank', async () => (await number(page, 'PA')) === BLANK, 2500);
            assert.notEqual(await number(page, 'AO'), BLANK);
            assert.equal(await feedState(page), 'live');
        },
    },
    {
        id: 'SITE',
        title: 'a catheter that moved: the lane takes the site of the newest beat, and its scale',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await numbersShown(page);
            const label = '.gutter.left > :nth-child(5)';
            assert.match(await text(page, label), /^RA.*0–20 mmHg/);
            fake.feed.moved_to[4] = 'RV';
            await until(
                'the new site',
                async () => /^RV.*0–60 mmHg/.test(await text(page, label)),
                2000,
            );
            assert.equal(await page.$('[data-testid=numbers-RA]'), null);
            await until('its number', async () => (await number(page, 'RV')) !== BLANK, 2000);
        },
    },
    {
        id: 'ROOM',
        title: 'another room: its patient, its numbers, its address; only that room is sent',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await numbersShown(page);
            await page.selectOption('#room-select', '2');
            await until('the patient', async () => (await text(page, '#patient')) === 'Lindqvist, Per');
            assert.equal(await number(page, 'AO'), BLANK);
            await live(page);
            await numbersShown(page);
            assert.match(page.url(), /#\/live\/2/);
            assert.deepEqual([...fake.peers][0].rooms, [2]);
            assert.equal(fake.drawn.at(-1).room, 2);
        },
    },
    {
        id: 'ORIGIN',
        title: 'a replay and a simulation say so on every screen',
        user: 'tech',
        options: { origin: 'replay', speed_percent: 100 },
        async run({ page }) {
            await until('replay', async () => (await feedState(page)) === 'replay');
            for (const view of ['live', 'worklist', 'audit']) {
                await page.goto(`${page.url().split('#')[0]}#/${view}`);
                assert.match(
                    await page.locator('[data-testid=origin-banner]:visible').textContent(),
                    /^REPLAY/,
                );
            }
        },
    },
    {
        id: 'FREEZE',
        title: 'Space freezes the picture and says so; Space goes on',
        user: 'tech',
        async run({ page }) {
            await live(page);
            await sleep(500);
            await page.keyboard.press('Space');
            await until('frozen', async () => (await feedState(page)) === 'frozen');
            assert.match(await text(page, '[data-testid=trace-box]'), /^FROZEN 0:0/);
            const paper = page.locator('.gutter.left');
            assert.ok(await paper.isVisible());
            const canvas = () => page.locator('canvas.sweep').screenshot({ clip: undefined });
            await sleep(200);
            const hide = () =>
                page.evaluate(() => {
                    document
                        .querySelector('[data-testid=trace-box]')
                        .style.setProperty('visibility', 'hidden');
                });
            await hide();
            const first = await canvas();
            await sleep(400);
            assert.ok(first.equals(await canvas()), 'the picture moved while frozen');
            await page.keyboard.press('Space');
            await live(page);
            await sleep(200);
            assert.ok(!first.equals(await canvas()), 'the picture stands still');
        },
    },
];
