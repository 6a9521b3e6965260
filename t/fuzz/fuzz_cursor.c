/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * pws_read_page: the input is a query, and as another try an id to go on behind. What comes out is
 * an id or the beginning, and the URL of the next page leads to where it says.
 */
#include "request.h"

#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "base/was_encoding.h"

static const was_error_t *read_query(const char *query, was_page_t *page, apr_pool_t *pool)
{
    was_request_t *request = fuzz_request(NULL, pool);
    was_path_t path = {.query = query};

    request->path = &path;
    return pws_read_page(request, "/space/s/", page);
}

/* The position is all that the cursor says, and not only its beginning. */
static void check_whole(const char *query, const char *after)
{
    const char *at = query;
    unsigned char bytes[PWS_ID_MAX_BYTES];
    apr_size_t count = 0;

    while (strncmp(at, "cursor=", 7) != 0) {
        at += strcspn(at, "&");
        REQUIRE(*at == '&');
        at++;
    }
    at += 7;
    REQUIRE(was_base64_decode(at, strcspn(at, "&"), bytes, sizeof(bytes), &count));
    REQUIRE(count == strlen(after) && memcmp(bytes, after, count) == 0);
}

static void check_next(const char *id, int limit, apr_pool_t *pool)
{
    was_page_t page = {.after = "", .limit = limit}, again;
    const char *next =
        pws_next_page(fuzz_request(NULL, pool), &page, "/space/s/", apr_pstrdup(pool, id));

    REQUIRE(strncmp(next, "/space/s/?", 10) == 0);
    REQUIRE(strspn(next, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_/?&=") ==
            strlen(next));
    REQUIRE(read_query(next + 10, &again, pool) == NULL);
    REQUIRE(again.limit == limit && strcmp(again.after, id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    was_page_t page = {.after = NULL};
    const was_error_t *error = read_query(text, &page, pool);

    if (error != NULL) {
        REQUIRE(strstr(text, "cursor=") != NULL);
        fuzz_check_error(error, WAS_ERROR_INVALID_CURSOR);
    }
    else {
        REQUIRE(page.limit >= 1 && page.limit <= PWS_PAGE_MAX);
        REQUIRE(page.after[0] == '\0' || pws_check_id(page.after, pool) == NULL);
        if (page.after[0] != '\0') {
            check_whole(text, page.after);
            check_next(page.after, page.limit, pool);
        }
    }
    if (pws_check_id(text, pool) == NULL) {
        REQUIRE(strlen(text) >= 1 && strlen(text) <= PWS_ID_MAX_BYTES);
        check_next(text, 1 + (int)(size % PWS_PAGE_MAX), pool);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
