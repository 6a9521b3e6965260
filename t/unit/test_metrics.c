/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_metrics: a sample is a line that has one reading, whatever its texts are; numbers are written
 * as they are; JSON says the same. */
#include "tap.h"

#include "http/was_metrics.h"

static const char *name_of(const char *value, apr_pool_t *pool)
{
    apr_array_header_t *families = apr_array_make(pool, 1, sizeof(was_family_t));
    was_family_t *family = was_metrics_family(families, "was_x_total", WAS_METRIC_COUNTER, "Help.");
    was_sample_t *sample = was_metrics_sample(family, "", 1);

    was_metrics_label(sample, "a", value);
    return was_metrics_name(family, sample, pool);
}

static void check_labels(apr_pool_t *pool)
{
    static const struct {
        const char *value, *due, *name;
    } cases[] = {
        {"plain", "was_x_total{a=\"plain\"}", "a plain label"},
        {"", "was_x_total{a=\"\"}", "an empty one"},
        {"/space/*/**", "was_x_total{a=\"/space/*/**\"}", "a route"},
        {"a\"b", "was_x_total{a=\"a\\\"b\"}", "a quote"},
        {"a\\b", "was_x_total{a=\"a\\\\b\"}", "a backslash"},
        {"a\nb", "was_x_total{a=\"a\\nb\"}", "the end of a line"},
        {"\"} 1\nwas_y 2", "was_x_total{a=\"\\\"} 1\\nwas_y 2\"}", "another sample"},
        {"\\\"\n", "was_x_total{a=\"\\\\\\\"\\n\"}", "all three"},
        {"\xc3\xa4", "was_x_total{a=\"\xc3\xa4\"}", "UTF-8"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(name_of(cases[i].value, pool), cases[i].due, cases[i].name);
    }
}

static void check_values(apr_pool_t *pool)
{
    static const struct {
        double value;
        const char *due;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-3, "-3"},
        {4294967296.0, "4294967296"},
        {8999999999999999.0, "8999999999999999"},
        {0.5, "0.500000"},
        {12.000001, "12.000001"},
        {-0.25, "-0.250000"},
        {1e18, "1000000000000000000.000000"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const was_sample_t sample = {.suffix = "", .value = cases[i].value};

        is_str(was_metrics_value(&sample, pool), cases[i].due, cases[i].due);
    }
}

/* One family of each kind, and one that has no sample yet. */
static apr_array_header_t *list_families(apr_pool_t *pool)
{
    apr_array_header_t *families = apr_array_make(pool, 1, sizeof(was_family_t));
    was_family_t *family =
        was_metrics_family(families, "was_a_total", WAS_METRIC_COUNTER, "A \\ and\na \"line\".");

    was_metrics_label(was_metrics_sample(family, "", 7), "kind", "x");
    was_metrics_label(was_metrics_sample(family, "", 8), "kind", "y");
    family = was_metrics_family(families, "was_b", WAS_METRIC_GAUGE, "B.");
    was_metrics_sample(family, "", 2);
    family = was_metrics_family(families, "was_c_seconds", WAS_METRIC_HISTOGRAM, "C.");
    was_metrics_label(was_metrics_sample(family, "_bucket", 3), "le", "+Inf");
    was_metrics_sample(family, "_sum", 0.25);
    was_metrics_sample(family, "_count", 3);
    was_metrics_family(families, "was_d", WAS_METRIC_GAUGE, "D.");
    return families;
}

static void check_text(const apr_array_header_t *families, apr_pool_t *pool)
{
    is_str(was_metrics_text(families, pool),
           "# HELP was_a_total A \\\\ and\\na \"line\".\n"
           "# TYPE was_a_total counter\n"
           "was_a_total{kind=\"x\"} 7\n"
           "was_a_total{kind=\"y\"} 8\n"
           "# HELP was_b B.\n"
           "# TYPE was_b gauge\n"
           "was_b 2\n"
           "# HELP was_c_seconds C.\n"
           "# TYPE was_c_seconds histogram\n"
           "was_c_seconds_bucket{le=\"+Inf\"} 3\n"
           "was_c_seconds_sum 0.250000\n"
           "was_c_seconds_count 3\n"
           "# HELP was_d D.\n"
           "# TYPE was_d gauge\n",
           "a text of all kinds");
}

static void check_json(const apr_array_header_t *families, apr_pool_t *pool)
{
    is_str(was_json_text(was_metrics_json(families, pool), NULL, pool),
           "{\"metrics\":["
           "{\"name\":\"was_a_total\",\"type\":\"counter\","
           "\"help\":\"A \\\\ and\\na \\\"line\\\".\",\"samples\":["
           "{\"name\":\"was_a_total\",\"labels\":{\"kind\":\"x\"},\"value\":7},"
           "{\"name\":\"was_a_total\",\"labels\":{\"kind\":\"y\"},\"value\":8}]},"
           "{\"name\":\"was_b\",\"type\":\"gauge\",\"help\":\"B.\",\"samples\":["
           "{\"name\":\"was_b\",\"labels\":{},\"value\":2}]},"
           "{\"name\":\"was_c_seconds\",\"type\":\"histogram\",\"help\":\"C.\",\"samples\":["
           "{\"name\":\"was_c_seconds_bucket\",\"labels\":{\"le\":\"+Inf\"},\"value\":3},"
           "{\"name\":\"was_c_seconds_sum\",\"labels\":{},\"value\":0.25},"
           "{\"name\":\"was_c_seconds_count\",\"labels\":{},\"value\":3}]},"
           "{\"name\":\"was_d\",\"type\":\"gauge\",\"help\":\"D.\",\"samples\":[]}]}",
           "the same as JSON");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    was_sample_t full = {.suffix = ""};

    was_json_init();
    check_labels(pool);
    check_values(pool);
    const apr_array_header_t *families = list_families(pool);
    check_text(families, pool);
    check_json(families, pool);
    for (int i = 0; i < WAS_SAMPLE_LABELS + 2; i++) {
        was_metrics_label(&full, "a", "b");
    }
    ok(full.nlabels == WAS_SAMPLE_LABELS, "a label too many is left out");
    return done();
}
