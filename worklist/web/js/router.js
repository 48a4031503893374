// @ts-check
/* router.js - the view stands in the URL's hash, so that it can be shared and reopened.
 *
 *     #/live/2?m=ID   #/worklist?study=4   #/study/4   #/audit?after=100 */

/** @typedef {{view: string, id: number | null, query: URLSearchParams}} Route */
const VIEWS = ['live', 'review', 'worklist', 'study', 'audit', 'validation', 'admin'];

/** @param {string} hash @returns {Route} */
export function parseHash(hash) {
    const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
    const [view, id] = path.split('/');
    const number = /^\d{1,15}$/.test(id ?? '') ? Number(id) : null;
    return {
        view: VIEWS.includes(view) ? view : 'live',
        id: number,
        query: new URLSearchParams(query),
    };
}

/** @param {string} view @param {number | null} [id] @param {Record<string, any>} [query] */
export function makeHash(view, id = null, query = {}) {
    const given = Object.entries(query).filter(
        ([, v]) => v !== null && v !== undefined && v !== '',
    );
    const text = new URLSearchParams(given.map(([k, v]) => [k, String(v)])).toString();
    return `#/${view}${id === null ? '' : `/${id}`}${text ? `?${text}` : ''}`;
}

/** Changes the address without a new entry in the history. @param {string} hash */
export function keepHash(hash) {
    if (location.hash !== hash) history.replaceState(null, '', hash);
}
