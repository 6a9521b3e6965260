/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_jcs: the canonical text of a JSON value (RFC 8785).
 * Refuses numbers that are no integers, and to know what the text is for.
 */

#include "auth/was_jcs.h"

#include <apr_strings.h>

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

/* Beyond it, ECMAScript's numbers skip integers. */
static const json_int_t largest = (json_int_t)1 << 53;

/* A text that grows in the pool. */
typedef struct writer_t {
    char *text;
    apr_size_t length;
    apr_size_t capacity;
    apr_pool_t *pool;
} writer_t;

static void append_bytes(writer_t *writer, const char *text, apr_size_t length)
{
    if (writer->capacity - writer->length <= length) {
        writer->capacity = 2 * (writer->capacity + length);
        char *larger = apr_palloc(writer->pool, writer->capacity);

        memcpy(larger, writer->text, writer->length);
        writer->text = larger;
    }
    memcpy(writer->text + writer->length, text, length);
    writer->length += length;
}

static void append_literal(writer_t *writer, const char *text)
{
    append_bytes(writer, text, strlen(text));
}

/* The short escapes; the other controls have none. */
static const char *escape_of(unsigned char c)
{
    switch (c) {
    case '\b':
        return "\\b";
    case '\t':
        return "\\t";
    case '\n':
        return "\\n";
    case '\f':
        return "\\f";
    case '\r':
        return "\\r";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        return NULL;
    }
}

static void append_control(writer_t *writer, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    const char text[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 0xf]};

    append_bytes(writer, text, sizeof(text));
}

static void append_string(writer_t *writer, const char *text, apr_size_t length)
{
    apr_size_t plain = 0; /* where what needs no escape began */

    append_bytes(writer, "\"", 1);
    for (apr_size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *escape = escape_of(c);

        if (escape == NULL && c >= 0x20) {
            continue;
        }
        append_bytes(writer, text + plain, i - plain);
        plain = i + 1;
        if (escape != NULL) {
            append_literal(writer, escape);
        }
        else {
            append_control(writer, c);
        }
    }
    append_bytes(writer, text + plain, length - plain);
    append_bytes(writer, "\"", 1);
}

/*
 * In UTF-16 what lies beyond U+FFFF is written as surrogates, which sort before U+E000 to U+FFFF;
 * in UTF-8 it sorts behind. Apart from that bytes sort as code units do.
 */
static int compare_names(const void *a, const void *b)
{
    const unsigned char *one = *(const unsigned char *const *)a;
    const unsigned char *other = *(const unsigned char *const *)b;

    while (*one == *other && *one != '\0') {
        one++;
        other++;
    }
    if (*one >= 0xee && *other >= 0xee && (*one >= 0xf0) != (*other >= 0xf0)) {
        return *one >= 0xf0 ? -1 : 1;
    }
    return (*one > *other) - (*one < *other);
}

static const was_error_t *append_value(writer_t *writer, const json_t *value);

static const was_error_t *append_object(writer_t *writer, const json_t *object)
{
    apr_size_t size = json_object_size(object);
    const char **names = apr_palloc(writer->pool, (size + 1) * sizeof(names[0]));
    apr_size_t count = 0;
    const char *name;
    json_t *member;

    /* Jansson's iterators take no const. */
    json_object_foreach((json_t *)object, name, member)
    {
        names[count++] = name;
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    append_bytes(writer, "{", 1);
    for (apr_size_t i = 0; i < count; i++) {
        if (i > 0) {
            append_bytes(writer, ",", 1);
        }
        append_string(writer, names[i], strlen(names[i]));
        append_bytes(writer, ":", 1);
        WAS_TRY(append_value(writer, json_object_get(object, names[i])));
    }
    append_bytes(writer, "}", 1);
    return NULL;
}

static const was_error_t *append_array(writer_t *writer, const json_t *array)
{
    append_bytes(writer, "[", 1);
    for (apr_size_t i = 0; i < json_array_size(array); i++) {
        if (i > 0) {
            append_bytes(writer, ",", 1);
        }
        WAS_TRY(append_value(writer, json_array_get(array, i)));
    }
    append_bytes(writer, "]", 1);
    return NULL;
}

static const was_error_t *append_integer(writer_t *writer, json_int_t number)
{
    if (number > largest || number < -largest) {
        return was_error_make(writer->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a number that is signed is too large");
    }
    append_literal(writer, apr_psprintf(writer->pool, "%" APR_INT64_T_FMT, (apr_int64_t)number));
    return NULL;
}

static const was_error_t *append_value(writer_t *writer, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return append_object(writer, value);
    case JSON_ARRAY:
        return append_array(writer, value);
    case JSON_STRING:
        append_string(writer, json_string_value(value), json_string_length(value));
        return NULL;
    case JSON_INTEGER:
        return append_integer(writer, json_integer_value(value));
    case JSON_TRUE:
        append_literal(writer, "true");
        return NULL;
    case JSON_FALSE:
        append_literal(writer, "false");
        return NULL;
    case JSON_NULL:
        append_literal(writer, "null");
        return NULL;
    default:
        return was_error_make(writer->pool, WAS_ERROR_INVALID_BODY, NULL,
                              "a number that is signed must be an integer");
    }
}

const was_error_t *was_jcs_text(const json_t *value, const char **text, apr_size_t *length,
                                apr_pool_t *pool)
{
    writer_t writer = {.capacity = FIRST_CAPACITY, .pool = pool};

    writer.text = apr_palloc(pool, FIRST_CAPACITY);
    WAS_TRY(append_value(&writer, value));
    /* append_bytes always leaves a byte free. */
    writer.text[writer.length] = '\0';
    *text = writer.text;
    *length = writer.length;
    return NULL;
}
