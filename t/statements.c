/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Prints every statement that a request can run, a line each: its name, the number of its values,
 * its text, with tabs between. So t/17-plans.t sees what the module sends, and none that was added
 * can be forgotten.
 */

#include "store/was_sql.h"

#include <stdio.h>

int main(void)
{
    for (int i = 0; i < WAS_SQL_COUNT; i++) {
        const was_sql_statement_t *statement = was_sql_statement((was_sql_t)i);

        printf("%s\t%d\t%s\n", statement->name, statement->nvalues, statement->text);
    }
    return 0;
}
