/* Silent, assistive, integrated: in a silent lab nothing that the machine made leaves by any exit;
 * the scan that says so finds it in the other modes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/api_world.h"
#include "worklist/cases.h"
#include "worklist/say.h"

/* What a suggestion and a finding of this test are known by. */
static const char *const marks[] = {"187.3",      "66.6",       "143.7",
                                    "-> 41 mmHg", "FALLING_BP", "\"urgent\""};
enum { MARKS = sizeof marks / sizeof marks[0] };

static char last_id[EVENT_ID_TEXT];
static int hits, scanned;

static void scan(const char *where, const char *text, bool say) {
    scanned++;
    for (int i = 0; text && i < MARKS; i++) {
        if (!strstr(text, marks[i]))
            continue;
        hits++;
        if (say)
            printf("%s holds %s\n", where, marks[i]);
    }
    if (text && strstr(text, last_id) && !strstr(where, "/api/audit")) {
        hits++; /* the audit names what was suggested by its number, and nothing else */
        if (say)
            printf("%s holds the measurement\n", where);
    }
}

/* Stored as worklistd does it: committed, then said to the pages. */
static void happens(struct wire_frame *frame, bool say) {
    static struct store_batch batch;
    uint8_t bytes[8192];
    size_t length = 0;
    memset(&batch, 0, sizeof batch);
    assert_int_equal(wire_pack(frame, bytes, sizeof bytes, &length), HEMO_OK);
    batch = (struct store_batch){.count = 1,
                                 .journal = t.said.journal,
                                 .next_before = frame->sequence,
                                 .next_after = frame->sequence + 1};
    batch.item[0] = (struct store_item){.kind = frame->kind,
                                        .sequence = frame->sequence,
                                        .length = length,
                                        .bytes = malloc(length)};
    memcpy(batch.item[0].bytes, bytes, length);
    batch.item[0].body.event = frame->body.event;
    assert_true(store_commit(&t.app, &t.epochs, &batch));
    say_batch(&t.hub, &t.app, &batch);
    store_clear(&batch);
    for (struct hub_text *text = hub_take(&t.hub), *next; text; text = next) {
        next = text->next;
        scan("a frame", text->text, say);
        hub_text_free(text);
    }
}

static struct event_value value(uint32_t quantity, double x) {
    return (struct event_value){.quantity = quantity, .value = x, .spread = 1};
}

/* A beat, a reading, a suggestion and an urgent finding, all with the marks. */
static void the_machine_works(bool say) {
    static struct wire_frame frame;
    static const uint32_t kinds[] = {EVENT_BEAT, EVENT_READING, EVENT_MEASUREMENT,
                                     EVENT_FALLING_BP};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct event *e = &frame.body.event;
        t.tick += 2000;
        if (kinds[i] == EVENT_MEASUREMENT)
            said_measurement(&t.said, &frame, t.tick);
        else if (kinds[i] == EVENT_FALLING_BP)
            said_finding(&t.said, &frame, kinds[i], t.tick);
        else
            said_event(&t.said, &frame, kinds[i], t.tick);
        e->to_value = kinds[i] == EVENT_FALLING_BP ? 41 : 0;
        if (kinds[i] != EVENT_FALLING_BP) {
            e->values_count = 3;
            e->values[0] = value(QUANTITY_SYSTOLIC, 187.3);
            e->values[1] = value(QUANTITY_DIASTOLIC, 66.6);
            e->values[2] = value(QUANTITY_MEAN, 143.7);
        }
        if (kinds[i] == EVENT_MEASUREMENT)
            id_text(e->id, last_id);
        happens(&frame, say);
    }
}

/* Every call that reads, for every role, with numbers that exist. */
static void scan_answers(bool say) {
    static const char *const names[] = {"kim", "mia", "eva", "ada", "sys"};
    char call[200], token[USER_TOKEN];
    for (int role = 0; role < 5; role++) {
        assert_true(session_begin(&t.app, names[role], token));
        for (int i = 0; i < api_routes_count; i++) {
            const struct api_route *route = &api_routes[i];
            bool validates = strstr(route->path, "/validation/") != NULL; /* what it is for */
            if (strcmp(route->method, "GET") != 0 || validates || strstr(route->path, "/strip"))
                continue;
            size_t n = (size_t)snprintf(call, sizeof call, "GET ");
            for (const char *p = route->path; *p; p++)
                n += *p == '@' ? (size_t)snprintf(call + n, sizeof call - n, "%s", last_id)
                     : *p == '#'
                         ? (size_t)snprintf(call + n, sizeof call - n, "%lld",
                                            strstr(route->path, "cases")     ? (long long)CASE
                                            : strstr(route->path, "studies") ? (long long)t.study
                                                                             : 1)
                         : (size_t)snprintf(call + n, sizeof call - n, "%c", *p);
            struct api_answer answer = ask(&t.app, token, call, "");
            scan(call, answer.body, say);
            free(answer.body);
        }
    }
}

/* What a page gets at the beginning, and what deciding on the suggestion would answer. */
static void scan_the_rest(bool say) {
    char *texts[] = {worklist_message(&t.app, NULL, 0), cases_rooms_message(&t.app)};
    char path[100];
    for (size_t i = 0; i < 2; i++) {
        scan("a snapshot", texts[i], say);
        free(texts[i]);
    }
    static const char *const verbs[] = {"accept", "undo", "reject"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "POST /api/measurements/%s/%s", last_id, verbs[i]);
        struct api_answer answer =
            ask(&t.app, t.kim, path,
                i < 2 ? "{\"version\":9,\"digest\":"
                        "\"0000000000000000000000000000000000000000000000000000000000000000\","
                        "\"request_id\":\"silent-00\"}"
                      : "{\"version\":9,\"digest\":"
                        "\"0000000000000000000000000000000000000000000000000000000000000000\","
                        "\"request_id\":\"silent-01\",\"reason\":\"other\"}");
        scan(path, answer.body, say);
        free(answer.body);
    }
}

/* One command of hemoctl, ended after a second: all that it wrote. */
static void terminal(const char *const words[3], char *text, size_t size) {
    int ends[2];
    size_t n = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        alarm(1); /* watch goes on for ever */
        execl(BUILD_DIR "/bin/hemoctl", "hemoctl", "-d", t.cluster.app, words[0], words[1],
              words[2], (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    for (ssize_t got = 1; got > 0 && n < size - 1; n += got > 0 ? (size_t)got : 0)
        got = read(ends[0], text + n, size - 1 - n);
    text[n] = '\0';
    close(ends[0]);
    waitpid(pid, NULL, 0);
}

/* What the terminal says: the list, a study's moves, all that ever moved, the counts. */
static void scan_terminal(bool say) {
    static const char *const commands[][3] = {
        {"study", "list"}, {"study", "history", "2"}, {"watch", "--from", "start"},
        {"room", "list"},  {"mode", "list"},          {"status"}};
    static char text[100000];
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        terminal(commands[i], text, sizeof text);
        assert_true(text[0] != '\0' || strcmp(commands[i][0], "status") != 0);
        scan(commands[i][0], text, say);
    }
}

static int everything_found(bool say) {
    hits = scanned = 0;
    the_machine_works(say);
    scan_answers(say);
    scan_the_rest(say);
    scan_terminal(say);
    return hits;
}

/* Not in the scan of answers: where it may be told, it waits for hemod. */
static void no_strip_is_told(void) {
    char path[100];
    snprintf(path, sizeof path, "GET /api/measurements/%s/strip", last_id);
    struct api_answer answer = ask(&t.app, t.kim, path, "");
    assert_int_equal(answer.status, 404);
    free(answer.body);
}

static int64_t place(void) {
    return cluster_count(&t.app, "select position from study_view where id = 2");
}

static void silent_leaks_nothing(void **state) {
    (void)state;
    set_mode("silent");
    assert_int_equal(everything_found(true), 0);
    no_strip_is_told();
    printf("silent: %d answers and frames, %d hits\n", scanned, hits);
    assert_true(scanned > 80);
    /* all of it is recorded */
    assert_int_equal(cluster_count(&t.app, "select count(*) from measurement where machine_values "
                                           "like '%187.3%'"),
                     1);
    assert_int_equal(cluster_count(&t.app, "select count(*) from finding where mode = 'silent'"),
                     1);
    assert_int_equal(place(), 2); /* by arrival */
}

static void assistive_shows_and_moves_nothing(void **state) {
    (void)state;
    set_mode("assistive");
    assert_true(everything_found(false) > 20); /* the same scan sees what is there */
    printf("assistive: %d answers and frames, %d hits\n", scanned, hits);
    assert_int_equal(place(), 2);
    assert_int_equal(cluster_count(&t.app, "select count(*) from study_view where id = 2 and "
                                           "body->'would'->>'tier' = 'urgent' and "
                                           "(body->'would'->>'position')::int = 1 and "
                                           "body->'would'->>'reason' like '%-> 41 mmHg%' and "
                                           "body->>'tier' = 'routine'"),
                     1);
}

static void integrated_moves_and_silence_takes_it_back(void **state) {
    (void)state;
    int64_t moved[8];
    set_mode("integrated");
    assert_int_equal(worklist_settle(&t.app, moved, 8), 1); /* what is open counts now */
    assert_int_equal(place(), 1);
    assert_true(everything_found(false) > 20);
    set_mode("silent");
    assert_int_equal(worklist_settle(&t.app, moved, 8), 1);
    assert_int_equal(worklist_settle(&t.app, moved, 8), 0);
    assert_int_equal(place(), 2);
    assert_int_equal(everything_found(true), 0); /* nothing of before stays in reasons and moves */
    assert_int_equal(cluster_count(&t.app, "select count(*) from study_view v full join "
                                           "replayed_order r on r.study = v.id where v.status is "
                                           "distinct from 'done' and r.position is distinct from "
                                           "v.position"),
                     0);
}

static void set_for(int room, const char *procedure, const char *mode) {
    const struct mode_change change = {room, procedure, mode, "test", "test", "test"};
    assert_true(db_do(&t.app, "begin") && mode_set(&t.app, &change) && db_do(&t.app, "commit"));
}

/* Room and procedure before room before procedure before lab; the newest of a key. */
static void the_most_exact_mode_counts(void **state) {
    (void)state;
    set_mode("integrated");
    set_for(0, "RHC", "assistive");
    set_for(1, "", "silent");
    set_for(1, "PCI", "silent");
    set_for(1, "PCI", "assistive");
    static const struct {
        const char *sql;
    } cases[] = {{"mode_of(1, 'PCI') = 'assistive'"},  {"mode_of(1, 'RHC') = 'silent'"},
                 {"mode_of(1, '') = 'silent'"},        {"mode_of(2, 'RHC') = 'assistive'"},
                 {"mode_of(2, 'PCI') = 'integrated'"}, {"case_mode(77) = 'silent'"},
                 {"case_mode(0) = 'integrated'"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "select count(*) where %s", cases[i].sql);
        if (cluster_count(&t.app, sql) != 1)
            fail_msg("not %s", cases[i].sql);
    }
    assert_true(db_do(&t.app, "update study set procedure = 'PCI' where id = 2"));
    assert_int_equal(cluster_count(&t.app, "select count(*) where case_mode(77) = 'assistive'"), 1);
    assert_false(db_do(&t.app, "delete from lab_mode"));
}

static void an_administrator_sets_it_and_it_is_written_down(void **state) {
    (void)state;
    int64_t audit = cluster_count(&t.app, "select count(*) from audit where what = 'mode'");
    static const char body[] =
        "{\"room\":1,\"procedure\":\"\",\"mode\":\"assistive\",\"why\":\"week "
        "two\",\"request_id\":\"mode-0001\"}";
    assert_int_equal(status_of(t.kim, "POST /api/admin/modes", body), 403);
    assert_int_equal(status_of(t.ada, "POST /api/admin/modes", body), 200);
    assert_int_equal(status_of(t.ada, "POST /api/admin/modes",
                               "{\"room\":1,\"procedure\":\"\",\"mode\":\"loud\",\"why\":\"x\","
                               "\"request_id\":\"mode-0002\"}"),
                     400);
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from audit where what = 'mode' and who = "
                                   "'ada' and before = 'silent' and after = 'assistive: "
                                   "week two'"),
                     1);
    assert_int_equal(cluster_count(&t.app, "select count(*) from audit where what = 'mode'"),
                     audit + 1);
    bool notice = false;
    for (struct hub_text *text = hub_take(&t.hub), *next; text; text = next) {
        next = text->next;
        notice = notice || strstr(text->text, "\"MODE\"");
        hub_text_free(text);
    }
    assert_true(notice);
    assert_int_equal(audit_verify(&t.app, NULL).result, AUDIT_WHOLE);
}

/* People, rooms, rules and settings: by an administrator, audited, and in force. */
static void administration(void **state) {
    (void)state;
    static const struct {
        const char *call, *body;
        int status;
    } cases[] = {
        {"POST /api/admin/users",
         "{\"user\":\"new\",\"role\":\"reader\",\"request_id\":\"admin-01\"}", 200},
        {"POST /api/admin/users",
         "{\"user\":\"new\",\"role\":\"reader\",\"request_id\":\"admin-02\"}", 409},
        {"POST /api/admin/users", "{\"user\":\"x\",\"role\":\"boss\",\"request_id\":\"admin-03\"}",
         400},
        {"POST /api/admin/users/change",
         "{\"user\":\"new\",\"role\":\"validator\",\"new_password\":true,\"request_id\":\"admin-"
         "04\"}",
         200},
        {"POST /api/admin/users/change",
         "{\"user\":\"nobody\",\"active\":false,\"request_id\":\"admin-05\"}", 404},
        {"POST /api/admin/users/change",
         "{\"user\":\"tom\",\"active\":false,\"request_id\":\"admin-06\"}", 200},
        {"POST /api/admin/rooms",
         "{\"room\":7,\"stream\":17,\"name\":\"LAB7\",\"request_id\":\"admin-07\"}", 200},
        {"POST /api/admin/rules",
         "{\"version\":2,\"text\":\"[rules]\\nversion = "
         "2\\n\",\"why\":\"x\",\"request_id\":\"admin-08\"}",
         200},
        {"POST /api/admin/rules",
         "{\"version\":2,\"text\":\"[rules]\\nversion = "
         "2\\n\",\"why\":\"x\",\"request_id\":\"admin-09\"}",
         409},
        {"POST /api/admin/settings",
         "{\"name\":\"recovered_hold_s\",\"value\":60,\"why\":\"x\",\"request_id\":\"admin-10\"}",
         200},
        {"POST /api/admin/settings",
         "{\"name\":\"other\",\"value\":60,\"why\":\"x\",\"request_id\":\"admin-11\"}", 404},
    };
    assert_int_equal(status_of(t.tom, "GET /api/me", ""), 200);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int status = status_of(t.ada, cases[i].call, cases[i].body);
        if (status != cases[i].status)
            fail_msg("%s %s: %d (want %d)", cases[i].call, cases[i].body, status, cases[i].status);
    }
    assert_int_equal(status_of(t.tom, "GET /api/me", ""), 401); /* his sessions ended */
    assert_int_equal(cluster_count(&t.app, "select count(*) from rules_view where "
                                           "(body->>'pending')::bool"),
                     1);
    assert_int_equal(cluster_count(&t.app,
                                   "select count(*) from audit where who = 'ada' and what in "
                                   "('user added', 'user changed', 'room added', 'rules', "
                                   "'setting')"),
                     6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_leaks_nothing),
        cmocka_unit_test(assistive_shows_and_moves_nothing),
        cmocka_unit_test(integrated_moves_and_silence_takes_it_back),
        cmocka_unit_test(the_most_exact_mode_counts),
        cmocka_unit_test(an_administrator_sets_it_and_it_is_written_down),
        cmocka_unit_test(administration),
    };
    int code = world_open();
    if (code != 0)
        return code;
    code = cmocka_run_group_tests(tests, world_set_up, NULL);
    world_close();
    return code;
}
