/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_RANDOM_H
#define WAS_RANDOM_H

#include <apr.h>

/* was_random: bytes that nobody can foresee (libsodium's generator, readied by was_crypto_init). */
void was_random_bytes(void *bytes, apr_size_t count);

#endif
