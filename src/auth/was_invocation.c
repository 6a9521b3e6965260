/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_invocation: the Capability-Invocation field to what it says, and the capability that it
 * carries to JSON. The only includer of zlib.
 * Refuses to know what the capability says.
 */

#include "auth/was_invocation.h"

#include "base/was_encoding.h"
#include "auth/was_parameters.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <string.h>
#include <zlib.h>

/* zlib's name for "the largest window, and gzip's header and trailer, nothing else". */
enum { GZIP_ONLY = 15 + 16 };

/* The parameters that we read. */
typedef enum parameter_t { ID, CAPABILITY, ACTION, KNOWN } parameter_t;

static const char *const parameter_names[KNOWN] = {"id", "capability", "action"};

static const was_error_t *malformed_invocation(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/capability-invocation", "%s", detail);
}

/* The value of a parameter in the pool; NULL when it was not given or is empty. */
static const char *value_of(const was_parameter_t *parameter, apr_pool_t *pool)
{
    was_slice_t value = parameter->value;

    return value.length == 0 ? NULL : apr_pstrmemdup(pool, value.text, value.length);
}

const was_error_t *was_invocation_parse(const char *value, was_invocation_t *invocation,
                                        apr_pool_t *pool)
{
    static const char scheme[] = "zcap";
    const apr_size_t length = sizeof(scheme) - 1;
    was_parameter_t known[KNOWN];

    if (value == NULL) {
        return malformed_invocation("the request invokes no capability", pool);
    }
    if (apr_cstr_casecmpn(value, scheme, length) != 0 || value[length] != ' ') {
        return malformed_invocation("the scheme of the invocation must be zcap", pool);
    }
    value += length;
    const char *fault = was_parameters_read(value + strspn(value, " "), parameter_names, KNOWN,
                                            "invocation", known, pool);

    if (fault != NULL) {
        return malformed_invocation(fault, pool);
    }
    if ((known[ID].value.text == NULL) == (known[CAPABILITY].value.text == NULL)) {
        return malformed_invocation("the invocation must have either an id or a capability", pool);
    }
    was_invocation_t made = {.root_id = value_of(&known[ID], pool),
                             .capability = value_of(&known[CAPABILITY], pool),
                             .action = value_of(&known[ACTION], pool)};

    if ((made.root_id == NULL && made.capability == NULL) || made.action == NULL) {
        return malformed_invocation("the invocation lacks a parameter, or it is empty", pool);
    }
    if (made.root_id != NULL && was_zcap_root_target(made.root_id, pool) == NULL) {
        return malformed_invocation("only a root capability can be invoked by its id", pool);
    }
    *invocation = made;
    return NULL;
}

/* What so many bytes may unpack to: what is sent bounds what it costs to read. */
static apr_size_t unpacked_most(apr_size_t packed)
{
    return packed < WAS_ZCAP_MAX_BYTES / WAS_INVOCATION_MAX_RATIO
               ? packed * WAS_INVOCATION_MAX_RATIO
               : WAS_ZCAP_MAX_BYTES;
}

/* The text of the one member. */
static const was_error_t *inflate_member(const unsigned char *packed, apr_size_t size,
                                         const char **text, apr_size_t *length, apr_pool_t *pool)
{
    apr_size_t most = unpacked_most(size);
    char *inflated = apr_palloc(pool, most);
    z_stream stream = {.next_in = (z_const Bytef *)packed,
                       .avail_in = (uInt)size,
                       .next_out = (Bytef *)inflated,
                       .avail_out = (uInt)most};
    int status = inflateInit2(&stream, GZIP_ONLY);

    if (status == Z_OK) {
        status = inflate(&stream, Z_FINISH);
        inflateEnd(&stream);
    }
    if (status == Z_MEM_ERROR) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "out of memory while inflating");
    }
    if (status != Z_STREAM_END) {
        return malformed_invocation("the capability is not gzip, damaged or too large", pool);
    }
    if (stream.avail_in > 0) {
        return malformed_invocation("something follows the gzip member of the capability", pool);
    }
    *length = most - stream.avail_out;
    *text = inflated;
    return NULL;
}

const was_error_t *was_invocation_decode(const char *text, json_t **capability, apr_pool_t *pool)
{
    apr_size_t size = strlen(text);

    /* What can become so much JSON at most, since deflate never needs twice the room. */
    if (size > 2 * WAS_ZCAP_MAX_BYTES) {
        return malformed_invocation("the capability is too large", pool);
    }
    unsigned char *packed = apr_palloc(pool, size + 1);
    apr_size_t count;

    if (strpbrk(text, "+/=") != NULL || !was_base64_decode(text, size, packed, size, &count)) {
        return malformed_invocation("the capability is not base64url without padding", pool);
    }
    const char *inflated;

    WAS_TRY(inflate_member(packed, count, &inflated, &count, pool));
    const was_error_t *error = was_json_parse_object(inflated, count, capability, pool);

    if (error != NULL && error->kind == WAS_ERROR_INVALID_BODY) {
        return was_error_make(pool, WAS_ERROR_MALFORMED, "/capability-invocation",
                              "the capability is not what it should be: %s", error->detail);
    }
    return error;
}
