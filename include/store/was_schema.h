/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SCHEMA_H
#define WAS_SCHEMA_H

#include "base/was_error.h"

#include <apr_tables.h>

#include <stdbool.h>

/*
 * was_schema: the tables, made and upgraded. The first two are those of the Python server, which
 * goes on working beside us: what we add to them are columns with defaults and indexes. All else
 * stands in tables of our own.
 */

enum { WAS_SCHEMA_VERSION = 7 };

/* What is known of the tables that are there. */
typedef struct was_tables_t {
    const char *schema;   /* the one of PostgreSQL's schemas that they are in */
    bool are_ours;        /* this module made the two of the Python server, too */
    bool are_distributed; /* Citus keeps them, on as many nodes as it has */
    const char *origin;   /* where it does: the database's, which stays what it is */
} was_tables_t;

/*
 * Brings the database up to WAS_SCHEMA_VERSION: on a connection of its own, in one transaction,
 * under an advisory lock, so that any number of servers may start at once. Only reads when there is
 * nothing to do, and needs no right to create then. Waits at most 5 seconds for any table's lock.
 *
 * What `tables` says is in the pool. They are in the schema where search_path, as the connection
 * finds it, has them, or else in the first that it names.
 * Errors: UNAVAILABLE (no connection, a lock not had in time, a schema newer than this module, no
 * right to create, tables of the same names with other columns).
 */
WAS_CHECKED const was_error_t *was_schema_ensure(const char *params, was_tables_t *tables,
                                                 apr_pool_t *pool);

/* What a step does and costs, as a sentence's part; NULL for a number that is none of ours. */
const char *was_schema_summary(int step);

/* The version that the database has, 0 for none of ours, and where the tables are or would be;
 * changes nothing. Errors: UNAVAILABLE. */
WAS_CHECKED const was_error_t *was_schema_look(const char *params, was_tables_t *tables,
                                               int *version, apr_pool_t *pool);

/* In the place of was_schema_ensure, for who may not upgrade in passing. Errors: UNAVAILABLE (also
 * where the version is not WAS_SCHEMA_VERSION). */
WAS_CHECKED const was_error_t *was_schema_demand(const char *params, was_tables_t *tables,
                                                 apr_pool_t *pool);

/*
 * What the operator should know of who else has a hand in the tables: each a sentence, appended to
 * `sentences`, an array of texts. For start-up.
 * Errors: those of was_db.
 */
WAS_CHECKED const was_error_t *was_schema_review(const char *params, apr_array_header_t *sentences,
                                                 apr_pool_t *pool);

#endif
