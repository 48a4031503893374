/* The edge towards browsers, over real sockets: headers, limits, bad requests, who gets a WebSocket
 * and what it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/fake_hemod.h"
#include "tests/said.h"
#include "tests/worklistd_process.h"
#include "worklist/user.h"

enum { BLOCK = 20, MAGIC = 0x31574d48 };

static struct {
    struct cluster cluster;
    struct fake fake;
    struct daemon daemon;
    struct db db;
    struct said said;
    char password[USER_PASSWORD], cookie[120];
    char out[DAEMON_ANSWER];
} t;

static const char as_json[] = "Content-Type: application/json\r\n";

static int login(const char *password) {
    char body[100];
    snprintf(body, sizeof body, "{\"user\":\"kim\",\"password\":\"%s\"}", password);
    return daemon_ask(t.daemon.port, "POST /api/login", as_json, body, t.out);
}

static void login_gives_a_strict_cookie(void **state) {
    (void)state;
    assert_int_equal(login("wrong"), 401);
    assert_int_equal(login(t.password), 200);
    const char *cookie = strstr(t.out, "set-cookie: hemo_session=");
    assert_non_null(cookie);
    assert_non_null(strstr(cookie, "HttpOnly; SameSite=Strict"));
    snprintf(t.cookie, sizeof t.cookie, "Cookie: hemo_session=%.43s\r\n",
             cookie + strlen("set-cookie: hemo_session="));
    assert_int_equal(daemon_ask(t.daemon.port, "GET /api/me", t.cookie, "", t.out), 200);
    assert_non_null(strstr(t.out, "\"role\":\"technologist\""));
}

static void every_answer_is_strict(void **state) {
    (void)state;
    static const char *const paths[] = {"GET /", "GET /api/health", "GET /api/studies",
                                        "GET /index.html"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        daemon_ask(t.daemon.port, paths[i], "", "", t.out);
        if (!strstr(t.out, "content-security-policy: default-src 'self'") ||
            !strstr(t.out, "nosniff") || !strstr(t.out, "no-store") ||
            strstr(t.out, "unsafe-inline"))
            fail_msg("%s: %.600s", paths[i], t.out);
    }
}

static void requests_are_taken_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *what, *line, *body;
        bool cookie;
        int status;
    } cases[] = {
        {"no cookie", "GET /api/rooms", "", false, 401},
        {"rooms", "GET /api/rooms", "", true, 200},
        {"not JSON", "POST /api/studies", "{", true, 400},
        {"not an object", "POST /api/studies", "[1]", true, 400},
        {"an unknown field", "POST /api/studies", "{\"x\":1}", true, 400},
        {"nothing there", "GET /api/nothing", "", true, 404},
        {"another method", "PUT /api/studies", "{}", true, 405},
        {"out of the folder", "GET /../sql/001_schema.sql", "", true, 404},
        {"out of the folder, encoded", "GET /%2e%2e/sql/001_schema.sql", "", true, 404},
        {"a path of 300",
         "GET "
         "/api/"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxx",
         "", true, 404},
    };
    char headers[300];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(headers, sizeof headers, "%s%s", as_json, cases[i].cookie ? t.cookie : "");
        int status = daemon_ask(t.daemon.port, cases[i].line, headers, cases[i].body, t.out);
        if (status != cases[i].status || strstr(t.out, "create table"))
            fail_msg("%s: %d (want %d): %.300s", cases[i].what, status, cases[i].status, t.out);
    }
}

/* Every part of a query arrives, not only the first. */
static void queries_arrive_whole(void **state) {
    (void)state;
    char headers[300];
    snprintf(headers, sizeof headers, "%s%s", as_json, t.cookie);
    static const char line[] = "GET /api/audit?newest=1&limit=1&who=nobody&text=a%20b";
    assert_int_equal(daemon_ask(t.daemon.port, line, headers, "", t.out), 200);
    assert_non_null(strstr(t.out, "\"rows\" : []"));
    static const char ours[] = "GET /api/audit?newest=1&limit=1&who=kim";
    assert_int_equal(daemon_ask(t.daemon.port, ours, headers, "", t.out), 200);
    assert_non_null(strstr(t.out, "\"who\" : \"kim\""));
}

static void large_bodies_are_refused(void **state) {
    (void)state;
    char *body = malloc(70000), headers[300];
    memset(body, ' ', 69999);
    body[69999] = '\0';
    snprintf(headers, sizeof headers, "%s%s", as_json, t.cookie);
    assert_int_equal(daemon_ask(t.daemon.port, "POST /api/studies", headers, body, t.out), 413);
    body[65536] = '\0'; /* the longest that is read: refused for what it says */
    assert_int_equal(daemon_ask(t.daemon.port, "POST /api/studies", headers, body, t.out), 400);
    free(body);
}

/* Bytes that are no HTTP at all: the connection ends, the program does not. */
static void noise_does_no_harm(void **state) {
    (void)state;
    static const char *const noise[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01 TLS?\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /api/login HTTP/1.1\r\nHost: x\r\n\r\n"};
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++) {
        int fd = daemon_connect(t.daemon.port);
        assert_true(fd >= 0);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 200000},
                   sizeof(struct timeval));
        daemon_exchange(fd, noise[i], strlen(noise[i]), t.out, NULL);
        close(fd);
    }
    assert_int_equal(daemon_ask(t.daemon.port, "GET /api/me", t.cookie, "", t.out), 200);
}

static int socket_open(const char *path, const char *origin, const char *cookie) {
    char request[700];
    int fd = daemon_connect(t.daemon.port);
    int n = snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s\r\n",
        path, t.daemon.port, origin, cookie);
    if (write(fd, request, (size_t)n) != n)
        abort();
    return fd;
}

static int socket_status(const char *path, const char *origin, const char *cookie) {
    int fd = socket_open(path, origin, cookie);
    daemon_exchange(fd, "", 0, t.out, "\r\n\r\n");
    close(fd);
    return strncmp(t.out, "HTTP/1.1 101", 12) == 0 ? 101 : 0;
}

static void sockets_open_for_our_own_page_only(void **state) {
    (void)state;
    char own[80], local[80];
    snprintf(own, sizeof own, "Origin: http://127.0.0.1:%d\r\n", t.daemon.port);
    snprintf(local, sizeof local, "Origin: http://localhost:%d\r\n", t.daemon.port);
    assert_int_equal(socket_status("/ws", own, t.cookie), 101);
    assert_int_equal(socket_status("/ws", local, t.cookie), 101);
    assert_int_equal(socket_status("/ws", own, ""), 0);
    assert_int_equal(socket_status("/ws", "", t.cookie), 0);
    assert_int_equal(socket_status("/ws", "Origin: http://evil.example\r\n", t.cookie), 0);
    assert_int_equal(socket_status("/ws", "Origin: null\r\n", t.cookie), 0);
    assert_int_equal(socket_status("/other", own, t.cookie), 0);
}

/* Exactly n bytes. */
static bool read_all(int fd, uint8_t *out, size_t n) {
    for (size_t used = 0; used < n;) {
        ssize_t got = read(fd, out + used, n - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
    }
    return true;
}

/* The next message: its opcode (1 text, 2 binary, 8 close), 0 at the end. */
static int next_message(int fd, uint8_t *out, size_t *length) {
    uint8_t head[8];
    if (!read_all(fd, head, 2))
        return 0;
    int opcode = head[0] & 15;
    *length = head[1] & 127;
    int more = *length == 126 ? 2 : *length == 127 ? 8 : 0;
    if (more > 0 && !read_all(fd, head, (size_t)more))
        return 0;
    *length = more > 0 ? 0 : *length;
    for (int i = 0; i < more; i++)
        *length = *length << 8 | head[i];
    if (*length >= DAEMON_ANSWER || !read_all(fd, out, *length))
        return 0;
    out[*length] = 0;
    return opcode;
}

static void say(int fd, const char *text) {
    uint8_t frame[200] = {0x81};
    size_t n = strlen(text);
    assert_true(n < 126);
    frame[1] = (uint8_t)(0x80 | n); /* masked with zeros */
    memcpy(frame + 6, text, n);
    assert_int_equal(write(fd, frame, n + 6), n + 6);
}

static int open_page(void) {
    char own[80];
    uint8_t byte;
    snprintf(own, sizeof own, "Origin: http://127.0.0.1:%d\r\n", t.daemon.port);
    int fd = socket_open("/ws", own, t.cookie), ends = 0;
    while (ends < 4 && read(fd, &byte, 1) == 1) /* up to the empty line, not a byte further */
        ends = byte == "\r\n\r\n"[ends] ? ends + 1 : 0;
    return fd;
}

static void a_false_cookie_gets_nothing(void **state) {
    (void)state;
    char own[80];
    size_t length = 0;
    snprintf(own, sizeof own, "Origin: http://127.0.0.1:%d\r\n", t.daemon.port);
    int fd = socket_open("/ws", own, "Cookie: hemo_session=AAAA\r\n"), ends = 0;
    uint8_t byte;
    while (ends < 4 && read(fd, &byte, 1) == 1)
        ends = byte == "\r\n\r\n"[ends] ? ends + 1 : 0;
    assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 8);
    assert_int_equal((uint8_t)t.out[0] << 8 | (uint8_t)t.out[1], 1008);
    close(fd);
}

static void publish_block(uint64_t epoch, uint64_t tick) {
    static struct wire_frame frame;
    static uint8_t bytes[8192];
    int16_t samples[2 * BLOCK];
    size_t length = 0;
    uint32_t topic = 1;
    for (int i = 0; i < 2 * BLOCK; i++)
        samples[i] = (int16_t)i;
    wire_begin(&frame, WIRE_SAMPLES);
    frame.stream = 1;
    frame.epoch = epoch;
    frame.case_number = 77;
    frame.body.samples = (struct sample_block){tick, 0, 2, BLOCK, samples};
    assert_int_equal(wire_pack(&frame, bytes, sizeof bytes, &length), HEMO_OK);
    zmq_send(t.fake.pub, &topic, 4, ZMQ_SNDMORE);
    zmq_send(t.fake.pub, bytes, length, 0);
}

static uint64_t little(const uint8_t *bytes, int n) {
    uint64_t value = 0;
    for (int i = n; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void a_page_gets_its_room_and_no_more_than_it_draws(void **state) {
    (void)state;
    uint8_t *m = (uint8_t *)t.out;
    size_t length = 0;
    int blocks = 0;
    int fd = open_page();
    static const char *const first[] = {"\"hello\"", "\"worklist\"", "\"rooms\""};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(next_message(fd, m, &length), 1);
        assert_non_null(strstr(t.out, first[i]));
    }
    say(fd, "{\"type\":\"subscribe\",\"rooms\":[1]}");
    cluster_sleep(100);
    for (uint64_t i = 0; i < 200; i++) {
        publish_block(9, i * BLOCK);
        publish_block(8, i * BLOCK); /* an epoch that nobody announced: never shown */
        cluster_sleep(2);
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){1, 0}, sizeof(struct timeval));
    while (next_message(fd, m, &length) == 2) {
        assert_int_equal(little(m, 4), MAGIC);
        assert_int_equal(little(m + 4, 4), 1);
        assert_int_equal(little(m + 8, 8), 9);
        assert_int_equal(little(m + 16, 8), 77);
        assert_int_equal(little(m + 40, 4), 1);
        assert_int_equal(little(m + 44, 2), 2);
        assert_int_equal(length, 48 + 2 * (16 + 2 * BLOCK));
        assert_int_equal(little(m + 48 + 16 + 2 * BLOCK, 2), 1); /* the second channel */
        blocks++;
    }
    printf("%d blocks of 200 sent to a page that draws nothing\n", blocks);
    assert_true(blocks >= 45 && blocks <= 52);
    close(fd);
}

static void garbage_closes_the_socket(void **state) {
    (void)state;
    static const char *const texts[] = {"nonsense", "{\"type\":\"other\"}", "[]", "{\"type\":1}"};
    size_t length = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int fd = open_page(), opcode;
        say(fd, texts[i]);
        while ((opcode = next_message(fd, (uint8_t *)t.out, &length)) == 1)
            continue;
        assert_int_equal(opcode, 8);
        close(fd);
    }
}

/* A session that ended, here by being idle: its page is closed, others stay. */
static void an_ended_session_closes_its_page(void **state) {
    (void)state;
    char head[300], end[200], token[USER_TOKEN];
    size_t length = 0;
    struct db db;
    db_init(&db, t.cluster.app, "test");
    assert_true(db_ready(&db) && session_begin(&db, "kim", token));
    snprintf(head, sizeof head, "Origin: http://127.0.0.1:%d\r\n", t.daemon.port);
    snprintf(end, sizeof end, "Cookie: hemo_session=%s\r\n", token);
    int fd = socket_open("/ws", head, end), other = open_page(), ends = 0;
    uint8_t byte;
    while (ends < 4 && read(fd, &byte, 1) == 1)
        ends = byte == "\r\n\r\n"[ends] ? ends + 1 : 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){5, 0}, sizeof(struct timeval));
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
    assert_true(session_end(&db, token));
    assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 8);
    assert_int_equal((uint8_t)t.out[0] << 8 | (uint8_t)t.out[1], 1008);
    close(fd);
    setsockopt(other, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){2, 500000},
               sizeof(struct timeval));
    int opcode;
    while ((opcode = next_message(other, (uint8_t *)t.out, &length)) == 1)
        continue;
    assert_int_equal(opcode, 0); /* silence, not a close */
    close(other);
    db_close(&db);
}

/* A finding and a measurement reach the page as they are committed. */
static void events_reach_the_page(void **state) {
    (void)state;
    static struct wire_frame frame;
    size_t length = 0;
    bool measurement = false, finding = false, worklist = false;
    int fd = open_page();
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
    said_measurement(&t.said, &frame, 5000);
    fake_add(&t.fake, &frame);
    said_finding(&t.said, &frame, EVENT_PULSE_LOST, 6000);
    fake_add(&t.fake, &frame);
    for (int i = 0; i < 5 && !(measurement && finding && worklist); i++) {
        assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
        measurement = measurement ||
                      (strstr(t.out, "\"type\":\"measurement\"") && strstr(t.out, "\"digest\""));
        finding = finding || (strstr(t.out, "\"type\":\"finding\"") && strstr(t.out, "PULSE_LOST"));
        worklist = worklist || (strstr(t.out, "\"worklist\"") && strstr(t.out, "\"critical\"") &&
                                strstr(t.out, "[1]"));
    }
    assert_true(measurement && finding && worklist);
    for (int i = 0;
         i < 50 && cluster_count(&t.db, "select count(*) from audit where what = 'shown'") < 1; i++)
        cluster_sleep(20);
    assert_int_equal(cluster_count(&t.db,
                                   "select count(*) from audit where what = 'shown' and who = "
                                   "'kim' and place = 'socket'"),
                     1);
    close(fd);
    assert_int_equal(daemon_ask(t.daemon.metrics_port, "GET /metrics", "", "", t.out), 200);
    const char *all = strstr(t.out, "hemo_worklist_order_ms_bucket{le=\"+Inf\"} ");
    assert_true(all && strstr(t.out, "hemo_worklist_order_ms_bucket{le=\"0.25\"} "));
    assert_int_equal(strtoll(strchr(all, ' '), NULL, 10), 3); /* an epoch and two events */
    snprintf(t.out, sizeof t.out, "%s/audit.heads", t.daemon.folder);
    assert_int_equal(access(t.out, R_OK), 0); /* the login's row is signed by now */
}

static void owner_does(const char *sql) {
    struct db db;
    db_init(&db, t.cluster.owner, "test");
    assert_true(db_ready(&db) && db_do(&db, sql));
    db_close(&db);
}

/* What cannot be written down is not shown: the page is closed (1013) and asks anew. */
static void what_cannot_be_audited_is_not_shown(void **state) {
    (void)state;
    static struct wire_frame frame;
    size_t length = 0;
    int opcode, fd = open_page();
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
    owner_does("create function no_shown() returns trigger language plpgsql as "
               "'begin raise ''planted''; end'");
    owner_does("create trigger no_shown before insert on audit for each row "
               "when (new.what = 'shown') execute function no_shown()");
    said_measurement(&t.said, &frame, 6500);
    fake_add(&t.fake, &frame);
    while ((opcode = next_message(fd, (uint8_t *)t.out, &length)) == 1)
        assert_null(strstr(t.out, "\"type\":\"measurement\""));
    assert_int_equal(opcode, 8);
    assert_int_equal((uint8_t)t.out[0] << 8 | (uint8_t)t.out[1], 1013);
    close(fd);
    assert_int_equal(daemon_ask(t.daemon.metrics_port, "GET /metrics", "", "", t.out), 200);
    assert_non_null(strstr(t.out, "hemo_worklist_shown_refused_total 1\n"));
    owner_does("drop trigger no_shown on audit");
}

static void the_trace_behind_a_number(void **state) {
    (void)state;
    char line[100], id[EVENT_ID_TEXT];
    id_text(id_make(1, 9, 5000, EVENT_MEASUREMENT, 1), id);
    snprintf(line, sizeof line, "GET /api/measurements/%s/strip", id);
    assert_int_equal(daemon_ask(t.daemon.port, line, t.cookie, "", t.out), 200);
    assert_non_null(strstr(t.out, "\"samples\":[1,2,null,4]"));
    assert_non_null(strstr(t.out, "\"base_rate_hz\":125.0"));
}

static void publish_event(uint32_t kind) {
    static struct wire_frame frame;
    static uint8_t bytes[8192];
    size_t length = 0;
    uint32_t topic = 1;
    wire_begin(&frame, WIRE_EVENT);
    frame.epoch = t.fake.journal;
    frame.case_number = 77;
    frame.body.event = (struct event){.id = id_make(1, 9, 7000, kind, 0),
                                      .kind = kind,
                                      .stream = 1,
                                      .room = 1,
                                      .epoch = 9,
                                      .case_number = 77};
    assert_int_equal(wire_pack(&frame, bytes, sizeof bytes, &length), HEMO_OK);
    zmq_send(t.fake.pub, &topic, 4, ZMQ_SNDMORE);
    zmq_send(t.fake.pub, bytes, length, 0);
}

static int try_to_accept(void) {
    char line[100], id[EVENT_ID_TEXT], head[200], body[200];
    id_text(id_make(1, 9, 5000, EVENT_MEASUREMENT, 1), id);
    snprintf(body, sizeof body,
             "{\"version\":99,\"digest\":\"%064d\",\"request_id\":\"the-disk-1\"}", 0);
    snprintf(line, sizeof line, "POST /api/measurements/%s/accept", id);
    snprintf(head, sizeof head, "%s%s", t.cookie, as_json);
    return daemon_ask(t.daemon.port, line, head, body, t.out);
}

/* hemod's disk stands still: every page is told, and nothing is confirmed until it goes on. */
static void nothing_is_confirmed_while_nothing_is_saved(void **state) {
    (void)state;
    size_t length = 0;
    assert_int_equal(try_to_accept(), 409); /* only the version is wrong */
    int fd = open_page();
    for (int i = 0; i < 3; i++)
        assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
    publish_event(EVENT_NOT_SAVED);
    assert_int_equal(next_message(fd, (uint8_t *)t.out, &length), 1);
    assert_true(strstr(t.out, "\"notice\"") && strstr(t.out, "NOT_SAVED"));
    assert_int_equal(try_to_accept(), 503);
    assert_non_null(strstr(t.out, "NOT_SAVED"));
    publish_event(EVENT_SAVED_AGAIN);
    cluster_sleep(200);
    assert_int_equal(try_to_accept(), 409);
    close(fd);
}

static int set_up(void **state) {
    (void)state;
    static struct wire_frame frame;
    db_init(&t.db, t.cluster.app, "test");
    if (!db_ready(&t.db) || user_add(&t.db, "kim", "technologist", t.password) != USER_OK ||
        !db_do(
            &t.db,
            "insert into study (patient_id, patient_id_issuer, patient_name, accession, "
            "accession_issuer, "
            "study_uid, description, read_by) values ('P', '', 'DEMO', 'A', '', '1', '', now()); "
            "insert into lab_case (number, study, room) values (77, 1, 1)"))
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
    daemon_spawn(&t.daemon, t.daemon.ini);
    if (!daemon_healthy(&t.daemon, "\"ok\":true"))
        return -1;
    for (int i = 0; i < 100 && atomic_load(&t.fake.acked) < 1; i++)
        cluster_sleep(20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    int code = daemon_end(&t.daemon, SIGTERM);
    daemon_close(&t.daemon, getenv("HEMO_SHOW_LOG") != NULL);
    fake_close(&t.fake);
    db_close(&t.db);
    return code;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_gives_a_strict_cookie),
        cmocka_unit_test(every_answer_is_strict),
        cmocka_unit_test(requests_are_taken_or_refused),
        cmocka_unit_test(queries_arrive_whole),
        cmocka_unit_test(large_bodies_are_refused),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(sockets_open_for_our_own_page_only),
        cmocka_unit_test(a_false_cookie_gets_nothing),
        cmocka_unit_test(a_page_gets_its_room_and_no_more_than_it_draws),
        cmocka_unit_test(garbage_closes_the_socket),
        cmocka_unit_test(events_reach_the_page),
        cmocka_unit_test(what_cannot_be_audited_is_not_shown),
        cmocka_unit_test(nothing_is_confirmed_while_nothing_is_saved),
        cmocka_unit_test(an_ended_session_closes_its_page),
        cmocka_unit_test(the_trace_behind_a_number),
    };
    int code = cluster_open(&t.cluster);
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, set_up, tear_down);
    cluster_close(&t.cluster);
    return code;
}
