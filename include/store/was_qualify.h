/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_QUALIFY_H
#define WAS_QUALIFY_H

#include <apr_pools.h>

/*
 * was_qualify: the names of our tables with the schema that they are in. Our sessions look for
 * functions, operators and types in PostgreSQL's own schema alone, where no other role can have put
 * any: whoever may create in the schema of our tables could make an operator that fits a statement
 * better, and it would run as our role. So nothing is found by its bare name there, a table either.
 * Private to the store.
 */

/* What search_path is for our statements: the temporary tables come last, and only by name. */
#define WAS_SEARCH_PATH "'pg_catalog, pg_temp'"

/*
 * The text with every table of ours named as `"schema".table`, also in a string literal, and an
 * index where it is dropped; `schema` is a name as PostgreSQL has it, unquoted. What names a schema
 * already stays. In the pool.
 */
const char *was_qualify(const char *text, const char *schema, apr_pool_t *pool);

/* All tables that any version had, as an array literal. */
const char *was_qualify_tables(apr_pool_t *pool);

#endif
