/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_pool: connections, borrowed from a lender and given back at the end of every transaction.
 * Owns how a connection is found dead, and what it is told once. Refuses to know tables and
 * transactions.
 *
 * mod_dbd hands out connections without looking at them, and after a reconnect every prepared
 * statement is gone. So the socket is polled first (an idle connection with something to read is
 * dead or has a notice), and what was prepared is remembered with the backend's pid, which changes
 * with every reconnect.
 */

#include "store/was_pool.h"

#include "store/was_permits.h"
#include "store/was_pooler.h"
#include "store/was_pq.h"

#include <apr_strings.h>

#include <poll.h>
#include <stdatomic.h>
#include <string.h>

enum {
    DEFAULT_STATEMENT_SECONDS = 30, /* where the connection string sets no statement_timeout */
    GRACE_SECONDS =
        2, /* how much longer than statement_timeout we wait for the server to keep it */
    COMMAND_SECONDS = 5
};

struct was_pool_t {
    const was_lender_t *lender;
    was_permits_t *permits;
    bool is_kept; /* the lender closes no connection that was given back in order */
    const char *params;
    const was_error_t *(*ready)(const char *params, was_tables_t *tables, apr_pool_t *pool);
    atomic_bool is_ready;
    atomic_bool is_ours;                /* the tables are; there as soon as it is ready */
    atomic_bool is_distributed;         /* the same */
    _Atomic(const char *const *) texts; /* of the statements; there as soon as it is ready */
    /* Of who is alone with the permits: */
    apr_pool_t *memory; /* of the schema and the texts, which others may be reading */
    const char *schema;
    const char *origin; /* where Citus keeps the tables; else NULL */
    apr_time_t next_try;
    char reason[256]; /* why the last try failed */
};

static apr_status_t destroy_memory(void *memory)
{
    apr_pool_destroy(memory);
    return APR_SUCCESS;
}

was_pool_t *was_pool_make(const was_lender_t *lender, const char *params, int connections,
                          bool is_kept,
                          const was_error_t *(*ready)(const char *params, was_tables_t *tables,
                                                      apr_pool_t *pool),
                          apr_pool_t *pool)
{
    was_pool_t *made = apr_pcalloc(pool, sizeof(*made));

    made->lender = lender;
    made->permits = was_permits_make(connections, pool);
    made->is_kept = is_kept;
    made->params = params;
    made->ready = ready;
    if (apr_pool_create(&made->memory, NULL) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_cleanup_register(pool, made->memory, destroy_memory, apr_pool_cleanup_null);
    return made->permits != NULL ? made : NULL;
}

static bool are_same(const char *one, const char *other)
{
    return one != NULL && other != NULL ? strcmp(one, other) == 0 : one == other;
}

/* Older texts stay, since others may be reading them; a schema changes hardly ever. */
static void use_tables(was_pool_t *connections, const was_tables_t *tables)
{
    if (!are_same(connections->schema, tables->schema) ||
        !are_same(connections->origin, tables->origin)) {
        connections->schema = apr_pstrdup(connections->memory, tables->schema);
        connections->origin = apr_pstrdup(connections->memory, tables->origin);
        atomic_store(&connections->texts,
                     was_sql_texts(connections->schema, connections->origin, connections->memory));
    }
    atomic_store(&connections->is_ours, tables->are_ours);
    atomic_store(&connections->is_distributed, tables->are_distributed);
}

const was_error_t *was_pool_prepare(was_pool_t *connections, apr_pool_t *pool)
{
    if (atomic_load(&connections->is_ready)) {
        return NULL;
    }
    if (apr_time_now() < connections->next_try) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                             "the schema was not ready a moment ago: %s", connections->reason);
    }
    was_tables_t tables;
    const was_error_t *error = connections->ready(connections->params, &tables, pool);

    if (error == NULL) {
        use_tables(connections, &tables);
        atomic_store(&connections->is_ready, true);
    }
    else {
        connections->next_try = apr_time_now() + apr_time_from_sec(1);
        apr_cpystrn(connections->reason, was_error_text(error, pool), sizeof(connections->reason));
    }
    return error;
}

bool was_pool_is_ready(const was_pool_t *connections)
{
    return atomic_load(&connections->is_ready);
}

bool was_pool_is_ours(const was_pool_t *connections)
{
    return atomic_load(&connections->is_ours);
}

bool was_pool_is_distributed(const was_pool_t *connections)
{
    return atomic_load(&connections->is_distributed);
}

static apr_time_t command_deadline(void)
{
    return apr_time_now() + apr_time_from_sec(COMMAND_SECONDS);
}

/* A notice receiver: sets the bool at `baton` when the session says that it ends. */
static void note_end(void *baton, const PGresult *notice)
{
    *(bool *)baton |= was_pq_is_last_word(notice);
}

/* Reads all that has come on an idle connection. Is it open still? */
static bool read_what_came(PGconn *pg)
{
    while (PQstatus(pg) == CONNECTION_OK) {
        struct pollfd socket = {.fd = PQsocket(pg), .events = POLLIN};

        (void)PQisBusy(pg); /* which looks at what was read */
        if (poll(&socket, 1, 0) == 0) {
            return true;
        }
        if (!PQconsumeInput(pg)) {
            return false;
        }
    }
    return false;
}

/* Whether an idle connection is one. */
static bool is_connection_alive(PGconn *pg)
{
    bool ends = false;
    PQnoticeReceiver before = PQsetNoticeReceiver(pg, note_end, &ends);
    bool is_open = read_what_came(pg);

    PQsetNoticeReceiver(pg, before, NULL);
    return is_open && !ends;
}

/* Makes a new backend ours, and finds out what it is. */
static const was_error_t *greet_backend(was_connection_t *connection, bool is_distributed,
                                        apr_pool_t *pool)
{
    was_backend_t *backend = connection->backend;
    const was_step_t step = {
        .statement = WAS_SQL_SETTINGS,
        .nvalues = 2,
        .values = {WAS_INTEGER(PQbackendPID(connection->pg)), WAS_BOOLEAN(is_distributed)}};
    const was_rows_t *rows;

    memset(backend, 0, sizeof(*backend));
    backend->is_distributed = is_distributed;
    WAS_TRY(was_pooler_ask(connection->pg, &step, command_deadline(), &rows, pool));
    backend->is_pooled = !was_rows_true(rows, 0, 0);
    if (backend->is_pooled && strcmp(was_rows_text(rows, 0, 2), "read committed") != 0) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE,
                             "behind a pooler, default_transaction_isolation of the role or the "
                             "database must be read committed, not %s",
                             was_rows_text(rows, 0, 2));
    }
    apr_int64_t msec = was_rows_integer(rows, 0, 3, 0);

    backend->statement_timeout = msec > 0 ? msec : DEFAULT_STATEMENT_SECONDS * 1000;
    backend->timeout =
        apr_time_from_msec(backend->statement_timeout) + apr_time_from_sec(GRACE_SECONDS);
    backend->is_named =
        !backend->is_pooled || was_pooler_keeps_names(connection->pg, command_deadline(), pool);
    if (PQstatus(connection->pg) != CONNECTION_OK) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "a new connection does not answer");
    }
    backend->pid = PQbackendPID(connection->pg);
    return NULL;
}

/* Whether it goes back in order. */
static bool hand_back(was_pool_t *connections, was_connection_t *connection)
{
    PGTransactionStatusType status = PQtransactionStatus(connection->pg);
    PGresult *result = NULL;

    if (status == PQTRANS_INTRANS || status == PQTRANS_INERROR) {
        was_pq_command(connection->pg, "ROLLBACK", command_deadline(), &result);
        PQclear(result);
        status = PQtransactionStatus(connection->pg);
    }
    if (status != PQTRANS_IDLE) {
        was_pq_abandon(connection->pg);
        connection->backend->pid = 0;
    }
    else {
        /* Others may share the pool; they expect libpq's ordinary mode. */
        PQsetnonblocking(connection->pg, 0);
    }
    bool is_good = status == PQTRANS_IDLE && connection->backend->pid != 0;

    /* From here on the connection is somebody else's. */
    connections->lender->take_back(connections->lender->baton, connection->handle);
    return is_good;
}

static was_backend_t *backend_of(apr_pool_t *pool)
{
    static const char key[] = "mod_was:backend";
    void *backend = NULL;

    apr_pool_userdata_get(&backend, key, pool);
    if (backend == NULL) {
        backend = apr_pcalloc(pool, sizeof(was_backend_t));
        apr_pool_userdata_setn(backend, key, NULL, pool);
    }
    return backend;
}

static const was_error_t *open_handle(was_pool_t *connections, was_connection_t *connection,
                                      apr_pool_t *pool)
{
    was_loan_t loan;

    if (!connections->lender->lend(connections->lender->baton, &loan, pool)) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "there is no connection to be had");
    }
    connection->handle = loan.handle;
    connection->pg = loan.pg;
    connection->backend = backend_of(loan.pool);
    return NULL;
}

/* Who goes alone makes the schema before, if that is to be, and finds out whether there are
 * connections to have. */
static const was_error_t *open_alone(was_pool_t *connections, was_connection_t *connection,
                                     apr_pool_t *pool)
{
    const was_error_t *error = was_pool_prepare(connections, pool);

    if (error == NULL) {
        error = open_handle(connections, connection, pool);
    }
    was_permits_pass(connections->permits, error == NULL);
    return error;
}

/* With a permit. */
static const was_error_t *open_connection(was_pool_t *connections, was_connection_t *connection,
                                          bool alone, apr_pool_t *pool)
{
    WAS_TRY(alone ? open_alone(connections, connection, pool)
                  : open_handle(connections, connection, pool));
    connection->texts = atomic_load(&connections->texts);
    /* Whoever shares the pool may have left a transaction open, or an answer unread. */
    if (!is_connection_alive(connection->pg) ||
        PQtransactionStatus(connection->pg) != PQTRANS_IDLE) {
        connection->backend->pid = 0;
        PQreset(connection->pg);
        if (PQstatus(connection->pg) != CONNECTION_OK) {
            connections->lender->take_back(connections->lender->baton, connection->handle);
            return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "PostgreSQL cannot be reached");
        }
    }
    PQsetnonblocking(connection->pg, 1);
    /* Some poolers tell no pid: who knows nothing greets again. */
    if (connection->backend->pid != 0 && connection->backend->pid == PQbackendPID(connection->pg)) {
        return NULL;
    }
    const was_error_t *error =
        greet_backend(connection, was_pool_is_distributed(connections), pool);

    if (error != NULL) {
        hand_back(connections, connection);
    }
    return error;
}

const was_error_t *was_pool_borrow(was_pool_t *connections, apr_uint32_t caller,
                                   was_connection_t *connection, apr_pool_t *pool)
{
    bool alone = !atomic_load(&connections->is_ready);
    const char *refusal = was_permits_enter(connections->permits, caller, &alone);

    if (refusal != NULL) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "%s", refusal);
    }
    const was_error_t *error = open_connection(connections, connection, alone, pool);

    connection->caller = caller;
    if (error != NULL) {
        was_permits_leave(connections->permits, caller, false);
    }
    return error;
}

void was_pool_return(was_pool_t *connections, was_connection_t *connection)
{
    bool is_good = hand_back(connections, connection);

    was_permits_leave(connections->permits, connection->caller, is_good && connections->is_kept);
}

/* Whether the connection string says for how long the making of a connection may take. */
static bool bounds_connect(const char *params)
{
    PQconninfoOption *options = PQconninfoParse(params, NULL);
    bool is_bounded = false;

    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++) {
        is_bounded = is_bounded || (strcmp(o->keyword, "connect_timeout") == 0 && o->val != NULL &&
                                    apr_atoi64(o->val) > 0);
    }
    PQconninfoFree(options);
    return is_bounded;
}

const was_error_t *was_pool_open(was_pool_t *connections, int count, apr_pool_t *pool)
{
    const was_error_t *error = NULL;
    int opened = 0;

    if (!was_pool_is_ready(connections) || !connections->is_kept ||
        !bounds_connect(connections->params)) {
        return NULL;
    }
    was_connection_t *all = apr_pcalloc(pool, sizeof(*all) * (apr_size_t)count);

    /* Each by another caller: one may not hold them all. */
    while (opened < count && error == NULL) {
        error = was_pool_borrow(connections, (apr_uint32_t)opened, &all[opened], pool);
        opened += error == NULL;
    }
    while (opened > 0) {
        was_pool_return(connections, &all[--opened]);
    }
    return error;
}

void was_pool_renew(was_pool_t *connections, was_connection_t *connection, bool schema)
{
    if (schema) {
        atomic_store(&connections->is_ready, false);
    }
    was_pq_abandon(connection->pg);
    connection->backend->pid = 0;
}
