/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_document: builds JSON. Owns that no failure on the way is lost. Refuses to know what a
 * document is about.
 */

#include "base/was_document.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>

struct was_document_t {
    json_t *root;
    apr_hash_t *verbatim; /* texts by the names of their members; NULL: none */
    apr_pool_t *pool;
    bool is_broken;
};

was_document_t *was_document_make(apr_pool_t *pool)
{
    was_document_t *document = apr_pcalloc(pool, sizeof(*document));
    json_t *root = json_object();

    document->root = root != NULL ? was_json_own(root, pool) : NULL;
    document->is_broken = root == NULL;
    document->pool = pool;
    return document;
}

json_t *was_document_root(const was_document_t *document)
{
    return document->root;
}

/* Takes the value, whatever happens. */
static json_t *set_member(was_document_t *document, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0) {
        document->is_broken = true;
        return NULL;
    }
    return value;
}

static json_t *add_element(was_document_t *document, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0) {
        document->is_broken = true;
        return NULL;
    }
    return value;
}

void was_document_text(was_document_t *document, json_t *object, const char *name, const char *text)
{
    if (text != NULL) {
        set_member(document, object, name, json_string(text));
    }
}

void was_document_integer(was_document_t *document, json_t *object, const char *name,
                          apr_int64_t value)
{
    set_member(document, object, name, json_integer(value));
}

void was_document_json(was_document_t *document, json_t *object, const char *name, const char *text)
{
    if (text != NULL) {
        set_member(document, object, name,
                   json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
    }
}

void was_document_verbatim(was_document_t *document, const char *name, const char *text)
{
    apr_size_t good;

    if (text == NULL) {
        return;
    }
    if (was_json_scan((was_json_slice_t){text, strlen(text)}, &good) != WAS_JSON_SOUND) {
        document->is_broken = true;
        return;
    }
    if (document->verbatim == NULL) {
        document->verbatim = apr_hash_make(document->pool);
    }
    apr_hash_set(document->verbatim, name, APR_HASH_KEY_STRING, text);
    set_member(document, document->root, name, json_null()); /* its place */
}

json_t *was_document_object(was_document_t *document, json_t *object, const char *name)
{
    return set_member(document, object, name, json_object());
}

json_t *was_document_list(was_document_t *document, json_t *object, const char *name)
{
    return set_member(document, object, name, json_array());
}

void was_document_add_text(was_document_t *document, json_t *list, const char *text)
{
    add_element(document, list, json_string(text));
}

json_t *was_document_add_object(was_document_t *document, json_t *list)
{
    return add_element(document, list, json_object());
}

const json_t *was_document_finish(const was_document_t *document)
{
    return document->is_broken || document->verbatim != NULL ? NULL : document->root;
}

const char *was_document_render(const was_document_t *document)
{
    apr_pool_t *pool = document->pool;
    apr_array_header_t *pieces = apr_array_make(pool, 32, sizeof(const char *));
    const char *name, *before = "{";
    json_t *value;

    if (document->is_broken || document->verbatim == NULL) {
        return NULL;
    }
    json_object_foreach(document->root, name, value)
    {
        const char *text = apr_hash_get(document->verbatim, name, APR_HASH_KEY_STRING);

        APR_ARRAY_PUSH(pieces, const char *) = apr_pstrcat(pool, before, "\"", name, "\":", NULL);
        APR_ARRAY_PUSH(pieces, const char *) =
            text != NULL ? text : was_json_text(value, NULL, pool);
        before = ",";
    }
    APR_ARRAY_PUSH(pieces, const char *) = "}";
    return apr_array_pstrcat(pool, pieces, '\0');
}
