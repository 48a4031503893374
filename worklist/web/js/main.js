// @ts-check
/* main.js - wiring: login or the product, the views, the keys. It reads as the map of the page. */
import { api } from './api.js';
import { App } from './app.js';
import { byId } from './dom.js';
import { Keys } from './keys.js';
import { makeHash, parseHash } from './router.js';
import { Sound } from './sound.js';
import { applyTheme, otherTheme } from './theme.js';
import { AdminView } from './views/admin.js';
import { AuditView } from './views/audit.js';
import { Header } from './views/header.js';
import { KeySheet } from './views/key_sheet.js';
import { LiveView } from './views/live.js';
import { LoginView } from './views/login.js';
import { Palette } from './views/palette.js';
import { ReviewView } from './views/review.js';
import { StudyView } from './views/study.js';
import { ValidationView } from './views/validation.js';
import { WorklistView } from './views/worklist.js';

const SCREENS = [
    ['live', 'Live'],
    ['review', 'Review'],
    ['worklist', 'Worklist'],
    ['audit', 'Audit'],
    ['validation', 'Validation'],
    ['admin', 'Admin'],
];
const app = new App();
const keys = new Keys();
const login = new LoginView(byId('login'), (me) => enter(me));
const header = new Header(app);
const key_sheet = new KeySheet(keys, () => changeTheme());
const palette = new Palette(keys);
new Sound(app, keys);
const views =
    /** @type {Record<string, {element: HTMLElement,
     *   show: (route: import('./router.js').Route) => void, hide?: () => void}>} */ ({
        live: new LiveView(app, keys, byId('view-live')),
        review: new ReviewView(app, byId('view-review')),
        worklist: new WorklistView(app, keys, byId('view-worklist')),
        study: new StudyView(app, keys, byId('view-study')),
        audit: new AuditView(app, keys, byId('view-audit')),
        validation: new ValidationView(app, byId('view-validation')),
        admin: new AdminView(app, byId('view-admin')),
    });

/** @param {import('./types.js').Me} me */
async function enter(me) {
    await app.start(me);
    byId('login').hidden = true;
    byId('product').hidden = false;
    route();
}

function leave() {
    if (!app.me) return;
    app.stop();
    keys.view = 'login';
    byId('product').hidden = true;
    login.show('Your session ended. Nothing was lost: log in to go on.');
}

function route() {
    if (!app.me) return;
    const to = parseHash(location.hash);
    if (['live', 'review'].includes(to.view) && to.id !== null) app.select(to.id);
    for (const [name, view] of Object.entries(views)) {
        view.element.hidden = name !== to.view;
        if (name !== to.view) view.hide?.();
    }
    keys.view = to.view;
    document.body.dataset.view = to.view;
    header.mark(to.view, to.id);
    views[to.view].show(to);
}

/** What is drawn on canvases is drawn anew. */
function changeTheme() {
    otherTheme();
    app.say('theme');
    route();
}

function bindKeys() {
    const go = (/** @type {string} */ view) => () => {
        location.hash = makeHash(view);
    };
    for (const [i, [view, name]] of SCREENS.entries()) {
        keys.bind('*', `Alt+${i + 1}`, go(view), `go to ${name}`);
        keys.bind('*', `Ctrl+${i + 1}`, go(view));
    }
    keys.bind('*', 'F1', () => key_sheet.open(), 'this sheet: every key of the screen', '?');
    keys.bind('*', 'Ctrl+/', () => key_sheet.open());
    keys.bind('*', 'Ctrl+k', () => palette.open(), 'palette: do anything by its name');
    keys.bind('*', 'Ctrl+Shift+l', changeTheme, 'light or dark theme');
    keys.bind('study', 'Escape', go('worklist'), 'back to the list');
}

async function begin() {
    applyTheme();
    api.on_logged_out = leave;
    bindKeys();
    window.addEventListener('hashchange', route);
    byId('log-out').addEventListener('click', async () => {
        await api.post('/api/logout', {}).catch(() => {});
        leave();
    });
    try {
        await enter(await api.get('/api/me'));
    } catch {
        login.show('');
    }
}

begin();
