/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_document: builds JSON. Owns that no failure on the way is lost. Refuses to know what a
 * document is about.
 */

#include "base/was_document.h"

struct was_document_t {
    json_t *root;
    bool is_broken;
};

was_document_t *was_document_make(apr_pool_t *pool)
{
    was_document_t *document = apr_pcalloc(pool, sizeof(*document));
    json_t *root = json_object();

    document->root = root != NULL ? was_json_own(root, pool) : NULL;
    document->is_broken = root == NULL;
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
    return document->is_broken ? NULL : document->root;
}
