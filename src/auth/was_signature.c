/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_signature: `Authorization: Signature` to a proven key (protocol/classic section 3).
 * Refuses to know the request, which arrives as a plain struct, and what the key may do.
 *
 * What protects the signing string: its lines are divided by line breaks and by nothing else, so no
 * part of it may hold one. Then one string has one reading as names and values, and a signature
 * made for one request cannot be read as one for another by naming other headers.
 */
#include "auth/was_signature.h"

#include "base/was_encoding.h"
#include "auth/was_parameters.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <string.h>

enum {
    MAX_TARGETS = 3,
    MAX_DIGITS = 15,
    NUMBER_BYTES = 24 /* any 64-bit integer in decimal */
};

/* The parameters that we read. */
typedef enum parameter_t { KEY_ID, HEADERS, SIGNATURE, CREATED, EXPIRES, KNOWN } parameter_t;

static const char *const parameter_names[KNOWN] = {"keyId", "headers", "signature", "created",
                                                   "expires"};

static const char request_target[] = "(request-target)";

static const was_error_t *refused(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

/* The locale must not decide what is signed. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The five that we read, all of which must be there. */
static const was_error_t *read_parameters(const char *text, was_parameter_t known[KNOWN],
                                          apr_pool_t *pool)
{
    for (int i = 0; i < KNOWN; i++) {
        known[i] = (was_parameter_t){.name = parameter_names[i]};
    }
    switch (was_parameters_read(text, known, KNOWN)) {
    case WAS_PARAMETERS_GOOD:
        break;
    case WAS_PARAMETERS_MALFORMED:
        return refused("the parameters of the signature are malformed", pool);
    case WAS_PARAMETERS_TWICE:
        return refused("a parameter of the signature is given twice", pool);
    case WAS_PARAMETERS_TOO_MANY:
        return refused("the signature has too many parameters", pool);
    }
    for (int i = 0; i < KNOWN; i++) {
        if (known[i].value.text == NULL) {
            return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the signature lacks the parameter %s", parameter_names[i]);
        }
    }
    return NULL;
}

/* What stands behind `Signature` and blanks; NULL for another scheme. */
static const char *skip_scheme(const char *value)
{
    static const char scheme[] = "Signature";
    const apr_size_t length = sizeof(scheme) - 1;

    if (apr_cstr_casecmpn(value, scheme, length) != 0 || value[length] != ' ') {
        return NULL;
    }
    return value + length + strspn(value + length, " ");
}

/* One spelling only, so that the number written into the signing string is the text as sent. */
static bool read_integer(was_slice_t text, apr_int64_t *value)
{
    apr_int64_t number = 0;

    if (text.length == 0 || text.length > MAX_DIGITS || (text.text[0] == '0' && text.length > 1)) {
        return false;
    }
    for (apr_size_t i = 0; i < text.length; i++) {
        if (text.text[i] < '0' || text.text[i] > '9') {
            return false;
        }
        number = number * 10 + (text.text[i] - '0');
    }
    *value = number;
    return true;
}

/* A field name, or one of the four names in parentheses that have a meaning. */
static bool is_header_name(const char *name)
{
    const char *end = name;
    was_slice_t token;

    if (name[0] == '(') {
        return strcmp(name, "(created)") == 0 || strcmp(name, "(expires)") == 0 ||
               strcmp(name, "(key-id)") == 0 || strcmp(name, request_target) == 0;
    }
    return was_token_take(&end, &token) && *end == '\0';
}

/* Divides the list at single blanks, in a lower-case copy that the names then point into. */
static const was_error_t *read_headers(was_slice_t list, was_signature_t *signature,
                                       apr_pool_t *pool)
{
    const char *names[WAS_SIGNATURE_MAX_HEADERS];
    char *text = apr_pstrmemdup(pool, list.text, list.length);
    bool more = true;
    int count = 0;

    for (char *name = text; more; name++) {
        char *end = name;

        for (; *end != ' ' && *end != '\0'; end++) {
            *end = lower(*end);
        }
        more = *end == ' ';
        *end = '\0';
        if (!is_header_name(name)) {
            return refused("the list of signed headers is malformed", pool);
        }
        for (int i = 0; i < count; i++) {
            if (strcmp(names[i], name) == 0) {
                return refused("a header is signed twice", pool);
            }
        }
        if (count == WAS_SIGNATURE_MAX_HEADERS) {
            return refused("too many headers are signed", pool);
        }
        names[count++] = name;
        name = end;
    }
    signature->headers = apr_pmemdup(pool, names, (apr_size_t)count * sizeof(names[0]));
    signature->nheaders = count;
    return NULL;
}

const was_error_t *was_signature_parse(const char *value, const was_signature_t **signature,
                                       apr_pool_t *pool)
{
    was_parameter_t known[KNOWN];
    was_signature_t *made;
    const char *at;

    if (value == NULL) {
        return refused("the request is not signed", pool);
    }
    if (strlen(value) > WAS_SIGNATURE_MAX_BYTES) {
        return refused("the Authorization field is too long", pool);
    }
    at = skip_scheme(value);
    if (at == NULL) {
        return refused("the authorization scheme must be Signature", pool);
    }
    WAS_TRY(read_parameters(at, known, pool));
    made = apr_pcalloc(pool, sizeof(*made));
    if (!read_integer(known[CREATED].value, &made->created) ||
        !read_integer(known[EXPIRES].value, &made->expires)) {
        return refused("created and expires must be decimal integers", pool);
    }
    if (!was_base64_decode(known[SIGNATURE].value.text, known[SIGNATURE].value.length, made->value,
                           sizeof(made->value), &made->value_bytes)) {
        return refused("the signature is not base64, or too long", pool);
    }
    WAS_TRY(read_headers(known[HEADERS].value, made, pool));
    made->key_id = apr_pstrmemdup(pool, known[KEY_ID].value.text, known[KEY_ID].value.length);
    WAS_TRY(was_key_resolve(made->key_id, &made->signer, pool));
    if (made->value_bytes != made->signer.type->signature_bytes) {
        return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                              "a signature by this key has %" APR_SIZE_T_FMT " bytes",
                              made->signer.type->signature_bytes);
    }
    *signature = made;
    return NULL;
}

bool was_signature_covers(const was_signature_t *signature, const char *name)
{
    for (int i = 0; i < signature->nheaders; i++) {
        if (strcmp(signature->headers[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const was_error_t *check_coverage(const was_signature_t *signature,
                                         const was_signature_rules_t *rules, apr_pool_t *pool)
{
    for (const char *const *name = rules->required; *name != NULL; name++) {
        if (!was_signature_covers(signature, *name)) {
            return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the signature does not cover %s", *name);
        }
    }
    return NULL;
}

static const was_error_t *check_window(const was_signature_t *signature,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool)
{
    if (signature->created - now > rules->skew) {
        return refused("the signature was created in the future", pool);
    }
    if (now - signature->expires > rules->expired_skew) {
        return refused("the signature has expired", pool);
    }
    if (signature->expires <= signature->created) {
        return refused("the signature must expire after it was created", pool);
    }
    if (rules->max_age > 0 && signature->expires - signature->created > rules->max_age) {
        return refused("the signature is valid for too long", pool);
    }
    return NULL;
}

const was_error_t *was_signature_check(const was_signature_t *signature,
                                       const was_signature_rules_t *rules, apr_int64_t now,
                                       apr_pool_t *pool)
{
    WAS_TRY(check_coverage(signature, rules, pool));
    return check_window(signature, rules, now, pool);
}

/* The values of the lines, in the order of the covered names. */
typedef struct lines_t {
    was_slice_t values[WAS_SIGNATURE_MAX_HEADERS]; /* text is NULL where the target belongs */
    apr_size_t size; /* of the signing string without method and target */
    bool has_target;
    char created[NUMBER_BYTES];
    char expires[NUMBER_BYTES];
} lines_t;

/* Whether a text can be a part of a line. Tabs occur in fields, other controls nowhere. */
static bool is_one_line(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if ((*at < 0x20 && *at != '\t') || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The value that a covered name stands for, NULL when the request has none. */
static const char *line_value(const was_signature_t *signature, const was_message_t *message,
                              const lines_t *lines, const char *name)
{
    if (name[0] != '(') {
        return message->field(message->baton, name);
    }
    if (strcmp(name, "(created)") == 0) {
        return lines->created;
    }
    return strcmp(name, "(expires)") == 0 ? lines->expires : signature->key_id;
}

static const was_error_t *collect_lines(const was_signature_t *signature,
                                        const was_message_t *message, lines_t *lines,
                                        apr_pool_t *pool)
{
    apr_snprintf(lines->created, NUMBER_BYTES, "%" APR_INT64_T_FMT, signature->created);
    apr_snprintf(lines->expires, NUMBER_BYTES, "%" APR_INT64_T_FMT, signature->expires);
    for (int i = 0; i < signature->nheaders; i++) {
        const char *name = signature->headers[i];
        const char *value;

        /* name, colon, blank, and a line break before all but the first */
        lines->size += strlen(name) + 2 + (i > 0);
        if (strcmp(name, request_target) == 0) {
            lines->has_target = true;
            continue;
        }
        value = line_value(signature, message, lines, name);
        if (value == NULL) {
            return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the request lacks the signed header %.64s", name);
        }
        if (!is_one_line(value)) {
            return refused("a signed header holds a control character", pool);
        }
        lines->values[i].text = value;
        lines->values[i].length = strlen(value);
        lines->size += lines->values[i].length;
    }
    return NULL;
}

static char *put(char *to, const char *text, apr_size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

/* Builds the signing string with one spelling of the target and checks the signature over it. */
static bool verify_target(const was_signature_t *signature, const lines_t *lines,
                          const char *method, const char *target, apr_pool_t *pool)
{
    apr_size_t target_length = strlen(target);
    apr_size_t method_length = strlen(method);
    apr_size_t size = lines->size + (lines->has_target ? method_length + 1 + target_length : 0);
    char *text = apr_palloc(pool, size);
    char *to = text;

    for (int i = 0; i < signature->nheaders; i++) {
        const char *name = signature->headers[i];

        if (i > 0) {
            *to++ = '\n';
        }
        to = put(to, name, strlen(name));
        to = put(to, ": ", 2);
        if (lines->values[i].text != NULL) {
            to = put(to, lines->values[i].text, lines->values[i].length);
            continue;
        }
        for (apr_size_t j = 0; j < method_length; j++) {
            *to++ = lower(method[j]);
        }
        *to++ = ' ';
        to = put(to, target, target_length);
    }
    return was_key_verify(&signature->signer, signature->value, signature->value_bytes, text, size);
}

const was_error_t *was_signature_verify(const was_signature_t *signature,
                                        const was_message_t *message,
                                        const was_signature_rules_t *rules, apr_int64_t now,
                                        apr_pool_t *pool)
{
    lines_t lines = {.size = 0};
    const char *end = message->method;
    was_slice_t method;
    bool good = false;

    if (!was_token_take(&end, &method) || *end != '\0') {
        return refused("the method is not a token", pool);
    }
    WAS_TRY(was_signature_check(signature, rules, now, pool));
    WAS_TRY(collect_lines(signature, message, &lines, pool));
    if (!lines.has_target) {
        good = verify_target(signature, &lines, "", "", pool);
    }
    for (int i = 0; lines.has_target && !good && i < message->ntargets && i < MAX_TARGETS; i++) {
        good = is_one_line(message->targets[i]) &&
               verify_target(signature, &lines, message->method, message->targets[i], pool);
    }
    return good ? NULL : refused("the signature does not verify", pool);
}
