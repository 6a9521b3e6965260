/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_SQL_H
#define WAS_PWS_SQL_H

#include "../was_frozen_sql.h"
#include "../was_limit_sql.h"
#include "../was_page_sql.h"

/*
 * was_pws_sql: what the statements on the tables of Portable Web Spaces share, and those of spaces
 * and backends; private to was_sql. Above each text: its values in order -> its columns.
 *
 * A life of a space or a collection has a random mark, its generation, and what belongs to it is
 * keyed by that mark: what an earlier life of the same name has left is never seen. So a deletion
 * takes one row and says in was_sweeps what is left to be swept. Revocations belong to the uuid.
 *
 * A write below a collection is three steps or more of one transaction: ..._LOCK takes the row of
 * the collection's change counter; ..._RAISE looks at everything that the write depends on, and
 * raises the counter, noting the write's token in it, only if all of it holds; the others write,
 * where the counter has that token. What belongs to the space itself is written in the same way,
 * behind the space's lock, with the token in its row; the counters and that row hold what they are
 * charged. So writers of one collection take turns, the order of positions
 * is the order of commits, and the lock is held from the first step on, since only statements that
 * begin behind it see what those before it committed. The plain put of a resource does without
 * ..._LOCK where there is nobody to take turns with (..._RAISE_AT_ONCE).
 *
 * A stamp is milliseconds and a counter within one, and grows with every write of its record, also
 * when the clock does not (protocol/pws-next C.2). What was deleted leaves its stamp behind, in
 * was_pws_tombstones, for the next life of the same name to begin above it. A tombstone stays where
 * there is a new life, below everything that this one writes, until that ends in its turn: to
 * remove it would be a statement more in every write.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* What is charged (docs/operating.md, Limits of storage): so many bytes for a row, about what it
 * takes with its indexes, and whatever a client has said for it. A collection has two rows, its own
 * and its counter's. */
#define PWS_ROW "400"
#define PWS_TWO_ROWS "800"
#define PWS_LENGTH(text) "coalesce(octet_length(" text "), 0)"
#define PWS_COLLECTION_TEXTS(c) \
    PWS_LENGTH(c ".name") " + " PWS_LENGTH(c ".backend") " + " PWS_LENGTH(c ".encryption") \
    " + " PWS_LENGTH(c ".plaintext") " + " PWS_LENGTH(c ".generator") \
    " + " PWS_LENGTH(c ".generator_origin") " + " PWS_LENGTH(c ".custom") \
    " + " PWS_LENGTH(c ".epoch") " + " PWS_LENGTH(c ".revisions") " + " PWS_LENGTH(c ".history")
#define PWS_COLLECTION_BYTES(c) \
    "(" PWS_TWO_ROWS " + octet_length(" c ".collection) + " PWS_COLLECTION_TEXTS(c) \
    " + " PWS_LENGTH(c ".created_by") ")"
#define PWS_CONTENT_BYTES(r) \
    r ".size + octet_length(" r ".content_type) + " PWS_LENGTH(r ".epoch") \
    " + " PWS_LENGTH(r ".writer") " + " PWS_ROW " * " r ".terms"
#define PWS_RESOURCE_BYTES(r) \
    "(" PWS_ROW " + octet_length(" r ".resource) + " PWS_CONTENT_BYTES(r) \
    " + " PWS_LENGTH(r ".custom") " + " PWS_LENGTH(r ".created_by") ")"
#define PWS_POLICY_BYTES(p) \
    "(" PWS_ROW " + octet_length(" p ".resource) + octet_length(" p ".document))"
#define PWS_TOMBSTONE_BYTES(t) \
    "(" PWS_ROW " + octet_length(" t ".id) + " PWS_LENGTH(t ".content_type") \
    " + " PWS_LENGTH(t ".writer") ")"
#define PWS_BACKEND_BYTES(b) \
    "(" PWS_ROW " + octet_length(" b ".backend) + octet_length(" b ".descriptor))"

/* By their charge, few chunks, which go with their resource, or many, which are swept by
 * themselves. */
#define PWS_FEW_CHUNKS(r) "(" r ".chunks IS NOT NULL AND " r ".chunk_bytes <= 65536)"
#define PWS_MANY_CHUNKS(r) "(" r ".chunks IS NOT NULL AND " r ".chunk_bytes > 65536)"

/* What is charged for a tombstone that is there, below the generation `parent`; else 0. */
#define PWS_TOMBSTONE_THERE(parent, kind, id) \
    "coalesce((SELECT " PWS_TOMBSTONE_BYTES("t") " FROM was_pws_tombstones t" \
    " WHERE t.space_uuid = $1 AND t.parent = " parent " AND t.kind = '" kind "'" \
    " AND t.id = " id "), 0)"

/* What the space s is charged in all: for itself, and for its collections. The sum has a row s of
 * its own, so that it is made once, and only where there is a quota. */
#define PWS_SPACE_BYTES \
    "s.bytes + (SELECT coalesce(sum(o.bytes), 0)::bigint" \
    " FROM was_pws_spaces x, was_pws_counters o" \
    " WHERE x.space_uuid = $1 AND o.space_uuid = $1 AND o.space_generation = x.generation)"

/* No quota, or: the space s grows by so many bytes within it, or does not grow. Exact for who holds
 * the space's lock. */
#define PWS_FITS(growth, quota) \
    "(" quota "::bigint IS NULL OR " growth \
    " <= greatest(0, " quota "::bigint - (" PWS_SPACE_BYTES ")))"

#define PWS_NOW_MS "floor(date_part('epoch', statement_timestamp()) * 1000)::bigint"

/* The next stamp of the row t at a time in milliseconds: its two halves, the second of which is one
 * more or 0, or NULL where t has none; and as what an UPDATE sets. By arithmetic: Citus takes no
 * time inside of a CASE there. */
#define PWS_NEXT_MS(now, ms, counter) \
    "greatest(" now ", " ms " + (" counter " = 2147483647)::integer)"
#define PWS_NEXT_COUNTER(now, ms, counter) \
    "(" counter " % 2147483647 + 1)" \
    " * (" now " <= " ms " AND " counter " < 2147483647)::integer"
#define PWS_NEXT_STAMP(t) \
    PWS_NEXT_MS(PWS_NOW_MS, t ".updated_ms", t ".updated_counter") "," \
    " " PWS_NEXT_COUNTER(PWS_NOW_MS, t ".updated_ms", t ".updated_counter")
#define PWS_MINT(t, now) \
    "updated_ms = " PWS_NEXT_MS(now, t ".updated_ms", t ".updated_counter") "," \
    " updated_counter = " PWS_NEXT_COUNTER(now, t ".updated_ms", t ".updated_counter")

/* The first stamp after the row t, if there is one: milliseconds, counter. */
#define PWS_STAMP_AFTER(t) \
    "greatest(" PWS_NOW_MS ", " t ".updated_ms + (" t ".updated_counter = 2147483647)::integer)," \
    " CASE WHEN " t ".updated_ms >= " PWS_NOW_MS " AND " t ".updated_counter < 2147483647" \
    " THEN " t ".updated_counter + 1 ELSE 0 END"

/* A stamp as columns: was_pws_stamp_read. */
#define WAS_TEXT_PWS_ORIGIN "SELECT o.origin_id FROM was_origin o"
#define PWS_ORIGIN "(" WAS_TEXT_PWS_ORIGIN ")"
#define PWS_STAMP(t) t ".updated_ms, " t ".updated_counter::bigint, " PWS_ORIGIN

#define PWS_ETAG(t) \
    "(to_hex(" t ".generation) || '-' || to_hex(" t ".updated_ms) || '-' ||" \
    " to_hex(" t ".updated_counter))"

/* The tombstone that `select` makes: uuid, parent, kind, id, generation, content type, writer,
 * position, stamp. That of an earlier life gives way. */
#define PWS_TOMBSTONE(select) \
    "INSERT INTO was_pws_tombstones AS d (space_uuid, parent, kind, id, generation, content_type," \
    " writer, position, updated_ms, updated_counter) SELECT " select \
    " ON CONFLICT (space_uuid, parent, kind, id) DO UPDATE SET generation = EXCLUDED.generation," \
    " content_type = EXCLUDED.content_type, writer = EXCLUDED.writer," \
    " position = EXCLUDED.position, updated_ms = EXCLUDED.updated_ms," \
    " updated_counter = EXCLUDED.updated_counter"

/* Of spaces and collections, which show more than their row: `local` counts changes of that. */
#define PWS_ETAG_OBJECT(t) "(" PWS_ETAG(t) " || '-' || to_hex(" t ".local))"

/* Preconditions (RFC 9110 section 13.1) of a row that is there or not, `etag` and `ms` being
 * its: as arrays of validators, `{*}` for any, NULL for no condition; Unix seconds. */
#define PWS_CONDITIONS(there, etag, ms, match, none_match, since) \
    "(" match "::text[] IS NULL OR (" there \
    " AND (" match "::text[] = '{*}' OR " etag " = ANY (" match "::text[]))))" \
    " AND (" none_match "::text[] IS NULL OR NOT (" there \
    " AND (" none_match "::text[] = '{*}' OR " etag " = ANY (" none_match "::text[]))))" \
    " AND (" since "::bigint IS NULL OR NOT " there " OR " ms " / 1000 <= " since "::bigint)"

/* None of the delegations, given as their hashes, was revoked; of none at all (NULL) neither. */
#define PWS_UNREVOKED(delegations) \
    "(" delegations "::bytea[] IS NULL OR NOT EXISTS (SELECT 1 FROM was_pws_revocations v" \
    " WHERE v.space_uuid = $1 AND v.delegation = ANY (" delegations "::bytea[])))"

/* What a write stands on: $1 uuid, $2 the controller whose root capability was verified, $3 the
 * hashes of the capability's delegations, none of which was revoked (NULL: the root itself). */
#define PWS_HELD \
    "s.space_uuid = $1 AND s.controller = $2::text AND " PWS_UNREVOKED("$3")

/* The same for all writes but revocations, which only take rights away: not while the operator has
 * the space kept as it is. What is revoked while it is copied to another database would be lost. */
#define PWS_GRANTED PWS_HELD " AND NOT s.is_frozen"
#define PWS_REVOCABLE PWS_HELD " AND NOT " WAS_SQL_MOVING("s")

/* In place of an id that may be NULL: then one that cannot be. A comparison with NULL would make
 * the join one on nothing, which Citus refuses. */
#define PWS_OR_NONE(id) "coalesce(" id "::text, '')"

/* The live collection c of the space s, and its counter k. */
#define PWS_COLLECTION(id) \
    "c.space_uuid = $1 AND c.space_generation = s.generation AND c.collection = " id "::text"
#define PWS_COUNTER "k.space_uuid = $1 AND k.collection_generation = c.generation"

/* The same for ..._RAISE, which may find a counter that ..._LOCK did not: of a collection that was
 * made in between. If it has to wait for that one's writers then, it knows of what they wrote
 * nothing but the other token, and does not write; the collection was not there yet. */
#define PWS_COUNTER_SEEN \
    PWS_COUNTER " AND k.token = (SELECT o.token FROM was_pws_counters o" \
    " WHERE o.space_uuid = $1 AND o.collection_generation = k.collection_generation)"

/* The same for a step behind ..._RAISE: $1 uuid, $2 collection, and the token. */
#define PWS_RAISED(token) \
    "s.space_uuid = $1 AND " PWS_COLLECTION("$2") " AND " PWS_COUNTER \
    " AND k.token = " token "::bigint"
#define PWS_TABLES "was_pws_spaces s, was_pws_collections c, was_pws_counters k"

/* A collection's generation as a scalar, so that a page is read in its index's order. */
#define PWS_GENERATION(id) \
    "(SELECT c.generation FROM was_pws_spaces s, was_pws_collections c" \
    " WHERE s.space_uuid = $1 AND " PWS_COLLECTION(id) ")"

/* The policies that may count, from the resource $4 up. */
#define PWS_POLICY_OF(parent, id) \
    "(SELECT p.document FROM was_pws_policies p WHERE p.space_uuid = $1" \
    " AND p.parent = " parent ".generation AND p.resource = " id ")"
#define PWS_POLICY_OF_RESOURCE PWS_POLICY_OF("c", "$4::text")
#define PWS_POLICY_OF_COLLECTION PWS_POLICY_OF("c", "''")
#define PWS_POLICY_OF_SPACE PWS_POLICY_OF("s", "''")

/* uuid, delegations, collection, resource -> controller, revoked?, the policies from the resource
 * up, the rest of the space's row */
#define PWS_AUTHORIZATION(policies) \
    "s.controller, EXISTS (SELECT 1 FROM was_pws_revocations v" \
    " WHERE v.space_uuid = $1 AND v.delegation = ANY ($2::bytea[])), " policies "," \
    " s.name, s.created_by, " PWS_ETAG_OBJECT("s") ", s.updated_ms / 1000," \
    " " WAS_SQL_FROZEN_LATELY("s")
#define PWS_AUTHORIZATION_POLICIES \
    PWS_POLICY_OF_RESOURCE ", " PWS_POLICY_OF_COLLECTION ", " PWS_POLICY_OF_SPACE
#define PWS_AUTHORIZATION_TABLES \
    " FROM was_pws_spaces s LEFT JOIN was_pws_collections c ON " PWS_COLLECTION(PWS_OR_NONE("$3"))
#define WAS_TEXT_PWS_AUTHORIZE \
    "SELECT " PWS_AUTHORIZATION(PWS_AUTHORIZATION_POLICIES) PWS_AUTHORIZATION_TABLES \
    " WHERE s.space_uuid = $1"

/* What else describes the space d: type, stamp, the descriptors of its backends with commas. */
#define PWS_SPACE_COLUMNS(d) \
    d ".type, " PWS_STAMP(d) ", CASE WHEN " d ".space_uuid IS NOT NULL THEN" \
    " (SELECT string_agg(l.descriptor, ',' ORDER BY l.backend)" \
    " FROM (" WAS_TEXT_PWS_BACKEND_LIST ") l) END"

/* the same, controller -> the same, what else describes the space: only for that controller, while
 * nothing is revoked */
#define WAS_TEXT_PWS_AUTHORIZE_SPACE \
    "SELECT " PWS_AUTHORIZATION(PWS_AUTHORIZATION_POLICIES) ", " PWS_SPACE_COLUMNS("d") \
    PWS_AUTHORIZATION_TABLES \
    " LEFT JOIN was_pws_spaces d ON d.space_uuid = $1" \
    " AND s.controller = $5::text AND " PWS_UNREVOKED("$2") " WHERE s.space_uuid = $1"

#define PWS_CONTENT_READ(t, length) \
    t ".content_type, " t ".size, " PWS_ETAG(t) ", " t ".updated_ms / 1000," \
    " CASE WHEN " t ".size <= " length "::bigint THEN " t ".content END, " t ".parts, " t ".digest"
#define PWS_RESOURCE_COLUMNS(length) PWS_CONTENT_READ("r", length)

/* grant: one at a time among those who make a collection, write a backend or the space's policy,
 * revoke, write under a quota, or delete the space. Who may not, waits for nobody and keeps nobody
 * waiting. */
#define WAS_TEXT_PWS_SPACE_LOCK \
    "SELECT 1 FROM was_pws_spaces s WHERE " PWS_GRANTED " FOR UPDATE OF s"

/* grant, token, ...: a write of what belongs to the space itself; behind the space's lock */
#define PWS_SPACE_RAISE(growth) \
    "UPDATE was_pws_spaces s SET token = $4::bigint, bytes = s.bytes + " growth

/* What it sets besides where the space's description shows it: that moves the validator, and is no
 * write of the space. */
#define PWS_SPACE_SHOWS ", local = ((s.local + 1::bigint) % 2147483648)::integer"

/* For a step behind it: $1 uuid, $2 the token. */
#define PWS_SPACE_RAISED "s.space_uuid = $1 AND s.token = $2::bigint"

/* uuid, controller -> bytes that its space is charged */
#define WAS_TEXT_PWS_SPACE_USAGE \
    "SELECT " PWS_SPACE_BYTES " FROM was_pws_spaces s" \
    " WHERE s.space_uuid = $1 AND s.controller = $2::text"

/* What the type of a space is charged: nothing, if it says no more than that it is a space. */
#define PWS_TYPE_BYTES(type) PWS_LENGTH("nullif(" type ", '[\"Space\"]')")

/* scope and delegations of the controller's consent, uuid, generation, controller, name, created
 * by, most, type -> validator, stamp. What an earlier life has revoked is this one's. */
#define WAS_TEXT_PWS_SPACE_INSERT \
    "INSERT INTO was_pws_spaces AS s" \
    " (space_uuid, generation, controller, name, created_by, type, created_ms, updated_ms," \
    " bytes) SELECT $3, $4::bigint, $5::text, $6::text, $7::text, $9::text, " PWS_NOW_MS "," \
    " " PWS_NOW_MS "," \
    " " PWS_ROW " + octet_length($3::text) + octet_length($5::text) + " PWS_LENGTH("$6::text") \
    " + " PWS_LENGTH("$7::text") " + " PWS_TYPE_BYTES("$9::text") \
    " + " PWS_ROW " * (SELECT count(*) FROM (SELECT 1 FROM was_pws_revocations v" \
    " WHERE v.space_uuid = $3 FOR SHARE OF v) n)" \
    " WHERE " PWS_UNREVOKED("$2") " AND " WAS_SQL_FEWER("$5::text", "$8") \
    " ON CONFLICT DO NOTHING RETURNING " PWS_ETAG_OBJECT("s") ", " PWS_STAMP("s")

/* uuid -> controller, name, created by, validator, Unix seconds, what else describes the space */
#define WAS_TEXT_PWS_SPACE_GET \
    "SELECT s.controller, s.name, s.created_by, " PWS_ETAG_OBJECT("s") ", s.updated_ms / 1000," \
    " " PWS_SPACE_COLUMNS("s") " FROM was_pws_spaces s WHERE s.space_uuid = $1"

/* uuid, controller, the new one, name, 3 conditions, most -> validator */
#define WAS_TEXT_PWS_SPACE_UPDATE \
    "UPDATE was_pws_spaces s SET controller = $3::text, name = $4::text, local = 0," \
    " bytes = s.bytes + octet_length($3::text) - octet_length(s.controller)" \
    " + " PWS_LENGTH("$4::text") " - " PWS_LENGTH("s.name") "," \
    " " PWS_MINT("s", PWS_NOW_MS) \
    " WHERE s.space_uuid = $1 AND s.controller = $2::text AND NOT s.is_frozen" \
    " AND " PWS_CONDITIONS("true", PWS_ETAG_OBJECT("s"), "s.updated_ms", "$5", "$6", "$7") \
    " AND ($2::text = $3::text OR " WAS_SQL_FEWER("$3::text", "$8") ")" \
    " RETURNING " PWS_ETAG_OBJECT("s")

/* uuid, 3 conditions -> controller, is the space as they demand?, is it kept as it is? */
#define WAS_TEXT_PWS_SPACE_STATE \
    "SELECT s.controller, " \
    PWS_CONDITIONS("true", PWS_ETAG_OBJECT("s"), "s.updated_ms", "$2", "$3", "$4") \
    ", " WAS_SQL_FROZEN_LATELY("s") " FROM was_pws_spaces s WHERE s.space_uuid = $1"

/* controller, after, limit, extra bytes -> uuid, name, type, bytes so far */
#define WAS_TEXT_PWS_SPACE_LIST \
    WAS_SQL_PAGE("p.space_uuid, p.name, p.type", "space_uuid", \
    "2 * octet_length(q.space_uuid) + " WAS_SQL_BYTES("q.name") " + octet_length(q.type)" \
    " + $4::bigint", \
    "SELECT s.space_uuid, s.name, s.type FROM was_pws_spaces s" \
    " WHERE s.controller = $1::text AND s.space_uuid > $2::text" \
    " ORDER BY s.space_uuid LIMIT $3::bigint")

/* controller -> how many it has */
#define WAS_TEXT_PWS_SPACE_COUNT \
    "SELECT count(*) FROM was_pws_spaces s WHERE s.controller = $1::text"

/* grant; behind the space's lock, in this order: writers that have begun end first, and what is
 * below the space belongs to a generation that nobody names any more. Of a space of more than a
 * thousand collections some may still write, into what nobody sees; the sweep waits for all of them
 * before it looks what there is. */
#define WAS_TEXT_PWS_SPACE_COUNTERS_LOCK \
    "SELECT 1 FROM was_pws_counters k WHERE k.space_uuid = $1 AND k.collection_generation = ANY (" \
    "ARRAY(SELECT c.generation FROM was_pws_spaces s, was_pws_collections c WHERE " PWS_GRANTED \
    " AND c.space_uuid = $1 AND c.space_generation = s.generation LIMIT 1000)) FOR UPDATE OF k"
#define PWS_SWEEP "INSERT INTO was_sweeps (space_uuid, generation, kind, since_ms)"
#define WAS_TEXT_PWS_SPACE_SWEEP \
    PWS_SWEEP " SELECT s.space_uuid, s.generation, 'space', " PWS_NOW_MS \
    " FROM was_pws_spaces s WHERE " PWS_GRANTED
/* grant -> a row: not one that was made after the step before had looked */
#define WAS_TEXT_PWS_SPACE_DELETE \
    "DELETE FROM was_pws_spaces s WHERE " PWS_GRANTED \
    " AND EXISTS (SELECT 1 FROM was_sweeps w WHERE w.space_uuid = $1" \
    " AND w.generation = s.generation) RETURNING 1"

/* uuid -> backend, descriptor */
#define PWS_BACKENDS \
    "SELECT b.backend, b.descriptor FROM was_pws_backends b WHERE b.space_uuid = $1" \
    " AND b.space_generation = (SELECT s.generation FROM was_pws_spaces s WHERE s.space_uuid = $1)"
#define WAS_TEXT_PWS_BACKEND_LIST \
    WAS_SQL_PAGE("p.backend, p.descriptor", "backend", "octet_length(q.descriptor)", \
    PWS_BACKENDS " ORDER BY b.backend LIMIT 1000")
/* uuid, backend -> the same */
#define WAS_TEXT_PWS_BACKEND_GET PWS_BACKENDS " AND b.backend = $2::text"
/* uuid -> how many there are */
#define WAS_TEXT_PWS_BACKEND_COUNT "SELECT count(*) FROM (" PWS_BACKENDS ") b"

/* grant, token, backend, descriptor, may it be there already?, quota or NULL -> is it new? One more
 * only where there are fewer than so many; exact for who holds the space's lock. */
#define PWS_BACKEND(id) \
    "b.space_uuid = $1 AND b.space_generation = s.generation AND b.backend = " id "::text"
#define PWS_BACKEND_NEW \
    "NOT EXISTS (SELECT 1 FROM was_pws_backends b WHERE " PWS_BACKEND("$5") ")"
#define PWS_BACKEND_GROWTH \
    "(" PWS_ROW " + octet_length($5::text) + octet_length($6::text) - coalesce((SELECT " \
    PWS_BACKEND_BYTES("b") " FROM was_pws_backends b WHERE " PWS_BACKEND("$5") "), 0))"
#define WAS_TEXT_PWS_BACKEND_RAISE \
    PWS_SPACE_RAISE(PWS_BACKEND_GROWTH) PWS_SPACE_SHOWS " WHERE " PWS_GRANTED \
    " AND ($7::boolean OR " PWS_BACKEND_NEW ") AND (NOT " PWS_BACKEND_NEW \
    " OR (SELECT count(*) FROM was_pws_backends o WHERE o.space_uuid = $1" \
    " AND o.space_generation = s.generation) < 32) AND " PWS_FITS(PWS_BACKEND_GROWTH, "$8") \
    " RETURNING " PWS_BACKEND_NEW

/* uuid, token, backend, descriptor */
#define WAS_TEXT_PWS_BACKEND_PUT \
    "INSERT INTO was_pws_backends (space_uuid, space_generation, backend, descriptor)" \
    " SELECT s.space_uuid, s.generation, $3::text, $4::text FROM was_pws_spaces s" \
    " WHERE " PWS_SPACE_RAISED " ON CONFLICT (space_uuid, space_generation, backend)" \
    " DO UPDATE SET descriptor = EXCLUDED.descriptor"

/* grant, token, backend -> a row */
#define WAS_TEXT_PWS_BACKEND_RAISE_DELETE \
    PWS_SPACE_RAISE("- " PWS_BACKEND_BYTES("b")) PWS_SPACE_SHOWS " FROM was_pws_backends b" \
    " WHERE " PWS_GRANTED " AND " PWS_BACKEND("$5") " RETURNING 1"
/* uuid, token, backend */
#define WAS_TEXT_PWS_BACKEND_DELETE \
    "DELETE FROM was_pws_backends b USING was_pws_spaces s WHERE " PWS_SPACE_RAISED \
    " AND " PWS_BACKEND("$3")

/* clang-format on */

#endif
