// @ts-check
/* disclosure_paint.js - lanes of a case on a canvas: samples as lines, buckets as bars from least to
 * greatest. What is missing stays empty and hatched; what is not loaded yet stays dark. */
import { BLOCK_S, CHUNK_S, levelFor, RAW_SPAN_MS, tickAt, tickMs } from './disclosure_model.js';
import { token } from './dom.js';
import { hatchTile } from './sweep_painter.js';

const BAR_ALPHA = 0.6; /* solid bars would light a dark room */

/** @typedef {import('./disclosure_model.js').Epoch} Epoch */
/** @typedef {{channel: number, top: number, height: number, low: number, high: number,
 *   colour: string}} Lane in device pixels */

export class DisclosurePaint {
    /** @param {CanvasRenderingContext2D} context @param {import('./disclosure_data.js').DisclosureData} data
     * @param {{t0_ms: number, span_ms: number}} view */
    constructor(context, data, view) {
        this.context = context;
        this.data = data;
        this.view = view;
        this.width = context.canvas.width;
        this.raw = view.span_ms <= RAW_SPAN_MS;
        this.hatch = context.createPattern(hatchTile(token('--hatch')), 'repeat');
    }

    /** The line below a lane. @param {number} y @param {string} colour */
    rule(y, colour) {
        this.context.fillStyle = colour;
        this.context.fillRect(0, Math.round(y) - 1, this.width, 1);
    }

    /** @param {number} at_ms */
    x(at_ms) {
        return ((at_ms - this.view.t0_ms) / this.view.span_ms) * this.width;
    }

    /** @param {Lane} lane */
    lane(lane) {
        for (const epoch of this.data.epochs)
            if (epoch.channels.some((c) => c.channel === lane.channel)) this.#epoch(epoch, lane);
    }

    /** @param {Epoch} epoch @param {Lane} lane */
    #epoch(epoch, lane) {
        const piece_s = this.raw ? CHUNK_S : BLOCK_S;
        const ticks = piece_s * epoch.base_rate_hz;
        const { t0_ms, span_ms } = this.view;
        const first = Math.floor(Math.max(epoch.first_tick, tickAt(epoch, t0_ms)) / ticks);
        const newest = Math.min(epoch.newest_tick, tickAt(epoch, t0_ms + span_ms));
        for (let k = first; k * ticks <= newest; k++) {
            const piece = this.data.piece(this.raw, epoch, lane.channel, k);
            if (piece?.chunk) this.#samples(epoch, lane, piece.chunk);
            else if (piece?.levels) this.#bars(epoch, lane, piece.levels, k * ticks);
            else this.#unknown(lane, tickMs(epoch, k * ticks), tickMs(epoch, (k + 1) * ticks));
        }
    }

    /** @param {Lane} lane @param {number} value */
    #y(lane, value) {
        const share = Math.min(1, Math.max(0, (value - lane.low) / (lane.high - lane.low)));
        return lane.top + (1 - share) * (lane.height - 2) + 1;
    }

    /** @param {Lane} lane @param {number} from_ms @param {number} to_ms */
    #unknown(lane, from_ms, to_ms) {
        const x = Math.max(0, this.x(from_ms));
        this.context.fillStyle = token('--grid');
        this.context.fillRect(x, lane.top, Math.min(this.width, this.x(to_ms)) - x, lane.height);
    }

    /** Nothing came here: hatched, as on Live. @param {Lane} lane @param {number} from_ms
     * @param {number} to_ms */
    #gap(lane, from_ms, to_ms) {
        const x = Math.floor(this.x(from_ms));
        this.context.fillStyle = this.hatch ?? 'transparent';
        if (to_ms > from_ms)
            this.context.fillRect(x, lane.top, Math.ceil(this.x(to_ms)) - x, lane.height);
    }

    /** @param {Epoch} epoch @param {Lane} lane
     * @param {import('./disclosure_data.js').Chunk} chunk */
    #samples(epoch, lane, chunk) {
        const { context } = this;
        const step = (chunk.ticks_per_sample / epoch.base_rate_hz) * 1000;
        const start_ms = tickMs(epoch, chunk.first_tick);
        const from = Math.max(0, Math.floor((this.view.t0_ms - start_ms) / step) - 1);
        const end_ms = this.view.t0_ms + this.view.span_ms;
        const to = Math.min(chunk.samples.length, Math.ceil((end_ms - start_ms) / step) + 1);
        context.strokeStyle = lane.colour;
        context.beginPath();
        let pen = false;
        for (let i = from; i < to; i++) {
            const raw = chunk.samples[i];
            if (raw === null) {
                this.#gap(lane, start_ms + i * step, start_ms + (i + 1) * step);
                pen = false;
                continue;
            }
            const x = this.x(start_ms + i * step);
            const y = this.#y(lane, (raw - chunk.offset) * chunk.scale);
            if (pen) context.lineTo(x, y);
            else context.moveTo(x, y);
            pen = true;
        }
        context.stroke();
    }

    /** @param {Epoch} epoch @param {Lane} lane
     * @param {import('./disclosure_model.js').Level[]} levels @param {number} tick of the first */
    #bars(epoch, lane, levels, tick) {
        const { context } = this;
        const level = levels[levelFor(this.view.span_ms, this.width)];
        const start_ms = tickMs(epoch, tick);
        const bucket_ms = level.bucket_s * 1000;
        const wide = Math.max(1, (bucket_ms / this.view.span_ms) * this.width);
        const from = Math.max(0, Math.floor((this.view.t0_ms - start_ms) / bucket_ms));
        context.fillStyle = lane.colour;
        context.globalAlpha = BAR_ALPHA;
        for (let i = from; i < level.low.length; i++) {
            const x = this.x(start_ms + i * bucket_ms);
            if (x > this.width) break;
            if (Number.isNaN(level.low[i])) {
                const from_ms = start_ms + i * bucket_ms;
                const newest_ms = tickMs(epoch, epoch.newest_tick);
                this.#gap(lane, from_ms, Math.min(from_ms + bucket_ms, newest_ms));
                context.fillStyle = lane.colour;
                continue;
            }
            const top = this.#y(lane, level.high[i]);
            const height = this.#y(lane, level.low[i]) - top;
            const left = Math.round(x);
            const right = Math.max(left + 1, Math.round(x + wide));
            context.fillRect(left, top, right - left, Math.max(1, height));
        }
        context.globalAlpha = 1;
    }
}
