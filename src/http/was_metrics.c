/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_metrics: numbers with names, written down. Owns the two forms. Refuses to know where the
 * numbers come from.
 */

#include "http/was_metrics.h"

#include <apr_strings.h>

static const char *const kinds[] = {[WAS_METRIC_COUNTER] = "counter",
                                    [WAS_METRIC_GAUGE] = "gauge",
                                    [WAS_METRIC_HISTOGRAM] = "histogram"};

was_family_t *was_metrics_family(apr_array_header_t *families, const char *name,
                                 was_metric_kind_t kind, const char *help)
{
    was_family_t *family = apr_array_push(families);

    *family = (was_family_t){name, kind, help, NULL};
    family->samples = apr_array_make(families->pool, 1, sizeof(was_sample_t));
    return family;
}

was_sample_t *was_metrics_sample(was_family_t *family, const char *suffix, double value)
{
    was_sample_t *sample = apr_array_push(family->samples);

    *sample = (was_sample_t){.suffix = suffix, .value = value};
    return sample;
}

void was_metrics_label(was_sample_t *sample, const char *name, const char *value)
{
    if (sample->nlabels < WAS_SAMPLE_LABELS) {
        sample->labels[sample->nlabels++] = (was_label_t){name, value};
    }
}

/* With a backslash before what would end a text, or its line. In help texts, quotes end nothing. */
static const char *escape_text(const char *text, bool in_quotes, apr_pool_t *pool)
{
    char *escaped = apr_palloc(pool, 2 * strlen(text) + 1), *to = escaped;

    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '\n' || (*text == '"' && in_quotes)) {
            *to++ = '\\';
        }
        *to++ = *text == '\n' ? 'n' : *text;
    }
    *to = '\0';
    return escaped;
}

const char *was_metrics_name(const was_family_t *family, const was_sample_t *sample,
                             apr_pool_t *pool)
{
    const char *name = apr_pstrcat(pool, family->name, sample->suffix, NULL);

    for (int i = 0; i < sample->nlabels; i++) {
        name = apr_pstrcat(pool, name, i == 0 ? "{" : ",", sample->labels[i].name, "=\"",
                           escape_text(sample->labels[i].value, true, pool), "\"", NULL);
    }
    return sample->nlabels > 0 ? apr_pstrcat(pool, name, "}", NULL) : name;
}

static bool is_whole(double value)
{
    return value > -9e15 && value < 9e15 && value == (double)(apr_int64_t)value;
}

const char *was_metrics_value(const was_sample_t *sample, apr_pool_t *pool)
{
    return is_whole(sample->value)
               ? apr_psprintf(pool, "%" APR_INT64_T_FMT, (apr_int64_t)sample->value)
               : apr_psprintf(pool, "%.6f", sample->value);
}

const char *was_metrics_text(const apr_array_header_t *families, apr_pool_t *pool)
{
    apr_array_header_t *lines = apr_array_make(pool, 256, sizeof(const char *));

    for (int i = 0; i < families->nelts; i++) {
        const was_family_t *family = &APR_ARRAY_IDX(families, i, was_family_t);

        APR_ARRAY_PUSH(lines, const char *) =
            apr_psprintf(pool, "# HELP %s %s\n# TYPE %s %s\n", family->name,
                         escape_text(family->help, false, pool), family->name, kinds[family->kind]);
        for (int j = 0; j < family->samples->nelts; j++) {
            const was_sample_t *sample = &APR_ARRAY_IDX(family->samples, j, was_sample_t);

            APR_ARRAY_PUSH(lines, const char *) =
                apr_pstrcat(pool, was_metrics_name(family, sample, pool), " ",
                            was_metrics_value(sample, pool), "\n", NULL);
        }
    }
    return apr_array_pstrcat(pool, lines, '\0');
}

static json_t *json_of_sample(const was_family_t *family, const was_sample_t *sample,
                              apr_pool_t *pool)
{
    json_t *labels = json_object();

    for (int i = 0; i < sample->nlabels; i++) {
        json_object_set_new(labels, sample->labels[i].name, json_string(sample->labels[i].value));
    }
    return json_pack("{s:s, s:o, s:o}", "name",
                     apr_pstrcat(pool, family->name, sample->suffix, NULL), "labels", labels,
                     "value",
                     is_whole(sample->value) ? json_integer((json_int_t)sample->value)
                                             : json_real(sample->value));
}

const json_t *was_metrics_json(const apr_array_header_t *families, apr_pool_t *pool)
{
    json_t *list = json_array();

    for (int i = 0; i < families->nelts; i++) {
        const was_family_t *family = &APR_ARRAY_IDX(families, i, was_family_t);
        json_t *samples = json_array();

        for (int j = 0; j < family->samples->nelts; j++) {
            json_array_append_new(
                samples,
                json_of_sample(family, &APR_ARRAY_IDX(family->samples, j, was_sample_t), pool));
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", family->name, "type",
                                              kinds[family->kind], "help", family->help, "samples",
                                              samples));
    }
    return was_json_own(json_pack("{s:o}", "metrics", list), pool);
}
