/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What a request costs at least in an httpd that asks PostgreSQL: a module with handlers that take
 * a connection of mod_dbd's, send one prepared statement, and answer with what comes. Owns nothing
 * but that. Knows no protocol, and lets anybody do anything.
 *
 *   floor-get       reads /1k of the space `bench`
 *   floor-verified  the same, behind one verification of Ed25519
 *   floor-put       the same, and writes the body to the last segment of the path
 */

/* The others want it first. */
#include <httpd.h>

#include <apr_dbd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <mod_dbd.h>

#include <libpq-fe.h>
#include <sodium.h>

#include <stdbool.h>
#include <string.h>

/* As long as what the two protocols sign, more or less; and of what is stored. */
enum { MESSAGE_BYTES = 250, BODY_MAX_BYTES = 64 * 1024 };

static unsigned char key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
static unsigned char message[MESSAGE_BYTES];

static const char read_sql[] =
    "SELECT content_type, content FROM public.was_resources WHERE space_uuid = $1 AND path = $2";
static const char write_sql[] =
    "INSERT INTO public.was_resources (space_uuid, path, content, content_type)"
    " VALUES ($1, $2, $3, 'application/octet-stream') ON CONFLICT (space_uuid, path)"
    " DO UPDATE SET content = EXCLUDED.content, content_type = EXCLUDED.content_type";

typedef struct statement_t {
    const char *name, *sql;
    int nvalues;
} statement_t;

static const statement_t reads = {"floor_read", read_sql, 2},
                         writes = {"floor_write", write_sql, 3};

static apr_status_t clear_result(void *result)
{
    PQclear(result);
    return APR_SUCCESS;
}

/* In one exchange, but for the first use of a connection. NULL when it fails. */
static PGresult *run_statement(request_rec *r, const statement_t *statement, const char *path,
                               const char *body, apr_size_t length)
{
    ap_dbd_t *dbd = ap_dbd_acquire(r);
    PGconn *connection = dbd != NULL ? apr_dbd_native_handle(dbd->driver, dbd->handle) : NULL;
    const char *const values[] = {"bench", path, body};
    const int lengths[] = {0, 0, (int)length}, formats[] = {0, 0, 1};
    PGresult *result = NULL;

    for (int tries = 0; connection != NULL && tries < 2; tries++) {
        result = PQexecPrepared(connection, statement->name, statement->nvalues, values, lengths,
                                formats, 1);
        apr_pool_cleanup_register(r->pool, result, clear_result, apr_pool_cleanup_null);
        if (PQresultStatus(result) != PGRES_FATAL_ERROR) {
            return result;
        }
        PQclear(PQprepare(connection, statement->name, statement->sql, 0, NULL));
    }
    ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "floor: %s",
                  connection != NULL ? PQerrorMessage(connection) : "no connection");
    return NULL;
}

static int answer_read(request_rec *r)
{
    const PGresult *result = run_statement(r, &reads, "/1k", NULL, 0);

    if (result == NULL || PQntuples(result) != 1) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    ap_set_content_type(r, PQgetvalue(result, 0, 0));
    ap_set_content_length(r, PQgetlength(result, 0, 1));
    ap_rwrite(PQgetvalue(result, 0, 1), PQgetlength(result, 0, 1), r);
    return OK;
}

static int store_body(request_rec *r)
{
    char *body = apr_palloc(r->pool, BODY_MAX_BYTES);
    apr_size_t length = 0;
    long count = 1;

    if (ap_setup_client_block(r, REQUEST_CHUNKED_ERROR) != OK || !ap_should_client_block(r)) {
        return HTTP_BAD_REQUEST;
    }
    while (count > 0 && length < BODY_MAX_BYTES) {
        count = ap_get_client_block(r, body + length, BODY_MAX_BYTES - length);
        length += count > 0 ? (apr_size_t)count : 0;
    }
    if (count < 0 || run_statement(r, &writes, strrchr(r->uri, '/'), body, length) == NULL) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    r->status = HTTP_NO_CONTENT;
    return OK;
}

static int handle_request(request_rec *r)
{
    const bool is_read = strcmp(r->handler, "floor-get") == 0;
    const bool is_write = strcmp(r->handler, "floor-put") == 0;

    if (!is_read && !is_write && strcmp(r->handler, "floor-verified") != 0) {
        return DECLINED;
    }
    if (!is_read && crypto_sign_verify_detached(signature, message, MESSAGE_BYTES, key) != 0) {
        return HTTP_UNAUTHORIZED;
    }
    return is_write ? store_body(r) : answer_read(r);
}

static int make_signature(apr_pool_t *config, apr_pool_t *log, apr_pool_t *temporary,
                          server_rec *server)
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];

    (void)config;
    (void)log;
    (void)temporary;
    (void)server;
    return sodium_init() >= 0 && crypto_sign_keypair(key, secret) == 0 &&
                   crypto_sign_detached(signature, NULL, message, MESSAGE_BYTES, secret) == 0
               ? OK
               : HTTP_INTERNAL_SERVER_ERROR;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(make_signature, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handle_request, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(floor) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL,
                            register_hooks,          0};
