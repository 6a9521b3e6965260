/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DBD_H
#define WAS_DBD_H

#include "store/was_lender.h"

struct server_rec;

/*
 * was_dbd: mod_dbd as a lender of connections. The only room that includes mod_dbd and apr_dbd.
 */

/* The one of a server's pool; it lends nothing where mod_dbd is not loaded. In the pool. */
const was_lender_t *was_dbd_lender(struct server_rec *server, apr_pool_t *pool);

#endif
