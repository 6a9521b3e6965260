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
} answer_t;

static const was_error_t *write_text(was_stream_t *stream, const char *text)
{
    return was_stream_write(stream, text, strlen(text));
}

/* The next items as one text: without their brackets, since the pages are one list. */
static const was_error_t *render_page(const pws_pages_t *pages, const char **text, bool *more,
                                      apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *items = was_document_list(document, was_document_root(document), "items");
    apr_size_t length = 0;

    WAS_TRY(pages->page(pages->baton, document, items, more, pool));
    const json_t *whole = was_document_finish(document);
    const char *list =
        whole != NULL ? was_json_text(json_object_get(whole, "items"), &length, pool) : NULL;

    if (list == NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a page cannot be written");
    }
    *text = apr_pstrmemdup(pool, list + 1, length - 2);
    return NULL;
}

static const was_error_t *produce_pages(was_stream_t *stream, void *baton)
{
    const answer_t *answer = baton;
    const pws_pages_t *pages = &answer->pages;
    apr_pool_t *page;
    bool more = true, is_first = true;

    apr_pool_create(&page, answer->pool);
    while (more) {
        const char *text;

        WAS_TRY(render_page(pages, &text, &more, page));
        WAS_TRY(write_text(stream, apr_pstrcat(page, is_first ? pages->begin : "",
                                               is_first        ? "["
                                               : *text != '\0' ? ","
                                                               : "",
                                               text, NULL)));
        is_first = false;
        apr_pool_clear(page);
    }
    return write_text(stream, apr_pstrcat(page, "]", pages->end(pages->baton, page), NULL));
}

void pws_answer_pages(const was_request_t *request, was_response_t *response,
                      const pws_pages_t *pages)
{
    answer_t *answer = apr_palloc(request->pool, sizeof(*answer));

    *answer = (answer_t){*pages, request->pool};
    response->produce = produce_pages;
    response->baton = answer;
    response->type = "application/json";
    response->cache = "private, no-cache";
}
