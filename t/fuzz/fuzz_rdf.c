/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_rdf: the input is how many blank nodes there are, and quads of four bytes: graph, subject,
 * predicate, object, whose small values are nodes and whose others are terms; a literal takes its
 * text from the bytes that follow. The canonical text is the same whatever the nodes were called
 * and in whatever order the quads came.
 */
#include "fuzz.h"

#include "base/was_encoding.h"
#include "auth/was_rdf.h"

enum { MOST_NODES = 8, MOST_QUADS = 48, MOST_TEXT = 12 };

typedef struct statement_t {
    int graph;
    was_rdf_term_t subject, object;
    const char *predicate;
} statement_t;

static const char *const iris[] = {"<urn:a>", "<urn:b>", "<https://w3id.org/security#proof>"};

static const char *iri(uint8_t byte)
{
    return iris[byte % 3];
}

/* A literal of the next bytes, as far as they are text. */
static const char *literal(const uint8_t **at, const uint8_t *end, apr_pool_t *pool)
{
    size_t length = (size_t)(end - *at) < MOST_TEXT ? (size_t)(end - *at) : MOST_TEXT;
    char *text = apr_pstrmemdup(pool, (const char *)*at, length);

    *at += length;
    while (!was_utf8_valid(text, strlen(text))) {
        text[strlen(text) - 1] = '\0';
    }
    return was_rdf_literal(text, length % 2 == 0 ? NULL : "urn:type", pool);
}

static int read_quads(const uint8_t *at, const uint8_t *end, int nodes, statement_t *quads,
                      apr_pool_t *pool)
{
    int count = 0;

    while (end - at >= 4 && count < MOST_QUADS) {
        statement_t *quad = &quads[count++];
        uint8_t graph = at[0], subject = at[1], predicate = at[2], object = at[3];

        at += 4;
        quad->graph = graph < nodes ? graph : WAS_RDF_DEFAULT_GRAPH;
        quad->subject =
            subject < nodes ? was_rdf_node_term(subject) : was_rdf_text_term(iri(subject));
        quad->predicate = iri(predicate);
        quad->object = object < nodes  ? was_rdf_node_term(object)
                       : object >= 128 ? was_rdf_text_term(literal(&at, end, pool))
                                       : was_rdf_text_term(iri(object));
    }
    return count;
}

/* The node that stands for `node` where they are counted from another one, or backwards. */
static int renamed(int node, int nodes, int turn)
{
    return turn == 0       ? node
           : turn % 2 == 0 ? (node + turn) % nodes
                           : (2 * nodes - 1 - node) % nodes;
}

static was_rdf_term_t renamed_term(was_rdf_term_t term, int nodes, int turn)
{
    return term.text != NULL ? term : was_rdf_node_term(renamed(term.node, nodes, turn));
}

static const was_error_t *canonical(const statement_t *quads, int count, int nodes, int turn,
                                    const char **text, apr_size_t *length, apr_pool_t *pool)
{
    was_rdf_t *rdf = was_rdf_make(pool);

    for (int i = 0; i < nodes; i++) {
        REQUIRE(was_rdf_node(rdf) == i);
    }
    for (int i = 0; i < count; i++) {
        const statement_t *quad = &quads[turn % 2 == 0 ? (i + turn) % count : count - 1 - i];

        was_rdf_add(rdf,
                    quad->graph == WAS_RDF_DEFAULT_GRAPH ? quad->graph
                                                         : renamed(quad->graph, nodes, turn),
                    renamed_term(quad->subject, nodes, turn), quad->predicate,
                    renamed_term(quad->object, nodes, turn));
    }
    return was_rdf_canonical(rdf, text, length);
}

static void check_text(const char *text, apr_size_t length, int count)
{
    const char *previous = NULL;
    size_t previous_size = 0;
    int lines = 0;

    REQUIRE(strlen(text) == length && was_utf8_valid(text, length));
    while (*text != '\0') {
        size_t size = strcspn(text, "\n");
        size_t shorter = size < previous_size ? size : previous_size;
        int order = previous == NULL ? 1 : memcmp(text, previous, shorter);

        REQUIRE(size > 2 && memcmp(text + size - 2, " .\n", 3) == 0);
        REQUIRE(order > 0 || (order == 0 && size > previous_size));
        for (size_t i = 0; i < size; i++) {
            REQUIRE((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
        }
        previous = text;
        previous_size = size;
        text += size + 1;
        lines++;
    }
    REQUIRE(lines <= count && (lines > 0) == (count > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    int nodes = size == 0 ? 0 : data[0] % (MOST_NODES + 1);
    statement_t quads[MOST_QUADS];
    const char *text = NULL, *again = NULL;
    apr_size_t length = 0, count = 0;
    const was_error_t *error;
    int nquads;

    if (size == 0) {
        return 0;
    }
    nquads = read_quads(data + 1, data + size, nodes, quads, pool);
    error = canonical(quads, nquads, nodes, 0, &text, &length, pool);
    if (error != NULL) {
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
        REQUIRE(nodes >= 2 && text == NULL);
    }
    else {
        check_text(text, length, nquads);
    }
    for (int turn = 1; turn <= 4; turn++) {
        const was_error_t *other = canonical(quads, nquads, nodes, turn, &again, &count, pool);

        REQUIRE((other == NULL) == (error == NULL));
        REQUIRE(error != NULL || (count == length && memcmp(text, again, length) == 0));
    }
    apr_pool_clear(pool);
    return 0;
}
