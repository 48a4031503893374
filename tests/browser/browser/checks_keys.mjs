/* checks_keys.mjs - marks of a technologist, the palette, letters that are switched on. */
import assert from 'node:assert/strict';
import { accepted, feedState, live, ready, text, until } from './check.mjs';

const AO_LANE = '.lane-label.ch-ao';
const frozen = async (page) => (await feedState(page)) === 'frozen';

export const checks = [
    {
        id: 'MARK',
        title: 'F10 marks zeroing and its end, F9 a wedge, the select a site; old traces take none',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.click(AO_LANE);
            await page.keyboard.press('F10');
            const button = page.locator('[data-testid=mark-zeroing]');
            const pressed = () => button.getAttribute('aria-pressed');
            await until('begun', async () => (await pressed()) === 'true');
            await page.keyboard.press('F10');
            await until('ended', async () => (await pressed()) === 'false');
            await page.keyboard.press('F9');
            await until('three', async () => fake.marks.length === 3);
            await page.selectOption('.marks select', 'LV');
            await until('four', async () => fake.marks.length === 4);
            assert.deepEqual(
                fake.marks.map((m) => [m.kind, m.on ?? m.site]),
                [['zeroing', true], ['zeroing', false], ['wedge', true], ['site', 'LV']],
            );
            assert.ok(fake.marks.every((m) => m.channel === fake.marks[0].channel));
            fake.feed.stopped = true;
            await until('old', async () => (await feedState(page)) === 'stale');
            await page.click('[data-testid=mark-flush]');
            assert.match(await text(page, '[data-testid=live-message]'), /^Not marked/);
            assert.equal(fake.marks.length, 4);
        },
    },
    {
        id: 'PAL',
        title: 'Ctrl+K names what can be done with its key; typing narrows, Enter does it',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            await page.keyboard.press('Control+k');
            await page.fill('#palette-input', 'freeze');
            const items = page.locator('#palette-list [role=option]');
            assert.equal(await items.count(), 1);
            assert.match(await items.first().textContent(), /Space$/);
            await page.keyboard.press('Enter');
            await until('frozen', () => frozen(page));
            await page.keyboard.press('Control+k');
            await page.fill('#palette-input', 'audit');
            await page.keyboard.press('Enter');
            await until('audit', () => page.isVisible('#view-audit'));
        },
    },
    {
        id: 'LETTER',
        title: 'single letters do nothing until they are switched on, then they stand in the sheet',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            await page.keyboard.press('F2');
            await page.keyboard.press('c');
            await page.waitForTimeout(300);
            assert.equal(await accepted(page), 0);
            await page.keyboard.press('F1');
            await page.click('#letters-switch');
            assert.match(await text(page, '#key-sheet-body'), /Enter C/);
            const palette = (await text(page, '#key-sheet-body')).match(/palette: do anything/g);
            assert.equal(palette.length, 1, 'a key stands there twice');
            await page.click('#key-sheet-close');
            await page.keyboard.press('F2');
            await page.keyboard.press('c');
            await until('one', async () => (await accepted(page)) === 1);
        },
    },
    {
        id: 'REMAP',
        title: 'a key is given to another act and kept; one that is taken is refused, with by what',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            const give = async (key) => {
                await page.keyboard.press('F1');
                await page.click('[data-key="F2"]');
                await page.keyboard.press(key);
                const said = await text(page, '#key-sheet-said');
                await page.click('#key-sheet-close');
                return said;
            };
            assert.match(await give('F8'), /^F8 is taken: capture/);
            assert.match(await give('F5'), /belongs to the browser/);
            assert.match(await give('Insert'), /Insert from now on/);
            await page.keyboard.press('F2');
            await page.keyboard.press('Enter');
            await page.waitForTimeout(300);
            assert.equal(await accepted(page), 0, 'the old key still acts');
            await page.reload();
            await ready(page);
            await page.keyboard.press('Insert');
            await page.keyboard.press('Enter');
            await until('one', async () => (await accepted(page)) === 1);
            await page.keyboard.press('F1');
            await page.click('#keys-reset');
            assert.equal(await page.locator('[data-key="F2"]').textContent(), 'F2');
        },
    },
    {
        id: 'SOUND',
        title: 'sound: off until switched on; one soft tone for a study that rose; Ctrl+M mutes 60 s',
        user: 'reader',
        hash: '#/worklist',
        async run({ page, fake }) {
            await page.evaluate(() => {
                window.tones = 0;
                const { start } = OscillatorNode.prototype;
                OscillatorNode.prototype.start = function (...when) {
                    window.tones += 1;
                    return start.apply(this, when);
                };
            });
            const tones = () => page.evaluate(() => window.tones);
            const rise = async (study) => {
                fake.move(study, 1, 'critical', 'AO mean 74 -> 52 mmHg in 90 s');
                await page.waitForSelector(`[data-testid=tray-item][data-study="${study}"]`);
            };
            await rise(7);
            assert.equal(await tones(), 0, 'it sounds though it is off');
            await page.click('#sound');
            assert.deepEqual([await tones(), await text(page, '#sound')], [1, '♪ on']);
            await page.waitForTimeout(5100);
            await rise(8);
            await until('one more', async () => (await tones()) === 2);
            await page.keyboard.press('Control+m');
            assert.match(await text(page, '#sound'), /^♪ muted (60|59) s$/);
        },
    },
    {
        id: 'REVIEW',
        title: 'Review: machine and value in force, the word, the history, the beats; a permalink',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            const m = fake.measurements[1];
            m.values[0].value += 7;
            Object.assign(m, { state: 'adjusted', by: 'KT', decided_at: m.at });
            await page.goto(`${fake.url}#/review/1?m=${m.id}`);
            const row = page.locator('[data-testid=review] tr[data-state=adjusted]');
            await until('the row', async () => (await row.count()) === 1);
            assert.match(await row.textContent(), /31\/14.*38\/14 mmHg.*EDITED.*KT/);
            const history = await text(page, '[data-testid=value-history]');
            assert.match(history, /^31\/14.*→ 38\/14 edited, KT/);
            await page.waitForSelector('#view-review .mark.used');
            const used = await page.locator('#view-review .mark.used').count();
            assert.equal(used, m.beats.length);
        },
    },
    {
        id: 'PRINT',
        title: 'the case sheet on paper: light, each value with its state word, no controls',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.goto(`${fake.url}#/review/1`);
            await page.waitForSelector('[data-testid=review]');
            await page.emulateMedia({ media: 'print' });
            const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
            assert.equal(paper, 'rgb(255, 255, 255)');
            assert.equal(await page.isVisible('#screens'), false);
            const rows = await page.locator('[data-testid=review] tbody tr').allTextContents();
            assert.equal(rows.length, fake.measurements.length);
            assert.ok(rows.every((r) => /SUGGESTED|CONFIRMED|EDITED|REJECTED/.test(r)));
            assert.ok(await page.isVisible('#patient'));
        },
    },
    {
        id: 'MOTION',
        title: 'reduced motion: nothing is animated',
        user: 'tech',
        async run({ page, fake }) {
            await page.emulateMedia({ reducedMotion: 'reduce' });
            await ready(page);
            await page.goto(`${fake.url}#/worklist`);
            await page.waitForSelector('[data-testid=study-row]');
            fake.move(5, 1, 'critical', 'AO mean 74 -> 52 mmHg');
            await page.waitForSelector('[data-testid=tray-item]');
            assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        },
    },
    {
        id: 'SHARED',
        title: 'a mark, the condition and a state that lasts are the same on every page, also anew',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.click(AO_LANE);
            await page.keyboard.press('F9');
            await page.selectOption('select[aria-label=Condition]', 'drug');
            fake.state(1, 'FLUSHED', true, 'flushed');
            const wedge = (p) => p.getAttribute('[data-testid=mark-wedge]', 'aria-pressed');
            await until('pressed', async () => (await wedge(page)) === 'true');
            const other = await page.context().newPage();
            await other.goto(`${fake.url}#/live`);
            await live(other);
            await other.click(AO_LANE);
            await until('the same there', async () => (await wedge(other)) === 'true');
            assert.equal(await other.inputValue('select[aria-label=Condition]'), 'drug');
            await until('the state', async () => /flushed/.test(await text(other, AO_LANE)));
            await other.keyboard.press('F9');
            await until('ended on both', async () => (await wedge(page)) === 'false');
        },
    },
    {
        id: 'SITEFIX',
        title: 'F8 captures; arrows say another site: captured again, the wrong value rejected',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.click(AO_LANE);
            await page.keyboard.press('F8');
            await until('captured', () => fake.captures.length === 1);
            await until('the offer', async () =>
                /Not AO\?/.test(await text(page, '[data-testid=live-message]')),
            );
            const wrong = fake.suggest('AO');
            await page.waitForSelector(`[data-id="${wrong.id}"]`);
            await page.keyboard.press('ArrowLeft');
            assert.equal(await text(page, '[data-testid=capture-site]'), 'LV');
            await until('again', () => fake.captures.length === 2);
            assert.equal(fake.captures[1].site, 'LV');
            assert.ok(fake.captures[1].back_s > fake.captures[0].back_s);
            await until('rejected', () => wrong.state === 'rejected' && wrong.reason === 'wrong_site');
        },
    },
    {
        id: 'DIGIT',
        title: 'a digit before F8 names the site of the capture, where single keys are switched on',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.keyboard.press('5');
            await page.keyboard.press('F8');
            await until('captured', () => fake.captures.length === 1);
            assert.equal(fake.captures[0].site, undefined, 'digits act though letters are off');
            await page.keyboard.press('F1');
            await page.click('#letters-switch');
            await page.click('#key-sheet-close');
            await page.keyboard.press('5');
            assert.equal(await text(page, '[data-testid=capture-site]'), 'LV');
            await page.keyboard.press('F8');
            await until('captured', () => fake.captures.length === 2);
            assert.equal(fake.captures[1].site, 'LV');
        },
    },
    {
        id: 'AUDIT',
        title: 'Audit: newest first, page by page, filters in the address',
        user: 'tech',
        async run({ page, fake }) {
            for (let n = 0; n < 256; n++)
                fake.audit.push({
                    n, at: new Date(n * 1000).toISOString(), who: n % 50 ? 'tech' : 'kim',
                    what: n > 252 ? 'shown' : 'mark', object: 'room 1', before: '', after: `row ${n}`, where: 'page',
                });
            await page.goto(`${fake.url}#/audit`);
            const first = () => text(page, '[data-testid=audit] tbody td');
            await until('the newest act', async () => (await first()) === '252');
            await page.click('[data-testid=audit-acts]');
            await until('the newest of all', async () => (await first()) === '255');
            assert.match(page.url(), /all=1/);
            await page.click('[data-testid=audit-acts]');
            await until('only acts', async () => (await first()) === '252');
            await page.click('[data-testid=audit-older]');
            await until('older ones', async () => (await first()) === '152');
            await page.goto(`${fake.url}#/audit`);
            await page.keyboard.press('F3');
            await page.keyboard.type('row 17');
            await until('filtered', async () => (await first()) === '179');
            await page.fill('.filter input[name=who]', 'kim');
            await until('none', async () =>
                /0 of 256 rows match/.test(await text(page, '#view-audit')),
            );
            await page.fill('.filter input[name=text]', '');
            await until('kim', async () => (await first()) === '250');
            assert.match(page.url(), /#\/audit\?who=kim$/);
            await page.reload();
            await until('again', async () => (await first()) === '250');
        },
    },
    {
        id: 'DERIVED',
        title: 'a derived value says what it waits for, and stands there once that is confirmed',
        user: 'tech',
        async run({ page, fake }) {
            await ready(page);
            await page.goto(`${fake.url}#/review/1`);
            const table = '[data-testid=derived]';
            await until('it waits', async () =>
                /gradient–waits for: PA mean, PCW mean confirmed/.test(await text(page, table)),
            );
            for (const site of ['PA', 'PCW']) {
                const m = fake.measurements.find((x) => x.site === site);
                Object.assign(m, { state: 'accepted', by: 'tech', decided_at: m.at });
                m.version += 1;
                fake.say({ type: 'measurement', ...m });
            }
            await until('it stands', async () =>
                /gradient6 mmHgPA mean 20.0/.test(await text(page, table)),
            );
            await page.selectOption('.derived select', 'hb');
            await page.fill('.derived input', '13.5');
            await page.keyboard.press('Enter');
            await until('typed', () => fake.typed.length === 1);
            assert.deepEqual([fake.typed[0].quantity, fake.typed[0].value], ['hb', 13.5]);
        },
    },
    {
        id: 'VERIFY',
        title: 'a cardiologist verifies a decided value, with the password again; nobody else can',
        user: 'reader',
        async run({ page, fake }) {
            const m = fake.measurements[1];
            Object.assign(m, { state: 'accepted', by: 'tech', decided_at: m.at });
            await page.goto(`${fake.url}#/review/1?m=${fake.measurements[0].id}`);
            await page.waitForSelector('[data-testid=review]');
            assert.equal(await page.isVisible('[data-testid=verify]'), false, 'a suggested one');
            await page.click(`#view-review [data-id="${m.id}"]`);
            const verify = async (password) => {
                await page.fill('.verify input', password);
                await page.click('[data-testid=verify]');
            };
            await verify('wrong');
            await until('refused', async () =>
                /password is wrong/.test(await text(page, '[data-testid=verify-said]')),
            );
            await verify('demo');
            await until('verified', () => m.verified_by === 'reader');
            await until('said', async () =>
                /verified by reader/.test(await text(page, '[data-testid=verify-said]')),
            );
            assert.match(await text(page, '#view-review'), /CONFIRMED, VERIFIED/);
        },
    },
];
