/* screenshot.mjs - pictures for the README from a running demo.
 *
 *     node screenshot.mjs URL USER PASSWORD [FOLDER] [SECONDS]
 * Writes live.png and worklist.png (1600x900) after SECONDS (20) of traces. The password may also
 * come from HEMO_PASSWORD, so that it stands in no process list. */
import path from 'node:path';
import { launch, logIn, openPage } from './chromium.mjs';

const [url, user, given, folder = '.', seconds = '20'] = process.argv.slice(2);
const password = given && given !== '-' ? given : process.env.HEMO_PASSWORD;
if (!url || !user || !password) {
    console.error('screenshot: arguments: missing (want URL USER PASSWORD [FOLDER] [SECONDS])');
    process.exit(2);
}
const browser = await launch();
try {
    const page = await openPage(browser);
    await logIn(page, url.endsWith('/') ? url : `${url}/`, user, password, '#/live');
    await page.waitForTimeout(Number(seconds) * 1000);
    await page.keyboard.press('F2');
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(folder, 'live.png') });
    await page.keyboard.press('Alt+2');
    await page.waitForTimeout(800);
    await page.screenshot({ path: path.join(folder, 'worklist.png') });
    for (const problem of page.problems) console.error(`screenshot: page: ${problem}`);
    console.log(`screenshot: wrote live.png and worklist.png in ${folder}`);
} catch (error) {
    console.error(`screenshot: ${url}: ${String(error.message).split('\n')[0]}`);
    process.exitCode = 1;
} finally {
    await browser.close();
}
