/* screenshot.mjs - pictures for the README from a running demo.
 *
 *     HEMO_TECH_PASSWORD=... HEMO_READER_PASSWORD=... node screenshot.mjs URL [FOLDER] [ROOM]
 * Writes live.png, review.png, worklist.png, study.png and audit.png (1456x820, as small as 256 colours make
 * them) in FOLDER (.). ROOM (2) is the room that live shows; study is the first of the list. The demo must have run for
 * some minutes: values are confirmed on the way, so that the audit has what to show. */
import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { launch, logIn, openPage } from './chromium.mjs';
import { encodePng } from './png.mjs';
import { pixels } from './browser/check.mjs';

const WIDTH = 1456;
const HEIGHT = 820;
const [given, folder = '.', room = '2'] = process.argv.slice(2);
const { HEMO_TECH_PASSWORD: tech, HEMO_READER_PASSWORD: reader } = process.env;
if (!given || !tech || !reader) {
    console.error(
        'screenshot: arguments: missing (want URL, HEMO_TECH_PASSWORD and HEMO_READER_PASSWORD)',
    );
    process.exit(2);
}
const url = given.endsWith('/') ? given : `${given}/`;

async function picture(page, name) {
    const { rgb, width, height } = await pixels(page, page, (data, w, h) => {
        const bytes = new Uint8Array(w * h * 3);
        for (let i = 0, o = 0; i < data.length; i += 4) {
            bytes[o++] = data[i];
            bytes[o++] = data[i + 1];
            bytes[o++] = data[i + 2];
        }
        let text = '';
        for (let i = 0; i < bytes.length; i += 32768)
            text += String.fromCharCode(...bytes.subarray(i, i + 32768));
        return { rgb: btoa(text), width: w, height: h };
    });
    const png = encodePng(Buffer.from(rgb, 'base64'), width, height);
    await writeFile(path.join(folder, `${name}.png`), png);
    console.log(`screenshot: ${name}.png ${Math.round(png.length / 1024)} kB`);
}

async function go(page, hash, wait_ms = 1500) {
    await page.goto(url + hash);
    await page.waitForTimeout(wait_ms);
}

async function technologist(page) {
    await logIn(page, url, 'tech', tech, `#/live/${room}`);
    await page.waitForTimeout(20000);
    await page.keyboard.press('F2');
    for (let i = 0; i < 2; i++) {
        await page.keyboard.press('Enter');
        await page.waitForTimeout(900);
    }
    await page.waitForTimeout(900);
    await picture(page, 'live');
}

const browser = await launch();
try {
    const options = { viewport: { width: WIDTH, height: HEIGHT } };
    const live = await openPage(browser, options);
    await technologist(live);
    const list = await openPage(browser, options);
    await logIn(list, url, 'reader', reader, '#/worklist');
    await list.waitForTimeout(1500);
    await picture(list, 'worklist');
    const first = await list.getAttribute('[data-testid=study-row][aria-rowindex="2"]', 'data-study');
    await go(list, `#/study/${first}`, 3000);
    await picture(list, 'study');
    await go(live, `#/review/${room}`, 4000);
    await picture(live, 'review');
    await go(list, '#/audit');
    await picture(list, 'audit');
    for (const problem of [...live.problems, ...list.problems])
        console.error(`screenshot: page: ${problem}`);
} catch (error) {
    console.error(`screenshot: ${url}: ${String(error.message).split('\n')[0]}`);
    process.exitCode = 1;
} finally {
    await browser.close();
}
