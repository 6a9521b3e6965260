/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_IMPORT_SQL_H
#define WAS_PWS_IMPORT_SQL_H

#include "was_pws_resource_sql.h"
#include "was_pws_term_sql.h"

/*
 * was_pws_import_sql: the statements of what comes in from an archive; private to was_sql. Above
 * each text: its values in order -> its columns. All of them run in one transaction that holds the
 * space's lock, and a collection's counter from its ..._OPEN on; what is there already stays, and
 * yields no row. Records are written first, at positions behind the collection's, and charged by
 * those positions at its end.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* uuid, generation -> may a new collection have it? Not while anything is, or may be left to be
 * swept, below one that had it: that would be its own. */
#define IMPORT_NOTHING(table, column) \
    "NOT EXISTS (SELECT 1 FROM " table " x WHERE x.space_uuid = $1 AND x." column " = $2::bigint)"
#define WAS_TEXT_PWS_IMPORT_GENERATION \
    "SELECT " IMPORT_NOTHING("was_pws_counters", "collection_generation") \
    " AND " IMPORT_NOTHING("was_sweeps", "generation") \
    " AND " IMPORT_NOTHING("was_pws_resources", "collection_generation") \
    " AND " IMPORT_NOTHING("was_pws_tombstones", "parent") \
    " AND " IMPORT_NOTHING("was_pws_policies", "parent") \
    " AND " IMPORT_NOTHING("was_pws_logs", "collection_generation") \
    " AND " IMPORT_NOTHING("was_pws_chunks", "chunks") \
    " AND " IMPORT_NOTHING("was_pws_spaces", "generation")

/* uuid, collection -> generation, position, is it encrypted?, kept elsewhere?, governed by a
 * log?, how many values it declares unique */
#define WAS_TEXT_PWS_IMPORT_OPEN \
    "SELECT c.generation, k.position, c.encryption IS NOT NULL, c.backend IS NOT NULL," \
    " c.history IS NOT NULL, c.claims FROM " PWS_TABLES " WHERE s.space_uuid = $1" \
    " AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER " FOR UPDATE OF k"

/* uuid, collection, generation, milliseconds: when the collection that was just made was made
 * first */
#define WAS_TEXT_PWS_IMPORT_CREATED \
    "UPDATE was_pws_collections c SET created_ms = $4::bigint FROM was_pws_spaces s" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND c.generation = $3::bigint"

/* uuid, collection, generation, method: that the collection that was just made is governed by a
 * log. Then the log: uuid, generation of the collection, its own, body, position */
#define WAS_TEXT_PWS_IMPORT_GOVERNED \
    "UPDATE was_pws_collections c SET history = $4::text FROM was_pws_spaces s" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND c.generation = $3::bigint"
#define WAS_TEXT_PWS_IMPORT_LOG \
    "INSERT INTO was_pws_logs (space_uuid, collection_generation, generation, body, position," \
    " updated_ms, updated_counter) VALUES ($1, $2::bigint, $3::bigint, $4::bytea, $5::bigint," \
    " " PWS_NOW_MS ", 0)"

/* uuid, collection, generation -> a row: the tombstone of a collection that there never was */
#define WAS_TEXT_PWS_IMPORT_DELETED_COLLECTION \
    "INSERT INTO was_pws_tombstones (space_uuid, parent, kind, id, generation, updated_ms," \
    " updated_counter) SELECT s.space_uuid, s.generation, 'c', $2::text, $3::bigint," \
    " " PWS_NOW_MS ", 0 FROM was_pws_spaces s WHERE s.space_uuid = $1" \
    " AND NOT EXISTS (SELECT 1 FROM was_pws_collections c WHERE " PWS_COLLECTION("$2") ")" \
    " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation of the collection, resource, generation, type, size, content or NULL, the mark
 * of its parts or NULL, milliseconds of its making or NULL, epoch, writer, position, custom,
 * generation of what is noted or NULL, the mark of its chunks or NULL, their bytes, the digest of
 * its parts or NULL, how many terms -> a row. What was deleted here stays so. */
#define WAS_TEXT_PWS_IMPORT_RESOURCE \
    "INSERT INTO was_pws_resources (space_uuid, collection_generation, resource, generation," \
    " content_type, size, content, parts, created_ms, epoch, writer, position, updated_ms," \
    " updated_counter, custom, meta_generation, meta_ms, meta_counter, chunks, chunk_bytes," \
    " digest, terms)" \
    " SELECT $1, $2::bigint, $3::text, $4::bigint, $5::text, $6::bigint, $7::bytea, $8::bigint," \
    " coalesce($9::bigint, " PWS_NOW_MS "), $10::text, $11::text, $12::bigint, " PWS_NOW_MS "," \
    " 0, $13::text, $14::bigint, CASE WHEN $14::bigint IS NOT NULL THEN " PWS_NOW_MS " END," \
    " CASE WHEN $14::bigint IS NOT NULL THEN 0 END, $15::bigint, $16::bigint, $17::bytea," \
    " $18::bigint::integer" \
    " WHERE NOT EXISTS (SELECT 1 FROM was_pws_tombstones t WHERE t.space_uuid = $1" \
    " AND t.parent = $2::bigint AND t.kind = 'r' AND t.id = $3::text)" \
    " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation of the collection, position, terms, those of them that are claims: of the
 * resource that came in at this position */
#define WAS_TEXT_PWS_IMPORT_TERMS \
    "INSERT INTO was_pws_terms (space_uuid, collection_generation, term, resource, is_claim)" \
    " SELECT r.space_uuid, r.collection_generation, w.term, r.resource," \
    " w.term = ANY ($5::bytea[]) FROM was_pws_resources r, unnest($4::bytea[]) w (term)" \
    " WHERE r.space_uuid = $1 AND r.collection_generation = $2::bigint" \
    " AND r.position = $3::bigint" \
    " ON CONFLICT (space_uuid, collection_generation, term, resource) DO NOTHING"

/* uuid, generation of the collection, resource, the mark of its chunks, number, generation, type,
 * size, content or NULL, the mark of its parts or NULL, milliseconds of its making or NULL, the
 * digest of its parts or NULL -> a row, where the resource came with this mark */
#define WAS_TEXT_PWS_IMPORT_CHUNK \
    "INSERT INTO was_pws_chunks (space_uuid, chunks, number, generation, content_type, size," \
    " content, parts, created_ms, updated_ms, updated_counter, digest) SELECT $1, $4::bigint," \
    " $5::bigint, $6::bigint, $7::text, $8::bigint, $9::bytea, $10::bigint," \
    " coalesce($11::bigint, " PWS_NOW_MS "), " PWS_NOW_MS ", 0, $12::bytea" \
    " WHERE EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = $2::bigint AND r.resource = $3::text" \
    " AND r.chunks = $4::bigint) ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation of the collection, resource, generation, type, writer, position -> a row: the
 * tombstone of a resource that there never was */
#define WAS_TEXT_PWS_IMPORT_DELETED_RESOURCE \
    "INSERT INTO was_pws_tombstones (space_uuid, parent, kind, id, generation, content_type," \
    " writer, position, updated_ms, updated_counter) SELECT $1, $2::bigint, 'r', $3::text," \
    " $4::bigint, $5::text, $6::text, $7::bigint, " PWS_NOW_MS ", 0" \
    " WHERE NOT EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = $2::bigint AND r.resource = $3::text)" \
    " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation of the space or the collection, resource or '', document, generation, position
 * or NULL -> a row */
#define WAS_TEXT_PWS_IMPORT_POLICY \
    "INSERT INTO was_pws_policies (space_uuid, parent, resource, document, generation, position," \
    " updated_ms, updated_counter) SELECT $1, $2::bigint, $3::text, $4::text, $5::bigint," \
    " $6::bigint, " PWS_NOW_MS ", 0 WHERE NOT EXISTS (SELECT 1 FROM was_pws_tombstones t" \
    " WHERE t.space_uuid = $1 AND t.parent = $2::bigint AND t.kind = 'p' AND t.id = $3::text)" \
    " AND ($3::text = '' OR EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = $2::bigint AND r.resource = $3::text))" \
    " ON CONFLICT DO NOTHING RETURNING 1"

/* uuid, generation of the collection, position that it had, the last one that was given, token, how
 * many values it declares unique: what is behind it is charged and counted, and seen */
#define IMPORT_BEHIND(table, parent, x, bytes) \
    "(SELECT coalesce(sum(" bytes "), 0)::bigint FROM " table " " x \
    " WHERE " x ".space_uuid = $1 AND " x "." parent " = $2::bigint" \
    " AND " x ".position > $3::bigint)"
#define WAS_TEXT_PWS_IMPORT_CLOSE \
    "UPDATE was_pws_counters k SET position = $4::bigint," \
    " feed_ms = greatest(" PWS_NOW_MS ", k.feed_ms + 1), token = $5::bigint," \
    " bytes = k.bytes" \
    " + " IMPORT_BEHIND("was_pws_resources", "collection_generation", "r", \
    PWS_RESOURCE_BYTES("r") " + r.chunk_bytes + " PWS_ROW " * $6::bigint") \
    " + " IMPORT_BEHIND("was_pws_logs", "collection_generation", "l", \
    PWS_ROW " + octet_length(l.body)") \
    " + " IMPORT_BEHIND("was_pws_policies", "parent", "p", PWS_POLICY_BYTES("p")) \
    " + " IMPORT_BEHIND("was_pws_tombstones", "parent", "t", PWS_TOMBSTONE_BYTES("t")) "," \
    " resources = k.resources" \
    " + " IMPORT_BEHIND("was_pws_resources", "collection_generation", "r", "1") \
    " WHERE k.space_uuid = $1 AND k.collection_generation = $2::bigint"

/* uuid, generation of the collection, position that it had: what resources behind it claim by their
 * values, where it declares them unique */
#define IMPORT_PLAINTEXT \
    "(SELECT c.plaintext FROM was_pws_collections c WHERE c.space_uuid = $1" \
    " AND c.generation = $2::bigint)"
#define WAS_TEXT_PWS_IMPORT_CLAIMS \
    PWS_CLAIMS_INTO PWS_CLAIMS_OF(PWS_UNIQUE(IMPORT_PLAINTEXT)) \
    " WHERE r.space_uuid = $1 AND r.collection_generation = $2::bigint" \
    " AND r.position > $3::bigint" PWS_CLAIMS_ONCE

/* uuid, what the space itself is charged more -> bytes that it is charged in all */
#define WAS_TEXT_PWS_IMPORT_CHARGE \
    "UPDATE was_pws_spaces s SET bytes = s.bytes + $2::bigint WHERE s.space_uuid = $1" \
    " RETURNING " PWS_SPACE_BYTES

/* clang-format on */

#endif
