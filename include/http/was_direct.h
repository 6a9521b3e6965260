/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DIRECT_H
#define WAS_DIRECT_H

#include <httpd.h>

#include <stdbool.h>

/*
 * was_direct: what of httpd may stand between a client and us. A request is answered only when a
 * client sent it as it is, since that is what was signed; and what is stored reaches the client as
 * it is, since strangers wrote it.
 */

/*
 * Whether a client asked for this itself. False, after a line in the log, for what httpd makes of
 * another request: part of a page (SSI), the page of an error (ErrorDocument), the end of a rewrite
 * or an action. Such a request has somebody else's method, fields and body.
 */
bool was_direct_is_asked(request_rec *r);

/* Takes the filters off the request's answer that make something else of a content: SSI, Substitute
 * and the like. Those that only code it (deflate; see was_direct_uncode) or set fields (headers,
 * expires) stay. */
void was_direct_unfilter(request_rec *r);

/* Keeps content codings off an answer that has an entity tag: they would give it another one, which
 * no later request could use, and ranges would be of what they have made. Before its first byte. */
void was_direct_uncode(request_rec *r);

/* httpd's range filter cuts every answer, reads Range more generously than it is defined, knows an
 * older field too, and refuses with a page of its own. So it is left only what it is to do: fields
 * that ask for parts of a stored content, where `is_cut`. */
void was_direct_unrange(request_rec *r, bool is_cut);

#endif
