/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * admin_print: what the operator and his scripts read. Owns the two forms. Refuses to know what a
 * field means.
 */

#include "admin/admin_print.h"

#include "base/was_json.h"

#include <apr_strings.h>
#include <apr_time.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

admin_field_t admin_print_text(const char *name, const char *text)
{
    return (admin_field_t){.type = ADMIN_TEXT, .name = name, .text = text};
}

admin_field_t admin_print_number(const char *name, apr_int64_t number)
{
    return (admin_field_t){.type = ADMIN_NUMBER, .name = name, .number = number};
}

admin_field_t admin_print_time(const char *name, apr_int64_t msec)
{
    return (admin_field_t){.type = ADMIN_TIME, .name = name, .number = msec};
}

admin_field_t admin_print_boolean(const char *name, bool value)
{
    return (admin_field_t){.type = ADMIN_BOOLEAN, .name = name, .number = value};
}

static const char *time_text(apr_int64_t msec, apr_pool_t *pool)
{
    apr_time_exp_t at;

    if (apr_time_exp_gmt(&at, apr_time_from_msec(msec)) != APR_SUCCESS) {
        return "";
    }
    return apr_psprintf(pool, "%04d-%02d-%02dT%02d:%02d:%02dZ", at.tm_year + 1900, at.tm_mon + 1,
                        at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec);
}

/* What a wallet has chosen must move no cursor: control characters of ASCII, and in UTF-8 those
 * from 0x80 to 0x9f. */
static const char *printable_text(const char *text, apr_pool_t *pool)
{
    char *made = apr_pstrdup(pool, text);

    for (char *at = made; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        bool is_c1 = byte == 0xc2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] <= 0x9f;

        if (byte < 0x20 || byte == 0x7f) {
            *at = '?';
        }
        else if (is_c1) {
            *at = at[1] = '?';
        }
    }
    return made;
}

/* Nothing is "-". */
static const char *field_text(const admin_field_t *field, apr_pool_t *pool)
{
    if (field->type == ADMIN_TEXT) {
        return field->text != NULL ? printable_text(field->text, pool) : "-";
    }
    if (field->type == ADMIN_BOOLEAN) {
        return field->number != 0 ? "yes" : "no";
    }
    if (field->number < 0) {
        return "-";
    }
    return field->type == ADMIN_TIME ? time_text(field->number, pool)
                                     : apr_psprintf(pool, "%" APR_INT64_T_FMT, field->number);
}

static json_t *field_json(const admin_field_t *field, apr_pool_t *pool)
{
    switch (field->type) {
    case ADMIN_BOOLEAN:
        return json_boolean(field->number != 0);
    case ADMIN_NUMBER:
        return field->number < 0 ? json_null() : json_integer(field->number);
    case ADMIN_TIME:
        return field->number < 0 ? json_null() : json_string(time_text(field->number, pool));
    default:
        return field->text == NULL ? json_null() : json_string(field->text);
    }
}

static void print_object(const admin_field_t *fields, int nfields, apr_pool_t *pool)
{
    json_t *object = was_json_own(json_object(), pool);

    for (int i = 0; i < nfields; i++) {
        json_object_set_new(object, fields[i].name, field_json(&fields[i], pool));
    }
    const char *text = was_json_text(object, NULL, pool);

    printf("%s\n", text != NULL ? text : "{}");
}

void admin_print_row(admin_print_t *print, const admin_field_t *fields, int nfields,
                     apr_pool_t *pool)
{
    if (print->is_json) {
        print_object(fields, nfields, pool);
        return;
    }
    for (int i = 0; i < nfields && !print->has_header; i++) {
        printf("%s%s", fields[i].name, i + 1 < nfields ? "\t" : "\n");
    }
    print->has_header = true;
    for (int i = 0; i < nfields; i++) {
        printf("%s%s", field_text(&fields[i], pool), i + 1 < nfields ? "\t" : "\n");
    }
}

void admin_print_sheet(const admin_print_t *print, const admin_field_t *fields, int nfields,
                       apr_pool_t *pool)
{
    if (print->is_json) {
        print_object(fields, nfields, pool);
        return;
    }
    for (int i = 0; i < nfields; i++) {
        printf("%-12s  %s\n", fields[i].name, field_text(&fields[i], pool));
    }
}

void admin_print_note(apr_pool_t *pool, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    const char *text = apr_pvsprintf(pool, format, values);
    va_end(values);
    fflush(stdout);
    fprintf(stderr, "was-admin: %s\n", printable_text(text, pool));
}
