/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_verified: what was added is known, nothing else is, and a full set forgets the older. */
#include "tap.h"

#include "was_verified.h"

enum { SLOTS = 8, MANY = 1000 };

static void key_of(int number, unsigned char *key)
{
    char text[32];

    apr_snprintf(text, sizeof(text), "capability %d", number);
    was_verified_key(text, key);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    was_verified_t *verified;
    unsigned char key[WAS_SHA256_BYTES], other[WAS_SHA256_BYTES];
    int i, known = 0;

    was_crypto_init();
    verified = was_verified_make(SLOTS, pool);
    key_of(1, key);
    ok(!was_verified_has(verified, key), "an empty set knows nothing");
    was_verified_add(verified, key);
    ok(was_verified_has(verified, key), "what was added is known");

    /* A key that falls into the same slot but differs in its last byte is another key. */
    memcpy(other, key, sizeof(other));
    other[WAS_SHA256_BYTES - 1] ^= 1;
    ok(!was_verified_has(verified, other), "a key that differs in its last byte is not known");
    was_verified_add(verified, other);
    ok(was_verified_has(verified, other) && !was_verified_has(verified, key),
       "the newer of one slot takes the older's place");

    for (i = 0; i < MANY; i++) {
        key_of(i, key);
        was_verified_add(verified, key);
        if (!ok(was_verified_has(verified, key), "added %d", i)) {
            break;
        }
    }
    for (i = 0; i < MANY; i++) {
        key_of(i, key);
        known += was_verified_has(verified, key);
    }
    ok(known > 0 && known <= SLOTS, "no more are known than there are slots");
    return done();
}
