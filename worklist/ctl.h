/* ctl.h - the commands of hemoctl, each a function of its arguments; hemoctl_main.c only chooses.
 */
#pragma once
#include "worklist/db.h"
#include "worklist/settings.h"

enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_MISSING = 3,
    CTL_INVALID = 4,
    CTL_PEER = 5,
    CTL_EXPECTATION = 6
};

struct ctl {
    struct settings settings;
    struct db db;
    int argc; /* behind the command's words */
    char **argv;
};

/* One line on stderr; returns the code. */
int ctl_complain(int code, const char *where, const char *what);
/* The value of "--name VALUE" among the arguments; NULL where absent. */
const char *ctl_option(const struct ctl *ctl, const char *name);
/* Argument number n, from 0, that is no option; NULL where absent. */
const char *ctl_word(const struct ctl *ctl, int n);
/* True: the database answers. Otherwise says so. */
bool ctl_database(struct ctl *ctl);

typedef int ctl_command(struct ctl *ctl);
/* ctl_admin.c */
ctl_command ctl_keys, ctl_migrate, ctl_user_add, ctl_user_list, ctl_audit_verify, ctl_status;
ctl_command ctl_audit_export;
/* ctl_mode.c */
ctl_command ctl_mode_set, ctl_mode_list;
/* ctl_study.c */
ctl_command ctl_study_add, ctl_study_list, ctl_study_history, ctl_case_open, ctl_case_close,
    ctl_room_add, ctl_room_list, ctl_watch;
