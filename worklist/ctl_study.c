#include "worklist/audit.h"
#include "worklist/cases.h"
#include "worklist/ctl.h"
#include "worklist/worklist.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WATCH_MS = 200 };

static bool audit_study(struct ctl *ctl, const char *what, const char *object, const char *after) {
    return audit_append(&ctl->db,
                        &(struct audit_entry){"hemoctl", what, object, "", after, "terminal"});
}

static int64_t add(struct ctl *ctl, const struct study_new *study) {
    struct worklist w;
    char object[40];
    if (!db_do(&ctl->db, "begin"))
        return 0;
    int64_t id = worklist_begin(&w, &ctl->db) ? worklist_add(&w, study, "hemoctl") : 0;
    worklist_end(&w);
    snprintf(object, sizeof object, "study %lld", (long long)id);
    if (id > 0 && audit_study(ctl, "study added", object, study->accession) &&
        db_do(&ctl->db, "commit"))
        return id;
    return 0;
}

static const char *option_or(const struct ctl *ctl, const char *name, const char *absent) {
    const char *value = ctl_option(ctl, name);
    return value ? value : absent;
}

int ctl_study_add(struct ctl *ctl) {
    const struct study_new study = {
        .patient_id = ctl_option(ctl, "--patient-id"),
        .patient_id_issuer = option_or(ctl, "--patient-id-issuer", ""),
        .patient_name = ctl_option(ctl, "--patient-name"),
        .accession = ctl_option(ctl, "--accession"),
        .accession_issuer = option_or(ctl, "--accession-issuer", ""),
        .study_uid = ctl_option(ctl, "--study-uid"),
        .description = option_or(ctl, "--description", ""),
        .procedure = option_or(ctl, "--procedure", ""),
        .longest_wait_min = strtoll(option_or(ctl, "--longest-wait-min", "120"), NULL, 10)};
    if (!study.patient_id || !study.patient_name || !study.accession || !study.study_uid)
        return ctl_complain(
            CTL_USAGE, "study add",
            "want: --patient-id ID --patient-name NAME --accession NO --study-uid UID "
            "[--description TEXT] "
            "[--patient-id-issuer X] [--accession-issuer X] [--longest-wait-min N]");
    if (study.longest_wait_min < 1 || study.longest_wait_min > 10080)
        return ctl_complain(CTL_USAGE, "--longest-wait-min", "out of range (want 1 to 10080)");
    if (!ctl_database(ctl))
        return CTL_PEER;
    int64_t id = add(ctl, &study);
    if (id == 0)
        return ctl_complain(CTL_FAILED, "study add",
                            db_unique_violation(&ctl->db)
                                ? "accession number or study UID is known already"
                                : ctl->db.error);
    printf("%lld\n", (long long)id);
    return CTL_OK;
}

static int print_query(struct ctl *ctl, const char *sql, const char *parameter) {
    if (!ctl_database(ctl))
        return CTL_PEER;
    PGresult *r = db_query(&ctl->db, sql, &parameter, parameter ? 1 : 0);
    if (!r)
        return ctl_complain(CTL_FAILED, "database", ctl->db.error);
    for (int i = 0; i < PQntuples(r); i++)
        printf("%s\n", PQgetvalue(r, i, 0));
    PQclear(r);
    return CTL_OK;
}

int ctl_study_list(struct ctl *ctl) {
    return print_query(
        ctl,
        "select format('%s  study %s  %s  %s  %s  read by %s  %s', body->>'position', "
        "body->>'study', "
        "body->>'tier', body->>'status', body->>'patient_name', body->>'read_by', body->>'reason') "
        "from study_view where status <> 'done' order by position",
        NULL);
}

int ctl_study_history(struct ctl *ctl) {
    const char *study = ctl_word(ctl, 0);
    if (!study || strspn(study, "0123456789") != strlen(study) || strlen(study) > 15)
        return ctl_complain(CTL_USAGE, "study history", "want: hemoctl study history STUDY");
    return print_query(
        ctl,
        "select format('%s  %s -> %s  %s -> %s  %s  (%s)', body->>'at', body->>'from_position', "
        "body->>'to_position', body->>'from_tier', body->>'to_tier', body->>'reason', body->>'by') "
        "from move_view join move_shown using (id) where study = $1 order by id",
        study);
}

static int case_result(struct ctl *ctl, enum cases_result result) {
    static const char *const texts[] = {
        [CASES_NO_ROOM] = "unknown (want its feed running, or: hemoctl room add ROOM --stream N)",
        [CASES_NO_STUDY] = "no open study with this number (want one of: hemoctl study list)",
        [CASES_BUSY] = "the room or the study has an open case (want it closed first)",
        [CASES_NO_CASE] = "the room has no open case"};
    bool ok = result == CASES_OK && db_do(&ctl->db, "commit");
    if (ok)
        return CTL_OK;
    if (result == CASES_OK || result == CASES_FAILED)
        return ctl_complain(CTL_FAILED, "case", ctl->db.error);
    return ctl_complain(CTL_FAILED, "case", texts[result]);
}

int ctl_case_open(struct ctl *ctl) {
    const char *room = ctl_word(ctl, 0), *study = ctl_word(ctl, 1);
    int64_t number = 0;
    char object[40], after[80];
    if (!room || !study)
        return ctl_complain(CTL_USAGE, "case open", "want: hemoctl case open ROOM STUDY");
    if (!ctl_database(ctl) || !db_do(&ctl->db, "begin"))
        return CTL_PEER;
    enum cases_result result =
        cases_open(&ctl->db, strtoll(room, NULL, 10), strtoll(study, NULL, 10), NULL, &number);
    snprintf(object, sizeof object, "room %.20s", room);
    snprintf(after, sizeof after, "case %lld study %.20s", (long long)number, study);
    if (result == CASES_OK && !audit_study(ctl, "case opened", object, after))
        result = CASES_FAILED;
    int code = case_result(ctl, result);
    if (code == CTL_OK)
        printf("%lld\n", (long long)number);
    return code;
}

int ctl_case_close(struct ctl *ctl) {
    const char *room = ctl_word(ctl, 0);
    char object[40];
    if (!room)
        return ctl_complain(CTL_USAGE, "case close", "want: hemoctl case close ROOM");
    if (!ctl_database(ctl) || !db_do(&ctl->db, "begin"))
        return CTL_PEER;
    enum cases_result result = cases_close(&ctl->db, strtoll(room, NULL, 10), NULL);
    snprintf(object, sizeof object, "room %.20s", room);
    if (result == CASES_OK && !audit_study(ctl, "case closed", object, ""))
        result = CASES_FAILED;
    return case_result(ctl, result);
}

int ctl_room_add(struct ctl *ctl) {
    const char *room = ctl_word(ctl, 0), *stream = ctl_option(ctl, "--stream");
    int64_t number = room ? strtoll(room, NULL, 10) : 0;
    int64_t of_stream = stream ? strtoll(stream, NULL, 10) : 0;
    char object[40], after[80];
    if (number < 1 || number > 999 || of_stream < 1 || of_stream > 999)
        return ctl_complain(CTL_USAGE, "room add",
                            "want: hemoctl room add ROOM --stream N [--name NAME], both 1 to 999");
    if (!ctl_database(ctl) || !db_do(&ctl->db, "begin"))
        return CTL_PEER;
    snprintf(object, sizeof object, "room %lld", (long long)number);
    snprintf(after, sizeof after, "stream %lld", (long long)of_stream);
    bool ok = cases_room_add(&ctl->db, number, of_stream, option_or(ctl, "--name", "")) &&
              audit_study(ctl, "room added", object, after) && db_do(&ctl->db, "commit");
    return ok ? CTL_OK : ctl_complain(CTL_FAILED, "room add", ctl->db.error);
}

int ctl_room_list(struct ctl *ctl) {
    return print_query(ctl,
                       "select format('room %s  stream %s  case %s  %s', room, stream, "
                       "body->>'case', case when heard then 'heard' else 'not heard yet' end) "
                       "from room_view order by room, stream",
                       NULL);
}

/* "10:41:58 lab 2: AO mean 74 -> 52 mmHg in 90 s: study 4 moved from 5 to 1" and what people
 * decided. */
static const char watch_sql[] = "select m.id, to_char(m.at, 'HH24:MI:SS') || coalesce(' lab ' || "
                                "e.room, '') || ': ' || m.reason || ': study ' || "
                                "m.study || case when m.to_position is null then ' left the list' "
                                "when m.from_position is null then ' entered at ' || "
                                "m.to_position when m.from_position = m.to_position then ' stays "
                                "at ' || m.to_position else ' moved from ' || "
                                "m.from_position || ' to ' || m.to_position end from study_move m "
                                "join move_shown using (id) left join event e on e.id = m.event "
                                "where m.id > $1 order by m.id";
static const char decided_sql[] = "select n, to_char(at::timestamptz, 'HH24:MI:SS') || ' ' || who "
                                  "|| ': ' || what || ' ' || object from audit "
                                  "where n > $1 and what in ('accept', 'adjust', 'reject', 'undo', "
                                  "'case opened', 'case closed') order by n";

static bool print_new(struct db *db, const char *sql, int64_t *last) {
    PGresult *r = db_query(db, sql, DB(db_int(*last).text));
    if (!r)
        return false;
    for (int i = 0; i < PQntuples(r); i++) {
        printf("%s\n", PQgetvalue(r, i, 1));
        *last = db_number(r, i, 0);
    }
    PQclear(r);
    fflush(stdout);
    return true;
}

static bool newest(struct db *db, int64_t *move, int64_t *audit) {
    PGresult *r = db_query(db,
                           "select (select coalesce(max(id), 0) from study_move), (select "
                           "coalesce(max(n), -1) from audit)",
                           DB_NONE);
    if (!r)
        return false;
    *move = db_number(r, 0, 0);
    *audit = db_number(r, 0, 1);
    PQclear(r);
    return true;
}

int ctl_watch(struct ctl *ctl) {
    int64_t move = 0, audit = -1;
    if (!ctl_database(ctl))
        return CTL_PEER;
    if (!ctl_option(ctl, "--from") &&
        !newest(&ctl->db, &move, &audit)) /* --from start: all that ever moved */
        return ctl_complain(CTL_FAILED, "database", ctl->db.error);
    for (;;) {
        bool ok = db_ready(&ctl->db) && print_new(&ctl->db, watch_sql, &move) &&
                  print_new(&ctl->db, decided_sql, &audit);
        usleep((ok ? WATCH_MS : 5 * WATCH_MS) * 1000);
    }
}
