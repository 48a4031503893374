/* api_route.h - the table of calls: who may, what the body is, which function answers. */
#pragma once
#include "worklist/api.h"

enum api_kind {
    API_READS,   /* as its role, in a transaction that is committed: a view leaves its audit row */
    API_CHANGES, /* origin and content type are checked too */
    API_SIGNS,   /* changes, and asks for the password again */
    API_SESSION  /* ends the session: as worklistd, since nobody else sees sessions */
};

struct api_route {
    const char *method;
    const char *path; /* "#": a number, "@": an event's id */
    unsigned who; /* roles that may, as a mask of user.h; 0: anyone, also without a session */
    enum api_kind kind;
    const struct field *fields;
    api_handler *handler;
    /* NULL: shows nothing that the machine made of a signal. Else what is answered where the path's
     * case, or measurement (@), is of a silent room: an empty body, or "" for 404. */
    const char *silent;
};

extern const struct api_route api_routes[];
extern const int api_routes_count;

/* The route and the path's number or id; NULL: no such call. *path_known: the path exists with
 * another method. */
const struct api_route *api_route_find(struct api_call *call, bool *path_known);
