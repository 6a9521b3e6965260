/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_session: a connection outside mod_dbd's pool, for schema work and for what start-up says:
 * mod_dbd has none to give before its children run. Owns opening, running text and closing.
 * Refuses to know the schema.
 */

#include "store/was_session.h"

#include "store/was_pooler.h"
#include "store/was_pq.h"

#include <apr_strings.h>

#include <string.h>

enum { ASK_SECONDS = 5 };

#define FACTS                                                                                      \
    "SELECT current_setting('server_encoding'), current_database(),"                               \
    " current_setting('server_version')"

struct was_session_t {
    PGconn *pg;
};

static apr_status_t close_session(void *data)
{
    PQfinish(data);
    return APR_SUCCESS;
}

static void ignore_notice(void *baton, const PGresult *notice)
{
    (void)baton;
    (void)notice; /* "relation exists, skipping" is no news */
}

bool was_session_accepts(const char *params)
{
    PQconninfoOption *options = PQconninfoParse(params, NULL);

    PQconninfoFree(options);
    return options != NULL;
}

struct pg_conn *was_session_connect(const char *params)
{
    /* What DBDParams says comes later in the list and wins. */
    const char *const keywords[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
    const char *const values[] = {"5", "mod_was", params, NULL};
    PGconn *pg = PQconnectdbParams(keywords, values, 1);

    if (pg != NULL) {
        PQsetNoticeReceiver(pg, ignore_notice, NULL);
    }
    return pg;
}

const was_error_t *was_session_open(const char *params, was_session_t **session, apr_pool_t *pool)
{
    PGconn *pg = was_session_connect(params);
    const char *text;

    if (pg != NULL) {
        apr_pool_cleanup_register(pool, pg, close_session, apr_pool_cleanup_null);
    }
    if (pg == NULL || PQstatus(pg) != CONNECTION_OK) {
        text = pg != NULL ? was_pq_line(PQerrorMessage(pg), pool) : "out of memory";
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "cannot connect to PostgreSQL: %s", text);
    }
    PQsetnonblocking(pg, 1);
    *session = apr_palloc(pool, sizeof(**session));
    (*session)->pg = pg;
    return NULL;
}

/* What an exchange that ended so has failed by, or nothing. The result is cleared, or comes out. */
static const was_error_t *read_end(was_pq_end_t end, PGresult *result, const was_rows_t **rows,
                                   apr_pool_t *pool)
{
    const was_error_t *error = NULL;

    if (end == WAS_PQ_DONE && rows != NULL) {
        *rows = was_rows_make(result, pool);
        return NULL;
    }
    if (end == WAS_PQ_REFUSED) {
        error = was_pq_error(result, pool);
    }
    else if (end != WAS_PQ_DONE) {
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "the connection broke");
    }
    PQclear(result);
    return error;
}

static const was_error_t *run_until(was_session_t *session, const char *sql, apr_time_t deadline,
                                    const was_rows_t **rows, apr_pool_t *pool)
{
    PGresult *result = NULL;
    was_pq_end_t end = was_pq_command(session->pg, sql, deadline, &result);

    return read_end(end, result, rows, pool);
}

const was_error_t *was_session_run(was_session_t *session, const char *sql, int seconds,
                                   const was_rows_t **rows, apr_pool_t *pool)
{
    return run_until(session, sql, apr_time_now() + apr_time_from_sec(seconds), rows, pool);
}

const char *was_session_quote(was_session_t *session, const char *text, apr_pool_t *pool)
{
    char *literal = PQescapeLiteral(session->pg, text, strlen(text));
    /* Without memory, or of what is no text: what no statement can be made of. */
    const char *copy = literal != NULL ? apr_pstrdup(pool, literal) : "";

    PQfreemem(literal);
    return copy;
}

const was_error_t *was_session_copy(was_session_t *from, const char *out, was_session_t *to,
                                    const char *in, int seconds, was_copied_t *copied,
                                    apr_pool_t *pool)
{
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(seconds);
    PGresult *result = NULL;

    WAS_TRY(run_until(to, in, deadline, NULL, pool));
    WAS_TRY(run_until(from, out, deadline, NULL, pool));
    was_pq_end_t end = was_pq_hand_on(from->pg, to->pg, deadline, &copied->bytes);

    if (end == WAS_PQ_DONE) {
        /* What the source says at its end decides whether that was all. */
        end = was_pq_finish(from->pg, 1, deadline, &result);
        WAS_TRY(read_end(end, result, NULL, pool));
        result = NULL;
        end = was_pq_finish(to->pg, PQputCopyEnd(to->pg, NULL) > 0, deadline, &result);
    }
    if (end == WAS_PQ_DONE) {
        copied->rows += apr_atoi64(PQcmdTuples(result));
    }
    return read_end(end, result, NULL, pool);
}

const was_error_t *was_session_once(const char *params,
                                    const was_error_t *(*use)(was_session_t *session, void *baton,
                                                              apr_pool_t *scratch),
                                    void *baton, apr_pool_t *pool)
{
    was_session_t *session;
    apr_pool_t *scratch;

    apr_pool_create(&scratch, pool);
    const was_error_t *error = was_session_open(params, &session, scratch);

    if (error == NULL) {
        error = use(session, baton, scratch);
    }
    if (error != NULL) {
        /* The text must outlive the connection that it is about. */
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s", was_error_text(error, scratch));
    }
    apr_pool_destroy(scratch);
    return error;
}

static const was_error_t *ask_pooler(was_session_t *session, was_session_pooler_t *pooler,
                                     apr_pool_t *pool)
{
    apr_time_t deadline = apr_time_now() + apr_time_from_sec(ASK_SECONDS);
    bool is_there = false;

    WAS_TRY(was_pooler_is_there(session->pg, deadline, &is_there, pool));
    if (!is_there) {
        *pooler = WAS_POOLER_NONE;
        return NULL;
    }
    *pooler = was_pooler_keeps_names(session->pg, deadline, pool) ? WAS_POOLER_KEEPS_NAMES
                                                                  : WAS_POOLER_FORGETS_NAMES;
    return NULL;
}

typedef struct facts_t {
    was_session_facts_t *facts;
    apr_pool_t *pool; /* theirs */
} facts_t;

static const was_error_t *ask_facts(was_session_t *session, void *baton, apr_pool_t *scratch)
{
    const facts_t *wanted = baton;
    const was_rows_t *rows;

    WAS_TRY(was_session_run(session, FACTS, ASK_SECONDS, &rows, scratch));
    wanted->facts->encoding = apr_pstrdup(wanted->pool, was_rows_text(rows, 0, 0));
    wanted->facts->database = apr_pstrdup(wanted->pool, was_rows_text(rows, 0, 1));
    wanted->facts->version = apr_pstrdup(wanted->pool, was_rows_text(rows, 0, 2));
    return ask_pooler(session, &wanted->facts->pooler, scratch);
}

const was_error_t *was_session_find_facts(const char *params, was_session_facts_t *facts,
                                          apr_pool_t *pool)
{
    facts_t wanted = {facts, pool};

    return was_session_once(params, ask_facts, &wanted, pool);
}
