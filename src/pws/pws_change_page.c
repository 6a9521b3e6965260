/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_change_page: a page of changes as JSON (protocol/pws-next section D). Owns how a change is
 * shown, in both revisions. Refuses to know in what order changes come, and who asks.
 */

#include "pws/pws_change_page.h"

#include "base/was_ascii.h"
#include "base/was_json.h"
#include "base/was_json_scan.h"
#include "pws/pws_documents.h"

#include <apr_strings.h>

#include <string.h>

/* The text so far, written from front to end: one copy of each content. */
typedef struct writer_t {
    const pws_change_page_t *page;
    apr_pool_t *pool;
    const char *origin; /* as JSON; each change has it */
    char *bytes;
    apr_size_t length, capacity;
} writer_t;

static void put_piece(writer_t *writer, const char *bytes, apr_size_t count)
{
    if (count > writer->capacity - writer->length) {
        const char *before = writer->bytes;

        writer->capacity = 2 * writer->capacity + count;
        writer->bytes = apr_palloc(writer->pool, writer->capacity);
        memcpy(writer->bytes, before, writer->length);
    }
    memcpy(writer->bytes + writer->length, bytes, count);
    writer->length += count;
}

/* Of a literal its length is known. */
#define PUT(writer, literal) put_piece(writer, literal, sizeof(literal) - 1)

static void put_text(writer_t *writer, const char *text)
{
    put_piece(writer, text, strlen(text));
}

static void put_integer(writer_t *writer, apr_int64_t number)
{
    put_text(writer, number == 0 ? "0" : apr_psprintf(writer->pool, "%" APR_INT64_T_FMT, number));
}

static const char *json_of_text(const char *text, apr_pool_t *pool)
{
    json_t *value = json_string(text);

    return value != NULL ? was_json_text(was_json_own(value, pool), NULL, pool) : "null";
}

/* A stored text as JSON. Most have nothing to escape. */
static void put_quoted(writer_t *writer, const char *text)
{
    const apr_size_t length = strlen(text);
    const char *at = was_ascii_skip_plain(text, text + length);

    while (was_ascii_is_printable(*at) && *at != '"' && *at != '\\') {
        at++;
    }
    if (*at == '\0') {
        PUT(writer, "\"");
        put_piece(writer, text, length);
        PUT(writer, "\"");
        return;
    }
    put_text(writer, json_of_text(text, writer->pool));
}

/* A member whose value is a stored text; nothing for NULL. */
static void put_member(writer_t *writer, const char *name, const char *text)
{
    if (text != NULL) {
        put_text(writer, name);
        put_quoted(writer, text);
    }
}

/* Whether a stored text that says that it is JSON is: what came in a file was not looked at. */
static bool is_sound(const char *text, apr_size_t length)
{
    apr_size_t good;

    return text != NULL && was_json_scan((was_json_slice_t){text, length}, &good) == WAS_JSON_SOUND;
}

/* Its members, without braces. */
static void put_stamp(writer_t *writer, const was_pws_change_stamp_t *stamp)
{
    PUT(writer, "\"updatedAt\":\"");
    put_text(writer, pws_time_text(stamp->updated, writer->pool));
    PUT(writer, "\",\"updatedAtCounter\":");
    put_integer(writer, stamp->counter);
    PUT(writer, ",\"originId\":");
    put_text(writer, writer->origin);
    PUT(writer, ",\"generation\":\"");
    put_text(writer, stamp->generation);
    PUT(writer, "\"");
}

/* The id of a record: a resource's own, else where it is read. */
static const char *id_of_change(const writer_t *writer, const was_pws_change_t *change)
{
    if (change->kind == WAS_PWS_CHANGE_RESOURCE) {
        return change->id;
    }
    if (change->kind == WAS_PWS_CHANGE_COLLECTION) {
        return apr_pstrcat(writer->pool, writer->page->url, "meta", NULL);
    }
    if (change->kind == WAS_PWS_CHANGE_LOG) {
        return apr_pstrcat(writer->pool, writer->page->url, "meta/log", NULL);
    }
    return apr_pstrcat(writer->pool, writer->page->url, change->id, *change->id != '\0' ? "/" : "",
                       "policy", NULL);
}

static void put_current(writer_t *writer, const was_pws_change_t *change)
{
    static const char *const kinds[] = {
        [WAS_PWS_CHANGE_RESOURCE] = "{\"kind\":\"resource\",\"id\":",
        [WAS_PWS_CHANGE_COLLECTION] = "{\"kind\":\"collection-metadata\",\"id\":",
        [WAS_PWS_CHANGE_LOG] = "{\"kind\":\"log\",\"id\":",
        [WAS_PWS_CHANGE_POLICY] = "{\"kind\":\"policy\",\"id\":"};

    put_text(writer, kinds[change->kind]);
    put_quoted(writer, id_of_change(writer, change));
    put_text(writer, change->is_deleted ? ",\"deleted\":true," : ",\"deleted\":false,");
    put_stamp(writer, &change->stamp);
    PUT(writer, ",\"checkpoint\":\"");
    put_text(writer, pws_checkpoint_text(writer->page->feed, change->position, writer->pool));
    PUT(writer, "\"");
    put_member(writer, ",\"contentType\":", change->type);
    if (change->meta_etag != NULL) {
        PUT(writer, ",\"meta\":{");
        put_stamp(writer, &change->meta);
        PUT(writer, "}");
    }
}

/* Of the latest write, be it of the content or of what is noted. */
static const char *time_of_change(const writer_t *writer, const was_pws_change_t *change)
{
    apr_time_t time = change->stamp.updated;

    if (change->meta_etag != NULL && change->meta.updated > time) {
        time = change->meta.updated;
    }
    return pws_checkpoint_time(writer->page->feed, change->position, time, writer->pool);
}

/* Grows with each write of a record, in what a double holds exactly. */
static apr_int64_t version_of_stamp(const was_pws_change_stamp_t *stamp)
{
    return apr_time_as_msec(stamp->updated) * 4096 +
           (stamp->counter < 4096 ? stamp->counter : 4095);
}

static void put_old(writer_t *writer, const was_pws_change_t *change)
{
    PUT(writer, "{\"id\":");
    put_quoted(writer, change->id);
    put_text(writer, change->is_deleted ? ",\"_deleted\":true" : ",\"_deleted\":false");
    PUT(writer, ",\"updatedAt\":\"");
    put_text(writer, time_of_change(writer, change));
    PUT(writer, "\",\"version\":");
    put_integer(writer, version_of_stamp(&change->stamp));
    if (change->meta_etag != NULL) {
        PUT(writer, ",\"metaVersion\":");
        put_integer(writer, version_of_stamp(&change->meta));
    }
}

/* Content and custom go in as they stand: they may be deeper than what we read, and their numbers
 * more exact. */
static const was_error_t *put_change(writer_t *writer, const was_pws_change_t *change)
{
    const apr_size_t length = change->custom != NULL ? strlen(change->custom) : 0;

    if (change->custom != NULL && !is_sound(change->custom, length)) {
        return was_error_log(writer->pool, WAS_ERROR_BROKEN,
                             "what is noted of a resource: no JSON");
    }
    (writer->page->is_old ? put_old : put_current)(writer, change);
    PUT(writer, ",\"etag\":\"\\\"");
    put_text(writer, change->etag);
    PUT(writer, "\\\"\"");
    if (change->meta_etag != NULL) {
        PUT(writer, ",\"metaEtag\":\"\\\"");
        put_text(writer, change->meta_etag);
        PUT(writer, "\\\"\"");
    }
    if (change->custom != NULL) {
        PUT(writer, ",\"custom\":");
        put_piece(writer, change->custom, length);
    }
    put_member(writer, ",\"createdBy\":", change->created_by);
    put_member(writer, ",\"epoch\":", change->epoch);
    put_member(writer, ",\"writerId\":", change->writer);
    if (is_sound(change->content, change->length)) {
        PUT(writer, ",\"data\":");
        put_piece(writer, change->content, change->length);
    }
    PUT(writer, "}");
    return NULL;
}

/* The checkpoint of the last change, as JSON. */
static void put_last_checkpoint(writer_t *writer)
{
    if (writer->page->found->count == 0) {
        PUT(writer, "null");
        return;
    }
    const was_pws_change_t *last = &writer->page->found->changes[writer->page->found->count - 1];

    if (writer->page->is_old) {
        PUT(writer, "{\"id\":");
        put_quoted(writer, last->id);
        PUT(writer, ",\"updatedAt\":\"");
        put_text(writer, time_of_change(writer, last));
        PUT(writer, "\"}");
        return;
    }
    PUT(writer, "\"");
    put_text(writer, pws_checkpoint_text(writer->page->feed, last->position, writer->pool));
    PUT(writer, "\"");
}

/* What the page comes to where nothing needs escapes, so that it need not grow. */
static apr_size_t expected_bytes(const pws_change_page_t *page)
{
    apr_size_t sum = PWS_CHANGE_BYTES;

    for (int i = 0; i < page->found->count; i++) {
        sum += PWS_CHANGE_BYTES + page->found->changes[i].length;
    }
    return sum;
}

const was_error_t *pws_change_page_text(const pws_change_page_t *page, const char **text,
                                        apr_pool_t *pool)
{
    writer_t at = {.page = page,
                   .pool = pool,
                   .origin = json_of_text(page->found->origin, pool),
                   .capacity = expected_bytes(page)};
    writer_t *writer = &at;

    writer->bytes = apr_palloc(pool, writer->capacity);
    PUT(writer, "{\"documents\":[");
    for (int i = 0; i < page->found->count; i++) {
        if (i > 0) {
            PUT(writer, ",");
        }
        WAS_TRY(put_change(writer, &page->found->changes[i]));
    }
    PUT(writer, "],\"checkpoint\":");
    put_last_checkpoint(writer);
    put_piece(writer, "}", 2);
    *text = writer->bytes;
    return NULL;
}
