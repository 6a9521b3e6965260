/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_error: what an error holds, what wrapping keeps, and that a chain is one harmless line. */
#include "tap.h"

#include "base/was_error.h"

static void test_make(apr_pool_t *pool)
{
    const char *pointer = "#/name";
    const was_error_t *error =
        was_error_make(pool, WAS_ERROR_INVALID_BODY, pointer, "%s of %d", "name", 7);

    is_str(outcome(error), "INVALID_BODY", "make: the kind");
    ok(error->pointer == pointer, "make: the pointer is kept, not copied");
    is_str(error->detail, "name of 7", "make: the detail is formatted");
    is_str(error->reason, NULL, "make: no reason");
    ok(error->cause == NULL, "make: no cause");
}

static void test_log(apr_pool_t *pool)
{
    const was_error_t *error = was_error_log(pool, WAS_ERROR_BROKEN, "errno %d", 5);

    is_str(outcome(error), "BROKEN", "log: the kind");
    is_str(error->reason, "errno 5", "log: the reason is formatted");
    is_str(error->detail, NULL, "log: the client is told nothing");
    is_str(error->pointer, NULL, "log: no pointer");
}

static void test_wrap(apr_pool_t *pool)
{
    const was_error_t *cause = was_error_make(pool, WAS_ERROR_CONFLICT, "#/uuid", "it exists");
    const was_error_t *error = was_error_wrap(pool, cause, "space %s", "u");

    is_str(outcome(error), "CONFLICT", "wrap: the kind is the cause's");
    is_str(error->pointer, "#/uuid", "wrap: the pointer is the cause's");
    is_str(error->detail, "it exists", "wrap: the detail is the cause's");
    is_str(error->reason, "space u", "wrap: the text is the reason");
    ok(error->cause == cause, "wrap: the cause is linked");
}

static void test_names(void)
{
    static const struct {
        was_error_kind_t kind;
        const char *name;
    } cases[] = {{WAS_ERROR_MALFORMED, "MALFORMED"}, {WAS_ERROR_UNAUTHENTICATED, "UNAUTHENTICATED"},
                 {WAS_ERROR_NOT_FOUND, "NOT_FOUND"}, {WAS_ERROR_UNCERTAIN, "UNCERTAIN"},
                 {WAS_ERROR_KIND_COUNT, "UNKNOWN"},  {(was_error_kind_t)-1, "UNKNOWN"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_error_name(cases[i].kind), cases[i].name, "name: is the row's");
    }
}

static const was_error_t *pass_up(const was_error_t *error, bool *went_on)
{
    WAS_TRY(error);
    *went_on = true;
    return NULL;
}

static void test_try(apr_pool_t *pool)
{
    const was_error_t *error = was_error_log(pool, WAS_ERROR_TIMEOUT, "slow");
    bool went_on = false;

    ok(pass_up(error, &went_on) == error && !went_on, "WAS_TRY: a failure is passed up");
    ok(pass_up(NULL, &went_on) == NULL && went_on, "WAS_TRY: NULL goes on");
}

static void test_chain(apr_pool_t *pool)
{
    const was_error_t *told = was_error_make(pool, WAS_ERROR_CONFLICT, NULL, "it exists");
    const was_error_t *logged = was_error_log(pool, WAS_ERROR_BROKEN, "no memory");
    const was_error_t *silent = &(const was_error_t){.kind = WAS_ERROR_METHOD};
    const was_error_t *both = &(const was_error_t){
        .kind = WAS_ERROR_BROKEN, .detail = "for the client", .reason = "why", .cause = logged};
    const struct {
        const was_error_t *error;
        const char *text;
        const char *name;
    } cases[] = {
        {told, "it exists", "chain: a detail alone"},
        {logged, "no memory", "chain: a reason alone"},
        {silent, "METHOD", "chain: without any text, the name of the kind"},
        {was_error_wrap(pool, was_error_wrap(pool, told, "inner"), "outer"),
         "outer: inner: it exists", "chain: outermost first, an inherited detail once"},
        {both, "why: for the client: no memory", "chain: reason before detail before cause"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_error_chain(cases[i].error, pool), cases[i].text, cases[i].name);
    }
}

static void test_chain_is_one_line(apr_pool_t *pool)
{
    static const struct {
        const char *text;
        const char *line;
        const char *name;
    } cases[] = {
        {"a\nb\r\tc", "a\\x0ab\\x0d\\x09c", "chain: no line breaks or tabs"},
        {"\x1b[2J\x7f", "\\x1b[2J\\x7f", "chain: no escape sequences"},
        {"\x9b\xc3\xa9", "\\x9b\\xc3\\xa9", "chain: nothing beyond ASCII"},
        {"\\x0a", "\\\\x0a", "chain: a backslash is doubled, so that it has one reading"},
    };
    char every[256];
    const char *line;
    bool clean = true;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const was_error_t *error = was_error_log(pool, WAS_ERROR_BROKEN, "%s", cases[i].text);

        is_str(was_error_chain(error, pool), cases[i].line, cases[i].name);
    }
    for (int i = 0; i < 255; i++) {
        every[i] = (char)(i + 1);
    }
    every[255] = '\0';
    line = was_error_chain(was_error_make(pool, WAS_ERROR_MALFORMED, NULL, "%s", every), pool);
    for (const char *at = line; *at != '\0'; at++) {
        clean = clean && *at >= 0x20 && *at <= 0x7e;
    }
    ok(clean && strlen(line) == 95 + 1 + 4 * 160, "chain: all bytes come out printable, none lost");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_make(pool);
    test_log(pool);
    test_wrap(pool);
    test_names();
    test_try(pool);
    test_chain(pool);
    test_chain_is_one_line(pool);
    return done();
}
