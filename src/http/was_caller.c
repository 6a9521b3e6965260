/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_caller: whose a request is, as a number. Owns which addresses are one caller's. Refuses to
 * know what a caller may have.
 */

#include "http/was_caller.h"

#include "auth/was_crypto.h"

#include <string.h>

enum { NETWORK_BYTES = 8, MAPPED_BYTES = 12 };

apr_uint32_t was_caller_of_did(const char *did)
{
    return was_crypto_short_hash(did, strlen(did));
}

apr_uint32_t was_caller_of_address(const apr_sockaddr_t *address)
{
    static const unsigned char mapped[MAPPED_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const unsigned char *bytes = address->ipaddr_ptr;
    apr_size_t length = (apr_size_t)address->ipaddr_len;

    if (length > MAPPED_BYTES && memcmp(bytes, mapped, MAPPED_BYTES) == 0) {
        bytes += MAPPED_BYTES;
        length -= MAPPED_BYTES;
    }
    return was_crypto_short_hash(bytes, length < NETWORK_BYTES ? length : NETWORK_BYTES);
}
