/* checks_case.mjs - full disclosure: any moment of a case, with calipers and replay. */
import assert from 'node:assert/strict';
import { pixels, ready, text, until } from './check.mjs';

const paper = '[data-testid=disclosure]';
const said = (page) => text(page, '[data-testid=disclosure-said]');
const whole = (page) => until('the case', async () => /, 1\d:\d\d/.test(await said(page)));

/** Nothing of the view is still on its way. */
async function settled(page, fake) {
    let before = -1;
    const quiet = async () => {
        const same = fake.asked === before;
        before = fake.asked;
        await page.waitForTimeout(150);
        return same && fake.asked === before;
    };
    await until('all pieces', quiet, 20000);
}

/** Columns in which something of AO (red) is drawn. */
function redColumns(data, width, height) {
    const drawn = [];
    for (let x = 0; x < width; x++) {
        let red = false;
        for (let y = 0; y < height && !red; y++) {
            const i = 4 * (y * width + x);
            red = data[i] > 90 && data[i + 1] < 0.6 * data[i] && data[i + 2] < 0.6 * data[i];
        }
        drawn.push(red ? 1 : 0);
    }
    return drawn;
}

/** CPU seconds of the page's main thread so far (not wall time: the machine may be shared), and
 * frames that were drawn. */
async function spent(page) {
    page.cdp ??= await page.context().newCDPSession(page);
    await page.cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
    const { metrics } = await page.cdp.send('Performance.getMetrics');
    const frames = await page.evaluate(() => {
        const next = () => {
            window.drawn += 1;
            requestAnimationFrame(next);
        };
        if (window.drawn === undefined) {
            window.drawn = 0;
            next();
        }
        return window.drawn;
    });
    return { cpu_s: metrics.find((m) => m.name === 'TaskDuration').value, frames };
}

export const checks = [
    {
        id: 'DISC',
        title: 'the whole case, a gap stays a gap; zoom to samples; the address gives the same view',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.goto(`${fake.url}#/review/1`);
            await whole(page);
            await settled(page, fake);
            const drawn = await pixels(page, page.locator(paper), redColumns);
            const case_s = 600 + fake.feed.tick / 500;
            const at = (s) => drawn[Math.floor((s / case_s) * drawn.length)];
            assert.deepEqual([at(50), at(115), at(200)], [1, 0, 1]);
            await page.focus(paper);
            for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowUp');
            await until('seconds', async () => /, 0:0\d$/.test(await said(page)));
            await settled(page, fake);
            await page.keyboard.press('Enter');
            const box = await page.locator(paper).boundingBox();
            await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
            await until('calipers', async () =>
                /^Δ .*AO \d+ → \d+ mmHg/.test(await text(page, '[data-testid=calipers]')),
            );
            await until('the address', () => /t0=\d+&dur=\d+/.test(page.url()));
            const [here, address] = [await said(page), page.url()];
            const other = await page.context().newPage();
            await other.goto(address);
            await until('the same', async () => (await said(other)) === here, 5000);
        },
    },
    {
        id: 'REPLAY',
        title: 'a stretch is played again under a banner that says so, and stops',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.goto(`${fake.url}#/review/1`);
            await whole(page);
            await page.focus(paper);
            await page.keyboard.press('Space');
            const banner = () => text(page, '[data-testid=replay]');
            await until('the banner', async () =>
                /^REPLAY ×1 · of .* not the patient now$/.test(await banner()),
            );
            const from = await said(page);
            await until('it moves', async () => (await said(page)) !== from);
            for (let i = 0; i < 3; i++) await page.keyboard.press('Space');
            await until('it stands', async () => (await banner()) === '');
        },
    },
    {
        id: 'DAY',
        title: '24 h of 8 channels scroll and zoom at no more than 16 ms of CPU a frame',
        user: 'tech',
        async run({ page, fake }) {
            fake.past_s = 86400;
            const five = fake.rooms[0].channels;
            const more = [5, 6, 7].map((channel) => ({ ...five[channel - 4], channel }));
            fake.rooms[0].channels = [...five, ...more];
            await page.goto(`${fake.url}#/review/1`);
            await until('a day', async () => /, 24:\d\d:\d\d/.test(await said(page)), 5000);
            const before = await spent(page);
            const box = await page.locator(paper).boundingBox();
            await page.mouse.move(box.x + box.width / 3, box.y + 100);
            for (let i = 0; i < 40; i++) {
                const zoom = i < 20 ? -120 : 120;
                await page.mouse.wheel(i % 3 ? 120 : 0, i % 3 ? 0 : zoom);
                await page.waitForTimeout(16);
            }
            const after = await spent(page);
            const frames = after.frames - before.frames;
            const cpu_ms = (1000 * (after.cpu_s - before.cpu_s)) / frames;
            assert.ok(frames > 10, `${frames} frames`);
            assert.ok(cpu_ms <= 16, `${cpu_ms.toFixed(1)} ms a frame`);
            console.log(`  DAY: ${cpu_ms.toFixed(1)} ms of CPU a frame, ${frames} frames`);
            assert.ok(fake.envelopes > 8, `${fake.envelopes} blocks`);
        },
    },
];
