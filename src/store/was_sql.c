/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_sql: the table of statements. Owns their texts, those of the protocols in a file per noun
 * beside it, and knows nothing of how they are run.
 */

#include "store/was_sql.h"

#include "base/was_ascii.h"
#include "store/was_qualify.h"

#include "classic/was_classic_import_sql.h"
#include "classic/was_classic_sql.h"
#include "pws/was_pws_archive_sql.h"
#include "pws/was_pws_change_sql.h"
#include "pws/was_pws_chunk_sql.h"
#include "pws/was_pws_log_sql.h"
#include "pws/was_pws_revocation_sql.h"
#include "pws/was_pws_usage_sql.h"
#include "pws/was_pws_term_sql.h"
#include "pws/was_pws_import_sql.h"
#include "admin/was_admin_check_sql.h"
#include "was_sweep_sql.h"

#include <apr_strings.h>

#include <string.h>

/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define WAS_TEXT_PING "SELECT 1"

/* A statement's time where the role, the database or the connection string sets none; also
 * DEFAULT_STATEMENT_SECONDS of was_pool. */
#define TIMEOUT \
    "CASE WHEN pg_catalog.current_setting('statement_timeout') OPERATOR(pg_catalog.=) '0'" \
    " THEN '30s' ELSE pg_catalog.current_setting('statement_timeout') END"

#define BACKEND_IS_OURS "pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) $1::bigint"

/* Citus does not plan for values that it does not know: which node has them? */
#define PLAN_MODE "CASE WHEN $2::boolean THEN 'auto' ELSE 'force_generic_plan' END"

/* the pid that libpq knows, does Citus keep the tables? -> is the pid the server's own?, what was
 * set if it is, isolation, statement_timeout in milliseconds.
 *
 * Where it is not, a pooler stands between, and whatever is set would be met by others; what others
 * have set is not for us either, so what counts is how a session begins. One plan for all values,
 * made once: each statement finds its few rows by keys, one after the other, also where the table
 * had none when its plan was made, or has partitions, of which a planner expects to read each; and
 * none is worth a compilation or another process, which a sequential scan of a table of one row
 * would bring about. Read committed, since a step must see what was committed while an earlier one
 * waited. And having had and freed some MiB at once, the C library (glibc) stops to hand each
 * statement's memory back to the system, only to ask for it again, page by page, for each piece of
 * a big content.
 *
 * It is asked before search_path is ours, and so names the schema of everything. */
#define WAS_TEXT_SETTINGS \
    "SELECT " BACKEND_IS_OURS ", CASE WHEN " BACKEND_IS_OURS " THEN pg_catalog.concat(" \
    "pg_catalog.set_config('search_path', " WAS_SEARCH_PATH ", false)," \
    " pg_catalog.set_config('client_encoding', 'UTF8', false)," \
    " pg_catalog.set_config('client_min_messages', 'warning', false)," \
    " pg_catalog.set_config('default_transaction_isolation', 'read committed', false)," \
    " pg_catalog.set_config('plan_cache_mode', " PLAN_MODE ", false)," \
    " pg_catalog.set_config('enable_seqscan', 'off', false)," \
    " pg_catalog.set_config('enable_hashjoin', 'off', false)," \
    " pg_catalog.set_config('enable_mergejoin', 'off', false)," \
    " pg_catalog.set_config('enable_material', 'off', false)," \
    " pg_catalog.set_config('max_parallel_workers_per_gather', '0', false)," \
    " pg_catalog.set_config('jit', 'off', false)," \
    " pg_catalog.set_config('statement_timeout', " TIMEOUT ", false)," \
    " pg_catalog.length(pg_catalog.repeat(' ', 4194304))) END," \
    " pg_catalog.current_setting('default_transaction_isolation')," \
    " (SELECT CASE WHEN " BACKEND_IS_OURS " THEN o.setting ELSE o.reset_val END::bigint" \
    " FROM pg_catalog.pg_settings o WHERE o.name OPERATOR(pg_catalog.=) 'statement_timeout')"

/* statement_timeout in milliseconds, does Citus keep the tables?: the same for one transaction,
 * where a pooler stands between, whatever others have left in its session. */
#define WAS_TEXT_LOCAL_SETTINGS \
    "SELECT pg_catalog.set_config('search_path', " WAS_SEARCH_PATH ", true)," \
    " pg_catalog.set_config('plan_cache_mode', " PLAN_MODE ", true)," \
    " pg_catalog.set_config('enable_seqscan', 'off', true)," \
    " pg_catalog.set_config('enable_hashjoin', 'off', true)," \
    " pg_catalog.set_config('enable_mergejoin', 'off', true)," \
    " pg_catalog.set_config('enable_material', 'off', true)," \
    " pg_catalog.set_config('max_parallel_workers_per_gather', '0', true)," \
    " pg_catalog.set_config('jit', 'off', true)," \
    " pg_catalog.set_config('statement_timeout', $1::bigint::pg_catalog.text, true)," \
    " pg_catalog.set_config('client_min_messages', 'warning', true)," \
    " CASE WHEN pg_catalog.current_setting('client_encoding') OPERATOR(pg_catalog.<>) 'UTF8'" \
    " THEN pg_catalog.set_config('client_encoding', 'UTF8', true) END"

/* the pid that libpq knows -> is it another's? */
#define WAS_TEXT_POOLER_PID "SELECT pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.<>) $1::bigint"

/* -> is this statement prepared in PostgreSQL by the name that we gave it? A pooler that keeps
 * prepared statements for its clients has given it a name of its own. */
#define WAS_TEXT_POOLER \
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_prepared_statements p" \
    " WHERE p.name OPERATOR(pg_catalog.=) 'was_POOLER')"

/* And then it is the only one that we leave behind. */
#define WAS_TEXT_POOLER_FORGET "DEALLOCATE \"was_POOLER\""

/* What is ended by itself (was_work). */
#define WAS_TEXT_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED"
#define WAS_TEXT_COMMIT "COMMIT"

/* Where an upload waits for its write, for as long as the transaction that it begins. EXTERNAL:
 * compressing what is read once costs time. */
#define WAS_TEXT_STAGE \
    "BEGIN ISOLATION LEVEL READ COMMITTED;" \
    "CREATE TEMPORARY TABLE was_upload (content pg_catalog.bytea) ON COMMIT DROP;" \
    "ALTER TABLE pg_temp.was_upload ALTER content SET STORAGE EXTERNAL"
#define WAS_TEXT_COPY "COPY pg_temp.was_upload FROM STDIN (FORMAT binary)"

/* controller: one at a time makes spaces for it, where they are limited */
#define WAS_TEXT_CONTROLLER_LOCK \
    "INSERT INTO was_controllers AS o (controller) VALUES ($1)" \
    " ON CONFLICT (controller) DO UPDATE SET controller = EXCLUDED.controller"

/* clang-format on */

static const was_sql_statement_t statements[WAS_SQL_COUNT] = {
#define WAS_SQL_ROW(name, nvalues, writes) {"was_" #name, nvalues, writes, WAS_TEXT_##name},
    WAS_SQL_STATEMENTS(WAS_SQL_ROW)
#undef WAS_SQL_ROW
};

static const char *replace_all(const char *text, const char *old, const char *other,
                               apr_pool_t *pool)
{
    const char *at;

    while ((at = strstr(text, old)) != NULL) {
        text = apr_pstrcat(pool, apr_pstrmemdup(pool, text, (apr_size_t)(at - text)), other,
                           at + strlen(old), NULL);
    }
    return text;
}

/* What is noted of who wrote a row, in place of what PostgreSQL says; spaces of all tables compare
 * alike; and the origin as it is. */
static const char *adapt_text(const char *text, const char *origin, apr_pool_t *pool)
{
    text = replace_all(replace_all(text, ".xmin", ".written::xid", pool),
                       ".space_uuid COLLATE \"default\"", ".space_uuid", pool);
    return replace_all(text, PWS_ORIGIN, origin, pool);
}

/* As SQL has it. The schema makes it of digits and letters; nothing else comes into a statement. */
static const char *quote_origin(const char *origin, apr_pool_t *pool)
{
    apr_size_t i = 0;

    while (was_ascii_is_alphanumeric(origin[i])) {
        i++;
    }
    return apr_psprintf(pool, "'%.*s'::text", (int)i, origin);
}

const char *const *was_sql_texts(const char *schema, const char *origin, apr_pool_t *pool)
{
    const char **texts = apr_palloc(pool, sizeof(*texts) * WAS_SQL_COUNT);
    const char *quoted = origin != NULL ? quote_origin(origin, pool) : NULL;

    for (int i = 0; i < WAS_SQL_COUNT; i++) {
        const char *text = statements[i].text;

        texts[i] =
            was_qualify(origin != NULL ? adapt_text(text, quoted, pool) : text, schema, pool);
    }
    return texts;
}

const was_sql_statement_t *was_sql_statement(was_sql_t statement)
{
    return (unsigned)statement < WAS_SQL_COUNT ? &statements[statement] : NULL;
}
