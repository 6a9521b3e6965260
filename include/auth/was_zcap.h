/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_ZCAP_H
#define WAS_ZCAP_H

#include "auth/was_did.h"
#include "base/was_json.h"

#include <apr_time.h>

/*
 * was_zcap: capabilities, their delegation chains, and what they allow (protocol/pws section 6).
 * Pure: who controls a root, what time it is and what was revoked are arguments. Knows no request,
 * no space and no database.
 */

enum {
    WAS_ZCAP_MAX_BYTES = 64 * 1024, /* of a capability's JSON */
    WAS_ZCAP_MAX_LENGTH = 10,       /* of a chain: root, ancestors and tail */
    WAS_ZCAP_MAX_CONTROLLERS = 16,
    WAS_ZCAP_MAX_ACTIONS = 32,
    WAS_ZCAP_SKEW = 300,                 /* seconds, where section 6.4 grants any */
    WAS_ZCAP_LIFETIME = 3653 * 24 * 3600 /* seconds, of a delegation: ten years */
};

/* One delegation. Texts live as long as the JSON that they were read from, or the pool. */
typedef struct was_zcap_delegation_t {
    const char *id;
    const char *parent; /* parentCapability */
    const char *target; /* invocationTarget */
    const char *const *controllers;
    int ncontrollers;
    const char *const *actions; /* allowedAction; NULL: any */
    int nactions;
    apr_time_t expires;    /* microseconds since 1970 */
    apr_time_t created;    /* of the proof */
    const char *delegator; /* DID of the proof's verificationMethod; for revocation */
    const json_t *json;
} was_zcap_delegation_t;

/* Root to tail. A root that is invoked itself has no delegations. */
typedef struct was_zcap_chain_t {
    const char *root_id;     /* urn:zcap:root:... as sent */
    const char *root_target; /* decoded: the URL that the root is for */
    const was_zcap_delegation_t *delegations;
    int ndelegations;
} was_zcap_chain_t;

/* The URL of a root's id (`urn:zcap:root:` and the percent-encoded URL), in the pool; NULL when it
 * is not one that encodeURIComponent makes (in either case of hex digits). Ids of roots are the
 * same when their URLs are. */
const char *was_zcap_root_target(const char *root_id, apr_pool_t *pool);

/*
 * Expands a delegated capability into its chain and checks every shape of section 6.2: members,
 * nesting, the embedded parents' own chains, that each names the one before it as its parent,
 * cycles, length. Verifies no signature. Members that would narrow what is delegated in ways that
 * we do not know are refused; others that we do not know are not looked at.
 * Errors: MALFORMED, pointer "/capability-invocation".
 */
WAS_CHECKED const was_error_t *was_zcap_expand(const json_t *capability, was_zcap_chain_t *chain,
                                               apr_pool_t *pool);

/*
 * Steps 3b-3g of section 6.4 for every delegation of an expanded chain, given the DID that controls
 * the root: attenuation of targets, actions and expiry, order of proofs, signatures, delegators.
 * Holds for ever, whatever the time is: what is to be cached.
 * Errors: FORBIDDEN; the detail says which delegation and rule, for tests and logs. BROKEN (out of
 * memory).
 */
WAS_CHECKED const was_error_t *was_zcap_verify(const was_zcap_chain_t *chain,
                                               const char *root_controller, apr_pool_t *pool);

/* Whether `url` is `base` or lies within it (section 6.3); strings are compared, not normalized. */
bool was_zcap_within(const char *base, const char *url);

/* When a delegation ends, in microseconds since 1970: when it expires, and WAS_ZCAP_LIFETIME behind
 * its proof at the latest, whatever it says: for so long must be known that it was revoked. */
apr_time_t was_zcap_end(const was_zcap_delegation_t *delegation);

/* Whether something of a verified chain was delegated to this DID, on the way or in the end; so all
 * who delegated are held, but for the one who controls the root. */
bool was_zcap_is_held(const was_zcap_chain_t *chain, const char *did);

/* What someone tries to do with a verified chain. */
typedef struct was_zcap_use_t {
    const char *url;     /* scheme, host and raw target */
    const char *action;  /* as invoked; a HEAD may use a GET */
    const char *invoker; /* DID whose signature verified */
    apr_int64_t created; /* of the invocation, Unix seconds */
    apr_int64_t now;     /* Unix seconds */
    const char *root_controller;
} was_zcap_use_t;

/* Why not. */
typedef enum was_zcap_verdict_t {
    WAS_ZCAP_ALLOWED,
    WAS_ZCAP_EXPIRED, /* all else holds, and the invoker is the capability's own holder */
    WAS_ZCAP_REFUSED
} was_zcap_verdict_t;

/* Steps 3h and 4 of section 6.4 (for a root: controller, target, action). */
was_zcap_verdict_t was_zcap_allows(const was_zcap_chain_t *chain, const was_zcap_use_t *use);

#endif
