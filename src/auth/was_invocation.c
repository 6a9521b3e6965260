/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_invocation: the Capability-Invocation field to what it says, and the capability that it
 * carries to JSON. The only includer of zlib.
 * Refuses to know what the capability says.
 */
#include "was_invocation.h"

#include "was_encoding.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <string.h>
#include <zlib.h>

/* zlib's name for "the largest window, and gzip's header and trailer, nothing else". */
enum { GZIP_ONLY = 15 + 16 };

/* The parameters that we read. */
typedef enum parameter_t { ID, CAPABILITY, ACTION, KNOWN } parameter_t;

static const char *const parameter_names[KNOWN] = {"id", "capability", "action"};

typedef struct slice_t {
    const char *text;
    apr_size_t length;
} slice_t;

typedef struct parameters_t {
    slice_t names[WAS_INVOCATION_MAX_PARAMETERS]; /* all that were given */
    int count;
    slice_t known[KNOWN]; /* values; text is NULL when not given */
} parameters_t;

static const was_error_t *malformed(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_MALFORMED, "/capability-invocation", "%s", detail);
}

/* RFC 9110 section 5.6.2. */
static bool is_token_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool take_token(const char **at, slice_t *token)
{
    const char *end = *at;

    while (is_token_character(*end)) {
        end++;
    }
    *token = (slice_t){*at, (apr_size_t)(end - *at)};
    *at = end;
    return token->length > 0;
}

/* A backslash would give a value a second spelling, and no value that we read needs one. */
static bool take_quoted(const char **at, slice_t *value)
{
    const char *end = *at + 1;

    while (*end >= 0x20 && *end <= 0x7e && *end != '"' && *end != '\\') {
        end++;
    }
    *value = (slice_t){*at + 1, (apr_size_t)(end - *at - 1)};
    *at = end + 1;
    return *end == '"';
}

static const was_error_t *keep_parameter(parameters_t *parameters, slice_t name, slice_t value,
                                         apr_pool_t *pool)
{
    /* Names that differ in case only are refused as twins: another reader may take either one. */
    for (int i = 0; i < parameters->count; i++) {
        if (parameters->names[i].length == name.length &&
            apr_cstr_casecmpn(parameters->names[i].text, name.text, name.length) == 0) {
            return malformed("a parameter of the invocation is given twice", pool);
        }
    }
    if (parameters->count == WAS_INVOCATION_MAX_PARAMETERS) {
        return malformed("the invocation has too many parameters", pool);
    }
    parameters->names[parameters->count++] = name;
    for (int i = 0; i < KNOWN; i++) {
        if (strlen(parameter_names[i]) == name.length &&
            memcmp(parameter_names[i], name.text, name.length) == 0) {
            parameters->known[i] = value;
        }
    }
    return NULL;
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* `name=value`, one or more, divided by commas. */
static const was_error_t *read_parameters(const char *at, parameters_t *parameters,
                                          apr_pool_t *pool)
{
    for (;;) {
        slice_t name;
        slice_t value;

        if (!take_token(&at, &name) || *at++ != '=' ||
            !(*at == '"' ? take_quoted(&at, &value) : take_token(&at, &value))) {
            return malformed("the parameters of the invocation are malformed", pool);
        }
        WAS_TRY(keep_parameter(parameters, name, value, pool));
        if (*at == '\0') {
            return NULL;
        }
        at = skip_blanks(at);
        if (*at++ != ',') {
            return malformed("the parameters of the invocation are malformed", pool);
        }
        at = skip_blanks(at);
    }
}

/* The value of a parameter in the pool; NULL when it was not given or is empty. */
static const char *value_of(const parameters_t *parameters, parameter_t name, apr_pool_t *pool)
{
    slice_t value = parameters->known[name];

    return value.length == 0 ? NULL : apr_pstrmemdup(pool, value.text, value.length);
}

const was_error_t *was_invocation_parse(const char *value, was_invocation_t *invocation,
                                        apr_pool_t *pool)
{
    static const char scheme[] = "zcap";
    const apr_size_t length = sizeof(scheme) - 1;
    parameters_t parameters = {.count = 0};
    was_invocation_t made;

    if (value == NULL) {
        return malformed("the request invokes no capability", pool);
    }
    if (apr_cstr_casecmpn(value, scheme, length) != 0 || value[length] != ' ') {
        return malformed("the scheme of the invocation must be zcap", pool);
    }
    value += length;
    WAS_TRY(read_parameters(value + strspn(value, " "), &parameters, pool));
    if ((parameters.known[ID].text == NULL) == (parameters.known[CAPABILITY].text == NULL)) {
        return malformed("the invocation must have either an id or a capability", pool);
    }
    made.root_id = value_of(&parameters, ID, pool);
    made.capability = value_of(&parameters, CAPABILITY, pool);
    made.action = value_of(&parameters, ACTION, pool);
    if ((made.root_id == NULL && made.capability == NULL) || made.action == NULL) {
        return malformed("the invocation lacks a parameter, or it is empty", pool);
    }
    if (made.root_id != NULL && was_zcap_root_target(made.root_id, pool) == NULL) {
        return malformed("only a root capability can be invoked by its id", pool);
    }
    *invocation = made;
    return NULL;
}

/* Into `text`, which has room for WAS_ZCAP_MAX_BYTES and no more is written. */
static const was_error_t *gunzip(const unsigned char *packed, apr_size_t size, char *text,
                                 apr_size_t *length, apr_pool_t *pool)
{
    z_stream stream = {.next_in = (z_const Bytef *)packed,
                       .avail_in = (uInt)size,
                       .next_out = (Bytef *)text,
                       .avail_out = WAS_ZCAP_MAX_BYTES};
    int status = inflateInit2(&stream, GZIP_ONLY);

    if (status == Z_OK) {
        status = inflate(&stream, Z_FINISH);
        inflateEnd(&stream);
    }
    if (status == Z_MEM_ERROR) {
        return was_error_log(pool, WAS_ERROR_BROKEN, "out of memory while inflating");
    }
    if (status != Z_STREAM_END) {
        return malformed("the capability is not gzip, damaged or too large", pool);
    }
    if (stream.avail_in > 0) {
        return malformed("something follows the gzip member of the capability", pool);
    }
    *length = WAS_ZCAP_MAX_BYTES - stream.avail_out;
    return NULL;
}

const was_error_t *was_invocation_decode(const char *text, json_t **capability, apr_pool_t *pool)
{
    apr_size_t size = strlen(text);
    const was_error_t *error;
    unsigned char *packed;
    char *inflated;
    apr_size_t count;

    /* What can become so much JSON at most, since deflate never needs twice the room. */
    if (size > 2 * WAS_ZCAP_MAX_BYTES) {
        return malformed("the capability is too large", pool);
    }
    packed = apr_palloc(pool, size + 1);
    if (strpbrk(text, "+/=") != NULL || !was_base64_decode(text, size, packed, size, &count)) {
        return malformed("the capability is not base64url without padding", pool);
    }
    inflated = apr_palloc(pool, WAS_ZCAP_MAX_BYTES);
    WAS_TRY(gunzip(packed, count, inflated, &count, pool));
    error = was_json_parse_object(inflated, count, capability, pool);
    if (error != NULL && error->kind == WAS_ERROR_INVALID_BODY) {
        return was_error_make(pool, WAS_ERROR_MALFORMED, "/capability-invocation",
                              "the capability is not what it should be: %s", error->detail);
    }
    return error;
}
