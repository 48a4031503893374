#include "worklist/forward.h"
#include "worklist/agreement.h"
#include "worklist/migrate.h"
#include "worklist/hub.h"
#include "worklist/when.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { POLL_MS = 50, CHECK_MS = 1000, RETRY_MS = 500, COMPLAIN_MS = 5000 };

void forward_complain(struct forward *f, const char *where, const char *what) {
    int64_t now_ms = when_steady_ms();
    if (f->complained_ms != 0 && now_ms - f->complained_ms < COMPLAIN_MS)
        return;
    f->complained_ms = now_ms;
    fprintf(stderr, "worklistd: %s: %s\n", where, what);
}

static bool migrate(struct forward *f, struct migrate_report *report) {
    struct db owner;
    if (!f->settings->owner_database[0])
        return migrate_check(&f->db, f->settings->sql, report);
    db_init(&owner, f->settings->owner_database, "worklistd owner");
    bool ok = db_ready(&owner) && migrate_run(&owner, f->settings->sql, report);
    if (!ok && !report->error[0])
        snprintf(report->error, sizeof report->error, "schema: %s", owner.error);
    db_close(&owner);
    return ok;
}

/* Only one worklistd writes a database: the lock lives as long as this connection. */
static bool only_writer(struct forward *f) {
    PGresult *r = db_query(&f->db, "select pg_try_advisory_lock(726532)", DB_NONE);
    bool ok = r && db_bool(r, 0, 0);
    PQclear(r);
    if (!ok)
        forward_complain(f, "database",
                         "another worklistd writes to it (want one at a time); waiting");
    return ok;
}

static bool prepare(struct forward *f) {
    struct migrate_report report = {0};
    if (!migrate(f, &report)) {
        forward_complain(f, "database", report.error);
        return false;
    }
    if (!only_writer(f) || !store_load_epochs(&f->db, f->epochs) ||
        !outbox_link_load(&f->db, &f->link))
        return false;
    fprintf(stderr, "worklistd: database: ready, schema %d%s\n", report.version,
            report.applied ? " (brought up to date)" : "");
    f->complained_ms = 0;
    return true;
}

/* True: the database answers and is as it should be. A connection that was lost took the lock with
 * it: another worklistd may have written and read from hemod since, so that nothing that was known
 * still holds. It is not made anew behind the back of prepare(). */
static bool database_ready(struct forward *f) {
    int64_t now_ms = when_steady_ms();
    if (f->prepared && now_ms - f->checked_ms < CHECK_MS && !db_lost(&f->db))
        return true;
    bool answers =
        f->prepared ? !db_lost(&f->db) && db_do(&f->db, "select 1") : db_answers(&f->db);
    f->checked_ms = now_ms;
    if (answers && f->prepared)
        return true;
    if (f->prepared) {
        counters_add(f->counters, COUNTER_DATABASE_LOST, 1);
        forward_detached(f);
    }
    counters_set(f->counters, COUNTER_DATABASE_UP, 0);
    if (!answers)
        forward_complain(f, "database: waiting for it", f->db.error);
    f->prepared = answers && prepare(f);
    if (!f->prepared)
        db_close(&f->db);
    counters_set(f->counters, COUNTER_DATABASE_UP, f->prepared ? 1 : 0);
    return f->prepared;
}

static void on_monitor(struct forward *f) {
    struct __attribute__((packed)) {
        uint16_t event;
        uint32_t value;
    } what;
    zmq_msg_t message;
    zmq_msg_init(&message);
    while (zmq_msg_recv(&message, f->monitor, ZMQ_DONTWAIT) >= 0) {
        what.event = 0;
        if (zmq_msg_size(&message) == sizeof what)
            memcpy(&what, zmq_msg_data(&message), sizeof what);
        if (what.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || what.event == ZMQ_EVENT_DISCONNECTED)
            forward_detached(f); /* a new connection begins with Attach and Hello */
        if (what.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED || what.event == ZMQ_EVENT_DISCONNECTED)
            f->connected = what.event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
        if (what.event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
            forward_complain(f, f->settings->events,
                             "hemod refuses our key (want it in hemod.ini, role=client)");
    }
    zmq_msg_close(&message);
}

static void receive_all(struct forward *f) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    for (int i = 0; i < STORE_BATCH && f->batch->count < STORE_BATCH; i++) {
        if (zmq_msg_recv(&message, f->socket, ZMQ_DONTWAIT) < 0)
            break;
        forward_message(f, zmq_msg_data(&message), zmq_msg_size(&message));
    }
    zmq_msg_close(&message);
}

static void wait_for_something(struct forward *f) {
    uint64_t wakes;
    zmq_pollitem_t items[] = {{f->socket, 0, ZMQ_POLLIN, 0},
                              {f->monitor, 0, ZMQ_POLLIN, 0},
                              {NULL, f->strips->wake_fd, ZMQ_POLLIN, 0}};
    zmq_poll(items, 3, POLL_MS);
    if (read(f->strips->wake_fd, &wakes, sizeof wakes) < 0)
        return; /* nobody woke us: the poll's other reasons */
}

static void sleep_ms(int ms) {
    zmq_poll(NULL, 0, ms);
}

static void sign_audit(struct forward *f) {
    char why[700] = "";
    if (!(f->signer.open || audit_signer_open(&f->signer, f->settings->state, why, sizeof why)) ||
        !audit_head_sign(&f->signer, &f->db, why, sizeof why))
        forward_complain(f, "audit not signed", why);
}

/* Once a second: the audit's head, agreement, and who has stayed recovered for long enough. */
static void settle(struct forward *f) {
    int64_t moved[STORE_MOVES], now_ms = when_steady_ms();
    if (now_ms - f->settled_ms < CHECK_MS)
        return;
    f->settled_ms = now_ms;
    sign_audit(f);
    if (agreement_watch(&f->db, f->hub, &f->agreed_us) < 0)
        forward_complain(f, "drift not looked at", f->db.error);
    int n = worklist_settle(&f->db, moved, STORE_MOVES);
    if (n > 0)
        hub_publish(f->hub, 0, false, worklist_message(&f->db, moved, (size_t)n));
}

static void *run(void *context) {
    struct forward *f = context;
    while (!atomic_load(&f->stopping)) {
        if (!database_ready(f)) {
            sleep_ms(RETRY_MS);
            continue;
        }
        wait_for_something(f);
        on_monitor(f);
        forward_attach(f);
        receive_all(f);
        if (f->batch->count > 0 && !forward_commit(f))
            continue;
        forward_commands(f);
        settle(f);
    }
    db_close(&f->db);
    return NULL;
}

static bool open_socket(struct forward *f) {
    f->socket = curve_socket(f->zmq, ZMQ_DEALER, f->curve);
    if (!f->socket || zmq_socket_monitor(f->socket, "inproc://events-monitor", ZMQ_EVENT_ALL) != 0)
        return false;
    f->monitor = zmq_socket(f->zmq, ZMQ_PAIR);
    return f->monitor && zmq_connect(f->monitor, "inproc://events-monitor") == 0 &&
           zmq_connect(f->socket, f->settings->events) == 0;
}

bool forward_start(struct forward *f) {
    db_init(&f->db, f->settings->database, "worklistd feed");
    f->frame = calloc(1, sizeof *f->frame);
    f->out = calloc(1, sizeof *f->out);
    f->batch = calloc(1, sizeof *f->batch);
    if (!f->frame || !f->out || !f->batch || !open_socket(f))
        return false;
    f->started = pthread_create(&f->thread, NULL, run, f) == 0;
    return f->started;
}

void forward_stop(struct forward *f) {
    atomic_store(&f->stopping, true);
    if (f->started) {
        strips_wake(f->strips);
        pthread_join(f->thread, NULL);
    }
    if (f->monitor)
        zmq_close(f->monitor);
    if (f->socket)
        zmq_close(f->socket);
    if (f->batch)
        store_clear(f->batch);
    free(f->batch);
    free(f->frame);
    free(f->out);
}
