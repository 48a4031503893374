// @ts-check
/* chart.js - slow charts with uPlot, fetched only where one is shown. Without it (.ci/web was not
 * run) the place says so; whoever shows a chart shows its numbers in words or in a table too. */
import { token } from './dom.js';

const AT = '/vendor/node_modules/uplot/dist/';

/** @typedef {{label: string, colour: string, values: (number | null)[], dash?: number[],
 *   points?: boolean, width?: number}} Series */
/** @typedef {{x: number[], time: boolean, unit: string, series: Series[],
 *   lines?: {y: number, text: string, colour: string}[],
 *   marks?: {x: number, text: string}[]}} Chart x in seconds since 1970 where `time` */

/** @type {Promise<any> | null} */
let loading = null;

async function load() {
    const style = document.createElement('link');
    style.rel = 'stylesheet';
    style.href = `${AT}uPlot.min.css`;
    document.head.append(style);
    return (await import(`${AT}uPlot.esm.js`)).default;
}

/** The range of the values, and of the lines that stand on the plot. @param {Chart} chart */
function withLines(chart) {
    const lines = (chart.lines ?? []).map((l) => l.y);
    return (/** @type {any} */ _u, /** @type {number} */ low, /** @type {number} */ high) => {
        const least = Math.min(low ?? 0, ...lines);
        const most = Math.max(high ?? 1, ...lines);
        const room = 0.08 * Math.max(1, most - least);
        return [least - room, most + room];
    };
}

export class ChartBox {
    /** @param {HTMLElement} element */
    constructor(element) {
        this.element = element;
        /** @type {any} */ this.plot = null;
        /** @type {Chart | null} */ this.chart = null;
        this.shape = '';
        new ResizeObserver(() => this.#fit()).observe(element);
    }

    /** @param {Chart} chart */
    async draw(chart) {
        this.chart = chart;
        loading ??= load();
        let Plot;
        try {
            Plot = await loading;
        } catch {
            loading = null;
            this.element.textContent = 'No charts here: run .ci/web once (needs npm).';
            return;
        }
        if (this.chart === chart) this.#show(Plot, chart);
    }

    /** @param {any} Plot @param {Chart} chart */
    #show(Plot, chart) {
        const data = [chart.x, ...chart.series.map((s) => s.values)];
        const shape = JSON.stringify([chart.series.map((s) => [s.label, s.colour]), chart.lines]);
        if (this.plot && shape === this.shape) return this.plot.setData(data);
        this.plot?.destroy();
        this.element.replaceChildren();
        this.shape = shape;
        this.plot = new Plot(this.#options(chart), data, this.element);
        this.element.querySelector('canvas')?.setAttribute('aria-hidden', 'true');
    }

    /** @param {Chart} chart */
    #options(chart) {
        const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
        const hours = (/** @type {any} */ _u, /** @type {number[]} */ all) =>
            all.map((s) => {
                const at = new Date(s * 1000);
                return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
            });
        const axis = {
            stroke: token('--text-2'),
            grid: { stroke: token('--hair'), width: 1 },
            ticks: { show: false },
            font: '12px DejaVu Sans, sans-serif',
        };
        const series = chart.series.map((s) => ({
            label: s.label,
            stroke: s.colour,
            width: s.width ?? 2,
            dash: s.dash,
            points: { show: s.points ?? false, size: 6, fill: s.colour },
            spanGaps: false,
        }));
        return {
            width: Math.max(100, this.element.clientWidth),
            height: Math.max(80, this.element.clientHeight - 28),
            cursor: { drag: { x: false, y: false } },
            legend: { live: true },
            scales: { x: { time: chart.time }, y: { range: withLines(chart) } },
            axes: [chart.time ? { ...axis, values: hours, space: 90 } : axis, { ...axis, label: chart.unit, labelSize: 18, size: 48 }],
            series: [{ label: chart.time ? 'time' : 'n' }, ...series],
            hooks: { draw: [(/** @type {any} */ u) => this.#extras(u)] },
        };
    }

    /** Limits as lines, acts as marks: on the plot itself. @param {any} u */
    #extras(u) {
        const { ctx, bbox } = u;
        ctx.save();
        ctx.font = `${12 * devicePixelRatio}px DejaVu Sans, sans-serif`;
        for (const { y, text, colour } of this.chart?.lines ?? []) {
            const at = Math.round(u.valToPos(y, 'y', true));
            if (at < bbox.top || at > bbox.top + bbox.height) continue;
            ctx.strokeStyle = ctx.fillStyle = colour;
            ctx.setLineDash([6, 4]);
            ctx.beginPath();
            ctx.moveTo(bbox.left, at);
            ctx.lineTo(bbox.left + bbox.width, at);
            ctx.stroke();
            ctx.fillText(text, bbox.left + 6, at - 4);
        }
        ctx.setLineDash([]);
        ctx.strokeStyle = ctx.fillStyle = token('--text-2');
        for (const { x, text } of this.chart?.marks ?? []) {
            const at = Math.round(u.valToPos(x, 'x', true));
            if (at < bbox.left || at > bbox.left + bbox.width) continue;
            ctx.beginPath();
            ctx.moveTo(at, bbox.top);
            ctx.lineTo(at, bbox.top + bbox.height);
            ctx.stroke();
            ctx.fillText(text, at + 4, bbox.top + 14);
        }
        ctx.restore();
    }

    #fit() {
        const { clientWidth: width, clientHeight: height } = this.element;
        if (this.plot && width && height)
            this.plot.setSize({ width, height: Math.max(80, height - 28) });
    }
}
