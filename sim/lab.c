#include "sim/lab.h"
#include <math.h>
#include <stddef.h>

const char *const patient_channel_labels[PATIENT_CHANNELS] = {"II", "AO", "RHC", "LV",
                                                              "LA", "FA", "Pa",  "Pd", "CVP"};

#define STAY(from, moves, site)                                                                    \
    { (from), (moves), SITE_##site }
#define WAY(channel, ...) [PATIENT_##channel] = {__VA_ARGS__}
#define WAYS(...) .ways = {__VA_ARGS__}
#define SAY(at, channel, words)                                                                    \
    { (at), PATIENT_##channel, words }
#define SILENT                                                                                     \
    { .text = NULL }
#define SAYINGS(...) .sayings = {__VA_ARGS__}
#define EQUALISE(from, to) .equalise_from_s = (from), .equalise_to_s = (to)

const struct lab lab_rows[LABS] = {
#define X(id, words, ways, sayings, equalise) {.name = #id, .what = words, ways, sayings, equalise},
#include "sim/labs.def"
#undef X
};

bool lab_has(const struct lab *lab, enum patient_channel channel) {
    return channel == PATIENT_ECG || lab->ways[channel][0].site != 0;
}

/* A time behind the last stay, as one of the last round: the last two stays come again. */
static double folded_s(const struct lab_stay *way, int stays, double again_s, double at_s) {
    double round_s = stays >= 2 ? way[stays - 2].from_s : 0;
    if (!(again_s > 0) || stays < 2 || at_s < round_s)
        return at_s;
    return round_s + fmod(at_s - round_s, again_s);
}

void lab_tip_at(const struct lab *lab, enum patient_channel channel, double again_s, double at_s,
                struct lab_tip *out) {
    const struct lab_stay *way = lab->ways[channel];
    int stays = 0, at = 0;
    while (stays < LAB_STAYS_MAX && way[stays].site)
        stays++;
    at_s = folded_s(way, stays, channel == PATIENT_RHC ? again_s : 0, at_s);
    while (at + 1 < stays && at_s >= way[at + 1].from_s)
        at++;
    double since_s = at_s - way[at].from_s;
    bool moves = at > 0 && since_s < way[at].moves_s;
    *out = (struct lab_tip){.site = way[at].site,
                            .from = moves ? way[at - 1].site : way[at].site,
                            .share = moves ? since_s / way[at].moves_s : 1};
}

uint32_t lab_called(enum patient_channel channel, uint32_t site) {
    if (channel == PATIENT_PD)
        return SITE_PD;
    return site == SITE_PCW ? SITE_PA : site;
}
