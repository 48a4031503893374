#include "worklist/api_route.h"
#include <stdlib.h>
#include <string.h>

static const double most = 9007199254740991.0; /* 2^53 - 1 */

#define REQUEST_ID                                                                                 \
    { "request_id", FIELD_REQUEST_ID, false, 0, 0 }
#define OPTIONAL_REQUEST_ID                                                                        \
    { "request_id", FIELD_REQUEST_ID, true, 0, 0 }
#define SEEN                                                                                       \
    {"version", FIELD_INTEGER, false, 1, 2147483647}, {                                            \
        "digest", FIELD_TEXT, false, 64, 64                                                        \
    }
#define END                                                                                        \
    { NULL, FIELD_TEXT, true, 0, 0 }

const struct field api_no_fields[] = {END};
static const struct field login_fields[] = {
    {"user", FIELD_TEXT, false, 1, 64}, {"password", FIELD_TEXT, false, 1, 200}, END};
static const struct field request_fields[] = {REQUEST_ID, END};
static const struct field close_fields[] = {OPTIONAL_REQUEST_ID, END};
static const struct field case_fields[] = {
    {"study", FIELD_INTEGER, false, 1, most}, REQUEST_ID, END};
static const struct field capture_fields[] = {{"channel", FIELD_INTEGER, false, 0, 15},
                                              {"back_s", FIELD_NUMBER, false, 1, 60},
                                              {"phase", FIELD_TEXT, false, 1, 16},
                                              {"site", FIELD_TEXT, true, 1, 16},
                                              OPTIONAL_REQUEST_ID,
                                              END};
static const struct field mark_fields[] = {{"channel", FIELD_INTEGER, false, 0, 15},
                                           {"kind", FIELD_TEXT, false, 1, 16},
                                           {"site", FIELD_TEXT, true, 1, 16},
                                           {"on", FIELD_BOOL, true, 0, 0},
                                           {"phase", FIELD_TEXT, true, 1, 16},
                                           OPTIONAL_REQUEST_ID,
                                           END};
static const struct field study_fields[] = {{"patient_id", FIELD_TEXT, false, 1, 64},
                                            {"patient_id_issuer", FIELD_TEXT, false, 0, 64},
                                            {"patient_name", FIELD_TEXT, false, 1, 200},
                                            {"accession", FIELD_TEXT, false, 1, 64},
                                            {"accession_issuer", FIELD_TEXT, false, 0, 64},
                                            {"study_uid", FIELD_TEXT, false, 1, 64},
                                            {"description", FIELD_TEXT, false, 0, 200},
                                            {"procedure", FIELD_TEXT, true, 0, 64},
                                            {"station", FIELD_TEXT, true, 0, 16},
                                            {"scheduled_at", FIELD_TIME, true, 0, 0},
                                            {"longest_wait_min", FIELD_INTEGER, true, 1, 10080},
                                            OPTIONAL_REQUEST_ID,
                                            END};
static const struct field pin_fields[] = {
    {"pinned", FIELD_BOOL, false, 0, 0}, {"why", FIELD_TEXT, false, 1, 200}, REQUEST_ID, END};
static const struct field override_fields[] = {{"kind", FIELD_TEXT, false, 1, 16},
                                               {"tier", FIELD_TEXT, true, 1, 16},
                                               {"why", FIELD_TEXT, false, 1, 200},
                                               REQUEST_ID,
                                               END};
static const struct field seen_fields[] = {SEEN, REQUEST_ID, END};
static const struct field adjust_fields[] = {SEEN,
                                             REQUEST_ID,
                                             {"values", FIELD_OBJECT, false, 0, 0},
                                             {"reason", FIELD_TEXT, true, 1, 200},
                                             END};
static const struct field by_hand_fields[] = {
    SEEN, REQUEST_ID, {"hand", FIELD_OBJECT, false, 0, 0}, END};
static const struct field amend_fields[] = {SEEN,
                                            REQUEST_ID,
                                            {"values", FIELD_OBJECT, false, 0, 0},
                                            {"reason", FIELD_TEXT, false, 1, 200},
                                            END};
static const struct field verify_fields[] = {
    SEEN, REQUEST_ID, {"password", FIELD_TEXT, false, 1, 200}, END};
static const struct field reject_fields[] = {
    SEEN, REQUEST_ID, {"reason", FIELD_TEXT, false, 1, 16}, END};

static const struct field link_fields[] = {{"study_uid", FIELD_TEXT, true, 1, 64},
                                           {"accession", FIELD_TEXT, true, 1, 64},
                                           {"accession_issuer", FIELD_TEXT, true, 0, 64},
                                           {"station", FIELD_TEXT, true, 1, 16},
                                           {"confirmed_study", FIELD_INTEGER, true, 1, most},
                                           {"why", FIELD_TEXT, false, 1, 200},
                                           REQUEST_ID,
                                           END};
static const struct field merge_fields[] = {{"patient_id", FIELD_TEXT, false, 1, 64},
                                            {"patient_id_issuer", FIELD_TEXT, false, 0, 64},
                                            {"into_id", FIELD_TEXT, false, 1, 64},
                                            {"into_issuer", FIELD_TEXT, false, 0, 64},
                                            {"into_name", FIELD_TEXT, false, 1, 200},
                                            {"why", FIELD_TEXT, false, 1, 200},
                                            REQUEST_ID,
                                            END};
static const struct field typed_fields[] = {{"quantity", FIELD_TEXT, false, 1, 32},
                                            {"site", FIELD_TEXT, true, 0, 16},
                                            {"phase", FIELD_TEXT, false, 1, 16},
                                            {"value", FIELD_NUMBER, false, -1000000, 1000000},
                                            REQUEST_ID,
                                            END};
static const struct field exported_fields[] = {{"what", FIELD_TEXT, false, 1, 100},
                                               {"object", FIELD_TEXT, false, 1, 100},
                                               REQUEST_ID,
                                               END};
static const struct field user_fields[] = {
    {"user", FIELD_TEXT, false, 1, 32}, {"role", FIELD_TEXT, false, 1, 16}, REQUEST_ID, END};
static const struct field user_change_fields[] = {{"user", FIELD_TEXT, false, 1, 32},
                                                  {"role", FIELD_TEXT, true, 1, 16},
                                                  {"active", FIELD_BOOL, true, 0, 0},
                                                  {"new_password", FIELD_BOOL, true, 0, 0},
                                                  REQUEST_ID,
                                                  END};
static const struct field mode_fields[] = {{"room", FIELD_INTEGER, false, 0, 999},
                                           {"procedure", FIELD_TEXT, false, 0, 64},
                                           {"mode", FIELD_TEXT, false, 1, 16},
                                           {"why", FIELD_TEXT, false, 1, 200},
                                           REQUEST_ID,
                                           END};
static const struct field room_fields[] = {{"room", FIELD_INTEGER, false, 1, 999},
                                           {"stream", FIELD_INTEGER, false, 1, 999},
                                           {"name", FIELD_TEXT, false, 0, 64},
                                           REQUEST_ID,
                                           END};
static const struct field rules_fields[] = {{"version", FIELD_INTEGER, false, 1, 1000000},
                                            {"text", FIELD_LINES, false, 1, 16384},
                                            {"why", FIELD_TEXT, false, 1, 200},
                                            REQUEST_ID,
                                            END};
static const struct field setting_fields[] = {{"name", FIELD_TEXT, false, 1, 64},
                                              {"value", FIELD_INTEGER, false, 0, 1000000},
                                              {"why", FIELD_TEXT, false, 1, 200},
                                              REQUEST_ID,
                                              END};

enum {
    TECH = ROLE_TECHNOLOGIST,
    READER = ROLE_READER,
    VALID = ROLE_VALIDATOR,
    ADMIN = ROLE_ADMINISTRATOR,
    SERVICE = ROLE_SERVICE,
    PEOPLE = ROLE_ANY & ~ROLE_SERVICE,
    ANY = ROLE_ANY
};

/* clang-format off */
const struct api_route api_routes[] = {
    {"POST", "/api/login", 0, API_CHANGES, login_fields, api_login, NULL},
    {"POST", "/api/logout", ANY, API_SESSION, api_no_fields, api_logout, NULL},
    {"GET", "/api/me", ANY, API_READS, api_no_fields, api_me, NULL},
    {"GET", "/api/rooms", ANY, API_READS, api_no_fields, api_rooms, NULL},
    {"POST", "/api/rooms/#/case", TECH, API_CHANGES, case_fields, api_case_open, NULL},
    {"DELETE", "/api/rooms/#/case", TECH, API_CHANGES, close_fields, api_case_close, NULL},
    {"POST", "/api/rooms/#/capture", TECH, API_CHANGES, capture_fields, api_capture, NULL},
    {"POST", "/api/rooms/#/mark", TECH, API_CHANGES, mark_fields, api_mark, NULL},
    {"GET", "/api/rooms/#/now", PEOPLE, API_READS, api_no_fields, api_room_now, NULL},
    {"GET", "/api/studies", ANY, API_READS, api_no_fields, api_studies, NULL},
    {"POST", "/api/studies", TECH | SERVICE, API_CHANGES, study_fields, api_study_add, NULL},
    {"POST", "/api/studies/#/acknowledge", READER, API_CHANGES, request_fields, api_acknowledge,
     NULL},
    {"POST", "/api/studies/#/pin", TECH | READER, API_CHANGES, pin_fields, api_pin, NULL},
    {"POST", "/api/studies/#/override", TECH | READER, API_CHANGES, override_fields,
     api_override, NULL},
    {"POST", "/api/studies/#/done", READER, API_CHANGES, request_fields, api_done, NULL},
    {"GET", "/api/studies/#/history", PEOPLE, API_READS, api_no_fields, api_history, NULL},
    {"GET", "/api/cases/#/measurements", PEOPLE, API_READS, api_no_fields, api_measurements,
     "{\"measurements\":[]}"},
    {"GET", "/api/cases/#/epochs", PEOPLE, API_READS, api_no_fields, api_epochs, NULL},
    {"GET", "/api/cases/#/trace", PEOPLE, API_READS, api_no_fields, api_trace, NULL},
    {"GET", "/api/cases/#/envelope", PEOPLE, API_READS, api_no_fields, api_envelope, NULL},
    {"GET", "/api/cases/#/trend", PEOPLE, API_READS, api_no_fields, api_trend, "{\"points\":[]}"},
    {"POST", "/api/cases/#/link", TECH, API_CHANGES, link_fields, api_link, NULL},
    {"POST", "/api/patients/merge", TECH, API_CHANGES, merge_fields, api_merge, NULL},
    {"GET", "/api/cases/#/derived", PEOPLE, API_READS, api_no_fields, api_derived,
     "{\"derived\":[],\"waiting\":[],\"typed\":[]}"},
    {"POST", "/api/cases/#/typed", TECH, API_CHANGES, typed_fields, api_typed, NULL},
    {"GET", "/api/measurements/@/strip", PEOPLE, API_READS, api_no_fields, api_strip, ""},
    {"POST", "/api/measurements/@/strip", TECH, API_CHANGES, by_hand_fields, api_by_hand, ""},
    {"POST", "/api/measurements/@/accept", TECH, API_CHANGES, seen_fields, api_accept, ""},
    {"POST", "/api/measurements/@/adjust", TECH, API_CHANGES, adjust_fields, api_adjust, ""},
    {"POST", "/api/measurements/@/reject", TECH, API_CHANGES, reject_fields, api_reject, ""},
    {"POST", "/api/measurements/@/undo", TECH, API_CHANGES, seen_fields, api_undo, ""},
    {"POST", "/api/measurements/@/verify", READER, API_SIGNS, verify_fields, api_verify, ""},
    {"POST", "/api/measurements/@/amend", TECH | READER, API_CHANGES, amend_fields, api_amend, ""},
    {"GET", "/api/seen", PEOPLE, API_READS, api_no_fields, api_seen, NULL},
    {"POST", "/api/seen", PEOPLE, API_CHANGES, api_no_fields, api_looked, NULL},
    {"POST", "/api/exported", PEOPLE, API_CHANGES, exported_fields, api_exported, NULL},
    {"GET", "/api/admin/users", ADMIN, API_READS, api_no_fields, api_users, NULL},
    {"POST", "/api/admin/users", ADMIN, API_CHANGES, user_fields, api_user_add, NULL},
    {"POST", "/api/admin/users/change", ADMIN, API_CHANGES, user_change_fields, api_user_change,
     NULL},
    {"GET", "/api/admin/modes", ANY, API_READS, api_no_fields, api_modes, NULL},
    {"POST", "/api/admin/modes", ADMIN, API_CHANGES, mode_fields, api_mode_set, NULL},
    {"POST", "/api/admin/rooms", ADMIN, API_CHANGES, room_fields, api_room_add, NULL},
    {"GET", "/api/admin/rules", PEOPLE, API_READS, api_no_fields, api_rules, NULL},
    {"POST", "/api/admin/rules", ADMIN, API_CHANGES, rules_fields, api_rules_set, NULL},
    {"GET", "/api/admin/settings", PEOPLE, API_READS, api_no_fields, api_settings, NULL},
    {"POST", "/api/admin/settings", ADMIN, API_CHANGES, setting_fields, api_setting_set, NULL},
    {"GET", "/api/validation/agreement", VALID | ADMIN, API_READS, api_no_fields, api_agreement,
     NULL},
    {"GET", "/api/validation/pairs", VALID | ADMIN, API_READS, api_no_fields, api_pairs, NULL},
    {"GET", "/api/validation/order", VALID | ADMIN, API_READS, api_no_fields, api_order, NULL},
    {"GET", "/api/audit", PEOPLE, API_READS, api_no_fields, api_audit, NULL},
};
/* clang-format on */
const int api_routes_count = sizeof api_routes / sizeof api_routes[0];

static bool take_number(const char *text, size_t length, int64_t *out) {
    if (length == 0 || length > 16 || strspn(text, "0123456789") < length)
        return false;
    *out = strtoll(text, NULL, 10);
    return (double)*out <= most;
}

static bool take_id(const char *text, size_t length, char out[EVENT_ID_TEXT]) {
    struct event_id id;
    if (length != EVENT_ID_TEXT - 1)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    if (!id_from_text(out, &id))
        return false;
    id_text(id, out); /* lower case, as the database writes it */
    return true;
}

static bool path_fits(struct api_call *call, const char *pattern) {
    const char *path = call->request->path;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '#' && *pattern != '@') {
            if (*path++ != *pattern)
                return false;
            continue;
        }
        size_t length = strcspn(path, "/");
        if (!(*pattern == '#' ? take_number(path, length, &call->number)
                              : take_id(path, length, call->id)))
            return false;
        path += length;
    }
    return *path == '\0';
}

const struct api_route *api_route_find(struct api_call *call, bool *path_known) {
    *path_known = false;
    for (int i = 0; i < api_routes_count; i++) {
        if (!path_fits(call, api_routes[i].path))
            continue;
        *path_known = true;
        if (strcmp(api_routes[i].method, call->request->method) == 0)
            return &api_routes[i];
    }
    return NULL;
}
