/* api_route.h - the table of calls: who may, what the body is, which function answers. */
#pragma once
#include "worklist/api.h"

enum api_who { WHO_ANYONE, WHO_USER, WHO_TECHNOLOGIST, WHO_READER };

struct api_route {
    const char *method;
    const char *path; /* "#": a number, "@": an event's id */
    enum api_who who;
    bool changes; /* a transaction; origin and content type are checked */
    const struct field *fields;
    api_handler *handler;
};

extern const struct api_route api_routes[];
extern const int api_routes_count;

/* The route and the path's number or id; NULL: no such call. *path_known: the path exists with
 * another method. */
const struct api_route *api_route_find(struct api_call *call, bool *path_known);
