/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_export: a space as an archive (protocol/pws-next sections F.1 to F.5). Owns what each entry
 * holds. Refuses to know tables, and what a header of an archive looks like.
 *
 * All entries are made before the first byte is sent, with every content that came with its row:
 * so the manifest, which is the first of them, lists what is there and nothing else, whatever is
 * written meanwhile, and the database is asked as fast as it answers and not as fast as the client
 * reads. A record is as it is when its page is read, or what is left of it; one that comes where
 * the pages have passed is not in the archive.
 *
 * Two optional parts are not made. Provenance would be signed with a DID of the server's own, which
 * this one has not; a statement that nobody can check is worth less than none. And a revocation is
 * the capability itself there, of which only a hash is stored here. It would count nowhere but at
 * the same URL, since capabilities name the space that they are for; and there the database keeps
 * it, also over the deletion of the space. So an archive is no backup: on a new database at the old
 * URL, what was revoked would hold again.
 */

#include "pws/pws.h"

#include "base/was_media_type.h"
#include "pws/pws_archive.h"
#include "pws/pws_auth.h"
#include "pws/pws_ids.h"
#include "pws/pws_records.h"
#include "store/pws/was_pws_archive.h"
#include "store/pws/was_pws_policies.h"

#include <apr_strings.h>

#include <string.h>

typedef struct export_t {
    was_request_t *request;
    const char *space;
    const char *origin; /* of all stamps */
    pws_archive_t *archive;
} export_t;

/* A validator begins with the generation of what it is of. */
static const char *generation_of_validator(const char *etag, apr_pool_t *pool)
{
    return apr_pstrmemdup(pool, etag, strcspn(etag, "-"));
}

/* What is done with each record of a listing. */
typedef const was_error_t *(*export_record_t)(export_t *export, pws_entry_name_t *entry,
                                              const was_pws_archived_t *record, apr_pool_t *pool);

/* Adds all that is below a generation; `entry` says what that is of. */
static const was_error_t *add_all(export_t *export, was_pws_kind_t kind, apr_int64_t parent,
                                  const pws_entry_name_t *entry, export_record_t add)
{
    was_pws_listed_t listed = {
        .kind = kind, .space = export->space, .parent = parent, .origin = export->origin};
    const was_pws_archived_t *records;
    apr_pool_t *page, *scratch;
    int count;

    apr_pool_create(&page, export->request->pool);
    apr_pool_create(&scratch, page);
    while (!listed.is_over) {
        apr_pool_clear(page);
        apr_pool_create(&scratch, page);
        WAS_TRY(was_pws_archive_list(export->request->db, &listed, &records, &count, page));
        for (int i = 0; i < count; i++) {
            pws_entry_name_t named = *entry;

            apr_pool_clear(scratch);
            WAS_TRY(add(export, &named, &records[i], scratch));
        }
    }
    apr_pool_destroy(page);
    return NULL;
}

static const was_error_t *export_chunk(export_t *export, pws_entry_name_t *entry,
                                       const was_pws_archived_t *record, apr_pool_t *pool)
{
    const char *text;

    WAS_TRY(pws_record_chunk(record, &text, pool));
    entry->kind = PWS_ENTRY_CHUNK_META;
    entry->number = apr_atoi64(record->id);
    WAS_TRY(pws_archive_add_text(export->archive, entry, text, pool));
    entry->kind = PWS_ENTRY_CHUNK;
    entry->type = was_media_type_of_stored(record->content.type);
    return pws_archive_add_content(export->archive, entry, &record->content, pool);
}

static const was_error_t *export_content(export_t *export, pws_entry_name_t *entry,
                                         const was_pws_archived_t *record, apr_pool_t *pool)
{
    const char *text;

    WAS_TRY(pws_record_meta(record, &text, pool));
    entry->kind = PWS_ENTRY_META;
    entry->resource = record->id;
    WAS_TRY(pws_archive_add_text(export->archive, entry, text, pool));
    if (record->is_deleted) {
        return NULL;
    }
    if (record->policy != NULL) {
        WAS_TRY(pws_record_policy(record->policy, &record->policy_stamp, record->policy_generation,
                                  &text, pool));
        entry->kind = PWS_ENTRY_POLICY;
        WAS_TRY(pws_archive_add_text(export->archive, entry, text, pool));
    }
    if (record->has_chunks) {
        WAS_TRY(pws_archive_add_directory(export->archive, entry, pool));
        WAS_TRY(add_all(export, WAS_PWS_CHUNKS, record->chunks, entry, export_chunk));
    }
    entry->kind = PWS_ENTRY_CONTENT;
    entry->type = was_media_type_of_stored(record->content.type);
    return pws_archive_add_content(export->archive, entry, &record->content, pool);
}

/* The policy of the space, or of a collection, as its record; NULL where there is none. */
static const was_error_t *read_own_policy(const export_t *export, const char *collection,
                                          const char **text, apr_pool_t *pool)
{
    const was_pws_level_t level = {.collection = collection};
    was_pws_policy_t policy;
    const was_error_t *error =
        was_pws_policies_get(export->request->db, export->space, &level, &policy, pool);

    *text = NULL;
    if (error != NULL || policy.document == NULL) {
        return error != NULL && error->kind != WAS_ERROR_NOT_FOUND ? error : NULL;
    }
    return pws_record_policy(policy.document, &policy.stamp,
                             generation_of_validator(policy.etag, pool), text, pool);
}

/* The log that governs a collection, as its record; NULL where there is none. */
static const was_error_t *read_log(const export_t *export, const was_pws_archived_t *record,
                                   const char **text, apr_pool_t *pool)
{
    const was_pws_listed_t listed = {
        .space = export->space, .parent = record->life, .origin = export->origin};
    was_pws_archived_log_t log;

    *text = NULL;
    WAS_TRY(was_pws_archive_log(export->request->db, &listed, &log, pool));
    return log.body != NULL ? pws_record_log(&log, text, pool) : NULL;
}

/* A record, if there is one. */
static const was_error_t *add_record(export_t *export, const pws_entry_name_t *owner,
                                     pws_entry_kind_t kind, const char *text, apr_pool_t *pool)
{
    pws_entry_name_t entry = *owner;

    entry.kind = kind;
    return text != NULL ? pws_archive_add_text(export->archive, &entry, text, pool) : NULL;
}

static const was_error_t *export_deleted_collection(const export_t *export, pws_entry_name_t *entry,
                                                    const was_pws_archived_t *record,
                                                    apr_pool_t *pool)
{
    const char *text;

    WAS_TRY(pws_record_tombstone(record, &text, pool));
    entry->kind = PWS_ENTRY_DELETED_COLLECTION;
    entry->collection = record->id;
    return pws_archive_add_text(export->archive, entry, text, pool);
}

/* One that is gone since it was listed is left out, whatever goes by its name now. The description
 * is read behind the policy: where it is of the one that was listed, the policy is, too. And before
 * the log, which may come meanwhile, and says what the description would. */
static const was_error_t *export_collection(export_t *export, pws_entry_name_t *entry,
                                            const was_pws_archived_t *record, apr_pool_t *pool)
{
    was_pws_collection_t collection;
    const char *log, *policy, *text;

    if (record->is_deleted) {
        return export_deleted_collection(export, entry, record, pool);
    }
    WAS_TRY(read_own_policy(export, record->id, &policy, pool));
    const was_error_t *error =
        was_pws_collections_get(export->request->db, export->space, record->id, &collection, pool);

    if (error != NULL) {
        return error->kind == WAS_ERROR_NOT_FOUND ? NULL : error;
    }
    if (strcmp(generation_of_validator(collection.etag, pool), record->generation) != 0) {
        return NULL;
    }
    entry->collection = record->id;
    WAS_TRY(read_log(export, record, &log, pool));
    WAS_TRY(pws_record_collection(&collection, record->generation, log != NULL, &text, pool));
    WAS_TRY(pws_archive_add_directory(export->archive, entry, pool));
    WAS_TRY(add_record(export, entry, PWS_ENTRY_LOG, log, pool));
    WAS_TRY(add_record(export, entry, PWS_ENTRY_COLLECTION, text, pool));
    WAS_TRY(add_record(export, entry, PWS_ENTRY_COLLECTION_POLICY, policy, pool));
    return add_all(export, WAS_PWS_RESOURCES, record->life, entry, export_content);
}

static const was_error_t *export_space(export_t *export, apr_int64_t generation)
{
    const pws_entry_name_t entry = {.kind = PWS_ENTRY_SPACE, .space = export->space};
    was_request_t *request = export->request;
    const pws_entry_name_t root = {.space = NULL};
    was_pws_space_t space;
    const char *backends, *policy, *text;

    WAS_TRY(was_pws_spaces_get(request->db, export->space, &space, request->pool));
    WAS_TRY(pws_backends_text(request, space.backends, &backends));
    WAS_TRY(pws_record_space(&space, generation, backends, &text, request->pool));
    WAS_TRY(pws_archive_add_directory(export->archive, &root, request->pool));
    WAS_TRY(pws_archive_add_directory(export->archive, &entry, request->pool));
    WAS_TRY(pws_archive_add_text(export->archive, &entry, text, request->pool));
    WAS_TRY(read_own_policy(export, NULL, &policy, request->pool));
    WAS_TRY(add_record(export, &entry, PWS_ENTRY_SPACE_POLICY, policy, request->pool));
    return add_all(export, WAS_PWS_COLLECTIONS, generation, &entry, export_collection);
}

/* All entries; of a space that is gone before they are, or for whom it is no more, none. */
static const was_error_t *gather_entries(export_t *export)
{
    was_request_t *request = export->request;
    apr_int64_t generation, later;

    WAS_TRY(pws_archive_make(request, export->space, &export->archive));
    WAS_TRY(was_pws_origin_get(request->db, &export->origin, request->pool));
    WAS_TRY(was_pws_archive_space(request->db, export->space, &generation, request->pool));
    WAS_TRY(export_space(export, generation));
    WAS_TRY(was_pws_archive_space(request->db, export->space, &later, request->pool));
    if (later != generation) {
        return was_error_log(request->pool, WAS_ERROR_NOT_FOUND, "the space is another one now");
    }
    /* What was allowed when the request came may have been revoked since, or the space given away,
     * and what was read last may be what was written behind that. */
    request->now = apr_time_sec(apr_time_now());
    return pws_authorize(request);
}

const was_error_t *pws_export_post(was_request_t *request, was_response_t *response)
{
    export_t *export = apr_pcalloc(request->pool, sizeof(*export));

    export->request = request;
    export->space = pws_segment(request, 1);
    if (strcmp(export->space, "policy") == 0) {
        return was_error_make(request->pool, WAS_ERROR_NOT_IMPLEMENTED, NULL,
                              "an archive has no name for a space of this id");
    }
    WAS_TRY(gather_entries(export));
    return pws_archive_answer(export->archive, response);
}
