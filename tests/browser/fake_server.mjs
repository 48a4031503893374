/* fake_server.mjs - speaks worklist/API.md to the page, and lets a test script what happens.
 *
 *     const fake = await startFake({ patch: [{ file, find, replace }] });  // planted faults
 *     fake.feed.stopped = true;              // the feed is cut, the socket stays
 *     fake.feed.delay_ms = 1500;             // every frame late
 *     fake.suggest('PCW');                   // a new suggested value
 *     fake.move(5, 1, 'urgent', 'AO mean 74 -> 52 mmHg in 90 s; FALLING_BP rules 1; q 0.96');
 *     await fake.down(); await fake.up();    // the server itself
 * Run by itself (node fake_server.mjs [PORT]) it is a demo: users tech and reader, password demo. */
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { digest, measurement, rooms, studies } from './fake_data.mjs';
import { BASE_HZ, BEAT_TICKS, CHANNELS, frame, value, WIDE } from './waves.mjs';
import { accept } from './websocket.mjs';

const WEB = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../worklist/web');
const TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.woff2': 'font/woff2',
    '.json': 'application/json',
};
const CSP =
    "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; " +
    "object-src 'none'";
const FRAME_TICKS = 10; /* 20 ms */
const USERS = {
    tech: 'technologist',
    reader: 'reader',
    valid: 'validator',
    admin: 'administrator',
};

class Refusal extends Error {
    constructor(status, code, what, more = {}) {
        super(what);
        this.status = status;
        this.body = {
            error: { code, what, safe: 'nothing was saved', do: 'check and try again' },
            ...more,
        };
    }
}

export class Fake {
    constructor({ patch = [], origin = 'live', speed_percent = 100, wide = false } = {}) {
        this.patch = patch;
        this.channels = wide ? WIDE : CHANNELS;
        this.rooms = rooms(origin, speed_percent, this.channels);
        this.studies = studies();
        this.version = 1;
        this.audit = [];
        this.moves = new Map();
        this.measurements = [];
        this.sessions = new Map();
        this.peers = new Set();
        this.calls = []; /* "POST /api/..." of every change that was asked for */
        this.drawn = [];
        this.marks = []; /* as they were asked for */
        this.lasting = new Map(); /* by room: as GET now shows them */
        this.states = []; /* of room 1, that last */
        this.captures = [];
        this.hands = []; /* beats and markers chosen on a strip */
        this.typed = [];
        this.mode = 'assistive';
        this.saved = []; /* what Admin sent */
        this.past_s = 600; /* of the case, before the feed began */
        this.hole_s = [100, 130]; /* of the case: no samples */
        this.asked = 0; /* requests so far */
        this.envelopes = 0; /* blocks that were asked for */
        this.seen = new Map(); /* by user */
        this.clock_off_ms = 0; /* the server's clock minus the machine's */
        this.upgrade_wait_ms = 0; /* a slow socket: what happens before is told to nobody */
        this.feed = {
            stopped: false,
            delay_ms: 0,
            lost_sites: [],
            moved_to: {},
            start_ms: Date.now() - 60000,
            tick: 30000,
        };
        for (const site of ['RA', 'PA', 'PCW'])
            this.measurements.push(measurement(this.rooms[0], site));
    }

    async up(port = this.port ?? 0) {
        this.server = http.createServer((q, a) => this.#answer(q, a));
        this.server.on('upgrade', (q, socket) => this.#upgrade(q, socket));
        await new Promise((done) => this.server.listen(port, '127.0.0.1', done));
        this.port = this.server.address().port;
        this.url = `http://127.0.0.1:${this.port}/`;
        this.timer = setInterval(() => this.#pump(), 20);
        return this;
    }

    async down() {
        clearInterval(this.timer);
        for (const peer of this.peers) peer.close();
        this.server.closeAllConnections();
        await new Promise((done) => this.server.close(done));
    }

    /* what a test makes happen */

    suggest(site, more = {}) {
        const m = measurement(this.rooms[0], site, more);
        this.measurements.push(m);
        this.say({ type: 'measurement', ...m });
        return m;
    }

    /** Somebody else changed it. */
    change(m, values, by = 'MR') {
        for (const v of m.values) if (v.quantity in values) v.value = values[v.quantity];
        Object.assign(m, { version: m.version + 1, by, decided_at: new Date().toISOString() });
        m.digest = digest(m);
    }

    move(study, position, tier, reason) {
        const order = [...this.studies].sort((a, b) => a.position - b.position);
        const mover = order.find((s) => s.study === study);
        const from = mover.position;
        order.splice(order.indexOf(mover), 1);
        order.splice(position - 1, 0, mover);
        const at = new Date().toISOString();
        const move = {
            at,
            from_position: from,
            to_position: position,
            from_tier: mover.tier,
            to_tier: tier,
            reason,
            event: 'f1'.repeat(16),
            by: 'finding',
        };
        this.moves.set(study, [...(this.moves.get(study) ?? []), move]);
        Object.assign(mover, { tier, reason, from_position: from, changed_at: at });
        order.forEach((s, i) => {
            s.position = i + 1;
        });
        this.#list([study]);
    }

    state(channel, state, began, text) {
        const at = new Date().toISOString();
        const said = { type: 'state', room: 1, channel, state, began, text, at };
        this.states = this.states.filter((s) => s.channel !== channel || s.state !== state);
        if (began) this.states.push(said);
        this.say(said);
    }

    setMode(mode) {
        this.mode = mode;
        this.notice('MODE', `mode ${mode}`);
    }

    notice(code, text = code) {
        const at = new Date().toISOString();
        this.say({ type: 'notice', code, text, room: 0, channel: 0, at });
    }

    #admin(what) {
        const at = new Date().toISOString();
        const by = { why: 'the beginning', by: 'admin', at };
        return {
            modes: { modes: [{ room: 0, procedure: '', mode: this.mode, ...by }] },
            rules: { rules: [{ version: 2, text: '[rules]\nversion = 2\n', ...by, pending: false }] },
            settings: { settings: [{ name: 'recovered_hold_s', value: 120, words: 'seconds' }] },
            users: {
                users: Object.entries(USERS).map(([user, role]) => ({
                    user, role, active: true, created_at: at,
                })),
            },
        }[what];
    }

    #mark(user, room, { channel, kind, on, site, phase }) {
        const value = site ?? phase ?? (on ? 'on' : 'off');
        const mark = { channel, kind, value, by: user, at: new Date().toISOString() };
        const others = (this.lasting.get(room) ?? []).filter(
            (m) => m.channel !== channel || m.kind !== kind,
        );
        this.lasting.set(room, [...others, mark]);
        this.say({ type: 'marks', room, marks: this.lasting.get(room) });
    }

    /* the journal: as the feed, from its first tick on; a hole where the test wants one */

    #epochs(number) {
        const room = this.rooms.find((r) => r.case === number);
        if (!room) return { epochs: [] };
        const { stream, epoch, origin, speed_percent, base_rate_hz, channels } = room;
        const began_at = new Date(this.feed.start_ms - this.past_s * 1000).toISOString();
        const newest_tick = this.feed.tick + this.past_s * BASE_HZ;
        const known = { stream, epoch, origin, speed_percent, base_rate_hz, channels };
        return { epochs: [{ ...known, room: room.room, began_at, first_tick: 0, newest_tick }] };
    }

    #raw(channel, tick) {
        const [from_s, to_s] = this.hole_s;
        if (tick >= from_s * BASE_HZ && tick < to_s * BASE_HZ) return null;
        const { site, scale } = CHANNELS[channel % CHANNELS.length];
        return Math.round(value(site, tick) / scale);
    }

    /** TPG from PA and PCW, once both are confirmed. */
    #derived(number) {
        const of = (site) => this.measurements.find((m) => m.site === site && m.case === number);
        const inputs = ['PA', 'PCW'].map(of).filter(Boolean);
        const open = inputs.filter((m) => m.state === 'suggested');
        const tpg = { phase: 'rest', quantity: 'tpg', words: 'transpulmonary gradient' };
        const used = inputs.map((m) => ({ quantity: 'mean', site: m.site, value: 20, from: m.id }));
        const known = { ...tpg, unit: 'mm[Hg]', decimals: 0, value: 6, inputs: used };
        return {
            case: number,
            derived: inputs.length === 2 && !open.length ? [known] : [],
            waiting: open.length
                ? [{ ...tpg, for: open.map((m) => ({ quantity: 'mean', site: m.site })) }]
                : [],
            typed: this.typed,
        };
    }

    #verify(user, id, body) {
        const m = this.measurements.find((x) => x.id === id);
        if (body.password !== 'demo') throw new Refusal(403, 'NOT_ALLOWED', 'The password is wrong');
        if (m.by === user) throw new Refusal(403, 'NOT_ALLOWED', 'Somebody else must verify it');
        Object.assign(m, { verified_by: user, verified_at: new Date().toISOString() });
        m.version += 1;
        this.say({ type: 'measurement', ...m });
        return m;
    }

    #trace(query) {
        const [channel, from, to] = ['channel', 'from', 'to'].map((n) => Number(query.get(n)));
        const { ticks, scale } = CHANNELS[channel % CHANNELS.length];
        const n = Math.floor((to - from) / ticks);
        const samples = Array.from({ length: n }, (_, i) => this.#raw(channel, from + i * ticks));
        return { first_tick: from, ticks_per_sample: ticks, scale, offset: 0, samples };
    }

    #envelope(query) {
        const [channel, block] = ['channel', 'block'].map((n) => Number(query.get(n)));
        this.envelopes += 1;
        const of = (pick) =>
            Array.from({ length: 600 }, (_, s) => {
                const first = (block * 600 + s) * BASE_HZ;
                const all = [0, 60, 120, 180, 240].map((at) => this.#raw(channel, first + at));
                return all.includes(null) ? null : pick(...all);
            });
        const { scale } = CHANNELS[channel % CHANNELS.length];
        return { seconds: 600, scale, offset: 0, low: of(Math.min), high: of(Math.max) };
    }

    #trend(number) {
        const room = this.rooms.find((r) => r.case === number);
        const end = this.feed.tick + this.past_s * BASE_HZ;
        const points = [];
        for (let tick = 0; room && tick < end; tick += Math.max(BEAT_TICKS, Math.floor(end / 400)))
            for (const c of room.channels.filter((x) => x.unit !== 'mV'))
                points.push({
                    stream: room.stream, channel: c.channel, site: c.site, tick,
                    at: new Date(this.feed.start_ms - this.past_s * 1000 + tick * 2).toISOString(),
                    values: { mean: value(c.site, tick), systolic: value(c.site, tick) + 30 },
                });
        return { points };
    }

    #seen(user) {
        const at = this.seen.get(user);
        if (!at) return { at: null, moved: [], new: [], confirmed: 0 };
        const after = (iso) => iso && Date.parse(iso) > at;
        return {
            at: new Date(at).toISOString(),
            moved: [...this.moves].filter(([, all]) => after(all.at(-1).at)).map(([id]) => id),
            new: this.studies.filter((s) => after(s.arrived_at)).map((s) => s.study),
            confirmed: this.measurements.filter((m) => after(m.decided_at)).length,
        };
    }

    #audit(query) {
        const total = this.audit.length;
        const is = (row, name) => !query.get(name) || row[name] === query.get(name);
        const has = query.get('text')?.toLowerCase() ?? '';
        const rows = this.audit.filter(
            (row) =>
                (!query.get('acts') || !['shown', 'view', 'inference'].includes(row.what)) &&
                is(row, 'who') && is(row, 'what') && is(row, 'object') &&
                JSON.stringify(row).toLowerCase().includes(has),
        );
        const limit = Number(query.get('limit') ?? 100);
        if (!query.get('newest')) {
            const after = Number(query.get('after') ?? -1);
            return { total, rows: rows.filter((r) => r.n > after).slice(0, limit) };
        }
        const before = Number(query.get('before') ?? Infinity);
        return { total, rows: rows.filter((r) => r.n < before).reverse().slice(0, limit) };
    }

    say(message) {
        for (const peer of this.peers) peer.sendText(JSON.stringify(message));
    }

    #list(moved) {
        this.version += 1;
        this.say({ type: 'worklist', version: this.version, studies: this.studies, moved });
    }

    /* the feed */

    #pump() {
        const { feed } = this;
        const now_tick = ((Date.now() - feed.start_ms) * BASE_HZ) / 1000;
        while (feed.tick + FRAME_TICKS <= now_tick) {
            const first_tick = feed.tick;
            feed.tick += FRAME_TICKS;
            if (feed.stopped) continue;
            const send = () => this.#frames(first_tick);
            if (feed.delay_ms) setTimeout(send, feed.delay_ms);
            else send();
        }
    }

    #frames(first_tick) {
        const { feed } = this;
        const at_ms = feed.start_ms + (first_tick * 1000) / BASE_HZ + this.clock_off_ms;
        const sites = feed.lost_sites.length
            ? ['ECG', 'AO', 'PA', 'PCW', 'RA'].filter((s) => !feed.lost_sites.includes(s))
            : undefined;
        for (const room of this.rooms) {
            const bytes = frame({
                room: room.room,
                stream: room.stream,
                epoch: room.epoch,
                case_number: room.case,
                first_tick,
                count: FRAME_TICKS,
                at_ms,
                only: sites,
                channels: this.channels,
            });
            for (const peer of this.peers)
                if (peer.rooms.includes(room.room)) peer.sendBinary(bytes);
            if (first_tick % BEAT_TICKS === 0 && this.mode !== 'silent') this.#reading(room, first_tick, at_ms);
        }
    }

    #reading(room, tick, at_ms) {
        const at = new Date(at_ms).toISOString();
        for (const c of room.channels.filter((x) => x.unit !== 'mV')) {
            const samples = Array.from({ length: BEAT_TICKS / 2 }, (_, i) =>
                value(c.site, tick - 2 * i),
            );
            const mean = samples.reduce((a, b) => a + b, 0) / samples.length;
            const n = (quantity, x) => ({
                quantity,
                words: quantity,
                value: x,
                unit: 'mm[Hg]',
                decimals: 0,
            });
            const artery = c.site === 'AO' || c.site === 'PA';
            const values = artery
                ? [
                      n('systolic', Math.max(...samples)),
                      n('diastolic', Math.min(...samples)),
                      n('mean', mean),
                  ]
                : [n('mean', mean), n('v', Math.max(...samples))];
            const text = JSON.stringify({
                type: 'reading',
                room: room.room,
                channel: c.channel,
                site: this.feed.moved_to[c.channel] ?? c.site,
                at,
                tick,
                values,
            });
            for (const peer of this.peers) if (peer.rooms.includes(room.room)) peer.sendText(text);
        }
    }

    #upgrade(request, socket) {
        if (request.url !== '/ws' || !this.#user(request)) return socket.destroy();
        setTimeout(() => this.#welcome(request, socket), this.upgrade_wait_ms);
    }

    #welcome(request, socket) {
        const peer = accept(request, socket);
        peer.rooms = [];
        this.peers.add(peer);
        socket.on('close', () => this.peers.delete(peer));
        peer.onText = (text) => {
            const m = JSON.parse(text);
            if (m.type === 'drawn') this.drawn.push(m);
            if (m.type === 'subscribe') peer.rooms = m.rooms;
        };
        peer.sendText(
            JSON.stringify({
                type: 'hello',
                server_time: new Date(Date.now() + this.clock_off_ms).toISOString(),
                version: '0-fake',
            }),
        );
    }

    /* HTTP */

    async #answer(request, answer) {
        const { pathname, searchParams } = new URL(request.url, 'http://x');
        try {
            if (!pathname.startsWith('/api/')) return await this.#file(pathname, answer);
            const chunks = [];
            for await (const chunk of request) chunks.push(chunk);
            this.asked += 1;
            const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
            if (request.method !== 'GET') this.calls.push(`${request.method} ${pathname}`);
            const result = this.#call(request, pathname, searchParams, body, answer);
            send(answer, 200, 'application/json', JSON.stringify(result));
        } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            send(answer, error.status, 'application/json', JSON.stringify(error.body));
        }
    }

    async #file(pathname, answer) {
        const name = pathname === '/' ? '/index.html' : pathname;
        const type = TYPES[path.extname(name)];
        const text =
            type && !name.includes('..')
                ? await readFile(path.join(WEB, name), 'utf8').catch(() => null)
                : null;
        if (text === null) return send(answer, 404, 'text/plain', 'not found');
        let out = text;
        for (const p of this.patch) if (name === `/${p.file}`) out = out.replace(p.find, p.replace);
        send(answer, 200, type, out);
    }

    #user(request) {
        const token = /hemo_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
        return this.sessions.get(token) ?? null;
    }

    #call(request, pathname, query, body, answer) {
        const [, , what, id, act] = pathname.split('/');
        if (what === 'login') return this.#login(body, answer);
        const user = this.#user(request);
        if (!user) throw new Refusal(401, 'NOT_LOGGED_IN', 'You are not logged in');
        switch (`${request.method} ${what} ${act ?? ''}`.trim()) {
            case 'GET me':
                return {
                    user,
                    role: USERS[user],
                    mode: this.mode,
                    version: '0-fake',
                    server_time: new Date().toISOString(),
                };
            case 'POST logout':
                this.sessions.clear();
                return {};
            case 'GET rooms':
                return { rooms: this.rooms.map((r) => ({ ...r, mode: this.mode })) };
            case 'GET studies':
                return { version: this.version, studies: this.studies };
            case 'GET studies history':
                return { moves: this.moves.get(Number(id)) ?? [] };
            case 'GET cases measurements':
                return {
                    measurements: this.measurements.filter(
                        (m) => m.case === Number(id) && this.mode !== 'silent',
                    ),
                };
            case 'GET measurements strip':
                return this.#strip(id);
            case 'GET audit':
                return this.#audit(query);
            case 'GET rooms now':
                return { marks: this.lasting.get(Number(id)) ?? [], states: this.states };
            case 'POST rooms capture':
                this.captures.push(body);
                return { pending: true };
            case 'POST rooms mark':
                this.marks.push(body);
                this.#mark(user, Number(id), body);
                return { pending: true };
            case 'GET cases epochs':
                return this.#epochs(Number(id));
            case 'GET cases trace':
                return this.#trace(query);
            case 'GET cases envelope':
                return this.#envelope(query);
            case 'GET cases derived':
                return this.#derived(Number(id));
            case 'POST cases typed':
                this.typed.push({ ...body, words: body.quantity, unit: '', decimals: 1, by: user });
                return this.#derived(Number(id));
            case 'POST measurements verify':
                return this.#verify(user, id, body);
            case 'GET cases trend':
                return this.#trend(Number(id));
            case 'GET validation':
                return validation(id, query, this);
            case 'GET admin':
                return this.#admin(id);
            case 'POST admin':
            case 'POST admin change':
                if (USERS[user] !== 'administrator')
                    throw new Refusal(403, 'NOT_ALLOWED', 'This needs the role administrator');
                this.saved.push([id, body]);
                if (id === 'modes') this.setMode(body.mode);
                return id === 'users' ? { ...body, password: 'only-once' } : {};
            case 'GET seen':
                return this.#seen(user);
            case 'POST seen':
                this.seen.set(user, Date.now());
                return {};
            case 'POST studies acknowledge':
                return this.#acknowledge(user, Number(id));
            case 'POST studies override':
                return this.#override(user, Number(id), body);
            case 'POST studies pin':
                return this.#pin(user, Number(id), body);
            case 'POST measurements accept':
                return this.#decide(user, id, body, 'accepted');
            case 'POST measurements adjust':
                return this.#decide(user, id, body, 'adjusted');
            case 'POST measurements strip':
                return this.#decide(user, id, { ...body, ...this.#byHand(id, body.hand) }, 'adjusted');
            case 'POST measurements reject':
                return this.#decide(user, id, body, 'rejected');
            case 'POST measurements undo':
                return this.#decide(user, id, body, 'suggested');
            default:
                throw new Refusal(404, 'NOT_FOUND', `no ${request.method} ${pathname}`);
        }
    }

    #login({ user, password }, answer) {
        if (!USERS[user] || password !== 'demo') {
            throw new Refusal(401, 'NOT_LOGGED_IN', 'User or password is wrong');
        }
        const token = `${user}${Date.now()}`;
        this.sessions.set(token, user);
        answer.setHeader('Set-Cookie', `hemo_session=${token}; HttpOnly; SameSite=Strict; Path=/`);
        return { user, role: USERS[user] };
    }

    #row(who, what, object, before, after) {
        this.audit.push({
            n: this.audit.length,
            at: new Date().toISOString(),
            who,
            what,
            object,
            before,
            after,
            where: 'page',
        });
    }

    #decide(user, id, body, state) {
        const m = this.measurements.find((x) => x.id === id);
        if (!m) throw new Refusal(404, 'NOT_FOUND', 'No such measurement');
        if (USERS[user] !== 'technologist') {
            throw new Refusal(
                403,
                'NOT_ALLOWED',
                `Confirming needs the role technologist. You are: ${USERS[user]}`,
            );
        }
        if (m.version !== body.version || m.digest !== body.digest) {
            throw new Refusal(409, 'CONFLICT', 'It changed while you looked', { now: m });
        }
        const before = JSON.stringify(m.values.map((v) => v.value));
        for (const v of m.values)
            if (body.values && v.quantity in body.values) v.value = body.values[v.quantity];
        if (state === 'suggested') m.values = structuredClone(m.machine_values);
        const by = state === 'suggested' ? null : user;
        Object.assign(m, {
            state,
            version: m.version + 1,
            by,
            reason: body.reason ?? null,
            decided_at: by ? new Date().toISOString() : null,
        });
        m.digest = digest(m);
        this.#row(
            user,
            state === 'suggested' ? 'undo' : state,
            `measurement ${m.id.slice(-8)}`,
            before,
            JSON.stringify(m.values.map((v) => v.value)),
        );
        this.say({ type: 'measurement', ...m });
        return m;
    }

    #study(id) {
        const study = this.studies.find((s) => s.study === id);
        if (!study) throw new Refusal(404, 'NOT_FOUND', 'No such study');
        return study;
    }

    #acknowledge(user, id) {
        const study = this.#study(id);
        if (USERS[user] !== 'reader') {
            throw new Refusal(
                403,
                'NOT_ALLOWED',
                `Acknowledge needs the role reader. You are: ${USERS[user]}`,
            );
        }
        Object.assign(study, { acknowledged_by: user, acknowledged_at: new Date().toISOString() });
        this.#row(user, 'acknowledge', `study ${id}`, '', user);
        this.#list([]);
        return study;
    }

    #override(user, id, { kind, tier, why }) {
        const study = this.#study(id);
        const set = kind !== 'release';
        Object.assign(study, {
            held: kind === 'hold',
            manual_tier: tier ?? null,
            manual_by: set ? user : null,
            manual_why: set ? why : null,
            ...(tier ? { tier } : {}),
        });
        this.#row(user, `override ${kind}`, `study ${id}`, '', why);
        this.#list([id]);
        return study;
    }

    #pin(user, id, { pinned }) {
        const study = this.#study(id);
        study.pinned = pinned;
        this.#row(user, pinned ? 'pin' : 'unpin', `study ${id}`, '', '');
        this.#list([]);
        return study;
    }

    /** Each beat that was found; its values differ a little from beat to beat. */
    #pulses(m) {
        const ticks = [...m.beats, ...m.left_out].map((b) => b.tick);
        const of = (n) => m.machine_values.map((v) => [v.quantity, v.value + (n % 3) - 1]);
        return ticks.map((tick, n) => ({ tick, values: Object.fromEntries(of(n)) }));
    }

    /** As worklist/by_hand.c: medians of the beats in use, a moved marker reads the trace. */
    #byHand(id, hand) {
        const m = this.measurements.find((x) => x.id === id);
        this.hands.push(hand);
        const used = this.#pulses(m).filter((p) => hand.used.includes(p.tick));
        for (const { beat, quantity, tick } of hand.markers)
            used.find((p) => p.tick === beat).values[quantity] = value(m.site, tick);
        const median = (q) => used.map((p) => p.values[q]).sort((a, b) => a - b)[used.length >> 1];
        const values = m.machine_values.map(({ quantity }) => [quantity, median(quantity)]);
        return { values: Object.fromEntries(values), reason: `by hand: ${hand.used.length} beats` };
    }

    #strip(id) {
        const m = this.measurements.find((x) => x.id === id);
        const first_tick = 900;
        const samples = Array.from({ length: 1700 }, (_, i) =>
            Math.round(value(m.site, first_tick + 2 * i) / 0.05),
        );
        return {
            base_rate_hz: BASE_HZ,
            beats: m.beats.map((b) => b.tick),
            pulses: this.#pulses(m),
            channels: [
                {
                    channel: 1,
                    site: m.site,
                    first_tick,
                    ticks_per_sample: 2,
                    scale: 0.05,
                    offset: 0,
                    samples,
                },
            ],
        };
    }
}

/** 40 values of AO whose difference drifts, 7 of PCW: too few for a number. */
function validation(what, query, fake) {
    const differences = Array.from({ length: 40 }, (_, i) => Math.sin(i * 7) + (i > 25 ? 2 : 0));
    const group = (site, quantity, n, more) => ({
        room: 1, transducer: 'P1', site, quantity, words: quantity, unit: 'mm[Hg]', n,
        bias: 0.7, sd: 1.2, low: -1.7, high: 3.1, accepted: n - 4, adjusted: 3, rejected: 1,
        cusum_up: 4.6, cusum_down: 0.2, enough: n >= 20, tripped_at: null, ...more,
    });
    if (what === 'agreement')
        return {
            limits: { cusum: 5, share: 0.4, share_n: 20 },
            groups: [
                group('AO', 'systolic', 40, {}),
                group('PCW', 'mean_endexp', 7, { cusum_up: 0.5 }),
            ],
        };
    if (what === 'order')
        return {
            studies: fake.studies.slice(0, 4).map((s, i) => ({
                study: s.study, position: i + 1, would_position: i === 3 ? 1 : i + 2,
                tier: 'routine', would_tier: i === 3 ? 'critical' : 'routine', mode: 'assistive',
            })),
        };
    const quantity = query.get('quantity');
    const of = quantity === 'systolic' ? differences : differences.slice(0, 7);
    return {
        pairs: of.map((d, i) => ({
            id: `${i}`, case: 1, room: 1, site: quantity === 'systolic' ? 'AO' : 'PCW', quantity,
            at: new Date(i * 1e6).toISOString(), machine: 120, decided: i === 9 ? null : 120 + d,
            state: 'accepted', reason: null, by: 'tech',
        })),
    };
}

function send(answer, status, type, body) {
    answer.writeHead(status, {
        'Content-Type': type,
        'Content-Security-Policy': CSP,
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
    });
    answer.end(body);
}

/** A planted fault that no longer fits the page must not look like a passed check. */
async function checkPatches(patch) {
    for (const { file, find } of patch) {
        const text = await readFile(path.join(WEB, file), 'utf8');
        if (!text.includes(find))
            throw new Error(`planted fault: ${file} no longer contains: ${find}`);
    }
}

export async function startFake(options = {}) {
    await checkPatches(options.patch ?? []);
    return new Fake(options).up(options.port ?? 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const fake = await startFake({ port: Number(process.argv[2] ?? 7499) });
    console.log(`${fake.url} (users tech and reader, password demo)`);
}
