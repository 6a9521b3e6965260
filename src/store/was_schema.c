/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_schema: the tables and how they came to be: numbered steps, each applied once. Owns when a
 * step is applied and under which lock; their texts are was_schema_steps'. Refuses to know the
 * statements of requests.
 */

#include "store/was_schema.h"

#include "store/was_qualify.h"
#include "was_schema_session.h"
#include "was_schema_steps.h"

#include <apr_strings.h>

/* Any number will do that nobody else locks. */
#define LOCK_KEY "3141592653589793"

/* How long a question about the schema may take, the wait for the lock included; and a step. */
enum { ASK_SECONDS = 12, STEP_SECONDS = 12 * 3600 };

/* The version that the database has: 0 for none of ours. */
static const was_error_t *read_version(was_session_t *session, const char *schema, int *version,
                                       apr_pool_t *pool)
{
    const was_rows_t *rows;

    *version = 0;
    WAS_TRY(was_schema_run(session, schema, "SELECT to_regclass('was_schema_version') IS NOT NULL",
                           ASK_SECONDS, &rows, pool));
    if (was_rows_text(rows, 0, 0)[0] != 't') {
        return NULL;
    }
    /* Somebody may have dropped the tables and left their version. */
    WAS_TRY(was_schema_run(session, schema,
                           apr_psprintf(pool,
                                        "SELECT CASE WHEN max(version) > %d"
                                        " OR to_regclass('was_spaces') IS NOT NULL"
                                        " AND to_regclass('was_resources') IS NOT NULL"
                                        " AND (max(version) < 4"
                                        " OR to_regclass('was_pws_spaces') IS NOT NULL)"
                                        " THEN coalesce(max(version), 0) ELSE 0 END"
                                        " FROM was_schema_version",
                                        WAS_SCHEMA_VERSION),
                           ASK_SECONDS, &rows, pool));
    *version = (int)apr_atoi64(was_rows_text(rows, 0, 0));
    return NULL;
}

static const was_error_t *refuse_newer(int version, apr_pool_t *pool)
{
    if (version <= WAS_SCHEMA_VERSION) {
        return NULL;
    }
    return was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                         "the database has schema version %d, this mod_was knows %d: "
                         "install the newer mod_was",
                         version, WAS_SCHEMA_VERSION);
}

/* The next one of several commands. Each ends with a semicolon that stands in no quoted text. */
static const char *take_command(const char **text, apr_pool_t *pool)
{
    bool is_quoted = false;
    const char *end = *text;

    while (*end != '\0' && (is_quoted || *end != ';')) {
        is_quoted = is_quoted != (*end++ == '\'');
    }
    const char *command = apr_pstrmemdup(pool, *text, (apr_size_t)(end - *text));

    *text = *end != '\0' ? end + 1 : end;
    return command;
}

/* One after the other: Citus hands the text of a command on to its nodes, and all that came with it
 * would go along. The transaction has its search_path. */
static const was_error_t *run_commands(was_session_t *session, const char *schema, const char *text,
                                       apr_pool_t *pool)
{
    while (*text != '\0') {
        const char *command = was_qualify(take_command(&text, pool), schema, pool);

        WAS_TRY(was_session_run(session, command, STEP_SECONDS, NULL, pool));
    }
    return NULL;
}

static const was_error_t *apply_step(was_session_t *session, const char *schema, int step,
                                     apr_pool_t *pool)
{
    const was_error_t *error = run_commands(session, schema, was_schema_steps[step - 1], pool);

    if (error == NULL) {
        error = was_schema_run(session, schema,
                               apr_psprintf(pool,
                                            "INSERT INTO was_schema_version (version) VALUES (%d)"
                                            " ON CONFLICT DO NOTHING",
                                            step),
                               ASK_SECONDS, NULL, pool);
    }
    return error == NULL ? NULL : was_error_wrap(pool, error, "schema step %d", step);
}

/* Whether none of the Python server's tables is there. */
static const was_error_t *find_none(was_session_t *session, const char *schema, bool *is_none,
                                    apr_pool_t *pool)
{
    const was_rows_t *rows;

    WAS_TRY(was_schema_run(session, schema,
                           "SELECT to_regclass('was_spaces') IS NULL"
                           " AND to_regclass('was_resources') IS NULL",
                           ASK_SECONDS, &rows, pool));
    *is_none = was_rows_text(rows, 0, 0)[0] == 't';
    return NULL;
}

/* From one version to the newest. */
static const was_error_t *apply_steps(was_session_t *session, const char *schema, int version,
                                      apr_pool_t *pool)
{
    bool is_none;

    WAS_TRY(find_none(session, schema, &is_none, pool));
    for (int step = version + 1; step <= WAS_SCHEMA_VERSION; step++) {
        WAS_TRY(apply_step(session, schema, step, pool));
    }
    return is_none
               ? was_schema_run(session, schema, "UPDATE was_schema_version SET made_tables = true",
                                ASK_SECONDS, NULL, pool)
               : NULL;
}

static const was_error_t *upgrade_schema(was_session_t *session, const char *schema,
                                         apr_pool_t *pool)
{
    const was_error_t *error;
    int version;

    error = was_schema_run(session, schema,
                           "BEGIN; SET LOCAL statement_timeout = 0;"
                           "SET LOCAL lock_timeout = '5s';"
                           "SELECT pg_advisory_xact_lock(" LOCK_KEY ");"
                           "CREATE TABLE IF NOT EXISTS was_schema_version ("
                           " version integer PRIMARY KEY,"
                           " applied timestamptz NOT NULL DEFAULT now())",
                           ASK_SECONDS, NULL, pool);
    if (error != NULL) {
        return was_error_wrap(pool, error, "schema");
    }
    /* Another server may have done it while we waited for the lock. */
    WAS_TRY(read_version(session, schema, &version, pool));
    WAS_TRY(refuse_newer(version, pool));
    WAS_TRY(apply_steps(session, schema, version, pool));
    return was_session_run(session, "COMMIT", ASK_SECONDS, NULL, pool);
}

/* Where the tables are, up to date. */
static const was_error_t *ensure_tables(const char *params, was_tables_t *tables, apr_pool_t *pool)
{
    was_session_t *session;
    const was_rows_t *rows;
    int version;

    WAS_TRY(was_session_open(params, &session, pool));
    WAS_TRY(was_schema_find(session, &tables->schema, pool));
    WAS_TRY(read_version(session, tables->schema, &version, pool));
    WAS_TRY(refuse_newer(version, pool));
    if (version < WAS_SCHEMA_VERSION) {
        WAS_TRY(upgrade_schema(session, tables->schema, pool));
    }
    WAS_TRY(was_schema_run(session, tables->schema,
                           "SELECT coalesce(bool_or(v.made_tables), false)"
                           " FROM was_schema_version v",
                           ASK_SECONDS, &rows, pool));
    tables->are_ours = was_rows_text(rows, 0, 0)[0] == 't';
    return was_schema_find_citus(session, tables, pool);
}

const was_error_t *was_schema_ensure(const char *params, was_tables_t *tables, apr_pool_t *pool)
{
    apr_pool_t *scratch;

    *tables = (was_tables_t){.schema = NULL};
    apr_pool_create(&scratch, pool);
    const was_error_t *error = ensure_tables(params, tables, scratch);

    tables->schema = apr_pstrdup(pool, tables->schema);
    tables->origin = apr_pstrdup(pool, tables->origin);
    if (error != NULL) {
        /* Whatever is wrong, it is no request's fault, and it may be mended while we run. The text
         * must outlive the connection that it is about. */
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s", was_error_text(error, scratch));
    }
    apr_pool_destroy(scratch);
    return error;
}
