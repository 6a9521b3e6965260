/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DOCUMENT_H
#define WAS_DOCUMENT_H

#include "base/was_json.h"

/*
 * was_document: JSON documents of our own making. A member that cannot be made (a text that is not
 * UTF-8, a stored text that is no JSON, no memory) breaks the whole document, and what is done to a
 * broken one has no effect: so its maker asks once, at the end, whether there is one.
 *
 * Everything belongs to the pool of the document. Containers that are returned are borrowed, and
 * may be NULL in a broken document; all functions take that.
 */
typedef struct was_document_t was_document_t;

/* An empty object. */
was_document_t *was_document_make(apr_pool_t *pool);

/* The object itself. */
json_t *was_document_root(const was_document_t *document);

/* Members of an object. NULL for a text leaves the member out. */
void was_document_text(was_document_t *document, json_t *object, const char *name,
                       const char *text);
void was_document_integer(was_document_t *document, json_t *object, const char *name,
                          apr_int64_t value);
/* From JSON as text; an escaped NUL in a string is kept. */
void was_document_json(was_document_t *document, json_t *object, const char *name,
                       const char *text);
/* A member of the root, an object, that goes out byte for byte: only was_document_render shows it.
 * The text is kept, not copied. */
void was_document_verbatim(was_document_t *document, const char *name, const char *text);
json_t *was_document_object(was_document_t *document, json_t *object, const char *name);
json_t *was_document_list(was_document_t *document, json_t *object, const char *name);

/* Elements of a list, at its end. */
void was_document_add_text(was_document_t *document, json_t *list, const char *text);
json_t *was_document_add_object(was_document_t *document, json_t *list);

/* The whole, borrowed from the pool; NULL when it is broken, or has members that are verbatim. */
const json_t *was_document_finish(const was_document_t *document);

/* Its text, where a member was set verbatim; NULL when none was, or when it is broken. */
const char *was_document_render(const was_document_t *document);

#endif
