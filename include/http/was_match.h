/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_MATCH_H
#define WAS_MATCH_H

#include "http/was_protocol.h"

/*
 * was_match: the row of a protocol's table that a request is about. Only rows whose right can be
 * decided are there: the others are passed over as if the table did not have them.
 */

/* The phases that decide a right, as bits of was_phase_t. */
unsigned was_match_phases(was_right_t right);

/* The first row whose shape fits the path, whatever its method; NULL for none. */
const was_route_t *was_match_shape(const was_protocol_t *protocol, const was_path_t *path);

/* The row of this shape that answers `method` ("GET" for HEAD); NULL for none. */
const was_route_t *was_match_method(const was_protocol_t *protocol, const char *shape,
                                    const char *method);

/* The methods of the row's shape, or of no row at all for NULL, as an Allow field. */
const char *was_match_allowed(const was_protocol_t *protocol, const was_route_t *row,
                              apr_pool_t *pool);

#endif
