/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_schema_look: the schema's version and what is known of the steps, for who looks before he
 * changes anything. Owns the sentences about the steps. Refuses to apply one.
 */

#include "store/was_schema.h"

#include "was_schema_session.h"

#include <apr_strings.h>

enum { LOOK_SECONDS = 12 };

/* What each step does, and what it costs. */
static const char *const summaries[WAS_SCHEMA_VERSION] = {
    "the two tables of the Python server, and columns of ours beside its own; rewrites no row",
    "tables of Portable Web Spaces; rewrites no row",
    "an index of spaces by controller and protocol",
    ("Portable Web Spaces on tables of its own: moves all rows of that protocol, while nobody can "
     "read or write; older modules do not find them any more"),
    "what spaces are charged: counts all rows of Portable Web Spaces once",
    "contents in parts, logs, chunks and terms: new tables, columns and indexes; rewrites no row",
    "spaces that can be frozen: columns; an index of pws resources is made anew; rewrites no row",
};

const char *was_schema_summary(int step)
{
    return step >= 1 && step <= WAS_SCHEMA_VERSION ? summaries[step - 1] : NULL;
}

typedef struct look_at_t {
    was_tables_t *tables;
    int *version;
    apr_pool_t *pool; /* of what comes out */
} look_at_t;

static const was_error_t *look_at_version(was_session_t *session, void *baton, apr_pool_t *scratch)
{
    const look_at_t *look = baton;
    const was_rows_t *rows;
    const char *schema;

    WAS_TRY(was_schema_find(session, &schema, scratch));
    look->tables->schema = apr_pstrdup(look->pool, schema);
    WAS_TRY(was_schema_run(session, schema, "SELECT to_regclass('was_schema_version') IS NOT NULL",
                           LOOK_SECONDS, &rows, scratch));
    *look->version = 0;
    if (was_rows_text(rows, 0, 0)[0] != 't') {
        return NULL;
    }
    WAS_TRY(was_schema_run(session, schema,
                           "SELECT coalesce(max(v.version), 0), coalesce(bool_or((to_jsonb(v)"
                           " ->> 'made_tables')::boolean), false) FROM was_schema_version v",
                           LOOK_SECONDS, &rows, scratch));
    *look->version = (int)apr_atoi64(was_rows_text(rows, 0, 0));
    look->tables->are_ours = was_rows_text(rows, 0, 1)[0] == 't';
    WAS_TRY(was_schema_find_citus(session, look->tables, scratch));
    look->tables->origin = apr_pstrdup(look->pool, look->tables->origin);
    return NULL;
}

const was_error_t *was_schema_look(const char *params, was_tables_t *tables, int *version,
                                   apr_pool_t *pool)
{
    look_at_t look = {tables, version, pool};

    *tables = (was_tables_t){.schema = NULL};
    return was_session_once(params, look_at_version, &look, pool);
}

const was_error_t *was_schema_demand(const char *params, was_tables_t *tables, apr_pool_t *pool)
{
    int version;

    WAS_TRY(was_schema_look(params, tables, &version, pool));
    return version == WAS_SCHEMA_VERSION
               ? NULL
               : was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                               version < WAS_SCHEMA_VERSION
                                   ? "the database has schema version %d, and %d is needed: see "
                                     "`was-admin upgrade`"
                                   : "the database has schema version %d, and this program knows "
                                     "%d: install the newer one",
                               version, WAS_SCHEMA_VERSION);
}
