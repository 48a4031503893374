/* The contract of the tables that people extend: sites.def, quantities.def, events.def, errors.def.
 *
 * Each checking function takes the rows as an argument, so that the same check runs on planted bad
 * tables and must find each kind of fault. It returns the first fault as a word, NULL for none. */
#include "proto/error.h"
#include "proto/event.h"
#include "proto/quantity.h"
#include "proto/site.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct error_row {
    int number;
    const char *name, *text;
};

static const struct error_row error_rows[] = {
#define X(name, number, text) {(number), #name, text},
#include "proto/errors.def"
#undef X
};

enum { ERROR_ROWS = sizeof error_rows / sizeof error_rows[0], TEXT_MAX = 72 };

/* --- what a text, name, code is --- */

static bool text_ok(const char *text, size_t most) {
    size_t length = text == NULL ? 0 : strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return length >= 1 && length <= most && text[0] != ' ' && text[length - 1] != ' ';
}

static bool name_ok(const char *name) { /* [A-Z][A-Z0-9_]* */
    return text_ok(name, 32) && name[0] >= 'A' && name[0] <= 'Z' &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == strlen(name);
}

/* The check digit of SNOMED CT: Verhoeff's, by its multiplication in the dihedral group of ten. */
static int dihedral(int a, int b) {
    if (a < 5)
        return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    return b < 5 ? 5 + (a - 5 - b + 5) % 5 : (a - b + 5) % 5;
}

static bool verhoeff_ok(const char *digits) {
    static const int turn[10] = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    int check = 0, length = (int)strlen(digits);
    for (int i = 0; i < length; i++) {
        int digit = digits[length - 1 - i] - '0';
        for (int k = 0; k < i % 8; k++)
            digit = turn[digit];
        check = dihedral(check, digit);
    }
    return check == 0;
}

/* A concept of SNOMED CT's core: 6..18 digits, partition 00 before the check digit; or none. */
static bool sct_ok(const char *code) {
    size_t length = strlen(code);
    if (length == 0)
        return true;
    return length >= 6 && length <= 18 && strspn(code, "0123456789") == length &&
           code[0] != '0' && code[length - 3] == '0' && code[length - 2] == '0' &&
           verhoeff_ok(code);
}

/* A reference id of ISO/IEEE 11073-10101, a LOINC number with its check digit, or none. */
static bool loinc_ok(const char *code) {
    size_t digits = strspn(code, "0123456789");
    int sum = 0;
    if (digits < 3 || digits > 7 || code[digits] != '-' || strlen(code) != digits + 2)
        return false;
    for (size_t i = 0; i < digits; i++) {
        int digit = code[digits - 1 - i] - '0';
        int twice = i % 2 == 0 ? 2 * digit : digit;
        sum += twice > 9 ? twice - 9 : twice;
    }
    return code[digits + 1] - '0' == (10 - sum % 10) % 10;
}

static bool code_ok(const char *code) {
    if (code[0] == '\0')
        return true;
    if (strncmp(code, "MDC_", 4) == 0)
        return name_ok(code) && strlen(code) > 6;
    return loinc_ok(code);
}

/* --- the checks --- */

static const char *site_fault(const struct site_row *r) {
    if (r->site < 1 || r->site > SITE_NUMBER_MAX)
        return "number";
    if (!name_ok(r->name))
        return "name";
    if (!text_ok(r->label, 8))
        return "label";
    if (!text_ok(r->what, TEXT_MAX))
        return "text";
    if (!(r->min_mmhg < r->max_mmhg) || r->min_mmhg < -1000 || r->max_mmhg > 1000)
        return "range";
    if (r->shape != SHAPE_OTHER && (r->min_mmhg < -50 || r->max_mmhg > 400))
        return "range";
    if ((int)r->shape < SHAPE_OTHER || r->shape > SHAPE_ATRIUM)
        return "shape";
    if (r->end_expiratory && (r->shape == SHAPE_OTHER || r->shape == SHAPE_VENTRICLE))
        return "end-expiration"; /* the mean over breaths is of arteries and atria */
    return sct_ok(r->sct) ? NULL : "code";
}

static const char *check_sites(const struct site_row *rows, int count) {
    for (int i = 0; i < count; i++) {
        const char *fault = site_fault(&rows[i]);
        for (int k = 0; k < i && fault == NULL; k++) {
            if (rows[k].site == rows[i].site)
                fault = "number twice";
            else if (strcmp(rows[k].name, rows[i].name) == 0)
                fault = "name twice";
            else if (strcmp(rows[k].label, rows[i].label) == 0)
                fault = "label twice";
        }
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static bool unit_ok(const char *unit) {
    static const char *const units[] = {"mm[Hg]", "/min", "L/min", "s", "ms", "%", "1",
                                        "mm[Hg]/s", "L/min/m2", "[wood'U]", "dyn.s/cm5", "cm2",
                                        "cm", "kg", "a", "g/dL", "mL", "mL/min", "mL/m2", "m2", "W",
                                        "g.m/m2", "Hz"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i]) == 0)
            return true;
    return false;
}

static const char *quantity_fault(const struct quantity_row *r) {
    if (r->quantity < 1 || r->quantity > QUANTITY_NUMBER_MAX)
        return "number";
    if (!text_ok(r->id, 24) ||
        strspn(r->id, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(r->id))
        return "id";
    if (!text_ok(r->words, 32))
        return "text";
    if (!unit_ok(r->unit))
        return "unit";
    if (r->decimals < 0 || r->decimals > 3)
        return "decimals";
    if (!isfinite(r->min) || !isfinite(r->max) || !(r->min < r->max))
        return "range";
    if (strcmp(r->unit, "/min") == 0 && r->min < 0)
        return "range";
    return code_ok(r->code) ? NULL : "code";
}

static const char *check_quantities(const struct quantity_row *rows, int count) {
    for (int i = 0; i < count; i++) {
        const char *fault = quantity_fault(&rows[i]);
        for (int k = 0; k < i && fault == NULL; k++) {
            if (rows[k].quantity == rows[i].quantity)
                fault = "number twice";
            else if (strcmp(rows[k].id, rows[i].id) == 0)
                fault = "id twice";
            else if (strcmp(rows[k].words, rows[i].words) == 0)
                fault = "text twice";
        }
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *event_fault(const struct event_row *r) {
    int hundred = (int)r->kind / 100;
    if (hundred < 1 || hundred > 5 || r->kind % 100 == 0)
        return "number";
    if (!name_ok(r->name))
        return "name";
    if ((int)r->severity < SEVERITY_INFO || r->severity > SEVERITY_CRITICAL)
        return "severity";
    if (r->severity >= SEVERITY_URGENT && hundred != 3)
        return "severity"; /* only a finding moves a study */
    if (hundred == 5 && r->severity != SEVERITY_INFO)
        return "severity";
    if (!text_ok(r->text, 32))
        return "text";
    return text_ok(r->when, 96) ? NULL : "cause";
}

static const char *check_events(const struct event_row *rows, int count) {
    for (int i = 0; i < count; i++) {
        const char *fault = event_fault(&rows[i]);
        for (int k = 0; k < i && fault == NULL; k++) {
            if (rows[k].kind == rows[i].kind)
                fault = "number twice";
            else if (strcmp(rows[k].name, rows[i].name) == 0)
                fault = "name twice";
            else if (strcmp(rows[k].when, rows[i].when) == 0)
                fault = "cause twice";
        }
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *check_errors(const struct error_row *rows, int count) {
    for (int i = 0; i < count; i++) {
        bool ok = strcmp(rows[i].name, "OK") == 0;
        if (ok ? rows[i].number != 0 : rows[i].number >= 0 || rows[i].number < -99)
            return "number";
        if (!name_ok(rows[i].name))
            return "name";
        if (!text_ok(rows[i].text, TEXT_MAX))
            return "text";
        for (int k = 0; k < i; k++) {
            if (rows[k].number == rows[i].number)
                return "number twice";
            if (strcmp(rows[k].name, rows[i].name) == 0)
                return "name twice";
            if (strcmp(rows[k].text, rows[i].text) == 0)
                return "text twice";
        }
    }
    return NULL;
}

/* --- the tables as they are --- */

static void no_fault(const char *fault) {
    if (fault != NULL)
        fail_msg("fault: %s", fault);
}

static void the_tables_keep_their_promises(void **state) {
    (void)state;
    no_fault(check_sites(site_rows, site_rows_count));
    no_fault(check_quantities(quantity_rows, quantity_rows_count));
    no_fault(check_events(event_rows, event_rows_count));
    no_fault(check_errors(error_rows, ERROR_ROWS));
}

static void each_site_is_found_by_number_label_and_name(void **state) {
    (void)state;
    for (int i = 0; i < site_rows_count; i++) {
        const struct site_row *r = &site_rows[i];
        assert_ptr_equal(site_row((uint32_t)r->site), r);
        if (site_from_label(r->label) != r->site)
            fail_msg("label %s gives site %d", r->label, site_from_label(r->label));
        if (site_from_label(r->name) != r->site)
            fail_msg("name %s gives site %d", r->name, site_from_label(r->name));
    }
    assert_null(site_row(0));
    assert_null(site_row(SITE_NUMBER_MAX));
    assert_null(site_row(UINT32_MAX));
}

static void each_quantity_event_and_error_is_found(void **state) {
    (void)state;
    for (int i = 0; i < quantity_rows_count; i++) {
        assert_ptr_equal(quantity_row((uint32_t)quantity_rows[i].quantity), &quantity_rows[i]);
        assert_ptr_equal(quantity_from_id(quantity_rows[i].id), &quantity_rows[i]);
    }
    for (int i = 0; i < event_rows_count; i++)
        assert_ptr_equal(event_row((uint32_t)event_rows[i].kind), &event_rows[i]);
    for (int i = 0; i < ERROR_ROWS; i++) {
        assert_string_equal(hemo_error_text(error_rows[i].number), error_rows[i].text);
        assert_string_equal(hemo_error_name(error_rows[i].number), error_rows[i].name);
        assert_true(hemo_error_known(error_rows[i].number));
    }
    assert_null(quantity_row(0));
    assert_null(quantity_from_id("no such"));
    assert_null(quantity_from_id(NULL));
    assert_null(event_row(0));
    assert_string_equal(hemo_error_text(1), "unknown error");
    assert_string_equal(hemo_error_name(-98), "UNKNOWN");
    assert_false(hemo_error_known(1));
}

/* --- each kind of fault, planted in a copy of a good row --- */

static const struct site_row good_site_row = {
    SITE_PA, "PA", "PA", SHAPE_ARTERY, -10, 150, true, "81040000", "an artery"};
static const struct quantity_row good_quantity_row = {
    QUANTITY_MEAN, "mean", "mean", "mm[Hg]", 0, -20, 280, "MDC_PRESS_BLD_MEAN"};
static const struct event_row good_event_row = {EVENT_GAP, "GAP", SEVERITY_WARN, "no signal",
                                            "samples are missing"};
static const struct error_row good_error_row = {-9, "BAD_VERSION", "a version"};

static void expect(const char *fault, const char *want) {
    if (fault == NULL || strcmp(fault, want) != 0)
        fail_msg("fault %s, want %s", fault == NULL ? "none" : fault, want);
}

/* A good row first, then the same row with one field changed: its fault is found. */
#define PLANT(kind, check, change, want)                          \
    do {                                                          \
        struct kind rows[2] = {good_##kind, good_##kind};         \
        assert_null(check(rows, 1));                              \
        rows[1] change;                                           \
        expect(check(rows + 1, 1), want);                         \
    } while (0)

/* The second row differs from the first in all but one field, which is there twice. */
#define TWICE(kind, check, want, ...)                             \
    do {                                                          \
        const struct kind rows[2] = {good_##kind, {__VA_ARGS__}}; \
        assert_null(check(rows + 1, 1));                          \
        expect(check(rows, 2), want);                             \
    } while (0)

static void bad_sites_are_caught(void **state) {
    (void)state;
    PLANT(site_row, check_sites, .site = SITE_NONE, "number");
    PLANT(site_row, check_sites, .site = (enum site)32, "number");
    PLANT(site_row, check_sites, .name = "pa", "name");
    PLANT(site_row, check_sites, .label = "", "label");
    PLANT(site_row, check_sites, .label = "too long a label", "label");
    PLANT(site_row, check_sites, .what = "with a\ttab", "text");
    PLANT(site_row, check_sites, .max_mmhg = -10, "range");
    PLANT(site_row, check_sites, .max_mmhg = 500, "range");
    PLANT(site_row, check_sites, .min_mmhg = NAN, "range");
    PLANT(site_row, check_sites, .shape = (enum site_shape)4, "shape");
    PLANT(site_row, check_sites, .shape = SHAPE_VENTRICLE, "end-expiration");
    PLANT(site_row, check_sites, .sct = "81040001", "code");
    PLANT(site_row, check_sites, .sct = "81000", "code");
    PLANT(site_row, check_sites, .sct = "MDC_X", "code");
    TWICE(site_row, check_sites, "number twice", SITE_PA, "RV", "RV", SHAPE_OTHER, 0, 9, 0, "",
          "x");
    TWICE(site_row, check_sites, "name twice", SITE_RV, "PA", "RV", SHAPE_OTHER, 0, 9, 0, "",
          "x");
    TWICE(site_row, check_sites, "label twice", SITE_RV, "RV", "PA", SHAPE_OTHER, 0, 9, 0, "",
          "x");
}

static void bad_quantities_are_caught(void **state) {
    (void)state;
    PLANT(quantity_row, check_quantities, .quantity = QUANTITY_NONE, "number");
    PLANT(quantity_row, check_quantities, .id = "Mean", "id");
    PLANT(quantity_row, check_quantities, .id = "", "id");
    PLANT(quantity_row, check_quantities, .words = " mean", "text");
    PLANT(quantity_row, check_quantities, .unit = "mmHg", "unit");
    PLANT(quantity_row, check_quantities, .decimals = 4, "decimals");
    PLANT(quantity_row, check_quantities, .max = -20, "range");
    PLANT(quantity_row, check_quantities, .min = -INFINITY, "range");
    PLANT(quantity_row, check_quantities, .unit = "/min", "range");
    PLANT(quantity_row, check_quantities, .code = "MDC", "code");
    PLANT(quantity_row, check_quantities, .code = "8478-1", "code");
    TWICE(quantity_row, check_quantities, "number twice", QUANTITY_MEAN, "a", "b", "1", 0, 0, 1,
          "");
    TWICE(quantity_row, check_quantities, "id twice", QUANTITY_RATE, "mean", "b", "1", 0, 0, 1, "");
    TWICE(quantity_row, check_quantities, "text twice", QUANTITY_RATE, "a", "mean", "1", 0, 0, 1,
          "");
}

static void bad_events_are_caught(void **state) {
    (void)state;
    PLANT(event_row, check_events, .kind = (enum event_kind)100, "number");
    PLANT(event_row, check_events, .kind = (enum event_kind)601, "number");
    PLANT(event_row, check_events, .name = "Gap", "name");
    PLANT(event_row, check_events, .severity = (enum severity)5, "severity");
    PLANT(event_row, check_events, .severity = SEVERITY_URGENT, "severity");
    PLANT(event_row, check_events, .kind = EVENT_ECTOPIC, "severity");
    PLANT(event_row, check_events, .text = NULL, "text");
    PLANT(event_row, check_events, .text = "a text that goes on for far too long", "text");
    PLANT(event_row, check_events, .when = "", "cause");
    TWICE(event_row, check_events, "number twice", EVENT_GAP, "A", SEVERITY_WARN, "b", "c");
    TWICE(event_row, check_events, "name twice", EVENT_FLAT, "GAP", SEVERITY_WARN, "b", "c");
    TWICE(event_row, check_events, "cause twice", EVENT_FLAT, "A", SEVERITY_WARN, "b",
          "samples are missing");
}

static void bad_errors_are_caught(void **state) {
    (void)state;
    PLANT(error_row, check_errors, .number = 0, "number");
    PLANT(error_row, check_errors, .number = 5, "number");
    PLANT(error_row, check_errors, .name = "OK", "number");
    PLANT(error_row, check_errors, .name = "BAD-VERSION", "name");
    PLANT(error_row, check_errors, .text = "", "text");
    TWICE(error_row, check_errors, "number twice", -9, "A", "b");
    TWICE(error_row, check_errors, "name twice", -8, "BAD_VERSION", "b");
    TWICE(error_row, check_errors, "text twice", -8, "A", "a version");
}

static void codes_are_recognized(void **state) {
    (void)state;
    assert_true(sct_ok("73829009") && sct_ok("118433006") && sct_ok("15825003"));
    assert_false(sct_ok("73829008") || sct_ok("73892009") || sct_ok("12345"));
    assert_true(loinc_ok("8480-6") && loinc_ok("8462-4") && loinc_ok("75994-4"));
    assert_false(loinc_ok("8480-5") || loinc_ok("8480") || loinc_ok("x-1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_keep_their_promises),
        cmocka_unit_test(each_site_is_found_by_number_label_and_name),
        cmocka_unit_test(each_quantity_event_and_error_is_found),
        cmocka_unit_test(bad_sites_are_caught),
        cmocka_unit_test(bad_quantities_are_caught),
        cmocka_unit_test(bad_events_are_caught),
        cmocka_unit_test(bad_errors_are_caught),
        cmocka_unit_test(codes_are_recognized),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
