/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_ENVELOPE_H
#define PWS_ENVELOPE_H

#include "http/was_request.h"
#include "pws/pws_indexed.h"

/*
 * pws_envelope: whether a content is JSON, an encrypted envelope (protocol/pws section 14.2), and
 * by what it is to be found, found out while it comes, in memory that does not depend on its
 * length.
 */

typedef struct pws_inspection_t pws_inspection_t;

pws_inspection_t *pws_inspection_make(apr_pool_t *pool);

/* The next bytes, however many. */
void pws_inspection_feed(pws_inspection_t *inspection, const char *bytes, apr_size_t count);

/* At the end, once. What has a member twice that an envelope depends on is none: another reader
 * could take the other one. Errors: INVALID_BODY (it is no JSON, as was_json_scan has it), with the
 * line and column; those of pws_indexed_end. */
WAS_CHECKED const was_error_t *pws_inspection_end(pws_inspection_t *inspection, bool *is_envelope,
                                                  was_pws_terms_t *terms, apr_pool_t *pool);

/* What the protocol has of bytes that come: those of a resource's content whose type holds JSON are
 * inspected, in the request's state. */
void pws_inspect(const was_request_t *request, const char *bytes, apr_size_t count);

#endif
