/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_chunks: chunks of resources (section 16): numbered contents, taken and given as they are,
 * whatever their media type. Owns how they are listed. Refuses to know who may, and what a chunk is
 * a piece of.
 */

#include "pws/pws.h"

#include "base/was_media_type.h"
#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_pages.h"
#include "store/pws/was_pws_chunks.h"

#include <apr_strings.h>

static was_pws_key_t key_of_parent(const was_request_t *request)
{
    return (was_pws_key_t){.space = pws_segment(request, 1),
                           .collection = pws_segment(request, 2),
                           .resource = pws_segment(request, 3)};
}

const was_error_t *pws_chunk_admit(was_request_t *request, was_place_t *place)
{
    const was_pws_key_t key = key_of_parent(request);
    was_grant_t grant = pws_grant(request);
    apr_int64_t number;

    grant.is_carried = NULL; /* what is asked here writes nothing */
    place->space = key.space;
    WAS_TRY(pws_read_chunk(request, &number));
    return was_pws_chunks_room(request->db, &grant, &key, number, &request->conditions,
                               &place->room, request->pool);
}

const was_error_t *pws_chunk_put(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_key_t key = key_of_parent(request);
    was_content_t content;
    const was_pws_write_t write = {.content = &content, .conditions = &request->conditions};
    const char *type;
    apr_int64_t number;

    WAS_TRY(pws_read_chunk(request, &number));
    WAS_TRY(pws_read_type(request, &type));
    was_body_content(request->body, type, &content);
    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_chunks_put(request->db, &grant, &key, number, &write, &response->etag,
                              request->pool);
}

const was_error_t *pws_chunk_delete(was_request_t *request, was_response_t *response)
{
    const was_grant_t grant = pws_grant(request);
    const was_pws_key_t key = key_of_parent(request);
    apr_int64_t number;

    WAS_TRY(pws_read_chunk(request, &number));
    response->answer = WAS_ANSWER_NO_CONTENT;
    return was_pws_chunks_delete(request->db, &grant, &key, number, &request->conditions,
                                 request->pool);
}

/* A list on its way out. */
typedef struct listing_t {
    was_request_t *request;
    was_pws_key_t key;
    was_pws_chunks_t found;
    apr_int64_t count; /* of those that were listed */
} listing_t;

static void add_chunk(was_document_t *document, json_t *items, const was_pws_chunk_t *chunk)
{
    json_t *item = was_document_add_object(document, items);

    was_document_integer(document, item, "index", chunk->number);
    was_document_integer(document, item, "size", chunk->size);
    was_document_text(document, item, "contentType", chunk->type);
}

/* The first page was read before the answer began. */
static const was_error_t *list_page(void *baton, was_document_t *document, json_t *items,
                                    bool *more, apr_pool_t *pool)
{
    listing_t *listing = baton;

    if (listing->count > 0) {
        WAS_TRY(was_pws_chunks_list(listing->request->db, &listing->key, &listing->found, pool));
    }
    for (int i = 0; i < listing->found.count; i++) {
        add_chunk(document, items, &listing->found.chunks[i]);
    }
    listing->count += listing->found.count;
    *more = listing->found.more;
    return NULL;
}

static const char *end_list(void *baton, apr_pool_t *pool)
{
    const listing_t *listing = baton;

    return apr_psprintf(pool, ",\"count\":%" APR_INT64_T_FMT "}", listing->count);
}

const was_error_t *pws_chunks_get(was_request_t *request, was_response_t *response)
{
    listing_t *listing = apr_pcalloc(request->pool, sizeof(*listing));
    pws_pages_t pages = {.page = list_page, .end = end_list, .baton = listing};

    listing->request = request;
    listing->key = key_of_parent(request);
    listing->found.after = -1;
    WAS_TRY(was_pws_chunks_list(request->db, &listing->key, &listing->found, request->pool));
    /* An id has nothing that JSON would escape. */
    pages.begin =
        apr_psprintf(request->pool, "{\"resourceId\":\"%s\",\"chunks\":", listing->key.resource);
    pws_answer_pages(request, response, &pages);
    return NULL;
}
