/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * pws_settle: what becomes of a request whose write was to carry the right along, by what the write
 * said, whether it did carry it, and what the store says of who asks.
 */
#include "tap.h"

#include "http/was_digests.h"
#include "http/was_protocol.h"
#include "pws/pws_auth.h"
#include "pws/pws_chain.h"
#include "pws/pws_ids.h"

/* The space is this one's. */
static const char controller[] = "did:key:zController";

static const char *invoker; /* whose root the request invokes */
static bool revoked, frozen;
static int reads; /* of the store, for an authorization */

static const struct {
    bool pending;
    was_error_kind_t error; /* of the write; COUNT: none */
    bool carried;
    const char *invoker;
    bool revoked;
    was_error_kind_t told; /* COUNT: success */
    int reads;
    const char *name;
    bool frozen;
} cases[] = {
    {true, WAS_ERROR_KIND_COUNT, true, controller, false, WAS_ERROR_KIND_COUNT, 0,
     "a write with its right", false},
    {true, WAS_ERROR_KIND_COUNT, false, controller, false, WAS_ERROR_BROKEN, 1,
     "a write that forgot it, of who has the right", false},
    {true, WAS_ERROR_KIND_COUNT, false, "did:key:zStranger", false, WAS_ERROR_NOT_FOUND, 1,
     "the same, of a stranger", false},
    {true, WAS_ERROR_PRECONDITION, true, controller, false, WAS_ERROR_PRECONDITION, 1,
     "what was wrong, to who has the right", false},
    {true, WAS_ERROR_PRECONDITION, true, "did:key:zStranger", false, WAS_ERROR_NOT_FOUND, 1,
     "and to a stranger", false},
    {true, WAS_ERROR_INVALID_BODY, false, "did:key:zStranger", false, WAS_ERROR_NOT_FOUND, 1,
     "what was wrong before the write, to a stranger", false},
    {true, WAS_ERROR_PRECONDITION, true, controller, true, WAS_ERROR_REVOKED, 1,
     "and to who had it", false},
    {true, WAS_ERROR_UNAVAILABLE, true, "did:key:zStranger", false, WAS_ERROR_UNAVAILABLE, 0,
     "no database", false},
    {true, WAS_ERROR_UNCERTAIN, true, controller, false, WAS_ERROR_UNCERTAIN, 0, "no answer",
     false},
    {true, WAS_ERROR_NOT_FOUND, true, controller, false, WAS_ERROR_FROZEN, 1,
     "the space is frozen, to who has the right", true},
    {true, WAS_ERROR_QUOTA, true, controller, false, WAS_ERROR_FROZEN, 1, "and says no more", true},
    {true, WAS_ERROR_INVALID_BODY, true, controller, false, WAS_ERROR_INVALID_BODY, 1,
     "but what is wrong with the body", true},
    {true, WAS_ERROR_NOT_FOUND, true, "did:key:zStranger", false, WAS_ERROR_NOT_FOUND, 1,
     "and not to a stranger", true},
    {false, WAS_ERROR_PRECONDITION, false, controller, false, WAS_ERROR_PRECONDITION, 0,
     "a right that was there before", false},
    {false, WAS_ERROR_KIND_COUNT, false, controller, false, WAS_ERROR_KIND_COUNT, 0,
     "the same, and nothing wrong", false},
};

const was_error_t *pws_token_missing(const was_request_t *request)
{
    return was_error_make(request->pool, WAS_ERROR_UNSIGNED, NULL, "never");
}

const char *pws_segment(const was_request_t *request, int index)
{
    (void)request;
    return index == 1 ? "s" : "x";
}

const char *pws_url(const was_request_t *request, const char *format, ...)
{
    (void)request;
    (void)format;
    return "http://127.0.0.1/space/s/";
}

apr_size_t was_digests_piece(const was_request_t *request)
{
    (void)request;
    return WAS_PIECE_BYTES;
}

const was_error_t *pws_check_id(const char *id, apr_pool_t *pool)
{
    (void)id;
    (void)pool;
    return NULL;
}

const was_error_t *pws_read_chunk(const was_request_t *request, apr_int64_t *number)
{
    (void)request;
    *number = -1;
    return NULL;
}

bool pws_is_reserved_collection(const char *id)
{
    (void)id;
    return false;
}

bool pws_is_reserved_resource(const char *id)
{
    (void)id;
    return false;
}

const char *pws_chain_controller(const was_request_t *request, const pws_state_t *state)
{
    (void)request;
    (void)state;
    return invoker;
}

was_zcap_verdict_t pws_chain_evaluate(const was_request_t *request, const pws_state_t *state)
{
    (void)request;
    (void)state;
    return WAS_ZCAP_ALLOWED;
}

void pws_chain_remember(const was_request_t *request, const pws_state_t *state)
{
    (void)request;
    (void)state;
}

const char *const *pws_chain_hashes(const was_zcap_chain_t *chain, apr_pool_t *pool)
{
    (void)chain;
    (void)pool;
    return NULL;
}

const was_error_t *was_pws_spaces_authorize(was_db_t *db, const was_pws_place_t *place,
                                            const char *const *delegations, int ndelegations,
                                            was_pws_wanted_t *wanted,
                                            was_pws_authorization_t *authorization,
                                            apr_pool_t *pool)
{
    (void)db;
    (void)place;
    (void)delegations;
    (void)ndelegations;
    (void)wanted;
    (void)pool;
    reads++;
    *authorization = (was_pws_authorization_t){
        .exists = true, .revoked = revoked, .frozen = frozen ? WAS_FROZEN_KEPT : WAS_FROZEN_NOT};
    authorization->space.controller = controller;
    return NULL;
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    static const was_route_t route = {
        .method = "PUT", .right = WAS_RIGHT_CAPABILITY, .fetch = WAS_FETCH_BY_STATEMENT};
    const was_path_t *path = NULL;

    ok(was_path_parse("/space/s/c/r", "", &path, pool) == NULL, "a path");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pws_state_t state = {.is_pending = cases[i].pending, .is_carried = cases[i].carried};
        was_request_t request = {.pool = pool, .route = &route, .path = path, .state = &state};
        const was_error_t *error = NULL;

        invoker = cases[i].invoker;
        revoked = cases[i].revoked;
        frozen = cases[i].frozen;
        reads = 0;
        if (cases[i].error != WAS_ERROR_KIND_COUNT) {
            error = was_error_make(pool, cases[i].error, NULL, "the write's");
        }
        error = pws_settle(&request, error);
        is_int(error != NULL ? error->kind : WAS_ERROR_KIND_COUNT, cases[i].told, cases[i].name);
        is_int(reads, cases[i].reads, "... and so often is the store asked");
    }
    return done();
}
