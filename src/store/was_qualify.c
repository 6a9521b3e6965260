/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_qualify: schemas before names. Owns the list of our tables, and how a schema's name is
 * quoted. Refuses to know what a statement does, and which schema it is.
 */

#include "store/was_qualify.h"

#include "base/was_ascii.h"
#include "store/was_array.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <stdbool.h>
#include <string.h>

static const char *const table_names[] = {
    "was_schema_version",
    "was_origin",
    "was_controllers",
    "was_spaces",
    "was_resources",
    "was_pws_spaces",
    "was_pws_collections",
    "was_pws_counters",
    "was_pws_resources",
    "was_pws_chunks",
    "was_pws_terms",
    "was_pws_logs",
    "was_pws_policies",
    "was_pws_tombstones",
    "was_pws_backends",
    "was_pws_revocations",
    "was_sweeps",
    "was_parts",
    /* of schemas up to 3 */
    "was_collections",
    "was_resource_meta",
    "was_space_policies",
    "was_collection_policies",
    "was_resource_policies",
    "was_backends",
    "was_revocations",
};
enum { TABLES = sizeof(table_names) / sizeof(table_names[0]) };

/* What a bare name of an index stands behind where it needs its schema. */
static const char dropping[] = "DROP INDEX IF EXISTS ";

static bool is_name_byte(char c)
{
    return was_ascii_is_alphanumeric(c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* How long the word is that begins here. */
static apr_size_t measure_word(const char *text)
{
    apr_size_t length = 0;

    while (is_name_byte(text[length])) {
        length++;
    }
    return length;
}

/* Whether the word at `at` is a name that its schema belongs to. */
static bool needs_schema(const char *text, const char *at, apr_size_t length)
{
    const apr_size_t skip = sizeof(dropping) - 1;

    if (at > text && (at[-1] == '.' || at[-1] == '"')) {
        return false;
    }
    if ((apr_size_t)(at - text) >= skip && memcmp(at - skip, dropping, skip) == 0) {
        return true;
    }
    for (int i = 0; i < TABLES; i++) {
        if (strlen(table_names[i]) == length && memcmp(table_names[i], at, length) == 0) {
            return true;
        }
    }
    return false;
}

/* `"schema".`, as it stands in a statement or in a string literal of one. */
static const char *quote_schema(const char *schema, bool in_literal, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 2 * strlen(schema) + 4), *to = quoted;

    *to++ = '"';
    for (; *schema != '\0'; schema++) {
        if (*schema == '"' || (in_literal && *schema == '\'')) {
            *to++ = *schema;
        }
        *to++ = *schema;
    }
    memcpy(to, "\".", 3);
    return quoted;
}

const char *was_qualify(const char *text, const char *schema, apr_pool_t *pool)
{
    const char *const prefixes[] = {quote_schema(schema, false, pool),
                                    quote_schema(schema, true, pool)};
    apr_array_header_t *pieces = apr_array_make(pool, 16, sizeof(const char *));
    const char *from = text;
    bool in_literal = false;

    for (const char *at = text; *at != '\0';) {
        apr_size_t length = measure_word(at);

        if (length > 0 && needs_schema(text, at, length)) {
            APR_ARRAY_PUSH(pieces, const char *) =
                apr_pstrndup(pool, from, (apr_size_t)(at - from));
            APR_ARRAY_PUSH(pieces, const char *) = prefixes[in_literal];
            from = at;
        }
        in_literal ^= length == 0 && *at == '\'';
        at += length > 0 ? length : 1;
    }
    APR_ARRAY_PUSH(pieces, const char *) = from;
    return apr_array_pstrcat(pool, pieces, '\0');
}

const char *was_qualify_tables(apr_pool_t *pool)
{
    return was_array_texts(table_names, TABLES, pool);
}
