/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DIGESTS_H
#define WAS_DIGESTS_H

#include "http/was_request.h"

/*
 * was_digests: the digests of RFC 9530 that go with a stored content, where the client asks for
 * them (Want-Content-Digest, Want-Repr-Digest). Who does not ask gets none, and pays nothing.
 */

/* Values of the fields; NULL: not there. */
typedef struct was_digests_t {
    const char *content;
    const char *repr;
} was_digests_t;

/* How many bytes of a content are to come with its row: none for a HEAD, unless it is digested. */
apr_size_t was_digests_piece(const was_request_t *request);

/*
 * What is wanted, and can be had without reading more than WAS_PIECE_BYTES: of a content that came
 * with its row SHA-256 and SHA-512, of one in parts the SHA-256 that was stored with it, of one
 * range (not `is_whole`: the request's Range counts) both. What a HEAD sends is nothing, whose
 * digest is known.
 * Errors: UNAVAILABLE (also when this version is gone, or not whole), BROKEN, and those of was_db.
 */
WAS_CHECKED const was_error_t *was_digests_decide(const was_request_t *request,
                                                  const was_resource_t *resource, bool is_whole,
                                                  was_digests_t *digests);

/* Sets the fields of the answer, which are about the bytes as they are stored. */
void was_digests_answer(const was_request_t *request, const was_digests_t *digests);

#endif
