/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_TOKEN_H
#define WAS_TOKEN_H

#include <apr_pools.h>

#include <stdbool.h>

/*
 * was_token: the token that lets whoever shows it make spaces (protocol/pws-next E.2). It is
 * read once, when httpd reads its configuration, and no more than its digest is kept, so that
 * nothing of ours can tell it.
 */
typedef struct was_token_t was_token_t;

/* Where none is asked for. */
extern const was_token_t was_token_off;

/*
 * The one that a file holds, in `pool`: a line of WAS_TOKEN_MIN_BYTES to WAS_TOKEN_MAX_BYTES
 * characters of RFC 6750's b64token, the `=` at its end not counted in the least, and nothing
 * besides. So many of them make 128 bits, if they are drawn at random. NULL: it is none.
 */
enum { WAS_TOKEN_MIN_BYTES = 22, WAS_TOKEN_MAX_BYTES = 512 };
const was_token_t *was_token_make(const char *bytes, apr_size_t length, apr_pool_t *pool);

/* The same of a file. What is wrong with it comes back as a sentence, which says nothing of what it
 * holds; NULL: nothing is. */
const char *was_token_read(const char *path, const was_token_t **token, apr_pool_t *pool);

/* Whether one is asked for: not by NULL, which nobody has set. */
bool was_token_is_asked(const was_token_t *token);

/* Whether the Authorization of a request (NULL: it has none) is a Bearer's at all, and whether what
 * it shows is the token. How long that takes tells nothing of it. */
bool was_token_is_bearer(const char *authorization);
bool was_token_is_shown(const was_token_t *token, const char *authorization);

#endif
