/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_changes: queries of a collection (section 13.2): what has changed (protocol/pws-next section
 * D); one by an index is pws_lookup's. Owns how a change is shown, in both revisions. Refuses to
 * know in what order changes come, and who may ask.
 */

#include "pws/pws.h"

#include "base/was_ascii.h"
#include "base/was_encoding.h"
#include "http/was_wait.h"
#include "pws/pws_auth.h"
#include "pws/pws_checkpoint.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_lookup.h"
#include "store/pws/was_pws_changes.h"

#include <apr_strings.h>

#include <string.h>

/* Of a change: its names and punctuation, and whatever of it has a fixed length. */
enum { CHANGE_BYTES = 640 };

/* A query as it came, and what is found for it. */
typedef struct query_t {
    was_request_t *request;
    bool is_old; /* the revision before the current one is spoken */
    bool has_checkpoint;
    pws_checkpoint_t checkpoint;
    int limit;
    const char *url; /* of the collection, with its slash */
    was_pws_changes_t found;
    const char *origin; /* quoted */
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

static void push_piece(apr_array_header_t *pieces, const char *text)
{
    APR_ARRAY_PUSH(pieces, const char *) = text;
}

/* A member of a text that needs no escapes, or a quoted one; nothing for NULL. */
static void add_member(apr_array_header_t *pieces, const char *name, const char *json)
{
    if (json != NULL) {
        push_piece(pieces, name);
        push_piece(pieces, json);
    }
}

/* A stored text as JSON; NULL for NULL. Most have nothing to escape. */
static const char *quote_text(const char *text, apr_pool_t *pool)
{
    if (text == NULL) {
        return NULL;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if (!was_ascii_is_printable(*at) || *at == '"' || *at == '\\') {
            json_t *value = json_string(text);

            return value != NULL ? was_json_text(was_json_own(value, pool), NULL, pool) : "null";
        }
    }
    return apr_pstrcat(pool, "\"", text, "\"", NULL);
}

/* Whether a stored text that says that it is JSON is: what came in a file was not looked at. */
static bool is_sound(const char *text, apr_size_t length)
{
    apr_size_t good;

    return text != NULL && was_json_scan((was_json_slice_t){text, length}, &good) == WAS_JSON_SOUND;
}

/* Its members, without braces. */
static void push_stamp(const query_t *query, const was_pws_change_stamp_t *stamp,
                       apr_array_header_t *pieces)
{
    apr_pool_t *pool = query->request->pool;

    push_piece(pieces, "\"updatedAt\":\"");
    push_piece(pieces, pws_time_text(stamp->updated, pool));
    push_piece(pieces, "\",\"updatedAtCounter\":");
    push_piece(pieces,
               stamp->counter == 0 ? "0" : apr_psprintf(pool, "%" APR_INT64_T_FMT, stamp->counter));
    push_piece(pieces, ",\"originId\":");
    push_piece(pieces, query->origin);
    push_piece(pieces, ",\"generation\":\"");
    push_piece(pieces, stamp->generation);
    push_piece(pieces, "\"");
}

/* The id of a record: a resource's own, else where it is read. */
static const char *id_of_change(const query_t *query, const was_pws_change_t *change)
{
    if (change->kind == WAS_PWS_CHANGE_RESOURCE) {
        return change->id;
    }
    if (change->kind == WAS_PWS_CHANGE_COLLECTION) {
        return apr_pstrcat(query->request->pool, query->url, "meta", NULL);
    }
    if (change->kind == WAS_PWS_CHANGE_LOG) {
        return apr_pstrcat(query->request->pool, query->url, "meta/log", NULL);
    }
    return apr_pstrcat(query->request->pool, query->url, change->id, *change->id != '\0' ? "/" : "",
                       "policy", NULL);
}

static void add_current(const query_t *query, const was_pws_change_t *change,
                        apr_array_header_t *pieces)
{
    static const char *const kinds[] = {
        [WAS_PWS_CHANGE_RESOURCE] = "{\"kind\":\"resource\",\"id\":",
        [WAS_PWS_CHANGE_COLLECTION] = "{\"kind\":\"collection-metadata\",\"id\":",
        [WAS_PWS_CHANGE_LOG] = "{\"kind\":\"log\",\"id\":",
        [WAS_PWS_CHANGE_POLICY] = "{\"kind\":\"policy\",\"id\":"};
    apr_pool_t *pool = query->request->pool;

    push_piece(pieces, kinds[change->kind]);
    push_piece(pieces, quote_text(id_of_change(query, change), pool));
    push_piece(pieces, change->is_deleted ? ",\"deleted\":true," : ",\"deleted\":false,");
    push_stamp(query, &change->stamp, pieces);
    push_piece(pieces, ",\"checkpoint\":\"");
    push_piece(pieces, pws_checkpoint_text(&query->feed, change->position, pool));
    push_piece(pieces, "\"");
    add_member(pieces, ",\"contentType\":", quote_text(change->type, pool));
    if (change->meta_etag != NULL) {
        push_piece(pieces, ",\"meta\":{");
        push_stamp(query, &change->meta, pieces);
        push_piece(pieces, "}");
    }
}

/* Of the latest write, be it of the content or of what is noted. */
static const char *time_of_change(const query_t *query, const was_pws_change_t *change)
{
    apr_time_t time = change->stamp.updated;

    if (change->meta_etag != NULL && change->meta.updated > time) {
        time = change->meta.updated;
    }
    return pws_checkpoint_time(&query->feed, change->position, time, query->request->pool);
}

/* Grows with each write of a record, in what a double holds exactly. */
static apr_int64_t version_of_stamp(const was_pws_change_stamp_t *stamp)
{
    return apr_time_as_msec(stamp->updated) * 4096 +
           (stamp->counter < 4096 ? stamp->counter : 4095);
}

static void add_old(const query_t *query, const was_pws_change_t *change,
                    apr_array_header_t *pieces)
{
    apr_pool_t *pool = query->request->pool;

    push_piece(pieces,
               apr_psprintf(
                   pool,
                   "{\"id\":%s,\"_deleted\":%s,\"updatedAt\":\"%s\",\"version\":%" APR_INT64_T_FMT,
                   quote_text(change->id, pool), change->is_deleted ? "true" : "false",
                   time_of_change(query, change), version_of_stamp(&change->stamp)));
    if (change->meta_etag != NULL) {
        push_piece(pieces, apr_psprintf(pool, ",\"metaVersion\":%" APR_INT64_T_FMT,
                                        version_of_stamp(&change->meta)));
    }
}

/* Appends the text of a change, piece by piece. Content and custom go in as they stand: they may be
 * deeper than what we read, and their numbers more exact. */
static const was_error_t *append_change(const query_t *query, const was_pws_change_t *change,
                                        apr_array_header_t *pieces)
{
    apr_pool_t *pool = query->request->pool;

    if (change->custom != NULL && !is_sound(change->custom, strlen(change->custom))) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "what is noted of a resource: no JSON");
    }
    (query->is_old ? add_old : add_current)(query, change, pieces);
    add_member(pieces, ",\"etag\":\"\\\"", change->etag);
    push_piece(pieces, "\\\"\"");
    if (change->meta_etag != NULL) {
        add_member(pieces, ",\"metaEtag\":\"\\\"", change->meta_etag);
        push_piece(pieces, "\\\"\"");
    }
    add_member(pieces, ",\"custom\":", change->custom);
    add_member(pieces, ",\"createdBy\":", quote_text(change->created_by, pool));
    add_member(pieces, ",\"epoch\":", quote_text(change->epoch, pool));
    add_member(pieces, ",\"writerId\":", quote_text(change->writer, pool));
    add_member(pieces,
               ",\"data\":", is_sound(change->content, change->length) ? change->content : NULL);
    push_piece(pieces, "}");
    return NULL;
}

/* The checkpoint of the last change, as JSON. */
static const char *last_checkpoint(const query_t *query)
{
    if (query->found.count == 0) {
        return "null";
    }
    const was_pws_change_t *last = &query->found.changes[query->found.count - 1];
    apr_pool_t *pool = query->request->pool;

    if (!query->is_old) {
        return apr_psprintf(pool, "\"%s\"",
                            pws_checkpoint_text(&query->feed, last->position, pool));
    }
    return apr_psprintf(pool, "{\"id\":%s,\"updatedAt\":\"%s\"}", quote_text(last->id, pool),
                        time_of_change(query, last));
}

static const was_error_t *answer_page(const query_t *query, was_response_t *response)
{
    apr_array_header_t *pieces =
        apr_array_make(query->request->pool, 48 * query->found.count + 4, sizeof(const char *));

    push_piece(pieces, "{\"documents\":[");
    for (int i = 0; i < query->found.count; i++) {
        if (i > 0) {
            push_piece(pieces, ",");
        }
        WAS_TRY(append_change(query, &query->found.changes[i], pieces));
    }
    push_piece(pieces, "],\"checkpoint\":");
    push_piece(pieces, last_checkpoint(query));
    push_piece(pieces, "}");
    pws_answer_text(response, apr_array_pstrcat(query->request->pool, pieces, '\0'));
    return NULL;
}

static const was_error_t *find_changes(query_t *query)
{
    const was_request_t *request = query->request;
    const was_pws_changes_query_t wanted = {
        .space = pws_segment(request, 1),
        .collection = pws_segment(request, 2),
        .after = query->has_checkpoint ? query->checkpoint.position : 0,
        .limit = query->limit,
        .extra = (int)strlen(query->url) + CHANGE_BYTES,
        .only_public = pws_state(request)->is_public,
        .only_json = query->is_old,
    };

    WAS_TRY(was_pws_changes_read(request->db, &wanted, &query->found, request->pool));
    query->origin = quote_text(query->found.origin, request->pool);
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
    return answer_page(query, response);
}

const was_error_t *pws_query_post(was_request_t *request, was_response_t *response)
{
    query_t query = {.request = request, .is_old = is_old_revision(request)};
    const json_t *checkpoint = json_object_get(request->document, "checkpoint");

    if (was_json_is_text(json_object_get(request->document, "profile"), "blinded-index")) {
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
