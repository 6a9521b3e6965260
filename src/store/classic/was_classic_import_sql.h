/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CLASSIC_IMPORT_SQL_H
#define WAS_CLASSIC_IMPORT_SQL_H

#include "was_classic_sql.h"

/*
 * was_classic_import_sql: the statements of what comes in from an archive; private to was_sql.
 * Above each text: its values in order -> its columns. All of them run in one transaction, which
 * holds the space's lock; what is there already stays, and yields no row.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

#define IMPORT_CHARGED(quota) "CASE WHEN " quota "::bigint IS NOT NULL THEN " CLASSIC_USED " END"

/* uuid, caller, 3 conditions, quota or NULL -> the caller's?, is the space as they demand?, bytes
 * that it is charged (NULL without a quota), is it kept as it is? */
#define WAS_TEXT_IMPORT_OPEN \
    "SELECT " CLASSIC_CALLER("$2::text") ", " CLASSIC_CONDITIONS("s", "$3", "$4", "$5") "," \
    " " IMPORT_CHARGED("$6") ", " WAS_SQL_FROZEN("s") " FROM was_spaces s WHERE " CLASSIC_SPACE

/* uuid, quota or NULL -> bytes that the space is charged (NULL without a quota) */
#define WAS_TEXT_IMPORT_USED \
    "SELECT " IMPORT_CHARGED("$2") " FROM was_spaces s WHERE " CLASSIC_SPACE

/* uuid, name, link: each where the space has none */
#define WAS_TEXT_IMPORT_NAME \
    "UPDATE was_spaces s SET name = coalesce(s.name, $2::text)," \
    " link = coalesce(s.link, $3::text), " CLASSIC_NOW("s") " WHERE " CLASSIC_SPACE \
    " AND ((s.name IS NULL AND $2::text IS NOT NULL)" \
    " OR (s.link IS NULL AND $3::text IS NOT NULL))"

/* uuid, path, type, size, content -> a row; or the mark of its parts and their digest, where they
 * are to stay; or only the mark. VALUES where that will do: else Citus makes a file of each row. */
#define IMPORT_COLUMNS \
    "INSERT INTO was_resources (space_uuid, path, content, content_type, revised, parts," \
    " parts_bytes, parts_digest)"
#define IMPORT_RESOURCE(content, parts, digest) \
    "$1, $2::text, " content ", $3::text, " CLASSIC_TIME ", " parts ", $4::bigint, " digest
#define IMPORT_ONCE " ON CONFLICT DO NOTHING RETURNING 1"
#define WAS_TEXT_IMPORT_RESOURCE \
    IMPORT_COLUMNS " VALUES (" IMPORT_RESOURCE("$5::bytea", "NULL::bigint", "NULL::bytea") ")" \
    IMPORT_ONCE
#define WAS_TEXT_IMPORT_PARTS \
    IMPORT_COLUMNS " VALUES (" \
    IMPORT_RESOURCE("int8send($5::bigint)", "$5::bigint", "$6::bytea") ")" IMPORT_ONCE
#define WAS_TEXT_IMPORT_GATHERED \
    IMPORT_COLUMNS " SELECT " \
    IMPORT_RESOURCE("(SELECT string_agg(p.bytes, ''::bytea ORDER BY p.number) FROM was_parts p" \
    " WHERE p.space_uuid = $1 AND p.content = $5::bigint)", "NULL::bigint", "NULL::bytea") \
    IMPORT_ONCE

/* clang-format on */

#endif
