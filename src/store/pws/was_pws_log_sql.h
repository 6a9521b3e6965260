/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_LOG_SQL_H
#define WAS_PWS_LOG_SQL_H

#include "was_pws_collection_sql.h"

/*
 * was_pws_log_sql: the statements of the logs that govern collections; private to was_sql. Above
 * each text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* The log l of the collection c, if there is one. */
#define PWS_LOG_TABLES \
    "was_pws_spaces s, was_pws_collections c LEFT JOIN was_pws_logs l" \
    " ON l.space_uuid = $1 AND l.collection_generation = c.generation"
#define PWS_LOG_ABSENT "l.generation IS NULL"

/* Whether what is there is the beginning of a body; the body itself; and all of it but the last
 * line, of a log that ends behind a line or with its line feed. */
#define PWS_LOG_GOES_ON(body) \
    "(" PWS_LOG_ABSENT " OR l.body = substring(" body "::bytea FOR octet_length(l.body)))"
#define PWS_LOG_REPEATED(body) "coalesce(l.body = " body "::bytea, false)"
#define PWS_LOG_ONE_LINE(before) \
    "(" PWS_LOG_ABSENT " OR " before "::bigint - octet_length(l.body) IN (0, 1))"

/* A log begins where the collection has not said by itself what it takes. */
#define PWS_LOG_MAY_BEGIN \
    "(NOT " PWS_LOG_ABSENT " OR (c.encryption IS NULL AND c.plaintext IS NULL))"

/* What a log says of revisions counts as what is said when a collection is made; the first line may
 * say it where the collection has said nothing. */
#define PWS_LOG_REVISIONS_STAY(n) \
    "(c.is_immutable = " PWS_IMMUTABLE(n) " OR (" PWS_LOG_ABSENT " AND c.revisions IS NULL))"

#define PWS_LOG_CONDITIONS(match, none_match, since) \
    PWS_CONDITIONS("(NOT " PWS_LOG_ABSENT ")", PWS_ETAG("l"), "l.updated_ms", match, none_match, \
    since)

/* grant, collection, body, bytes before its last line, state, revisions, 3 conditions -> validator
 * or NULL, is the log as the conditions demand?, does it go on in the body?, is it the body?, but
 * for a line?, may it begin?, do encryption, epochs and revisions stay as they must? */
#define WAS_TEXT_PWS_LOG_LOOK \
    "SELECT " PWS_ETAG("l") ", " PWS_LOG_CONDITIONS("$9", "$10", "$11") "," \
    " " PWS_LOG_GOES_ON("$5") ", " PWS_LOG_REPEATED("$5") ", " PWS_LOG_ONE_LINE("$6") "," \
    " " PWS_LOG_MAY_BEGIN ", " PWS_ENCRYPTION_STAYS("c.encryption", "$7::text") "," \
    " " PWS_EPOCHS_STAY("c.encryption", "$7::text") ", " PWS_LOG_REVISIONS_STAY("$8") \
    " FROM " PWS_LOG_TABLES " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4")

/* grant, collection, token, body, bytes before its last line, state, method, revisions, 3
 * conditions, quota or NULL -> a row */
#define PWS_LOG_GROWTH \
    "(octet_length($6::bytea) + octet_length($8::text) + octet_length($9::text)" \
    " + " PWS_LENGTH("$10::text") " - " PWS_LENGTH("c.encryption") " - " PWS_LENGTH("c.history") \
    " - " PWS_LENGTH("c.revisions") " + CASE WHEN " PWS_LOG_ABSENT " THEN " PWS_ROW \
    " ELSE - octet_length(l.body) END)"
#define WAS_TEXT_PWS_LOG_RAISE \
    PWS_RAISE("1", "$5") ", bytes = k.bytes + " PWS_LOG_GROWTH " FROM " PWS_LOG_TABLES \
    " WHERE " PWS_GRANTED " AND " PWS_COLLECTION("$4") " AND " PWS_COUNTER_SEEN \
    " AND " PWS_LOG_CONDITIONS("$11", "$12", "$13") " AND " PWS_LOG_GOES_ON("$6") \
    " AND " PWS_LOG_ONE_LINE("$7") " AND " PWS_LOG_MAY_BEGIN \
    " AND " PWS_ENCRYPTION_STAYS("c.encryption", "$8::text") \
    " AND " PWS_EPOCHS_STAY("c.encryption", "$8::text") " AND " PWS_LOG_REVISIONS_STAY("$10") \
    " AND " PWS_FITS(PWS_LOG_GROWTH, "$14") " RETURNING 1"

/* uuid, collection, token, body -> validator. The token marks the generation of a new log. */
#define WAS_TEXT_PWS_LOG_PUT \
    "INSERT INTO was_pws_logs AS l (space_uuid, collection_generation, generation, body," \
    " position, updated_ms, updated_counter) SELECT c.space_uuid, c.generation, $3::bigint," \
    " $4::bytea, k.position, " PWS_NOW_MS ", 0 FROM " PWS_TABLES " WHERE " PWS_RAISED("$3") \
    " ON CONFLICT (space_uuid, collection_generation) DO UPDATE SET body = EXCLUDED.body," \
    " position = EXCLUDED.position, " PWS_MINT("l", "EXCLUDED.updated_ms") \
    " RETURNING " PWS_ETAG("l")

/* uuid, collection, token, state, method, revisions: what the collection shows, which is no write
 * of its own */
#define WAS_TEXT_PWS_LOG_SHOW \
    "UPDATE was_pws_collections c SET encryption = $4::text, history = $5::text," \
    " revisions = $6::text, is_immutable = " PWS_IMMUTABLE("$6") "," \
    " local = ((c.local + 1::bigint) % 2147483648)::integer" \
    " FROM was_pws_spaces s, was_pws_counters k WHERE " PWS_RAISED("$3")

/* uuid, collection -> body, validator, Unix milliseconds of its latest write */
#define WAS_TEXT_PWS_LOG_GET \
    "SELECT l.body, " PWS_ETAG("l") ", l.updated_ms FROM was_pws_logs l" \
    " WHERE l.space_uuid = $1 AND l.collection_generation = " PWS_GENERATION("$2")

/* clang-format on */

#endif
