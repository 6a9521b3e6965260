/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_import_revocations: what an archive says was revoked (protocol/pws-next section F.6). Owns
 * which of it counts here: what the importer could revoke himself. Refuses to know how that is
 * stored.
 */

#include "pws/pws_import.h"

#include "http/was_problem.h"
#include "pws/pws.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"

#include <string.h>

enum { DAY = 24 * 3600 };

const was_error_t *pws_import_read_revocation(const pws_import_t *import, const pws_item_t *item,
                                              json_t **capability, apr_pool_t *pool)
{
    static const char *const members[] = {"delegator", "rootTarget", "created", "expires"};
    json_t *record;

    WAS_TRY(pws_import_object(import, item, &record, pool));
    const json_t *meta = json_object_get(record, "meta");
    bool is_good = json_is_object(json_object_get(record, "capability"));

    for (apr_size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        is_good &= json_is_string(json_object_get(meta, members[i]));
    }
    *capability = json_object_get(record, "capability");
    return is_good ? NULL : was_unpack_refuse(pool, "a revocation in it is none");
}

/* Whether the importer may revoke it here: a chain that holds under the space, of which he is its
 * controller, by no delegation, or one of its holders. */
static const was_error_t *check_revocation(const was_request_t *request,
                                           const was_zcap_chain_t *chain, apr_pool_t *pool)
{
    const char *url = pws_url(request, "/space/%s/", pws_segment(request, 1));
    const was_grant_t grant = pws_grant(request);

    if (chain->ndelegations == 0 || !was_zcap_within(url, chain->root_target)) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "a revocation of an archive: not of here");
    }
    WAS_TRY(was_zcap_verify(chain, grant.controller, pool));
    if (grant.ndelegations > 0 || (strcmp(request->caller, grant.controller) != 0 &&
                                   !was_zcap_is_held(chain, request->caller))) {
        return was_error_log(pool, WAS_ERROR_NOT_FOUND, "a revocation of an archive: by whom");
    }
    return apr_time_sec(chain->delegations[chain->ndelegations - 1].created) <=
                   request->now + WAS_ZCAP_SKEW
               ? NULL
               : was_error_log(pool, WAS_ERROR_NOT_FOUND, "a revocation of an archive: too early");
}

static const was_error_t *revoke_one(const pws_import_t *import, const pws_item_t *item,
                                     apr_pool_t *pool)
{
    was_request_t *request = import->request;
    const was_grant_t grant = pws_grant(request);
    was_zcap_chain_t chain;
    json_t *capability;

    WAS_TRY(pws_import_read_revocation(import, item, &capability, pool));
    WAS_TRY(was_zcap_expand(capability, &chain, pool));
    WAS_TRY(check_revocation(request, &chain, pool));
    const was_zcap_delegation_t *tail = &chain.delegations[chain.ndelegations - 1];
    const was_pws_revocation_t revocation = {
        .scope = grant.space,
        .delegation = pws_chain_hash(tail, pool),
        .keep_until = apr_time_sec(was_zcap_end(tail)) + DAY,
        .by_controller = strcmp(request->caller, grant.controller) == 0,
    };

    return apr_time_sec(was_zcap_end(tail)) < request->now
               ? NULL
               : was_pws_revocations_add(request->db, &grant, &revocation, pool);
}

void pws_import_revoke(const pws_import_t *import)
{
    apr_pool_t *scratch;

    apr_pool_create(&scratch, import->request->pool);
    for (int i = 0; i < import->revocations->nelts; i++) {
        apr_pool_clear(scratch);
        const was_error_t *error =
            revoke_one(import, &APR_ARRAY_IDX(import->revocations, i, pws_item_t), scratch);

        if (error != NULL) {
            was_problem_log_skipped(import->request, error);
        }
    }
}
