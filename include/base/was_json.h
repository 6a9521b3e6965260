/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_JSON_H
#define WAS_JSON_H

#include "base/was_error.h"
#include "base/was_json_scan.h"

#include <jansson.h>
#include <stdbool.h>

/*
 * was_json: JSON from strangers, with limits, and JSON to them.
 *
 * Not a wrapper of Jansson: callers use Jansson's readers on the values. What is here is what must
 * not be forgotten: limits before parsing, no duplicate names, and values that a pool owns.
 */

enum { WAS_JSON_MAX_DEPTH = 32, WAS_JSON_MAX_CONTAINERS = 4096 };

/* Seeds Jansson's hash tables; call once, before there are threads. */
void was_json_init(void);

/*
 * Parses one JSON text (RFC 8259) of `length` bytes. The value, of any type, is the pool's: borrow
 * it, or json_incref what must outlive the pool.
 * Errors: INVALID_BODY (malformed, trailing text, a name twice in one object, nested deeper than
 * WAS_JSON_MAX_DEPTH, more than WAS_JSON_MAX_CONTAINERS arrays and objects, not UTF-8, a NUL in a
 * string, an integer beyond 64 bits or a real beyond a double), UNAVAILABLE (out of memory). The
 * detail gives the line and column, and no part of the text.
 */
WAS_CHECKED const was_error_t *was_json_parse(const char *text, apr_size_t length, json_t **value,
                                              apr_pool_t *pool);

/*
 * Whether a text that is only to be kept is JSON, as was_json_scan has it. Takes no memory that
 * grows with the text.
 * Errors: INVALID_BODY, with the line and column.
 */
WAS_CHECKED const was_error_t *was_json_check_content(const char *text, apr_size_t length,
                                                      apr_pool_t *pool);

/* The same of what a scanner was fed; ends it. */
WAS_CHECKED const was_error_t *was_json_check_scanned(was_json_scanner_t *scanner,
                                                      apr_pool_t *pool);

/* As was_json_parse, and the value must be an object; else INVALID_BODY. */
WAS_CHECKED const was_error_t *was_json_parse_object(const char *text, apr_size_t length,
                                                     json_t **object, apr_pool_t *pool);

/*
 * A string member of 1 to `max` bytes; `*value` is NULL when the member is absent or null. The
 * string lives as long as the object.
 * Errors: INVALID_BODY, pointer "#/<name>": another type, empty, or longer.
 */
WAS_CHECKED const was_error_t *was_json_string(const json_t *object, const char *name,
                                               apr_size_t max, const char **value,
                                               apr_pool_t *pool);

/* A member of an object's text that was_json_parse_object has taken, as it stands there but for
 * white space outside strings; in the pool. NULL when there is none. */
const char *was_json_member_text(const char *text, apr_size_t length, const char *name,
                                 apr_pool_t *pool);

/* Such a text of an object without its member of this name, as before where it has none; in the
 * pool, or the text itself. */
const char *was_json_text_without(const char *text, const char *name, apr_pool_t *pool);

/* The object that `value` is, or that is the only element of the array that it is, since JSON-LD
 * writes one value either way; NULL for whatever else, and for NULL. */
const json_t *was_json_only_object(const json_t *value);

/* Whether `value` is the string `text`; false for whatever else, and for NULL. */
bool was_json_is_text(const json_t *value, const char *text);

/* Hands a new reference to the pool: it is released with the pool. Returns the value. */
json_t *was_json_own(json_t *value, apr_pool_t *pool);

/* Compact text of a value in the pool, members in the order they were set; `length` may be NULL.
 * The text is NULL only for a value that contains itself. */
const char *was_json_text(const json_t *value, apr_size_t *length, apr_pool_t *pool);

#endif
