/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Prints every statement that a request can run, a line each: its name, the number of its values,
 * its text for tables in the schema that is named on the command line, with tabs between; as they
 * are where Citus keeps the tables, if an origin stands behind that name. So t/17-plans.t sees what
 * the module sends, and none that was added can be forgotten.
 */

#include "store/was_sql.h"

#include <apr_general.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    apr_pool_t *pool;

    if (argc < 2 || argc > 3 || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return 1;
    }
    const char *const *texts = was_sql_texts(argv[1], argc == 3 ? argv[2] : NULL, pool);

    for (int i = 0; i < WAS_SQL_COUNT; i++) {
        const was_sql_statement_t *statement = was_sql_statement((was_sql_t)i);

        printf("%s\t%d\t%s\n", statement->name, statement->nvalues, texts[i]);
    }
    return 0;
}
