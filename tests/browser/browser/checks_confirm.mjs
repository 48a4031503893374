/* checks_confirm.mjs - confirming values: the use errors that hurt (ui.md 7: A01-A07, 6.11). */
import assert from 'node:assert/strict';
import { accepted, cards, quantile, ready, sleep, text, until } from './check.mjs';

/** Milliseconds from each Enter to the card that shows CONFIRMED, taken inside the page. */
async function timeConfirms(page, count) {
    await page.evaluate(() => {
        window.taken = [];
        let down = 0;
        addEventListener(
            'keydown',
            (e) => {
                if (e.key === 'Enter') down = performance.now();
            },
            true,
        );
        new MutationObserver((records) => {
            for (const r of records) {
                if (r.target.dataset.state === 'accepted')
                    window.taken.push(performance.now() - down);
            }
        }).observe(document.querySelector('[data-testid=to-confirm]'), {
            subtree: true,
            attributeFilter: ['data-state'],
        });
    });
    for (let i = 1; i <= count; i++) {
        await page.keyboard.press('Enter');
        await until(
            `${i} confirmed`,
            async () => (await accepted(page)) === i && (await page.$('[aria-busy]')) === null,
        );
    }
    return page.evaluate(() => window.taken);
}

/** PA, second in the list, with its beats and markers to choose. */
async function toStrip(page) {
    await ready(page);
    await page.keyboard.press('F2');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('.strip figcaption:has-text("PA ")');
    await page.keyboard.press('F4');
    await page.waitForSelector('.hand-marker[data-chosen]');
}

/** Middle of the chosen marker on the glass, and its tick on the strip of the fake. */
async function marker(page) {
    return page.$eval('.hand-marker[data-chosen]', (k) => {
        const box = k.getBoundingClientRect();
        return { x: box.x + box.width / 2, tick: 900 + 34 * parseFloat(k.style.left) };
    });
}

export const checks = [
    {
        id: 'A01',
        title: 'F2, Enter confirms; shown within 100 ms (p95 of 20)',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            for (let i = 0; i < 18; i++) fake.suggest(['AO', 'PA', 'RA'][i % 3]);
            await until('21 cards', async () => (await cards(page)).length === 21);
            await page.keyboard.press('F2');
            const taken = await timeConfirms(page, 20);
            assert.equal(taken.length, 20);
            assert.ok(quantile(taken, 0.95) <= 100, `p95 ${quantile(taken, 0.95)} ms`);
            assert.equal(fake.measurements.filter((m) => m.state === 'accepted').length, 20);
        },
    },
    {
        id: 'A02',
        title: 'a held Enter confirms exactly one value',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            await page.keyboard.press('F2');
            for (let i = 0; i < 10; i++) {
                await page.keyboard.down('Enter');
                await sleep(40);
            }
            await page.keyboard.up('Enter');
            await sleep(300);
            assert.equal(await accepted(page), 1);
        },
    },
    {
        id: 'A02b',
        title: 'a held Enter on the Confirm button confirms exactly one value',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            await page.focus('[data-testid=accept]');
            for (let i = 0; i < 10; i++) {
                await page.keyboard.down('Enter');
                await sleep(40);
            }
            await page.keyboard.up('Enter');
            await sleep(300);
            assert.equal(await accepted(page), 1);
            assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'accept');
        },
    },
    {
        id: 'A03',
        title: 'Ctrl+Z restores state and selection; the audit has both lines',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            const before = (await cards(page)).find((c) => c.selected);
            const rows = fake.audit.length;
            await page.keyboard.press('Enter');
            await until('confirmed', async () => (await accepted(page)) === 1);
            await page.keyboard.press('Control+z');
            await until('undone', async () => (await accepted(page)) === 0);
            await sleep(100);
            assert.deepEqual(
                (await cards(page)).find((c) => c.selected),
                before,
            );
            assert.equal(await page.evaluate(() => document.activeElement.dataset.id), before.id);
            assert.equal(fake.audit.length, rows + 2);
        },
    },
    {
        id: 'A04',
        title: 'new suggestions never move selection, focus or scroll',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            for (let i = 0; i < 8; i++) fake.suggest('AO');
            await until('11 cards', async () => (await cards(page)).length === 11);
            await page.keyboard.press('F2');
            await page.keyboard.press('ArrowDown');
            const look = () =>
                page.evaluate(() => {
                    const scroller = document.querySelector('.cards-scroll');
                    return {
                        selected: document.querySelector('[data-testid=card][data-selected]')
                            .dataset.id,
                        focus: document.activeElement.dataset.id,
                        scroll: scroller.scrollTop,
                        y: document.activeElement.getBoundingClientRect().y,
                    };
                });
            await page.evaluate(() => {
                document.querySelector('.cards-scroll').scrollTop = 40;
            });
            const before = await look();
            for (let i = 0; i < 5; i++) {
                fake.suggest('PCW');
                await sleep(60);
            }
            await until('16 cards', async () => (await cards(page)).length === 16);
            assert.equal(before.scroll, 40);
            assert.deepEqual(await look(), before);
        },
    },
    {
        id: 'A06',
        title: 'suggested and confirmed differ without colour',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            await page.keyboard.press('F2');
            await page.keyboard.press('Enter');
            await until('confirmed', async () => (await accepted(page)) === 1);
            const looks = (state) =>
                page.$eval(`[data-testid=card][data-state=${state}]`, (card) => ({
                    edge: getComputedStyle(card).borderTopStyle,
                    name: card.getAttribute('aria-label'),
                    icon: card.querySelector('.state-icon').textContent,
                    word: card.querySelector('[data-testid=state]').lastChild.textContent,
                }));
            const open = await looks('suggested');
            const done = await looks('accepted');
            for (const sign of ['edge', 'icon', 'word'])
                assert.notEqual(open[sign], done[sign], sign);
            assert.match(open.name, /^PA systolic 31 mmHg, .*suggested, not confirmed$/);
            assert.match(done.name, /, confirmed$/);
        },
    },
    {
        id: 'C409',
        title: 'a value that changed meanwhile is not saved, and the page says what changed',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            fake.change(fake.measurements[0], { mean_endexp: 9 });
            await page.keyboard.press('Enter');
            await until('the message', async () =>
                /^RA changed from 6 to 9 \(MR, .*\) while you looked\. Nothing was saved\. Check and/.test(
                    await text(page, '[data-testid=message]'),
                ),
            );
            assert.equal(await accepted(page), 0);
            assert.match(await text(page, '[data-testid=card][data-selected] .card-main'), /^9$/);
        },
    },
    {
        id: 'REJ',
        title: 'Delete, then a digit rejects with that reason',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            await page.keyboard.press('Delete');
            await page.keyboard.press('2');
            await until('rejected', async () => fake.measurements[0].state === 'rejected');
            assert.equal(fake.measurements[0].reason, 'damped');
            await until('the next one', async () => (await cards(page))[1].selected);
        },
    },
    {
        id: 'A07',
        title: 'F4, beats left out, a marker moved by three samples, Enter: by keyboard alone',
        user: 'tech',
        async run({ page, fake }) {
            await toStrip(page);
            for (let i = 0; i < 5; i++) {
                await page.keyboard.press('Insert');
                await page.keyboard.press('ArrowDown');
            }
            const before = await marker(page);
            assert.match(await text(page, '[data-testid=hand-said]'), /^Beat 6: sys .*\(1 of 6 beats\)/);
            for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
            assert.ok((await marker(page)).x > before.x, 'it did not move on the glass');
            await page.keyboard.press('Enter');
            await until('adjusted', async () => (await cards(page))[1].state === 'adjusted');
            const m = fake.measurements[1];
            const [{ used, markers }] = fake.hands;
            const beat = m.beats[5].tick;
            assert.deepEqual(used, [beat]);
            assert.deepEqual(markers.map((k) => [k.beat, k.quantity]), [[beat, 'systolic']]);
            assert.ok(Math.abs(markers[0].tick - before.tick - 6) < 1, 'not three samples');
            assert.match(await text(page, '[data-state=adjusted]'), /was 31\/14, machine/);
            assert.match(await text(page, '[data-state=adjusted]'), /by hand: 1 beats/);
            await until('focus in the list', () =>
                page.evaluate(() => document.activeElement.dataset.testid === 'card'),
            );
            await page.keyboard.press('Control+z');
            await until('undone', async () => (await cards(page))[1].state === 'suggested');
        },
    },
    {
        id: 'A07p',
        title: 'the same by pointer: a beat is pressed, a marker dragged; Esc leaves all as it was',
        user: 'tech',
        async run({ page, fake }) {
            await toStrip(page);
            const box = await page.locator('.hand').boundingBox();
            await page.click('[data-beat]:nth-child(2)');
            assert.match(await text(page, '[data-testid=hand-said]'), /\(5 of 6 beats\)/);
            const at = await marker(page);
            await page.mouse.move(at.x, box.y + 60);
            await page.mouse.down();
            await page.mouse.move(at.x + 10, box.y + 60, { steps: 4 });
            await page.mouse.up();
            assert.ok(Math.abs((await marker(page)).x - at.x - 10) <= 1, 'not where it was let go');
            await page.keyboard.press('Escape');
            await until('as it was', async () => (await page.$('.hand')) === null);
            assert.deepEqual(fake.hands, []);
            await page.keyboard.press('F4');
            assert.match(await text(page, '[data-testid=hand-said]'), /\(6 of 6 beats\)/);
            await page.click('[data-beat]:nth-child(2)');
            await page.click('.decision .primary');
            await until('adjusted', async () => (await cards(page))[1].state === 'adjusted');
            assert.deepEqual([fake.hands[0].used.length, fake.hands[0].markers.length], [5, 0]);
        },
    },
    {
        id: 'A07n',
        title: "F4 twice, a number, Enter adjusts; the machine's value stays in sight",
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            await page.waitForSelector('.mark.used');
            await page.keyboard.press('F4');
            await page.keyboard.press('F4');
            await page.keyboard.type('7');
            await page.keyboard.press('Enter');
            await until('adjusted', async () => (await cards(page))[0].state === 'adjusted');
            assert.equal(fake.measurements[0].values[0].value, 7);
            assert.equal(fake.measurements[0].machine_values[0].value, 6);
            assert.match(await text(page, '[data-state=adjusted]'), /was 6, machine/);
            await until('focus in the list', () =>
                page.evaluate(() => document.activeElement.dataset.testid === 'card'),
            );
        },
    },
    {
        id: 'LOWQ',
        title: 'a doubtful value needs a second Enter',
        user: 'tech',
        async run({ page, fake }) {
            for (const m of fake.measurements) m.quality = 0.4;
            await page.reload();
            await ready(page);
            await page.keyboard.press('F2');
            await page.keyboard.press('Enter');
            await sleep(250);
            assert.equal(await accepted(page), 0);
            assert.match(await text(page, '[data-testid=message]'), /low quality 0\.40/);
            await page.keyboard.press('Enter');
            await until('confirmed', async () => (await accepted(page)) === 1);
        },
    },
    {
        id: 'DRIFT',
        title: 'Pd/Pa says whether its drift was checked; unchecked or drifted needs a second Enter',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            const ratio = { quantity: 'pd_pa', words: 'Pd/Pa', value: 0.82, unit: '1', decimals: 2 };
            const m = fake.suggest('PA', { site: 'Pd', values: [ratio], machine_values: [ratio] });
            const card = `[data-id="${m.id}"]`;
            await page.waitForSelector(card);
            const drift = () => text(page, `${card} [data-testid=drift]`);
            assert.equal(await drift(), 'drift check: not done');
            await page.click(card);
            await page.keyboard.press('Enter');
            await until('the doubt', async () =>
                /drift check: not done.* then Enter/.test(await text(page, '[data-testid=message]')),
            );
            assert.equal(m.state, 'suggested');
            const check = { quantity: 'pd_drift', words: 'Pd drift', value: -3.1, unit: 'mm[Hg]', decimals: 1 };
            fake.suggest('PA', { site: 'Pd', values: [check], machine_values: [check] });
            await until('failed', async () => (await drift()) === 'drift check: failed, −3.1 mmHg');
            const again = { ...check, value: 0.5 };
            const at = new Date(Date.now() + 60000).toISOString();
            fake.suggest('PA', { site: 'Pd', values: [again], machine_values: [again], at });
            await until('done', async () => (await drift()) === 'drift check: done, +0.5 mmHg');
            await page.keyboard.press('Enter');
            await until('confirmed', () => m.state === 'accepted');
        },
    },
    {
        id: 'WEDGE',
        title: 'a wedge shows both means; one above the PA mean says so and needs a second Enter',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            const card = `[data-id="${fake.measurements[2].id}"]`;
            assert.match(await text(page, card), /18mmHg end-exp.*mean 14/);
            fake.change(fake.measurements[2], { mean_endexp: 24 });
            fake.say({ type: 'measurement', ...fake.measurements[2] });
            await page.click(card);
            await until('the doubt', async () =>
                /wedge \(24\) above PA mean \(20\)/.test(await text(page, card)),
            );
            await sleep(450);
            await page.keyboard.press('Enter');
            await sleep(250);
            assert.equal(await accepted(page), 0);
        },
    },
    {
        id: 'A05',
        title: 'every number shows its beats: marks stand where the beats are',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('F2');
            await page.keyboard.press('ArrowDown');
            await page.keyboard.press('ArrowDown');
            await page.waitForSelector('.mark.out');
            const m = fake.measurements[2];
            const at = await page.$$eval('.mark', (marks) => {
                const paper = document.querySelector('.strip-marks').getBoundingClientRect();
                return marks.map((x) => {
                    const box = x.getBoundingClientRect();
                    return {
                        x: box.x + box.width / 2 - paper.x,
                        width: paper.width,
                        title: x.title,
                    };
                });
            });
            const ticks = [...m.beats, ...m.left_out].map((b) => b.tick);
            assert.equal(at.length, ticks.length);
            ticks.forEach((tick, i) => {
                const wanted = (at[i].width * (tick - 900)) / 3400;
                assert.ok(
                    Math.abs(at[i].x - wanted) <= 1,
                    `mark ${i} at ${at[i].x}, want ${wanted}`,
                );
            });
            assert.match(at[6].title, /left out: ECTOPIC/);
        },
    },
];
