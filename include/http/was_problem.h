/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_PROBLEM_H
#define WAS_PROBLEM_H

#include "http/was_protocol.h"

/*
 * was_problem: the one way from an error to what a client and an operator are told of it: a status,
 * a problem document (RFC 9457), a line in the log.
 */

typedef struct was_problem_t {
    int status;
    const char *text; /* the document */
    apr_size_t length;
} was_problem_t;

/* The problem that the error is to the request's protocol. Logs it: failures of ours at ERR with
 * all that led to them, refusals at INFO. Fails never: what cannot be told is a problem, too. */
was_problem_t was_problem_make(const was_request_t *request, const was_error_t *error);

/* Logs the error for which an answer that has begun ends early, at the same levels. */
void was_problem_log_cut(const was_request_t *request, const was_error_t *error);

/* Logs why a part of what was asked is left out, likewise. */
void was_problem_log_skipped(const was_request_t *request, const was_error_t *error);

#endif
