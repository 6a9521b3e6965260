/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_admin_cell: a space's rows between two databases. Owns which tables have some, and what is
 * not the same on the other side. Refuses to know the columns, which the catalog says, and when a
 * space may go.
 */

#include "store/admin/was_admin_cell.h"

#include "../was_frozen_sql.h"
#include "../was_schema_session.h"

#include "store/was_qualify.h"
#include "store/was_schema.h"

#include <apr_strings.h>

#include <string.h>

enum { ASK_SECONDS = 60, COPY_SECONDS = 24 * 3600 };

/* No text that goes through was_qualify may have an id in it, which could be a table's name. */
#define SPACE "current_setting('was.space')"
#define OF_SPACE "x.space_uuid = " SPACE
#define CONTENTS_OF(table) "(SELECT y.parts FROM " table " y WHERE y.space_uuid = " SPACE ")"

#define PWS_CONTENT                                                                                \
    "(x.content IN " CONTENTS_OF("was_pws_resources") " OR x.content IN " CONTENTS_OF(             \
        "was_pws_chunks") ")"

typedef struct table_t {
    const char *name;
    const char *rows;   /* of the space, and of no space of the other protocol of this id */
    bool has_validator; /* made of the transaction that wrote a row, and of the time that it says */
    bool stays;         /* for whoever reads, when all else is cleared */
} table_t;

/* What refers to a row comes behind it. */
static const table_t classic_tables[] = {
    {.name = "was_spaces", .rows = OF_SPACE, .has_validator = true},
    {.name = "was_resources", .rows = OF_SPACE, .has_validator = true},
    {.name = "was_parts",
     .rows = OF_SPACE " AND x.content IN " CONTENTS_OF("was_resources"),
     .stays = true},
    {.name = NULL}};
static const table_t pws_tables[] = {
    {.name = "was_pws_spaces", .rows = OF_SPACE},
    {.name = "was_pws_collections", .rows = OF_SPACE},
    {.name = "was_pws_counters", .rows = OF_SPACE},
    {.name = "was_pws_resources", .rows = OF_SPACE},
    {.name = "was_pws_policies", .rows = OF_SPACE},
    {.name = "was_pws_tombstones", .rows = OF_SPACE},
    {.name = "was_pws_backends", .rows = OF_SPACE},
    {.name = "was_pws_revocations", .rows = OF_SPACE},
    {.name = "was_pws_logs", .rows = OF_SPACE},
    {.name = "was_pws_chunks", .rows = OF_SPACE},
    {.name = "was_pws_terms", .rows = OF_SPACE},
    /* Contents that no row names are not copied, nor what is to become of them. */
    {.name = "was_sweeps", .rows = OF_SPACE " AND x.kind NOT IN ('content', 'classic', 'unnamed')"},
    {.name = "was_parts", .rows = OF_SPACE " AND " PWS_CONTENT, .stays = true},
    {.name = NULL}};

/* One end of it: a connection to a database. */
typedef struct end_t {
    was_session_t *session;
    const char *schema;
} end_t;

/* The pool is its own: the connections end with it. */
struct was_admin_way_t {
    end_t here, there;
    apr_pool_t *pool;
};

static const table_t *tables_of(const was_admin_space_t *space)
{
    return space->protocol == WAS_ADMIN_CLASSIC ? classic_tables : pws_tables;
}

static const was_error_t *run_at(const end_t *end, const char *text, const was_rows_t **rows,
                                 apr_pool_t *pool)
{
    return was_session_run(end->session, was_qualify(text, end->schema, pool), COPY_SECONDS, rows,
                           pool);
}

static const was_error_t *open_at(end_t *end, const char *params, apr_pool_t *pool)
{
    was_tables_t tables;

    WAS_TRY(was_schema_demand(params, &tables, pool));
    end->schema = tables.schema;
    return was_session_open(params, &end->session, pool);
}

/* Begins; whatever the role or the connection string says of times, or of how text is sent. */
static const was_error_t *begin_at(const end_t *end, const char *id, apr_pool_t *pool)
{
    return was_session_run(
        end->session,
        apr_pstrcat(pool,
                    "BEGIN ISOLATION LEVEL REPEATABLE READ;"
                    " SELECT pg_catalog.set_config('search_path', " WAS_SEARCH_PATH ", true),"
                    " pg_catalog.set_config('client_encoding', 'UTF8', true),"
                    " pg_catalog.set_config('statement_timeout', '0', true),"
                    " pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true),"
                    " pg_catalog.set_config('was.space', ",
                    was_session_quote(end->session, id, pool), ", true)", NULL),
        ASK_SECONDS, NULL, pool);
}

static const was_error_t *commit_at(const end_t *end, apr_pool_t *pool)
{
    return was_session_run(end->session, "COMMIT", COPY_SECONDS, NULL, pool);
}

/* The space is what it is taken for, and stays that until this transaction ends. */
static const was_error_t *hold_space(const end_t *end, const was_admin_space_t *space,
                                     const char *state, apr_pool_t *pool)
{
    const char *text = space->protocol == WAS_ADMIN_CLASSIC
                           ? "SELECT " WAS_SQL_FROZEN("s") " FROM was_spaces s"
                                                           " WHERE s.space_uuid = " SPACE
                                                           " AND NOT s.is_deleted FOR SHARE OF s"
                           : "SELECT " WAS_SQL_FROZEN("s") " FROM was_pws_spaces s"
                                                           " WHERE s.space_uuid = " SPACE
                                                           " FOR SHARE OF s";
    const was_rows_t *rows;

    WAS_TRY(run_at(end, text, &rows, pool));
    return was_rows_count(rows) > 0 && strcmp(was_rows_text(rows, 0, 0), state) == 0
               ? NULL
               : was_error_make(pool, WAS_ERROR_CONFLICT, NULL,
                                "the space %s has been moved on, or is gone", space->id);
}

/* One text of each end, which must be the same. */
static const was_error_t *compare_answers(const end_t *from, const end_t *to, const char *text,
                                          const char **same, const char *what, apr_pool_t *pool)
{
    const was_rows_t *here, *there;

    WAS_TRY(run_at(from, text, &here, pool));
    WAS_TRY(run_at(to, text, &there, pool));
    *same = was_rows_count(here) > 0 ? was_rows_text(here, 0, 0) : NULL;
    const char *other = was_rows_count(there) > 0 ? was_rows_text(there, 0, 0) : NULL;

    return *same != NULL && other != NULL && strcmp(*same, other) == 0
               ? NULL
               : was_error_make(pool, WAS_ERROR_CONFLICT, NULL, "%s", what);
}

#define ORIGIN "SELECT o.origin_id || ' ' || encode(o.feed_key, 'hex') FROM was_origin o"

/* A table's number, and its columns but those that say what the space is in this database. */
#define COLUMNS                                                                                    \
    "SELECT %d, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE \"C\")"         \
    " FROM pg_attribute a WHERE a.attrelid = '%s'::regclass AND a.attnum > 0"                      \
    " AND NOT a.attisdropped AND a.attname NOT IN ('is_frozen', 'thawed'%s)"

/* The same of all tables, which must be the same at both ends. */
static const was_error_t *compare_columns(const was_admin_way_t *way, const table_t *tables,
                                          const was_rows_t **columns, apr_pool_t *pool)
{
    const char *text = "";
    const was_rows_t *there;

    for (int i = 0; tables[i].name != NULL; i++) {
        text = apr_pstrcat(pool, text, i > 0 ? " UNION ALL " : "",
                           apr_psprintf(pool, COLUMNS, i, tables[i].name,
                                        tables[i].has_validator ? ", 'written', 'revised'" : ""),
                           NULL);
    }
    text = apr_pstrcat(pool, text, " ORDER BY 1", NULL);
    WAS_TRY(run_at(&way->here, text, columns, pool));
    WAS_TRY(run_at(&way->there, text, &there, pool));
    for (int i = 0; tables[i].name != NULL; i++) {
        if (strcmp(was_rows_text(*columns, i, 1), was_rows_text(there, i, 1)) != 0) {
            return was_error_make(pool, WAS_ERROR_CONFLICT, NULL,
                                  "the tables of the other database have other columns");
        }
    }
    return NULL;
}

/* Which tables have rows of the space, as a row of one column for each. */
static const was_error_t *find_rows(const end_t *end, const table_t *tables,
                                    const was_rows_t **found, apr_pool_t *pool)
{
    const char *text = "SELECT true";

    for (int i = 0; tables[i].name != NULL; i++) {
        text = apr_psprintf(pool, "%s, EXISTS (SELECT 1 FROM %s x WHERE %s)", text, tables[i].name,
                            tables[i].rows);
    }
    return run_at(end, text, found, pool);
}

/* The time of a row that the Python server wrote after us is not known; it was before now. */
#define TIME ", CASE WHEN x.written::xid = x.xmin THEN x.revised ELSE statement_timestamp() END"

static const was_error_t *copy_table(const was_admin_way_t *way, const table_t *table,
                                     const char *columns, was_copied_t *copied, apr_pool_t *pool)
{
    const char *out =
        apr_psprintf(pool,
                     "COPY (SELECT %s%s FROM %s x WHERE %s) TO STDOUT"
                     " (FORMAT binary)",
                     columns, table->has_validator ? TIME : "", table->name, table->rows);
    const char *in = apr_psprintf(pool, "COPY %s (%s%s) FROM STDIN (FORMAT binary)", table->name,
                                  columns, table->has_validator ? ", revised" : "");

    return was_session_copy(way->here.session, was_qualify(out, way->here.schema, pool),
                            way->there.session, was_qualify(in, way->there.schema, pool),
                            COPY_SECONDS, copied, pool);
}

/* What the other database may still have from a time when it had the space. */
static const was_error_t *make_room(const end_t *from, const end_t *to,
                                    const was_admin_space_t *space, apr_pool_t *pool)
{
    const table_t *parts = tables_of(space);
    const was_rows_t *rows;

    while (!parts->stays) {
        parts++;
    }
    WAS_TRY(run_at(from,
                   apr_psprintf(pool,
                                "SELECT coalesce(array_agg(x.content)::text, '{}') FROM was_parts x"
                                " WHERE x.number = 0 AND %s",
                                parts->rows),
                   &rows, pool));
    WAS_TRY(run_at(to,
                   apr_pstrcat(pool, "SELECT set_config('was.contents', '",
                               was_rows_text(rows, 0, 0), "', true)", NULL),
                   NULL, pool));
    WAS_TRY(run_at(to,
                   "DELETE FROM was_parts x WHERE " OF_SPACE
                   " AND x.content = ANY (current_setting('was.contents')::bigint[]);"
                   "DELETE FROM was_sweeps x WHERE " OF_SPACE " AND x.kind = 'content'"
                   " AND x.generation = ANY (current_setting('was.contents')::bigint[])",
                   NULL, pool));
    return space->protocol == WAS_ADMIN_CLASSIC
               ? NULL
               : run_at(to, "DELETE FROM was_pws_revocations x WHERE " OF_SPACE, NULL, pool);
}

static const was_error_t *copy_all(const was_admin_way_t *way, const was_admin_space_t *space,
                                   was_copied_t *copied, apr_pool_t *pool)
{
    const table_t *tables = tables_of(space);
    const was_rows_t *columns, *found;
    const char *origin;

    if (space->protocol == WAS_ADMIN_PWS) {
        WAS_TRY(
            compare_answers(&way->here, &way->there, ORIGIN, &origin,
                            "the other database has another origin, so that stamps and checkpoints "
                            "would be others: see share-origin",
                            pool));
    }
    WAS_TRY(compare_columns(way, tables, &columns, pool));
    WAS_TRY(find_rows(&way->here, tables, &found, pool));
    WAS_TRY(make_room(&way->here, &way->there, space, pool));
    for (int i = 0; tables[i].name != NULL; i++) {
        if (was_rows_text(found, 0, i + 1)[0] == 't') {
            WAS_TRY(copy_table(way, &tables[i], was_rows_text(columns, i, 1), copied, pool));
        }
    }
    return NULL;
}

static const was_error_t *copy_between(const was_admin_way_t *way, const was_admin_space_t *space,
                                       was_copied_t *copied, apr_pool_t *pool)
{
    WAS_TRY(begin_at(&way->here, space->id, pool));
    WAS_TRY(hold_space(&way->here, space, "2", pool));
    WAS_TRY(begin_at(&way->there, space->id, pool));
    WAS_TRY(copy_all(way, space, copied, pool));
    /* Whoever lets go of the space here must not have done so before it is there. */
    WAS_TRY(was_session_run(way->here.session, "SELECT 1", ASK_SECONDS, NULL, pool));
    const was_error_t *error = commit_at(&way->there, pool);

    return error == NULL
               ? NULL
               : was_error_log(pool, WAS_ERROR_UNCERTAIN, "%s", was_error_text(error, pool));
}

/* Looks at all that copying looks at, so that both ends know their tables by then. */
static const was_error_t *open_between(was_admin_way_t *way, const char *from, const char *to,
                                       const was_admin_space_t *space, apr_pool_t *pool)
{
    const table_t *tables = tables_of(space);
    const was_rows_t *rows;

    WAS_TRY(open_at(&way->here, from, pool));
    WAS_TRY(open_at(&way->there, to, pool));
    WAS_TRY(begin_at(&way->here, space->id, pool));
    WAS_TRY(begin_at(&way->there, space->id, pool));
    WAS_TRY(compare_columns(way, tables, &rows, pool));
    WAS_TRY(find_rows(&way->here, tables, &rows, pool));
    WAS_TRY(find_rows(&way->there, tables, &rows, pool));
    WAS_TRY(commit_at(&way->here, pool));
    return commit_at(&way->there, pool);
}

/* The error in another pool than its own. */
static const was_error_t *keep_error(const was_error_t *error, apr_pool_t *pool)
{
    return error == NULL ? NULL
                         : was_error_log(pool, error->kind, "%s", was_error_text(error, pool));
}

const was_error_t *was_admin_cell_open(const char *from, const char *to,
                                       const was_admin_space_t *space, was_admin_way_t **way,
                                       apr_pool_t *pool)
{
    apr_pool_t *own;

    apr_pool_create(&own, pool);
    *way = apr_pcalloc(own, sizeof(**way));
    (*way)->pool = own;
    const was_error_t *error = keep_error(open_between(*way, from, to, space, own), pool);

    if (error != NULL) {
        apr_pool_destroy(own);
    }
    return error;
}

const was_error_t *was_admin_cell_copy(was_admin_way_t *way, const was_admin_space_t *space,
                                       was_copied_t *copied, apr_pool_t *pool)
{
    const was_error_t *error = keep_error(copy_between(way, space, copied, way->pool), pool);

    /* What holds the space goes with it, before anybody turns that. */
    apr_pool_destroy(way->pool);
    return error;
}

const was_error_t *was_admin_cell_clear(const char *params, const was_admin_space_t *space,
                                        apr_pool_t *pool)
{
    const table_t *tables = tables_of(space);
    end_t end;
    int count = 0;

    while (tables[count].name != NULL) {
        count++;
    }
    WAS_TRY(open_at(&end, params, pool));
    WAS_TRY(begin_at(&end, space->id, pool));
    WAS_TRY(hold_space(&end, space, "3", pool));
    while (count-- > 0) {
        if (!tables[count].stays) {
            WAS_TRY(run_at(&end,
                           apr_psprintf(pool, "DELETE FROM %s x WHERE %s", tables[count].name,
                                        tables[count].rows),
                           NULL, pool));
        }
    }
    return commit_at(&end, pool);
}

const was_error_t *was_admin_cell_share(const char *from, const char *to, bool is_sure,
                                        bool *changes, apr_pool_t *pool)
{
    end_t here, there;
    const was_rows_t *rows, *spaces;
    const char *origin;

    WAS_TRY(open_at(&here, from, pool));
    WAS_TRY(open_at(&there, to, pool));
    WAS_TRY(begin_at(&here, "", pool));
    WAS_TRY(begin_at(&there, "", pool));
    *changes = compare_answers(&here, &there, ORIGIN, &origin, "another", pool) != NULL;
    if (!*changes) {
        return NULL;
    }
    WAS_TRY(run_at(&there, "SELECT EXISTS (SELECT 1 FROM was_pws_spaces s)", &spaces, pool));
    if (was_rows_text(spaces, 0, 0)[0] == 't') {
        return was_error_make(pool, WAS_ERROR_CONFLICT, NULL,
                              "the other database has spaces already, whose stamps and checkpoints "
                              "would be others");
    }
    WAS_TRY(run_at(&here, "SELECT o.origin_id, encode(o.feed_key, 'hex') FROM was_origin o", &rows,
                   pool));
    if (!is_sure) {
        return NULL;
    }
    WAS_TRY(run_at(
        &there,
        apr_psprintf(pool, "UPDATE was_origin o SET origin_id = %s, feed_key = decode(%s, 'hex')",
                     was_session_quote(there.session, was_rows_text(rows, 0, 0), pool),
                     was_session_quote(there.session, was_rows_text(rows, 0, 1), pool)),
        NULL, pool));
    return commit_at(&there, pool);
}
