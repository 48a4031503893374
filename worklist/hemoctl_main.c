/* hemoctl - administration from a terminal: the table of commands, and choosing one. */
#include "worklist/ctl.h"
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *words[2];
    ctl_command *run;
    const char *arguments, *what;
} commands[] = {
    {{"keys", NULL},
     ctl_keys,
     "NAME --dir DIR",
     "make NAME.secret and NAME.public, print the public key"},
    {{"migrate", NULL}, ctl_migrate, "[--sql DIR]", "bring the schema up to date (as the owner)"},
    {{"user", "add"},
     ctl_user_add,
     "NAME --role ROLE",
     "technologist, reader, validator, administrator, service; prints the password once"},
    {{"user", "list"}, ctl_user_list, "", "names and roles"},
    {{"study", "add"}, ctl_study_add, "--patient-id ID ...", "a study; prints its number"},
    {{"study", "list"}, ctl_study_list, "", "the worklist in its order"},
    {{"study", "history"}, ctl_study_history, "STUDY", "every move with its reason"},
    {{"case", "open"}, ctl_case_open, "ROOM STUDY", "start a case in a room; prints its number"},
    {{"case", "close"}, ctl_case_close, "ROOM", "end the room's case"},
    {{"room", "add"},
     ctl_room_add,
     "ROOM --stream N",
     "configure a room before its feed was ever heard"},
    {{"room", "list"}, ctl_room_list, "", "rooms, their streams and cases"},
    {{"mode", "set"},
     ctl_mode_set,
     "MODE --why TEXT",
     "silent, assistive or integrated; [--room N] [--procedure P], else the lab"},
    {{"mode", "list"}, ctl_mode_list, "", "what holds where, since when, by whom"},
    {{"watch", NULL}, ctl_watch, "[--from start]", "follow moves and decisions, a line each"},
    {{"audit", "export"}, ctl_audit_export, "FILE", "all rows, to be checked anywhere"},
    {{"audit", "verify"},
     ctl_audit_verify,
     "[FILE] [--heads F --key F]",
     "recompute an export (no database asked) or the audit, against the signed heads or --head "
     "N:ROOT; exit 6: broken, names the first bad row"},
    {{"status", NULL}, ctl_status, "", "counts of what is stored"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void usage(FILE *out) {
    fputs("hemoctl - administration of Hemostream\n\n"
          "  hemoctl -c worklistd.ini COMMAND ...    (or -d URI for the database)\n\n"
          "  hemoctl keys HEMOD --dir var/keys\n"
          "  hemoctl -c worklistd.ini user add kim --role technologist\n"
          "  hemoctl -c worklistd.ini watch\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %s%s%s %-22s %s\n", commands[i].words[0], commands[i].words[1] ? " " : "",
                commands[i].words[1] ? commands[i].words[1] : "", commands[i].arguments,
                commands[i].what);
    fputs("\nExit codes: 0 ok, 1 failed, 2 usage, 3 file missing, 4 file not valid, 5 database not "
          "there,\n"
          "6 expectation failed (audit broken), 130 interrupted.\n",
          out);
}

static void interrupted(int signal) {
    (void)signal;
    _exit(130);
}

static int choose(struct ctl *ctl, int argc, char **argv) {
    for (size_t i = 0; i < COMMANDS; i++) {
        int words = commands[i].words[1] ? 2 : 1;
        if (argc < words || strcmp(argv[0], commands[i].words[0]) != 0 ||
            (words == 2 && strcmp(argv[1], commands[i].words[1]) != 0))
            continue;
        ctl->argc = argc - words;
        ctl->argv = argv + words;
        int code = commands[i].run(ctl);
        db_close(&ctl->db);
        return code;
    }
    fprintf(stderr, "hemoctl: %s: unknown command (want one of hemoctl -h)\n",
            argc > 0 ? argv[0] : "");
    return CTL_USAGE;
}

int main(int argc, char **argv) {
    struct ctl ctl = {0};
    char why[700];
    sigaction(SIGINT, &(struct sigaction){.sa_handler = interrupted}, NULL);
    if (sodium_init() < 0)
        return ctl_complain(CTL_FAILED, "libsodium", "does not start");
    for (int c; (c = getopt(argc, argv, "+c:d:hV")) != -1;) {
        switch (c) {
        case 'c': {
            enum hemo_error error = settings_read(&ctl.settings, optarg, why, sizeof why);
            if (error != HEMO_OK) {
                fprintf(stderr, "hemoctl: %s\n", why);
                return settings_exit_code(error);
            }
            break;
        }
        case 'd':
            settings_defaults(&ctl.settings);
            snprintf(ctl.settings.database, SETTINGS_TEXT, "%s", optarg);
            snprintf(ctl.settings.owner_database, SETTINGS_TEXT, "%s", optarg);
            break;
        case 'h':
            usage(stdout);
            return 0;
        case 'V':
            puts("hemoctl " HEMO_VERSION);
            return 0;
        default:
            return CTL_USAGE;
        }
    }
    return choose(&ctl, argc - optind, argv + optind);
}
