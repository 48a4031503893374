#include "sim/info.h"
#include "proto/event.h"
#include "proto/site.h"
#include "sim/patient_source.h"
#include "sim/record_source.h"
#include <math.h>
#include <stdio.h>

static const char *const unit_names[] = {"", "mmHg", "mV", "L/min", "other"};

static void print_json(const struct stream_info *info, double length_s) {
    printf("{\"type\":\"record\",\"name\":\"%s\",\"seconds\":%.10g,\"channels\":%u}\n", info->name,
           length_s, info->channels_count);
    for (uint32_t c = 0; c < info->channels_count; c++) {
        const struct stream_channel *channel = &info->channels[c];
        fputs("{\"type\":\"channel\",\"label\":\"", stdout);
        for (const char *at = channel->label; *at; at++)
            printf(*at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
        printf("\",\"site\":\"%s\",\"rate_hz\":%.10g,\"unit\":\"%s\",\"gain\":%.10g,"
               "\"baseline\":%d}\n",
               site_row(channel->site)->name, stream_channel_rate_hz(info, c),
               unit_names[channel->unit], 1 / channel->scale, channel->offset);
    }
}

static void print_text(const struct stream_info *info, double length_s) {
    printf("%s: %.3f s, %u channels\n", info->name, length_s, info->channels_count);
    printf("  %-16s %-5s %10s %-6s %12s %9s\n", "label", "site", "rate Hz", "unit", "gain",
           "baseline");
    for (uint32_t c = 0; c < info->channels_count; c++) {
        const struct stream_channel *channel = &info->channels[c];
        printf("  %-16s %-5s %10.6g %-6s %12.6g %9d\n", channel->label,
               site_row(channel->site)->name, stream_channel_rate_hz(info, c),
               unit_names[channel->unit], 1 / channel->scale, channel->offset);
    }
}

static void list_text(void) {
    puts("patients (hemosim play NAME, hemosim gen NAME):");
    for (int i = 0; i < patient_rows_count; i++)
        printf("  %-12s %s\n", patient_rows[i].name, patient_rows[i].what);
    puts("scenarios (--scenario NAME@SECONDS, with any patient):");
    for (int i = 0; i < SCENARIOS; i++)
        printf("  %-16s %s\n", scenarios[i].name, scenarios[i].what);
    puts("faults (--fault NAME@SECONDS+SECONDS[:NUMBER=VALUE,...][,channel=LABEL]):");
    for (int i = 0; i < FAULT_KINDS; i++) {
        const struct fault_row *f = &fault_rows[i];
        printf("  %-10s %s", f->name, f->what);
        for (int n = 0; n < FAULT_NUMBERS && f->numbers[n].name; n++)
            printf("%s%s %g (%g..%g)", n ? ", " : "; ", f->numbers[n].name, f->numbers[n].usual,
                   f->numbers[n].least, f->numbers[n].most);
        char promise[80];
        fault_promise_text(f, promise, sizeof promise);
        printf("; %s\n", promise);
    }
}

/* NAN has no word in JSON. */
static void number(const char *key, double value) {
    if (isfinite(value))
        printf(",\"%s\":%g", key, value);
}

static void list_json(void) {
    for (int i = 0; i < patient_rows_count; i++) {
        const struct patient_row *p = &patient_rows[i];
        printf("{\"type\":\"patient\",\"name\":\"%s\",\"what\":\"%s\",\"lab\":\"%s\","
               "\"scenario\":\"%s\",\"onset_s\":%g",
               p->name, p->what, p->lab->name, p->scenario->name, p->onset_s);
        number("ao_mean", p->before.ao_mean);
        number("ao_mean_after", p->ao_mean_after);
        number("pcw_mean", p->before.pcw_mean);
        number("pcw_mean_after", p->pcw_mean_after);
        puts("}");
    }
    for (int i = 0; i < SCENARIOS; i++)
        printf("{\"type\":\"scenario\",\"name\":\"%s\",\"what\":\"%s\",\"lasts_s\":%g}\n",
               scenarios[i].name, scenarios[i].what, scenario_lasts_s(&scenarios[i]));
    for (int i = 0; i < FAULT_KINDS; i++) {
        char promise[80];
        fault_promise_text(&fault_rows[i], promise, sizeof promise);
        for (char *at = promise; *at; at++)
            *at = *at == '"' ? '\'' : *at;
        printf("{\"type\":\"fault\",\"name\":\"%s\",\"what\":\"%s\",\"line\":\"%s\","
               "\"promise\":\"%s\"}\n",
               fault_rows[i].name, fault_rows[i].what,
               fault_rows[i].channel == FAULT_ON_WIRE
                   ? "wire"
                   : patient_channel_labels[fault_rows[i].channel],
               promise);
    }
}

void info_list(const struct options *options) {
    if (options->json)
        list_json();
    else
        list_text();
}

enum hemo_error info_run(const struct options *options, struct failure *failure) {
    struct source source;
    struct record_source_config config = {.path = options->record,
                                          .from_s = options->from_s,
                                          .to_s = options->to_s,
                                          .signals = options->signals,
                                          .maps = options->maps,
                                          .maps_count = options->maps_count,
                                          .ignore_checksums = options->ignore_checksums};
    enum hemo_error error = record_source_open(&source, &config, failure);
    if (error)
        return error;
    double length_s =
        (double)(source.end_tick - source.first_tick) / stream_base_rate_hz(&source.info);
    if (*record_source_note(&source) && !options->quiet)
        fprintf(stderr, "hemosim: note: %s\n", record_source_note(&source));
    if (options->json)
        print_json(&source.info, length_s);
    else
        print_text(&source.info, length_s);
    source.close(source.state);
    return HEMO_OK;
}
