// @ts-check
/* ring.js - the last minute of one channel: a ring of int16 addressed by absolute sample number.
 *
 *     ring.write(first, samples);          // a jump forward is filled with MISSING: a gap is data
 *     ring.at(n)                           // MISSING when n was never received or is too old
 * Nothing is interpolated or joined here. Late samples fill their place; the newest wins. */
import { MISSING } from './frame.js';

export class SampleRing {
    /** @param {number} capacity a power of two */
    constructor(capacity) {
        if (capacity < 2 || (capacity & (capacity - 1)) !== 0) {
            throw new RangeError(`capacity ${capacity} is not a power of two`);
        }
        this.capacity = capacity;
        this.mask = capacity - 1;
        this.data = new Int16Array(capacity).fill(MISSING);
        this.end = -1; /* one past the newest sample; -1 before the first */
    }

    reset() {
        this.data.fill(MISSING);
        this.end = -1;
    }

    /** @param {number} first @param {Int16Array} samples */
    write(first, samples) {
        if (this.end < 0) this.end = first;
        this.#openGap(first);
        const next = first + samples.length;
        const from = Math.max(first, next - this.capacity, this.end - this.capacity);
        for (let n = from; n < next; n++) this.data[this.#slot(n)] = samples[n - first];
        this.end = Math.max(this.end, next);
    }

    /** @param {number} n */
    at(n) {
        if (n >= this.end || n < this.end - this.capacity || n < 0) return MISSING;
        return this.data[this.#slot(n)];
    }

    /** @param {number} first the next sample that arrived: what lies between was lost */
    #openGap(first) {
        if (first <= this.end) return;
        const from = Math.max(this.end, first - this.capacity);
        for (let n = from; n < first; n++) this.data[this.#slot(n)] = MISSING;
        this.end = first;
    }

    /** @param {number} n may exceed 2^31, so no bit operation on it before the modulus */
    #slot(n) {
        return (n % this.capacity) & this.mask;
    }
}
