// @ts-check
/* lanes.js - the traces with their gutters: names and scales left, numbers with their age right.
 * The canvas belongs to the worker; the gutters are DOM, so that they can be read aloud. */
import { h, replace, setAttribute, setText, token } from '../dom.js';
import { colourToken, firstScale, limits, stepScale } from '../lane_scale.js';
import { LiveNumbers } from '../live_numbers.js';
import { pxPerSecond } from '../sweep.js';
import { INKS } from '../sweep_painter.js';
import { ageText, clock, roomName, unitText } from '../values.js';

const RESIZE_MS = 150;
const LANE_IDLE_MS = 1000;

/** @typedef {{channel: import('../types.js').Channel, scale: number, parts: Record<string, any>,
 *   left: HTMLElement, right: HTMLElement}} LaneView */

export class Lanes {
    /** @param {import('../app.js').App} app */
    constructor(app) {
        this.app = app;
        this.numbers = new LiveNumbers();
        this.mm_per_s = 25;
        this.chosen = -1; /* channel that F8 captures and Shift+F6/F7 scales */
        this.key = '';
        /** @type {LaneView[]} */ this.lanes = [];
        /** @type {Map<string, number>} */ this.scales = new Map();
        this.#build();
        app.on('rooms', () => this.describe());
        app.on('room', () => this.describe());
        app.on('reading', (m) => this.#mine(m) && this.numbers.take(m));
        app.on('state', (m) => this.#mine(m) && this.numbers.takeState(m));
        app.on('mode', () => this.numbers.clear());
        app.on('feed', () => this.draw());
    }

    #build() {
        this.left = h('div', { class: 'gutter left' });
        this.right = h('div', { class: 'gutter right' });
        this.canvas = h('canvas', { class: 'sweep', 'aria-hidden': true });
        this.box = h('div', { class: 'trace-box', role: 'status', 'data-testid': 'trace-box' });
        this.paper = h(
            'div',
            { class: 'paper', 'data-testid': 'paper' },
            this.canvas,
            h('div', { class: 'trace-veil' }),
            this.box,
        );
        this.element = h('div', { class: 'lanes' }, this.left, this.paper, this.right);
        let timer = 0;
        new ResizeObserver(() => {
            clearTimeout(timer);
            timer = setTimeout(() => this.layout(), RESIZE_MS);
        }).observe(this.paper);
    }

    mount() {
        this.app.mountCanvas(this.canvas);
    }

    /** @param {{room: number}} m */
    #mine(m) {
        return m.room === this.app.shown;
    }

    /** Another room, case, epoch or site: numbers of before must not stay. */
    describe() {
        const { room } = this.app;
        const sites = (room?.channels ?? []).map((c) => `${c.channel}${c.site}${c.unit}`).join();
        const key = room ? `${room.room} ${room.epoch} ${room.case} ${sites}` : '';
        if (key === this.key) return;
        this.key = key;
        this.numbers.clear();
        this.lanes = (room?.channels ?? []).map((channel) => this.#lane(channel));
        if (!this.lanes.some((l) => l.channel.channel === this.chosen)) {
            this.chosen = this.#firstPressure();
        }
        replace(this.left, ...this.lanes.map((l) => l.left));
        replace(this.right, ...this.lanes.map((l) => l.right));
        this.#markChosen();
        this.layout();
    }

    #firstPressure() {
        const found = this.lanes.find((l) => unitText(l.channel.unit) === 'mmHg') ?? this.lanes[0];
        return found?.channel.channel ?? 0;
    }

    /** @param {import('../types.js').Channel} channel @returns {LaneView} */
    #lane(channel) {
        const unit = unitText(channel.unit);
        const scale = this.scales.get(channel.site) ?? firstScale(channel.site, unit);
        const colour = colourToken(channel.site);
        const parts = {
            scale: h('span', { class: 'lane-scale' }),
            word: h('span', { class: 'lane-word' }),
            main: h('span', { class: 'lane-main' }),
            of: h('span', { class: 'lane-of' }),
            rest: h('span', { class: 'lane-rest' }),
            age: h('span', { class: 'lane-age' }),
        };
        const left = h(
            'button',
            {
                class: `lane-label ${colour}`,
                type: 'button',
                on: { click: () => this.choose(channel.channel) },
            },
            h('span', { class: 'lane-site' }, channel.site),
            h(
                'span',
                { class: 'lane-device' },
                channel.label === channel.site ? '' : channel.label,
            ),
            parts.scale,
            parts.word,
        );
        const right = h(
            'div',
            {
                class: `lane-numbers ${colour}`,
                role: 'group',
                'data-testid': `numbers-${channel.site}`,
            },
            h('span', { class: 'lane-line' }, parts.main, h('span', { class: 'lane-unit' }, unit)),
            h('span', { class: 'lane-line' }, parts.of, parts.rest),
            parts.age,
        );
        return { channel, scale, parts, left, right };
    }

    /** @param {number} channel */
    choose(channel) {
        this.chosen = channel;
        this.#markChosen();
        this.app.say('lane', this.chosenLane());
    }

    chosenLane() {
        return this.lanes.find((l) => l.channel.channel === this.chosen)?.channel ?? null;
    }

    #markChosen() {
        for (const lane of this.lanes) {
            const on = lane.channel.channel === this.chosen;
            setAttribute(lane.left, 'aria-pressed', String(on));
        }
        this.app.say('lane', this.chosenLane());
    }

    /** @param {number} step */
    scaleChosen(step) {
        const lane = this.lanes.find((l) => l.channel.channel === this.chosen);
        if (!lane) return;
        lane.scale = stepScale(lane.scale, step);
        this.scales.set(lane.channel.site, lane.scale);
        this.layout();
    }

    /** @param {number} mm_per_s */
    setSpeed(mm_per_s) {
        this.mm_per_s = mm_per_s;
        this.layout();
    }

    layout() {
        const { clientWidth: width, clientHeight: height } = this.paper;
        if (!width || !height) return;
        const each = height / Math.max(1, this.lanes.length);
        const lanes = this.lanes.map((lane, i) => {
            const unit = unitText(lane.channel.unit);
            const [low, high] = limits(lane.scale, unit);
            setText(lane.parts.scale, `${low}–${high} ${unit}`.replace('-', '−'));
            return {
                channel: lane.channel.channel,
                top: i * each + 2,
                height: each - 4,
                low,
                high,
                colour: token(`--${colourToken(lane.channel.site)}`),
            };
        });
        this.app.setSheet({
            width,
            height,
            dpr: window.devicePixelRatio,
            px_per_s: pxPerSecond(this.mm_per_s),
            inks: Object.fromEntries(INKS.map((name) => [name, token(`--${name}`)])),
            lanes,
        });
    }

    draw() {
        this.#drawBox();
        for (const lane of this.lanes) this.#drawNumbers(lane);
    }

    /** @param {LaneView} lane */
    #drawNumbers(lane) {
        const { app } = this;
        const { channel, parts } = lane;
        const idle_ms = app.status?.lane_idle_ms[channel.channel] ?? Infinity;
        const lost = app.current && idle_ms > LANE_IDLE_MS;
        const shown = this.numbers.shown(channel.channel, app.current && !lost, (tick) =>
            app.tickAgeMs(tick),
        );
        setText(parts.main, shown.main);
        setText(parts.of, shown.of);
        setText(parts.rest, shown.rest);
        setText(parts.word, lost ? 'no samples' : shown.state);
        setText(parts.age, Number.isFinite(shown.age_ms) ? ageText(shown.age_ms) : '');
        const none =
            unitText(channel.unit) !== 'mmHg' && !this.numbers.readings.has(channel.channel);
        setAttribute(lane.right, 'data-none', none); /* an ECG has no number to lose */
        setAttribute(lane.right, 'data-old', shown.old);
        setAttribute(lane.right, 'data-blank', shown.main.startsWith('-'));
        setAttribute(lane.right, 'aria-label', `${channel.site} ${shown.main} ${shown.of}`);
    }

    #drawBox() {
        const { app } = this;
        const text = this.#boxText();
        this.box.hidden = text === '';
        setText(this.box, text);
        setAttribute(this.element, 'data-veiled', !app.current && app.feed !== 'connecting');
        setAttribute(this.element, 'data-late', app.feed === 'delayed');
    }

    #boxText() {
        const { app } = this;
        const { room, status } = app;
        const idle = status?.idle_ms;
        const last = status?.newest_at_ms ? clock(new Date(status.newest_at_ms).toISOString()) : '';
        if (!room) return 'No rooms yet. A room appears when its feed says hello.';
        if (!app.caseAgrees) return 'The case is changing. Traces of another case are not shown.';
        if (app.feed === 'connecting') return `Connecting to ${roomName(room)} …`;
        if (app.feed === 'frozen') {
            const s = Math.floor((performance.now() - app.frozen_ms) / 1000);
            return `FROZEN ${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}  Space goes on`;
        }
        if (app.current) return '';
        if (idle === null || idle === undefined)
            return `NO DATA. Nothing has come from ${roomName(room)} since this page opened.`;
        return `NO DATA ${(idle / 1000).toFixed(1)} s. Trace is old. Last sample ${last}`;
    }
}
