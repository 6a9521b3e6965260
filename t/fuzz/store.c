/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * store: the verbs of the store, the body, and what of the protocols' authorization the handlers of
 * documents call.
 */
#include "store.h"

#include "auth/was_did.h"
#include "base/was_encoding.h"
#include "base/was_origin.h"
#include "classic/classic.h"
#include "pws/pws.h"
#include "pws/pws_auth.h"
#include "pws/pws_chain.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "store/pws/was_pws_backends.h"
#include "store/pws/was_pws_chunks.h"
#include "store/pws/was_pws_collections.h"
#include "store/pws/was_pws_policies.h"
#include "store/pws/was_pws_resources.h"
#include "store/pws/was_pws_revocations.h"

struct was_body_t {
    const char *bytes;
    apr_int64_t length;
};

static bool written;

bool fuzz_store_was_written(void)
{
    bool was = written;

    written = false;
    return was;
}

void fuzz_set_body(was_request_t *request, const char *bytes, size_t length)
{
    was_body_t *body = apr_palloc(request->pool, sizeof(*body));

    body->bytes = bytes;
    body->length = (apr_int64_t)length;
    request->body = body;
}

const was_error_t *fuzz_parse_document(was_request_t *request)
{
    return was_json_parse_object(was_body_bytes(request->body),
                                 (apr_size_t)was_body_length(request->body), &request->document,
                                 request->pool);
}

apr_int64_t was_body_length(const was_body_t *body)
{
    return body->length;
}

const char *was_body_bytes(const was_body_t *body)
{
    return body->bytes;
}

void was_body_content(const was_body_t *body, const char *type, was_content_t *content)
{
    *content = (was_content_t){.type = type, .bytes = body->bytes, .length = body->length};
}

static void check_text(const char *text, size_t most)
{
    REQUIRE(text == NULL || (strlen(text) <= most && was_utf8_valid(text, strlen(text))));
}

static void check_json(const char *text, size_t most, apr_pool_t *pool)
{
    json_t *value = NULL;

    check_text(text, most);
    REQUIRE(text == NULL || was_json_parse_object(text, strlen(text), &value, pool) == NULL);
}

static void check_grant(const was_grant_t *grant)
{
    REQUIRE(grant->space != NULL && grant->controller != NULL && grant->invoker != NULL);
}

static const was_error_t *absent(apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_NOT_FOUND, "/resource", "it is not there");
}

/* A write succeeds. */
static const was_error_t *take_write(const char **etag)
{
    *etag = "abc-1";
    written = true;
    return NULL;
}

static void check_collection(const was_pws_collection_t *collection, apr_pool_t *pool)
{
    REQUIRE(pws_check_id(collection->id, pool) == NULL);
    REQUIRE(!pws_is_reserved_collection(collection->id));
    check_text(collection->name, PWS_NAME_MAX_BYTES);
    check_text(collection->backend, PWS_ID_MAX_BYTES);
    if (collection->generator != NULL && *collection->generator == '{') {
        check_json(collection->generator, WAS_DOCUMENT_MAX_BYTES, pool);
    }
    else {
        check_text(collection->generator, WAS_DID_MAX_BYTES);
        REQUIRE(collection->generator == NULL || was_did_valid(collection->generator));
    }
    check_text(collection->generator_origin, 512);
    REQUIRE(collection->generator_origin == NULL || was_origin_valid(collection->generator_origin));
    check_text(collection->epoch, PWS_NAME_MAX_BYTES);
    check_json(collection->encryption, WAS_DOCUMENT_MAX_BYTES, pool);
    check_json(collection->revisions, WAS_DOCUMENT_MAX_BYTES, pool);
    check_json(collection->custom, PWS_CUSTOM_MAX_BYTES, pool);
    check_json(collection->plaintext, WAS_DOCUMENT_MAX_BYTES, pool);
    REQUIRE(collection->plaintext == NULL || collection->encryption == NULL);
}

const was_error_t *was_pws_collections_create(was_db_t *db, const was_grant_t *grant,
                                              was_pws_collection_t *collection, apr_pool_t *pool)
{
    REQUIRE(db == NULL);
    check_grant(grant);
    check_collection(collection, pool);
    collection->stamp.origin = collection->created.origin = "o";
    return take_write(&collection->etag);
}

const was_error_t *was_pws_collections_put(was_db_t *db, const was_grant_t *grant,
                                           was_pws_collection_t *collection,
                                           const was_conditions_t *conditions, bool *created,
                                           apr_pool_t *pool)
{
    REQUIRE(conditions->match == NULL);
    *created = true;
    return was_pws_collections_create(db, grant, collection, pool);
}

const was_error_t *was_pws_collections_get(was_db_t *db, const char *space, const char *id,
                                           was_pws_collection_t *collection, apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && id != NULL && collection != NULL);
    return absent(pool);
}

/* Nothing is there to be listed. */
static void check_page(const was_page_t *page, was_found_t *found)
{
    REQUIRE(page->after != NULL && page->limit >= 1 && page->extra >= 0);
    *found = (was_found_t){.count = 0};
}

const was_error_t *was_pws_collections_list(was_db_t *db, const char *space, const was_page_t *page,
                                            const was_pws_collection_t **collections,
                                            was_found_t *found, apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && collections != NULL);
    check_page(page, found);
    return pool == NULL ? absent(pool) : NULL;
}

const was_error_t *was_pws_collections_delete(was_db_t *db, const was_grant_t *grant,
                                              const char *id, bool again, apr_pool_t *pool)
{
    REQUIRE(db == NULL && id != NULL && pool != NULL);
    (void)again;
    check_grant(grant);
    return NULL;
}

const was_error_t *was_pws_backends_get(was_db_t *db, const char *space, const char *id,
                                        const char **descriptor, apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && descriptor != NULL);
    check_text(id, WAS_DOCUMENT_MAX_BYTES);
    return absent(pool);
}

const was_error_t *was_pws_backends_list(was_db_t *db, const char *space,
                                         const was_pws_backend_t **backends, int *count,
                                         apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && backends != NULL && pool != NULL);
    *count = 0;
    return NULL;
}

const was_error_t *was_pws_backends_put(was_db_t *db, const was_grant_t *grant, bool replace,
                                        const was_pws_backend_t *backend, bool *created,
                                        apr_pool_t *pool)
{
    const char *etag;

    REQUIRE(db == NULL);
    check_grant(grant);
    REQUIRE(pws_check_id(backend->id, pool) == NULL);
    check_json(backend->descriptor, WAS_DOCUMENT_MAX_BYTES, pool);
    *created = !replace;
    return take_write(&etag);
}

const was_error_t *was_pws_backends_delete(was_db_t *db, const was_grant_t *grant, const char *id,
                                           apr_pool_t *pool)
{
    return was_pws_collections_delete(db, grant, id, true, pool);
}

const was_error_t *was_pws_policies_get(was_db_t *db, const char *space,
                                        const was_pws_level_t *level, was_pws_policy_t *policy,
                                        apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && level != NULL && policy != NULL);
    return absent(pool);
}

const was_error_t *was_pws_policies_put(was_db_t *db, const was_grant_t *grant,
                                        const was_pws_level_t *level,
                                        const was_conditions_t *conditions,
                                        was_pws_policy_t *policy, bool *created, apr_pool_t *pool)
{
    const char *document = policy->document;

    REQUIRE(conditions != NULL);
    policy->stamp.origin = "o";
    REQUIRE(db == NULL && strcmp(level->collection, "c") == 0 && level->resource == NULL);
    check_grant(grant);
    REQUIRE(document != NULL);
    /* A short real may be written with all its digits. */
    check_json(document, (size_t)16 * WAS_DOCUMENT_MAX_BYTES, pool);
    *created = true;
    return take_write(&policy->etag);
}

const was_error_t *was_pws_policies_delete(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_level_t *level,
                                           const was_conditions_t *conditions, const char **etag,
                                           apr_pool_t *pool)
{
    REQUIRE(level != NULL && conditions != NULL);
    *etag = NULL;
    return was_pws_collections_delete(db, grant, "", true, pool);
}

const was_error_t *was_pws_revocations_add(was_db_t *db, const was_grant_t *grant,
                                           const was_pws_revocation_t *revocation, apr_pool_t *pool)
{
    const char *etag;

    REQUIRE(db == NULL && revocation->scope != NULL && revocation->keep_until > 0 && pool != NULL);
    check_grant(grant);
    REQUIRE(strlen(revocation->delegation) == 64);
    return take_write(&etag);
}

const was_error_t *was_pws_resources_absent(apr_pool_t *pool)
{
    return absent(pool);
}

const was_error_t *was_pws_resources_room(was_db_t *db, const was_grant_t *grant,
                                          const was_pws_key_t *key,
                                          const was_conditions_t *conditions, was_room_t *room,
                                          apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && conditions != NULL && room != NULL);
    check_grant(grant);
    return absent(pool);
}

const was_error_t *was_pws_chunks_room(was_db_t *db, const was_grant_t *grant,
                                       const was_pws_key_t *key, apr_int64_t number,
                                       const was_conditions_t *conditions, was_room_t *room,
                                       apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && number >= 0 && conditions != NULL && room != NULL);
    check_grant(grant);
    return absent(pool);
}

const was_error_t *was_pws_chunks_put(was_db_t *db, const was_grant_t *grant,
                                      const was_pws_key_t *key, apr_int64_t number,
                                      const was_pws_write_t *write, const char **etag,
                                      apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && write->conditions != NULL && pool != NULL);
    REQUIRE(number >= 0 && number <= WAS_PWS_CHUNK_MAX);
    check_grant(grant);
    check_text(write->content->type, 512);
    return take_write(etag);
}

const was_error_t *was_pws_chunks_delete(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_key_t *key, apr_int64_t number,
                                         const was_conditions_t *conditions, apr_pool_t *pool)
{
    const char *etag;

    REQUIRE(db == NULL && key != NULL && number >= 0 && conditions != NULL && pool != NULL);
    check_grant(grant);
    return take_write(&etag);
}

const was_error_t *was_pws_chunks_list(was_db_t *db, const was_pws_key_t *key,
                                       was_pws_chunks_t *list, apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && list != NULL);
    return absent(pool);
}

const was_error_t *was_pws_resources_put(was_db_t *db, const was_grant_t *grant,
                                         const was_pws_key_t *key, const was_pws_write_t *write,
                                         was_pws_meta_t *meta, bool *created, apr_pool_t *pool)
{
    REQUIRE(db == NULL && write->conditions != NULL && pool != NULL);
    check_grant(grant);
    check_text(key->resource, PWS_ID_MAX_BYTES);
    check_text(write->content->type, 512);
    REQUIRE(write->content->bytes != NULL && write->content->source == NULL);
    REQUIRE(write->notes->epoch == NULL && write->notes->writer == NULL);
    *meta = (was_pws_meta_t){.type = write->content->type, .stamp.origin = "o"};
    *created = true;
    return take_write(&meta->etag);
}

const was_error_t *was_pws_resources_delete(was_db_t *db, const was_grant_t *grant,
                                            const was_pws_key_t *key,
                                            const was_conditions_t *conditions, const char *writer,
                                            apr_pool_t *pool)
{
    REQUIRE(conditions != NULL);
    check_text(writer, PWS_NAME_MAX_BYTES);
    return was_pws_collections_delete(db, grant, key->resource, true, pool);
}

const was_error_t *was_pws_resources_list(was_db_t *db, const char *space, const char *collection,
                                          const was_page_t *page, const was_pws_entry_t **entries,
                                          was_found_t *found, apr_pool_t *pool)
{
    REQUIRE(db == NULL && space != NULL && collection != NULL);
    REQUIRE(entries != NULL && pool != NULL);
    check_page(page, found);
    return NULL;
}

const was_error_t *was_pws_resources_get_meta(was_db_t *db, const was_pws_key_t *key,
                                              was_pws_meta_t *meta, apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && meta != NULL);
    return absent(pool);
}

const was_error_t *was_pws_resources_put_meta(was_db_t *db, const was_grant_t *grant,
                                              const was_pws_key_t *key,
                                              const was_pws_meta_write_t *write,
                                              was_pws_meta_t *meta, apr_pool_t *pool)
{
    REQUIRE(db == NULL && key != NULL && write->conditions != NULL);
    check_grant(grant);
    check_json(write->custom, PWS_CUSTOM_MAX_BYTES, pool);
    check_text(write->notes->epoch, PWS_NAME_MAX_BYTES);
    check_text(write->notes->writer, PWS_NAME_MAX_BYTES);
    *meta = (was_pws_meta_t){.type = "x/y", .stamp.origin = "o"};
    return take_write(&meta->etag);
}

/* Nobody comes too late here, nor waits: whose right was found is not asked for it again. */
const was_error_t *pws_authorize(was_request_t *request)
{
    REQUIRE(request == NULL);
    return NULL;
}

const was_error_t *pws_authorize_open(was_request_t *request)
{
    REQUIRE(!pws_state(request)->is_pending);
    return NULL;
}

const was_error_t *pws_authorize_by_body(was_request_t *request)
{
    return pws_authorize(request);
}

/* Of both protocols. */
static const was_error_t *take_space(const char *id, const char *controller, const char *name,
                                     const char **etag)
{
    REQUIRE(id != NULL && controller != NULL && strncmp(controller, "did:", 4) == 0);
    REQUIRE(strchr(controller, '#') == NULL);
    check_text(id, PWS_ID_MAX_BYTES);
    check_text(controller, WAS_DID_MAX_BYTES);
    check_text(name, PWS_NAME_MAX_BYTES);
    return take_write(etag);
}

const was_error_t *was_pws_spaces_create(was_db_t *db, const char *id,
                                         const was_pws_space_change_t *change,
                                         const was_pws_consent_t *consent, was_pws_space_t *space,
                                         apr_pool_t *pool)
{
    json_t *type = NULL;

    REQUIRE(db == NULL && consent != NULL);
    REQUIRE(was_json_parse(change->type, strlen(change->type), &type, pool) == NULL);
    REQUIRE(pws_list_holds(type, "Space"));
    *space = (was_pws_space_t){.id = id, .type = change->type, .stamp.origin = "o"};
    return take_space(id, change->controller, change->name, &space->etag);
}

const was_error_t *was_pws_spaces_get(was_db_t *db, const char *id, was_pws_space_t *space,
                                      apr_pool_t *pool)
{
    REQUIRE(db == NULL && pool != NULL);
    *space = (was_pws_space_t){.id = id, .type = "[\"Space\"]", .stamp.origin = "o"};
    return NULL;
}

const was_error_t *was_pws_origin_get(was_db_t *db, const char **origin, apr_pool_t *pool)
{
    REQUIRE(db == NULL && pool != NULL);
    *origin = "o";
    return NULL;
}

const was_error_t *was_pws_spaces_update(was_db_t *db, const char *id, const char *controller,
                                         const was_pws_space_change_t *change,
                                         const was_conditions_t *conditions, const char **etag,
                                         apr_pool_t *pool)
{
    REQUIRE(db == NULL && controller != NULL && conditions != NULL && pool != NULL);
    return take_space(id, change->controller, change->name, etag);
}

const was_error_t *was_pws_spaces_delete(was_db_t *db, const was_grant_t *grant, apr_pool_t *pool)
{
    return was_pws_collections_delete(db, grant, "", true, pool);
}

const was_error_t *was_pws_spaces_list(was_db_t *db, const was_pws_consent_t *consent,
                                       const was_page_t *page, const was_pws_space_t **spaces,
                                       was_found_t *found, apr_pool_t *pool)
{
    REQUIRE(db == NULL && consent->scope != NULL && spaces != NULL && pool != NULL);
    check_page(page, found);
    return NULL;
}

static const was_error_t *
take_classic_space(const char *uuid, const was_classic_space_change_t *change, const char **etag)
{
    check_text(change->id, WAS_DID_MAX_BYTES);
    check_text(change->link, WAS_PATH_MAX_BYTES);
    return take_space(uuid, change->controller, change->name, etag);
}

const was_error_t *was_classic_spaces_create(was_db_t *db, const char *uuid,
                                             const was_classic_space_change_t *change,
                                             const char **etag, apr_pool_t *pool)
{
    REQUIRE(db == NULL && pool != NULL);
    return take_classic_space(uuid, change, etag);
}

const was_error_t *was_classic_spaces_put(was_db_t *db, const char *uuid, const char *caller,
                                          const was_classic_space_change_t *change,
                                          const was_conditions_t *conditions, const char **etag,
                                          apr_pool_t *pool)
{
    REQUIRE(db == NULL && caller != NULL && conditions != NULL && pool != NULL);
    return take_classic_space(uuid, change, etag);
}

const was_error_t *was_classic_spaces_get(was_db_t *db, const char *uuid, const char *caller,
                                          was_classic_space_t *space, apr_pool_t *pool)
{
    REQUIRE(db == NULL && uuid != NULL && caller != NULL && space != NULL);
    return absent(pool);
}

const was_error_t *was_classic_spaces_delete(was_db_t *db, const char *uuid, const char *caller,
                                             const was_conditions_t *conditions, apr_pool_t *pool)
{
    REQUIRE(db == NULL && uuid != NULL && caller != NULL);
    return conditions == NULL ? absent(pool) : NULL;
}

const was_error_t *was_classic_spaces_list(was_db_t *db, const char *caller, const was_page_t *page,
                                           const was_classic_space_t **spaces, was_found_t *found,
                                           apr_pool_t *pool)
{
    REQUIRE(db == NULL && caller != NULL && spaces != NULL && pool != NULL);
    check_page(page, found);
    return NULL;
}

const was_error_t *was_stream_write(was_stream_t *stream, const void *bytes, apr_size_t length)
{
    REQUIRE(stream != NULL && bytes != NULL && length > 0);
    return NULL;
}

/* Authorization has gone before: the caller controls the space, if it exists. */
const pws_state_t *pws_state(const was_request_t *request)
{
    return request->state;
}

was_grant_t pws_grant(const was_request_t *request)
{
    return (was_grant_t){.space = pws_segment(request, 1),
                         .controller = pws_state(request)->controller,
                         .invoker = request->caller};
}

const char *pws_chain_hash(const was_zcap_delegation_t *delegation, apr_pool_t *pool)
{
    REQUIRE(delegation->id != NULL && delegation->delegator != NULL);
    return apr_psprintf(pool, "%064d", 0);
}

const was_error_t *classic_space_uuid(const was_request_t *request, const char **uuid)
{
    *uuid = was_path_segment(request->path, 1, request->pool);
    return NULL;
}

const was_error_t *classic_check_uuid(const char *uuid, apr_pool_t *pool)
{
    return uuid[0] == '\0' ? absent(pool) : NULL;
}

void classic_export(was_request_t *request, const was_classic_space_t *space,
                    was_response_t *response)
{
    REQUIRE(request != NULL && space != NULL && response != NULL);
}
