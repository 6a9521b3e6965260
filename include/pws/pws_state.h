/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef PWS_STATE_H
#define PWS_STATE_H

#include "auth/was_zcap.h"
#include "http/was_request.h"
#include "store/pws/was_pws_revocations.h"
#include "store/pws/was_pws_spaces.h"

/*
 * pws_state: what a request of Portable Web Spaces holds, and what it was found to be allowed;
 * made by pws_authenticate, filled by pws_authorize, read by handlers.
 */

/* Section 10.1: what a client says of a space that it makes. */
typedef struct pws_creation_t {
    const char *id;
    was_pws_space_change_t change;
    was_pws_consent_t consent; /* of its controller */
} pws_creation_t;

typedef struct pws_state_t {
    bool verified;          /* it carries a signature that is good, and what follows is set: */
    was_zcap_chain_t chain; /* that it invokes */
    const char *capability; /* as sent; NULL for a root */
    bool chain_verified;    /* by an earlier request */
    const char *action;
    bool is_onboarding; /* it shows the token that lets it make a space, and is not signed */
    /* After the first phase of authorization: */
    bool is_pending;        /* the row's statements are to carry the right along */
    bool is_carried;        /* they have */
    bool is_refused;        /* the space is not the caller's; the body decides how he is told */
    bool is_public;         /* only a policy lets him read, and it lets anybody */
    bool may_write;         /* he asks for a write, and has the right */
    was_frozen_t frozen;    /* and whether nobody may write to the space */
    bool exists;            /* the space does; unknown while it is pending */
    was_pws_space_t space;  /* when it exists */
    const char *controller; /* the space's; NULL when there is no space */
    const char *const *delegations;      /* of the chain, for the store: SHA-256 in hexadecimal */
    struct pws_inspection_t *inspection; /* of a content that is to be JSON; NULL: none came */
    was_resource_t *resource;            /* the content that a read is about; NULL: there is none */
    /* After the second one, of the rights that the body decides: */
    const pws_creation_t *creation;         /* that its controller consents to */
    const was_pws_consent_t *lister;        /* whose spaces may be listed, a DID; NULL: nobody's */
    const was_pws_revocation_t *revocation; /* by who may */
} pws_state_t;

const pws_state_t *pws_state(const was_request_t *request);

/* What a write stands on. */
was_grant_t pws_grant(const was_request_t *request);

#endif
