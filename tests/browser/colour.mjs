/* colour.mjs - WCAG contrast, and how far apart two colours are for four kinds of eyes: OKLab distance
 * x 100 after the simulation of Machado, Oliveira and Fernandes 2009 at full severity (their matrices,
 * from memory, applied to linear light). */

/** Pairs that can lie over each other in one lane. */
export const SHARE_A_LANE = [
    ['pao', 'pd'],
    ['ao', 'lv'],
    ['pa', 'pcw'],
    ['ra', 'pcw'],
    ['rv', 'pa'],
    ['lv', 'pcw'],
    ['la', 'lv'],
];

export const EYES = {
    normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
    deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
    tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

const channel = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);

/** "#rrggbb" to linear light, 0..1. */
export function linear(hex) {
    return [1, 3, 5].map((i) => channel(parseInt(hex.slice(i, i + 2), 16) / 255));
}

export function contrast(a, b) {
    const y = (hex) => {
        const [r, g, blue] = linear(hex);
        return 0.2126 * r + 0.7152 * g + 0.0722 * blue + 0.05;
    };
    return Math.max(y(a), y(b)) / Math.min(y(a), y(b));
}

const times = (m, [x, y, z]) => [0, 3, 6].map((i) => m[i] * x + m[i + 1] * y + m[i + 2] * z);

/** Linear sRGB to OKLab (Ottosson 2020). */
function oklab(rgb) {
    const lms = times(
        [0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566,
            0.0883024619, 0.2817188376, 0.6299787005],
        rgb,
    ).map((v) => Math.cbrt(Math.max(0, v)));
    return times(
        [0.2104542553, 0.793617785, -0.0040720468, 1.9779984951, -2.428592205, 0.4505937099,
            0.0259040371, 0.7827717662, -0.808675766],
        lms,
    );
}

export function difference(a, b, eye) {
    const seen = (hex) => oklab(times(EYES[eye], linear(hex)));
    const [p, q] = [seen(a), seen(b)];
    return 100 * Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}
