/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_envelope: contents that are JSON, as they come. Owns what makes one an envelope. Refuses to
 * know where they go, whether an envelope was asked for, and how a document is indexed.
 */

#include "pws/pws_envelope.h"

#include "base/was_media_type.h"
#include "http/was_protocol.h"
#include "pws/pws_ids.h"
#include "pws/pws_state.h"

#include <string.h>

/* The members that it depends on: "jwe", and the others in it. */
enum { JWE, CIPHERTEXT, RECIPIENTS, ENCRYPTED_KEY, PROTECTED, MEMBERS };

struct pws_inspection_t {
    was_json_scanner_t *scanner;
    apr_pool_t *pool;
    pws_indexed_t indexed;
    bool is_in_jwe; /* of the two outermost members, the one at hand is */
    int counts[MEMBERS];
    char firsts[MEMBERS]; /* the first byte of the last one's value */
};

static void note_member(void *baton, int depth, const char *name, char first)
{
    static const char *const names[MEMBERS] = {"jwe", "ciphertext", "recipients", "encrypted_key",
                                               "protected"};
    pws_inspection_t *inspection = baton;
    int begin = depth == 1 ? JWE : CIPHERTEXT;
    int end = depth == 1 ? CIPHERTEXT : MEMBERS;

    pws_indexed_note(&inspection->indexed, depth, name, first,
                     was_json_scanner_offset(inspection->scanner));
    if (depth == 1) {
        inspection->is_in_jwe = strcmp(name, names[JWE]) == 0;
    }
    if (depth > 2 || !inspection->is_in_jwe) {
        return;
    }
    for (int i = begin; i < end; i++) {
        if (strcmp(name, names[i]) == 0) {
            inspection->counts[i] += inspection->counts[i] < 2;
            inspection->firsts[i] = first;
        }
    }
}

/* Whether there is one of a member, of this type. */
static bool has_one(const pws_inspection_t *inspection, int member, char first)
{
    return inspection->counts[member] == 1 && inspection->firsts[member] == first;
}

static bool is_envelope_of(const pws_inspection_t *inspection)
{
    for (int i = 0; i < MEMBERS; i++) {
        if (inspection->counts[i] > 1) {
            return false;
        }
    }
    return has_one(inspection, JWE, '{') && has_one(inspection, CIPHERTEXT, '"') &&
           (has_one(inspection, RECIPIENTS, '[') || has_one(inspection, ENCRYPTED_KEY, '"') ||
            has_one(inspection, PROTECTED, '"'));
}

pws_inspection_t *pws_inspection_make(apr_pool_t *pool)
{
    pws_inspection_t *inspection = apr_pcalloc(pool, sizeof(*inspection));

    inspection->pool = pool;
    inspection->scanner = was_json_scanner_make(note_member, inspection, pool);
    return inspection;
}

void pws_inspection_feed(pws_inspection_t *inspection, const char *bytes, apr_size_t count)
{
    apr_off_t offset = was_json_scanner_offset(inspection->scanner);

    was_json_scanner_feed(inspection->scanner, bytes, count);
    pws_indexed_take(&inspection->indexed, bytes, count, offset, inspection->pool);
}

const was_error_t *pws_inspection_end(pws_inspection_t *inspection, bool *is_envelope,
                                      was_pws_terms_t *terms, apr_pool_t *pool)
{
    WAS_TRY(was_json_check_scanned(inspection->scanner, pool));
    *is_envelope = is_envelope_of(inspection);
    return pws_indexed_end(&inspection->indexed, terms, pool);
}

void pws_inspect(const was_request_t *request, const char *bytes, apr_size_t count)
{
    pws_state_t *state = request->state;
    const char *type = was_request_field(request, "Content-Type");

    if (state == NULL || request->route->need != WAS_NEED_CONTENT || pws_names_chunk(request) ||
        type == NULL || !was_media_type_holds_json(type)) {
        return;
    }
    if (state->inspection == NULL) {
        state->inspection = pws_inspection_make(request->pool);
    }
    pws_inspection_feed(state->inspection, bytes, count);
}
