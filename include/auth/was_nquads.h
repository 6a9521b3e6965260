/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_NQUADS_H
#define WAS_NQUADS_H

#include "base/was_json.h"

/*
 * was_nquads: canonical N-Quads (URDNA2015) of capabilities and their proof options, in closed form
 * (protocol/pws section 7.2). No RDF library: only the members and contexts of a capability are
 * known, and whatever else appears is refused, as JSON-LD's safe mode would.
 *
 * Texts are sorted lines, each ending " .\n", NUL-terminated, in the pool. Errors of both:
 * INVALID_BODY (an unknown member or context, a value of the wrong shape, an identifier that is no
 * IRI, blank nodes whose first-degree hashes collide, more than 3 delegations).
 */

/* The capability without its proof. */
WAS_CHECKED const was_error_t *was_nquads_document(const json_t *capability, const char **text,
                                                   apr_size_t *length, apr_pool_t *pool);

/* The options of the capability's Ed25519Signature2020 proof: without proofValue, under the
 * capability's context, embedded parents included. */
WAS_CHECKED const was_error_t *was_nquads_proof(const json_t *capability, const char **text,
                                                apr_size_t *length, apr_pool_t *pool);

#endif
