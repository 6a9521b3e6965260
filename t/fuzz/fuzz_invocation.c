/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_invocation: the input is the value of a Capability-Invocation field; and, as bytes, what its
 * capability decodes to; and, as JSON, what those bytes inflate to.
 */
#include "fuzz.h"

#include "auth/was_invocation.h"

#include <sodium.h>
#include <zlib.h>

static void check_error(const was_error_t *error)
{
    fuzz_check_error(error, WAS_ERROR_MALFORMED);
    REQUIRE(strcmp(error->pointer, "/capability-invocation") == 0);
}

static void check_decode(const char *text, apr_pool_t *pool)
{
    json_t *value = NULL;
    const was_error_t *error = was_invocation_decode(text, &value, pool);

    if (error != NULL) {
        REQUIRE(value == NULL);
        check_error(error);
    }
    else {
        REQUIRE(json_is_object(value));
    }
}

static void check_field(const char *value, apr_pool_t *pool)
{
    was_invocation_t invocation = {NULL, NULL, NULL};
    const was_error_t *error = was_invocation_parse(value, &invocation, pool);

    if (error != NULL) {
        REQUIRE(invocation.action == NULL);
        check_error(error);
        return;
    }
    REQUIRE((invocation.root_id == NULL) != (invocation.capability == NULL));
    REQUIRE(invocation.action[0] != '\0' && strstr(value, invocation.action) != NULL);
    if (invocation.root_id != NULL) {
        REQUIRE(strstr(value, invocation.root_id) != NULL);
        REQUIRE(was_zcap_root_target(invocation.root_id, pool) != NULL);
    }
    else {
        REQUIRE(strstr(value, invocation.capability) != NULL);
        check_decode(invocation.capability, pool);
    }
}

static const char *base64url(const unsigned char *bytes, size_t count, apr_pool_t *pool)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t size = sodium_base64_encoded_len(count, variant);

    return sodium_bin2base64(apr_palloc(pool, size), size, bytes, count, variant);
}

/* An object that is packed here comes out as it is, if it is small enough. */
static void check_packed(const uint8_t *data, size_t size, apr_pool_t *pool)
{
    z_stream stream = {.next_in = (z_const Bytef *)data, .avail_in = (uInt)size};
    unsigned char *packed;
    size_t count;
    json_t *expected = NULL;
    json_t *value = NULL;
    const char *text;

    if (was_json_parse_object((const char *)data, size, &expected, pool) != NULL) {
        return;
    }
    REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    count = deflateBound(&stream, (uLong)size);
    packed = apr_palloc(pool, count);
    stream.next_out = packed;
    stream.avail_out = (uInt)count;
    REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    count -= stream.avail_out;
    deflateEnd(&stream);
    text = base64url(packed, count, pool);
    REQUIRE((was_invocation_decode(text, &value, pool) == NULL) == (size <= WAS_ZCAP_MAX_BYTES));
    REQUIRE(value == NULL || json_equal(value, expected));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);

    check_field(text, pool);
    check_decode(text, pool);
    check_decode(base64url(data, size, pool), pool);
    check_packed(data, size, pool);
    free(text);
    apr_pool_clear(pool);
    return 0;
}
