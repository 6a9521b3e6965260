/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * The table of statements. Owns their names and texts, and knows nothing of how they are run.
 */

#include "store/was_sql.h"

#include <stddef.h>

static const was_sql_statement_t statements[WAS_SQL_COUNT] = {
#define WAS_SQL_ROW(name, writes, text) {"was_" #name, writes, text},
    WAS_SQL_STATEMENTS(WAS_SQL_ROW)
#undef WAS_SQL_ROW
};

const was_sql_statement_t *was_sql_statement(was_sql_t statement)
{
    return (unsigned)statement < WAS_SQL_COUNT ? &statements[statement] : NULL;
}
