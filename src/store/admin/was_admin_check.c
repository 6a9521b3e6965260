/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_check: looks, and counting anew. Owns which looks there are. Refuses to mend what is
 * not counted: who has lost parts needs a backup.
 */

#include "store/admin/was_admin_check.h"

#include "store/was_work.h"
#include "was_admin_run.h"

enum { RECOUNT_SECONDS = 3600 };

static const struct {
    const char *name;
    was_sql_t statement;
} looks[] = {
    {"contents in parts whose first part is missing", WAS_SQL_ADMIN_CHECK_PARTS},
    {"resources whose content is not as long as they say", WAS_SQL_ADMIN_CHECK_RESOURCES},
    {"chunks whose content is not as long as they say", WAS_SQL_ADMIN_CHECK_CHUNKS},
    {"classic resources whose content is not as long as they say", WAS_SQL_ADMIN_CHECK_CLASSIC},
    {"terms of a resource that is not there", WAS_SQL_ADMIN_CHECK_TERMS},
    {"rows of a space, collection or resource that is not there", WAS_SQL_ADMIN_CHECK_LOST},
    {"collections without a counter", WAS_SQL_ADMIN_CHECK_COUNTERS},
    {"what has been waiting to be swept for more than a day", WAS_SQL_ADMIN_CHECK_SWEEPS},
};
enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

int was_admin_check_looks(void)
{
    return LOOKS;
}

const char *was_admin_check_name(int look)
{
    return looks[look].name;
}

const was_error_t *was_admin_check_look(was_db_t *db, int look,
                                        const was_admin_finding_t **findings, int *count,
                                        apr_pool_t *pool)
{
    const was_value_t most = WAS_INTEGER(WAS_ADMIN_FINDINGS);
    const was_rows_t *rows;

    WAS_TRY(was_admin_run(db, looks[look].statement, &most, 1, &rows, pool));
    *count = was_rows_count(rows);
    was_admin_finding_t *list = apr_pcalloc(pool, sizeof(*list) * (apr_size_t)(*count + 1));

    for (int i = 0; i < *count; i++) {
        list[i].space = was_rows_text(rows, i, 0);
        list[i].what = was_rows_text(rows, i, 1);
    }
    *findings = list;
    return NULL;
}

const was_error_t *was_admin_check_next(was_db_t *db, const char *after, const char **id,
                                        apr_pool_t *pool)
{
    const was_value_t value = WAS_TEXT(after);
    const was_rows_t *rows;

    WAS_TRY(was_db_run(db, WAS_SQL_ADMIN_RECOUNT_NEXT, &value, 1, &rows, pool));
    *id = was_rows_count(rows) > 0 ? was_rows_text(rows, 0, 0) : NULL;
    return NULL;
}

typedef struct recount_t {
    const char *id;
    bool keeps;
    was_admin_recount_t counted;
    const was_error_t *undoes; /* what ends a count that is not kept */
} recount_t;

static const was_error_t *count_anew(was_work_t *work, void *baton, apr_pool_t *pool)
{
    recount_t *recount = baton;
    const was_value_t id = WAS_TEXT(recount->id);
    was_transaction_t transaction = {.nsteps = 0};

    was_step_add(&transaction, WAS_SQL_ADMIN_PWS_LOCK, &id, 1);
    was_step_add(&transaction, WAS_SQL_ADMIN_RECOUNT_LOCK, &id, 1);
    const was_step_t *chunks = was_step_add(&transaction, WAS_SQL_ADMIN_RECOUNT_CHUNKS, &id, 1);
    const was_step_t *collections =
        was_step_add(&transaction, WAS_SQL_ADMIN_RECOUNT_COLLECTIONS, &id, 1);
    const was_step_t *space = was_step_add(&transaction, WAS_SQL_ADMIN_RECOUNT_SPACE, &id, 1);

    WAS_TRY(was_work_run(work, &transaction, pool));
    recount->counted = (was_admin_recount_t){.chunks = was_rows_count(chunks->rows),
                                             .collections = was_rows_count(collections->rows),
                                             .spaces = was_rows_count(space->rows)};
    return recount->keeps ? NULL : recount->undoes;
}

const was_error_t *was_admin_check_recount(was_db_t *db, const char *id, bool keeps,
                                           was_admin_recount_t *recount, apr_pool_t *pool)
{
    recount_t counting = {
        .id = id, .keeps = keeps, .undoes = was_error_log(pool, WAS_ERROR_PRECONDITION, "undone")};
    const was_error_t *error = was_work_do(db, RECOUNT_SECONDS, count_anew, &counting, pool);

    *recount = counting.counted;
    return error == counting.undoes ? NULL : error;
}
