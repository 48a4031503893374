/* t_hemod_saving - a disk that does not keep up is said within 2 s, on the live socket, while
 * traces go on; and when it keeps up again, that is said too. */
#include "ingest/saving.h"
#include "tests/hemod_peers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <cmocka.h>

enum { LIMIT_MS = 2000 };

static const uint64_t ms = 1000000;

static void a_mark_that_is_not_durable_in_time(void **state) {
    static const struct {
        uint64_t epoch, durable, next, at_ms;
        enum saving_news news;
    } rows[] = {
        {9, 0, 0, 0, SAVING_NOTHING},       {9, 0, 5, 100, SAVING_NOTHING}, /* the mark: 5 */
        {9, 0, 50, 1099, SAVING_NOTHING},   {9, 4, 60, 1100, SAVING_NOT},
        {9, 4, 70, 2000, SAVING_NOTHING},   {9, 4, 80, 2100, SAVING_NOT}, /* again each second */
        {9, 5, 90, 2200, SAVING_AGAIN},     {9, 80, 90, 3100, SAVING_NOTHING},
        {9, 90, 900, 3150, SAVING_NOTHING}, {9, 899, 900, 4150, SAVING_NOT},
        {10, 0, 0, 4200, SAVING_AGAIN}, /* an epoch ends when all of it is durable */
        {10, 0, 0, 9000, SAVING_NOTHING},   {10, 0, 1, 9100, SAVING_NOTHING},
        {10, 0, 1, 10099, SAVING_NOTHING},  {10, 1, 1, 10100, SAVING_NOTHING},
    };
    struct saving s = {0};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum saving_news news =
            saving_step(&s, rows[i].epoch, rows[i].durable, rows[i].next, rows[i].at_ms * ms);
        if (news != rows[i].news)
            fprintf(stderr, "row %zu: %d\n", i, news);
        assert_int_equal(news, rows[i].news);
    }
}

static struct process p;
static struct peer_feed feed;
static struct {
    void *socket;
    uint64_t blocks, not_saved, again, first_ms;
    struct event last;
} live;

static void hear_live(void) {
    static struct wire_frame frame;
    static uint8_t bytes[WIRE_BYTES_MAX];
    while (zmq_recv(live.socket, bytes, sizeof bytes, ZMQ_DONTWAIT) >= 0) { /* the topic */
        int length = zmq_recv(live.socket, bytes, sizeof bytes, 0);
        assert_int_equal(wire_parse(&frame, bytes, (size_t)length), HEMO_OK);
        live.blocks += frame.kind == WIRE_SAMPLES;
        if (frame.kind != WIRE_EVENT)
            continue;
        live.last = frame.body.event;
        if (live.last.kind == EVENT_NOT_SAVED && !live.not_saved++)
            live.first_ms = process_ms();
        live.again += live.last.kind == EVENT_SAVED_AGAIN;
    }
}

static void turn(int blocks) {
    for (int i = 0; i < blocks; i++)
        feed_make(&feed);
    feed_turn(&feed);
    hear_live();
    process_sleep(1);
}

static void begin(void *context) {
    char text[1024];
    snprintf(text, sizeof text,
             "[hemod]\njournal = %s/journal\nfeeds = tcp://127.0.0.1:*\n"
             "events = tcp://127.0.0.1:*\nlive = tcp://127.0.0.1:*\n"
             "metrics = 127.0.0.1:*\nsegment_mib = 1\n"
             "[device LAB1]\nrole = feed\nroom = 1\nstream = 1\n",
             p.folder);
    process_write(p.config, text, 0600);
    assert_true(process_start(&p));
    live.socket = zmq_socket(context, ZMQ_SUB);
    zmq_setsockopt(live.socket, ZMQ_SUBSCRIBE, "", 0);
    assert_int_equal(zmq_connect(live.socket, p.live), 0);
    process_sleep(200);
    feed = (struct peer_feed){
        .context = context, .address = p.feeds, .device = "LAB1", .number = 1, .room = 1};
    link_sender_init(&feed.link);
    feed_open(&feed);
}

static bool metric_is(double value) {
    return process_metric(&p, "hemod_not_saved{room=\"1\",stream=\"1\",device=\"LAB1\"}") == value;
}

static void a_full_disk_is_said(void **state) {
    char journal[160];
    void *context = zmq_ctx_new();
    (void)state;
    process_folder(&p, true);
    snprintf(journal, sizeof journal, "%s/journal", p.folder);
    assert_int_equal(mkdir(journal, 0700), 0);
    if (mount("tmpfs", journal, "tmpfs", 0, "size=2200k") != 0) {
        process_remove(&p);
        skip(); /* needs the right to mount */
    }
    begin(context);
    for (int i = 0; i < 300; i++)
        turn(1);
    assert_true(live.not_saved == 0 && live.blocks > 200 && metric_is(0));
    uint64_t last_ms = process_ms(), acks = feed.acks;
    for (uint64_t until = last_ms + 30000; process_ms() < until && !live.not_saved;) {
        turn(feed.acks != acks ? 100 : 1);
        if (feed.acks != acks)
            last_ms = process_ms();
        acks = feed.acks;
    }
    assert_int_equal(live.not_saved, 1);
    printf("said %llu ms after the last acknowledgement\n",
           (unsigned long long)(live.first_ms - last_ms));
    assert_true(live.first_ms - last_ms < LIMIT_MS);
    assert_true(live.last.stream == 1 && live.last.epoch == feed.link.epoch && metric_is(1));
    uint64_t blocks = live.blocks;
    for (uint64_t until = process_ms() + 2200; process_ms() < until;)
        turn(1);
    assert_true(live.blocks > blocks + 500); /* traces go on */
    assert_true(live.not_saved >= 3);        /* and it is said again each second */
    assert_int_equal(mount("tmpfs", journal, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    for (uint64_t until = process_ms() + 5000; process_ms() < until && !live.again;)
        turn(0);
    assert_int_equal(live.again, 1);
    printf("from tick %llu to %llu it was not saved\n", (unsigned long long)live.last.from_tick,
           (unsigned long long)live.last.to_tick);
    assert_true(live.last.from_tick < live.last.to_tick && live.last.to_tick <= feed.next_tick);
    process_sleep(200);
    assert_true(metric_is(0) && process_log_has(&p, "LAB1: saved again"));
    assert_int_equal(process_stop(&p, SIGTERM), 0);
    assert_int_equal(umount(journal), 0);
    zmq_close(feed.socket);
    zmq_close(live.socket);
    zmq_ctx_term(context);
    process_remove(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_that_is_not_durable_in_time),
        cmocka_unit_test(a_full_disk_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
