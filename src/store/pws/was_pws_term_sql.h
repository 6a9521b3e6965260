/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_TERM_SQL_H
#define WAS_PWS_TERM_SQL_H

#include "was_pws_change_sql.h"

/*
 * was_pws_term_sql: the statements of the terms by which resources are found; private to was_sql.
 * Above each text: its values in order -> its columns.
 *
 * Terms are written behind ..._RAISE of their resource, in its transaction. So writers of one
 * collection take turns, and a claim that is taken is refused by the index of claims alone.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* The terms t of the resource that a step behind ..._RAISE is about. */
#define PWS_TERMS_RAISED \
    PWS_RAISED("$4") " AND t.space_uuid = $1 AND t.collection_generation = c.generation" \
    " AND t.space_uuid || '/' || t.collection_generation::text || '/' || t.resource" \
    " = $1 || '/' || c.generation::text || '/' || $3::text"

/* A term's first byte says where it comes from: 'n' and 'v' from the document's own index, 'c' from
 * its content, 'm' from what is noted beside it. */
#define PWS_TERM_KIND(one, other) \
    "get_byte(t.term, 0) IN (ascii('" one "'), ascii('" other "'))"

/* uuid, collection, resource, token, terms, those of them that are claims: what is none of these
 * goes; then what is not there comes. */
#define WAS_TEXT_PWS_TERMS_FORGET \
    "DELETE FROM was_pws_terms t USING " PWS_TABLES " WHERE " PWS_TERMS_RAISED \
    " AND " PWS_TERM_KIND("n", "v") \
    " AND NOT (t.term = ANY ($5::bytea[]) AND t.is_claim = (t.term = ANY ($6::bytea[])))"
#define WAS_TEXT_PWS_TERMS_PUT \
    "INSERT INTO was_pws_terms (space_uuid, collection_generation, term, resource, is_claim)" \
    " SELECT c.space_uuid, c.generation, w.term, $3::text, w.term = ANY ($6::bytea[])" \
    " FROM " PWS_TABLES ", unnest($5::bytea[]) w (term) WHERE " PWS_RAISED("$4") \
    " ON CONFLICT (space_uuid, collection_generation, term, resource) DO NOTHING"

/* uuid, collection, resource, token: all of one that goes, and that has some */
#define WAS_TEXT_PWS_TERMS_DELETE \
    "DELETE FROM was_pws_terms t USING " PWS_TABLES ", was_pws_resources r" \
    " WHERE " PWS_TERMS_RAISED " AND " PWS_RESOURCE("$3") " AND (r.terms > 0 OR c.claims > 0)"

/* What a claim of the unique index u begins with, and what is behind all that do. */
#define PWS_CLAIM_BEGIN \
    "(convert_to(CASE WHEN u.source = 'custom' THEN 'm' ELSE 'c' END, 'UTF8')" \
    " || sha256(convert_to(u.name, 'UTF8')))"
#define PWS_CLAIM_END "(" PWS_CLAIM_BEGIN " || decode(repeat('ff', 33), 'hex'))"

/* A value of JSON as a text of its type and value; NULL for what is no scalar, or null. Numbers are
 * alike where they are the same number; of one that is longer than a thousand digits, or may be, it
 * is the spelling that counts. */
#define PWS_CLAIM_NUMBER(v) \
    "CASE WHEN length(" v "::text) <= 400 AND " v "::text ~ '^[-0-9.]+([eE][-+]?[0-9]{1,3})?$'" \
    " THEN trim_scale(" v "::text::numeric)::text ELSE " v "::text END"
#define PWS_CLAIM_VALUE(v) \
    "CASE WHEN json_typeof(" v ") = 'string' THEN 's' || (" v " #>> '{}')" \
    " WHEN json_typeof(" v ") = 'number' THEN 'n' || " PWS_CLAIM_NUMBER(v) \
    " WHEN json_typeof(" v ") = 'boolean' THEN 'b' || " v "::text END"

/* The claims of resources r by the unique indexes that `unique` yields: uuid, generation, term,
 * resource. A content that cannot be read, because it is beyond 1 MiB or may have an escaped NUL,
 * fails the statement, in a way that tells the server's log nothing of it. Those of the collection:
 * where the token is not noted, nothing is looked at, and nothing of other collections. */
#define PWS_CLAIMS_OF(unique) \
    "WITH u AS MATERIALIZED (" unique ")" \
    " SELECT r.space_uuid, r.collection_generation," \
    " " PWS_CLAIM_BEGIN " || sha256(convert_to(x.value, 'UTF8')), r.resource, true" \
    " FROM was_pws_resources r" \
    " CROSS JOIN LATERAL (SELECT 'custom' AS source, r.custom::json AS document" \
    " UNION ALL SELECT 'content', convert_from(CASE WHEN r.size <= 1048576 AND" \
    " position(convert_to(chr(92) || 'u0000', 'UTF8') IN r.content) = 0" \
    " THEN r.content ELSE decode('ff', 'hex') END, 'UTF8')::json" \
    " WHERE " PWS_IS_JSON("r") " AND 'content' IN (SELECT u.source FROM u)) d" \
    " CROSS JOIN LATERAL json_each(" \
    "CASE WHEN json_typeof(d.document) = 'object' THEN d.document END) m" \
    " JOIN u ON u.source = d.source AND u.name = m.key" \
    " CROSS JOIN LATERAL (SELECT " PWS_CLAIM_VALUE("m.value") " AS value OFFSET 0) x"
#define PWS_CLAIMS(unique, token) \
    PWS_CLAIMS_OF(unique) " WHERE (SELECT true FROM " PWS_TABLES " WHERE " PWS_RAISED(token) ")" \
    " AND r.space_uuid = $1 AND r.collection_generation = " PWS_GENERATION("$2")
#define PWS_CLAIMS_INTO \
    "INSERT INTO was_pws_terms (space_uuid, collection_generation, term, resource, is_claim) "
#define PWS_CLAIMS_ONCE \
    " AND x.value IS NOT NULL" \
    " ON CONFLICT (space_uuid, collection_generation, term, resource) DO NOTHING"

/* uuid, collection, resource, token: what a resource claimed goes, and what it claims now comes */
#define PWS_PLAINTEXT \
    "(SELECT c.plaintext FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION("$2") ")"
#define WAS_TEXT_PWS_CLAIMS_FORGET \
    "DELETE FROM was_pws_terms t USING " PWS_TABLES " WHERE " PWS_TERMS_RAISED \
    " AND " PWS_TERM_KIND("c", "m")
#define WAS_TEXT_PWS_CLAIMS_PUT \
    PWS_CLAIMS_INTO PWS_CLAIMS(PWS_UNIQUE(PWS_PLAINTEXT), "$4") \
    " AND r.resource = $3::text" PWS_CLAIMS_ONCE

/* uuid, collection, token, plaintext: before that is declared, of all resources; what is unique no
 * more goes, what becomes so comes. Where nothing does, no resource is looked at. */
#define PWS_UNIQUE_NO_MORE PWS_UNIQUE(PWS_PLAINTEXT) " EXCEPT " PWS_UNIQUE("$4::text")
#define PWS_UNIQUE_BY_NOW PWS_UNIQUE("$4::text") " EXCEPT " PWS_UNIQUE(PWS_PLAINTEXT)
#define WAS_TEXT_PWS_CLAIMS_DROP \
    "WITH w AS MATERIALIZED (SELECT " PWS_CLAIM_BEGIN " AS first, " PWS_CLAIM_END " AS last" \
    " FROM (" PWS_UNIQUE_NO_MORE ") u)" \
    " DELETE FROM was_pws_terms t USING " PWS_TABLES ", w" \
    " WHERE " PWS_RAISED("$3") " AND t.space_uuid = $1" \
    " AND t.collection_generation = c.generation AND t.term > w.first AND t.term < w.last"
#define WAS_TEXT_PWS_CLAIMS_MAKE \
    PWS_CLAIMS_INTO PWS_CLAIMS(PWS_UNIQUE_BY_NOW, "$3") \
    " AND (SELECT count(*) FROM u) > 0" PWS_CLAIMS_ONCE

/* uuid, collection, after, limit or NULL, only what anybody may read?, terms, where each group of
 * them ends: the resources that have all terms of a group. Those of its first term are gone
 * through; whether they have the others, too, is a look at the key for each, never a join. */
#define PWS_TERMS_BEGIN "coalesce(($7::integer[])[e.n - 1], 0) + 1"
#define PWS_TERM_OF(t, term) \
    t ".space_uuid = $1 AND " t ".collection_generation = " PWS_GENERATION("$2") \
    " AND " t ".term = ($6::bytea[])[" term "]"
#define PWS_TERMS_FOUND \
    "SELECT DISTINCT x.resource FROM generate_subscripts($7::integer[], 1) e (n)" \
    " CROSS JOIN LATERAL (SELECT t.resource FROM was_pws_terms t" \
    " WHERE " PWS_TERM_OF("t", PWS_TERMS_BEGIN) " AND t.resource > $3::text" \
    " AND NOT EXISTS (SELECT 1" \
    " FROM generate_series(" PWS_TERMS_BEGIN " + 1, ($7::integer[])[e.n]) i (n)" \
    " WHERE (SELECT o.resource FROM was_pws_terms o" \
    " WHERE " PWS_TERM_OF("o", "i.n") " AND o.resource = t.resource) IS NULL)" \
    " AND (NOT $5::boolean OR " PWS_SHOWN("t.collection_generation", "t.resource") ")" \
    " ORDER BY t.resource LIMIT $4::bigint) x"

/* the same, extra bytes -> resource, a row of was_resource_t, bytes so far. What is beyond 1 MiB
 * comes without its content. */
#define WAS_TEXT_PWS_TERMS_FIND \
    WAS_SQL_PAGE("p.resource, p.content_type, p.length, p.etag, p.seconds, p.content, p.parts," \
    " p.digest", \
    "resource", "least(q.length, 1048576) + $8::bigint", \
    "SELECT r.resource, r.content_type, r.size AS length, " PWS_ETAG("r") " AS etag," \
    " r.updated_ms / 1000 AS seconds, CASE WHEN r.size <= 1048576 THEN r.content END AS content," \
    " r.parts, r.digest FROM (" PWS_TERMS_FOUND " ORDER BY x.resource LIMIT $4::bigint) f" \
    " JOIN was_pws_resources r ON r.space_uuid = $1" \
    " AND r.collection_generation = " PWS_GENERATION("$2") " AND r.resource = f.resource" \
    " ORDER BY f.resource")

/* the same without extra bytes -> how many */
#define WAS_TEXT_PWS_TERMS_COUNT "SELECT count(*) FROM (" PWS_TERMS_FOUND ") f"

/* clang-format on */

#endif
