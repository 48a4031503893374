// @ts-check
/* disclosure_data.js - pieces of a case from the server: asked one at a time, the middle of the view
 * first, kept. A view that moved on drops what is not needed any more. */
import { api } from './api.js';
import { BLOCK_S, CHUNK_S, piecesOf, pyramid, RAW_SPAN_MS } from './disclosure_model.js';

const KEPT = 4000; /* pieces: 24 h of 8 channels are 1152 blocks */
const AGAIN_MS = 4000; /* the newest piece grows; one that failed is tried again */

/** @typedef {import('./disclosure_model.js').Epoch} Epoch */
/** @typedef {{first_tick: number, ticks_per_sample: number, scale: number, offset: number,
 *   samples: (number | null)[]}} Chunk */
/** @typedef {{levels: import('./disclosure_model.js').Level[] | null, chunk: Chunk | null,
 *   asked_ms: number, settled: boolean}} Piece */

export class DisclosureData {
    /** @param {() => void} changed */
    constructor(changed) {
        this.changed = changed;
        this.case = 0;
        /** @type {Epoch[]} */ this.epochs = [];
        /** @type {Map<string, Piece>} */ this.pieces = new Map();
        /** @type {{key: string, path: string, raw: boolean, settled: boolean}[]} */ this.wanted = [];
        this.busy = false;
        this.failed = false;
    }

    /** @param {number} number */
    async open(number) {
        if (number !== this.case) {
            this.pieces.clear();
            this.epochs = [];
        }
        this.case = number;
        if (!number) return;
        const { epochs } = await api.get(`/api/cases/${number}/epochs`);
        if (number === this.case) this.epochs = epochs;
    }

    /** @param {boolean} raw @param {Epoch} epoch @param {number} channel @param {number} k */
    static key(raw, epoch, channel, k) {
        return `${raw ? 's' : 'e'} ${epoch.stream} ${epoch.epoch} ${channel} ${k}`;
    }

    /** @param {boolean} raw @param {Epoch} epoch @param {number} channel @param {number} k */
    piece(raw, epoch, channel, k) {
        return this.pieces.get(DisclosureData.key(raw, epoch, channel, k)) ?? null;
    }

    /** @param {{t0_ms: number, span_ms: number}} view */
    want(view) {
        const raw = view.span_ms <= RAW_SPAN_MS;
        this.wanted = this.epochs.flatMap((epoch) => this.#wanted(epoch, view, raw));
        this.#next();
    }

    /** @param {Epoch} epoch @param {{t0_ms: number, span_ms: number}} view @param {boolean} raw */
    #wanted(epoch, view, raw) {
        const piece_s = raw ? CHUNK_S : BLOCK_S;
        const ticks = piece_s * epoch.base_rate_hz;
        const now = performance.now();
        const found = [];
        for (const k of piecesOf(epoch, view, piece_s))
            for (const { channel } of epoch.channels) {
                const key = DisclosureData.key(raw, epoch, channel, k);
                const known = this.pieces.get(key);
                if (known && (known.settled || now - known.asked_ms < AGAIN_MS)) continue;
                const place = raw
                    ? `from=${Math.floor(k * ticks)}&to=${Math.floor((k + 1) * ticks)}`
                    : `block=${k}`;
                const who = `stream=${epoch.stream}&epoch=${epoch.epoch}&channel=${channel}`;
                const path = `/api/cases/${this.case}/${raw ? 'trace' : 'envelope'}?${who}&${place}`;
                const settled = (k + 1) * ticks + 10 * epoch.base_rate_hz < epoch.newest_tick;
                found.push({ key, path, raw, settled });
            }
        return found;
    }

    async #next() {
        if (this.busy) return;
        const next = this.wanted.shift();
        if (!next) return;
        this.busy = true;
        const for_case = this.case;
        const piece = { levels: null, chunk: null, asked_ms: performance.now(), settled: false };
        try {
            const answer = await api.get(next.path);
            this.failed = false;
            Object.assign(piece, next.raw ? { chunk: answer } : { levels: pyramid(answer) });
            piece.settled = next.settled;
        } catch {
            this.failed = true;
        }
        this.busy = false;
        if (for_case === this.case) this.#keep(next.key, piece);
        this.changed();
        this.#next();
    }

    /** @param {string} key @param {Piece} piece */
    #keep(key, piece) {
        const known = this.pieces.get(key);
        if (known && !piece.levels && !piece.chunk) known.asked_ms = piece.asked_ms;
        else this.pieces.set(key, piece);
        const oldest = this.pieces.keys().next().value;
        if (this.pieces.size > KEPT && oldest !== undefined) this.pieces.delete(oldest);
    }
}
