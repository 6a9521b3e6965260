/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PREFER_H
#define WAS_PREFER_H

/* was_prefer: what a client would like, but can do without (RFC 7240). */

enum { WAS_PREFER_WAIT_MAX = 30 };

/* The seconds of the first `wait` in a Prefer field (or NULL), at most WAS_PREFER_WAIT_MAX; 0 where
 * there is none, or it is no number. */
int was_prefer_wait(const char *field);

#endif
