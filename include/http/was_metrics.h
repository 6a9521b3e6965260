/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_METRICS_H
#define WAS_METRICS_H

#include "base/was_json.h"

#include <apr_tables.h>

/*
 * was_metrics: numbers with names, and how they are written down: as the text that Prometheus reads
 * (its exposition format, version 0.0.4), and as JSON that says the same. Knows no request, and not
 * what is counted.
 */

typedef enum was_metric_kind_t {
    WAS_METRIC_COUNTER,
    WAS_METRIC_GAUGE,
    WAS_METRIC_HISTOGRAM
} was_metric_kind_t;

enum { WAS_SAMPLE_LABELS = 4 };

typedef struct was_label_t {
    const char *name; /* letters, digits, _ */
    const char *value;
} was_label_t;

typedef struct was_sample_t {
    const char *suffix; /* behind the family's name: "", and of histograms _bucket, _sum, _count */
    int nlabels;
    was_label_t labels[WAS_SAMPLE_LABELS];
    double value; /* finite; as a whole number where it is one */
} was_sample_t;

/* Samples of one name. */
typedef struct was_family_t {
    const char *name;
    was_metric_kind_t kind;
    const char *help;
    apr_array_header_t *samples; /* of was_sample_t */
} was_family_t;

/* Appends a family without samples to an array of was_family_t. Texts are kept, not copied, here
 * and below. */
was_family_t *was_metrics_family(apr_array_header_t *families, const char *name,
                                 was_metric_kind_t kind, const char *help);

/* Appends a sample without labels. */
was_sample_t *was_metrics_sample(was_family_t *family, const char *suffix, double value);

/* Gives a sample one label more; those beyond WAS_SAMPLE_LABELS are left out. */
void was_metrics_label(was_sample_t *sample, const char *name, const char *value);

/* The name of a sample with its labels, escaped: `was_x_total{reason="a"}`. */
const char *was_metrics_name(const was_family_t *family, const was_sample_t *sample,
                             apr_pool_t *pool);

/* Its value, as digits. */
const char *was_metrics_value(const was_sample_t *sample, apr_pool_t *pool);

/* All families, as text. */
const char *was_metrics_text(const apr_array_header_t *families, apr_pool_t *pool);

/* The same as JSON: `{"metrics": [{"name", "type", "help", "samples": [{"name", "labels",
 * "value"}]}]}`. The value is the pool's; NULL when a text is not UTF-8. */
const json_t *was_metrics_json(const apr_array_header_t *families, apr_pool_t *pool);

#endif
