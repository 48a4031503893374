#include "worklist/ctl.h"
#include "worklist/mode.h"
#include <stdio.h>
#include <stdlib.h>

int ctl_mode_set(struct ctl *ctl) {
    const char *mode = ctl_word(ctl, 0), *why = ctl_option(ctl, "--why");
    const char *room = ctl_option(ctl, "--room"), *procedure = ctl_option(ctl, "--procedure");
    const struct mode_change change = {.room = room ? strtoll(room, NULL, 10) : 0,
                                       .procedure = procedure ? procedure : "",
                                       .mode = mode,
                                       .why = why,
                                       .by = "hemoctl",
                                       .place = "terminal"};
    if (!mode || !mode_known(mode) || !why || change.room < 0 || change.room > 999)
        return ctl_complain(CTL_USAGE, "mode set",
                            "want: hemoctl mode set silent|assistive|integrated --why TEXT [--room "
                            "N] [--procedure P]");
    if (!ctl_database(ctl))
        return CTL_PEER;
    if (db_do(&ctl->db, "begin") && mode_set(&ctl->db, &change) && db_do(&ctl->db, "commit"))
        return CTL_OK;
    return ctl_complain(CTL_FAILED, "mode set", ctl->db.error);
}

int ctl_mode_list(struct ctl *ctl) {
    if (!ctl_database(ctl))
        return CTL_PEER;
    PGresult *r =
        db_query(&ctl->db,
                 "select format('room %s  procedure %s  %s  since %s by %s: %s', case "
                 "when room = 0 then 'all' else room::text end, case when procedure = '' "
                 "then 'all' else procedure end, body->>'mode', body->>'at', body->>'by', "
                 "body->>'why') from mode_view order by room, procedure",
                 DB_NONE);
    for (int i = 0; r && i < PQntuples(r); i++)
        printf("%s\n", PQgetvalue(r, i, 0));
    int code = r ? CTL_OK : ctl_complain(CTL_FAILED, "database", ctl->db.error);
    PQclear(r);
    return code;
}
