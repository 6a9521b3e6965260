/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * request: the functions of httpd and of src/http's outer rooms that was_request, was_respond,
 * was_problem and was_cors call, over a request that nobody sent. Of conditions of reads, which are
 * httpd's, they know entity tags alone.
 */
#include "request.h"

#include "http/was_body.h"
#include "http/was_bucket.h"

#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

/* Only its place among the modules is looked at, to log under its name. */
module AP_MODULE_DECLARE_DATA was_module;

/* It logs everything. */
static server_rec server = {.log = {.level = APLOG_TRACE8}};
static was_config_t config;
static fuzz_sent_t sent;
static request_rec *current;

/* As httpd has it where no directive says more. */
static ap_conf_vector_t *core_alone(void)
{
    static core_dir_config core;
    static void *modules[AP_CORE_MODULE_INDEX + 1];

    core.max_ranges = AP_MAXRANGES_DEFAULT;
    modules[AP_CORE_MODULE_INDEX] = &core;
    return (ap_conf_vector_t *)modules;
}

was_request_t *fuzz_request(const was_protocol_t *protocol, apr_pool_t *pool)
{
    was_request_t *request = apr_pcalloc(pool, sizeof(*request));
    request_rec *r = apr_pcalloc(pool, sizeof(*r));

    r->pool = pool;
    r->server = &server;
    r->request_config = apr_pcalloc(pool, sizeof(ap_conf_vector_t *));
    r->per_dir_config = core_alone();
    r->headers_in = apr_table_make(pool, 8);
    r->headers_out = apr_table_make(pool, 8);
    r->subprocess_env = apr_table_make(pool, 2);
    r->connection = apr_pcalloc(pool, sizeof(*r->connection));
    r->connection->bucket_alloc = apr_bucket_alloc_create(pool);
    memset(&config, 0, sizeof(config));
    config.base_url = "https://was.example";
    request->r = r;
    request->pool = pool;
    request->config = &config;
    request->protocol = protocol;
    request->method = "GET";
    request->now = 1768478400;
    request->caller = "did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX";
    request->conditions.unmodified_since = -1;
    memset(&sent, 0, sizeof(sent));
    current = r;
    return request;
}

void fuzz_field(was_request_t *request, const char *name, const char *value)
{
    if (value != NULL) {
        REQUIRE(strchr(value, '\n') == NULL);
        apr_table_setn(request->r->headers_in, name, value);
    }
}

const fuzz_sent_t *fuzz_sent(void)
{
    return &sent;
}

const was_config_t *was_config_of(const request_rec *r)
{
    REQUIRE(r == current);
    return &config;
}

was_revision_t was_config_revision(const was_config_t *which)
{
    return which->revision != WAS_REVISION_UNSET ? which->revision : WAS_REVISION_2026_10;
}

was_server_t *was_config_server(const server_rec *which)
{
    static was_server_t none;

    REQUIRE(which == &server);
    return &none;
}

was_db_t *was_db_of_caller(const was_db_t *db, apr_uint32_t caller, apr_pool_t *pool)
{
    (void)caller;
    REQUIRE(db == NULL && pool != NULL);
    return NULL;
}

void was_body_discard(const was_request_t *request)
{
    REQUIRE(request->r == current);
}

const was_error_t *was_preconditions_failed(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_PRECONDITION, "/precondition", "it has changed");
}

/* Contents are in memory here, but for a target that has one of its own. */
__attribute__((weak)) const was_error_t *was_content_read(was_db_t *db,
                                                          const was_resource_t *resource,
                                                          apr_int64_t offset, apr_size_t length,
                                                          was_read_t *read, apr_pool_t *pool)
{
    REQUIRE(db == NULL && resource != NULL && read != NULL);
    REQUIRE(offset >= 0 && length > 0 && length <= WAS_PIECE_BYTES);
    return was_error_log(pool, WAS_ERROR_CONFLICT, "nothing is stored");
}

const was_error_t *was_bucket_ahead(const was_request_t *request, const was_resource_t *resource,
                                    bool is_whole, was_ahead_t **ahead)
{
    REQUIRE(request->r == current && resource != NULL && (is_whole || !request->is_head));
    *ahead = NULL;
    return NULL;
}

const was_error_t *was_content_refused(const was_error_t *error, apr_pool_t *pool)
{
    REQUIRE(error != NULL && pool != NULL);
    return error;
}

void was_bucket_append(apr_bucket_brigade *brigade, const was_request_t *request,
                       const was_resource_t *resource, was_ahead_t *ahead)
{
    REQUIRE(ahead == NULL);
    REQUIRE(request->r == current);
    APR_BRIGADE_INSERT_TAIL(
        brigade,
        apr_bucket_immortal_create(resource->piece, resource->piece_length, brigade->bucket_alloc));
}

const char *ap_run_http_scheme(const request_rec *r)
{
    REQUIRE(r == current);
    return "https";
}

void ap_set_content_length(request_rec *r, apr_off_t length)
{
    r->clength = length;
    apr_table_setn(r->headers_out, "Content-Length",
                   apr_psprintf(r->pool, "%" APR_OFF_T_FMT, length));
}

void ap_set_content_type(request_rec *r, const char *type)
{
    r->content_type = type;
}

void ap_set_accept_ranges(request_rec *r)
{
    apr_table_setn(r->headers_out, "Accept-Ranges", "bytes");
}

void ap_update_mtime(request_rec *r, apr_time_t modified)
{
    r->mtime = modified > r->mtime ? modified : r->mtime;
}

apr_time_t ap_rationalize_mtime(request_rec *r, apr_time_t modified)
{
    REQUIRE(r == current);
    return modified;
}

/* What is sent must be decided before any of it is written. */
static ap_condition_e compare_etag(request_rec *r, const char *name, apr_table_t *validators)
{
    const char *given = apr_table_get(r->headers_in, name);

    REQUIRE(r == current && apr_is_empty_table(r->headers_out));
    if (given == NULL) {
        return AP_CONDITION_NONE;
    }
    return strcmp(given, apr_table_get(validators, "ETag")) == 0 ? AP_CONDITION_STRONG
                                                                 : AP_CONDITION_NOMATCH;
}

ap_condition_e ap_condition_if_match(request_rec *r, apr_table_t *validators)
{
    return compare_etag(r, "If-Match", validators);
}

ap_condition_e ap_condition_if_none_match(request_rec *r, apr_table_t *validators)
{
    return compare_etag(r, "If-None-Match", validators);
}

ap_condition_e ap_condition_if_unmodified_since(request_rec *r, apr_table_t *validators)
{
    REQUIRE(r == current && apr_table_get(validators, "Last-Modified") != NULL);
    return AP_CONDITION_NONE;
}

ap_condition_e ap_condition_if_modified_since(request_rec *r, apr_table_t *validators)
{
    return ap_condition_if_unmodified_since(r, validators);
}

apr_bucket *ap_bucket_error_create(int status, const char *text, apr_pool_t *pool,
                                   apr_bucket_alloc_t *list)
{
    REQUIRE(status >= 400 && text == NULL && pool != NULL);
    return apr_bucket_flush_create(list);
}

apr_socket_t *ap_get_conn_socket(conn_rec *connection)
{
    REQUIRE(connection == current->connection);
    return NULL;
}

apr_status_t ap_pass_brigade(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    apr_off_t length = 0;

    REQUIRE(filter == NULL && sent.body == NULL);
    REQUIRE(APR_BUCKET_IS_EOS(APR_BRIGADE_LAST(brigade)));
    REQUIRE(apr_brigade_length(brigade, 1, &length) == APR_SUCCESS);
    REQUIRE(apr_brigade_pflatten(brigade, &sent.body, &sent.length, current->pool) == APR_SUCCESS);
    REQUIRE((apr_off_t)sent.length == length);
    apr_brigade_cleanup(brigade);
    return APR_SUCCESS;
}

void ap_remove_output_filter(ap_filter_t *filter)
{
    REQUIRE(filter != NULL);
    REQUIRE(!"there are none here");
}

void ap_log_rerror_(const char *file, int line, int module_index, int level, apr_status_t status,
                    const request_rec *r, const char *format, ...)
{
    va_list arguments;

    REQUIRE(file != NULL && line > 0 && status == 0 && r == current);
    REQUIRE(module_index == was_module.module_index && level > APLOG_EMERG);
    sent.level = level & APLOG_LEVELMASK;
    va_start(arguments, format);
    sent.logged = apr_pvsprintf(r->pool, format, arguments);
    va_end(arguments);
}
