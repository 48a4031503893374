/* waves.mjs - traces that look like the real thing, and the frame that carries them (API.md). */

export const BASE_HZ = 500;
export const BEAT_TICKS = 400; /* 75 a minute */
const BREATH_TICKS = 2100;

export const CHANNELS = [
    { channel: 0, site: 'ECG', label: 'II', unit: 'mV', rate_hz: 500, ticks: 1, scale: 0.001 },
    { channel: 1, site: 'AO', label: 'P1', unit: 'mm[Hg]', rate_hz: 250, ticks: 2, scale: 0.05 },
    { channel: 2, site: 'PA', label: 'P2', unit: 'mm[Hg]', rate_hz: 250, ticks: 2, scale: 0.05 },
    { channel: 3, site: 'PCW', label: 'P3', unit: 'mm[Hg]', rate_hz: 250, ticks: 2, scale: 0.05 },
    { channel: 4, site: 'RA', label: 'P4', unit: 'mm[Hg]', rate_hz: 250, ticks: 2, scale: 0.05 },
];

/** Eight pressures, a sample each tick, for measuring what drawing costs (A19). */
export const WIDE = ['ECG', 'AO', 'PA', 'PCW', 'RA', 'AO', 'PA', 'PCW'].map((site, channel) => ({
    channel, site, label: `P${channel}`, unit: channel ? 'mm[Hg]' : 'mV', rate_hz: BASE_HZ,
    ticks: 1, scale: channel ? 0.05 : 0.001,
}));

const bump = (phase, at, width) => Math.exp(-(((phase - at) / width) ** 2));

function artery(phase, low, high) {
    const rise = phase < 0.1 ? 0 : Math.min(1, (phase - 0.1) / 0.09);
    const up = Math.sin((rise * Math.PI) / 2);
    const fall = phase < 0.19 ? 1 : Math.exp(-(phase - 0.19) * 2.6);
    const notch = -0.1 * bump(phase, 0.42, 0.022) + 0.07 * bump(phase, 0.47, 0.035);
    const before = phase < 0.1 ? Math.exp(-(phase + 0.81) * 2.6) : 0;
    return low + (high - low) * (before + up * fall + (phase > 0.3 ? notch : 0));
}

const shapes = {
    ECG: (p) =>
        0.12 * bump(p, 0.88, 0.03) -
        0.1 * bump(p, 0.03, 0.008) +
        1.2 * bump(p, 0.05, 0.009) -
        0.25 * bump(p, 0.075, 0.01) +
        0.28 * bump(p, 0.32, 0.05),
    AO: (p) => artery(p, 70, 124),
    PA: (p) => artery(p, 12, 31),
    PCW: (p) => 13 + 4 * bump(p, 0.95, 0.06) + 8 * bump(p, 0.55, 0.11) - 2 * bump(p, 0.3, 0.08),
    RA: (p) => 4.5 + 3 * bump(p, 0.92, 0.06) + 2 * bump(p, 0.5, 0.1) - 2 * bump(p, 0.25, 0.08),
};

/** Physical value of a site at a base tick. */
export function value(site, tick) {
    const phase = (tick % BEAT_TICKS) / BEAT_TICKS;
    const breath = Math.sin((2 * Math.PI * tick) / BREATH_TICKS);
    const swing = { ECG: 0.01, AO: 3, PA: 2.5, PCW: 3, RA: 1.8 }[site] ?? 0;
    return (shapes[site] ?? shapes.AO)(phase) + swing * breath;
}

/** One binary message: `count` base ticks of all channels, or of those named by `only`. */
export function frame({ room, stream, epoch, case_number, first_tick, count, at_ms, only,
    channels: all = CHANNELS }) {
    const channels = all.filter((c) => !only || only.includes(c.site));
    const bytes = channels.reduce((n, c) => n + 16 + ((2 * (count / c.ticks) + 3) & ~3), 48);
    const out = Buffer.alloc(bytes);
    out.writeUInt32LE(0x31574d48, 0);
    out.writeUInt32LE(stream, 4);
    out.writeBigUInt64LE(BigInt(epoch), 8);
    out.writeBigUInt64LE(BigInt(case_number), 16);
    out.writeBigUInt64LE(BigInt(first_tick), 24);
    out.writeBigInt64LE(BigInt(Math.round(at_ms * 1000)) * 1000n, 32);
    out.writeUInt32LE(room, 40);
    out.writeUInt16LE(channels.length, 44);
    let at = 48;
    for (const c of channels) {
        const samples = count / c.ticks;
        out.writeUInt16LE(c.channel, at);
        out.writeUInt16LE(samples, at + 2);
        out.writeUInt32LE(c.ticks, at + 4);
        out.writeFloatLE(c.scale, at + 8);
        out.writeInt32LE(0, at + 12);
        for (let i = 0; i < samples; i++) {
            const raw = Math.round(value(c.site, first_tick + i * c.ticks) / c.scale);
            out.writeInt16LE(raw, at + 16 + 2 * i);
        }
        at += 16 + ((2 * samples + 3) & ~3);
    }
    return out;
}
