// @ts-check
/* api.js - the calls of API.md. Each gives the answer's body or throws ApiError.
 *
 *     const room = await api.post('/api/rooms/2/capture', { channel, back_s, phase });
 * ApiError.code is stable ("CONFLICT"); what/safe/todo are sentences for a person. */

export class ApiError extends Error {
    /** @param {number} status @param {any} body */
    constructor(status, body) {
        const error = body?.error ?? {};
        super(error.what ?? `the server answered ${status}`);
        this.status = status;
        this.code = error.code ?? `HTTP_${status}`;
        this.what = this.message;
        this.safe = error.safe ?? '';
        this.todo = error.do ?? '';
        this.now = error.now ?? body?.now ?? null;
    }

    get sentence() {
        return [this.what, this.safe, this.todo]
            .filter(Boolean)
            .map((s) => (/[.!?]$/.test(s) ? s : `${s}.`))
            .join(' ');
    }
}

/** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
async function call(method, path, body) {
    const init = { method, credentials: /** @type {const} */ ('same-origin'), headers: {} };
    if (body)
        Object.assign(init, {
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify(body),
        });
    let answer;
    try {
        answer = await fetch(path, init);
    } catch {
        throw new ApiError(0, {
            error: {
                code: 'OFFLINE',
                what: 'No connection to the server',
                safe: 'Nothing was saved',
                do: 'It will work again when the badge says LIVE',
            },
        });
    }
    const json = await answer.json().catch(() => ({}));
    if (answer.ok) return json;
    if (answer.status === 401 && path !== '/api/login') api.on_logged_out();
    throw new ApiError(answer.status, json);
}

export const api = {
    /** replaced by main.js: a session that ended leads back to the login */
    on_logged_out: () => {},
    /** @param {string} path */
    get: (path) => call('GET', path),
    /** @param {string} path @param {object} body */
    post: (path, body) => call('POST', path, body),
    /** @param {string} path @param {object} [body] */
    delete: (path, body) => call('DELETE', path, body ?? {}),
};

/** One per act of a person, so that a repeated request is answered and not done twice. */
export function requestId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
