/* worklistd as a process between a fake hemod and a real database: whatever is killed, each event
 * is stored exactly once with its position, each command reaches hemod exactly once, and nothing is
 * served that could not be confirmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/fake_hemod.h"
#include "tests/said.h"
#include "tests/worklistd_process.h"
#include "worklist/audit.h"
#include "worklist/cases.h"
#include "worklist/user.h"
#include "worklist/worklist.h"

enum { EVENTS = 3000, KILLS = 25, DATABASE_KILLS = 4 };

static struct {
    struct cluster cluster;
    struct fake fake;
    struct daemon daemon;
    struct db db;
    struct said said;
    uint64_t tick;
    bool failed;
} t;

static void add_events(int count) {
    static struct wire_frame frame;
    for (int i = 0; i < count; i++) {
        if (i % 10 == 9)
            said_measurement(&t.said, &frame, t.tick += 100);
        else
            said_event(&t.said, &frame, i % 10 == 8 ? EVENT_READING : EVENT_BEAT, t.tick += 100);
        fake_add(&t.fake, &frame);
    }
}

/* In one snapshot: as many events as the position says, the EpochBegin counted. */
static void rows_and_position_agree(void) {
    int64_t missing =
        cluster_count(&t.db, "select coalesce((select next_sequence from journal_position), 0) - "
                             "(select count(*) from event) - (select count(*) from epoch)");
    if (missing != 0)
        fail_msg("position and rows differ by %lld", (long long)missing);
}

static bool wait_acked(uint64_t count) {
    for (int i = 0; i < 600; i++) {
        if (atomic_load(&t.fake.acked) == count)
            return true;
        cluster_sleep(50);
    }
    printf("acked %llu of %llu\n", (unsigned long long)atomic_load(&t.fake.acked),
           (unsigned long long)count);
    return false;
}

static void killed_worklistd_loses_nothing(void **state) {
    (void)state;
    uint64_t random = 88172645463325252u;
    add_events(EVENTS);
    for (int i = 0; i < KILLS; i++) {
        daemon_spawn(&t.daemon, t.daemon.ini);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        cluster_sleep(40 + (int)(random % 120));
        assert_int_equal(daemon_end(&t.daemon, SIGKILL), 128 + SIGKILL);
        cluster_sleep(30); /* a COMMIT on its way ends */
        rows_and_position_agree();
        int64_t position =
            cluster_count(&t.db, "select coalesce(max(next_sequence), 0) from journal_position");
        assert_true((int64_t)atomic_load(&t.fake.acked) <= position);
    }
    printf("%d kills, position %lld of %zu\n", KILLS,
           (long long)cluster_count(&t.db, "select max(next_sequence) from journal_position"),
           t.fake.count);
    daemon_spawn(&t.daemon, t.daemon.ini);
    assert_true(wait_acked(t.fake.count));
    rows_and_position_agree();
    assert_int_equal(cluster_count(&t.db, "select count(*) from event"), t.fake.count - 1);
    assert_int_equal(cluster_count(&t.db, "select count(*) from measurement"), EVENTS / 10);
    assert_int_equal(cluster_count(&t.db, "select count(*) from quarantine"), 0);
}

static void killed_database_loses_nothing(void **state) {
    (void)state;
    for (int i = 0; i < DATABASE_KILLS; i++) {
        add_events(EVENTS / 10);
        cluster_sleep(5 + 7 * i);
        assert_int_equal(cluster_run(&t.cluster, "kill", "/dev/null"), 0);
        assert_true(daemon_healthy(&t.daemon, "\"database\":false"));
        assert_int_equal(cluster_start(&t.cluster), 0);
        assert_true(db_answers(&t.db));
        assert_true(wait_acked(t.fake.count));
        rows_and_position_agree();
    }
    assert_int_equal(cluster_count(&t.db, "select count(*) from event"), t.fake.count - 1);
}

static void move_and_its_cause_are_one(void **state) {
    (void)state;
    static struct wire_frame frame;
    uint64_t raised = t.tick += 100;
    said_finding(&t.said, &frame, EVENT_FALLING_BP, raised);
    fake_add(&t.fake, &frame);
    assert_true(wait_acked(t.fake.count));
    assert_int_equal(
        cluster_count(&t.db, "select position from study_view where body->>'accession' = 'A2'"), 1);
    assert_int_equal(
        cluster_count(
            &t.db, "select count(*) from study_move where event is not null and from_position = 3 "
                   "and to_position = 1 and reason like '%74 -> 52 mmHg%FALLING_BP%'"),
        1);
    said_recovered(&t.said, &frame, raised, t.tick += 100);
    fake_add(&t.fake, &frame);
    assert_true(wait_acked(t.fake.count));
    assert_int_equal(
        cluster_count(&t.db, "select position from study_view where body->>'accession' = 'A2'"), 1);
    assert_true(
        db_do(&t.db, "update finding set holds_until = now() where holds_until is not null"));
    for (int i = 0; i < 50 && cluster_count(&t.db, "select count(*) from finding where holds_until "
                                                   "is not null") > 0;
         i++)
        cluster_sleep(100); /* worklistd looks once a second */
    assert_int_equal(
        cluster_count(&t.db, "select position from study_view where body->>'accession' = 'A2'"), 3);
    assert_int_equal(
        cluster_count(&t.db, "select count(*) from study_move where event is not null"), 2);
}

static size_t commands_now(void) {
    pthread_mutex_lock(&t.fake.lock);
    size_t n = t.fake.commands;
    pthread_mutex_unlock(&t.fake.lock);
    return n;
}

static void commands_arrive_once(void **state) {
    (void)state;
    int64_t number = 0;
    size_t before = commands_now();
    assert_int_equal(daemon_end(&t.daemon, SIGKILL), 128 + SIGKILL);
    for (int i = 0; i < 6;
         i++) { /* written while nobody sends, then while worklistd is killed again and again */
        assert_true(db_do(&t.db, "begin"));
        assert_int_equal(i % 2 ? cases_close(&t.db, 1, "kim")
                               : cases_open(&t.db, 1, 1, NULL, &number),
                         CASES_OK);
        assert_true(db_do(&t.db, "commit"));
        daemon_spawn(&t.daemon, t.daemon.ini);
        cluster_sleep(60 + 30 * i);
        daemon_end(&t.daemon, SIGKILL);
    }
    daemon_spawn(&t.daemon, t.daemon.ini);
    for (int i = 0;
         i < 100 && cluster_count(&t.db, "select count(*) from command where acked_at is null") > 0;
         i++)
        cluster_sleep(50);
    assert_int_equal(cluster_count(&t.db, "select count(*) from command where acked_at is null"),
                     0);
    assert_int_equal(commands_now() - before, 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(t.fake.command_kind[before + i], i % 2 ? WIRE_CASE_CLOSE : WIRE_CASE_OPEN);
    assert_int_equal(t.fake.command[before + 4].number, number);
    assert_true(number > (1LL << 32) && number < (1LL << 53));
    assert_int_equal(
        cluster_count(&t.db, "select json_array_length(body->'pending') from room_view"), 0);
}

static int64_t unacked(void) {
    return cluster_count(&t.db, "select count(*) from command where acked_at is null");
}

static void connect_again(void) {
    unsigned before = atomic_load(&t.fake.hellos);
    daemon_end(&t.daemon, SIGKILL);
    daemon_spawn(&t.daemon, t.daemon.ini);
    for (int i = 0; i < 200 && atomic_load(&t.fake.hellos) == before; i++)
        cluster_sleep(50);
    cluster_sleep(300);
}

/* hemod took it, its disk stalls, the connection is made anew: hemod may still lose the command. */
static void taken_is_not_durable(void **state) {
    (void)state;
    size_t before = commands_now();
    assert_int_equal(unacked(), 0);
    atomic_store(&t.fake.stalled, true);
    assert_true(db_do(&t.db, "begin"));
    int64_t number = 0;
    assert_int_equal(cases_open(&t.db, 1, 1, NULL, &number), CASES_OK);
    assert_true(db_do(&t.db, "commit"));
    for (int i = 0; i < 100 && commands_now() == before; i++)
        cluster_sleep(50);
    assert_int_equal(commands_now() - before, 1);
    connect_again();
    assert_int_equal(unacked(), 1);
    atomic_store(&t.fake.stalled, false);
    connect_again();
    assert_int_equal(unacked(), 0);
    assert_true(db_do(&t.db, "begin"));
    assert_int_equal(cases_close(&t.db, 1, "kim"), CASES_OK);
    assert_true(db_do(&t.db, "commit"));
    for (int i = 0; i < 100 && unacked() > 0; i++)
        cluster_sleep(50);
}

static bool room_says(const char *condition) {
    char sql[200];
    snprintf(sql, sizeof sql, "select count(*) from room_view where room = 5 and %s", condition);
    for (int i = 0; i < 100; i++) {
        if (cluster_count(&t.db, sql) == 1)
            return true;
        cluster_sleep(50);
    }
    return false;
}

/* A room that was configured and never heard: the case opens, and its command is seen to wait until
 * hemod has it. */
static void a_case_opens_before_the_feed(void **state) {
    (void)state;
    int64_t number = 0;
    assert_int_equal(daemon_end(&t.daemon, SIGKILL), 128 + SIGKILL);
    assert_int_equal(cases_open(&t.db, 5, 2, NULL, &number), CASES_NO_ROOM);
    assert_true(cases_room_add(&t.db, 5, 15, "LAB5"));
    struct wire_frame *mark = calloc(1, sizeof *mark);
    mark->kind = WIRE_MARK;
    assert_int_equal(cases_tell(&t.db, 5, mark), CASES_NOT_HEARD);
    free(mark);
    assert_true(db_do(&t.db, "begin"));
    assert_int_equal(cases_open(&t.db, 5, 2, NULL, &number), CASES_OK);
    assert_true(db_do(&t.db, "commit"));
    assert_true(room_says("body->'pending'->0->>'what' = 'case opened' and not heard and "
                          "body->>'wanted_case' <> '0' and body->>'case' = '0'"));
    daemon_spawn(&t.daemon, t.daemon.ini);
    assert_true(
        room_says("json_array_length(body->'pending') = 0 and body->>'wanted_study' = '2'"));
    pthread_mutex_lock(&t.fake.lock);
    struct wire_case *last = &t.fake.command[(t.fake.commands - 1) % FAKE_COMMANDS];
    assert_true(last->target_stream == 15 && last->number == (uint64_t)number);
    pthread_mutex_unlock(&t.fake.lock);
}

static void waits_for_a_database(void **state) {
    (void)state;
    static char out[DAEMON_ANSWER];
    assert_true(daemon_healthy(&t.daemon, "\"ok\":true"));
    assert_int_equal(daemon_end(&t.daemon, SIGTERM), 0);
    assert_int_equal(cluster_run(&t.cluster, "stop", "/dev/null"), 0);
    daemon_spawn(&t.daemon, t.daemon.ini);
    assert_true(daemon_healthy(&t.daemon, "\"database\":false"));
    assert_int_equal(daemon_ask(t.daemon.port, "GET /api/health", "", "", out), 503);
    assert_int_equal(daemon_ask(t.daemon.port, "GET /api/cases/1/measurements",
                                "Cookie: hemo_session=x\r\n", "", out),
                     503);
    assert_non_null(strstr(out, "\"DATABASE\""));
    assert_int_equal(daemon_ask(t.daemon.port, "POST /api/login",
                                "Content-Type: application/json\r\n",
                                "{\"user\":\"kim\",\"password\":\"x\"}", out),
                     503);
    assert_int_equal(daemon_ask(t.daemon.port, "GET /", "", "", out),
                     200); /* the page says what is wrong */
    assert_int_equal(daemon_ask(t.daemon.metrics_port, "GET /metrics", "", "", out), 200);
    assert_non_null(strstr(out, "hemo_worklist_database_up 0"));
    assert_int_equal(cluster_start(&t.cluster), 0);
    assert_true(daemon_healthy(&t.daemon, "\"ok\":true"));
    assert_true(db_answers(&t.db));
}

static void second_worklistd_waits(void **state) {
    (void)state;
    static char out[DAEMON_ANSWER];
    struct daemon other;
    daemon_open(&other, &t.cluster, t.fake.events, t.fake.live);
    daemon_spawn(&other, other.ini);
    cluster_sleep(1200);
    assert_int_equal(daemon_ask(other.port, "GET /api/health", "", "", out), 503);
    assert_true(daemon_healthy(&t.daemon, "\"ok\":true"));
    daemon_close(&other, false);
}

/* The first is frozen, its connections end and with them its lock; the second takes over and dies:
 * the first one finds out that it had lost its place and goes on behind what the second did. */
static void a_frozen_worklistd_comes_back(void **state) {
    (void)state;
    struct daemon other;
    for (int i = 0; i < 3; i++) {
        kill(t.daemon.pid, SIGSTOP);
        assert_true(db_do(&t.db, "select pg_terminate_backend(pid) from pg_stat_activity where "
                                 "application_name like 'worklistd%'"));
        daemon_open(&other, &t.cluster, t.fake.events, t.fake.live);
        daemon_spawn(&other, other.ini);
        assert_true(daemon_healthy(&other, "\"ok\":true"));
        add_events(EVENTS / 10);
        assert_true(wait_acked(t.fake.count));
        kill(t.daemon.pid, SIGCONT);
        add_events(EVENTS / 10);
        cluster_sleep(300 + 400 * i);
        assert_int_equal(daemon_end(&other, SIGKILL), 128 + SIGKILL);
        daemon_close(&other, false);
        add_events(EVENTS / 10);
        assert_true(wait_acked(t.fake.count));
        rows_and_position_agree();
    }
    assert_int_equal(cluster_count(&t.db, "select count(*) from event"), t.fake.count - 1);
}

static void faults_are_one_line_and_a_code(void **state) {
    (void)state;
    static const struct {
        const char *what, *text, *line;
        int code;
    } cases[] = {
        {"no such file", NULL, "No such file", 3},
        {"unknown key", "[worklistd]\ndatabase=x\ncolour=red\n", "ini:3: unknown key \"colour\"",
         4},
        {"unknown section", "[worklist]\ndatabase=x\n", "unknown section", 4},
        {"no database", "[worklistd]\nlisten=127.0.0.1:1\n", "no database", 4},
        {"bad port", "[worklistd]\ndatabase=x\nlisten=127.0.0.1:99999\n", "bad listen", 4},
        {"no key away from home", "[worklistd]\ndatabase=x\nevents=tcp://10.0.0.1:7401\n",
         "no key for an address", 4},
        {"missing key file", "[worklistd]\ndatabase=x\nkey=/nowhere\nserver_key=/nowhere\n",
         "/nowhere: not found", 3},
        {"bad address", "[worklistd]\ndatabase=x\nlisten=elsewhere:80\n", "not an address", 1},
    };
    static char log[4000];
    struct daemon d;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        daemon_open(&d, &t.cluster, t.fake.events, t.fake.live);
        if (cases[i].text)
            daemon_write(d.ini, cases[i].text);
        else
            unlink(d.ini);
        daemon_spawn(&d, d.ini);
        int code = daemon_wait(&d);
        FILE *in = fopen(d.log, "r");
        size_t n = in ? fread(log, 1, sizeof log - 1, in) : 0;
        log[n] = '\0';
        if (in)
            fclose(in);
        bool one_line = n > 0 && strchr(log, '\n') == log + n - 1;
        if (code != cases[i].code || !strstr(log, cases[i].line) || !one_line ||
            strncmp(log, "worklistd: ", 11) != 0)
            fail_msg("%s: code %d: %s", cases[i].what, code, log);
        daemon_close(&d, false);
    }
}

static void port_in_use_is_said(void **state) {
    (void)state;
    struct daemon other;
    daemon_open(&other, &t.cluster, t.fake.events, t.fake.live);
    daemon_spawn(&other, t.daemon.ini);
    assert_int_equal(daemon_wait(&other), 1);
    daemon_close(&other, false);
}

static int set_up(void **state) {
    (void)state;
    static struct wire_frame frame;
    char password[USER_PASSWORD];
    db_init(&t.db, t.cluster.app, "test");
    if (!db_ready(&t.db) || user_add(&t.db, "kim", "technologist", password) != USER_OK)
        return -1;
    for (int i = 0; i < 3; i++) {
        char accession[] = "A0", uid[] = "1.0";
        accession[1] = uid[2] = (char)('0' + i);
        const struct study_new study = {.patient_id = "P1", .patient_id_issuer = "",
                                        .patient_name = "DEMO^P1", .accession = accession,
                                        .accession_issuer = "", .study_uid = uid,
                                        .description = "test", .longest_wait_min = 120};
        struct worklist w;
        bool ok = db_do(&t.db, "begin") && worklist_begin(&w, &t.db) &&
                  worklist_add(&w, &study, "test") > 0;
        worklist_end(&w);
        if (!ok || !db_do(&t.db, "commit"))
            return -1;
    }
    if (!db_do(&t.db,
               "insert into lab_case (number, study, room, closed_at) values (77, 3, 1, now())"))
        return -1;
    if (!db_do(&t.db, "insert into lab_mode (room, procedure, mode, why, by_whom) values (0, '', "
                      "'integrated', 'test', 'test')"))
        return -1;
    fake_open(&t.fake);
    t.said = (struct said){
        .stream = 1, .room = 1, .journal = t.fake.journal, .epoch = 9, .case_number = 77};
    said_begin(&t.said, &frame);
    fake_add(&t.fake, &frame);
    daemon_open(&t.daemon, &t.cluster, t.fake.events, t.fake.live);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    assert_int_equal(audit_verify(&t.db, NULL).result, AUDIT_WHOLE);
    daemon_close(&t.daemon, getenv("HEMO_SHOW_LOG") != NULL);
    fake_close(&t.fake);
    db_close(&t.db);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_worklistd_loses_nothing),
        cmocka_unit_test(killed_database_loses_nothing),
        cmocka_unit_test(move_and_its_cause_are_one),
        cmocka_unit_test(commands_arrive_once),
        cmocka_unit_test(taken_is_not_durable),
        cmocka_unit_test(a_case_opens_before_the_feed),
        cmocka_unit_test(waits_for_a_database),
        cmocka_unit_test(second_worklistd_waits),
        cmocka_unit_test(a_frozen_worklistd_comes_back),
        cmocka_unit_test(port_in_use_is_said),
        cmocka_unit_test(faults_are_one_line_and_a_code),
    };
    int code = cluster_open(&t.cluster);
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, set_up, tear_down);
    cluster_close(&t.cluster);
    return code;
}
