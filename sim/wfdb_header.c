/* The format is PhysioNet's header(5): record line, signal or segment lines, '#' comments. */
#include "sim/wfdb_header.h"
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS_MAX = 1024, TOKENS_MAX = 9, RATE_DENOMINATOR_MAX = 1000000 };

struct parser {
    struct wfdb_header *header;
    const char *file, *at, *end;
    int line;
    char text[LINE_CHARS_MAX + 1]; /* the line, cut into tokens */
    const char *tokens[TOKENS_MAX];
    int tokens_count;
    struct failure *failure;
};

__attribute__((format(printf, 3, 4))) static enum hemo_error
fail(const struct parser *p, enum hemo_error error, const char *format, ...) {
    char what[FAILURE_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return failure_set(p->failure, error, "%s:%d: %s", p->file, p->line, what);
}

bool wfdb_name_ok(const char *name) {
    if (!*name || *name == '.' || strlen(name) > WFDB_NAME_MAX)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("_-.", *name))
            return false;
    return true;
}

/* A decimal integer at *at, which moves behind it. */
static bool take_whole(const char **at, int64_t min, int64_t max, int64_t *out) {
    const char *digit = *at + (**at == '-' || **at == '+');
    if (!isdigit((unsigned char)*digit))
        return false;
    char *end;
    errno = 0;
    long long value = strtoll(*at, &end, 10);
    if (errno || value < min || value > max)
        return false;
    *out = value;
    *at = end;
    return true;
}

/* A finite decimal number at *at: "nan", "inf" and hexadecimal are not numbers here. */
static bool take_real(const char **at, double *out) {
    const char *digit = *at + (**at == '-' || **at == '+');
    if ((!isdigit((unsigned char)*digit) && *digit != '.') || digit[1] == 'x' || digit[1] == 'X')
        return false;
    char *end;
    double value = strtod(*at, &end);
    if (end == *at || !isfinite(value))
        return false;
    *out = value;
    *at = end;
    return true;
}

/* The next line that is not empty and not a comment, cut into at most `limit` tokens (the last
 * one is the rest). */
static enum hemo_error next_line(struct parser *p, int limit) {
    const char *start;
    size_t length;
    do {
        p->line++;
        if (p->at >= p->end)
            return fail(p, HEMO_BAD_COUNT, "header ends here (want more signal or segment lines)");
        start = p->at;
        const char *newline = memchr(start, '\n', (size_t)(p->end - start));
        length = (size_t)((newline ? newline : p->end) - start);
        p->at = start + length + 1;
        while (length && isspace((unsigned char)*start))
            start++, length--;
        while (length && isspace((unsigned char)start[length - 1]))
            length--;
    } while (!length || *start == '#');
    if (length > LINE_CHARS_MAX)
        return fail(p, HEMO_BAD_LENGTH, "line of %zu characters (want at most %d)", length,
                    LINE_CHARS_MAX);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)start[i] < ' ' && start[i] != '\t')
            return fail(p, HEMO_BAD_FORMAT, "control character in the line (want text)");
    memcpy(p->text, start, length);
    p->text[length] = 0;
    p->tokens_count = 0;
    for (char *at = p->text; *at && p->tokens_count < limit;) {
        p->tokens[p->tokens_count++] = at;
        char *end = p->tokens_count == limit ? at + strlen(at) : at + strcspn(at, " \t");
        char *next = end + strspn(end, " \t");
        *end = 0;
        at = next;
    }
    return HEMO_OK;
}

/* 62.4725 becomes 624725 / 10000: rates are fractions, so that ticks are exact. */
static void rate_fraction(double rate, uint32_t *numerator, uint32_t *denominator) {
    uint32_t below = 1;
    while (below < RATE_DENOMINATOR_MAX && fabs(rate * below - round(rate * below)) > 1e-7 * below)
        below *= 10;
    *numerator = (uint32_t)llround(rate * below);
    *denominator = below;
    for (uint32_t divisor = 2; divisor <= 5; divisor += 3)
        while (*numerator % divisor == 0 && *denominator % divisor == 0) {
            *numerator /= divisor;
            *denominator /= divisor;
        }
}

static enum hemo_error parse_rate(struct parser *p, const char *token) {
    const char *at = token;
    double rate;
    if (!take_real(&at, &rate) || (*at && *at != '/'))
        return fail(p, HEMO_BAD_NUMBER, "sampling rate \"%s\" (want a number of Hz)", token);
    if (!(rate >= 0.001 && rate <= 8000))
        return fail(p, HEMO_BAD_NUMBER, "sampling rate %g Hz (want more than 0, at most 8000)",
                    rate);
    rate_fraction(rate, &p->header->rate_numerator, &p->header->rate_denominator);
    return HEMO_OK;
}

static enum hemo_error parse_record_name(struct parser *p) {
    struct wfdb_header *h = p->header;
    char name[LINE_CHARS_MAX + 1];
    snprintf(name, sizeof name, "%s", p->tokens[0]);
    char *slash = strchr(name, '/');
    int64_t segments = 0;
    if (slash) {
        const char *at = slash + 1;
        if (!take_whole(&at, 1, WFDB_SEGMENTS_MAX, &segments) || *at)
            return fail(p, HEMO_BAD_COUNT, "\"%s\" segments (want 1..%d)", slash + 1,
                        WFDB_SEGMENTS_MAX);
        *slash = 0;
    }
    if (!wfdb_name_ok(name))
        return fail(p, HEMO_BAD_FORMAT,
                    "record name \"%s\" (want letters, digits, '_', '-', '.', no folder)", name);
    memcpy(h->name, name, strlen(name) + 1);
    h->segments_count = (uint32_t)segments;
    return HEMO_OK;
}

static enum hemo_error parse_record_line(struct parser *p) {
    struct wfdb_header *h = p->header;
    enum hemo_error error = next_line(p, 6);
    if (error || (error = parse_record_name(p)))
        return error;
    int64_t signals = 0, frames = 0;
    const char *at = p->tokens_count > 1 ? p->tokens[1] : "";
    if (!take_whole(&at, 1, WFDB_SIGNALS_MAX, &signals) || *at)
        return fail(p, HEMO_BAD_COUNT, "number of signals \"%s\" (want 1..%d)",
                    p->tokens_count > 1 ? p->tokens[1] : "", WFDB_SIGNALS_MAX);
    h->signals_count = (uint32_t)signals;
    h->rate_numerator = 250;
    h->rate_denominator = 1;
    if (p->tokens_count > 2 && (error = parse_rate(p, p->tokens[2])))
        return error;
    if (p->tokens_count > 3) {
        at = p->tokens[3];
        if (!take_whole(&at, 0, INT64_C(1) << 46, &frames) || *at)
            return fail(p, HEMO_BAD_COUNT, "number of samples \"%s\" (want a count)", p->tokens[3]);
        h->frames = (uint64_t)frames;
        h->frames_given = frames > 0;
    }
    if (p->tokens_count > 4)
        snprintf(h->started, sizeof h->started, "%.20s%s%.20s", p->tokens[4],
                 p->tokens_count > 5 ? " " : "", p->tokens_count > 5 ? p->tokens[5] : "");
    return HEMO_OK;
}

/* "16x4:3+512": format, samples per frame, skew, byte offset. */
static enum hemo_error parse_format(struct parser *p, struct wfdb_signal *s) {
    const char *at = p->tokens[1];
    int64_t format = 0, per_frame = 1, skew = 0, offset = 0;
    if (!take_whole(&at, 0, 9999, &format) || (*at && !strchr("x:+", *at)))
        return fail(p, HEMO_BAD_FORMAT, "format \"%s\" (want 16, 80 or 212)", p->tokens[1]);
    bool layout = !strcmp(s->file, "~");
    if (!layout && format != 16 && format != 80 && format != 212)
        return fail(p, HEMO_BAD_FORMAT, "unknown format %d (want 16, 80 or 212)", (int)format);
    if (*at == 'x' && (at++, !take_whole(&at, 1, WFDB_FRAME_SAMPLES_MAX, &per_frame)))
        return fail(p, HEMO_BAD_COUNT, "samples per frame in \"%s\" (want 1..%d)", p->tokens[1],
                    WFDB_FRAME_SAMPLES_MAX);
    if (*at == ':' && (at++, !take_whole(&at, 0, WFDB_SKEW_MAX, &skew)))
        return fail(p, HEMO_BAD_NUMBER, "skew in \"%s\" (want 0..%d)", p->tokens[1], WFDB_SKEW_MAX);
    if (*at == '+' && (at++, !take_whole(&at, 0, INT64_C(1) << 40, &offset)))
        return fail(p, HEMO_BAD_NUMBER, "byte offset in \"%s\" (want 0 or more)", p->tokens[1]);
    if (*at)
        return fail(p, HEMO_BAD_FORMAT, "format \"%s\" (want like 16x4:0+0)", p->tokens[1]);
    s->format = layout ? 0 : (uint32_t)format;
    s->samples_per_frame = (uint32_t)per_frame;
    s->skew_frames = (uint32_t)skew;
    s->byte_offset = (uint64_t)offset;
    return HEMO_OK;
}

/* "50(-3)/mmHg": counts per unit, the count at 0, the unit. */
static enum hemo_error parse_gain(struct parser *p, struct wfdb_signal *s, bool *has_baseline) {
    const char *token = p->tokens[2], *at = token;
    int64_t baseline;
    if (!take_real(&at, &s->gain) || (*at && *at != '(' && *at != '/'))
        return fail(p, HEMO_BAD_NUMBER, "gain \"%s\" for signal \"%s\" (want a number > 0)", token,
                    s->label);
    /* A gain beyond this would turn every count into nothing or into more than a double keeps
     * exact. */
    if (!(s->gain >= 1e-6 && s->gain <= 1e9))
        return fail(p, HEMO_BAD_NUMBER, "gain %g for signal \"%s\" (want > 0)", s->gain, s->label);
    if (*at == '(') {
        at++;
        if (!take_whole(&at, -(1 << 30), 1 << 30, &baseline) || *at != ')')
            return fail(p, HEMO_BAD_NUMBER, "baseline in \"%s\" for signal \"%s\" (want a count)",
                        token, s->label);
        s->baseline = (int32_t)baseline;
        *has_baseline = true;
        at++;
    }
    if (*at == '/')
        snprintf(s->units, sizeof s->units, "%s", at + 1);
    else if (*at)
        return fail(p, HEMO_BAD_FORMAT, "gain \"%s\" for signal \"%s\" (want like 50(0)/mmHg)",
                    token, s->label);
    return HEMO_OK;
}

/* The five counts behind the gain: resolution, zero, first value, checksum, block size; all may
 * be absent. */
static enum hemo_error parse_counts(struct parser *p, struct wfdb_signal *s, bool has_baseline) {
    static const char *const what[] = {"resolution", "zero", "first value", "checksum",
                                       "block size"};
    int64_t values[5] = {0};
    for (int i = 0; i < 5 && i + 3 < p->tokens_count; i++) {
        const char *at = p->tokens[i + 3];
        if (!take_whole(&at, -(INT64_C(1) << 32), INT64_C(1) << 32, &values[i]) || *at)
            return fail(p, HEMO_BAD_NUMBER, "%s \"%s\" for signal \"%s\" (want a whole number)",
                        what[i], p->tokens[i + 3], s->label);
    }
    if (values[1] < INT32_MIN || values[1] > INT32_MAX)
        return fail(p, HEMO_BAD_NUMBER, "zero %lld for signal \"%s\" (want a count)",
                    (long long)values[1], s->label);
    if (!has_baseline)
        s->baseline = (int32_t)values[1];
    /* Writers that compute neither leave both 0: then there is nothing to compare with. */
    bool filled = values[2] || values[3];
    s->has_initial = filled && p->tokens_count > 5;
    s->has_checksum = filled && p->tokens_count > 6;
    s->initial = (int32_t)values[2];
    s->checksum = (int16_t)(uint16_t)(values[3] & 0xffff);
    return HEMO_OK;
}

static enum hemo_error parse_signal(struct parser *p, uint32_t index) {
    struct wfdb_signal *s = &p->header->signals[index];
    *s = (struct wfdb_signal){.gain = 200, .samples_per_frame = 1, .units = "mV"};
    enum hemo_error error = next_line(p, TOKENS_MAX);
    if (error)
        return error;
    s->line = p->line;
    if (p->tokens_count > 8)
        snprintf(s->label, sizeof s->label, "%s", p->tokens[8]);
    else
        snprintf(s->label, sizeof s->label, "signal %u", index);
    const char *file = p->tokens[0];
    if (strcmp(file, "~") && !wfdb_name_ok(file))
        return fail(p, HEMO_BAD_FORMAT,
                    "file name \"%.80s\" (want a plain name beside the header, no folder)", file);
    memcpy(s->file, file, strlen(file) + 1);
    if (p->tokens_count < 2)
        return fail(p, HEMO_BAD_FORMAT, "no format for \"%s\" (want 16, 80 or 212)", file);
    bool has_baseline = false;
    if ((error = parse_format(p, s)))
        return error;
    if (p->tokens_count > 2 && (error = parse_gain(p, s, &has_baseline)))
        return error;
    return parse_counts(p, s, has_baseline);
}

static enum hemo_error parse_segment(struct parser *p, uint32_t index) {
    struct wfdb_segment *s = &p->header->segments[index];
    enum hemo_error error = next_line(p, 3);
    if (error)
        return error;
    int64_t frames = 0;
    const char *at = p->tokens_count > 1 ? p->tokens[1] : "";
    if (p->tokens_count != 2 || !take_whole(&at, index ? 1 : 0, INT64_C(1) << 46, &frames) || *at)
        return fail(p, HEMO_BAD_COUNT, "segment line (want a name and its number of samples)");
    if (strcmp(p->tokens[0], "~") && !wfdb_name_ok(p->tokens[0]))
        return fail(p, HEMO_BAD_FORMAT,
                    "segment name \"%.80s\" (want a plain name beside the header, no folder)",
                    p->tokens[0]);
    memcpy(s->name, p->tokens[0], strlen(p->tokens[0]) + 1);
    s->frames = (uint64_t)frames;
    return HEMO_OK;
}

static enum hemo_error parse_segments(struct parser *p) {
    struct wfdb_header *h = p->header;
    uint64_t total = 0;
    for (uint32_t i = 0; i < h->segments_count; i++) {
        enum hemo_error error = parse_segment(p, i);
        if (error)
            return error;
        total += h->segments[i].frames;
    }
    if (!total || (h->frames_given && h->frames != total))
        return fail(p, HEMO_BAD_COUNT, "segments hold %llu samples, the record line says %llu",
                    (unsigned long long)total, (unsigned long long)h->frames);
    h->frames = total;
    h->frames_given = true;
    return HEMO_OK;
}

enum hemo_error wfdb_header_parse(struct wfdb_header *header, const char *file, const char *text,
                                  size_t length, struct failure *failure) {
    struct parser p = {
        .header = header, .file = file, .at = text, .end = text + length, .failure = failure};
    header->started[0] = 0;
    header->frames = 0;
    header->frames_given = false;
    enum hemo_error error = parse_record_line(&p);
    if (error)
        return error;
    if (header->segments_count)
        return parse_segments(&p);
    for (uint32_t i = 0; i < header->signals_count; i++)
        if ((error = parse_signal(&p, i)))
            return error;
    return HEMO_OK;
}
