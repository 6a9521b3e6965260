/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_import: an archive into a space (protocol/pws-next section F.6). Owns the order: all of the
 * archive is there and was looked at before anything is stored, contents that are too long for a
 * row go into parts, and the rest is one transaction, which waits for no client. Refuses to know
 * what the entries say.
 */

#include "pws/pws.h"

#include "base/was_media_type.h"
#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_import.h"

static const was_error_t *read_body(void *baton, apr_int64_t offset, char *buffer,
                                    apr_size_t capacity, apr_size_t *count)
{
    const was_request_t *request = baton;

    return was_body_piece(request->body, offset, buffer, capacity, count);
}

/* What is in an archive is charged, and it waits in a file. */
const was_error_t *pws_admit(was_request_t *request, was_place_t *place)
{
    return request->route->need == WAS_NEED_ARCHIVE ? NULL : pws_content_admit(request, place);
}

static void count_members(was_document_t *document, json_t *root, const char *created,
                          const char *skipped, const was_pws_counted_t *counted)
{
    was_document_integer(document, root, created, counted->created);
    was_document_integer(document, root, skipped, counted->skipped);
}

static void answer_counts(const pws_import_t *import, const was_pws_imported_t *imported,
                          was_response_t *response)
{
    was_document_t *document = was_document_make(import->request->pool);
    json_t *root = was_document_root(document);
    bool is_root = pws_grant(import->request).ndelegations == 0;

    count_members(document, root, "collectionsCreated", "collectionsSkipped",
                  &imported->collections);
    count_members(document, root, "resourcesCreated", "resourcesSkipped", &imported->resources);
    count_members(document, root, "policiesCreated", "policiesSkipped", &imported->policies);
    was_document_text(document, root, "spaceMetadata",
                      !import->has_space                ? "absent"
                      : is_root && import->name != NULL ? "restored"
                                                        : "skipped");
    json_t *provenance = was_document_object(document, root, "provenance");

    was_document_integer(document, provenance, "verified", 0);
    was_document_integer(document, provenance, "unattested", import->unattested);
    was_document_integer(document, provenance, "proofInvalid", 0);
    was_document_integer(document, provenance, "contentMismatch", 0);
    was_document_integer(document, provenance, "unknownSigner", 0);
    pws_answer_document(response, document);
    response->cache = "no-store";
}

const was_error_t *pws_import_post(was_request_t *request, was_response_t *response)
{
    const char *type = was_request_field(request, "Content-Type");
    const was_grant_t grant = pws_grant(request);
    pws_import_t *import = apr_pcalloc(request->pool, sizeof(*import));
    was_pws_imported_t imported;

    if (type == NULL || !was_media_type_is(type, "application/x-tar")) {
        return was_error_make(request->pool, WAS_ERROR_UNSUPPORTED, "/body",
                              "an archive is of the type application/x-tar");
    }
    import->request = request;
    import->source = (was_unpack_source_t){read_body, request};
    WAS_TRY(pws_import_check(import));
    const was_error_t *error = pws_import_store_parts(import);

    if (error == NULL) {
        const was_pws_incoming_source_t source = pws_import_records(import);

        error = was_pws_import(request->db, &grant, &source, &imported, request->pool);
    }
    was_stow_drop(import->stow);
    WAS_TRY(error);
    pws_import_revoke(import);
    answer_counts(import, &imported, response);
    return NULL;
}
