/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_match: which row of a table a request is about, and which rows are there for nobody. */
#include "tap.h"

#include "http/was_match.h"

static const was_error_t *pass_request(was_request_t *request)
{
    (void)request;
    return NULL;
}

static const was_error_t *answer_nothing(was_request_t *request, was_response_t *response)
{
    (void)request;
    (void)response;
    return NULL;
}

#define ROW(method, shape, right)                                                                  \
    {                                                                                              \
        method, shape, right, WAS_NEED_NOTHING, WAS_FETCH_NOTHING, answer_nothing                  \
    }

static const was_route_t rows[] = {
    ROW("GET", "/", WAS_RIGHT_ANYONE),
    ROW("*", "/moved", WAS_RIGHT_ANYONE),
    ROW("GET", "/a/*", WAS_RIGHT_READ),
    ROW("PUT", "/a/*", WAS_RIGHT_CAPABILITY),
    ROW("POST", "/a/*", WAS_RIGHT_NONE),
    ROW("GET", "/a/*/", WAS_RIGHT_READER),
    ROW("GET", "/a/*/**", WAS_RIGHT_READER),
    ROW("GET", "/none", WAS_RIGHT_NONE),
    ROW("GET", "/beyond", WAS_RIGHT_COUNT),
    ROW("POST", "/behind", WAS_RIGHT_CREATE_SPACE),
    ROW("GET", "/behind", WAS_RIGHT_LIST_SPACES),
    ROW("PUT", "/both", WAS_RIGHT_PUT_SPACE),
    ROW("GET", "/both", WAS_RIGHT_READ),
    ROW("OPTIONS", "/asked", WAS_RIGHT_ANYONE),
    {0},
};

/* A protocol with the phases of a case; each lacks what its name says. */
static const was_protocol_t whole = {.routes = rows,
                                     .authenticate = pass_request,
                                     .authorize = pass_request,
                                     .authorize_by_body = pass_request};
static const was_protocol_t no_second_phase = {
    .routes = rows, .authenticate = pass_request, .authorize = pass_request};
static const was_protocol_t no_first_phase = {
    .routes = rows, .authenticate = pass_request, .authorize_by_body = pass_request};
static const was_protocol_t no_authentication = {
    .routes = rows, .authorize = pass_request, .authorize_by_body = pass_request};

static const struct {
    const was_protocol_t *protocol;
    const char *target;
    const char *method;
    const char *shape; /* of the row that is found; NULL: 404 */
    bool takes;        /* whether a row takes the method; false: 405 */
    const char *allow;
    const char *name;
} cases[] = {
    {&whole, "/", "GET", "/", true, "GET, HEAD, OPTIONS", "the root"},
    {&whole, "/", "PUT", "/", false, "GET, HEAD, OPTIONS", "a method that no row has"},
    {&whole, "/moved", "PATCH", "/moved", true, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
     "any method"},
    {&whole, "/moved/", "GET", NULL, false, "OPTIONS", "a slash too many"},
    {&whole, "/a", "GET", NULL, false, "OPTIONS", "a segment too few"},
    {&whole, "/a/b", "GET", "/a/*", true, "GET, HEAD, PUT, OPTIONS", "any segment"},
    {&whole, "/a/b", "PUT", "/a/*", true, "GET, HEAD, PUT, OPTIONS", "another row of the shape"},
    {&whole, "/a/b", "POST", "/a/*", false, "GET, HEAD, PUT, OPTIONS",
     "a row without a right beside rows with one"},
    {&whole, "/a//", "GET", NULL, false, "OPTIONS", "an empty segment is no segment"},
    {&whole, "/a/b/", "GET", "/a/*/", true, "GET, HEAD, OPTIONS", "the first shape that fits"},
    {&whole, "/a/b/c/d", "GET", "/a/*/**", true, "GET, HEAD, OPTIONS", "any rest"},
    {&whole, "/a%2Fb", "GET", NULL, false, "OPTIONS", "an escaped slash divides nothing"},
    {&whole, "/none", "GET", NULL, false, "OPTIONS", "a row without a right"},
    {&whole, "/beyond", "GET", NULL, false, "OPTIONS", "a row of a right that is none"},
    {&whole, "/behind", "POST", "/behind", true, "POST, GET, HEAD, OPTIONS", "a second phase"},
    {&whole, "/both", "PUT", "/both", true, "PUT, GET, HEAD, OPTIONS", "both phases"},
    {&whole, "/asked", "GET", "/asked", false, "OPTIONS", "OPTIONS is in no Allow twice"},
    {&no_second_phase, "/behind", "POST", NULL, false, "OPTIONS", "a second phase that is missing"},
    {&no_second_phase, "/behind", "GET", NULL, false, "OPTIONS", "the same, of a read"},
    {&no_second_phase, "/both", "PUT", "/both", false, "GET, HEAD, OPTIONS",
     "the second of both phases missing"},
    {&no_second_phase, "/both", "GET", "/both", true, "GET, HEAD, OPTIONS", "the row beside it"},
    {&no_first_phase, "/both", "PUT", NULL, false, "OPTIONS", "the first of both phases missing"},
    {&no_first_phase, "/behind", "POST", "/behind", true, "POST, GET, HEAD, OPTIONS",
     "a first phase that is missing and not needed"},
    {&no_authentication, "/both", "GET", NULL, false, "OPTIONS", "no way to know who asks"},
    {&no_authentication, "/a/b/", "GET", NULL, false, "OPTIONS", "the same, of a reader"},
    {&no_authentication, "/", "GET", "/", true, "GET, HEAD, OPTIONS", "which anyone does not need"},
};

static void test_rows(apr_pool_t *pool)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const was_path_t *path = NULL;

        if (!ok(was_path_parse(cases[i].target, "", &path, pool) == NULL, "path: %s",
                cases[i].target)) {
            continue;
        }
        const was_route_t *row = was_match_shape(cases[i].protocol, path);
        is_str(row == NULL ? NULL : row->shape, cases[i].shape, cases[i].name);
        is_str(was_match_allowed(cases[i].protocol, row, pool), cases[i].allow, "... Allow");
        if (row != NULL) {
            row = was_match_method(cases[i].protocol, row->shape, cases[i].method);
            ok((row != NULL) == cases[i].takes, "... %s", cases[i].method);
            ok(row == NULL || row->right != WAS_RIGHT_NONE, "... by a row with a right");
        }
    }
}

/* What each right needs, a second time: a right whose phase is lost here is decided by nobody. */
static void test_phases(void)
{
    static const struct {
        was_right_t right;
        unsigned phases;
        const char *name;
    } rights[] = {
        {WAS_RIGHT_ANYONE, WAS_PHASE_NONE, "ANYONE"},
        {WAS_RIGHT_READER, WAS_PHASE_NONE, "READER: the store's statements"},
        {WAS_RIGHT_SIGNER, WAS_PHASE_NONE, "SIGNER: the store's statements"},
        {WAS_RIGHT_CONTROLLER, WAS_PHASE_NONE, "CONTROLLER: the store's statements"},
        {WAS_RIGHT_READ, WAS_PHASE_BEFORE_BODY, "READ"},
        {WAS_RIGHT_CAPABILITY, WAS_PHASE_BEFORE_BODY, "CAPABILITY"},
        {WAS_RIGHT_LIST_SPACES, WAS_PHASE_BEHIND_BODY, "LIST_SPACES"},
        {WAS_RIGHT_CREATE_SPACE, WAS_PHASE_BEHIND_BODY, "CREATE_SPACE"},
        {WAS_RIGHT_PUT_SPACE, WAS_PHASE_BEFORE_BODY | WAS_PHASE_BEHIND_BODY, "PUT_SPACE"},
        {WAS_RIGHT_DELETE_SPACE, WAS_PHASE_BEFORE_BODY, "DELETE_SPACE"},
        {WAS_RIGHT_PUT_COLLECTION, WAS_PHASE_BEFORE_BODY, "PUT_COLLECTION"},
        {WAS_RIGHT_CONTROLLER_ONLY, WAS_PHASE_BEFORE_BODY, "CONTROLLER_ONLY"},
        {WAS_RIGHT_REVOKE, WAS_PHASE_BEFORE_BODY | WAS_PHASE_BEHIND_BODY, "REVOKE"},
    };

    is_int(sizeof(rights) / sizeof(rights[0]), WAS_RIGHT_COUNT - 1, "phases: every right is here");
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        is_int(was_match_phases(rights[i].right), rights[i].phases, rights[i].name);
    }
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_rows(pool);
    test_phases();
    return done();
}
