/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_NOTES_H
#define WAS_NOTES_H

#include <httpd.h>

/*
 * was_notes: what this module remembers of a request of httpd's from one hook to the next. A member
 * is its room's alone.
 */
typedef struct was_notes_t {
    struct was_parsed_t *parsed; /* was_target's */
    int row;                     /* was_status': what it counts as; 0 when nobody has said */
} was_notes_t;

/* Those of a request; all zero at first. */
was_notes_t *was_notes_of(request_rec *r);

#endif
