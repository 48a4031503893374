/* fake_data.mjs - what the fake server begins with: rooms, studies, values to confirm. */
import { createHash } from 'node:crypto';
import { BASE_HZ, BEAT_TICKS, CHANNELS } from './waves.mjs';

const iso = (ms) => new Date(ms).toISOString();

export function rooms(origin, speed_percent, of = CHANNELS) {
    const channels = of.map(({ channel, site, label, unit, rate_hz }) => ({
        channel,
        site,
        label,
        unit,
        rate_hz,
    }));
    return [1, 2, 3].map((room) => ({
        room,
        stream: room,
        epoch: room * 2 ** 32 + 77,
        case: room * 2 ** 32 + 5,
        study: room,
        origin,
        speed_percent,
        name: `Lab ${room}`,
        base_rate_hz: BASE_HZ,
        channels,
        last_event_at: iso(Date.now()),
    }));
}

const NAMES = [
    'Okafor^Ada',
    'Lindqvist^Per',
    'Marchetti^Lucia',
    'Novak^Jan',
    'Haddad^Samira',
    'Byrne^Tom',
    'Sato^Keiko',
    'Weiss^Ruth',
    'Costa^Ines',
    'Dahl^Erik',
    'Moreau^Claire',
];
const WHAT = [
    'Right heart catheterization',
    'Left ventriculogram',
    'Graft study',
    'Coronary angiogram',
];

export function studies() {
    const now = Date.now();
    return NAMES.map((name, i) => ({
        study: i + 1,
        position: i + 1,
        tier: 'routine',
        pinned: false,
        patient_name: name,
        patient_id: `DEMO-${100 + i}`,
        accession: `A${2000 + i}`,
        study_uid: `2.25.${1000 + i}`,
        description: WHAT[i % WHAT.length],
        status: i < 3 ? 'in_lab' : 'waiting',
        room: i < 3 ? i + 1 : null,
        case: i < 3 ? (i + 1) * 2 ** 32 + 5 : null,
        arrived_at: iso(now - (120 - i * 7) * 60000),
        read_by: iso(now + i * 6e5),
        reason: 'arrival order',
        next_rule: null,
        changed_at: null,
        from_position: null,
        acknowledged_by: null,
        acknowledged_at: null,
    }));
}

export const digest = (m) =>
    createHash('sha256')
        .update(JSON.stringify([m.id, m.version, m.values]))
        .digest('hex');

const v = (quantity, words, value, unit = 'mm[Hg]') => ({
    quantity,
    words,
    value,
    unit,
    decimals: 0,
    spread: 1.2,
});

export const PRESETS = {
    RA: [
        v('mean_endexp', 'mean, end-expiration', 6),
        v('mean', 'mean', 5),
        v('a', 'a wave', 8),
        v('v', 'v wave', 7),
    ],
    PA: [
        v('systolic', 'systolic', 31),
        v('diastolic', 'diastolic', 14),
        v('mean', 'mean', 20),
        v('rate', 'rate', 75, '/min'),
    ],
    PCW: [
        v('mean_endexp', 'mean, end-expiration', 18),
        v('mean', 'mean', 14),
        v('v', 'v wave', 24),
    ],
    AO: [
        v('systolic', 'systolic', 124),
        v('diastolic', 'diastolic', 71),
        v('mean', 'mean', 92),
        v('rate', 'rate', 75, '/min'),
    ],
};

let made = 0;
export function measurement(room, site, more = {}) {
    made += 1;
    const first = made * 10;
    const m = {
        id: made.toString(16).padStart(32, '0'),
        case: room.case,
        room: room.room,
        site,
        phase: 'rest',
        values: structuredClone(PRESETS[site]),
        machine_values: structuredClone(PRESETS[site]),
        beats: [0, 1, 2, 3, 4, 5].map((i) => ({ tick: 1000 + BEAT_TICKS * i + 40, n: first + i })),
        left_out:
            site === 'PCW'
                ? [
                      { tick: 1000 + BEAT_TICKS * 6 + 40, reason: 'ECTOPIC' },
                      { tick: 1000 + BEAT_TICKS * 7 + 40, reason: 'IN_ARTEFACT' },
                  ]
                : [],
        from_at: iso(Date.now() - 8000),
        to_at: iso(Date.now() - 1000),
        quality: 0.94,
        method: 'beats',
        rule_version: 1,
        at: iso(Date.now() - (20 - made) * 1000),
        state: 'suggested',
        version: 1,
        digest: '',
        by: null,
        decided_at: null,
        reason: null,
        ...more,
    };
    m.digest = digest(m);
    return m;
}
