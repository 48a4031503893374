// @ts-check
/* theme.js - dark for the control room (the default), light for the office; paper is always light.
 * The light tokens are a sheet of their own: the theme is the medium for which it counts. */
import { byId } from './dom.js';

const THEME_KEY = 'hemostream.theme';

/** @returns {'dark' | 'light'} */
export function theme() {
    return localStorage.getItem(THEME_KEY) === 'light' ? 'light' : 'dark';
}

export function applyTheme() {
    byId('light').media = theme() === 'light' ? 'all' : 'print';
}

export function otherTheme() {
    localStorage.setItem(THEME_KEY, theme() === 'light' ? 'dark' : 'light');
    applyTheme();
}
