/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_document: documents come out whole or not at all. What cannot be written in JSON breaks the
 * document, and nothing that is done to a broken one mends it or crashes.
 */
#include "tap.h"

#include "base/was_document.h"

#include <stdint.h>

static void say_nothing(was_document_t *document)
{
    (void)document;
}

static void say_everything(was_document_t *document)
{
    json_t *root = was_document_root(document);
    json_t *list = was_document_list(document, root, "list");

    was_document_text(document, root, "text", "\xc3\xa9\n");
    was_document_text(document, root, "left out", NULL);
    was_document_integer(document, root, "least", INT64_MIN);
    was_document_json(document, root, "json", "[\"\\u0000\"]");
    was_document_text(document, was_document_object(document, root, "object"), "in", "it");
    was_document_add_text(document, list, "first");
    was_document_text(document, was_document_add_object(document, list), "in", "list");
}

static void say_no_utf8(was_document_t *document)
{
    was_document_text(document, was_document_root(document), "text", "\xff");
}

static void name_no_utf8(was_document_t *document)
{
    was_document_text(document, was_document_root(document), "\xff", "text");
}

static void say_no_json(was_document_t *document)
{
    was_document_json(document, was_document_root(document), "json", "{");
}

static void list_no_utf8(was_document_t *document)
{
    json_t *list = was_document_list(document, was_document_root(document), "list");

    was_document_add_text(document, list, "\xc0\x80");
}

static void say_verbatim(was_document_t *document)
{
    json_t *root = was_document_root(document);

    was_document_text(document, root, "first", "\"");
    was_document_verbatim(document, "b", "{\"z\":1.50,\"a\":\"\\u00e9\\/\"}");
    was_document_verbatim(document, "left out", NULL);
    was_document_verbatim(document, "c", "null");
    was_document_add_text(document, was_document_list(document, root, "last"), "it");
}

static void say_verbatim_alone(was_document_t *document)
{
    was_document_verbatim(document, "a", "1E2");
}

static void say_no_json_verbatim(was_document_t *document)
{
    was_document_verbatim(document, "a", "{}}");
}

static void go_on_behind(was_document_t *document)
{
    json_t *object = was_document_object(document, was_document_root(document), "\xff");
    json_t *list = was_document_list(document, object, "list");

    was_document_text(document, object, "text", "good");
    was_document_integer(document, object, "integer", 1);
    was_document_json(document, object, "json", "{}");
    was_document_add_text(document, list, "good");
    was_document_text(document, was_document_add_object(document, list), "text", "good");
    was_document_text(document, was_document_root(document), "text", "good");
}

static const struct {
    void (*say)(was_document_t *document);
    const char *text; /* NULL: broken */
    const char *name;
} cases[] = {
    {say_nothing, "{}", "an empty one"},
    {say_everything,
     "{\"list\":[\"first\",{\"in\":\"list\"}],\"text\":\"\xc3\xa9\\n\","
     "\"least\":-9223372036854775808,\"json\":[\"\\u0000\"],\"object\":{\"in\":\"it\"}}",
     "all kinds of members"},
    {say_verbatim,
     "{\"first\":\"\\\"\",\"b\":{\"z\":1.50,\"a\":\"\\u00e9\\/\"},\"c\":null,\"last\":[\"it\"]}",
     "members that go out as they are, in their places"},
    {say_verbatim_alone, "{\"a\":1E2}", "one of them alone"},
    {say_no_json_verbatim, NULL, "one that is no JSON"},
    {say_no_utf8, NULL, "a text that is not UTF-8"},
    {name_no_utf8, NULL, "a name that is not UTF-8"},
    {say_no_json, NULL, "a stored text that is no JSON"},
    {list_no_utf8, NULL, "an element that is not UTF-8"},
    {go_on_behind, NULL, "what is good behind what is not"},
};

int main(void)
{
    apr_pool_t *pool = tap_begin();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        was_document_t *document = was_document_make(pool);

        cases[i].say(document);
        const json_t *whole = was_document_finish(document);
        const char *text =
            whole != NULL ? was_json_text(whole, NULL, pool) : was_document_render(document);

        is_str(text, cases[i].text, cases[i].name);
    }
    return done();
}
