/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * Prints every statement that a request can run, a line each: its name, a tab, its text. So
 * t/17-plans.t sees what the module sends, and none that was added can be forgotten.
 */

#include "store/was_sql.h"

#include <stdio.h>

int main(void)
{
    static const was_sql_statement_t statements[] = {
#define WAS_SQL_ROW(name, writes, text) {#name, writes, text},
        WAS_SQL_STATEMENTS(WAS_SQL_ROW)
#undef WAS_SQL_ROW
    };

    for (int i = 0; i < WAS_SQL_COUNT; i++) {
        printf("%s\t%s\n", statements[i].name, statements[i].text);
    }
    return 0;
}
