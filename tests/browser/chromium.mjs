/* chromium.mjs - Debian's own Chromium under playwright-core, a fresh profile each time. */
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

export const CHROMIUM = process.env.HEMO_CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
    '--no-sandbox',
    '--headless',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export async function launch() {
    if (!existsSync(CHROMIUM))
        throw new Error(`${CHROMIUM}: not installed (want Debian's chromium)`);
    return chromium.launch({ executablePath: CHROMIUM, args: ARGS, headless: true });
}

/** A page of its own context that fails on what nobody should see: script errors, broken CSP. */
export async function openPage(browser, options = {}) {
    const context = await browser.newContext({
        viewport: { width: 1600, height: 900 },
        ...options,
    });
    context.setDefaultTimeout(5000);
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(String(error)));
    page.on('console', (message) => {
        const text = message.text();
        if (message.type() === 'error' && !/Failed to load resource|WebSocket/.test(text)) {
            page.problems.push(text);
        }
    });
    return page;
}

/** Without the form (A16 goes through it): a page load less for each check. */
export async function logIn(page, url, user, password, hash = '') {
    const answer = await page.request.post(`${url}api/login`, { data: { user, password } });
    if (!answer.ok()) throw new Error(`${user} may not log in: ${await answer.text()}`);
    await page.goto(url + hash);
    await page.waitForSelector('#product:not([hidden])');
}
