/* checks_look.mjs - readable by everybody, dark, one ring, text is text (A16-A18). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { contrast, difference, EYES, SHARE_A_LANE } from '../colour.mjs';
import { live, pixels, ready, sleep, text, until } from './check.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function axe(page, where) {
    await page.evaluate(AXE);
    const found = await page.evaluate(
        (tags) =>
            window.axe
                .run(document, { runOnly: tags })
                .then((r) =>
                    r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' | ')}`),
                ),
        TAGS,
    );
    assert.deepEqual(found, [], `axe on ${where}`);
}

function luminance(data, width, height) {
    let sum = 0;
    let bright = 0;
    const linear = Array.from({ length: 256 }, (_, v) => {
        const s = v / 255;
        return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    for (let i = 0; i < data.length; i += 4) {
        const y =
            0.2126 * linear[data[i]] + 0.7152 * linear[data[i + 1]] + 0.0722 * linear[data[i + 2]];
        sum += y;
        if (y > 0.5) bright += 1;
    }
    return { mean: sum / (width * height), bright: bright / (width * height) };
}

async function isDark(page, where) {
    const { mean, bright } = await pixels(page, page, luminance);
    assert.ok(mean <= 0.05, `${where}: mean luminance ${mean.toFixed(3)}`);
    assert.ok(bright <= 0.05, `${where}: bright pixels ${(100 * bright).toFixed(1)} %`);
}

const TARGETS = '#product button, #product select, #product input, #screens a';
/** Everything that can be pressed and is smaller than it must be, in CSS pixels. */
const smallTargets = (page, least) =>
    page.$$eval(
        TARGETS,
        (all, px) =>
            all
                .filter((e) => e.checkVisibility({ visibilityProperty: true }))
                .filter((e) => !e.closest('[hidden]'))
                .map((e) => [e.textContent, e.getBoundingClientRect()])
                .filter(([, box]) => box.height < px || box.width < px)
                .map(([words, box]) => `${words} ${box.width} x ${box.height}`),
        least,
    );
/** Buttons whose words do not fit in them. */
const cutWords = (page) =>
    page.$$eval('#product button, #product a.button', (all) =>
        all
            .filter((e) => e.checkVisibility({ visibilityProperty: true }))
            .filter((e) => e.scrollWidth > e.clientWidth + 1)
            .map((e) => e.textContent),
    );
/** Gloves and haste: what is used during a case. */
const leastTarget = (screen) => (/^(live|worklist)/.test(screen) ? 44 : 24);

const rings = (page) =>
    page.$$eval(
        '*',
        (all) =>
            all.filter(
                (e) =>
                    getComputedStyle(e).outlineStyle !== 'none' &&
                    parseFloat(getComputedStyle(e).outlineWidth) >= 2,
            ).length,
    );

/** Each screen, and what stands there once it has its data. */
const SCREENS = {
    live: '[data-testid=card]',
    review: '[data-testid=review]',
    worklist: '[data-testid=study-row]',
    'study/5': '[data-testid=history]',
    audit: '[data-testid=audit]',
    validation: '#view-validation .quiet',
    admin: '[data-testid=modes]',
};
const WHY = 'AO mean 74 -> 52 mmHg in 90 s; FALLING_BP rules 1; beats 81-96; q 0.96';

/** The page forgets nothing of it: reload, then everything is drawn with the light tokens. */
async function lightTheme(page) {
    await page.evaluate(() => localStorage.setItem('hemostream.theme', 'light'));
    await page.reload();
    await page.waitForSelector('#product:not([hidden])');
}

async function visit(page, fake, look) {
    fake.move(5, 1, 'critical', WHY);
    fake.move(6, 2, 'urgent', WHY);
    await page.goto(`${fake.url}#/live`);
    await live(page);
    await ready(page);
    await page.keyboard.press('F2');
    await page.keyboard.press('Enter');
    await sleep(300);
    for (const [screen, there] of Object.entries(SCREENS)) {
        await page.goto(`${fake.url}#/${screen}`);
        await page.waitForSelector(there);
        await sleep(100);
        await look(screen);
    }
}

/** The colour tokens of the theme that is shown. */
const tokens = (page) =>
    page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        const names = ['bg', 'panel', 'raised', 'text', 'text-2', 'text-3', 'edge', 'focus',
            'suggested', 'edited', 'ok', 'p1', 'p2', 'stale', 'replay', 'on-fill', 'ch-ecg', 'ch-ao',
            'ch-lv', 'ch-pa', 'ch-pcw', 'ch-ra', 'ch-rv', 'ch-la', 'ch-pao', 'ch-pd'];
        return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    });

/** What is too pale, and lanes that some eye cannot tell apart. */
function poor(token, least_of_traces) {
    const few = [];
    const hold = (name, on, least) => {
        const ratio = contrast(token[name], token[on]);
        if (!(ratio >= least)) few.push(`${name} on ${on}: ${ratio.toFixed(2)}, not ${least}`);
    };
    for (const on of ['bg', 'panel', 'raised']) {
        for (const name of ['text', 'text-2', 'text-3', 'suggested', 'edited', 'ok', 'stale', 'replay'])
            hold(name, on, 4.5);
        for (const name of ['edge', 'focus', 'p1', 'p2']) hold(name, on, 3);
    }
    for (const fill of ['p1', 'p2']) hold('on-fill', fill, 4.5);
    for (const name of Object.keys(token).filter((n) => n.startsWith('ch-')))
        hold(name, 'bg', least_of_traces);
    for (const [a, b] of SHARE_A_LANE)
        for (const eye of Object.keys(EYES)) {
            const d = difference(token[`ch-${a}`], token[`ch-${b}`], eye);
            if (!(d >= 10)) few.push(`${a} and ${b}, ${eye}: ${d.toFixed(1)}, not 10`);
        }
    return few;
}

export const checks = [
    {
        id: 'A16',
        title: 'axe finds nothing on login, live, worklist, history, audit and the key sheet',
        async run({ page, fake }) {
            await page.goto(fake.url);
            await page.waitForSelector('#login:not([hidden])');
            await axe(page, 'login');
            await page.fill('#login-user', 'tech');
            await page.fill('#login-password', 'wrong');
            await page.click('#login-button');
            await until('a reason', async () => /wrong/.test(await text(page, '#login-message')));
            await page.fill('#login-password', 'demo');
            await page.click('#login-button');
            await page.waitForSelector('#product:not([hidden])');
            await visit(page, fake, (screen) => axe(page, screen));
            await page.keyboard.press('F1');
            await axe(page, 'key sheet');
            await page.keyboard.press('Escape');
            await page.keyboard.press('Control+k');
            await axe(page, 'palette');
            await page.keyboard.press('Escape');
            for (const who of ['valid', 'admin']) {
                await page.click('#log-out');
                await page.fill('#login-user', who);
                await page.fill('#login-password', 'demo');
                await page.click('#login-button');
                await page.waitForSelector('#product:not([hidden])');
                const screen = who === 'valid' ? 'validation' : 'admin';
                await page.goto(`${fake.url}#/${screen}`);
                await page.waitForSelector(`#view-${screen} .table`);
                await axe(page, who);
            }
        },
    },
    {
        id: 'A16c',
        title: 'light theme: one key; axe finds nothing on any screen; traces are drawn on white',
        user: 'tech',
        async run({ page, fake }) {
            const traces = async (when) => {
                const sheet = page.locator('[data-testid=paper]');
                const { mean } = await pixels(page, sheet, luminance);
                assert.ok(mean > 0.7, `traces ${when}: mean luminance ${mean.toFixed(2)}`);
            };
            await ready(page);
            await page.keyboard.press('Control+Shift+L');
            const paper = () =>
                page.evaluate(() => getComputedStyle(document.body).backgroundColor);
            assert.equal(await paper(), 'rgb(255, 255, 255)');
            await sleep(600);
            await traces('at once');
            await page.reload();
            await live(page);
            assert.equal(await paper(), 'rgb(255, 255, 255)', 'after a reload');
            await sleep(600);
            await traces('after a reload');
            await visit(page, fake, (screen) => axe(page, `${screen}, light`));
            fake.notice('NOT_SAVED');
            await page.waitForSelector('[data-testid=save-banner]:not([hidden])');
            await axe(page, 'not saved, light');
        },
    },
    {
        id: 'A16b',
        title: 'targets: 44 px on Live and Worklist, 24 elsewhere; there is exactly one focus ring',
        user: 'tech',
        async run({ page, fake }) {
            await visit(page, fake, async (screen) => {
                assert.deepEqual(await smallTargets(page, leastTarget(screen)), [], screen);
            });
            await page.goto(`${fake.url}#/live`);
            await sleep(300);
            await page.keyboard.press('F2');
            assert.equal(await rings(page), 1);
            for (let i = 0; i < 12; i++) {
                await page.keyboard.press('Tab');
                assert.ok((await rings(page)) <= 1);
            }
        },
    },
    {
        id: 'A18',
        title: 'dark: mean luminance <= 0.05, bright pixels <= 5 %, also when the feed is lost',
        user: 'tech',
        async run({ page, fake }) {
            await visit(page, fake, (screen) => isDark(page, screen));
            await page.goto(`${fake.url}#/live`);
            fake.feed.stopped = true;
            await sleep(2500);
            await isDark(page, 'stale');
        },
    },
    {
        id: 'TEXT',
        title: 'markup in a name or a reason stays text',
        user: 'tech',
        async run({ page, fake }) {
            const evil = '<img src=x onerror="window.broken=1"><b>bold</b>';
            fake.studies[0].patient_name = evil;
            fake.move(1, 1, 'critical', evil);
            await until('the name', async () => (await text(page, '#patient')) === evil);
            await page.goto(`${fake.url}#/worklist`);
            await sleep(400);
            assert.equal(
                await page.$$eval('#product img:not(.logo), #product b', (all) => all.length),
                0,
            );
            assert.equal(await page.evaluate(() => window.broken), undefined);
        },
    },
    {
        id: 'NARROW',
        title: 'from 1366x768 on and at 200 %: no sideways scroll, the name has room, no control is cut',
        user: 'tech',
        async run({ page, fake }) {
            const head = () =>
                page.evaluate(() => ({
                    cut: document.querySelector('#log-out').getBoundingClientRect().right,
                    name: document.querySelector('#patient').parentElement.clientWidth,
                }));
            fake.rooms[0].name = 'bleeding, simulated';
            fake.setMode('silent'); /* the longest chip, the widest room */
            await until('the chip', async () => (await text(page, '#mode')) === 'SILENT PILOT');
            for (const width of [1366, 1456, 1600, 1800, 1920]) {
                await page.setViewportSize({ width, height: 800 });
                const { cut, name } = await head();
                assert.ok(cut <= width, `Log out ends at ${cut} of ${width} px`);
                assert.ok(name >= 170, `${name} px for the name at ${width} px`);
            }
            fake.setMode('assistive');
            for (const [width, height] of [
                [1366, 768],
                [683, 384],
            ]) {
                await page.setViewportSize({ width, height });
                await visit(page, fake, async (screen) => {
                    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
                    assert.ok(wide <= width, `${screen} at ${width}: ${wide} px wide`);
                    assert.deepEqual(await cutWords(page), [], `${screen} at ${width}: cut`);
                    if (screen !== 'worklist') return;
                    const why = await page.$eval('.tray-why', (e) => e.clientWidth);
                    assert.ok(why > 200, `${why} px for the reason at ${width}`);
                });
            }
        },
    },
    {
        id: 'A17',
        title: 'tokens: text >= 4.5, marks >= 3, traces >= 6; lanes differ >= 10 for every eye',
        user: 'tech',
        async run({ page }) {
            await ready(page);
            const dark = await tokens(page);
            await lightTheme(page);
            const few = [...poor(dark, 6), ...poor(await tokens(page), 4.5).map((t) => `light: ${t}`)];
            assert.deepEqual(few, []);
        },
    },
];
