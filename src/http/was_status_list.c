/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_status_list: what the numbers are called and mean to who reads them. Owns the names of
 * metrics and labels, which docs/monitoring.md repeats. Refuses to know how they are written.
 */

#include "http/was_status.h"

#include "http/was_slots.h"
#include "store/was_schema.h"
#include "was_status_rows.h"

#include <apr_strings.h>

/* A number of was_tally. Those of one name stand together, and the first has the words for it. */
typedef struct metric_t {
    const char *name;
    const char *label, *value; /* or NULL */
    was_tally_t tally;
    const char *help;
} metric_t;

/* clang-format off */
static const metric_t metrics[] = {
    {"was_http_received_bytes_total", NULL, NULL, WAS_TALLY_RECEIVED_BYTES,
     "Bytes of request bodies that have come."},
    {"was_http_sent_bytes_total", NULL, NULL, WAS_TALLY_SENT_BYTES,
     "Bytes of answers' bodies, as the access log counts them."},
    {"was_http_uploads", NULL, NULL, WAS_TALLY_UPLOADS,
     "Requests whose body is coming in."},
    {"was_http_waiting_readers", NULL, NULL, WAS_TALLY_WAITING_READERS,
     "Requests that wait for a change."},
    {"was_db_connections_in_use", NULL, NULL, WAS_TALLY_CONNECTIONS_IN_USE,
     "Connections to PostgreSQL that are borrowed."},
    {"was_db_connections_waited_for", NULL, NULL, WAS_TALLY_CONNECTIONS_WAITED_FOR,
     "Threads that wait for a connection to PostgreSQL."},
    {"was_db_connections_refused_total", "reason", "busy", WAS_TALLY_CONNECTIONS_BUSY,
     "Who got no connection: all were in use, or one could not be made."},
    {"was_db_connections_refused_total", "reason", "unreachable",
     WAS_TALLY_CONNECTIONS_UNREACHABLE, NULL},
    {"was_db_transactions_total", NULL, NULL, WAS_TALLY_TRANSACTIONS,
     "Transactions, each once however often it was tried."},
    {"was_db_statements_total", NULL, NULL, WAS_TALLY_STATEMENTS,
     "Statements that were sent for transactions."},
    {"was_db_retries_total", NULL, NULL, WAS_TALLY_RETRIES,
     "Transactions that were tried a second time."},
    {"was_db_errors_total", "kind", "unavailable", WAS_TALLY_DATABASE_UNAVAILABLE,
     "Tries of transactions that failed; uncertain: nobody knows whether it was written."},
    {"was_db_errors_total", "kind", "uncertain", WAS_TALLY_DATABASE_UNCERTAIN, NULL},
    {"was_db_errors_total", "kind", "not_found", WAS_TALLY_DATABASE_NOT_FOUND, NULL},
    {"was_db_errors_total", "kind", "conflict", WAS_TALLY_DATABASE_CONFLICT, NULL},
    {"was_db_errors_total", "kind", "target_too_long", WAS_TALLY_DATABASE_TARGET_TOO_LONG, NULL},
    {"was_db_errors_total", "kind", "malformed", WAS_TALLY_DATABASE_MALFORMED, NULL},
    {"was_db_errors_total", "kind", "broken", WAS_TALLY_DATABASE_BROKEN, NULL},
    {"was_replay_signatures_total", "result", "accepted", WAS_TALLY_REPLAY_ACCEPTED,
     "Signatures of writes that the replay guard was shown."},
    {"was_replay_signatures_total", "result", "refused", WAS_TALLY_REPLAY_REFUSED, NULL},
    {"was_replay_signatures_total", "result", "unavailable", WAS_TALLY_REPLAY_UNAVAILABLE, NULL},
    {"was_verified_lookups_total", "result", "hit", WAS_TALLY_VERIFIED_HITS,
     "Capabilities that were looked for among those that are verified."},
    {"was_verified_lookups_total", "result", "miss", WAS_TALLY_VERIFIED_MISSES, NULL},
    {"was_verified_entries", NULL, NULL, WAS_TALLY_VERIFIED_ENTRIES,
     "Capabilities that are remembered as verified."},
    {"was_sweep_batches_total", NULL, NULL, WAS_TALLY_SWEEP_BATCHES,
     "Batches of rows that were swept."},
    {"was_sweep_rows_total", NULL, NULL, WAS_TALLY_SWEEP_ROWS,
     "Rows that sweeping has deleted, parts among them."},
    {"was_sweep_parts_total", NULL, NULL, WAS_TALLY_SWEEP_PARTS,
     "Parts of contents that sweeping has deleted, of up to 512 KiB each."},
    {"was_sweep_finished_total", NULL, NULL, WAS_TALLY_SWEEP_FINISHED,
     "Spaces, collections and contents of which sweeping has left nothing."},
    {"was_sweep_revocations_total", NULL, NULL, WAS_TALLY_SWEEP_REVOCATIONS,
     "Revocations that have expired and were forgotten."},
    {"was_sweep_failures_total", NULL, NULL, WAS_TALLY_SWEEP_FAILURES,
     "Batches that failed; they are tried again."},
};
/* clang-format on */

static void list_tallies(apr_array_header_t *families, const apr_int64_t *sums)
{
    was_family_t *family = NULL;

    for (apr_size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
        const metric_t *metric = &metrics[i];

        if (metric->help != NULL) {
            family = was_metrics_family(families, metric->name,
                                        was_tally_is_gauge((int)metric->tally) ? WAS_METRIC_GAUGE
                                                                               : WAS_METRIC_COUNTER,
                                        metric->help);
        }
        was_sample_t *sample = was_metrics_sample(family, "", (double)sums[metric->tally]);

        if (metric->label != NULL) {
            was_metrics_label(sample, metric->label, metric->value);
        }
    }
}

static was_sample_t *sample_of_row(was_family_t *family, const char *suffix,
                                   const was_status_row_t *row, apr_int64_t value)
{
    was_sample_t *sample = was_metrics_sample(family, suffix, (double)value);

    was_metrics_label(sample, "protocol", row->protocol);
    was_metrics_label(sample, "method", row->method);
    was_metrics_label(sample, "route", row->route);
    return sample;
}

/* What never happened is left out: most routes never have most statuses. */
static void list_requests(apr_array_header_t *families, const apr_int64_t *sums)
{
#define WAS_STATUS_CODE_TEXT(code) #code,
    static const char *const codes[] = {WAS_STATUS_CODES(WAS_STATUS_CODE_TEXT) "other"};
#undef WAS_STATUS_CODE_TEXT
    was_family_t *family = was_metrics_family(families, "was_http_requests_total",
                                              WAS_METRIC_COUNTER, "Requests that were answered.");
    int nrows;
    const was_status_row_t *rows = was_status_rows(&nrows);

    for (int i = 0; i < nrows; i++) {
        const apr_int64_t *counts = &sums[rows[i].number + WAS_STATUS_AT_CODES];

        for (int code = 0; code <= WAS_STATUS_NCODES; code++) {
            if (counts[code] > 0) {
                was_metrics_label(sample_of_row(family, "", &rows[i], counts[code]), "status",
                                  codes[code]);
            }
        }
    }
}

static void list_times_of_row(was_family_t *family, const was_status_row_t *row,
                              const apr_int64_t *sums)
{
#define WAS_STATUS_BUCKET_TEXT(most, text) text,
    static const char *const bounds[] = {WAS_STATUS_BUCKETS(WAS_STATUS_BUCKET_TEXT)};
#undef WAS_STATUS_BUCKET_TEXT
    const apr_int64_t *counts = &sums[row->number + WAS_STATUS_AT_BUCKETS];
    apr_int64_t total = 0;

    for (int i = 0; i < WAS_STATUS_NBUCKETS; i++) {
        total += counts[i];
    }
    if (total == 0) {
        return;
    }
    apr_int64_t so_far = 0;
    for (int i = 0; i < WAS_STATUS_NBUCKETS; i++) {
        so_far += counts[i];
        was_metrics_label(sample_of_row(family, "_bucket", row, so_far), "le", bounds[i]);
    }
    sample_of_row(family, "_sum", row, 0)->value =
        (double)sums[row->number + WAS_STATUS_AT_MICROSECONDS] / APR_USEC_PER_SEC;
    sample_of_row(family, "_count", row, total);
}

static void list_times(apr_array_header_t *families, const apr_int64_t *sums)
{
    was_family_t *family =
        was_metrics_family(families, "was_http_request_duration_seconds", WAS_METRIC_HISTOGRAM,
                           "Time from a request's first line to the end of its answer, waits for "
                           "the client included.");
    int nrows;
    const was_status_row_t *rows = was_status_rows(&nrows);

    for (int i = 0; i < nrows; i++) {
        list_times_of_row(family, &rows[i], sums);
    }
}

apr_array_header_t *was_status_list(apr_pool_t *pool)
{
    apr_array_header_t *families = apr_array_make(pool, 32, sizeof(was_family_t));
    int children;
    const apr_int64_t *sums = was_slots_sum(&children, pool);
    was_family_t *info = was_metrics_family(families, "was_info", WAS_METRIC_GAUGE,
                                            "The module, and the schema that it works on.");
    was_sample_t *sample = was_metrics_sample(info, "", 1);

    was_metrics_label(sample, "version", WAS_VERSION);
    was_metrics_label(sample, "schema", apr_itoa(pool, WAS_SCHEMA_VERSION));
    was_metrics_sample(was_metrics_family(families, "was_children", WAS_METRIC_GAUGE,
                                          "Processes of httpd that are counted here."),
                       "", children);
    list_requests(families, sums);
    list_times(families, sums);
    list_tallies(families, sums);
    return families;
}
