// @ts-check
/* sound.js - one soft tone when a study moved up and wants attention: never a pattern, never an alarm.
 * Off until somebody switches it on (a browser lets no page sound before a click); muted for a minute
 * by Ctrl+M. The button says at all times which of the three it is. */
import { byId, setAttribute, setText } from './dom.js';

const HZ = 440;
const TONE_S = 0.35;
const LOUD = 0.08; /* of full scale */
const EACH_MS = 5000; /* at most one tone in that time */
const MUTE_MS = 60000;

export class Sound {
    /** @param {import('./app.js').App} app @param {import('./keys.js').Keys} keys */
    constructor(app, keys) {
        /** @type {AudioContext | null} */ this.context = null;
        this.muted_until = 0;
        this.last = -Infinity;
        this.button = byId('sound');
        this.button.addEventListener('click', () => this.toggle());
        keys.bind('*', 'Ctrl+m', () => this.mute(), 'mute the sound for 60 s', 'm');
        app.on('studies', ({ moved }) => this.#moved(app.studies, moved));
        app.on('feed', () => this.draw());
        this.draw();
    }

    toggle() {
        this.muted_until = 0;
        if (this.context) {
            this.context.close();
            this.context = null;
        } else {
            this.context = new AudioContext();
            this.#tone();
        }
        this.draw();
    }

    mute() {
        if (this.context) this.muted_until = performance.now() + MUTE_MS;
        this.draw();
    }

    draw() {
        const left_s = Math.ceil((this.muted_until - performance.now()) / 1000);
        const muted = left_s > 0 ? `muted ${left_s} s` : 'on';
        setText(this.button, `♪ ${this.context ? muted : 'off'}`);
        setAttribute(this.button, 'aria-pressed', String(this.context !== null));
        setAttribute(this.button, 'aria-label', `Sound ${this.context ? muted : 'off'}`);
    }

    /** @param {import('./types.js').Study[]} studies @param {number[]} moved */
    #moved(studies, moved) {
        const up = studies.some(
            (s) =>
                moved.includes(s.study) && s.tier !== 'routine' &&
                s.from_position !== null && s.position < s.from_position,
        );
        if (up) this.#tone();
    }

    #tone() {
        const now = performance.now();
        const { context } = this;
        if (!context || now < this.muted_until || now - this.last < EACH_MS) return;
        this.last = now;
        const tone = new OscillatorNode(context, { type: 'sine', frequency: HZ });
        const loud = new GainNode(context, { gain: 0 });
        const at = context.currentTime;
        loud.gain.linearRampToValueAtTime(LOUD, at + TONE_S / 4);
        loud.gain.linearRampToValueAtTime(0, at + TONE_S);
        tone.connect(loud).connect(context.destination);
        tone.start();
        tone.stop(at + TONE_S);
    }
}
