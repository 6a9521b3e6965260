/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_rdf: RDF quads and their canonical text.
 * Refuses to search: canonical labels are given in the order of the blank nodes' first-degree
 * hashes. Where two are equal URDNA2015 goes on with a hash that can take exponential time; a
 * dataset that would need it is an error here.
 */

#include "auth/was_rdf.h"

#include "auth/was_crypto.h"

#include <apr_strings.h>
#include <apr_tables.h>

#include <stdlib.h>
#include <string.h>

typedef struct statement_t {
    was_rdf_term_t subject;
    const char *predicate;
    was_rdf_term_t object;
    int graph;
} statement_t;

struct was_rdf_t {
    apr_array_header_t *quads;
    int nodes;
    apr_pool_t *pool;
};

was_rdf_t *was_rdf_make(apr_pool_t *pool)
{
    was_rdf_t *rdf = apr_pcalloc(pool, sizeof(*rdf));

    rdf->quads = apr_array_make(pool, 16, sizeof(statement_t));
    rdf->pool = pool;
    return rdf;
}

int was_rdf_node(was_rdf_t *rdf)
{
    return rdf->nodes++;
}

was_rdf_term_t was_rdf_text_term(const char *text)
{
    return (was_rdf_term_t){.text = text};
}

was_rdf_term_t was_rdf_node_term(int node)
{
    return (was_rdf_term_t){.node = node};
}

/* Writes one character of a literal; hex is in upper case, unlike JSON's canonical text. */
static apr_size_t escape_character(char c, char *to)
{
    static const char plain[] = "\b\t\n\f\r\"\\";
    static const char named[] = "btnfr\"\\";
    static const char digits[] = "0123456789ABCDEF";
    const char *found = strchr(plain, c);

    if (found != NULL) {
        to[0] = '\\';
        to[1] = named[found - plain];
        return 2;
    }
    if ((unsigned char)c >= 0x20 && c != 0x7f) {
        to[0] = c;
        return 1;
    }
    memcpy(to, "\\u00", 4);
    to[4] = digits[(unsigned char)c >> 4];
    to[5] = digits[(unsigned char)c & 0xf];
    return 6;
}

const char *was_rdf_literal(const char *text, const char *type, apr_pool_t *pool)
{
    char *quoted = apr_palloc(pool, 6 * strlen(text) + 3);
    char *to = quoted;

    *to++ = '"';
    for (; *text != '\0'; text++) {
        to += escape_character(*text, to);
    }
    *to++ = '"';
    *to = '\0';
    return type == NULL ? quoted : apr_pstrcat(pool, quoted, "^^<", type, ">", NULL);
}

void was_rdf_add(was_rdf_t *rdf, int graph, was_rdf_term_t subject, const char *predicate,
                 was_rdf_term_t object)
{
    statement_t *quad = apr_array_push(rdf->quads);

    quad->subject = subject;
    quad->predicate = predicate;
    quad->object = object;
    quad->graph = graph;
}

static const char *label_of(was_rdf_term_t term, const char *const *labels)
{
    return term.text != NULL ? term.text : labels[term.node];
}

static const char *line_of(const statement_t *quad, const char *const *labels, apr_pool_t *pool)
{
    bool named = quad->graph != WAS_RDF_DEFAULT_GRAPH;

    return apr_pstrcat(pool, label_of(quad->subject, labels), " ", quad->predicate, " ",
                       label_of(quad->object, labels), named ? " " : "",
                       named ? labels[quad->graph] : "", " .\n", NULL);
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lines (texts in an array) sorted, each once, as one text. */
static const char *join_lines(apr_array_header_t *lines, apr_pool_t *pool)
{
    int count = 0;

    qsort(lines->elts, (size_t)lines->nelts, sizeof(const char *), compare_lines);
    for (int i = 0; i < lines->nelts; i++) {
        const char *line = APR_ARRAY_IDX(lines, i, const char *);

        if (count == 0 || strcmp(line, APR_ARRAY_IDX(lines, count - 1, const char *)) != 0) {
            APR_ARRAY_IDX(lines, count++, const char *) = line;
        }
    }
    lines->nelts = count;
    return apr_array_pstrcat(pool, lines, '\0');
}

static bool mentions_node(const statement_t *quad, int node)
{
    return (quad->subject.text == NULL && quad->subject.node == node) ||
           (quad->object.text == NULL && quad->object.node == node) || quad->graph == node;
}

typedef struct ranked_t {
    unsigned char hash[WAS_SHA256_BYTES];
    int node;
} ranked_t;

/* The first-degree hash: over the quads that mention the node, where no other is told apart. */
static void hash_node(const was_rdf_t *rdf, const char **labels, ranked_t *ranked)
{
    apr_array_header_t *lines = apr_array_make(rdf->pool, 8, sizeof(const char *));

    for (int i = 0; i < rdf->nodes; i++) {
        labels[i] = i == ranked->node ? "_:a" : "_:z";
    }
    for (int i = 0; i < rdf->quads->nelts; i++) {
        const statement_t *quad = &APR_ARRAY_IDX(rdf->quads, i, statement_t);

        if (mentions_node(quad, ranked->node)) {
            APR_ARRAY_PUSH(lines, const char *) = line_of(quad, labels, rdf->pool);
        }
    }
    const char *text = join_lines(lines, rdf->pool);

    was_crypto_sha256(text, strlen(text), ranked->hash);
}

static int compare_ranked(const void *a, const void *b)
{
    const ranked_t *one = a;
    const ranked_t *other = b;

    return memcmp(one->hash, other->hash, WAS_SHA256_BYTES);
}

/* `labels` needs room for every node. */
static const was_error_t *label_nodes(const was_rdf_t *rdf, const char **labels)
{
    ranked_t *ranked = apr_palloc(rdf->pool, (apr_size_t)(rdf->nodes + 1) * sizeof(ranked[0]));

    for (int i = 0; i < rdf->nodes; i++) {
        ranked[i].node = i;
        hash_node(rdf, labels, &ranked[i]);
    }
    qsort(ranked, (size_t)rdf->nodes, sizeof(ranked[0]), compare_ranked);
    for (int i = 0; i < rdf->nodes; i++) {
        if (i > 0 && compare_ranked(&ranked[i - 1], &ranked[i]) == 0) {
            return was_error_make(rdf->pool, WAS_ERROR_INVALID_BODY, NULL,
                                  "parts of the RDF are too much alike");
        }
        labels[ranked[i].node] = apr_psprintf(rdf->pool, "_:c14n%d", i);
    }
    return NULL;
}

const was_error_t *was_rdf_canonical(const was_rdf_t *rdf, const char **text, apr_size_t *length)
{
    int count = rdf->quads->nelts;
    apr_array_header_t *lines = apr_array_make(rdf->pool, count, sizeof(const char *));
    const char **labels = apr_palloc(rdf->pool, (apr_size_t)(rdf->nodes + 1) * sizeof(labels[0]));

    WAS_TRY(label_nodes(rdf, labels));
    for (int i = 0; i < count; i++) {
        const statement_t *quad = &APR_ARRAY_IDX(rdf->quads, i, statement_t);

        APR_ARRAY_PUSH(lines, const char *) = line_of(quad, labels, rdf->pool);
    }
    *text = join_lines(lines, rdf->pool);
    *length = strlen(*text);
    return NULL;
}
