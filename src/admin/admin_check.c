/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_check: whether all is as it should be: the schema, what is stored, what is counted. Owns
 * what is a finding. Refuses to mend what is not counted.
 */

#include "admin/admin.h"

#include "store/admin/was_admin_check.h"
#include "store/was_session.h"

#include <apr_strings.h>

static void print_finding(admin_t *admin, const char *look, const char *space, const char *what,
                          apr_pool_t *pool)
{
    const admin_field_t fields[] = {
        admin_print_text("finding", look),
        admin_print_text("space", space),
        admin_print_text("what", what),
    };

    admin->is_partly = true;
    admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), pool);
}

static const char *describe_recount(const was_admin_recount_t *recount, apr_pool_t *pool)
{
    return apr_psprintf(pool, "%d resources, %d collections, %d spaces", recount->chunks,
                        recount->collections, recount->spaces);
}

/* Counts one space, or each. */
static const was_error_t *each_recount(admin_t *admin, bool keeps, const char *look)
{
    apr_pool_t *pools[2];
    const char *id = admin->argument != NULL ? admin->argument : "";
    int turn = 0;

    for (int i = 0; i < 2; i++) {
        apr_pool_create(&pools[i], admin->pool);
    }
    for (bool is_more = true; is_more; turn = 1 - turn) {
        was_admin_recount_t recount;

        apr_pool_clear(pools[turn]);
        if (admin->argument == NULL) {
            WAS_TRY(was_admin_check_next(admin->db, id, &id, pools[turn]));
        }
        is_more = id != NULL && admin->argument == NULL;
        if (id == NULL) {
            return NULL;
        }
        WAS_TRY(was_admin_check_recount(admin->db, id, keeps, &recount, pools[turn]));
        if (recount.chunks + recount.collections + recount.spaces > 0) {
            print_finding(admin, look, id, describe_recount(&recount, pools[turn]), pools[turn]);
        }
    }
    return NULL;
}

const was_error_t *admin_check(admin_t *admin)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, admin->pool);
    for (int look = 0; look < was_admin_check_looks(); look++) {
        const was_admin_finding_t *findings;
        int count;

        apr_pool_clear(scratch);
        WAS_TRY(was_admin_check_look(admin->db, look, &findings, &count, scratch));
        for (int i = 0; i < count; i++) {
            print_finding(admin, was_admin_check_name(look), findings[i].space, findings[i].what,
                          scratch);
        }
        if (count == WAS_ADMIN_FINDINGS) {
            admin_print_note(scratch, "there may be more of that");
        }
    }
    WAS_TRY(each_recount(admin, false, "counters that are not what is there"));
    if (!admin->is_partly) {
        admin_print_note(admin->pool, "nothing is wrong");
    }
    return NULL;
}

const was_error_t *admin_recount(admin_t *admin)
{
    was_admin_details_t details;

    if (admin->argument != NULL) {
        admin->protocol = WAS_ADMIN_PWS; /* of classic spaces nothing is counted beforehand */
        WAS_TRY(admin_find(admin, &details));
    }
    WAS_TRY(each_recount(admin, admin->is_sure,
                         admin->is_sure ? "counted anew" : "to be counted anew"));
    if (!admin->is_partly) {
        admin_print_note(admin->pool, "all counters are what is there");
    }
    /* What was wrong is right now. */
    admin->is_partly = admin->is_partly && !admin->is_sure;
    admin_say_unsure(admin);
    return NULL;
}

/* The steps that are missing. */
static void print_steps(admin_t *admin, int version)
{
    for (int step = version + 1; step <= WAS_SCHEMA_VERSION; step++) {
        const admin_field_t fields[] = {
            admin_print_number("step", step),
            admin_print_text("does", was_schema_summary(step)),
        };

        admin_print_row(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), admin->pool);
    }
}

static const was_error_t *refuse_newer_schema(admin_t *admin, int version)
{
    return version <= WAS_SCHEMA_VERSION
               ? NULL
               : was_error_make(admin->pool, WAS_ERROR_CONFLICT, NULL,
                                "the database has schema version %d, and this program knows %d: "
                                "install the newer one",
                                version, WAS_SCHEMA_VERSION);
}

const was_error_t *admin_status(admin_t *admin)
{
    apr_array_header_t *sentences = apr_array_make(admin->pool, 4, sizeof(const char *));
    was_session_facts_t facts;
    was_tables_t tables;
    int version;

    WAS_TRY(was_schema_look(admin->params, &tables, &version, admin->pool));
    WAS_TRY(was_session_find_facts(admin->params, &facts, admin->pool));
    const admin_field_t fields[] = {
        admin_print_text("schema", tables.schema),
        admin_print_number("version", version),
        admin_print_number("known", WAS_SCHEMA_VERSION),
        admin_print_boolean("ownTables", tables.are_ours),
        admin_print_text("encoding", facts.encoding),
        admin_print_boolean("pooler", facts.pooler != WAS_POOLER_NONE),
        admin_print_boolean("citus", tables.are_distributed),
    };

    admin_print_sheet(&admin->print, fields, sizeof(fields) / sizeof(fields[0]), admin->pool);
    WAS_TRY(refuse_newer_schema(admin, version));
    admin->is_partly = version < WAS_SCHEMA_VERSION;
    print_steps(admin, version);
    WAS_TRY(was_schema_review(admin->params, sentences, admin->pool));
    for (int i = 0; i < sentences->nelts; i++) {
        admin_print_note(admin->pool, "%s", APR_ARRAY_IDX(sentences, i, const char *));
    }
    return NULL;
}

const was_error_t *admin_upgrade(admin_t *admin)
{
    was_tables_t tables;
    int version;

    WAS_TRY(was_schema_look(admin->params, &tables, &version, admin->pool));
    WAS_TRY(refuse_newer_schema(admin, version));
    if (version == WAS_SCHEMA_VERSION) {
        admin_print_note(admin->pool, "the schema has version %d, and needs no upgrade", version);
        return NULL;
    }
    print_steps(admin, version);
    if (admin->is_sure) {
        WAS_TRY(was_schema_ensure(admin->params, &tables, admin->pool));
        admin_print_note(admin->pool, "the schema has version %d now", WAS_SCHEMA_VERSION);
    }
    admin_say_unsure(admin);
    return NULL;
}
