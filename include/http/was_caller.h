/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_CALLER_H
#define WAS_CALLER_H

#include <apr_network_io.h>

/*
 * was_caller: the number by which the store knows whose statements are whose (was_db_of_caller). It
 * is another one in each configuration, so that nobody can choose to share somebody's.
 */

/* Of who has proven a DID. */
apr_uint32_t was_caller_of_did(const char *did);

/* Of who has not: of an IPv4 address, also in IPv6's notation, or of an IPv6 network of 64 bits,
 * since one customer has as many addresses as that. */
apr_uint32_t was_caller_of_address(const apr_sockaddr_t *address);

#endif
