/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_DESCRIPTORS_H
#define PWS_DESCRIPTORS_H

#include "http/was_request.h"

enum { PWS_INDEXES_MAX = 256 };

/*
 * pws_descriptors: what a collection says of itself and the server must understand (protocol/pws
 * sections 11.1 and 14). Each reader takes the member of the request's document and yields its text
 * as the client wrote it, in the pool, but for white space; NULL where it is absent. What may
 * follow what is stored is the store's to decide.
 */

/* Section 14.1 to 14.4. Errors: INVALID_BODY (its shape, or that `plaintext` is there, too),
 * UNSUPPORTED_SCHEME. */
WAS_CHECKED const was_error_t *pws_read_encryption(const was_request_t *request, const char **text);

/* The same of a descriptor that stands where `name`, a JSON pointer without its beginning, says;
 * and of revisions. NULL is none. Errors: INVALID_BODY; UNSUPPORTED_SCHEME (of the first alone). */
WAS_CHECKED const was_error_t *pws_check_encryption(const json_t *encryption, const char *name,
                                                    apr_pool_t *pool);
WAS_CHECKED const was_error_t *pws_check_revisions(const json_t *revisions, const char *name,
                                                   apr_pool_t *pool);

/* Section 14.5. Errors: INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_read_plaintext(const was_request_t *request, const char **text);

/* pws-next I.2. Errors: INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_read_revisions(const was_request_t *request, const char **text);

/* Section 11.1 and pws-next E.4: a DID, or an object that is kept as text; which one, its first
 * byte tells. `*origin` is the member `generatorOrigin`, which came with a DID. Errors:
 * INVALID_BODY. */
WAS_CHECKED const was_error_t *pws_read_generator(const was_request_t *request,
                                                  const char **generator, const char **origin);

#endif
