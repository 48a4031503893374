/* checks_states.mjs - states that are seldom seen and must not be missed (ui.md 6.10), and what drawing
 * costs (A19). */
import assert from 'node:assert/strict';
import { launch, logIn, openPage } from '../chromium.mjs';
import { accepted, feedState, live, ready, sleep, text, until } from './check.mjs';

const SERVICE_HZ = 500; /* of the fake's base counter */
const badge = (page) => text(page, '[data-testid=delay-badge]');
const isShown = (page, id) => page.isVisible(`[data-testid=${id}]`);

/** Seconds of signal that the service knows to be undrawn. */
const lag_s = (fake) => (fake.feed.tick - fake.drawn.at(-1).tick) / SERVICE_HZ;

/** The worker of the traces: it counts amber pixels after each picture that is pasted on them. */
async function traceWorker(page) {
    const worker = page.workers()[0];
    await worker.evaluate(() => {
        const kind = OffscreenCanvasRenderingContext2D.prototype;
        const { drawImage } = kind;
        Object.assign(self, { amber: 0, pasted: 0 });
        kind.drawImage = function (...what) {
            drawImage.apply(this, what);
            self.pasted += 1;
            if (self.pasted !== 2) return;
            const { data } = this.getImageData(0, 0, 300, 48);
            for (let i = 0; i < data.length; i += 4)
                if (data[i] > 200 && data[i + 1] > 130 && data[i + 2] < 90) self.amber += 1;
        };
    });
    return worker;
}

function block(ms) {
    const end = Date.now() + ms;
    while (Date.now() < end);
}

/** CPU of all of Chromium (seconds) and frames of the page (or of its worker, which draws) in a while. */
async function cost(browser, frames_of, ms) {
    const cdp = await browser.newBrowserCDPSession();
    const cpu = async () => {
        const { processInfo } = await cdp.send('SystemInfo.getProcessInfo');
        return processInfo.reduce((sum, p) => sum + p.cpuTime, 0);
    };
    const count = () =>
        frames_of.evaluate(() => {
            if (self.painted === undefined) {
                self.painted = 0;
                const next = () => {
                    self.painted += 1;
                    requestAnimationFrame(next);
                };
                next();
            }
            return self.painted;
        });
    const [cpu_before, before] = [await cpu(), await count()];
    await sleep(ms);
    const [cpu_after, after] = [await cpu(), await count()];
    return (1000 * (cpu_after - cpu_before)) / (after - before);
}

export const checks = [
    {
        id: 'SAVE',
        title: 'hemod cannot save: a banner, Enter refused and not queued; back when it saves again',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            fake.notice('NOT_SAVED');
            const again = setInterval(() => fake.notice('NOT_SAVED'), 1000).unref();
            await until('the banner', () => isShown(page, 'save-banner'), 1000);
            assert.match(await text(page, '[data-testid=save-banner]'), /NOT_SAVED/);
            await page.keyboard.press('Enter');
            await until('the refusal', async () =>
                /^Not saved: the recording is not being saved\. RA is still suggested/.test(
                    await text(page, '[data-testid=message]'),
                ),
            );
            clearInterval(again);
            fake.notice('SAVED_AGAIN');
            await until('no banner', async () => !(await isShown(page, 'save-banner')), 1000);
            await sleep(300);
            assert.equal(fake.calls.filter((c) => /accept/.test(c)).length, 0, 'asked meanwhile');
            assert.equal(await accepted(page), 0);
            await page.keyboard.press('Enter');
            await until('confirmed', async () => (await accepted(page)) === 1);
        },
    },
    {
        id: 'SLOW',
        title: 'between half a second and one the badge is amber and still LIVE',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            const amber = () => page.$eval('[data-testid=delay-badge]', (e) => 'slow' in e.dataset);
            assert.equal(await amber(), false);
            fake.feed.delay_ms = 600;
            await until('amber', async () => (await amber()) && /^LIVE 0\.[5-9]/.test(await badge(page)));
            fake.feed.delay_ms = 0;
            await until('plain', async () => !(await amber()));
        },
    },
    {
        id: 'CLOCK',
        title: 'a clock that differs is said, and the delay is still told by the service’s clock',
        user: null,
        async run({ page, fake }) {
            fake.clock_off_ms = -2100; /* by the own clock the trace would be 2.1 s late */
            await logIn(page, fake.url, 'tech', 'demo', '#/live');
            await live(page);
            await until('said', async () =>
                /^Clocks differ by 2\.[0-2] s: times are server times$/.test(
                    await text(page, '[data-testid=clock-off]'),
                ),
            );
            await until('live by it', async () => /^LIVE 0\.\d/.test(await badge(page)));
        },
    },
    {
        id: 'A15b',
        title: 'a page that does not answer: its traces say so, and the service counts the lag',
        user: 'tech',
        async run({ page, fake }) {
            await live(page);
            await until('drawn', async () => fake.drawn.length > 4);
            assert.ok(lag_s(fake) < 1, `${lag_s(fake)} s before`);
            const worker = await traceWorker(page);
            const blocked = page.evaluate(block, 7500).catch(() => {});
            const pasted = () => worker.evaluate(() => self.pasted);
            await sleep(1500);
            assert.equal(await pasted(), 0, 'said too early');
            await until('the words', () => worker.evaluate(() => self.amber > 400), 4000);
            await until('4 s of lag', () => lag_s(fake) >= 4, 5000); /* nothing is drawn below them */
            await blocked;
            await live(page);
            await until('caught up', () => lag_s(fake) < 1);
        },
    },
    {
        id: 'A19',
        title: 'drawing 8 lanes costs at most 5.5 times an empty page, CPU of all Chromium a frame',
        options: { wide: true },
        async run({ fake }) {
            const browser = await launch(); /* of its own: the CPU of no other page counts */
            try {
                const empty = await openPage(browser);
                await empty.goto('about:blank');
                await sleep(500);
                const least = await cost(browser, empty, 5000);
                await empty.context().close();
                const page = await openPage(browser);
                await logIn(page, fake.url, 'tech', 'demo', '#/live');
                await live(page);
                await sleep(1500);
                const spent = await cost(browser, page.workers()[0], 8000);
                const said = `${spent.toFixed(2)} ms a frame, ${least.toFixed(2)} ms empty`;
                console.log(`    A19: ${said}, ratio ${(spent / least).toFixed(1)}`);
                assert.ok(spent / least <= 5.5, said);
            } finally {
                await browser.close();
            }
        },
    },
];
