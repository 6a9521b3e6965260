/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_wait: the wish to wait in and out of a request's fields. Refuses to know how one waits, and
 * for how long it makes sense.
 */

#include "http/was_wait.h"

#include "http/was_prefer.h"

#include <apr_strings.h>

int was_wait_wanted(const was_request_t *request)
{
    return was_prefer_wait(was_request_field(request, "Prefer"));
}

was_watch_end_t was_wait_for(const was_request_t *request, const was_watched_t *watched,
                             apr_time_t until)
{
    return was_watcher_wait(was_config_server(request->r->server)->watcher, watched,
                            request->caller, until);
}

void was_wait_tell(const was_request_t *request, int seconds)
{
    was_request_answer_field(request, "Preference-Applied",
                             apr_psprintf(request->pool, "wait=%d", seconds));
}
