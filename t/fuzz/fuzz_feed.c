/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * The changes of a collection: the input is a revision and a way, and a query, in a body or a URL.
 * The store has some of everything, and contents that are no JSON among them. Whoever is answered
 * gets a JSON text; what is taken for a checkpoint is what was given out, to the last byte; and
 * whatever it is, as a wish to wait it comes to no more than the most.
 */
#include "store.h"

#include "base/was_encoding.h"
#include "http/was_prefer.h"
#include "http/was_wait.h"
#include "pws/pws.h"
#include "pws/pws_auth.h"
#include "pws/pws_checkpoint.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_lookup.h"
#include "store/pws/was_pws_changes.h"

enum { IS_OLD = 1, IS_GET = 2, LIFE = 7, HIGHEST = 1000 };

static const unsigned char key[WAS_FEED_KEY_BYTES];
static const pws_feed_t feed = {key, "s", LIFE};

int was_wait_wanted(const was_request_t *request)
{
    REQUIRE(request != NULL);
    return 0;
}

was_watch_end_t was_wait_for(const was_request_t *request, const was_watched_t *watched,
                             apr_time_t until)
{
    REQUIRE(request == NULL && watched == NULL && until == 0);
    return WAS_WATCH_OVER;
}

void was_wait_tell(const was_request_t *request, int seconds)
{
    REQUIRE(request == NULL && seconds == 0);
}

/* That profile has a target of its own. */
const was_error_t *pws_lookup_post(was_request_t *request, was_response_t *response)
{
    REQUIRE(response != NULL);
    return was_error_make(request->pool, WAS_ERROR_NOT_IMPLEMENTED, NULL, "not here");
}

const was_error_t *was_pws_changes_read(was_db_t *db, const was_pws_changes_query_t *query,
                                        was_pws_changes_t *changes, apr_pool_t *pool)
{
    static const was_pws_change_stamp_t stamp = {.updated = 1791201600000000, .generation = "1f"};
    static const was_pws_change_t all[] = {
        {.id = "", .kind = WAS_PWS_CHANGE_COLLECTION, .position = 1},
        {.id = "", .kind = WAS_PWS_CHANGE_LOG, .position = 1},
        {.id = "a", .type = "application/json", .position = 2, .content = " [1] ", .length = 5},
        {.id = "b", .type = "application/json", .position = 3, .content = "{", .length = 1},
        {.id = "c", .type = "x/y", .position = 4, .custom = "{\"n\":1}", .meta_etag = "3-4"},
        {.id = "d", .type = "x/y", .position = 5, .is_deleted = true, .writer = "\"\\"},
        {.id = "a", .kind = WAS_PWS_CHANGE_POLICY, .position = HIGHEST},
    };
    const int count = sizeof(all) / sizeof(all[0]);
    was_pws_change_t *list = apr_pmemdup(pool, all, sizeof(all));

    REQUIRE(db == NULL && query->after >= 0 && query->extra > 0);
    REQUIRE(query->limit >= 1 && query->limit <= PWS_PAGE_MAX);
    REQUIRE(strcmp(query->space, "s") == 0 && strcmp(query->collection, "c") == 0);
    for (int i = 0; i < count; i++) {
        list[i].etag = "1-2";
        list[i].stamp = list[i].meta = stamp;
    }
    *changes = (was_pws_changes_t){
        .key = key, .origin = "o", .generation = LIFE, .position = HIGHEST, .changes = list};
    changes->count = query->limit < count ? query->limit : count;
    return NULL;
}

/* Two texts of one checkpoint would be one too many. */
static void check_checkpoint(const char *text, apr_pool_t *pool)
{
    const size_t length = strlen(text), tail = 19; /* of a time: position, seal, Z */
    pws_checkpoint_t checkpoint;

    if (pws_checkpoint_read_text(text, &checkpoint)) {
        REQUIRE(checkpoint.position >= 0 && !checkpoint.is_time);
        REQUIRE(pws_checkpoint_holds(&feed, &checkpoint) ==
                (strcmp(text, pws_checkpoint_text(&feed, checkpoint.position, pool)) == 0));
    }
    if (pws_checkpoint_read_time(text, &checkpoint)) {
        REQUIRE(checkpoint.position >= 0 && checkpoint.is_time);
        const char *again = pws_checkpoint_time(&feed, checkpoint.position, 0, pool);

        REQUIRE(pws_checkpoint_holds(&feed, &checkpoint) ==
                (strcmp(text + length - tail, again + length - tail) == 0));
    }
}

static void check_end(const was_error_t *error, const was_response_t *response, apr_pool_t *pool)
{
    if (error != NULL) {
        REQUIRE(error->kind == WAS_ERROR_INVALID_BODY || error->kind == WAS_ERROR_NOT_IMPLEMENTED ||
                error->kind == WAS_ERROR_METHOD);
        fuzz_check_error(error, error->kind);
        return;
    }
    json_t *page = NULL;

    REQUIRE(response->text != NULL && response->type != NULL);
    REQUIRE(was_json_parse_object(response->text, strlen(response->text), &page, pool) == NULL);
    REQUIRE(json_array_size(json_object_get(page, "documents")) > 0);
    REQUIRE(json_object_get(page, "checkpoint") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const was_protocol_t protocol = {.name = "fuzz"};
    apr_pool_t *pool = fuzz_pool();
    was_request_t *request = fuzz_request(&protocol, pool);
    pws_state_t state = {.exists = true, .verified = true};
    was_response_t response = {.answer = WAS_ANSWER_OK};
    const was_error_t *error = NULL;

    if (size < 1 || size > WAS_DOCUMENT_MAX_BYTES) {
        return 0;
    }
    char *text = fuzz_text(data + 1, size - 1);

    was_config_t config = *request->config;

    config.revision = (data[0] & IS_OLD) != 0 ? WAS_REVISION_2026_09 : WAS_REVISION_2026_10;
    request->config = &config;
    request->state = &state;
    REQUIRE(was_path_parse("/space/s/c/query", "", &request->path, pool) == NULL);
    if ((data[0] & IS_GET) != 0) {
        was_path_t path = *request->path;

        path.query = text;
        request->path = &path;
        error = pws_query_get(request, &response);
    }
    else {
        fuzz_set_body(request, text, size - 1);
        error = fuzz_parse_document(request);
        error = error != NULL ? error : pws_query_post(request, &response);
    }
    check_end(error, &response, pool);
    check_checkpoint(text, pool);
    REQUIRE(was_prefer_wait(text) >= 0 && was_prefer_wait(text) <= WAS_PREFER_WAIT_MAX);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
