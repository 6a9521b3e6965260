/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_changes: queries of a collection (section 13.2): what has changed (protocol/pws-next section
 * D); one by an index is pws_lookup's. Owns what a query says, and who waits for an answer. Refuses
 * to know in what order changes come, how one is shown (pws_change_page), and who may ask.
 */

#include "pws/pws.h"

#include "base/was_encoding.h"
#include "http/was_wait.h"
#include "pws/pws_auth.h"
#include "pws/pws_change_page.h"
#include "pws/pws_checkpoint.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_lookup.h"
#include "store/pws/was_pws_changes.h"

#include <apr_strings.h>

#include <string.h>

/* A query as it came, and what is found for it. */
typedef struct query_t {
    was_request_t *request;
    bool is_old; /* the revision before the current one is spoken */
    bool has_checkpoint;
    pws_checkpoint_t checkpoint;
    int limit;
    const char *url; /* of the collection, with its slash */
    was_pws_changes_t found;
    pws_feed_t feed;
} query_t;

static bool is_old_revision(const was_request_t *request)
{
    return was_config_revision(request->config) == WAS_REVISION_2026_09;
}

static const was_error_t *bad_checkpoint(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/checkpoint",
                          "the checkpoint is none that this collection gave out");
}

static const was_error_t *read_checkpoint(query_t *query, const char *text)
{
    query->has_checkpoint = true;
    return text != NULL && (query->is_old ? pws_checkpoint_read_time(text, &query->checkpoint)
                                          : pws_checkpoint_read_text(text, &query->checkpoint))
               ? NULL
               : bad_checkpoint(query->request->pool);
}

/* The text of a checkpoint: it, or the time in the object that it is; NULL where it is neither. */
static const char *text_of_checkpoint(const query_t *query, const json_t *value)
{
    if (query->is_old) {
        return json_is_string(json_object_get(value, "id"))
                   ? json_string_value(json_object_get(value, "updatedAt"))
                   : NULL;
    }
    return json_string_value(value);
}

static const was_error_t *check_profile(const char *profile, apr_pool_t *pool)
{
    if (profile == NULL) {
        return pws_bad_member(pool, "profile", "there, and a string");
    }
    return strcmp(profile, "changes") == 0
               ? NULL
               : was_error_make(pool, WAS_ERROR_NOT_IMPLEMENTED, NULL,
                                "this server has no queries of this profile");
}

/* Who has the right finds the collection by it; for anybody else it is looked at first. */
static const was_error_t *read_changes(query_t *query, was_pws_changes_query_t *wanted)
{
    was_request_t *request = query->request;
    const was_grant_t grant = pws_grant(request);

    if (pws_state(request)->is_pending) {
        wanted->grant = &grant;
        const was_error_t *error =
            was_pws_changes_read(request->db, wanted, &query->found, request->pool);

        if (error == NULL || error->kind != WAS_ERROR_NOT_FOUND) {
            return error;
        }
        WAS_TRY(pws_authorize_open(request));
        wanted->grant = NULL;
    }
    wanted->only_public = pws_state(request)->is_public;
    return was_pws_changes_read(request->db, wanted, &query->found, request->pool);
}

static const was_error_t *find_changes(query_t *query)
{
    const was_request_t *request = query->request;
    was_pws_changes_query_t wanted = {
        .space = pws_segment(request, 1),
        .collection = pws_segment(request, 2),
        .after = query->has_checkpoint ? query->checkpoint.position : 0,
        .limit = query->limit,
        .extra = (int)strlen(query->url) + PWS_CHANGE_BYTES,
        .only_json = query->is_old,
    };

    WAS_TRY(read_changes(query, &wanted));
    query->feed = (pws_feed_t){query->found.key, wanted.space, query->found.generation};
    if (!query->has_checkpoint) {
        return NULL;
    }
    /* It may be of a time that a backup has taken back. */
    return pws_checkpoint_holds(&query->feed, &query->checkpoint) &&
                   query->checkpoint.position <= query->found.position
               ? NULL
               : bad_checkpoint(request->pool);
}

/* Whoever has no capability waits for nothing: nobody knows how many of them there are. */
static const was_error_t *await_changes(query_t *query)
{
    was_request_t *request = query->request;
    const int seconds = was_wait_wanted(request);
    const apr_time_t until = apr_time_now() + apr_time_from_sec(seconds);
    was_watch_end_t end = WAS_WATCH_MOVED;

    while (seconds > 0 && query->found.count == 0 && end == WAS_WATCH_MOVED &&
           !pws_state(request)->is_public) {
        const was_watched_t watched = {query->feed.space, query->found.generation,
                                       query->found.position};

        end = was_wait_for(request, &watched, until);
        if (end == WAS_WATCH_MOVED) {
            /* What was allowed when the request came may have been revoked since. */
            request->now = apr_time_sec(apr_time_now());
            WAS_TRY(pws_authorize(request));
            WAS_TRY(find_changes(query));
        }
    }
    if (seconds > 0 && end != WAS_WATCH_FULL && !pws_state(request)->is_public) {
        was_wait_tell(request, seconds);
    }
    return NULL;
}

static const was_error_t *answer_changes(query_t *query, was_response_t *response)
{
    query->url = pws_url(query->request, "/space/%s/%s/", pws_segment(query->request, 1),
                         pws_segment(query->request, 2));
    WAS_TRY(find_changes(query));
    WAS_TRY(await_changes(query));
    const pws_change_page_t page = {
        .is_old = query->is_old, .url = query->url, .feed = &query->feed, .found = &query->found};
    const char *text;

    WAS_TRY(pws_change_page_text(&page, &text, query->request->pool));
    pws_answer_text(response, text);
    return NULL;
}

const was_error_t *pws_query_post(was_request_t *request, was_response_t *response)
{
    query_t query = {.request = request, .is_old = is_old_revision(request)};
    const json_t *checkpoint = json_object_get(request->document, "checkpoint");

    if (was_json_is_text(json_object_get(request->document, "profile"), "blinded-index")) {
        WAS_TRY(pws_authorize_open(request));
        return pws_lookup_post(request, response);
    }
    WAS_TRY(check_profile(json_string_value(json_object_get(request->document, "profile")),
                          request->pool));
    if (checkpoint != NULL) {
        WAS_TRY(read_checkpoint(&query, text_of_checkpoint(&query, checkpoint)));
    }
    query.limit = pws_limit_of_member(json_object_get(request->document, "limit"));
    return answer_changes(&query, response);
}

/* A parameter of the URL; NULL when there is none. */
static const char *read_parameter(const was_request_t *request, const char *name)
{
    const char *raw = pws_query_parameter(request, name);
    apr_size_t length = raw != NULL ? strlen(raw) : 0, count;
    char *text = apr_palloc(request->pool, length + 1);

    if (raw == NULL || !was_percent_decode(raw, length, text, &count)) {
        return raw;
    }
    text[count] = '\0';
    return text;
}

const was_error_t *pws_query_get(was_request_t *request, was_response_t *response)
{
    query_t query = {.request = request, .is_old = false};
    const char *checkpoint = read_parameter(request, "checkpoint");

    if (is_old_revision(request)) {
        was_request_answer_field(request, "Allow", "POST, OPTIONS");
        return was_error_make(request->pool, WAS_ERROR_METHOD, NULL, "this takes POST, OPTIONS");
    }
    WAS_TRY(check_profile(read_parameter(request, "profile"), request->pool));
    if (checkpoint != NULL) {
        WAS_TRY(read_checkpoint(&query, checkpoint));
    }
    query.limit = pws_limit_of_text(read_parameter(request, "limit"));
    return answer_changes(&query, response);
}
