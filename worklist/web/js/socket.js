// @ts-check
/* socket.js - the WebSocket, held open: says when it is lost, when it tries again, and tries.
 *
 *     const link = new Link(url, { text, binary, state });
 *     link.retry();                        // the person pressed "Try now"
 * Nothing is queued while it is closed: what could not be sent was not sent, and send() says so. */

const WAIT_S = [0.5, 1, 2, 4, 8];

/** @typedef {{state: 'open' | 'waiting' | 'trying', attempt: number,
 *   retry_at_ms: number}} LinkState */

export class Link {
    /** @param {string} url @param {{text: (message: any) => void,
     *   binary: (buffer: ArrayBuffer) => void, state: (state: LinkState) => void}} on */
    constructor(url, on) {
        this.url = url;
        this.on = on;
        this.attempt = 0;
        this.timer = 0;
        this.closed = false;
        this.#open();
    }

    /** @param {object} message @returns {boolean} false: not connected, nothing was sent */
    send(message) {
        if (this.socket?.readyState !== WebSocket.OPEN) return false;
        this.socket.send(JSON.stringify(message));
        return true;
    }

    retry() {
        if (this.socket?.readyState === WebSocket.OPEN || this.closed) return;
        clearTimeout(this.timer);
        this.#open();
    }

    close() {
        this.closed = true;
        clearTimeout(this.timer);
        this.socket?.close();
    }

    #open() {
        this.#say('trying', 0);
        const socket = new WebSocket(this.url);
        socket.binaryType = 'arraybuffer';
        this.socket = socket;
        socket.onopen = () => {
            this.attempt = 0;
            this.#say('open', 0);
        };
        socket.onmessage = ({ data }) => {
            if (typeof data === 'string') this.on.text(JSON.parse(data));
            else this.on.binary(data);
        };
        socket.onclose = () => {
            if (socket === this.socket && !this.closed) this.#wait();
        };
    }

    #wait() {
        const wait_ms = 1000 * WAIT_S[Math.min(this.attempt, WAIT_S.length - 1)];
        this.attempt += 1;
        this.#say('waiting', Date.now() + wait_ms);
        this.timer = setTimeout(() => this.#open(), wait_ms);
    }

    /** @param {LinkState['state']} state @param {number} retry_at_ms */
    #say(state, retry_at_ms) {
        this.on.state({ state, attempt: this.attempt, retry_at_ms });
    }
}
