/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_RDF_H
#define WAS_RDF_H

#include "base/was_error.h"

/*
 * was_rdf: a handful of RDF quads, and their canonical text (URDNA2015) where it can be told
 * without searching. Knows neither JSON nor what the quads say.
 */

enum { WAS_RDF_DEFAULT_GRAPH = -1 };

typedef struct was_rdf_t was_rdf_t;

/* An IRI or a literal as N-Quads write it, or, when `text` is NULL, the blank node `node`. */
typedef struct was_rdf_term_t {
    const char *text;
    int node;
} was_rdf_term_t;

was_rdf_t *was_rdf_make(apr_pool_t *pool);

/* A new blank node. */
int was_rdf_node(was_rdf_t *rdf);

was_rdf_term_t was_rdf_text_term(const char *text);
was_rdf_term_t was_rdf_node_term(int node);

/* The text of a literal; `type` is the IRI of its datatype, or NULL for plain text. */
const char *was_rdf_literal(const char *text, const char *type, apr_pool_t *pool);

/* Adds a quad; `graph` is a blank node or WAS_RDF_DEFAULT_GRAPH. Texts are kept, not copied. */
void was_rdf_add(was_rdf_t *rdf, int graph, was_rdf_term_t subject, const char *predicate,
                 was_rdf_term_t object);

/*
 * The quads as sorted lines, each once and ending " .\n", blank nodes under their canonical labels;
 * NUL-terminated, in the pool of the quads.
 * Errors: INVALID_BODY (two blank nodes have the same first-degree hash).
 */
WAS_CHECKED const was_error_t *was_rdf_canonical(const was_rdf_t *rdf, const char **text,
                                                 apr_size_t *length);

#endif
