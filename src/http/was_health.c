/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_health: the answer to who watches. Owns nothing; refuses to know in which protocol it is
 * asked.
 */

#include "http/was_health.h"

const was_error_t *was_health_live(was_request_t *request, was_response_t *response)
{
    response->json = was_json_own(json_pack("{s:s}", "status", "ok"), request->pool);
    response->type = "application/json";
    response->cache = "no-store";
    return NULL;
}

const was_error_t *was_health_get(was_request_t *request, was_response_t *response)
{
    WAS_TRY(was_db_run(request->db, WAS_SQL_PING, NULL, 0, NULL, request->pool));
    return was_health_live(request, response);
}
