// @ts-check
/* sweep_painter.js - draws the lanes on one opaque 2D canvas, only what is new since the last.
 *
 * Per frame it wipes the next pixels of the bar and strokes the new samples: some 30 px of paper,
 * whatever the width. A full redraw happens only after a change of size, scale, speed or epoch.
 * All lengths in here are device pixels. */
import { MISSING } from './frame.js';
import { ERASE_PX, runsOf, sheetStart, yAt } from './sweep.js';

const LATE_S = 0.25; /* a lane may trail the others by this before the rest counts as a gap */

/** What a lane draws from.
 * @typedef {{ring: import('./ring.js').SampleRing, ticks_per_sample: number,
 *   scale: number, offset: number}} Source */
/** @typedef {{lane: import('./types.js').Lane, drawn: number}} Pen */
/** Colours, from the tokens of the theme.
 * @typedef {{bg: string, grid: string, 'grid-strong': string, hatch: string, stale: string}} Inks */
export const INKS = /** @type {const} */ (['bg', 'grid', 'grid-strong', 'hatch', 'stale']);

export class SweepPainter {
    /** @param {OffscreenCanvasRenderingContext2D} context */
    constructor(context) {
        this.context = context;
        /** @type {Inks} */ this.inks = { bg: '', grid: '', 'grid-strong': '', hatch: '', stale: '' };
        /** @type {CanvasPattern | null} */ this.hatch = null;
        this.stuck = new OffscreenCanvas(1, 1);
        /** @type {Pen[]} */ this.pens = [];
        this.px_per_s = 100;
        this.dpr = 1;
        this.wiped_px = 0;
        this.stale_sheet = true; /* the next step redraws everything */
    }

    get width() {
        return this.context.canvas.width;
    }

    /** @param {{width: number, height: number, dpr: number, px_per_s: number,
     *   inks: Inks, lanes: import('./types.js').Lane[]}} sheet in CSS pixels */
    setSheet(sheet) {
        const { canvas } = this.context;
        this.inks = sheet.inks;
        this.hatch = this.context.createPattern(hatchTile(sheet.inks.hatch), 'repeat');
        this.dpr = sheet.dpr;
        canvas.width = Math.max(1, Math.round(sheet.width * sheet.dpr));
        canvas.height = Math.max(1, Math.round(sheet.height * sheet.dpr));
        this.stuck = words('PAGE NOT RESPONDING', sheet.inks, sheet.dpr);
        this.px_per_s = sheet.px_per_s * sheet.dpr;
        this.pens = sheet.lanes.map((lane) => ({
            drawn: -1,
            lane: { ...lane, top: lane.top * sheet.dpr, height: lane.height * sheet.dpr },
        }));
        this.stale_sheet = true;
    }

    /** @param {(channel: number) => Source | undefined} source @param {number} head_tick
     * @param {number} ticks_per_s of wall time */
    step(source, head_tick, ticks_per_s) {
        const head_s = head_tick / ticks_per_s;
        const ahead_px = Math.ceil(head_s * this.px_per_s + ERASE_PX * this.dpr);
        const jumped = ahead_px - this.wiped_px > this.width || ahead_px < this.wiped_px;
        const from_s = this.stale_sheet || jumped ? this.#newSheet(head_s) : null;
        this.#wipe(this.wiped_px, ahead_px);
        this.wiped_px = ahead_px;
        for (const pen of this.pens) {
            const from = source(pen.lane.channel);
            if (!from) continue;
            const rate = ticks_per_s / from.ticks_per_sample;
            if (from_s !== null || pen.drawn < 0) {
                pen.drawn = Math.ceil((from_s ?? head_s) * rate);
            }
            this.#advance(pen, from, Math.floor(head_s * rate), rate);
        }
    }

    blank() {
        this.#wipe(0, this.width);
        this.stale_sheet = true;
    }

    /** The page does not answer. Painted from a picture made before: writing asks the page's thread for
     * the font, and would wait for the very page that does not answer. */
    pageStuck() {
        this.context.drawImage(this.stuck, 0, 8 * this.dpr);
        this.stale_sheet = true;
    }

    /** @param {number} head_s @returns {number} where drawing starts */
    #newSheet(head_s) {
        this.stale_sheet = false;
        this.#wipe(0, this.width);
        this.wiped_px = Math.ceil(head_s * this.px_per_s);
        for (const pen of this.pens) pen.drawn = -1;
        return sheetStart(head_s, this.px_per_s, this.width);
    }

    /** @param {number} from @param {number} to absolute pixels since the counter's zero */
    #wipe(from, to) {
        const { width } = this;
        for (let at = from; at < to;) {
            const x = at % width;
            const length = Math.min(to - at, width - x);
            this.#paper(x, length);
            at += length;
        }
    }

    /** @param {number} x @param {number} length */
    #paper(x, length) {
        const { context, dpr } = this;
        context.fillStyle = this.inks.bg;
        context.fillRect(x, 0, length, context.canvas.height);
        context.fillStyle = this.inks.grid;
        const first = Math.ceil(x / this.px_per_s);
        for (let k = first; k * this.px_per_s < x + length; k++) {
            context.fillRect(Math.floor(k * this.px_per_s), 0, dpr, context.canvas.height);
        }
        for (const { lane } of this.pens) {
            context.fillStyle = this.inks.grid;
            context.fillRect(x, Math.round(lane.top + lane.height / 2), length, dpr);
            context.fillStyle = this.inks['grid-strong'];
            context.fillRect(x, Math.round(lane.top + lane.height) - dpr, length, dpr);
        }
    }

    /** @param {Pen} pen @param {Source} source @param {number} head @param {number} rate */
    #advance(pen, source, head, rate) {
        const late = Math.ceil(rate * LATE_S);
        const known = source.ring.end >= head - late ? source.ring.end : head - late;
        const to = Math.min(head, Math.max(known, pen.drawn));
        const from = pen.drawn;
        if (to <= from) return;
        const { runs, gaps } = runsOf(source.ring, from, to, MISSING);
        for (const [a, b] of gaps) this.#gap(pen.lane, a / rate, b / rate);
        for (const [a, b] of runs) {
            const joined = a === from && source.ring.at(a - 1) !== MISSING;
            this.#stroke(pen.lane, source, joined ? a - 1 : a, b, rate);
        }
        pen.drawn = to;
    }

    /** @param {import('./types.js').Lane} lane @param {number} from_s @param {number} to_s */
    #gap(lane, from_s, to_s) {
        const { context, width } = this;
        const end = Math.floor(to_s * this.px_per_s);
        context.fillStyle = this.hatch ?? this.inks.hatch;
        for (let at = Math.floor(from_s * this.px_per_s); at < end;) {
            const x = at % width;
            const length = Math.min(end - at, width - x);
            context.fillRect(x, lane.top + 2, length, lane.height - 4);
            at += length;
        }
    }

    /** @param {import('./types.js').Lane} lane @param {Source} source @param {number} from
     * @param {number} to @param {number} rate */
    #stroke(lane, source, from, to, rate) {
        const { context, width, dpr } = this;
        const step = this.px_per_s / rate;
        context.strokeStyle = lane.colour;
        context.fillStyle = lane.colour;
        context.lineWidth = 1.5 * dpr;
        context.lineJoin = 'round';
        context.beginPath();
        let sheet = Math.floor((from * step) / width);
        let before = null;
        for (let n = from; n < to; n++) {
            const value = (source.ring.at(n) - source.offset) * source.scale;
            const { y, over } = yAt(value, lane);
            let x = n * step - sheet * width;
            if (over) this.#overRange(lane, x % width, over);
            if (before && x >= width) {
                context.lineTo(x, y);
                context.moveTo(before.x - width, before.y);
                x -= width;
                sheet += 1;
            }
            if (before) context.lineTo(x, y);
            else context.moveTo(x, y);
            before = { x, y };
        }
        context.stroke();
    }

    /** A bar at the lane's edge: the sample is there, only beyond the scale.
     * @param {import('./types.js').Lane} lane @param {number} x @param {number} over */
    #overRange(lane, x, over) {
        const y = over > 0 ? lane.top : lane.top + lane.height - 3 * this.dpr;
        this.context.fillRect(x, y, Math.max(1, this.dpr), 3 * this.dpr);
    }
}

/** @param {string} text @param {Inks} inks @param {number} dpr @returns {OffscreenCanvas} */
function words(text, inks, dpr) {
    const tile = new OffscreenCanvas(300 * dpr, 40 * dpr);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext('2d'));
    context.fillStyle = inks.bg;
    context.fillRect(0, 0, tile.width, tile.height);
    context.fillStyle = inks.stale;
    context.font = `600 ${20 * dpr}px sans-serif`;
    context.fillText(text, 16 * dpr, 27 * dpr);
    return tile;
}

/** @param {string} colour */
export function hatchTile(colour) {
    const tile = new OffscreenCanvas(10, 10);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext('2d'));
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    for (const shift of [-10, 0, 10]) {
        context.moveTo(shift - 1, 11);
        context.lineTo(shift + 11, -1);
    }
    context.stroke();
    return tile;
}
