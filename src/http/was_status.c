/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_status: requests, counted. Owns which row, status and time a request counts for. Refuses to
 * know how the numbers are read (was_status_list) and shared (was_slots).
 */

#include "http/was_status.h"

#include "auth/was_crypto.h"
#include "base/was_tally.h"
#include "http/was_notes.h"
#include "http/was_slots.h"
#include "was_status_rows.h"

#include <apr_strings.h>

enum { MOST_PROTOCOLS = 4 };

_Static_assert((int)WAS_SLOTS_LAYOUT_BYTES == (int)WAS_SHA256_BYTES, "a digest names a layout");

/* Rows that no table has: of requests that found none, and of those that ask what is allowed. */
enum { NO_ROW, OPTIONS_ROW, ADDED_ROWS };

/* Where the rows of a protocol begin: the added ones, then those of its table. */
typedef struct place_t {
    const was_protocol_t *protocol;
    int first;
} place_t;

static place_t places[MOST_PROTOCOLS];
static int nplaces;
static was_status_row_t *rows;
static int nrows;

const was_status_row_t *was_status_rows(int *count)
{
    *count = nrows;
    return rows;
}

static was_status_row_t *add_row(const was_protocol_t *protocol, const char *method,
                                 const char *route)
{
    was_status_row_t *row = &rows[nrows];

    *row = (was_status_row_t){protocol->name, method, route,
                              WAS_TALLY_COUNT + nrows * WAS_STATUS_ROW_NUMBERS};
    nrows++;
    return row;
}

static void add_protocol(const was_protocol_t *protocol)
{
    places[nplaces++] = (place_t){protocol, nrows};
    add_row(protocol, "any", "none");
    add_row(protocol, "OPTIONS", "any");
    for (const was_route_t *row = protocol->routes; row->method != NULL; row++) {
        add_row(protocol, row->method, row->shape);
    }
}

static int length_of_table(const was_protocol_t *protocol)
{
    int length = 0;

    while (protocol->routes[length].method != NULL) {
        length++;
    }
    return length;
}

/* All that says what a number means. */
static void digest_layout(unsigned char layout[WAS_SLOTS_LAYOUT_BYTES], apr_pool_t *scratch)
{
#define WAS_STATUS_CODE_TEXT(code) #code " "
#define WAS_STATUS_BUCKET_TEXT(most, text) text " "
    const char *text = apr_pstrcat(
        scratch, was_tally_names(),
        WAS_STATUS_CODES(WAS_STATUS_CODE_TEXT) "; " WAS_STATUS_BUCKETS(WAS_STATUS_BUCKET_TEXT),
        NULL);
#undef WAS_STATUS_CODE_TEXT
#undef WAS_STATUS_BUCKET_TEXT

    for (int i = 0; i < nrows; i++) {
        text = apr_pstrcat(scratch, text, "\n", rows[i].protocol, " ", rows[i].method, " ",
                           rows[i].route, NULL);
    }
    was_crypto_sha256(text, strlen(text), layout);
}

bool was_status_open(const was_protocol_t *const *protocols, int count, const server_rec *server,
                     apr_pool_t *scratch)
{
    unsigned char layout[WAS_SLOTS_LAYOUT_BYTES];
    int length = 0;

    nplaces = nrows = 0;
    count = count < MOST_PROTOCOLS ? count : MOST_PROTOCOLS;
    for (int i = 0; i < count; i++) {
        length += ADDED_ROWS + length_of_table(protocols[i]);
    }
    rows = apr_palloc(server->process->pconf, (apr_size_t)length * sizeof(*rows));
    for (int i = 0; i < count; i++) {
        add_protocol(protocols[i]);
    }
    digest_layout(layout, scratch);
    return was_slots_open(layout, WAS_TALLY_COUNT + nrows * WAS_STATUS_ROW_NUMBERS, server);
}

/* The number of a protocol's first row. */
static int find_place(const was_protocol_t *protocol)
{
    int at = 0;

    while (at < nplaces - 1 && places[at].protocol != protocol) {
        at++;
    }
    return places[at].first;
}

void was_status_note(request_rec *r, const was_protocol_t *protocol, const was_route_t *row)
{
    was_notes_of(r)->row = find_place(protocol) + ADDED_ROWS + (int)(row - protocol->routes);
}

static int row_of_request(request_rec *r, const was_protocol_t *protocol)
{
    int row = was_notes_of(r)->row;

    /* The first of a table stands behind the added ones: none of them has number 0. */
    if (row > 0) {
        return row;
    }
    return find_place(protocol) + (r->method_number == M_OPTIONS ? OPTIONS_ROW : NO_ROW);
}

static int index_of_code(int status)
{
#define WAS_STATUS_CODE_ROW(code) code,
    static const short codes[] = {WAS_STATUS_CODES(WAS_STATUS_CODE_ROW)};
#undef WAS_STATUS_CODE_ROW
    int i = 0;

    while (i < WAS_STATUS_NCODES && codes[i] != status) {
        i++;
    }
    return WAS_STATUS_AT_CODES + i;
}

static int index_of_bucket(apr_time_t took)
{
#define WAS_STATUS_BUCKET_ROW(most, text) most,
    static const apr_int64_t buckets[] = {WAS_STATUS_BUCKETS(WAS_STATUS_BUCKET_ROW)};
#undef WAS_STATUS_BUCKET_ROW
    int i = 0;

    while (i < WAS_STATUS_NBUCKETS - 1 && took > buckets[i]) {
        i++;
    }
    return WAS_STATUS_AT_BUCKETS + i;
}

void was_status_count(request_rec *r, const was_protocol_t *protocol)
{
    const was_status_row_t *row = &rows[row_of_request(r, protocol)];
    const request_rec *last = r;
    apr_time_t took = apr_time_now() - r->request_time;

    /* A page of httpd's may have answered instead. */
    while (last->next != NULL) {
        last = last->next;
    }
    was_tally_add(row->number + index_of_code(last->status), 1);
    was_tally_add(row->number + index_of_bucket(took), 1);
    was_tally_add(row->number + WAS_STATUS_AT_MICROSECONDS, took > 0 ? took : 0);
    was_tally_add(WAS_TALLY_SENT_BYTES, last->sent_bodyct ? last->bytes_sent : 0);
}
