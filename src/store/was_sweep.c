/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_sweep: rows of what was deleted, has expired, or is named by no row. Owns which tables go in
 * which order. Refuses to know who may delete, when a batch is due, and in which thread.
 */

#include "store/was_sweep.h"

#include "base/was_tally.h"

#include <apr_shm.h>

#include <stdatomic.h>
#include <string.h>

enum {
    MAX_SWEEP_STEPS = WAS_TRANSACTION_MAX_STEPS - 1,
    MAX_SWEEP_ROWS = 1000,
    UNNAMED_REST_MSEC = 60 * 1000 /* between two looks at all contents */
};

typedef struct sweep_step_t {
    was_sql_t statement;
    bool deletes; /* it yields a row for each that it deletes */
} sweep_step_t;

/* A kind of what is deleted, and the statements of a batch: those of one stage after the other, of
 * which only that one, or the next, finds something to do. */
typedef struct sweep_kind_t {
    const char *name; /* as it stands in was_sweeps */
    int stages;
    int nsteps;
    sweep_step_t steps[MAX_SWEEP_STEPS];
} sweep_kind_t;

/* clang-format off */
/* How many there are, and which. */
#define SWEEP_STEPS(...) \
    sizeof((const sweep_step_t[]){__VA_ARGS__}) / sizeof(sweep_step_t), {__VA_ARGS__}

static const sweep_kind_t kinds[] = {
    {"collection", 4, SWEEP_STEPS(
        {WAS_SQL_SWEEP_LOG, true},
        {WAS_SQL_SWEEP_RESOURCES_MOVE, false},
        {WAS_SQL_SWEEP_RESOURCES_SPLIT, false},
        {WAS_SQL_SWEEP_RESOURCES_CHUNKS, true},
        {WAS_SQL_SWEEP_RESOURCES, true},
        {WAS_SQL_SWEEP_TOMBSTONES_MOVE, false},
        {WAS_SQL_SWEEP_TOMBSTONES, true},
        {WAS_SQL_SWEEP_POLICIES_MOVE, false},
        {WAS_SQL_SWEEP_POLICIES, true},
        {WAS_SQL_SWEEP_TERMS_MOVE, false},
        {WAS_SQL_SWEEP_TERMS, true})},
    {"space", 4, SWEEP_STEPS(
        {WAS_SQL_SWEEP_COLLECTIONS_MOVE, false},
        {WAS_SQL_SWEEP_COUNTERS_LOCK, false},
        {WAS_SQL_SWEEP_COLLECTIONS_SPLIT, false},
        {WAS_SQL_SWEEP_COUNTERS, true},
        {WAS_SQL_SWEEP_COLLECTIONS, true},
        {WAS_SQL_SWEEP_TOMBSTONES_MOVE, false},
        {WAS_SQL_SWEEP_TOMBSTONES, true},
        {WAS_SQL_SWEEP_POLICIES_MOVE, false},
        {WAS_SQL_SWEEP_POLICIES, true},
        {WAS_SQL_SWEEP_BACKENDS_MOVE, false},
        {WAS_SQL_SWEEP_BACKENDS, true})},
    {"classic", 1, SWEEP_STEPS(
        {WAS_SQL_SWEEP_CLASSIC_KEEP, false},
        {WAS_SQL_SWEEP_CLASSIC_MOVE, false},
        {WAS_SQL_SWEEP_CLASSIC_RESOURCES, true},
        {WAS_SQL_SWEEP_CLASSIC_SPACE, false})},
    {"chunks", 1, SWEEP_STEPS(
        {WAS_SQL_SWEEP_CHUNKS_MOVE, false},
        {WAS_SQL_SWEEP_CHUNKS, true})},
    {"content", 1, SWEEP_STEPS(
        {WAS_SQL_SWEEP_CONTENT_MOVE, false},
        {WAS_SQL_SWEEP_CONTENT, true})},
};
/* clang-format on */

/* Shared by all children; there is one place for all databases. */
static atomic_uint *announcements;

bool was_sweep_share(apr_pool_t *pool)
{
    apr_shm_t *memory;

    if (apr_shm_create(&memory, sizeof(*announcements), NULL, pool) != APR_SUCCESS) {
        return false;
    }
    announcements = apr_shm_baseaddr_get(memory);
    atomic_init(announcements, 0);
    return true;
}

void was_sweep_announce(void)
{
    atomic_fetch_add(announcements, 1);
}

unsigned was_sweep_announced(void)
{
    return atomic_load(announcements);
}

static const sweep_kind_t *find_kind(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

static const was_error_t *run_batch(was_db_t *db, const sweep_kind_t *kind,
                                    const was_value_t key[2], was_sweep_batch_t *batch,
                                    apr_pool_t *pool)
{
    const was_value_t end[] = {key[0], key[1], WAS_INTEGER(kind->stages)};
    const was_value_t values[] = {key[0], key[1], WAS_INTEGER(MAX_SWEEP_ROWS),
                                  WAS_INTEGER(was_db_keeps(db))};
    was_transaction_t transaction = {.nsteps = 0};

    for (int i = 0; i < kind->nsteps; i++) {
        was_sql_t statement = kind->steps[i].statement;

        was_step_add(&transaction, statement, values, was_sql_statement(statement)->nvalues);
    }
    const was_step_t *last = was_step_add(&transaction, WAS_SQL_SWEEP_END, end, 3);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    batch->ended = batch->taken = was_rows_count(last->rows) > 0;
    for (int i = 0; i < kind->nsteps; i++) {
        int count = was_rows_count(transaction.steps[i].rows);

        batch->taken = batch->taken || count > 0;
        batch->rows += kind->steps[i].deletes ? count : 0;
        batch->parts += kind->steps[i].statement == WAS_SQL_SWEEP_CONTENT ? count : 0;
    }
    return NULL;
}

/* One look for contents that no row names. It has no end: from the last ones it goes to the first
 * ones again, some time later. Who else is at it looks at the same, which does no harm. */
static const was_error_t *look_for_unnamed(was_db_t *db, const was_value_t key[2],
                                           was_sweep_batch_t *batch, apr_pool_t *pool)
{
    const was_rows_t *from, *page;

    WAS_TRY(was_db_run(db, WAS_SQL_SWEEP_UNNAMED_FROM, key, 2, &from, pool));
    if (was_rows_count(from) == 0) {
        return NULL;
    }
    was_value_t range[] = {
        WAS_TEXT(was_rows_text(from, 0, 0)), WAS_INTEGER(was_rows_integer(from, 0, 1, 0)),
        WAS_INTEGER(MAX_SWEEP_ROWS), WAS_TEXT(NULL), WAS_INTEGER(was_db_keeps(db))};

    WAS_TRY(was_db_run(db, WAS_SQL_SWEEP_UNNAMED_PAGE, range, 3, &page, pool));
    int count = was_rows_count(page);
    was_value_t moved[] = {key[0], key[1], WAS_TEXT(NULL), WAS_TEXT(NULL),
                           WAS_INTEGER(count < MAX_SWEEP_ROWS ? UNNAMED_REST_MSEC : 0)};
    was_transaction_t transaction = {.nsteps = 0};

    if (count > 0) {
        range[2] = WAS_TEXT(was_rows_text(page, count - 1, 0));
        range[3] = WAS_INTEGER(was_rows_integer(page, count - 1, 1, 0));
        was_step_add(&transaction, WAS_SQL_SWEEP_UNNAMED, range, 5);
    }
    if (count == MAX_SWEEP_ROWS) {
        moved[2] = range[2];
        moved[3] = range[3];
    }
    const was_step_t *last = was_step_add(&transaction, WAS_SQL_SWEEP_UNNAMED_MOVE, moved, 5);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    batch->taken = was_rows_count(last->rows) > 0;
    return NULL;
}

static const was_error_t *sweep_first(was_db_t *db, int passed, was_sweep_batch_t *batch,
                                      apr_pool_t *pool)
{
    const was_value_t skip = WAS_INTEGER(passed);
    const was_rows_t *rows;

    memset(batch, 0, sizeof(*batch));
    WAS_TRY(was_db_run(db, WAS_SQL_SWEEP_NEXT, &skip, 1, &rows, pool));
    if (was_rows_count(rows) == 0) {
        return NULL;
    }
    batch->found = true;
    const char *name = was_rows_text(rows, 0, 2);
    const sweep_kind_t *kind = find_kind(name);
    const was_value_t key[] = {WAS_TEXT(was_rows_text(rows, 0, 0)),
                               WAS_INTEGER(was_rows_integer(rows, 0, 1, 0))};

    if (strcmp(name, "unnamed") == 0) {
        return look_for_unnamed(db, key, batch, pool);
    }
    if (kind == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "what is a %s?", name);
    }
    return run_batch(db, kind, key, batch, pool);
}

/* Of a batch, or of a look that found nothing to do, or failed. */
static void count_batch(const was_sweep_batch_t *batch, const was_error_t *error)
{
    was_tally_add(WAS_TALLY_SWEEP_BATCHES, error == NULL && batch->taken);
    was_tally_add(WAS_TALLY_SWEEP_FAILURES, error != NULL);
    was_tally_add(WAS_TALLY_SWEEP_ROWS, batch->rows);
    was_tally_add(WAS_TALLY_SWEEP_PARTS, batch->parts);
    was_tally_add(WAS_TALLY_SWEEP_FINISHED, batch->ended);
}

const was_error_t *was_sweep_run(was_db_t *db, int passed, was_sweep_batch_t *batch,
                                 apr_pool_t *pool)
{
    const was_error_t *error = sweep_first(db, passed, batch, pool);

    count_batch(batch, error);
    return error;
}

static const was_error_t *forget_revocations(was_db_t *db, int *rows, apr_pool_t *pool)
{
    was_transaction_t transaction = {.nsteps = 0};
    const was_rows_t *found;

    *rows = 0;
    WAS_TRY(was_db_run(db, WAS_SQL_SWEEP_REVOKED_NEXT, NULL, 0, &found, pool));
    if (was_rows_count(found) == 0) {
        return NULL;
    }
    const was_value_t values[] = {WAS_TEXT(was_rows_text(found, 0, 0)),
                                  WAS_INTEGER(MAX_SWEEP_ROWS)};

    was_step_add(&transaction, WAS_SQL_SWEEP_REVOKED_SPACE_LOCK, values, 1);
    was_step_add(&transaction, WAS_SQL_SWEEP_REVOKED_LOCK, values, 2);
    was_step_add(&transaction, WAS_SQL_SWEEP_REVOKED_DISCHARGE, values, 2);
    const was_step_t *swept = was_step_add(&transaction, WAS_SQL_SWEEP_REVOKED, values, 2);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    *rows = was_rows_count(swept->rows);
    return NULL;
}

const was_error_t *was_sweep_revocations(was_db_t *db, int *rows, apr_pool_t *pool)
{
    const was_error_t *error = forget_revocations(db, rows, pool);

    was_tally_add(WAS_TALLY_SWEEP_REVOCATIONS, *rows);
    was_tally_add(WAS_TALLY_SWEEP_FAILURES, error != NULL);
    return error;
}
