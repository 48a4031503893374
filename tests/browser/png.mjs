/* png.mjs - a picture of a dark page as a small PNG: the 256 most used colours, packed hard. */
import zlib from 'node:zlib';

const KEEP = 256;
const COARSE_BITS = 3; /* colours that differ by less than 8 count as one when they are chosen */

/** The colours that stand for all: the commonest of each small cube of colours. */
function choosePalette(rgb) {
    const cubes = new Map();
    for (let i = 0; i < rgb.length; i += 3) {
        const cube =
            ((rgb[i] >> COARSE_BITS) << 10) |
            ((rgb[i + 1] >> COARSE_BITS) << 5) |
            (rgb[i + 2] >> COARSE_BITS);
        const colour = (rgb[i] << 16) | (rgb[i + 1] << 8) | rgb[i + 2];
        const counts = cubes.get(cube) ?? new Map();
        counts.set(colour, (counts.get(colour) ?? 0) + 1);
        cubes.set(cube, counts);
    }
    const best = [...cubes.values()].map((counts) => {
        const sum = [...counts.values()].reduce((a, b) => a + b, 0);
        return { colour: [...counts].sort((a, b) => b[1] - a[1])[0][0], sum };
    });
    return best.sort((a, b) => b.sum - a.sum).slice(0, KEEP).map((x) => x.colour);
}

function nearest(palette, colour) {
    const [r, g, b] = [colour >> 16, (colour >> 8) & 255, colour & 255];
    let at = 0;
    let least = Infinity;
    for (const [i, p] of palette.entries()) {
        const far = (r - (p >> 16)) ** 2 + (g - ((p >> 8) & 255)) ** 2 + (b - (p & 255)) ** 2;
        if (far < least) [at, least] = [i, far];
    }
    return at;
}

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), body.length + 4);
    return out;
}

function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc >>> 0;
}

/** @param {Uint8Array} rgb three bytes a pixel, rows from the top @returns {Buffer} */
export function encodePng(rgb, width, height) {
    const palette = choosePalette(rgb);
    const known = new Map();
    const rows = Buffer.alloc(height * (width + 1)); /* each row begins with filter 0 */
    for (let i = 0, y = 0; y < height; y++)
        for (let x = 0; x < width; x++, i += 3) {
            const colour = (rgb[i] << 16) | (rgb[i + 1] << 8) | rgb[i + 2];
            if (!known.has(colour)) known.set(colour, nearest(palette, colour));
            rows[y * (width + 1) + 1 + x] = known.get(colour);
        }
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head[8] = 8; /* bits */
    head[9] = 3; /* palette */
    const colours = Buffer.from(palette.flatMap((p) => [p >> 16, (p >> 8) & 255, p & 255]));
    return Buffer.concat([
        Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
        chunk('IHDR', head),
        chunk('PLTE', colours),
        chunk('IDAT', zlib.deflateSync(rows, { level: 9, memLevel: 9 })),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}
