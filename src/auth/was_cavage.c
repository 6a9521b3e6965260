/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_cavage: `Authorization: Signature` to a proven key (protocol/classic section 3).
 * Refuses to know the request, which arrives as a plain struct, and what the key may do.
 *
 * What protects the signing string: its lines are divided by line breaks and by nothing else, so no
 * part of it may hold one. Then one string has one reading as names and values, and a signature
 * made for one request cannot be read as one for another by naming other headers.
 */

#include "auth/was_cavage.h"

#include "base/was_ascii.h"
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

static const was_error_t *refused_signature(const char *detail, apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization", "%s", detail);
}

/* The five that we read, all of which must be there. */
static const was_error_t *read_signature_parameters(const char *text, was_parameter_t known[KNOWN],
                                                    apr_pool_t *pool)
{
    const char *fault = was_parameters_read(text, parameter_names, KNOWN, "signature", known, pool);

    if (fault != NULL) {
        return refused_signature(fault, pool);
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
        if (!was_ascii_is_digit(text.text[i])) {
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

/* The covered names so far, in a copy of the list. */
typedef struct covered_t {
    const char *names[WAS_SIGNATURE_MAX_COVERED];
    int count;
} covered_t;

static const was_error_t *add_header_name(covered_t *covered, const char *name, apr_pool_t *pool)
{
    if (!is_header_name(name)) {
        return refused_signature("the list of signed headers is malformed", pool);
    }
    for (int i = 0; i < covered->count; i++) {
        if (strcmp(covered->names[i], name) == 0) {
            return refused_signature("a header is signed twice", pool);
        }
    }
    if (covered->count == WAS_SIGNATURE_MAX_COVERED) {
        return refused_signature("too many headers are signed", pool);
    }
    covered->names[covered->count++] = name;
    return NULL;
}

/* Divides the list at single blanks, in a lower-case copy that the names then point into. */
static const was_error_t *read_covered(was_slice_t list, was_signature_t *signature,
                                       apr_pool_t *pool)
{
    covered_t covered = {.count = 0};
    char *name = apr_pstrmemdup(pool, list.text, list.length);

    for (bool more = true; more;) {
        char *end = name;

        for (; *end != ' ' && *end != '\0'; end++) {
            *end = was_ascii_lower(*end);
        }
        more = *end == ' ';
        *end = '\0';
        WAS_TRY(add_header_name(&covered, name, pool));
        name = end + 1;
    }
    signature->covered =
        apr_pmemdup(pool, covered.names, (apr_size_t)covered.count * sizeof(covered.names[0]));
    signature->ncovered = covered.count;
    return NULL;
}

/* The signature's bytes, which can only be counted once the type of its key is known. */
static const was_error_t *check_size(const was_signature_t *signature, apr_pool_t *pool)
{
    apr_size_t expected = signature->signer.type->signature_bytes;

    return signature->value_bytes == expected
               ? NULL
               : was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                "a signature by this key has %" APR_SIZE_T_FMT " bytes", expected);
}

static const was_error_t *read_values(const was_parameter_t known[KNOWN], was_cavage_t *cavage,
                                      apr_pool_t *pool)
{
    was_signature_t *signature = &cavage->signature;
    was_slice_t value = known[SIGNATURE].value;

    if (!read_integer(known[CREATED].value, &signature->created) ||
        !read_integer(known[EXPIRES].value, &signature->expires)) {
        return refused_signature("created and expires must be decimal integers", pool);
    }
    if (!was_base64_decode(value.text, value.length, signature->value, sizeof(signature->value),
                           &signature->value_bytes)) {
        return refused_signature("the signature is not base64, or too long", pool);
    }
    WAS_TRY(read_covered(known[HEADERS].value, signature, pool));
    cavage->key_id = apr_pstrmemdup(pool, known[KEY_ID].value.text, known[KEY_ID].value.length);
    WAS_TRY(was_key_resolve(cavage->key_id, &signature->signer, pool));
    return check_size(signature, pool);
}

const was_error_t *was_cavage_parse(const char *value, const was_cavage_t **cavage,
                                    apr_pool_t *pool)
{
    was_parameter_t known[KNOWN];

    if (value == NULL) {
        return refused_signature("the request is not signed", pool);
    }
    if (strlen(value) > WAS_CAVAGE_MAX_BYTES) {
        return refused_signature("the Authorization field is too long", pool);
    }
    const char *parameters = skip_scheme(value);

    if (parameters == NULL) {
        return refused_signature("the authorization scheme must be Signature", pool);
    }
    WAS_TRY(read_signature_parameters(parameters, known, pool));
    was_cavage_t *made = apr_pcalloc(pool, sizeof(*made));

    WAS_TRY(read_values(known, made, pool));
    *cavage = made;
    return NULL;
}

/* The values of the lines, in the order of the covered names. */
typedef struct lines_t {
    was_slice_t values[WAS_SIGNATURE_MAX_COVERED]; /* text is NULL where the target belongs */
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
static const char *line_value(const was_cavage_t *cavage, const was_message_t *message,
                              const lines_t *lines, const char *name)
{
    if (name[0] != '(') {
        return message->field(message->baton, name);
    }
    if (strcmp(name, "(created)") == 0) {
        return lines->created;
    }
    return strcmp(name, "(expires)") == 0 ? lines->expires : cavage->key_id;
}

static const was_error_t *collect_lines(const was_cavage_t *cavage, const was_message_t *message,
                                        lines_t *lines, apr_pool_t *pool)
{
    const was_signature_t *signature = &cavage->signature;

    apr_snprintf(lines->created, NUMBER_BYTES, "%" APR_INT64_T_FMT, signature->created);
    apr_snprintf(lines->expires, NUMBER_BYTES, "%" APR_INT64_T_FMT, signature->expires);
    for (int i = 0; i < signature->ncovered; i++) {
        const char *name = signature->covered[i];

        /* name, colon, blank, and a line break before all but the first */
        lines->size += strlen(name) + 2 + (i > 0);
        if (strcmp(name, request_target) == 0) {
            lines->has_target = true;
            continue;
        }
        const char *value = line_value(cavage, message, lines, name);

        if (value == NULL) {
            return was_error_make(pool, WAS_ERROR_UNAUTHENTICATED, "/authorization",
                                  "the request lacks the signed header %.64s", name);
        }
        if (!is_one_line(value)) {
            return refused_signature("a signed header holds a control character", pool);
        }
        lines->values[i].text = value;
        lines->values[i].length = strlen(value);
        lines->size += lines->values[i].length;
    }
    return NULL;
}

static char *append_line_part(char *to, const char *text, apr_size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

/* Builds the signing string with one spelling of the target and checks the signature over it. */
static bool verify_target(const was_cavage_t *cavage, const lines_t *lines, const char *method,
                          const char *target, apr_pool_t *pool)
{
    const was_signature_t *signature = &cavage->signature;
    apr_size_t target_length = strlen(target);
    apr_size_t method_length = strlen(method);
    apr_size_t size = lines->size + (lines->has_target ? method_length + 1 + target_length : 0);
    char *text = apr_palloc(pool, size);
    char *to = text;

    for (int i = 0; i < signature->ncovered; i++) {
        const char *name = signature->covered[i];

        if (i > 0) {
            *to++ = '\n';
        }
        to = append_line_part(to, name, strlen(name));
        to = append_line_part(to, ": ", 2);
        if (lines->values[i].text != NULL) {
            to = append_line_part(to, lines->values[i].text, lines->values[i].length);
            continue;
        }
        for (apr_size_t j = 0; j < method_length; j++) {
            *to++ = was_ascii_lower(method[j]);
        }
        *to++ = ' ';
        to = append_line_part(to, target, target_length);
    }
    return was_key_verify(&signature->signer, signature->value, signature->value_bytes, text, size);
}

const was_error_t *was_cavage_verify(const was_cavage_t *cavage, const was_message_t *message,
                                     const was_signature_rules_t *rules, apr_int64_t now,
                                     apr_pool_t *pool)
{
    lines_t lines = {.size = 0};
    const char *end = message->method;
    was_slice_t method;
    bool good = false;

    if (!was_token_take(&end, &method) || *end != '\0') {
        return refused_signature("the method is not a token", pool);
    }
    WAS_TRY(was_signature_check(&cavage->signature, rules, now, pool));
    WAS_TRY(collect_lines(cavage, message, &lines, pool));
    if (!lines.has_target) {
        good = verify_target(cavage, &lines, "", "", pool);
    }
    for (int i = 0; lines.has_target && !good && i < message->ntargets && i < MAX_TARGETS; i++) {
        good = is_one_line(message->targets[i]) &&
               verify_target(cavage, &lines, message->method, message->targets[i], pool);
    }
    return good ? NULL : refused_signature("the signature does not verify", pool);
}
