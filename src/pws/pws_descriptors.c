/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_descriptors: shapes of what a collection says of itself. Owns what is understood of each, and
 * that the rest is kept as it came. Refuses to know what is stored already.
 */

#include "pws/pws_descriptors.h"

#include "auth/was_did.h"
#include "base/was_origin.h"
#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"

#include <apr_strings.h>

#include <string.h>

enum { ORIGIN_MAX_BYTES = 512, URL_MAX_BYTES = 2048, MEMBER_MAX_BYTES = 32 };

static const char *text_of_member(const was_request_t *request, const char *name)
{
    return was_json_member_text(was_body_bytes(request->body),
                                (apr_size_t)was_body_length(request->body), name, request->pool);
}

static bool is_filled(const json_t *text)
{
    return json_string_length(text) > 0;
}

/* A list of at least one, each with a key that it names. */
static bool are_recipients(const json_t *list)
{
    for (apr_size_t i = 0; i < json_array_size(list); i++) {
        const json_t *recipient = json_array_get(list, i);
        const json_t *header = json_object_get(recipient, "header");

        if (!is_filled(json_object_get(header, "kid")) ||
            !is_filled(json_object_get(header, "alg")) ||
            !json_is_string(json_object_get(recipient, "encrypted_key"))) {
            return false;
        }
    }
    return json_array_size(list) > 0;
}

/* Whether the last of so many texts is one of those before it. There are at most as many as a
 * document may have objects. */
static bool is_repeated(const char *const *texts, apr_size_t count)
{
    for (apr_size_t i = 0; i + 1 < count; i++) {
        if (strcmp(texts[i], texts[count - 1]) == 0) {
            return true;
        }
    }
    return false;
}

/* INVALID_BODY of a member of a descriptor, which stands where `name` says. */
static const was_error_t *bad_part(const char *name, const char *member, const char *what,
                                   apr_pool_t *pool)
{
    return pws_bad_member(pool, apr_pstrcat(pool, name, "/", member, NULL), what);
}

/* Section 14.3. */
static const was_error_t *check_epochs(const json_t *encryption, const char *name, apr_pool_t *pool)
{
    const json_t *epochs = json_object_get(encryption, "epochs");
    const json_t *current = json_object_get(encryption, "currentEpoch");
    const char **ids = apr_palloc(pool, sizeof(*ids) * (json_array_size(epochs) + 1));
    bool has_current = false;

    if (epochs == NULL && current == NULL) {
        return NULL;
    }
    if (json_array_size(epochs) == 0 || !json_is_string(current)) {
        return bad_part(name, epochs == NULL ? "currentEpoch" : "epochs",
                        "there with the other: a list that is not empty, and one of its ids", pool);
    }
    for (apr_size_t i = 0; i < json_array_size(epochs); i++) {
        const json_t *epoch = json_array_get(epochs, i);
        const json_t *id = json_object_get(epoch, "id");

        ids[i] = json_string_value(id);
        if (!is_filled(id) || is_repeated(ids, i + 1) ||
            !are_recipients(json_object_get(epoch, "recipients"))) {
            return bad_part(name, "epochs",
                            "a list of objects, each with an \"id\" of its own and recipients",
                            pool);
        }
        has_current |= was_json_is_text(current, ids[i]);
    }
    return has_current ? NULL : bad_part(name, "currentEpoch", "the id of an epoch", pool);
}

/* Section 14.4. */
static const was_error_t *check_hmac(const json_t *encryption, const char *name, apr_pool_t *pool)
{
    const json_t *hmac = json_object_get(encryption, "hmac");

    if (hmac != NULL &&
        (!is_filled(json_object_get(hmac, "id")) || !is_filled(json_object_get(hmac, "type")) ||
         !are_recipients(json_object_get(hmac, "recipients")))) {
        return bad_part(name, "hmac", "an object with an \"id\", a \"type\" and recipients", pool);
    }
    return NULL;
}

/* Section 14.1. */
static const was_error_t *check_shape(const json_t *encryption, const char *name, apr_pool_t *pool)
{
    const json_t *version = json_object_get(encryption, "version");

    return is_filled(json_object_get(encryption, "scheme")) &&
                   (version == NULL ||
                    (json_is_integer(version) && json_integer_value(version) >= 1))
               ? NULL
               : pws_bad_member(pool, name, "an object with a scheme and a whole version");
}

/* That of a good shape there is one that we know, with all that belongs to it. */
static const was_error_t *check_scheme(const json_t *encryption, const char *name, apr_pool_t *pool)
{
    const json_t *version = json_object_get(encryption, "version");

    if (!was_json_is_text(json_object_get(encryption, "scheme"), "edv") ||
        (version != NULL && json_integer_value(version) != 1)) {
        return was_error_make(pool, WAS_ERROR_UNSUPPORTED_SCHEME,
                              apr_pstrcat(pool, "#/", name, NULL),
                              "this server knows the scheme edv, version 1");
    }
    WAS_TRY(check_epochs(encryption, name, pool));
    return check_hmac(encryption, name, pool);
}

const was_error_t *pws_check_encryption(const json_t *encryption, const char *name,
                                        apr_pool_t *pool)
{
    WAS_TRY(check_shape(encryption, name, pool));
    return check_scheme(encryption, name, pool);
}

const was_error_t *pws_read_encryption(const was_request_t *request, const char **text)
{
    const json_t *encryption = json_object_get(request->document, "encryption");
    apr_pool_t *pool = request->pool;

    *text = NULL;
    if (encryption == NULL) {
        return NULL;
    }
    WAS_TRY(check_shape(encryption, "encryption", pool));
    if (json_object_get(request->document, "plaintext") != NULL) {
        return was_error_make(pool, WAS_ERROR_INVALID_BODY, "#/encryption",
                              "a collection is encrypted or declares plaintext, not both");
    }
    WAS_TRY(check_scheme(encryption, "encryption", pool));
    *text = text_of_member(request, "encryption");
    return NULL;
}

/* The name of an index, which is a text or an object; NULL for what is none. */
static const char *name_of_index(const json_t *index)
{
    const json_t *name = json_is_object(index) ? json_object_get(index, "name") : index;
    const json_t *source = json_object_get(index, "source");
    const json_t *unique = json_object_get(index, "unique");
    bool is_good = is_filled(name) && (unique == NULL || json_is_boolean(unique)) &&
                   (source == NULL || was_json_is_text(source, "content") ||
                    was_json_is_text(source, "custom"));

    return is_good ? json_string_value(name) : NULL;
}

/* That each index is one, and has a name of its own. */
static const was_error_t *check_indexes(const json_t *indexes, apr_pool_t *pool)
{
    const char *names[PWS_INDEXES_MAX];
    apr_size_t count = json_array_size(indexes);

    if (!json_is_array(indexes) || count > PWS_INDEXES_MAX) {
        return pws_bad_member(pool, "plaintext/indexes", "a list of at most 256");
    }
    for (apr_size_t i = 0; i < count; i++) {
        const json_t *index = json_array_get(indexes, i);

        names[i] = name_of_index(index);
        if (names[i] == NULL || is_repeated(names, i + 1)) {
            return pws_bad_member(pool, "plaintext/indexes",
                                  "a list of names, or objects with a \"name\", each with its own");
        }
    }
    return NULL;
}

const was_error_t *pws_read_plaintext(const was_request_t *request, const char **text)
{
    const json_t *plaintext = json_object_get(request->document, "plaintext");
    const json_t *indexes = json_object_get(plaintext, "indexes");

    *text = NULL;
    if (plaintext == NULL) {
        return NULL;
    }
    if (!json_is_object(plaintext)) {
        return pws_bad_member(request->pool, "plaintext", "an object");
    }
    if (indexes != NULL) {
        WAS_TRY(check_indexes(indexes, request->pool));
    }
    *text = text_of_member(request, "plaintext");
    return NULL;
}

const was_error_t *pws_check_revisions(const json_t *revisions, const char *name, apr_pool_t *pool)
{
    const json_t *resolution = json_object_get(revisions, "resolution");
    const json_t *immutable = json_object_get(revisions, "immutable");
    const json_t *merge = json_object_get(revisions, "merge");

    if (!json_is_object(revisions)) {
        return pws_bad_member(pool, name, "an object");
    }
    if (resolution != NULL && !was_json_is_text(resolution, "last-writer-wins")) {
        return bad_part(name, "resolution", "\"last-writer-wins\"", pool);
    }
    if (immutable != NULL && !json_is_boolean(immutable)) {
        return bad_part(name, "immutable", "true or false", pool);
    }
    return merge == NULL || json_is_object(merge) ? NULL
                                                  : bad_part(name, "merge", "an object", pool);
}

const was_error_t *pws_read_revisions(const was_request_t *request, const char **text)
{
    const json_t *revisions = json_object_get(request->document, "revisions");

    *text = NULL;
    if (revisions != NULL) {
        WAS_TRY(pws_check_revisions(revisions, "revisions", request->pool));
        *text = text_of_member(request, "revisions");
    }
    return NULL;
}

static const was_error_t *bad_generator(apr_pool_t *pool, const char *member, const char *what)
{
    return pws_bad_member(pool, apr_pstrcat(pool, "generator/", member, NULL), what);
}

/* Whether a URL is one of an origin, and names nothing but a path of it. */
static bool is_within(const char *url, const char *origin)
{
    apr_size_t length = strlen(origin);

    if (strncmp(url, origin, length) != 0 || (url[length] != '\0' && url[length] != '/') ||
        (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)) {
        return false;
    }
    for (; *url != '\0'; url++) {
        if (*url <= ' ' || *url >= 0x7f || *url == '?' || *url == '#') {
            return false;
        }
    }
    return true;
}

/* That an object has no member but these four. A name that is like ours may be told. */
static const was_error_t *check_names(const json_t *generator, apr_pool_t *pool)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    static const char *const known[] = {"id", "origin", "url", "name"};
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)generator, name, value)
    {
        bool is_known = false;

        for (int i = 0; i < 4; i++) {
            is_known |= strcmp(name, known[i]) == 0;
        }
        if (!is_known && strspn(name, letters) == strlen(name) &&
            strlen(name) <= MEMBER_MAX_BYTES) {
            return bad_generator(pool, name, "left out");
        }
        if (!is_known) {
            return pws_bad_member(pool, "generator", "an object of id, origin, url and name");
        }
    }
    return NULL;
}

/* A member that is a string of 1 to so many bytes, or absent. */
static bool is_short_text(const json_t *generator, const char *name, apr_size_t max,
                          const char **text)
{
    const json_t *member = json_object_get(generator, name);

    *text = json_string_value(member);
    return member == NULL || (is_filled(member) && json_string_length(member) <= max);
}

/* Section E.4 of pws-next. */
static const was_error_t *check_generator(const json_t *generator, apr_pool_t *pool)
{
    const char *id, *origin, *url, *name;

    if (!is_short_text(generator, "id", WAS_DID_MAX_BYTES, &id) || id == NULL ||
        !was_did_valid(id)) {
        return bad_generator(pool, "id", "a DID");
    }
    if (!is_short_text(generator, "origin", ORIGIN_MAX_BYTES, &origin) ||
        (origin != NULL && !was_origin_valid(origin))) {
        return bad_generator(pool, "origin", "an origin: https://host[:port]");
    }
    if (!is_short_text(generator, "url", URL_MAX_BYTES, &url) ||
        (url != NULL && (origin == NULL || !is_within(url, origin)))) {
        return bad_generator(pool, "url", "a URL of the origin, without query and fragment");
    }
    if (!is_short_text(generator, "name", PWS_NAME_MAX_BYTES, &name)) {
        return bad_generator(pool, "name", "a string of 1 to 1024 bytes");
    }
    return check_names(generator, pool);
}

const was_error_t *pws_read_generator(const was_request_t *request, const char **generator,
                                      const char **origin)
{
    const json_t *member = json_object_get(request->document, "generator");
    apr_pool_t *pool = request->pool;

    WAS_TRY(was_json_string(request->document, "generatorOrigin", ORIGIN_MAX_BYTES, origin, pool));
    if (*origin != NULL && !was_origin_valid(*origin)) {
        return pws_bad_member(pool, "generatorOrigin", "an origin: https://host[:port]");
    }
    if (json_is_object(member)) {
        *generator = text_of_member(request, "generator");
        return check_generator(member, pool);
    }
    WAS_TRY(was_json_string(request->document, "generator", WAS_DID_MAX_BYTES, generator, pool));
    return *generator == NULL || was_did_valid(*generator)
               ? NULL
               : pws_bad_member(pool, "generator",
                                "a DID, or an object of id, origin, url and name");
}
