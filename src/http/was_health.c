/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The answer to who watches. Owns nothing; refuses to know the protocol that it is asked in.
 */

#include "http/was_health.h"

const was_error_t *was_health_get(was_request_t *request, was_response_t *response)
{
    json_t *body = was_json_own(json_object(), request->pool);

    WAS_TRY(was_db_run(request->db, WAS_SQL_PING, NULL, 0, NULL, request->pool));
    json_object_set_new(body, "status", json_string("ok"));
    response->json = body;
    response->type = "application/json";
    response->cache = "no-store";
    return NULL;
}
