/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Connections: borrowed from mod_dbd, looked at before use, made ready once per backend, given back
 * at the end of every call. Owns the decision what a lost connection means for a statement. Refuses
 * to know tables, HTTP, and how bytes travel (was_pq does).
 *
 * mod_dbd hands out connections without looking at them, and after a reconnect every prepared
 * statement is gone. So the socket is polled first (an idle connection with something to read is
 * dead or has a notice), and what was prepared is remembered with the backend's pid, which changes
 * with every reconnect.
 */

#include "store/was_db.h"
#include "store/was_permits.h"
#include "store/was_pq.h"

#include <httpd.h>
#include <apr_dbd.h>
#include <mod_dbd.h>

#include <apr_optional.h>
#include <apr_strings.h>

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_STATEMENT_SECONDS = 30, /* where the connection string sets no statement_timeout */
    GRACE_SECONDS =
        2, /* how much longer than statement_timeout we wait for the server to keep it */
    COMMAND_SECONDS = 5
};

struct was_db_t {
    server_rec *server;
    /* mod_dbd's, looked up so that this module can be loaded, and complain in words, without it. */
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) * open;
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) * close;
    was_permits_t *permits;
    bool kept; /* mod_dbd closes no connection that was given back in order */
    const char *params;
    const was_error_t *(*ready)(const char *params, apr_pool_t *pool);
    atomic_bool is_ready;
    /* Of who is alone inside the permits: */
    apr_time_t next_try;
    char reason[256]; /* why the last try failed */
};

/* What we know of one pooled connection; lives with it. */
typedef struct was_backend_t {
    int pid;         /* 0: nothing is known */
    bool can_stage;  /* pg_temp.was_upload exists */
    apr_time_t time; /* how long a statement may take, seen from here */
    bool prepared[WAS_SQL_COUNT];
} was_backend_t;

/* A borrowed connection. */
typedef struct was_lease_t {
    ap_dbd_t *handle;
    PGconn *pg;
    was_backend_t *backend;
} was_lease_t;

/* One statement, on its way. */
typedef struct was_job_t {
    const was_sql_statement_t *statement;
    was_sql_t index;
    const was_value_t *values;
    int nvalues;
    const was_source_t *content; /* staged first, when there is one */
    const char *lock;            /* waited for then, when there is one */
    PGresult *result;
    bool again; /* it failed in a way that a second try may mend */
    apr_pool_t *pool;
} was_job_t;

was_db_t *was_db_make(server_rec *server, const char *params, int connections, bool kept,
                      const was_error_t *(*ready)(const char *params, apr_pool_t *pool),
                      apr_pool_t *pool)
{
    was_db_t *db = apr_pcalloc(pool, sizeof(*db));

    db->server = server;
    db->open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    db->close = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    db->permits = was_permits_make(connections, pool);
    db->kept = kept;
    db->params = params;
    db->ready = ready;
    return db;
}

const was_error_t *was_db_prepare(was_db_t *db, apr_pool_t *pool)
{
    const was_error_t *error;

    if (atomic_load(&db->is_ready)) {
        return NULL;
    }
    if (apr_time_now() < db->next_try) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                             "the schema was not ready a moment ago: %s", db->reason);
    }
    error = db->ready(db->params, pool);
    if (error == NULL) {
        atomic_store(&db->is_ready, true);
    }
    else {
        db->next_try = apr_time_now() + apr_time_from_sec(1);
        apr_cpystrn(db->reason, was_error_chain(error, pool), sizeof(db->reason));
    }
    return error;
}

static apr_time_t deadline_after(apr_time_t time)
{
    return apr_time_now() + time;
}

/* Whether an idle connection is one. */
static bool is_alive(PGconn *pg)
{
    while (PQstatus(pg) == CONNECTION_OK) {
        struct pollfd socket = {.fd = PQsocket(pg), .events = POLLIN};

        if (poll(&socket, 1, 0) == 0) {
            return true;
        }
        if (!PQconsumeInput(pg)) {
            return false;
        }
    }
    return false;
}

/* Makes a new backend ours: settings that every statement relies on. */
static const was_error_t *introduce(was_lease_t *lease, apr_pool_t *pool)
{
    was_backend_t *backend = lease->backend;
    PGresult *result = NULL;
    const was_error_t *error = NULL;
    was_pq_end_t end;

    memset(backend, 0, sizeof(*backend));
    end = was_pq_command(lease->pg, was_sql_statement(WAS_SQL_SETTINGS)->text,
                         deadline_after(apr_time_from_sec(COMMAND_SECONDS)), &result);
    if (end == WAS_PQ_DONE && PQntuples(result) == 1) {
        apr_int64_t msec = apr_atoi64(PQgetvalue(result, 0, 0));

        backend->time = apr_time_from_msec(msec > 0 ? msec : DEFAULT_STATEMENT_SECONDS * 1000) +
                        apr_time_from_sec(GRACE_SECONDS);
        backend->pid = PQbackendPID(lease->pg);
    }
    else if (end == WAS_PQ_REFUSED) {
        error = was_pq_error(result, pool);
    }
    else {
        error = was_error_log(pool, WAS_ERROR_UNAVAILABLE, "a new connection does not answer");
    }
    PQclear(result);
    return error;
}

/* Whether it goes back in order. */
static bool give_back(was_db_t *db, was_lease_t *lease)
{
    PGTransactionStatusType status = PQtransactionStatus(lease->pg);
    PGresult *result = NULL;
    bool good;

    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        was_pq_command(lease->pg, "ROLLBACK", deadline_after(apr_time_from_sec(COMMAND_SECONDS)),
                       &result);
        PQclear(result);
        status = PQtransactionStatus(lease->pg);
    }
    if (status != PQTRANS_IDLE) {
        was_pq_abandon(lease->pg);
        lease->backend->pid = 0;
    }
    else {
        /* Others may share the pool; they expect libpq's ordinary mode. */
        PQsetnonblocking(lease->pg, 0);
    }
    good = status == PQTRANS_IDLE && lease->backend->pid != 0;
    db->close(db->server, lease->handle); /* from here on the lease is somebody else's */
    return good;
}

static was_backend_t *backend_of(ap_dbd_t *handle)
{
    static const char key[] = "mod_was:backend";
    void *backend = NULL;

    apr_pool_userdata_get(&backend, key, handle->pool);
    if (backend == NULL) {
        backend = apr_pcalloc(handle->pool, sizeof(was_backend_t));
        apr_pool_userdata_setn(backend, key, NULL, handle->pool);
    }
    return backend;
}

static const was_error_t *open_lease(was_db_t *db, was_lease_t *lease, apr_pool_t *pool)
{
    lease->handle = db->open != NULL ? db->open(pool, db->server) : NULL;
    if (lease->handle == NULL) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "mod_dbd has no connection to give");
    }
    return NULL;
}

/* Who goes alone makes the schema before, if that is to be, and finds out whether there are
 * connections to have. */
static const was_error_t *open_alone(was_db_t *db, was_lease_t *lease, apr_pool_t *pool)
{
    const was_error_t *error = was_db_prepare(db, pool);

    if (error == NULL) {
        error = open_lease(db, lease, pool);
    }
    was_permits_pass(db->permits, error == NULL);
    return error;
}

static const was_error_t *borrow(was_db_t *db, was_lease_t *lease, bool alone, apr_pool_t *pool)
{
    const was_error_t *error = NULL;

    WAS_TRY(alone ? open_alone(db, lease, pool) : open_lease(db, lease, pool));
    lease->pg = apr_dbd_native_handle(lease->handle->driver, lease->handle->handle);
    lease->backend = backend_of(lease->handle);
    /* Whoever shares the pool may have left a transaction open, or an answer unread. */
    if (!is_alive(lease->pg) || PQtransactionStatus(lease->pg) != PQTRANS_IDLE) {
        lease->backend->pid = 0;
        PQreset(lease->pg);
        if (PQstatus(lease->pg) != CONNECTION_OK) {
            db->close(db->server, lease->handle);
            return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "PostgreSQL cannot be reached");
        }
    }
    PQsetnonblocking(lease->pg, 1);
    if (lease->backend->pid != PQbackendPID(lease->pg)) {
        error = introduce(lease, pool);
        if (error != NULL) {
            give_back(db, lease);
        }
    }
    return error;
}

/*
 * Turns the end of one step into an error. `final` says that after this step the work may have been
 * committed, so that a silence leaves its fate unknown.
 */
static const was_error_t *judge(was_job_t *job, was_pq_end_t end, bool final)
{
    /* Nothing done, and worth a second try: somebody deallocated, altered or dropped behind our
     * back; the server shuts down; the primary became a standby. */
    static const char *const stale[] = {"26000", "0A000", "42P01", "42703", "57P", "25006", NULL};
    static const char *const failed[] = {[WAS_PQ_UNSENT] = "connection lost",
                                         [WAS_PQ_LOST] = "connection lost",
                                         [WAS_PQ_LATE] = "no answer in time",
                                         [WAS_PQ_ALONE] = "no standby is known to have it"};
    const was_error_t *error;

    switch (end) {
    case WAS_PQ_DONE:
        return NULL;
    case WAS_PQ_REFUSED:
        job->again = was_pq_state_is(job->result, stale);
        error = was_pq_error(job->result, job->pool);
        return was_error_wrap(job->pool, error, "%s", job->statement->name);
    case WAS_PQ_UNSENT:
        job->again = true;
        break;
    case WAS_PQ_LOST:
    case WAS_PQ_LATE:
    case WAS_PQ_ALONE:
        if (final && job->statement->writes) {
            error = was_error_make(job->pool, WAS_ERROR_UNCERTAIN, NULL,
                                   "the database went away while it wrote: nobody knows whether "
                                   "this was done; look before you try again");
            return was_error_wrap(job->pool, error, "%s: %s", job->statement->name, failed[end]);
        }
        job->again = end == WAS_PQ_LOST;
        break;
    }
    return was_error_log(job->pool, WAS_ERROR_UNAVAILABLE, "%s: %s", job->statement->name,
                         failed[end]);
}

static void drop_result(was_job_t *job)
{
    PQclear(job->result);
    job->result = NULL;
}

static const was_error_t *command(was_lease_t *lease, was_job_t *job, const char *sql, bool final)
{
    drop_result(job);
    return judge(job,
                 was_pq_command(lease->pg, sql, deadline_after(lease->backend->time), &job->result),
                 final);
}

static const was_error_t *execute(was_lease_t *lease, was_job_t *job, bool final)
{
    apr_time_t deadline = deadline_after(lease->backend->time);

    if (!lease->backend->prepared[job->index]) {
        drop_result(job);
        WAS_TRY(
            judge(job, was_pq_prepare(lease->pg, job->statement, deadline, &job->result), false));
        lease->backend->prepared[job->index] = true;
    }
    drop_result(job);
    return judge(job,
                 was_pq_execute(lease->pg, job->statement, job->values, job->nvalues, deadline,
                                &job->result),
                 final);
}

static const was_error_t *stage(was_lease_t *lease, was_job_t *job)
{
    const was_error_t *failure = NULL;
    was_pq_end_t end;

    WAS_TRY(command(lease, job, was_sql_statement(WAS_SQL_COPY)->text, false));
    drop_result(job);
    end = was_pq_copy(lease->pg, job->content, deadline_after(lease->backend->time), &job->result,
                      &failure, job->pool);
    return failure != NULL ? failure : judge(job, end, false);
}

static const was_error_t *lock(was_lease_t *lease, was_job_t *job)
{
    const was_value_t name = WAS_TEXT(job->lock);
    was_job_t step = {.statement = was_sql_statement(WAS_SQL_LOCK),
                      .index = WAS_SQL_LOCK,
                      .values = &name,
                      .nvalues = 1,
                      .pool = job->pool};
    const was_error_t *error;

    drop_result(job);
    error = execute(lease, &step, false);
    job->result = step.result;
    job->again = step.again;
    return error;
}

/* The lock comes last, to be held shortly. Whatever the role's default isolation is, the statement
 * must see what was committed while we waited. */
static const was_error_t *begin(was_lease_t *lease, was_job_t *job)
{
    if (job->content != NULL && !lease->backend->can_stage) {
        WAS_TRY(command(lease, job, was_sql_statement(WAS_SQL_STAGE)->text, false));
        lease->backend->can_stage = true;
    }
    WAS_TRY(command(lease, job, "BEGIN ISOLATION LEVEL READ COMMITTED", false));
    if (job->content != NULL) {
        WAS_TRY(stage(lease, job));
    }
    return job->lock != NULL ? lock(lease, job) : NULL;
}

/* Committed only when it wrote a row. Its rows survive the COMMIT's result. */
static const was_error_t *execute_transaction(was_lease_t *lease, was_job_t *job)
{
    PGresult *answer;
    const was_error_t *error;

    WAS_TRY(begin(lease, job));
    WAS_TRY(execute(lease, job, false));
    if (PQntuples(job->result) == 0) {
        return NULL; /* given back, the transaction is rolled back */
    }
    answer = job->result;
    job->result = NULL;
    error = command(lease, job, "COMMIT", true);
    drop_result(job);
    if (error == NULL) {
        job->result = answer;
    }
    else {
        PQclear(answer);
    }
    return error;
}

/* Leaves things so that the next try, ours or another request's, does better. */
static void mend(was_db_t *db, was_lease_t *lease, const was_job_t *job)
{
    static const char *const missing[] = {"42P01", "42703", NULL};

    if (!job->again) {
        return;
    }
    if (was_pq_state_is(job->result, missing)) {
        atomic_store(&db->is_ready, false);
    }
    /* A reconnect begins with nothing prepared, no plan that is stale and the settings that were
     * asked for; and behind a name that moved, it finds the new primary. */
    was_pq_abandon(lease->pg);
    lease->backend->pid = 0;
}

/* From inside the permits; `*open` when an open connection is left behind. */
static const was_error_t *attempt_inside(was_db_t *db, was_job_t *job, bool alone, bool *open)
{
    was_lease_t lease;
    const was_error_t *error;

    WAS_TRY(borrow(db, &lease, alone, job->pool));
    error = job->content != NULL || job->lock != NULL ? execute_transaction(&lease, job)
                                                      : execute(&lease, job, true);
    if (error != NULL) {
        mend(db, &lease, job);
        drop_result(job);
    }
    *open = give_back(db, &lease);
    return error;
}

static const was_error_t *attempt(was_db_t *db, was_job_t *job)
{
    bool alone = !atomic_load(&db->is_ready), open = false;
    const char *refusal = was_permits_enter(db->permits, &alone);
    const was_error_t *error;

    job->again = false;
    if (refusal != NULL) {
        return was_error_log(job->pool, WAS_ERROR_UNAVAILABLE, "%s", refusal);
    }
    error = attempt_inside(db, job, alone, &open);
    was_permits_leave(db->permits, open && db->kept);
    return error;
}

static const was_error_t *run(was_db_t *db, was_job_t *job, const was_rows_t **rows)
{
    const was_error_t *error = attempt(db, job);

    if (error != NULL && job->again) {
        error = attempt(db, job);
    }
    if (error == NULL && rows != NULL) {
        *rows = was_pq_rows(job->result, job->pool);
    }
    else if (error == NULL) {
        drop_result(job);
    }
    return error;
}

const was_error_t *was_db_run(was_db_t *db, was_sql_t statement, const was_value_t *values,
                              int nvalues, const was_rows_t **rows, apr_pool_t *pool)
{
    was_job_t job = {.statement = was_sql_statement(statement),
                     .index = statement,
                     .values = values,
                     .nvalues = nvalues,
                     .pool = pool};

    return run(db, &job, rows);
}

const was_error_t *was_db_transact(was_db_t *db, const was_transaction_t *transaction,
                                   was_sql_t statement, const was_value_t *values, int nvalues,
                                   const was_rows_t **rows, apr_pool_t *pool)
{
    was_job_t job = {.statement = was_sql_statement(statement),
                     .index = statement,
                     .values = values,
                     .nvalues = nvalues,
                     .content = transaction->content,
                     .lock = transaction->lock,
                     .pool = pool};

    return run(db, &job, rows);
}
