/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_sweep: rows of what was deleted. Owns which tables go in which order. Refuses to know who may
 * delete, when a batch is due, and in which thread.
 */

#include "store/was_sweep.h"

#include <apr_shm.h>

#include <stdatomic.h>
#include <string.h>

enum { MAX_SWEEP_STEPS = WAS_TRANSACTION_MAX_STEPS - 1, MAX_SWEEP_ROWS = 1000 };

/* A kind of what is deleted, and the statements of a batch: those of one stage after the other, of
 * which only that one, or the next, finds something to do. */
typedef struct sweep_kind_t {
    const char *name; /* as it stands in was_sweeps */
    int stages;
    int nsteps;
    was_sql_t steps[MAX_SWEEP_STEPS];
} sweep_kind_t;

static const sweep_kind_t kinds[] = {
    {"collection",
     3,
     6,
     {WAS_SQL_SWEEP_RESOURCES_MOVE, WAS_SQL_SWEEP_RESOURCES, WAS_SQL_SWEEP_TOMBSTONES_MOVE,
      WAS_SQL_SWEEP_TOMBSTONES, WAS_SQL_SWEEP_POLICIES_MOVE, WAS_SQL_SWEEP_POLICIES}},
    {"space",
     4,
     11,
     {WAS_SQL_SWEEP_COLLECTIONS_MOVE, WAS_SQL_SWEEP_COUNTERS_LOCK, WAS_SQL_SWEEP_COLLECTIONS_SPLIT,
      WAS_SQL_SWEEP_COUNTERS, WAS_SQL_SWEEP_COLLECTIONS, WAS_SQL_SWEEP_TOMBSTONES_MOVE,
      WAS_SQL_SWEEP_TOMBSTONES, WAS_SQL_SWEEP_POLICIES_MOVE, WAS_SQL_SWEEP_POLICIES,
      WAS_SQL_SWEEP_BACKENDS_MOVE, WAS_SQL_SWEEP_BACKENDS}},
    {"classic",
     1,
     4,
     {WAS_SQL_SWEEP_CLASSIC_KEEP, WAS_SQL_SWEEP_CLASSIC_MOVE, WAS_SQL_SWEEP_CLASSIC_RESOURCES,
      WAS_SQL_SWEEP_CLASSIC_SPACE}},
};

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

/* Whether a step moves or locks, or is one that yields a row for each that it deleted. */
static bool does_delete(was_sql_t statement)
{
    switch (statement) {
    case WAS_SQL_SWEEP_RESOURCES:
    case WAS_SQL_SWEEP_TOMBSTONES:
    case WAS_SQL_SWEEP_POLICIES:
    case WAS_SQL_SWEEP_COUNTERS:
    case WAS_SQL_SWEEP_COLLECTIONS:
    case WAS_SQL_SWEEP_BACKENDS:
    case WAS_SQL_SWEEP_CLASSIC_RESOURCES:
        return true;
    default:
        return false;
    }
}

static const was_error_t *run_batch(was_db_t *db, const sweep_kind_t *kind,
                                    const was_value_t key[2], was_sweep_batch_t *batch,
                                    apr_pool_t *pool)
{
    const was_value_t end[] = {key[0], key[1], WAS_INTEGER(kind->stages)};
    const was_value_t values[] = {key[0], key[1], WAS_INTEGER(MAX_SWEEP_ROWS)};
    was_transaction_t transaction = {.nsteps = 0};

    for (int i = 0; i < kind->nsteps; i++) {
        was_step_add(&transaction, kind->steps[i], values,
                     was_sql_statement(kind->steps[i])->nvalues);
    }
    const was_step_t *last = was_step_add(&transaction, WAS_SQL_SWEEP_END, end, 3);

    WAS_TRY(was_db_transact(db, &transaction, pool));
    for (int i = 0; i < kind->nsteps; i++) {
        const was_step_t *step = &transaction.steps[i];

        batch->taken = batch->taken || was_rows_count(step->rows) > 0;
        batch->rows += does_delete(step->statement) ? was_rows_count(step->rows) : 0;
    }
    batch->ended = was_rows_count(last->rows) > 0;
    return NULL;
}

const was_error_t *was_sweep_run(was_db_t *db, int passed, was_sweep_batch_t *batch,
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
    batch->of = was_rows_text(rows, 0, 0);
    const sweep_kind_t *kind = find_kind(was_rows_text(rows, 0, 2));

    if (kind == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "what is a %s?", was_rows_text(rows, 0, 2));
    }
    const was_value_t key[] = {WAS_TEXT(batch->of), WAS_INTEGER(was_rows_integer(rows, 0, 1, 0))};

    return run_batch(db, kind, key, batch, pool);
}
