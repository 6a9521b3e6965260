/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_WANT_H
#define WAS_WANT_H

/* was_want: which digests a client asks for (RFC 9530 section 4). */

/* How much each is wanted, 1 to 10; 0: not at all. */
typedef struct was_want_t {
    int sha256;
    int sha512;
} was_want_t;

/* Reads a Want-Content-Digest or Want-Repr-Digest field (or NULL): a dictionary of integers from 0
 * to 10. What is none, parameters included, asks for nothing; of a name said twice the last
 * counts. */
was_want_t was_want_read(const char *field);

#endif
