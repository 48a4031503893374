/* faults.mjs - one planted fault for each check: the page is served with `find` replaced, and the
 * check must fail. A find that is no longer in the file is an error of its own. */
const js = (name, find, replace) => [{ file: `js/${name}`, find, replace }];

export const faults = [
    ['A01', 'F2 does nothing', js('views/confirm_panel.js', "'F2'", "'F3'")],
    ['A02', 'repeats of a held key count', js('keys.js', 'event.repeat && ONCE', 'false && ONCE')],
    [
        'A02b',
        'repeats of a held key reach buttons',
        js('keys.js', 'event.repeat && ONCE', 'false && ONCE'),
    ],
    ['A03', 'undo forgets the selection', js('views/confirm_panel.js', 'this.select(now.id);', '')],
    [
        'A04',
        'a new suggestion takes the selection',
        js(
            'views/confirm_panel.js',
            'this.list.append(fresh.element);',
            'this.list.append(fresh.element); this.select(m.id);',
        ),
    ],
    [
        'A05',
        'marks stand one beat late',
        js('views/strip.js', '(tick - channel.first_tick)', '(tick + 400 - channel.first_tick)'),
    ],
    [
        'A06',
        'suggested looks confirmed',
        js('values.js', "word: 'SUGGESTED', icon: '◇'", "word: 'CONFIRMED', icon: '✓'"),
    ],
    ['A07n', 'adjust sends nothing', js('views/decision_bar.js', 'this.acts.adjust(changed);', '')],
    [
        'C409',
        'a conflict is silent',
        js('views/confirm_panel.js', 'this.say(conflictText(seen, error.now));', ''),
    ],
    [
        'REJ',
        'every reason is "other"',
        js('views/decision_bar.js', '#rejected(reason[0])', "#rejected('other')"),
    ],
    [
        'LOWQ',
        'doubts are not asked about',
        js('views/confirm_panel.js', 'why.length && this.armed !== m.id', 'false'),
    ],
    [
        'A08',
        'the list is drawn late',
        js(
            'views/worklist.js',
            '} else this.apply();',
            '} else setTimeout(() => this.apply(), 1500);',
        ),
    ],
    [
        'A09',
        'the tray grows and pushes the list',
        [
            {
                file: 'css/worklist.css',
                find: 'flex: 0 0 122px;\n    height: 122px;',
                replace: 'flex: 0 0 auto;',
            },
        ],
    ],
    [
        'A09',
        'the focused row moves',
        js(
            'views/worklist.js',
            'if (from >= 0 && to >= 0) this.#keepPlace(from, to);',
            'if (from < -1) return;',
        ),
    ],
    [
        'A09',
        'moving takes the focus',
        js(
            'views/worklist.js',
            '            focused,\n        );',
            '            null,\n        );',
        ),
    ],
    ['A10', 'no guard after a move', js('worklist_model.js', 'GUARD_MS = 400', 'GUARD_MS = 0')],
    ['A12', 'F9 does nothing', js('views/worklist.js', "'F9'", "'F7'")],
    ['HOLD', 'hold is ignored', js('views/worklist.js', 'this.held || idle_ms', 'idle_ms')],
    ['SINCE', 'leaving is not looking', js('views/list_filter.js', "api.post('/api/seen', {})", "Promise.resolve()")],
    ['FILTER', 'any word will do', js('worklist_model.js', '.every((w) => shown', '.some((w) => shown')],
    ['FILTER', 'the address forgets it', js('views/worklist.js', '...this.filter.query(), study', 'study')],
    ['STUDY', 'no word of who set it', js('views/study_row.js', '[person, would || reason]', '[would || reason]')],
    ['STUDY', 'no course', js('views/study.js', 'this.chart.draw({', 'void ({')],
    [
        'WHO',
        'every screen bears the name of the room',
        js('views/header.js', 'ROOM_VIEWS.includes(this.view)\n', 'this.view\n'),
    ],
    [
        'LINK',
        'the address names no study',
        js('views/worklist.js', "makeHash('study', s)", "makeHash('study')"),
    ],
    ['A13', 'stale is never said', js('feed_state.js', 'STALE_MS = 2000', 'STALE_MS = 60000')],
    [
        'A13',
        'a gap is joined',
        js(
            'ring.js',
            'this.data[this.#slot(n)] = MISSING;',
            'this.data[this.#slot(n)] = this.data[this.#slot(from - 1)];',
        ),
    ],
    ['A13', 'old numbers stay', js('live_numbers.js', '!reading || !current', '!reading')],
    ['A14', 'a lost socket looks live', js('feed_state.js', 'if (!f.socket_open)', 'if (false)')],
    [
        'A14',
        'it never tries again',
        js('socket.js', 'setTimeout(() => this.#open(), wait_ms)', '0'),
    ],
    [
        'A15',
        'the badge hides the delay',
        js('feed_state.js', 'Math.max(f.idle_ms ?? 0, f.delay_ms ?? 0)', 'f.idle_ms ?? 0'),
    ],
    ['ACK', 'nothing is acknowledged', js('feed_worker.js', 'DRAWN_MS = 250', 'DRAWN_MS = 60000')],
    ['RACE', 'the first snapshot is trusted', js('app.js', 'if (opened)', 'if (false)')],
    [
        'CASE',
        'the case is not compared',
        js('app.js', 'return status.case === room.case;', 'return true;'),
    ],
    [
        'STATE',
        'states do not withhold',
        js('live_numbers.js', 'if (withheld || age_ms', 'if (age_ms'),
    ],
    ['SITE', 'the old label stays', js('app.js', 'm.site && channel.site !== m.site', 'false')],
    [
        'ROOM',
        'the old room goes on',
        js('feed_worker.js', 'rooms: [this.shown]', 'rooms: [1]'),
    ],
    [
        'ORIGIN',
        'a replay is not said',
        js('views/header.js', "banner.hidden = origin === 'live'", 'banner.hidden = true'),
    ],
    [
        'FREEZE',
        'frozen goes on drawing',
        js(
            'feed_worker.js',
            'if (still && !painter.stale_sheet) return;\n        const tick = still ? '
                + 'this.frozen_head : head;',
            'const tick = head;',
        ),
    ],
    [
        'A16',
        'a select without a name',
        [{ file: 'index.html', find: '<span class="visually-hidden">Room</span>', replace: '' }],
    ],
    [
        'A16b',
        'small buttons',
        [{ file: 'css/tokens.css', find: '--target: 44px', replace: '--target: 30px' }],
    ],
    [
        'A18',
        'a bright page',
        [{ file: 'css/tokens.css', find: '--bg: #0b0f14', replace: '--bg: #667788' }],
    ],
    [
        'TEXT',
        'names are markup',
        js('dom.js', 'element.textContent = text;', 'element.innerHTML = text;'),
    ],
    [
        'NARROW',
        'a wide header',
        [
            {
                file: 'css/frame.css',
                find: '.header {\n        flex-wrap: wrap;',
                replace: '.header {\n        min-width: 1000px;',
            },
        ],
    ],
    [
        'NARROW',
        'controls before the name',
        [
            {
                file: 'css/frame.css',
                find: '.patient {\n        min-width: 180px;',
                replace: '.patient {\n        min-width: 0;\n        flex: 0 1 20px;',
            },
        ],
    ],
    [
        'MARK',
        'an end is sent as a beginning',
        js('views/mark_bar.js', 'const on = this.#lasting(kind) === undefined;', 'const on = true;'),
    ],
    [
        'MARK',
        'old traces are marked',
        js('views/mark_bar.js', 'if (!this.app.current)', 'if (false)'),
    ],
    [
        'SHARED',
        'marks are not asked of the server',
        js('app.js', 'this.#takeMarks(room.room, marks);', ''),
    ],
    [
        'SHARED',
        'states are not asked of the server',
        js('app.js', "for (const state of states) this.say('state', state);", ''),
    ],
    [
        'SITEFIX',
        'the wrong value stays suggested',
        js('views/capture_bar.js', 'await this.#reject(wrong[0])', 'false'),
    ],
    ['AUDIT', 'the oldest rows', js('views/audit.js', "newest: '1', ", '')],
    ['AUDIT', 'filters are forgotten', js('views/audit.js', "keepHash(makeHash('audit'", "void (makeHash('audit'")],
    [
        'DISC',
        'gaps are drawn over',
        js('disclosure_model.js', 'v === null ? NaN :', 'v === null ? 80 :'),
    ],
    ['DISC', 'the address forgets the view', js('views/review.js', ', ...where }', ' }')],
    ['REPLAY', 'nothing says that it is old', js('views/disclosure.js', '`REPLAY ×', '`×')],
    [
        'DAY',
        'blocks are laid out anew at every frame',
        js(
            'disclosure_paint.js',
            'const level = levels[levelFor(this.view.span_ms, this.width)];',
            'for (let i = 0; i < 4e6; i++) levels[0].low[i % 600] += 0;\n' +
                '        const level = levels[0];',
        ),
    ],
    ['A20', 'cards stay', js('views/confirm_panel.js', "app.on('mode', () => this.#wipe(-1));", '')],
    ['A20', 'numbers stay', js('views/lanes.js', "app.on('mode', () => this.numbers.clear());", '')],
    ['A20', 'nothing says silent', js('views/header.js', "'SILENT PILOT'", "''")],
    ['VALID', 'a number from seven', js('views/validation.js', "g.enough ? `${numberText(g.bias", "true ? `${numberText(g.bias")],
    ['ADMIN', 'no reason is asked', js('views/admin.js', 'const common = { name, required };', 'const common = { name };')],
    ['ADMIN', 'the password stays', js('views/admin.js', "        setText(this.message, '');\n        this.load();", '        this.load();')],
    ['ROLE', 'everybody gets the forms', js('views/admin.js', "return this.app.me?.role === 'administrator'", 'return true')],
    ['DERIVED', 'waiting is not said', js('views/derived.js', '[...known, ...waiting, ...typed]', '[...known, ...typed]')],
    ['VERIFY', 'a suggested one can be verified', js('views/verify.js', "['accepted', 'adjusted'].includes(m.state)", 'true')],
    [
        'A17',
        'Pd as pink as Pa',
        [{ file: 'css/tokens.css', find: '--ch-pd: #79fbfd', replace: '--ch-pd: #f59cc8' }],
    ],
    [
        'A17',
        'hints too dim',
        [{ file: 'css/tokens.css', find: '--text-3: #8595a6', replace: '--text-3: #5a6876' }],
    ],
    [
        'PAL',
        'Enter does nothing',
        js('views/palette.js', 'if (command) command.act', 'if (false) command.act'),
    ],
    [
        'LETTER',
        'letters act always',
        js('keys.js', 'this.letters_on ? this.#find', 'true ? this.#find'),
    ],
    [
        'REVIEW',
        'the machine column shows the value in force',
        js('views/review.js', 'cell(headline(m.machine_values, m.site).main)', 'cell(now.main)'),
    ],
    [
        'PRINT',
        'paper looks like the screen',
        [{ file: 'css/print.css', find: '@media print', replace: '@media speech' }],
    ],
    [
        'MOTION',
        'the tray blinks for everybody',
        [
            { file: 'css/frame.css', find: 'animation: none !important;', replace: '' },
            {
                file: 'css/worklist.css',
                find: '.tray {',
                replace: '@keyframes x { to { opacity: 0.5 } } .tray { animation: x 9s infinite;',
            },
        ],
    ],
    ['A11', 'the strip is of another time', js('views/evidence.js', 'at_ms - 1000 * SPAN_S', 'at_ms - 1000 * SPAN_S - (Date.now() % 700)')],
    ['A11', 'the reason is cut short', js('views/study_row.js', "replaceAll('->', '→')", "replaceAll('->', '→').slice(0, 30)")],
    ['A15b', 'what arrived is acknowledged as drawn', js('feed_worker.js', 'tick: feed.playout.last_head', 'tick: feed.playout.newest_tick')],
    ['A19', 'everything is drawn anew at every frame', js('sweep_painter.js', 'const from_s = this.stale_sheet || jumped', 'const from_s = true || jumped')],
    ['A16c', 'hints too pale on white', [{ file: 'css/light.css', find: '--text-3: #56687a', replace: '--text-3: #8fa2b4' }]],
    ['A16c', 'traces stay dark', js('sweep_painter.js', 'this.inks = sheet.inks;', 'if (!this.inks.bg) this.inks = sheet.inks;')],
    ['A17', 'in the light theme too', [{ file: 'css/light.css', find: '--ch-lv: #5b2c15', replace: '--ch-lv: #a84b00' }]],
    ['SAVE', 'nothing is said', js('views/header.js', 'banner.hidden = app.saving', 'banner.hidden = true || app.saving')],
    ['SAVE', 'it is asked all the same', js('views/confirm_panel.js', 'if (!app.saving)', 'if (false)')],
    ['SAVE', 'it goes on for ever', js('app.js', "if (m.code === 'SAVED_AGAIN') this.not_saved_ms = -Infinity;", '')],
    ['SLOW', 'amber from a second on', js('feed_state.js', 'SLOW_MS = 500', 'SLOW_MS = 1000')],
    ['CLOCK', 'it is not said', js('views/header.js', 'line.hidden = off_s === 0', 'line.hidden = true; return')],
    ['CLOCK', 'the delay by the own clock', js('feed_worker.js', 'Date.now() + this.clock_offset_ms', 'Date.now()')],
    ['A15b', 'the worker does not look', js('feed_worker.js', 'HEARTBEAT_MS = 2500', 'HEARTBEAT_MS = 25000')],
    ['REMAP', 'the old key still acts', js('keys.js', 'this.table.delete(`${command.view} ${command.key}`);', '')],
    ['REMAP', 'it is forgotten', js('keys.js', 'const own = this.remapped[`${view} ${key}`] ?? key;', 'const own = key;')],
    ['SOUND', 'on from the beginning', js('sound.js', 'this.context = null;\n        this.muted', 'this.context = new AudioContext();\n        this.muted')],
    ['SOUND', 'mute does nothing', js('sound.js', 'if (this.context) this.muted_until =', 'if (false) this.muted_until =')],
    ['AUDIT', 'what was shown buries what was done', js('views/audit.js', "wanted.set('acts', '1')", 'void 0')],
    ['A07', 'a key moves two samples', js('by_hand.js', 'marker.tick + samples *', 'marker.tick + 2 * samples *')],
    ['A07', 'what was left out is used', js('by_hand.js', 'this.used.delete(beat);', ';')],
    ['A07p', 'the pointer is not followed', js('views/strip_editor.js', "addEventListener('pointermove', move);", '')],
    ['A07p', 'a beat that is pressed stays', js('views/strip_editor.js', 'click: () => this.#act(() => hand.toggle(tick))', 'click: () => this.draw()')],
];
