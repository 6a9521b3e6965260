/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PWS_REVOCATION_SQL_H
#define WAS_PWS_REVOCATION_SQL_H

#include "was_pws_sql.h"

/*
 * was_pws_revocation_sql: statements of what was revoked, in a space or in none; private to
 * was_sql. Above each text: its values in order -> its columns.
 */
/* The statements are laid out to be read as SQL. */
/* clang-format off */

/* grant -> a row: the space's lock, for one who revokes */
#define WAS_TEXT_PWS_REVOKE_LOCK \
    "SELECT 1 FROM was_pws_spaces s WHERE " PWS_REVOCABLE " FOR UPDATE OF s"

/* What has expired long ago gives way: by the transaction's time, so that what is charged no more
 * is what is forgotten. */
#define PWS_REVOCATION_EXPIRED "v.keep_until < floor(date_part('epoch', now()))::bigint"
#define PWS_REVOCATIONS_FEWER(delegation, most) \
    "(SELECT count(*) FROM was_pws_revocations v WHERE v.space_uuid = $1" \
    " AND v.delegation <> " delegation "::bytea AND NOT " PWS_REVOCATION_EXPIRED ")" \
    " < " most "::bigint"
#define PWS_REVOCATION_INSERT \
    "INSERT INTO was_pws_revocations AS v (space_uuid, delegation, keep_until) SELECT "
#define PWS_REVOCATION_KEPT \
    " ON CONFLICT (space_uuid, delegation)" \
    " DO UPDATE SET keep_until = greatest(v.keep_until, EXCLUDED.keep_until)"

/* grant, token, hash of the delegation, how many there may be, quota or NULL -> a row, also where
 * it was revoked already */
#define PWS_REVOCATION_GROWTH \
    "(" PWS_ROW " * (1 - (SELECT count(*) FROM was_pws_revocations v" \
    " WHERE v.space_uuid = $1 AND (v.delegation = $5::bytea OR " PWS_REVOCATION_EXPIRED "))))"
#define WAS_TEXT_PWS_REVOKE_RAISE \
    PWS_SPACE_RAISE(PWS_REVOCATION_GROWTH) " WHERE " PWS_REVOCABLE \
    " AND " PWS_REVOCATIONS_FEWER("$5", "$6") \
    " AND " PWS_FITS(PWS_REVOCATION_GROWTH, "$7") " RETURNING 1"
/* uuid, token; then the same, hash, Unix seconds until which it is kept */
#define WAS_TEXT_PWS_REVOKED_FORGET \
    "DELETE FROM was_pws_revocations v USING was_pws_spaces s WHERE " PWS_SPACE_RAISED \
    " AND v.space_uuid = $1 AND " PWS_REVOCATION_EXPIRED
#define WAS_TEXT_PWS_REVOKE \
    PWS_REVOCATION_INSERT "$1, $3::bytea, $4::bigint FROM was_pws_spaces s" \
    " WHERE " PWS_SPACE_RAISED PWS_REVOCATION_KEPT

/* Of what is in no space, and charged to none; behind the lock of the controller, whose DID is the
 * scope. Scope; then the same, hash, Unix seconds until which it is kept, how many there may be ->
 * a row, also where it was revoked already. */
#define WAS_TEXT_PWS_REVOKED_FORGET_ELSEWHERE \
    "DELETE FROM was_pws_revocations v WHERE v.space_uuid = $1 AND " PWS_REVOCATION_EXPIRED
#define WAS_TEXT_PWS_REVOKE_ELSEWHERE \
    PWS_REVOCATION_INSERT "$1, $2::bytea, $3::bigint" \
    " WHERE " PWS_REVOCATIONS_FEWER("$2", "$4") PWS_REVOCATION_KEPT " RETURNING 1"

/* scope, delegations -> was any revoked? */
#define WAS_TEXT_PWS_REVOKED "SELECT NOT " PWS_UNREVOKED("$2")

/* clang-format on */

#endif
