#include "sim/options.h"

static const char program_help[] =
    "hemosim plays recordings and simulated patients as a feed, and analyzes them.\n"
    "\n"
    "  hemosim analyze -r data/demo1 --beats beats.csv --events events.csv\n"
    "  hemosim replay -r data/demo1 --send tcp://127.0.0.1:7400 --insecure\n"
    "  hemosim play bleeding --send tcp://127.0.0.1:7400 --speed 20 --insecure\n"
    "\n"
    "Commands (hemosim COMMAND --help):\n"
    "  analyze   a WFDB record through the detectors, as fast as it goes\n"
    "  replay    a WFDB record as a feed to hemod\n"
    "  play      a simulated patient as a feed to hemod\n"
    "  gen       a simulated patient as a WFDB record with its truth\n"
    "  info      what is in a WFDB record\n"
    "  record    a stream of hemod's journal, or a case, as a WFDB record\n"
    "  exam      what is said of simulated patients, against their truth\n"
    "  list      simulated patients and faults\n"
    "  plot      a WFDB record as an SVG, with what is found in it\n"
    "  gallery   every simulated patient on one page\n"
    "  queue     what re-ordering does to the waits of a lab\n"
    "\n"
    "Results go to stdout, messages and progress to stderr.\n"
    "Exit: 0 ok, 1 failed while running, 2 wrong usage, 3 input missing or\n"
    "unreadable, 4 input invalid, 5 peer refused or lost, 130 interrupted.\n";

#define READING_HELP                                                                               \
    "  -r, --record RECORD  NAME or NAME.hea, with its .dat beside it\n"                           \
    "  -f, --from TIME      begin there: seconds or h:mm:ss, from the beginning\n"                 \
    "  -t, --to TIME        end there\n"                                                           \
    "  -s, --signals A,B    only these, by label or number from 0\n"                               \
    "  -m, --map A=SITE     signal A was taken at SITE (RA, RV, PA, PCW, AO, ...)\n"               \
    "  --ignore-checksums   read a record that is known to be cut or edited\n"

#define SENDING_HELP                                                                               \
    "  --send ADDRESS       of hemod's feeds, such as tcp://127.0.0.1:7400;\n"                     \
    "                       --to ADDRESS means the same\n"                                         \
    "  --room N             1..999, default 1\n"                                                   \
    "  --speed 1|4|20|max   default 1: real time\n"                                                \
    "  --device NAME        as in hemod's configuration, default LABn-HEMO\n"                      \
    "  --key FILE           NAME.secret, made by hemoctl keys\n"                                   \
    "  --server-key FILE    hemod's .public\n"                                                     \
    "  --insecure           without keys, to a loopback address only\n"

#define EVERY_HELP                                                                                 \
    "  --json               results as one JSON object a line\n"                                   \
    "  -q, -v               quieter, more words on stderr\n"                                       \
    "  -h, -V               this help, the version\n"

static const char analyze_help[] =
    "hemosim analyze: a WFDB record through the detectors, as fast as it goes.\n"
    "\n"
    "  hemosim analyze -r data/demo1 --beats beats.csv --events events.csv\n"
    "  hemosim analyze -r data/demo1 -m P1=PA -f 1:00 -t 5:00 --json\n"
    "  hemosim analyze -r data/demo1 --marks marks.csv --rules rules.ini\n"
    "  hemosim analyze --journal var/journal --stream 1\n"
    "\n" READING_HELP "  --beats FILE         CSV: time_s,site,systolic,diastolic,mean,edp,a,v,\n"
    "                       rate,quality,channel,emitted_s\n"
    "  --events FILE        CSV: time_s,room,event,site,text,from,to\n"
    "  --marks FILE         CSV: time_s,kind,channel,value,text; kinds site,\n"
    "                       zeroing, flush, wedge (1 begins, 0 ends), phase,\n"
    "                       drug, note, value (text: the quantity), capture (value:\n"
    "                       the last, below 0, or next seconds; text: a site)\n"
    "  --rules FILE         thresholds, see detectors/README.md; last comes what they\n"
    "                       change: findings added, lost, earlier, later, in seconds\n"
    "  --standing FILE      ... against these, default those of this build\n"
    "  --set QUANTITY=VALUE what somebody typed: co, vo2, hb, sat_art, sat_pa,\n"
    "                       height, weight, age, td_1 ...; values computed from it\n"
    "                       and from suggested ones come out, or why they do not\n"
    "  --journal DIR        what a hemod took, in place of a record, and whether\n"
    "                       the same comes out as it said; a segment will do\n"
    "  --stream N           of that journal, where it has several\n"
    "  --case N             of that journal: this case only\n"
    "  --room N             written into the events, default 1\n" EVERY_HELP;

static const char replay_help[] =
    "hemosim replay: a WFDB record as a feed to hemod. Ends when all is durable.\n"
    "\n"
    "  hemosim replay -r data/demo1 --send tcp://127.0.0.1:7400 --room 2 \\\n"
    "      --device LAB2-HEMO --key LAB2-HEMO.secret --server-key hemod.public\n"
    "  hemosim replay -r data/demo1 --send tcp://127.0.0.1:7400 --insecure\n"
    "  hemosim replay -r data/demo1 -m PAP=PA --speed 20 --to tcp://127.0.0.1:7400\n"
    "  hemosim replay --journal var/journal --stream 1 --send tcp://127.0.0.1:7400\n"
    "\n" READING_HELP "  --marks FILE         as in analyze\n"
    "  --journal DIR        a stream of a hemod's journal in place of a record\n"
    "  --stream N           which, where it has several\n"
    "  --case N             this case only\n"
    "  --fault NAME@S+D     break the wire; hemosim list shows the names\n" SENDING_HELP EVERY_HELP;

static const char play_help[] =
    "hemosim play: a simulated patient as a feed to hemod.\n"
    "\n"
    "  hemosim play stable --send tcp://127.0.0.1:7400 --insecure\n"
    "  hemosim play bleeding --send tcp://127.0.0.1:7400 --speed 20 --duration 5:00\n"
    "  hemosim play hfref --scenario vf@2:00 --send tcp://127.0.0.1:7400\n"
    "  hemosim play failing --seed 7 --fault flush@60+3 --send tcp://127.0.0.1:7400\n"
    "\n"
    "  --duration TIME      default 5:00\n"
    "  --rate HZ            of the pressures, 125 to 2000; default 250\n"
    "  --vary 15%           another patient around that one, drawn by the seed\n"
    "  --scenario NAME@S    what happens to the patient, from S seconds on, in place\n"
    "                       of its own; default 120; hemosim list shows the names\n"
    "  --seed N             same seed, same samples; default 1\n"
    "  --fault NAME@S+D     inject a fault at S seconds for D seconds; may be\n"
    "                       repeated; hemosim list shows the names\n" SENDING_HELP EVERY_HELP;

static const char gen_help[] =
    "hemosim gen: a simulated patient as a WFDB record (format 16) with its truth.\n"
    "\n"
    "  hemosim gen stable -o data/stable\n"
    "  hemosim gen bleeding -o data/bleeding --duration 10:00 --seed 7\n"
    "  hemosim gen failing -o data/failing --fault flush@60+3 --force\n"
    "\n"
    "Writes NAME.hea, NAME.dat, NAME.truth.csv (each beat at its site) and\n"
    "NAME.marks.csv (what the device says, for analyze --marks).\n"
    "\n"
    "  -o, --out RECORD     its files must not exist, or --force\n"
    "  --duration TIME      default 5:00\n"
    "  --rate HZ            of the pressures, 125 to 2000; default 250\n"
    "  --vary 15%           another patient around that one, drawn by the seed\n"
    "  --scenario NAME@S    what happens to the patient, from S seconds on, in place\n"
    "                       of its own; default 120; hemosim list shows the names\n"
    "  --seed N             same seed, same samples; default 1\n"
    "  --fault NAME@S+D     inject a fault at S seconds for D seconds\n"
    "  --force              replace files\n" EVERY_HELP;

static const char record_help[] =
    "hemosim record: what a hemod took of a room, from its journal as a record.\n"
    "\n"
    "  hemosim record --journal var/journal --room 3 -o data/case41 --case 41\n"
    "  hemosim record var/journal --stream 1 -f 1:00 -t 5:00 -o data/minutes\n"
    "  hemosim record var/journal --case 41 -o data/case41.journal\n"
    "\n"
    "A RECORD (NAME.hea, NAME.dat, NAME.marks.csv) has every sample as it came,\n"
    "gaps as invalid samples, and no date: for analyze, plot, replay. A FILE.journal\n"
    "has all that hemod kept, what it said and the rules in force too: for analyze\n"
    "--journal, which says whether the same comes out again.\n"
    "\n"
    "  --journal DIR        or one segment of it; it may be in use\n"
    "  --room N             whose stream; not needed where there is one only\n"
    "  --stream N           or by its number, where the room has several\n"
    "  --case N             of one case: nothing before it, nothing after it\n"
    "  -f, --from TIME      of a RECORD: begin there, seconds or h:mm:ss from the\n"
    "                       beginning of the stream, or of the case\n"
    "  -t, --to TIME        end there\n"
    "  -o, --out NAME       must not exist, or --force\n"
    "  --force              replace files\n" EVERY_HELP;

static const char info_help[] = "hemosim info: what is in a WFDB record.\n"
                                "\n"
                                "  hemosim info -r data/demo1\n"
                                "  hemosim info data/demo1.hea\n"
                                "  hemosim info -r data/demo1 --json\n"
                                "\n" READING_HELP EVERY_HELP;

static const char exam_help[] =
    "hemosim exam: what the room says of simulated patients, against their truth.\n"
    "\n"
    "  hemosim exam\n"
    "  hemosim exam as_severe -n 20 --vary 15%\n"
    "  hemosim exam all -n 5 --vary 15% --seed 1000 --json\n"
    "\n"
    "For each quantity: n, bias, SD, largest error, share within the target.\n"
    "\n"
    "  -n, --n N            seeds of each patient; default 1\n"
    "  --seed N             the first of them; default 1\n"
    "  --vary 15%           patients around each row, drawn by the seed\n"
    "  --scenario NAME@S    what happens to each, from S seconds on\n"
    "  --duration TIME      of each; default 5:00\n"
    "  --rate HZ            of the pressures, 125 to 2000; default 250\n"
    "  --fault NAME@S+D     inject a fault at S seconds for D seconds\n" EVERY_HELP;

static const char list_help[] = "hemosim list: simulated patients, scenarios and faults.\n"
                                "\n"
                                "  hemosim list\n"
                                "  hemosim list --json\n"
                                "  hemosim list | grep bleeding\n"
                                "\n" EVERY_HELP;

static const char plot_help[] =
    "hemosim plot: a WFDB record as an SVG: traces, beats, states, findings.\n"
    "\n"
    "  hemosim plot -r data/demo1 -o demo1.svg\n"
    "  hemosim plot -r data/failing --marks data/failing.marks.csv --truth \\\n"
    "      -f 1:00 -t 1:20 -o wedge.svg\n"
    "  hemosim plot -r data/demo1 --measurement 3fa9 -o why.svg\n"
    "\n" READING_HELP "  --marks FILE         as in analyze\n"
    "  --rules FILE         thresholds, see detectors/README.md\n"
    "  --truth              true beats too, out of RECORD.truth.csv\n"
    "  --set QUANTITY=VALUE as analyze was given, where the value stands on it\n"
    "  --measurement ID     that value's beats and what was left out; an id of\n"
    "                       analyze --json, or how it begins\n"
    "  -o, --out FILE.svg   must not exist, or --force; - is stdout\n"
    "  --force              replace it\n" EVERY_HELP;

static const char gallery_help[] =
    "hemosim gallery: every simulated patient on one page, to be looked at.\n"
    "\n"
    "  hemosim gallery pictures\n"
    "  hemosim gallery pictures --seed 7 --force\n"
    "  hemosim gallery /tmp/patients && chromium /tmp/patients/index.html\n"
    "\n"
    "Writes index.html into the folder, self-contained. The folder is made.\n"
    "\n"
    "  --seed N             default 1\n"
    "  --force              replace the page\n" EVERY_HELP;

static const char queue_help[] =
    "hemosim queue: what re-ordering does to the waits of a lab.\n"
    "\n"
    "  hemosim queue\n"
    "  hemosim queue --set load=0.8 --set readers=3 --set read_min=12\n"
    "  hemosim queue --set critical=0.02 --set urgent=0.2 --json\n"
    "\n"
    "Plays the same studies in order of arrival, in the worklist's order and in\n"
    "strict classes; prints the waits of each tier, and how often a study was\n"
    "passed after its own read-by time by one that is not critical.\n"
    "\n"
    "  --set NAME=NUMBER    load 0.95, readers 2, read_min 10, critical 0.05,\n"
    "                       urgent 0.12, longest_wait_min 120, studies 200000\n"
    "  --seed N             default 1\n" EVERY_HELP;

const char *options_help(enum command command) {
    switch (command) {
    case COMMAND_ANALYZE:
        return analyze_help;
    case COMMAND_REPLAY:
        return replay_help;
    case COMMAND_PLAY:
        return play_help;
    case COMMAND_GEN:
        return gen_help;
    case COMMAND_RECORD:
        return record_help;
    case COMMAND_INFO:
        return info_help;
    case COMMAND_EXAM:
        return exam_help;
    case COMMAND_QUEUE:
        return queue_help;
    case COMMAND_PLOT:
        return plot_help;
    case COMMAND_GALLERY:
        return gallery_help;
    case COMMAND_LIST:
        return list_help;
    default:
        return program_help;
    }
}
