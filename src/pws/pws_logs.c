/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_logs: governing history logs (section 15). Owns how one is answered, and what comes first of
 * what is wrong with a write. Refuses to know what a line says, and how a log may grow.
 */

#include "pws/pws.h"

#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_log.h"

#include <string.h>

const was_error_t *pws_log_get(was_request_t *request, was_response_t *response)
{
    was_pws_log_t log;

    WAS_TRY(was_pws_logs_get(request->db, pws_segment(request, 1), pws_segment(request, 2), &log,
                             request->pool));
    if (log.body == NULL || memchr(log.body, '\0', log.length) != NULL) {
        return was_error_log(request->pool, WAS_ERROR_BROKEN, "a stored log: no text");
    }
    pws_answer_text(response, log.body);
    response->type = "text/jsonl";
    response->etag = log.etag;
    response->modified = apr_time_sec(log.updated);
    return NULL;
}

const was_error_t *pws_log_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const char *collection = pws_segment(request, 2);
    was_pws_log_t log;
    bool is_repeated;
    const was_error_t *flaw =
        pws_log_read(was_body_bytes(request->body), (apr_size_t)was_body_length(request->body),
                     &log, request->pool);

    if (flaw != NULL) {
        WAS_TRY(was_pws_logs_check(request->db, &grant, collection, &log, &request->conditions,
                                   request->pool));
        return flaw;
    }
    WAS_TRY(was_pws_logs_put(request->db, &grant, collection, &log, &request->conditions,
                             &is_repeated, request->pool));
    if (is_repeated && pws_is_september(request)) {
        return was_error_make(request->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a log grows by one line at a time");
    }
    response->answer = WAS_ANSWER_NO_CONTENT;
    response->etag = log.etag;
    return NULL;
}
