/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_records: records as JSON. Owns which members each has. Refuses to know in which entry it
 * stands.
 */

#include "pws/pws_records.h"

#include "pws/pws_documents.h"

#include <apr_strings.h>

#include <string.h>

/* What any revision is told: `pws_document_stamp` and the generation under this name. */
static void add_stamp(was_document_t *document, json_t *object, const was_pws_stamp_t *stamp,
                      const char *name, const char *generation, apr_pool_t *pool)
{
    pws_document_stamp(document, object, stamp, pool);
    was_document_text(document, object, name, generation);
}

static const was_error_t *finish_record(const was_document_t *document, const char **text,
                                        apr_pool_t *pool)
{
    *text = was_document_render(document);
    if (*text == NULL) {
        const json_t *whole = was_document_finish(document);

        *text = whole != NULL ? was_json_text(whole, NULL, pool) : NULL;
    }
    return *text != NULL ? NULL
                         : was_error_log(pool, WAS_ERROR_BROKEN, "a stored record: no JSON of it");
}

const was_error_t *pws_record_space(const was_pws_space_t *space, apr_int64_t generation,
                                    const char *backends, const char **text, apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "id", space->id);
    was_document_text(document, root, "name", space->name);
    was_document_text(document, root, "controller", space->controller);
    was_document_json(document, root, "type", space->type);
    pws_document_stamp(document, root, &space->stamp, pool);
    was_document_json(document, root, "backends", backends);
    was_document_text(document, root, "createdBy", space->created_by);
    was_document_text(document, root, "_generation",
                      apr_psprintf(pool, "%" APR_UINT64_T_HEX_FMT, (apr_uint64_t)generation));
    return finish_record(document, text, pool);
}

/* A DID, or an object. */
static void add_generator(was_document_t *document, const was_pws_collection_t *collection)
{
    if (collection->generator != NULL && *collection->generator == '{') {
        was_document_verbatim(document, "generator", collection->generator);
        return;
    }
    was_document_text(document, was_document_root(document), "generator", collection->generator);
}

const was_error_t *pws_record_collection(const was_pws_collection_t *collection,
                                         const char *generation, bool is_governed,
                                         const char **text, apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    was_document_text(document, root, "id", collection->id);
    was_document_add_text(document, was_document_list(document, root, "type"), "Collection");
    was_document_text(document, root, "name", collection->name);
    if (collection->backend != NULL) {
        was_document_text(document, was_document_object(document, root, "backend"), "id",
                          collection->backend);
    }
    if (!is_governed) {
        was_document_verbatim(document, "encryption", collection->encryption);
    }
    was_document_verbatim(document, "plaintext", collection->plaintext);
    was_document_verbatim(document, "revisions", collection->revisions);
    add_generator(document, collection);
    was_document_text(document, root, "generatorOrigin", collection->generator_origin);
    was_document_json(document, root, "custom", collection->custom);
    was_document_text(document, root, "epoch", collection->epoch);
    pws_document_time(document, root, "createdAt", collection->created.time, pool);
    was_document_text(document, root, "createdBy", collection->created_by);
    pws_document_stamp(document, was_document_object(document, root, "created"),
                       &collection->created, pool);
    add_stamp(document, root, &collection->stamp, "_generation", generation, pool);
    return finish_record(document, text, pool);
}

const was_error_t *pws_record_tombstone(const was_pws_archived_t *record, const char **text,
                                        apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    was_document_json(document, root, "deleted", "true");
    add_stamp(document, root, &record->stamp, "_generation", record->generation, pool);
    return finish_record(document, text, pool);
}

const was_error_t *pws_record_meta(const was_pws_archived_t *record, const char **text,
                                   apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    if (!record->is_deleted) {
        pws_document_time(document, root, "createdAt", record->created, pool);
    }
    pws_document_stamp(document, root, &record->stamp, pool);
    was_document_text(document, root, "createdBy", record->created_by);
    was_document_text(document, root, "generation", record->generation);
    if (record->noted_generation != NULL) {
        add_stamp(document, was_document_object(document, root, "meta"), &record->noted,
                  "generation", record->noted_generation, pool);
    }
    was_document_json(document, root, "custom", record->document);
    was_document_text(document, root, "epoch", record->epoch);
    was_document_text(document, root, "writerId", record->writer);
    was_document_text(document, root, "contentType", record->content.type);
    if (record->is_deleted) {
        was_document_json(document, root, "deleted", "true");
    }
    return finish_record(document, text, pool);
}

const was_error_t *pws_record_chunk(const was_pws_archived_t *record, const char **text,
                                    apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    pws_document_time(document, root, "createdAt", record->created, pool);
    add_stamp(document, root, &record->stamp, "generation", record->generation, pool);
    return finish_record(document, text, pool);
}

const was_error_t *pws_record_policy(const char *policy, const was_pws_stamp_t *stamp,
                                     const char *generation, const char **text, apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root;

    if (was_json_parse_object(policy, strlen(policy), &root, pool) != NULL) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "a stored policy: no JSON object");
    }
    (void)json_object_del(root, "deleted"); /* which is the server's to say */
    add_stamp(document, root, stamp, "_generation", generation, pool);
    *text = was_document_finish(document) != NULL ? was_json_text(root, NULL, pool) : NULL;
    return *text != NULL ? NULL : was_error_log(pool, WAS_ERROR_UNAVAILABLE, "no such text");
}

const was_error_t *pws_record_log(const was_pws_archived_log_t *log, const char **text,
                                  apr_pool_t *pool)
{
    was_document_t *document = was_document_make(pool);
    json_t *root = was_document_root(document);

    add_stamp(document, root, &log->stamp, "generation", log->generation, pool);
    was_document_text(document, root, "body", apr_pstrmemdup(pool, log->body, log->length));
    return finish_record(document, text, pool);
}
