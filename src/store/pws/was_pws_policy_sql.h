/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_POLICY_SQL_H
#define WAS_PWS_POLICY_SQL_H

#include "was_pws_collection_sql.h"

/*
 * was_pws_policy_sql: the statements of policies of Portable Web Spaces, of spaces, collections and
 * resources; private to was_sql. Above each text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* What one more, or a longer one, is charged. */
#define PWS_POLICY_THERE(parent, id) \
    "p.space_uuid = $1 AND p.parent = " parent " AND p.resource = " id
#define PWS_POLICY_GROWTH(id, document, old) \
    "(" PWS_ROW " + octet_length(" id ") + octet_length(" document ") - coalesce(" old ", 0))"
/* And one that becomes a tombstone. */
#define PWS_POLICY_SHRINKS(parent) \
    "(" PWS_ROW " + octet_length(p.resource) - " PWS_POLICY_BYTES("p") \
    " - " PWS_TOMBSTONE_THERE(parent, "p", "p.resource") ")"

/* Conditions look at what is there, and not at what is left of it. */
#define PWS_POLICY_CONDITIONS(match, none_match, since) \
    PWS_CONDITIONS("(p.resource IS NOT NULL)", PWS_ETAG("p"), "p.updated_ms", match, none_match, \
    since)

/* A policy p of the space s, or of the collection c or a resource of it. */
#define PWS_POLICY_TABLES \
    "was_pws_spaces s LEFT JOIN was_pws_collections c ON " PWS_COLLECTION(PWS_OR_NONE("$2")) \
    " LEFT JOIN was_pws_policies p ON " PWS_POLICY_THERE(PWS_POLICY_PARENT, "$3::text")
#define PWS_POLICY_PARENT "CASE WHEN $2::text IS NULL THEN s.generation ELSE c.generation END"

/* uuid, collection (NULL: the space's own), resource or '' -> document, or NULL where that was
 * deleted; validator, stamp. Where it never was, no stamp. */
#define WAS_TEXT_PWS_POLICY_GET \
    "SELECT p.document, coalesce(" PWS_ETAG("p") ", " PWS_ETAG("t") ")," \
    " coalesce(p.updated_ms, t.updated_ms)," \
    " coalesce(p.updated_counter, t.updated_counter)::bigint, " PWS_ORIGIN " FROM " \
    PWS_POLICY_TABLES " LEFT JOIN was_pws_tombstones t ON t.space_uuid = $1" \
    " AND t.parent = " PWS_POLICY_PARENT " AND t.kind = 'p' AND t.id = $3::text" \
    " WHERE s.space_uuid = $1"

/* the same, 3 conditions -> is the policy as they demand? */
#define WAS_TEXT_PWS_POLICY_MATCHES \
    "SELECT " PWS_POLICY_CONDITIONS("$4", "$5", "$6") " FROM " PWS_POLICY_TABLES \
    " WHERE s.space_uuid = $1"

/* The space's own: grant, token, document, quota or NULL, 3 conditions -> a row */
#define PWS_POLICY_SPACE_GROWTH \
    PWS_POLICY_GROWTH("''::text", "$5::text", "(SELECT " PWS_POLICY_BYTES("p") \
    " FROM was_pws_policies p WHERE " PWS_POLICY_THERE("s.generation", "''") ")")
#define WAS_TEXT_PWS_POLICY_SPACE_RAISE \
    PWS_SPACE_RAISE(PWS_POLICY_SPACE_GROWTH) " FROM (SELECT 1) q LEFT JOIN was_pws_policies p ON " \
    PWS_POLICY_THERE(PWS_SPACE_GENERATION, "''") \
    " WHERE " PWS_GRANTED " AND " PWS_POLICY_CONDITIONS("$7", "$8", "$9") \
    " AND " PWS_FITS(PWS_POLICY_SPACE_GROWTH, "$6") " RETURNING 1"

/* uuid, token, document -> is it new?, validator, stamp */
#define PWS_POLICY_COLUMNS \
    " (space_uuid, parent, resource, document, generation, position, updated_ms, updated_counter)"
#define PWS_POLICY_PUT(generation) \
    " ON CONFLICT (space_uuid, parent, resource) DO UPDATE SET document = EXCLUDED.document," \
    " position = EXCLUDED.position, " PWS_MINT("p", "EXCLUDED.updated_ms") \
    " RETURNING p.generation = " generation "::bigint, " PWS_ETAG("p") ", " PWS_STAMP("p")
#define WAS_TEXT_PWS_POLICY_SPACE_PUT \
    "INSERT INTO was_pws_policies AS p" PWS_POLICY_COLUMNS \
    " SELECT s.space_uuid, s.generation, '', $3::text, $2::bigint, NULL, " PWS_STAMP_AFTER("t") \
    " FROM was_pws_spaces s LEFT JOIN was_pws_tombstones t ON t.space_uuid = $1" \
    " AND t.parent = s.generation AND t.kind = 'p' AND t.id = ''" \
    " WHERE " PWS_SPACE_RAISED PWS_POLICY_PUT("$2")

/* grant, token, 3 conditions -> a row */
#define WAS_TEXT_PWS_POLICY_SPACE_RAISE_DELETE \
    PWS_SPACE_RAISE(PWS_POLICY_SHRINKS("s.generation")) " FROM was_pws_policies p" \
    " WHERE " PWS_GRANTED " AND " PWS_POLICY_THERE("s.generation", "''") \
    " AND " PWS_POLICY_CONDITIONS("$5", "$6", "$7") " RETURNING 1"

/* uuid, token: the tombstone -> its validator; then the row */
#define WAS_TEXT_PWS_POLICY_SPACE_TOMBSTONE \
    PWS_TOMBSTONE("p.space_uuid, p.parent, 'p', '', p.generation, NULL, NULL, NULL," \
    " " PWS_STAMP_AFTER("p") " FROM was_pws_spaces s, was_pws_policies p" \
    " WHERE " PWS_SPACE_RAISED " AND " PWS_POLICY_THERE("s.generation", "''")) \
    " RETURNING " PWS_ETAG("d")
#define WAS_TEXT_PWS_POLICY_SPACE_DELETE \
    "DELETE FROM was_pws_policies p USING was_pws_spaces s" \
    " WHERE " PWS_SPACE_RAISED " AND " PWS_POLICY_THERE("s.generation", "''") " RETURNING 1"

/* A collection's own or a resource's: grant, collection, resource ('' for the collection's own),
 * token, document, quota or NULL, 3 conditions -> a row */
#define WAS_TEXT_PWS_POLICY_RAISE \
    PWS_RAISE("1", "$6") \
    ", bytes = k.bytes + " PWS_POLICY_GROWTH("$5::text", "$7::text", PWS_POLICY_BYTES("p")) \
    " FROM was_pws_spaces s, was_pws_collections c" \
    " LEFT JOIN was_pws_policies p ON " PWS_POLICY_THERE("c.generation", "$5::text") \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND ($5::text = '' OR EXISTS (SELECT 1 FROM was_pws_resources r WHERE r.space_uuid = $1" \
    " AND r.collection_generation = c.generation AND r.resource = $5::text))" \
    " AND " PWS_POLICY_CONDITIONS("$9", "$10", "$11") \
    " AND " PWS_FITS(PWS_POLICY_GROWTH("$5::text", "$7::text", PWS_POLICY_BYTES("p")), "$8") \
    " RETURNING 1"

/* grant, collection, resource or '', token, 3 conditions -> a row */
#define WAS_TEXT_PWS_POLICY_RAISE_DELETE \
    PWS_RAISE("1", "$6") ", bytes = k.bytes + " PWS_POLICY_SHRINKS("c.generation") \
    " FROM was_pws_spaces s, was_pws_collections c, was_pws_policies p" \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_POLICY_THERE("c.generation", "$5::text") \
    " AND " PWS_POLICY_CONDITIONS("$7", "$8", "$9") " RETURNING 1"

/* uuid, collection, resource or '', token, document -> is it new?, validator, stamp */
#define WAS_TEXT_PWS_POLICY_PUT \
    "INSERT INTO was_pws_policies AS p" PWS_POLICY_COLUMNS \
    " SELECT c.space_uuid, c.generation, $3::text, $5::text, $4::bigint, k.position," \
    " " PWS_STAMP_AFTER("t") " FROM was_pws_spaces s, was_pws_collections c, was_pws_counters k" \
    " LEFT JOIN was_pws_tombstones t ON t.space_uuid = $1" \
    " AND t.parent = k.collection_generation AND t.kind = 'p' AND t.id = $3::text" \
    " WHERE " PWS_RAISED("$4") PWS_POLICY_PUT("$4")

/* uuid, collection, resource or '', token: the tombstone -> its validator; then the row */
#define PWS_POLICY \
    PWS_RAISED("$4") " AND p.space_uuid = $1 AND p.parent = c.generation AND p.resource = $3::text"
#define WAS_TEXT_PWS_POLICY_TOMBSTONE \
    PWS_TOMBSTONE("p.space_uuid, p.parent, 'p', p.resource, p.generation, NULL, NULL, k.position," \
    " " PWS_STAMP_AFTER("p") " FROM " PWS_TABLES ", was_pws_policies p WHERE " PWS_POLICY) \
    " RETURNING " PWS_ETAG("d")
#define WAS_TEXT_PWS_POLICY_DELETE \
    "DELETE FROM was_pws_policies p USING " PWS_TABLES " WHERE " PWS_POLICY " RETURNING 1"

/* clang-format on */

#endif
