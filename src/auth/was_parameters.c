/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_parameters: the grammar of parameter lists.
 * Refuses to know which parameters there are, and to give any value a second spelling.
 */

#include "auth/was_parameters.h"

#include "base/was_ascii.h"

#include <apr_cstr.h>
#include <apr_strings.h>

#include <string.h>

/* What a list can have against it. */
typedef enum fault_t { FAULT_NONE, FAULT_MALFORMED, FAULT_TWICE, FAULT_TOO_MANY } fault_t;

static bool is_token_character(char c)
{
    return was_ascii_is_alphanumeric(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool was_token_take(const char **at, was_slice_t *token)
{
    const char *end = *at;

    while (is_token_character(*end)) {
        end++;
    }
    *token = (was_slice_t){*at, (apr_size_t)(end - *at)};
    *at = end;
    return token->length > 0;
}

/* A backslash would give a value a second spelling, and no value that is read here needs one. */
static bool take_quoted(const char **at, was_slice_t *value)
{
    const char *end = *at + 1;

    while (was_ascii_is_printable(*end) && *end != '"' && *end != '\\') {
        end++;
    }
    if (*end != '"') {
        return false;
    }
    *value = (was_slice_t){*at + 1, (apr_size_t)(end - *at - 1)};
    *at = end + 1;
    return true;
}

static bool take_value(const char **at, was_slice_t *value)
{
    return **at == '"' ? take_quoted(at, value) : was_token_take(at, value);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* The names that were given so far. */
typedef struct names_t {
    was_slice_t names[WAS_PARAMETERS_MAX];
    int count;
} names_t;

/* Names that differ in case only are twins: another reader may take either one. */
static fault_t add_name(names_t *given, was_slice_t name)
{
    for (int i = 0; i < given->count; i++) {
        if (given->names[i].length == name.length &&
            apr_cstr_casecmpn(given->names[i].text, name.text, name.length) == 0) {
            return FAULT_TWICE;
        }
    }
    if (given->count == WAS_PARAMETERS_MAX) {
        return FAULT_TOO_MANY;
    }
    given->names[given->count++] = name;
    return FAULT_NONE;
}

static void keep_value(was_slice_t name, was_slice_t value, was_parameter_t *known, int nknown)
{
    for (int i = 0; i < nknown; i++) {
        if (strlen(known[i].name) == name.length &&
            memcmp(known[i].name, name.text, name.length) == 0) {
            known[i].value = value;
        }
    }
}

static fault_t read_parameters(const char *text, was_parameter_t *known, int nknown)
{
    names_t given = {.count = 0};
    const char *at = text;

    for (;;) {
        was_slice_t name;
        was_slice_t value;

        if (!was_token_take(&at, &name) || *at++ != '=' || !take_value(&at, &value)) {
            return FAULT_MALFORMED;
        }
        fault_t fault = add_name(&given, name);

        if (fault != FAULT_NONE) {
            return fault;
        }
        keep_value(name, value, known, nknown);
        if (*at == '\0') {
            return FAULT_NONE;
        }
        at = skip_blanks(at);
        if (*at++ != ',') {
            return FAULT_MALFORMED;
        }
        at = skip_blanks(at);
    }
}

const char *was_parameters_read(const char *text, const char *const *names, int nnames,
                                const char *whose, was_parameter_t *known, apr_pool_t *pool)
{
    for (int i = 0; i < nnames; i++) {
        known[i] = (was_parameter_t){.name = names[i]};
    }
    switch (read_parameters(text, known, nnames)) {
    case FAULT_NONE:
        break;
    case FAULT_MALFORMED:
        return apr_psprintf(pool, "the parameters of the %s are malformed", whose);
    case FAULT_TWICE:
        return apr_psprintf(pool, "a parameter of the %s is given twice", whose);
    case FAULT_TOO_MANY:
        return apr_psprintf(pool, "the %s has too many parameters", whose);
    }
    return NULL;
}
