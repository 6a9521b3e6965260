/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * was_qualify: which names get a schema, and how its name is quoted.
 */
#include "tap.h"

#include "store/was_qualify.h"

static const struct {
    const char *schema;
    const char *text;
    const char *qualified;
    const char *name;
} cases[] = {
    {"s", "", "", "nothing"},
    {"s", "SELECT 1", "SELECT 1", "no table"},
    {"s", "was_spaces", "\"s\".was_spaces", "a table alone"},
    {"s", "FROM was_spaces s, was_resources r", "FROM \"s\".was_spaces s, \"s\".was_resources r",
     "two tables"},
    {"s", "was_pws_spaces,was_spaces", "\"s\".was_pws_spaces,\"s\".was_spaces",
     "one name within another"},
    {"s", "(was_origin)", "(\"s\".was_origin)", "in parentheses"},
    {"s", "was_spaces.name", "\"s\".was_spaces.name", "a column by its table"},
    {"s", "was_spaces_pkey xwas_spaces was_spaces2 was_spaces$ was_spaces\xc3\xa9",
     "was_spaces_pkey xwas_spaces was_spaces2 was_spaces$ was_spaces\xc3\xa9", "longer names"},
    {"s", "pg_temp.was_upload other.was_spaces \"other\".was_spaces \"was_spaces\"",
     "pg_temp.was_upload other.was_spaces \"other\".was_spaces \"was_spaces\"",
     "what has a schema, or is quoted"},
    {"s", "to_regclass('was_spaces'), 'it''s', was_spaces",
     "to_regclass('\"s\".was_spaces'), 'it''s', \"s\".was_spaces", "in a literal"},
    {"s", "CREATE INDEX i_of ON was_spaces (x)", "CREATE INDEX i_of ON \"s\".was_spaces (x)",
     "an index that is made is where its table is"},
    {"s", "DROP INDEX IF EXISTS i_of;DROP TABLE was_spaces",
     "DROP INDEX IF EXISTS \"s\".i_of;DROP TABLE \"s\".was_spaces", "one that is dropped"},
    {"a b.c", "was_spaces", "\"a b.c\".was_spaces", "blanks and dots"},
    {"a\"b", "was_spaces 'was_spaces'", "\"a\"\"b\".was_spaces '\"a\"\"b\".was_spaces'",
     "a quotation mark"},
    {"o'n", "was_spaces 'was_spaces'", "\"o'n\".was_spaces '\"o''n\".was_spaces'", "an apostrophe"},
    {"\";DROP TABLE x;--", "was_spaces", "\"\"\";DROP TABLE x;--\".was_spaces", "a statement"},
    {"\xc3\xa9", "was_spaces", "\"\xc3\xa9\".was_spaces", "no ASCII"},
};

int main(void)
{
    apr_pool_t *pool = tap_begin();
    int status;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_qualify(cases[i].text, cases[i].schema, pool), cases[i].qualified,
               cases[i].name);
    }
    status = done();
    apr_pool_destroy(pool);
    return status;
}
