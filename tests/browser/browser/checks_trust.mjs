/* checks_trust.mjs - may the machine be trusted here, who may change what, and silence (A20). */
import assert from 'node:assert/strict';
import { cards, live, ready, text, until } from './check.mjs';

/** All that a person or a screen reader could find on the page, attributes included. */
const everything = (page) => page.evaluate(() => document.querySelector('#product').outerHTML);

export const checks = [
    {
        id: 'A20',
        title: 'silent: values and their numbers are forgotten at once, order as it was, the chip says so',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            const mean = { quantity: 'mean', words: 'mean', value: 8731, unit: 'mm[Hg]' };
            fake.suggest('AO', { values: [mean] }); /* cannot stand there by chance */
            await until('it is there', async () => /8731/.test(await everything(page)));
            await until('numbers', async () =>
                /\d/.test(await text(page, '[data-testid=numbers-AO] .lane-main')),
            );
            fake.setMode('silent');
            await until('none', async () => (await cards(page)).length === 0);
            await until('the chip', async () => (await text(page, '#mode')) === 'SILENT PILOT');
            await until('blank', async () =>
                !/\d/.test(await text(page, '[data-testid=numbers-AO] .lane-main')),
            );
            assert.doesNotMatch(await everything(page), /8731|SUGGESTED/);
            for (const view of ['review/1', 'worklist', 'study/1', 'live/1']) {
                await page.goto(`${fake.url}#/${view}`);
                await page.waitForTimeout(250);
                assert.doesNotMatch(await everything(page), /8731|SUGGESTED/, view);
            }
            assert.match(await text(page, '.confirm'), /Silent pilot: values are computed and recorded/);
            fake.setMode('assistive');
            await until('back', async () => (await cards(page)).length === 4);
            await live(page);
        },
    },
    {
        id: 'VALID',
        title: 'Validation: bias and limits from 20 on, else how many; the charts; a permalink',
        user: 'valid',
        hash: '#/validation',
        async run({ page, fake }) {
            const rows = '[data-testid=agreement] tbody tr';
            await page.waitForSelector(rows);
            const [ao, pcw] = await page.locator(rows).allTextContents();
            assert.match(ao, /AO systolic.*0\.7 mmHg−1\.7 to 3\.110 %92 %/);
            assert.match(pcw, /not enough cases \(7\)–/);
            await page.waitForSelector('.plot canvas');
            await page.click('[data-group$=mean_endexp]');
            await until('the group', async () =>
                /^PCW mean_endexp/.test(await text(page, '[data-testid=group-said]')),
            );
            const other = await page.context().newPage();
            await other.goto(page.url());
            await until('the same', async () =>
                /^PCW/.test(await text(other, '[data-testid=group-said]')),
            );
            assert.match(await text(page, '[data-testid=order]'), /Novak, Jan41routineP1assistive/);
        },
    },
    {
        id: 'ADMIN',
        title: 'Admin: a mode needs a reason and reaches every page; a password is shown once',
        user: 'admin',
        hash: '#/admin',
        async run({ page, fake }) {
            const form = page.locator('section[aria-label=Modes] form');
            await form.locator('select[name=mode]').selectOption('integrated');
            await form.locator('button').click();
            assert.equal(fake.saved.length, 0, 'saved without a reason');
            await form.locator('input[name=why]').fill('two weeks of agreement');
            await form.locator('button').click();
            await until('saved', () => fake.saved.length === 1);
            const [what, { mode, why, room }] = fake.saved[0];
            assert.deepEqual([what, mode, why, room], ['modes', 'integrated', 'two weeks of agreement', 0]);
            await until('the chip', async () => (await text(page, '#mode')) === 'INTEGRATED');
            await page.locator('section[aria-label=People] input[name=user]').fill('kim');
            await page.locator('section[aria-label=People] form button').first().click();
            await until('once', async () =>
                /kim: password only-once/.test(await text(page, '[data-testid=admin-said]')),
            );
            await page.goto(`${fake.url}#/audit`);
            await page.goto(`${fake.url}#/admin`);
            await until('gone', async () =>
                !/only-once/.test(await text(page, '#view-admin')),
            );
        },
    },
    {
        id: 'ROLE',
        title: 'who may not change sees what holds, and whom to ask',
        user: 'tech',
        hash: '#/admin',
        async run({ page, fake }) {
            await page.waitForSelector('[data-testid=modes]');
            assert.equal(await page.locator('#view-admin form').count(), 0);
            assert.match(await text(page, '[data-testid=admin-said]'), /needs the role administrator/);
            await page.goto(`${fake.url}#/validation`);
            await until('said', async () =>
                /needs the role validator/.test(await text(page, '[data-testid=validation-said]')),
            );
        },
    },
];
