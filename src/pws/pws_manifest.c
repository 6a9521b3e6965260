/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_manifest: the list of an archive's entries. Owns its lines, and which names need quotes in
 * them. Refuses to know what the entries hold.
 */

#include "pws/pws_manifest.h"

#include <apr_strings.h>

#include <string.h>

#define DATA_MODEL "https://w3c-ccg.github.io/wallet-attached-storage-spec/"
#define OF_MANIFEST                                                                                \
    "https://codeberg.org/fediverse/fep/src/branch/main/fep/6fcd/fep-6fcd.md#manifest-file"

/* A key that is longer must say that it is one (YAML 1.2 section 8.2.2). */
enum { IMPLICIT_KEY_MAX = 1024 };

static const was_error_t *write_text(was_spool_t *spool, const char *text)
{
    return was_spool_write(spool, text, strlen(text));
}

/* Whether it reads as a number: a sign, digits with a dot before, between or behind them, an
 * exponent; or digits to the base of 8 or 16. */
static bool is_number(const char *text)
{
    const char *c = text + (*text == '-');
    apr_size_t whole = strspn(c, "0123456789"), part = 0;

    if (strncmp(text, "0o", 2) == 0 || strncmp(text, "0x", 2) == 0) {
        const char *digits = text[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF";

        return text[2] != '\0' && text[2 + strspn(text + 2, digits)] == '\0';
    }
    c += whole;
    if (*c == '.') {
        part = strspn(c + 1, "0123456789");
        c += 1 + part;
    }
    if (whole + part == 0) {
        return false;
    }
    if (*c == 'e' || *c == 'E') {
        c += 1 + (c[1] == '-');
        apr_size_t digits = strspn(c, "0123456789");

        return digits > 0 && c[digits] == '\0';
    }
    return *c == '\0';
}

/* Whether an id or a name, bare, would be taken for something else than a text (the core schema of
 * YAML 1.2), or for an entry of a list. */
static bool needs_quotes(const char *text)
{
    static const char *const words[] = {"~",     "null",  "Null",  "NULL", "true", "True", "TRUE",
                                        "false", "False", "FALSE", ".inf", ".Inf", ".INF", "-.inf",
                                        "-.Inf", "-.INF", ".nan",  ".NaN", ".NAN", NULL};

    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            return true;
        }
    }
    return text[strlen(text) - 1] == '-' || is_number(text);
}

static const char *quoted_scalar(const char *text, apr_pool_t *pool)
{
    return needs_quotes(text) ? apr_pstrcat(pool, "\"", text, "\"", NULL) : text;
}

/* An item of a list at this indentation: a name with members, or alone, where there are none. */
static const was_error_t *write_item(was_spool_t *spool, const char *indent, const char *name,
                                     const char *members, apr_pool_t *pool)
{
    const char *key = quoted_scalar(name, pool);

    if (members == NULL) {
        return write_text(spool, apr_pstrcat(pool, indent, "- ", key, "\n", NULL));
    }
    if (strlen(name) > IMPLICIT_KEY_MAX) {
        return write_text(spool, apr_pstrcat(pool, indent, "- ? ", key, "\n", indent, "  : ",
                                             members, "\n", NULL));
    }
    return write_text(
        spool, apr_pstrcat(pool, indent, "- ", key, ":\n", indent, "    ", members, "\n", NULL));
}

const was_error_t *pws_manifest_begin(was_spool_t *spool, const char *space, apr_pool_t *pool)
{
    return write_text(spool, apr_pstrcat(pool,
                                         "ubc-version: \"0.1\"\n"
                                         "contents:\n"
                                         "  manifest.yml:\n"
                                         "    url: " OF_MANIFEST "\n"
                                         "  space:\n"
                                         "    url: " DATA_MODEL "#spaces\n"
                                         "    contents:\n"
                                         "      ",
                                         quoted_scalar(space, pool),
                                         ":\n"
                                         "        url: " DATA_MODEL "#spaces\n"
                                         "        contents:\n",
                                         NULL));
}

/* What an entry below a collection is a record of; NULL where that is not said. */
static const char *members_of(pws_entry_kind_t kind)
{
    switch (kind) {
    case PWS_ENTRY_COLLECTION:
        return "url: " DATA_MODEL "#collection-metadata-data-model";
    case PWS_ENTRY_META:
        return "url: " DATA_MODEL "#resource-metadata-data-model";
    case PWS_ENTRY_COLLECTION_POLICY:
    case PWS_ENTRY_POLICY:
        return "url: " DATA_MODEL "#access-control-policies";
    case PWS_ENTRY_CONTENT:
        return "url: " DATA_MODEL "#resource-data-model";
    default:
        return NULL;
    }
}

const was_error_t *pws_manifest_add(was_spool_t *spool, const char *space, pws_entry_kind_t kind,
                                    const char *name, apr_pool_t *pool)
{
    static const char in_space[] = "          ", in_collection[] = "                ";
    const char *root = apr_pstrcat(pool, "space/", space, "/", NULL);
    const char *below = strncmp(name, root, strlen(root)) == 0 ? name + strlen(root) : "";
    const char *slash = strchr(below, '/');

    if (kind == PWS_ENTRY_DELETED_COLLECTION) {
        return write_item(spool, in_space, below,
                          "url: " DATA_MODEL "#collection-metadata-data-model\n"
                          "              deleted: true",
                          pool);
    }
    if (kind == PWS_ENTRY_SPACE || kind == PWS_ENTRY_SPACE_POLICY) {
        return write_item(spool, in_space, below, NULL, pool);
    }
    if (kind != PWS_ENTRY_DIRECTORY) {
        return write_item(spool, in_collection, slash + 1, members_of(kind), pool);
    }
    return slash != NULL && slash[1] == '\0'
               ? write_item(spool, in_space,
                            apr_pstrmemdup(pool, below, (apr_size_t)(slash - below)),
                            "contents:", pool)
               : NULL;
}
