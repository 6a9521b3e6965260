/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_json: JSON from strangers with limits, values owned by a pool.
 * Refuses to repeat what strangers sent: a detail names the place in the text, in our own words,
 * because Jansson's messages quote the input.
 */

#include "base/was_json.h"

#include <apr_strings.h>

#include <string.h>

void was_json_init(void)
{
    json_object_seed(0);
}

static const was_error_t *bad_json(const char *what, apr_off_t line, apr_off_t column,
                                   apr_pool_t *pool)
{
    return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL,
                          "the JSON is not accepted: %s (line %" APR_OFF_T_FMT
                          ", column %" APR_OFF_T_FMT ")",
                          what, line, column);
}

/* Counts as Jansson does: lines from 1, columns in characters. */
static const was_error_t *bad_place(const char *what, const char *text, apr_size_t offset,
                                    apr_pool_t *pool)
{
    int line = 1;
    int column = 1;

    for (apr_size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            column = 1;
        }
        else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    return bad_json(what, line, column, pool);
}

/*
 * What is wrong outside strings that Jansson must not see, and where: brackets that nest deeper
 * than allowed, or are too many, since it recurses, and makes some hundred bytes of each pair; and
 * a NUL, which it passes over behind a number or word. Up to the first syntax error, where Jansson
 * stops, it sees the same strings and brackets as are seen here.
 */
static const char *find_excess(const char *text, apr_size_t length, apr_size_t *offset)
{
    int depth = 0, opened = 0;
    bool quoted = false;

    for (*offset = 0; *offset < length; ++*offset) {
        char c = text[*offset];

        if (quoted) {
            *offset += c == '\\';
            quoted = c != '"';
        }
        else if (c == '"') {
            quoted = true;
        }
        else if (c == '\0') {
            return "malformed";
        }
        else if (c == '[' || c == '{') {
            if (++depth > WAS_JSON_MAX_DEPTH) {
                return "nested too deeply";
            }
            if (++opened > WAS_JSON_MAX_CONTAINERS) {
                return "too many arrays and objects";
            }
        }
        else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return NULL;
}

static const char *describe_flaw(was_json_flaw_t flaw)
{
    static const char *const texts[] = {
        [WAS_JSON_MALFORMED] = "malformed",
        [WAS_JSON_TOO_EARLY] = "the text ends too early",
        [WAS_JSON_TRAILING] = "there is text after the value",
        [WAS_JSON_TOO_DEEP] = "nested too deeply",
        [WAS_JSON_NOT_UTF8] = "not UTF-8",
        [WAS_JSON_OUT_OF_RANGE] = "a number is out of range",
    };

    return texts[flaw];
}

/* What a stranger may read of Jansson's complaint; NULL for what is no matter of meaning. */
static const char *describe_meaning(enum json_error_code code)
{
    switch (code) {
    case json_error_duplicate_key:
        return "a name occurs twice in one object";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL in a string";
    case json_error_numeric_overflow:
        return describe_flaw(WAS_JSON_OUT_OF_RANGE);
    default:
        return NULL;
    }
}

static const char *describe_syntax(enum json_error_code code)
{
    switch (code) {
    case json_error_invalid_utf8:
        return describe_flaw(WAS_JSON_NOT_UTF8);
    case json_error_premature_end_of_input:
        return describe_flaw(WAS_JSON_TOO_EARLY);
    case json_error_end_of_input_expected:
        return describe_flaw(WAS_JSON_TRAILING);
    default:
        return describe_flaw(WAS_JSON_MALFORMED);
    }
}

/* Jansson says of some allocations that failed that the text is malformed, and of others nothing.
 * So what it says of the syntax counts only where there is a flaw indeed. */
static const was_error_t *explain_parse(was_json_slice_t text, const json_error_t *error,
                                        apr_pool_t *pool)
{
    enum json_error_code code = json_error_code(error);
    apr_size_t good;
    was_json_flaw_t flaw = was_json_scan(text, &good);

    if (describe_meaning(code) != NULL) {
        return bad_json(describe_meaning(code), error->line, error->column, pool);
    }
    if (flaw == WAS_JSON_SOUND) {
        return was_error_log(pool, WAS_ERROR_UNAVAILABLE, "out of memory while parsing JSON");
    }
    return error->line > 0 ? bad_json(describe_syntax(code), error->line, error->column, pool)
                           : bad_place(describe_flaw(flaw), text.text, good, pool);
}

static const was_error_t *refuse_nothing(apr_pool_t *pool)
{
    return bad_json("the text is empty", 1, 1, pool);
}

const was_error_t *was_json_parse(const char *text, apr_size_t length, json_t **value,
                                  apr_pool_t *pool)
{
    apr_size_t offset;
    json_error_t error = {0}; /* Jansson leaves the code as it was where it has nothing to say */

    if (length == 0) {
        return refuse_nothing(pool);
    }
    const char *excess = find_excess(text, length, &offset);

    if (excess != NULL) {
        return bad_place(excess, text, offset, pool);
    }
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

    if (parsed == NULL) {
        return explain_parse((was_json_slice_t){text, length}, &error, pool);
    }
    *value = was_json_own(parsed, pool);
    return NULL;
}

const was_error_t *was_json_check_content(const char *text, apr_size_t length, apr_pool_t *pool)
{
    apr_size_t good;

    if (length == 0) {
        return refuse_nothing(pool);
    }
    was_json_flaw_t flaw = was_json_scan((was_json_slice_t){text, length}, &good);

    return flaw == WAS_JSON_SOUND ? NULL : bad_place(describe_flaw(flaw), text, good, pool);
}

const was_error_t *was_json_check_scanned(was_json_scanner_t *scanner, apr_pool_t *pool)
{
    apr_off_t line, column;
    was_json_flaw_t flaw = was_json_scanner_end(scanner, &line, &column);

    return flaw == WAS_JSON_SOUND ? NULL : bad_json(describe_flaw(flaw), line, column, pool);
}

const was_error_t *was_json_parse_object(const char *text, apr_size_t length, json_t **object,
                                         apr_pool_t *pool)
{
    json_t *value;

    WAS_TRY(was_json_parse(text, length, &value, pool));
    if (!json_is_object(value)) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, NULL, "the JSON must be an object");
    }
    *object = value;
    return NULL;
}

const was_error_t *was_json_string(const json_t *object, const char *name, apr_size_t max,
                                   const char **value, apr_pool_t *pool)
{
    const json_t *member = json_object_get(object, name);

    if (member == NULL || json_is_null(member)) {
        *value = NULL;
        return NULL;
    }
    if (!json_is_string(member) || json_string_length(member) == 0 ||
        json_string_length(member) > max) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, apr_pstrcat(pool, "#/", name, NULL),
                              "%s must be a string of 1 to %" APR_SIZE_T_FMT " bytes", name, max);
    }
    *value = json_string_value(member);
    return NULL;
}

const char *was_json_member_text(const char *text, apr_size_t length, const char *name,
                                 apr_pool_t *pool)
{
    was_json_slice_t value;

    if (was_json_scan_member((was_json_slice_t){text, length}, name, &value) == 0) {
        return NULL;
    }
    char *compact = apr_palloc(pool, value.length + 1), *to = compact;
    bool quoted = false;

    for (apr_size_t i = 0; i < value.length; i++) {
        char c = value.text[i];

        if (!quoted && memchr(" \t\r\n", c, 4) != NULL) {
            continue;
        }
        quoted ^= c == '"';
        *to++ = c;
        if (quoted && c == '\\') { /* whatever it escapes */
            *to++ = value.text[++i];
        }
    }
    *to = '\0';
    return compact;
}

const char *was_json_text_without(const char *text, const char *name, apr_pool_t *pool)
{
    was_json_slice_t value;

    if (was_json_scan_member((was_json_slice_t){text, strlen(text)}, name, &value) == 0) {
        return text;
    }
    /* The colon, the name between its quotes: no quote is in it, however it is written. */
    const char *from = value.text - 2;
    const char *to = value.text + value.length;

    do {
        from--;
    } while (*from != '"');
    if (*to == ',') {
        to++;
    }
    else if (from[-1] == ',') {
        from--;
    }
    return apr_pstrcat(pool, apr_pstrmemdup(pool, text, (apr_size_t)(from - text)), to, NULL);
}

const json_t *was_json_only_object(const json_t *value)
{
    if (json_is_array(value) && json_array_size(value) == 1) {
        value = json_array_get(value, 0);
    }
    return json_is_object(value) ? value : NULL;
}

bool was_json_is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static apr_status_t release_value(void *value)
{
    json_decref(value);
    return APR_SUCCESS;
}

json_t *was_json_own(json_t *value, apr_pool_t *pool)
{
    if (value != NULL) {
        apr_pool_cleanup_register(pool, value, release_value, apr_pool_cleanup_null);
    }
    return value;
}

const char *was_json_text(const json_t *value, apr_size_t *length, apr_pool_t *pool)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY;
    apr_size_t size = json_dumpb(value, NULL, 0, flags);

    if (size == 0) {
        return NULL;
    }
    char *text = apr_palloc(pool, size + 1);

    if (json_dumpb(value, text, size, flags) != size) {
        return NULL;
    }
    text[size] = '\0';
    if (length != NULL) {
        *length = size;
    }
    return text;
}
