/* b_worklist [STUDIES] - what a move of a study and the first page of the list cost at 100 studies
 * and at 100,000 (or STUDIES): the interface's own functions, one connection, a private PostgreSQL
 * with fsync off, so that the disk hides nothing. Prints the median of each and the ratio; exit 6
 * where a ratio is above 3. */
#include "tests/bench/rounds.h"
#include "tests/cluster.h"
#include "worklist/api.h"
#include "worklist/user.h"
#include "worklist/when.h"

enum { ROUNDS = 101 };

static struct {
    struct cluster cluster;
    struct db db;
    struct api api;
    struct hub hub;
    struct counters counters;
    struct epochs epochs;
    struct strips strips;
    char token[USER_TOKEN];
} t;

static void fill(struct db *owner, const char *studies) {
    if (db_run(
            owner,
            "insert into study (patient_id, patient_id_issuer, patient_name, accession, "
            "accession_issuer, study_uid, description, arrived_at, read_by) select 'P' || i, '', "
            "'BENCH^P' || i, 'A' || i, '', '2.25.' || i, 'bench', date_trunc('seconds', now()), "
            "date_trunc('seconds', now()) + (i % 7200) * "
            "interval '1 s' from generate_series((select count(*) + 1 from study), $1::int) i",
            DB(studies)) < 0 ||
        !db_do(owner, "update worklist_version set open_studies = (select count(*) from study); "
                      "analyze study; analyze study_move"))
        abort();
}

static int64_t ask(const char *method, const char *path, const char *body) {
    struct api_request request = {
        .content_type = "application/json", .body = body, .length = strlen(body)};
    struct api_answer answer;
    snprintf(request.method, sizeof request.method, "%s", method);
    snprintf(request.path, sizeof request.path, "%s", path);
    snprintf(request.token, sizeof request.token, "%s", t.token);
    int64_t began_us = when_steady_us();
    api_run(&t.api, &t.db, &request, &answer);
    int64_t took_us = when_steady_us() - began_us;
    if (answer.status != 200) {
        fprintf(stderr, "%s %s: %d %s\n", method, path, answer.status, answer.body);
        abort();
    }
    free(answer.body);
    for (struct hub_text *text = hub_take(&t.hub), *next; text; text = next) {
        next = text->next;
        hub_text_free(text);
    }
    return took_us;
}

/* To the top and back down, with all that a page gets from it. */
static int64_t move(int round) {
    static int n;
    char path[80], body[120];
    snprintf(path, sizeof path, "/api/studies/%d/pin", 40 + round % 50);
    snprintf(body, sizeof body, "{\"pinned\":%s,\"why\":\"bench\",\"request_id\":\"bench-%06d\"}",
             round % 2 ? "false" : "true", ++n);
    return ask("POST", path, body);
}

static int64_t page(int round) {
    (void)round;
    return ask("GET", "/api/studies", "");
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int64_t median(int64_t (*act)(int round)) {
    int64_t us[ROUNDS];
    for (int i = 0; i < 20; i++)
        act(i / 2 * 2 + i % 2);
    for (int i = 0; i < ROUNDS; i++)
        us[i] = act(i);
    qsort(us, ROUNDS, sizeof *us, by_size);
    return us[ROUNDS / 2];
}

static int measure(struct db *owner, const char *many) {
    static const struct {
        const char *what;
        int64_t (*act)(int round);
    } acts[] = {{"a move of a study", move}, {"the first page", page}};
    int64_t us[4][2];
    const char *const sizes[] = {"100", "1000", "10000", many};
    for (int size = 0; size < 4; size++) {
        fill(owner, sizes[size]);
        db_close(&t.db); /* the list is read anew */
        db_ready(&t.db);
        for (int i = 0; i < 2; i++)
            us[size][i] = median(acts[i].act);
        const double studies = strtod(sizes[size], NULL);
        rounds_point("studies: ms for a move, with its row, audit and message", studies,
                     (double)us[size][0] / 1e3);
        rounds_point("studies: ms for the first page", studies, (double)us[size][1] / 1e3);
    }
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        double ratio = (double)us[3][i] / (double)us[0][i];
        struct rounds r = {"G20", acts[i].what, "the same of 100", "us", 1.5, 0, 0, NULL};
        char check[40];
        snprintf(check, sizeof check, "%s studies, n %d", many, ROUNDS);
        failed += rounds_say(&r, (const double[2]){(double)us[3][i], (double)us[0][i]},
                             (const double[3]){ratio, ratio, ratio}, 0, check);
    }
    return failed ? 6 : 0;
}

int main(int argc, char **argv) {
    struct db owner;
    char password[USER_PASSWORD];
    int code = cluster_open(&t.cluster);
    if (code != 0)
        return code;
    db_init(&owner, t.cluster.owner, "bench");
    db_init(&t.db, t.cluster.app, "bench");
    epochs_init(&t.epochs);
    hub_init(&t.hub);
    strips_init(&t.strips);
    t.api = (struct api){.hub = &t.hub,
                         .counters = &t.counters,
                         .epochs = &t.epochs,
                         .strips = &t.strips,
                         .origin = "http://127.0.0.1:7410"};
    api_init(&t.api);
    if (db_ready(&owner) && db_ready(&t.db) &&
        user_add(&t.db, "kim", "technologist", password) == USER_OK &&
        session_begin(&t.db, "kim", t.token))
        code = measure(&owner, argc > 1 ? argv[1] : "100000");
    else
        code = 1;
    db_close(&owner);
    db_close(&t.db);
    hub_close(&t.hub);
    strips_close(&t.strips);
    cluster_close(&t.cluster);
    return code;
}
