#include "proto/site.h"
#include <stddef.h>
#include <string.h>

const struct site_row site_rows[] = {
#define X(number, name, label, shape, min, max, endexp, sct, what) \
    {SITE_##name, #name, label, SHAPE_##shape, min, max, (endexp) != 0, sct, what},
#include "proto/sites.def"
#undef X
};

const int site_rows_count = sizeof site_rows / sizeof site_rows[0];

/* What monitors and recordings write beside the labels of sites.def. Upper case; a digit at the end
 * is the number of the plug ("ART1", "P2") and is left off before the search. */
static const struct {
    const char *label;
    enum site site;
} aliases[] = {
    {"PAP", SITE_PA},    {"ABP", SITE_ART},   {"IBP", SITE_ART},   {"RADIAL", SITE_ART},
    {"FEMORAL", SITE_ART}, {"UAP", SITE_ART}, {"AOP", SITE_AO},    {"AORTA", SITE_AO},
    {"PCWP", SITE_PCW},  {"PAWP", SITE_PCW},  {"PAW", SITE_PCW},   {"PWP", SITE_PCW},
    {"WEDGE", SITE_PCW}, {"RAP", SITE_RA},    {"RVP", SITE_RV},    {"LAP", SITE_LA},
    {"LVP", SITE_LV},    {"I", SITE_ECG},     {"II", SITE_ECG},    {"III", SITE_ECG},
    {"AVR", SITE_ECG},   {"AVL", SITE_ECG},   {"AVF", SITE_ECG},   {"V", SITE_ECG},
    {"MCL", SITE_ECG},   {"MLI", SITE_ECG},   {"MLII", SITE_ECG},  {"MLIII", SITE_ECG},
    {"EKG", SITE_ECG},    {"PA_AO", SITE_PAO},  {"PD_COR", SITE_PD},
};

enum { LABEL_MAX = 32 };

const struct site_row *site_row(uint32_t number) {
    for (int i = 0; i < site_rows_count; i++)
        if ((uint32_t)site_rows[i].site == number)
            return &site_rows[i];
    return NULL;
}

static char upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

static bool same_letters(const char *a, const char *b) {
    while (*a != '\0' && upper(*a) == upper(*b)) {
        a++;
        b++;
    }
    return *a == '\0' && *b == '\0';
}

static enum site from_alias(const char *label) {
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (same_letters(aliases[i].label, label))
            return aliases[i].site;
    return SITE_NONE;
}

static enum site from_rows(const char *label) {
    for (int i = 0; i < site_rows_count; i++)
        if (strcmp(site_rows[i].label, label) == 0)
            return site_rows[i].site;
    for (int i = 0; i < site_rows_count; i++)
        if (same_letters(site_rows[i].label, label) || same_letters(site_rows[i].name, label))
            return site_rows[i].site;
    return from_alias(label);
}

/* "ART1" is plug 1 of an arterial line, "V5" and "MCL1" are leads. */
static enum site without_number(const char *label) {
    char shorter[LABEL_MAX + 1];
    size_t length = strlen(label);
    if (length < 2 || length > LABEL_MAX || label[length - 1] < '0' || label[length - 1] > '9')
        return SITE_NONE;
    memcpy(shorter, label, length - 1);
    shorter[length - 1] = '\0';
    return from_rows(shorter);
}

enum site site_from_label(const char *label) {
    if (label == NULL)
        return SITE_AUX;
    enum site site = from_rows(label);
    if (site == SITE_NONE)
        site = without_number(label);
    return site == SITE_NONE ? SITE_AUX : site;
}
