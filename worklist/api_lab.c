#include "worklist/api.h"
#include "worklist/audit.h"
#include "worklist/cases.h"
#include "proto/site.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void api_rooms(struct api_call *call) {
    api_ok(call, cases_rooms(call->db));
}

static void cases_error(struct api_call *call, enum cases_result result) {
    static const struct api_problem problems[] = {
        [CASES_NO_ROOM] = {404, "NOT_FOUND",
                           "Nobody configured this room, and no feed of it has connected.",
                           "Nothing was changed.",
                           "Start the room's feed, or: hemoctl room add ROOM --stream N."},
        [CASES_NOT_HEARD] = {409, "CONFLICT", "The room's feed has not connected yet.",
                             "Nothing was changed.", "Start the room's feed first."},
        [CASES_NO_STUDY] = {404, "NOT_FOUND", "There is no open study with this number.",
                            "Nothing was changed.", "Reload the list."},
        [CASES_BUSY] = {409, "CONFLICT", "The room or the study has an open case.",
                        "Nothing was changed.", "Close that case first."},
        [CASES_NO_CASE] = {409, "CONFLICT", "The room has no open case.", "Nothing was changed.",
                           "Open a case first."},
    };
    if (result == CASES_FAILED)
        api_database_error(call);
    else
        api_error(call, &problems[result]);
}

static bool audit_room(struct api_call *call, const char *what, const char *after) {
    char object[40];
    snprintf(object, sizeof object, "room %lld", (long long)call->number);
    return audit_append(call->db, &(struct audit_entry){.who = call->user.name,
                                                        .what = what,
                                                        .object = object,
                                                        .before = "",
                                                        .after = after,
                                                        .place = "page"});
}

void api_case_open(struct api_call *call) {
    char after[80];
    int64_t number = 0, study = json_get_int(call->body, "study", 0);
    enum cases_result result = cases_open(call->db, call->number, study, call->user.name, &number);
    snprintf(after, sizeof after, "case %lld study %lld", (long long)number, (long long)study);
    if (result == CASES_OK && !audit_room(call, "case opened", after))
        result = CASES_FAILED;
    if (result != CASES_OK) {
        cases_error(call, result);
        return;
    }
    call->commands = call->list_changed = true;
    api_ok_json(call, json_pack("{s:I, s:b}", "case", (json_int_t)number, "pending", 1));
}

void api_case_close(struct api_call *call) {
    enum cases_result result = cases_close(call->db, call->number, call->user.name);
    if (result == CASES_OK && !audit_room(call, "case closed", ""))
        result = CASES_FAILED;
    if (result != CASES_OK) {
        cases_error(call, result);
        return;
    }
    call->commands = call->list_changed = true;
    api_ok(call, strdup("{\"pending\":true}"));
}

static bool phase_from(const char *text, uint32_t *phase) {
    for (*phase = 0; *phase <= PHASE_MAX; (*phase)++)
        if (strcmp(phase_text(*phase), text) == 0)
            return true;
    return false;
}

static void bad(struct api_call *call, const char *what) {
    api_error(call, &(struct api_problem){400, "BAD_REQUEST", what, "Nothing was changed.",
                                          "See worklist/API.md."});
}

static void tell(struct api_call *call, struct wire_frame *frame, const char *what,
                 const char *after) {
    enum cases_result result = cases_tell(call->db, call->number, frame);
    if (result == CASES_OK && !audit_room(call, what, after))
        result = CASES_FAILED;
    if (result != CASES_OK) {
        cases_error(call, result);
        return;
    }
    call->commands = true;
    api_ok(call, strdup("{\"pending\":true}"));
}

/* The label exactly, as a person chose it; 0 where it is none. */
static uint32_t site_exact(const char *text) {
    uint32_t site = text ? site_from_label(text) : SITE_NONE;
    const struct site_row *row = site_row(site);
    bool exact = row && (strcasecmp(row->label, text) == 0 || strcasecmp(row->name, text) == 0);
    return exact ? site : SITE_NONE;
}

void api_capture(struct api_call *call) {
    char after[80];
    uint32_t phase = 0;
    if (!phase_from(json_get_text(call->body, "phase"), &phase)) {
        bad(call, "phase must be rest, exercise, drug or post");
        return;
    }
    struct wire_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        abort();
    double back_s = json_number_value(json_object_get(call->body, "back_s"));
    frame->kind = WIRE_CAPTURE;
    frame->body.capture =
        (struct wire_capture){.channel = (uint32_t)json_get_int(call->body, "channel", 0),
                              .phase = phase,
                              .back_ms = (uint32_t)(back_s * 1000)};
    const char *site = json_get_text(call->body, "site");
    frame->body.capture.site = site_exact(site);
    if (site && frame->body.capture.site == SITE_NONE) {
        free(frame);
        bad(call, "site must be a label of sites.def");
        return;
    }
    snprintf(after, sizeof after, "channel %u %.16s phase %s back %.1f s",
             frame->body.capture.channel, site ? site : "", phase_text(phase), back_s);
    tell(call, frame, "capture", after);
    free(frame);
}

/* The body as a mark; the reason why not, or NULL. */
static const char *mark_from(const json_t *body, struct stream_mark *mark) {
    static const struct {
        const char *name;
        uint32_t kind;
    } kinds[] = {{"site", MARK_SITE},
                 {"zeroing", MARK_ZEROING},
                 {"flush", MARK_FLUSH},
                 {"wedge", MARK_WEDGE},
                 {"phase", MARK_PHASE}};
    const char *kind = json_get_text(body, "kind"), *site = json_get_text(body, "site");
    const char *phase = json_get_text(body, "phase");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            mark->kind = kinds[i].kind;
    mark->channel = (uint32_t)json_get_int(body, "channel", 0);
    if (mark->kind == 0)
        return "kind must be site, zeroing, flush, wedge or phase";
    if (mark->kind == MARK_PHASE)
        return phase && phase_from(phase, &mark->phase)
                   ? NULL
                   : "phase must be rest, exercise, drug or post";
    if (mark->kind == MARK_SITE) {
        mark->site = site_exact(site);
        return mark->site != SITE_NONE ? NULL : "site must be a label of sites.def";
    }
    const json_t *on = json_object_get(body, "on");
    mark->value = json_is_true(on) ? 1 : 0;
    return on ? NULL : "on is missing: true begins, false ends";
}

/* What the mark says: its site, its phase, or whether it begins or ends. */
static const char *mark_value(const json_t *body, const char *kind) {
    const char *named = strcmp(kind, "site") == 0    ? json_get_text(body, "site")
                        : strcmp(kind, "phase") == 0 ? json_get_text(body, "phase")
                                                     : NULL;
    return named ? named : json_is_true(json_object_get(body, "on")) ? "on" : "off";
}

void api_mark(struct api_call *call) {
    char after[80];
    struct wire_frame *frame = calloc(1, sizeof *frame);
    if (!frame)
        abort();
    frame->kind = WIRE_MARK;
    const char *wrong = mark_from(call->body, &frame->body.mark);
    const char *kind = json_get_text(call->body, "kind"), *value = mark_value(call->body, kind);
    snprintf(after, sizeof after, "channel %u %.16s %.16s", frame->body.mark.channel, kind, value);
    if (wrong)
        bad(call, wrong);
    else
        tell(call, frame, "mark", after);
    if (call->commands && !room_mark_keep(call, &frame->body.mark, kind, value))
        api_database_error(call);
    free(frame);
}
