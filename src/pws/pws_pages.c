/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_pages: documents on their way out, a page at a time. Owns the commas. Refuses to know what is
 * listed, and to hold more than one page of it.
 */

#include "pws/pws_pages.h"

#include <apr_strings.h>

#include <string.h>

typedef struct answer_t {
    pws_pages_t pages;
    apr_pool_t *pool;
    const char *before; /* what stands before the next items */
} answer_t;

/* The next items; the text before the first ones goes out when those are there. */
static const was_error_t *write_items(was_stream_t *stream, answer_t *answer, bool *more,
                                      apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *items = was_document_list(document, was_document_root(document), "items");
    apr_size_t length = 0;

    WAS_TRY(answer->pages.page(answer->pages.baton, document, items, more, pool));
    const json_t *whole = was_document_finish(document);
    const char *list =
        whole != NULL ? was_json_text(json_object_get(whole, "items"), &length, pool) : NULL;

    if (list == NULL) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "out of memory for a page");
    }
    if (length <= 2) {
        return NULL;
    }
    WAS_TRY(was_stream_write(stream, answer->before, strlen(answer->before)));
    answer->before = ",";
    /* Without its brackets, since the pages are one list. */
    return was_stream_write(stream, list + 1, length - 2);
}

static const was_error_t *produce_pages(was_stream_t *stream, void *baton)
{
    answer_t *answer = baton;
    apr_pool_t *page;
    bool more = true;

    apr_pool_create(&page, answer->pool);
    while (more) {
        apr_pool_clear(page);
        WAS_TRY(write_items(stream, answer, &more, page));
    }
    const char *rest = apr_pstrcat(page, *answer->before == ',' ? "" : answer->before, "]",
                                   answer->pages.end(answer->pages.baton, page), NULL);

    return was_stream_write(stream, rest, strlen(rest));
}

void pws_answer_pages(const was_request_t *request, was_response_t *response,
                      const pws_pages_t *pages)
{
    answer_t *answer = apr_palloc(request->pool, sizeof(*answer));

    *answer =
        (answer_t){*pages, request->pool, apr_pstrcat(request->pool, pages->begin, "[", NULL)};
    response->produce = produce_pages;
    response->baton = answer;
    response->type = "application/json";
    response->cache = "private, no-cache";
}
