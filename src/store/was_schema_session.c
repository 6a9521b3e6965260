/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_schema_session: texts that are run in the schema of our tables. Owns how that schema is
 * found, and that nothing else is looked for there: who may create in it must not have his operator
 * run as the owner of the tables while they are made. Refuses to know any table's columns.
 */

#include "was_schema_session.h"

#include "store/was_qualify.h"

#include <apr_strings.h>

enum { FIND_SECONDS = 12 };

/* The search_path that the operator has chosen is in force: all else here has its schema. */
#define FIND_SCHEMA                                                                                \
    "SELECT coalesce((SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"  \
    " ON n.oid OPERATOR(pg_catalog.=) c.relnamespace WHERE c.oid OPERATOR(pg_catalog.=)"           \
    " coalesce(pg_catalog.to_regclass('was_schema_version'),"                                      \
    " pg_catalog.to_regclass('was_spaces'))), pg_catalog.current_schema())"

const was_error_t *was_schema_find(was_session_t *session, const char **schema, apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_session_run(session, FIND_SCHEMA, FIND_SECONDS, &rows, pool));
    *schema = was_rows_text(rows, 0, 0);
    return *schema != NULL ? NULL
                           : was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                                           "search_path names no schema that exists");
}

const was_error_t *was_schema_find_citus(was_session_t *session, was_tables_t *tables,
                                         apr_pool_t *pool)
{
    const was_rows_t *rows;

    tables->are_distributed = false;
    WAS_TRY(was_schema_run(session, tables->schema,
                           "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL",
                           FIND_SECONDS, &rows, pool));
    if (was_rows_text(rows, 0, 0)[0] != 't') {
        return NULL;
    }
    WAS_TRY(was_schema_run(session, tables->schema,
                           "SELECT EXISTS (SELECT 1 FROM pg_dist_partition p"
                           " WHERE p.logicalrelid = 'was_spaces'::regclass)",
                           FIND_SECONDS, &rows, pool));
    if (was_rows_text(rows, 0, 0)[0] != 't') {
        return NULL;
    }
    WAS_TRY(was_schema_run(session, tables->schema, "SELECT o.origin_id FROM was_origin o",
                           FIND_SECONDS, &rows, pool));
    tables->are_distributed = true;
    tables->origin = was_rows_text(rows, 0, 0);
    return NULL;
}

const was_error_t *was_schema_run(was_session_t *session, const char *schema, const char *sql,
                                  int seconds, const was_rows_t **rows, apr_pool_t *pool)
{
    /* For the transaction that the text is or is in: behind a pooler a session is not ours. */
    const char *text =
        apr_pstrcat(pool, "SELECT pg_catalog.set_config('search_path', " WAS_SEARCH_PATH ", true);",
                    was_qualify(sql, schema, pool), NULL);

    return was_session_run(session, text, seconds, rows, pool);
}
