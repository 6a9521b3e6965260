/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_cavage: what real clients signed is accepted, and nothing that differs in one byte. */
#include "tap.h"

#include "base/was_json.h"
#include "base/was_path.h"
#include "auth/was_cavage.h"

enum { NOW = 1767323050, PWS_NOW = 1795403550, MAX_FILE = 65536 };

static const char *const required[] = {"(request-target)", "(created)", "(expires)", "(key-id)",
                                       NULL};
static const was_signature_rules_t rules = {
    .required = required, .skew = 300, .expired_skew = 0, .max_age = 3600};

/* A request as the vectors give it; `headers` is an object of JSON or NULL. */
typedef struct request_t {
    const char *method;
    const char *target;
    const char *authorization;
    const json_t *headers;
    apr_int64_t now;
} request_t;

static json_t *load(const char *name, apr_pool_t *pool)
{
    const char *top = getenv("srcdir");
    const char *path = apr_pstrcat(pool, top == NULL ? "." : top, "/t/vectors/", name, NULL);
    FILE *file = fopen(path, "rb");
    char *text = apr_palloc(pool, MAX_FILE);
    json_t *value = NULL;
    size_t length;

    if (file == NULL) {
        printf("Bail out! %s cannot be read\n", path);
        exit(1);
    }
    length = fread(text, 1, MAX_FILE, file);
    fclose(file);
    if (was_json_parse_object(text, length, &value, pool) != NULL) {
        printf("Bail out! %s is no JSON object\n", path);
        exit(1);
    }
    return value;
}

static const char *get(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    if (value == NULL) {
        printf("Bail out! a vector lacks %s\n", name);
        exit(1);
    }
    return value;
}

static const char *find_field(void *baton, const char *name)
{
    const request_t *request = baton;

    return json_string_value(json_object_get(request->headers, name));
}

/* The spellings of classic section 3, from the target on the wire. */
static int spell(const was_path_t *path, const char *spellings[3])
{
    int count = 0;

    spellings[count++] = path->target;
    if (path->query != NULL) {
        spellings[count++] = path->raw;
    }
    if (strcmp(path->signable, path->raw) != 0 && strpbrk(path->signable, "%?#") == NULL) {
        spellings[count++] = path->signable;
    }
    return count;
}

/* The whole way of a request; NULL when its signature is good. */
static const was_error_t *check(const request_t *request, apr_pool_t *pool)
{
    const char *spellings[3];
    was_message_t message = {.method = request->method,
                             .targets = spellings,
                             .field = find_field,
                             .baton = (void *)request};
    const was_cavage_t *cavage = NULL;
    const was_path_t *path = NULL;

    WAS_TRY(was_path_parse(request->target, "", &path, pool));
    WAS_TRY(was_cavage_parse(request->authorization, &cavage, pool));
    message.ntargets = spell(path, spellings);
    return was_cavage_verify(cavage, &message, &rules, request->now, pool);
}

static request_t request_of(const json_t *vector)
{
    return (request_t){.method = get(vector, "method"),
                       .target = get(vector, "requestTargetOnTheWire"),
                       .authorization = get(vector, "authorization"),
                       .now = NOW};
}

static bool flips_case(char before, int after)
{
    return ((before >= 'a' && before <= 'z') || (before >= 'A' && before <= 'Z')) &&
           after == (before ^ 0x20);
}

/*
 * The only bytes of the field that may change are the case of letters in the scheme (RFC 9110
 * section 11.1) and in the names of headers (section 5.1): both read the same in either case.
 */
static bool may_change(const char *authorization, size_t at, int byte)
{
    const char *names = strstr(authorization, "headers=\"") + strlen("headers=\"");
    size_t begin = (size_t)(names - authorization);
    size_t end = begin + strcspn(names, "\"");

    return flips_case(authorization[at], byte) &&
           (at < strlen("Signature") || (at >= begin && at < end));
}

/* What changes of the target are seen by nobody: a query, when the client signed the path alone. */
static bool target_may_change(const json_t *vector, size_t at, int byte)
{
    const char *target = get(vector, "requestTargetOnTheWire");
    bool in_query = at > strcspn(target, "?");

    return in_query && strchr(get(vector, "signedTarget"), '?') == NULL && byte > 0x20 &&
           byte != 0x7f && byte != '#';
}

typedef enum part_t { AUTHORIZATION, METHOD, TARGET } part_t;

/* Puts every other byte at every place of one part; counts outcomes that are not as expected. */
static int mutate(const json_t *vector, part_t part, int *tried, apr_pool_t *pool)
{
    request_t request = request_of(vector);
    const char **field = part == AUTHORIZATION ? &request.authorization
                         : part == METHOD      ? &request.method
                                               : &request.target;
    const char *original = *field;
    char *text = apr_pstrdup(pool, original);
    apr_pool_t *inner;
    int wrong = 0;

    apr_pool_create(&inner, pool);
    *field = text;
    for (size_t at = 0; at < strlen(original); at++) {
        for (int byte = 1; byte < 256; byte++) {
            bool expected = part == AUTHORIZATION ? may_change(original, at, byte)
                            : part == METHOD      ? flips_case(original[at], byte)
                                                  : target_may_change(vector, at, byte);

            if ((char)byte == original[at]) {
                continue;
            }
            text[at] = (char)byte;
            wrong += (check(&request, inner) == NULL) != expected;
            (*tried)++;
            apr_pool_clear(inner);
        }
        text[at] = original[at];
    }
    return wrong;
}

/* Texts cut short at every length, and with one byte more. */
static int cut(const json_t *vector, apr_pool_t *pool)
{
    request_t request = request_of(vector);
    const char *original = request.authorization;
    int accepted = 0;

    for (size_t length = 0; length < strlen(original); length++) {
        request.authorization = apr_pstrmemdup(pool, original, length);
        accepted += check(&request, pool) == NULL;
    }
    for (int byte = 1; byte < 256; byte++) {
        const char tail[] = {(char)byte, '\0'};

        request.authorization = apr_pstrcat(pool, original, tail, NULL);
        accepted += check(&request, pool) == NULL;
        request.authorization = apr_pstrcat(pool, tail, original, NULL);
        accepted += check(&request, pool) == NULL;
    }
    return accepted;
}

static void test_accept(const json_t *vectors, apr_pool_t *pool)
{
    const json_t *accept = json_object_get(vectors, "accept");
    const json_t *vector;
    size_t i;

    is_int((long long)json_array_size(accept), 7, "classic 3: seven vectors to accept");
    json_array_foreach(accept, i, vector)
    {
        request_t request = request_of(vector);
        const was_cavage_t *cavage = NULL;
        int tried = 0;

        ok(check(&request, pool) == NULL, "classic 3: accept: %s", get(vector, "note"));
        ok(was_cavage_parse(request.authorization, &cavage, pool) == NULL &&
               strcmp(cavage->signature.signer.did, get(vectors, "did")) == 0 &&
               strcmp(cavage->key_id, get(vectors, "keyId")) == 0,
           "... the signer is the key's DID");
        is_int(mutate(vector, METHOD, &tried, pool), 0, "... one byte of the method changed");
        is_int(mutate(vector, TARGET, &tried, pool), 0, "... one byte of the target changed");
        is_int(mutate(vector, AUTHORIZATION, &tried, pool), 0,
               "... one byte of the Authorization field changed");
        ok(tried > 90000, "... %d changes were tried", tried);
        is_int(cut(vector, pool), 0, "... the field cut short or longer by a byte");
    }
}

static void test_refuse(const json_t *vectors, apr_pool_t *pool)
{
    const json_t *refuse = json_object_get(vectors, "refuse");
    const json_t *vector;
    size_t i;

    is_int((long long)json_array_size(refuse), 3, "classic 3: three vectors to refuse");
    json_array_foreach(refuse, i, vector)
    {
        request_t request = request_of(vector);
        const was_error_t *error = check(&request, pool);
        char name[200];

        apr_snprintf(name, sizeof(name), "classic 3: refuse: %s", get(vector, "note"));
        is_str(outcome(error), "UNAUTHENTICATED", name);
        is_str(error == NULL ? NULL : error->pointer, "/authorization", "... the pointer");
    }
}

/* One signature, one resource: neither another spelling nor another escape level shares it. */
static void test_spellings(const json_t *vectors, apr_pool_t *pool)
{
    static const struct {
        const char *note;
        const char *target; /* behind the space */
        const char *outcome;
        const char *name;
    } cases[] = {
        {"string-minded client: the decoded path is signed", "/a%20b?x=1", "fine",
         "a decoded path with a query, the third spelling"},
        {"string-minded client: the decoded path is signed", "/%61%20b", "fine",
         "one decoded path, the same resource"},
        {"string-minded client: the decoded path is signed", "/a%2520b", "UNAUTHENTICATED",
         "a decoded path that holds a percent sign"},
        {"URL-minded client: the encoded path is signed", "/a%2520b", "UNAUTHENTICATED",
         "the decoded form of another resource's path"},
        {"URL-minded client with query", "%3Fx=1", "UNAUTHENTICATED",
         "a decoded path that holds a question mark"},
        {"space read", "%23x", "UNAUTHENTICATED", "a decoded path that holds a number sign"},
        {"space read", "/", "UNAUTHENTICATED", "a slash more"},
    };
    const json_t *vector;
    size_t index;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[200];
        int found = 0;

        apr_snprintf(name, sizeof(name), "classic 3: spelling: %s", cases[i].name);
        json_array_foreach(json_object_get(vectors, "accept"), index, vector)
        {
            request_t request = request_of(vector);

            if (strcmp(get(vector, "note"), cases[i].note) != 0) {
                continue;
            }
            request.target = apr_pstrcat(pool, "/space/f47ac10b-58cc-4372-a567-0e02b2c3d479",
                                         cases[i].target, NULL);
            is_str(outcome(check(&request, pool)), cases[i].outcome, name);
            found++;
        }
        is_int(found, 1, "... with the vector of that name");
    }
}

/* Real clients of the other protocol cover header fields; each of them counts. */
static void test_covered_fields(const char *file, apr_pool_t *pool)
{
    json_t *vector = load(file, pool);
    json_t *headers = json_object_get(vector, "headers");
    const char *line = get(vector, "requestLine");
    apr_size_t method = strcspn(line, " ");
    apr_size_t target = strcspn(line + method + 1, " ");
    request_t request = {.method = apr_pstrmemdup(pool, line, method),
                         .target = apr_pstrmemdup(pool, line + method + 1, target),
                         .authorization = get(headers, "authorization"),
                         .headers = headers,
                         .now = PWS_NOW};
    const was_cavage_t *cavage = NULL;
    int wrong = 0;

    ok(check(&request, pool) == NULL, "pws vector: %.60s", file);
    if (was_cavage_parse(request.authorization, &cavage, pool) != NULL) {
        ok(false, "... cannot be parsed");
        return;
    }
    for (int i = 0; i < cavage->signature.ncovered; i++) {
        const char *name = cavage->signature.covered[i];
        json_t *value = json_incref(json_object_get(headers, name));

        if (name[0] != '(') {
            json_object_set_new(headers, name, json_sprintf("%sx", json_string_value(value)));
            wrong += check(&request, pool) == NULL;
            json_object_del(headers, name);
            wrong += check(&request, pool) == NULL;
            json_object_set(headers, name, value);
        }
        json_decref(value);
    }
    is_int(wrong, 0, "... no covered field can be changed or left out");
    ok(check(&request, pool) == NULL && cavage->signature.ncovered >= 5,
       "... and it is still good");
}

int main(void)
{
    static const char *const files[] = {
        "01-create-space-POST-json-root.explained.json",
        "02-signed-PUT-json-root.explained.json",
        "03-signed-PUT-binary-root.explained.json",
        "04-signed-GET-root.explained.json",
        "05-delegated-GET-jcs-space-rooted.explained.json",
        "06-delegated-GET-jcs-target-rooted.explained.json",
        "07-delegated-PUT-jcs-chain2-attenuated.explained.json",
        "08-delegated-GET-Ed25519Signature2020.explained.json",
        "09-signed-DELETE-root.explained.json",
    };
    apr_pool_t *pool = tap_begin();
    json_t *vectors = load("classic-signatures.json", pool);
    int status;

    ok(was_crypto_init(), "crypto is ready");
    test_accept(vectors, pool);
    test_refuse(vectors, pool);
    test_spellings(vectors, pool);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        test_covered_fields(files[i], pool);
    }
    status = done();
    apr_pool_destroy(pool);
    return status;
}
