/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * pws_quotas: what a space and a collection take, and may (section 17.3). Owns when a space is
 * nearly full. Refuses to know what is charged.
 */

#include "pws/pws.h"

#include "http/was_body.h"
#include "pws/pws_documents.h"
#include "pws/pws_ids.h"
#include "pws/pws_pages.h"
#include "store/pws/was_pws_usage.h"

#include <apr_strings.h>

#include <string.h>

enum { NEAR_PERCENT = 90 };

/* Of the quota, what a space is charged. */
static const char *describe_state(apr_int64_t used, apr_int64_t quota)
{
    if (quota <= 0) {
        return "ok";
    }
    if (used >= quota) {
        return "over-quota";
    }
    return used >= quota / 100 * NEAR_PERCENT + quota % 100 * NEAR_PERCENT / 100 ? "near-limit"
                                                                                 : "ok";
}

static void add_true(was_document_t *document, json_t *object, const char *name, bool value)
{
    was_document_json(document, object, name, value ? "true" : "false");
}

/* What every entry ends with. */
static void end_entry(const was_request_t *request, was_document_t *document, json_t *entry,
                      apr_int64_t used, apr_int64_t quota)
{
    json_t *limit;

    was_document_integer(document, entry, "usageBytes", used);
    limit = was_document_object(document, entry, "limit");
    if (quota > 0) {
        was_document_integer(document, limit, "capacityBytes", quota);
    }
    add_true(document, limit, "isUnlimited", quota <= 0);
    (void)was_document_list(document, entry, "restrictedActions");
    pws_document_time(document, entry, "measuredAt", apr_time_from_sec(request->now),
                      request->pool);
}

/* The server's own: what is charged of it to a space or to a collection, and to the space. */
static void describe_own_usage(const was_request_t *request, was_document_t *document,
                               json_t *entry, apr_int64_t used, apr_int64_t space_used)
{
    apr_int64_t quota = request->config->quota, most = was_body_most(request);

    was_document_text(document, entry, "id", "default");
    was_document_text(document, entry, "name", PWS_OWN_BACKEND);
    was_document_text(document, entry, "managedBy", "server");
    was_document_text(document, entry, "state", describe_state(space_used, quota));
    end_entry(request, document, entry, used, quota);
    if (most < APR_INT64_MAX) {
        was_document_integer(document, was_document_object(document, entry, "constraints"),
                             "maxUploadBytes", most);
    }
}

/* One that is registered: nothing of ours is there, nor asks it. A name that cannot be read is none
 * here; who asks for the backend is told. */
static void describe_other(const was_request_t *request, was_document_t *document, json_t *entry,
                           const was_pws_backend_t *backend)
{
    const char *text = backend->descriptor != NULL ? backend->descriptor : "";
    was_json_slice_t name;
    bool is_named = *text != '\0' && pws_check_stored(text, request->pool) == NULL &&
                    was_json_scan_member((was_json_slice_t){text, strlen(text)}, "name", &name) > 0;

    was_document_text(document, entry, "id", backend->id);
    if (is_named) {
        was_document_json(document, entry, "name",
                          apr_pstrmemdup(request->pool, name.text, name.length));
    }
    else {
        was_document_text(document, entry, "name", backend->id);
    }
    was_document_text(document, entry, "managedBy", "external");
    was_document_text(document, entry, "state", "unreachable");
    end_entry(request, document, entry, 0, 0);
}

const was_error_t *pws_quota_get(was_request_t *request, was_response_t *response)
{
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);
    was_pws_share_t share;

    WAS_TRY(was_pws_usage_collection(request->db, pws_segment(request, 1), pws_segment(request, 2),
                                     &share, request->pool));
    if (share.backend.id == NULL) {
        describe_own_usage(request, document, root, share.bytes, share.space_bytes);
    }
    else {
        describe_other(request, document, root, &share.backend);
    }
    pws_answer_document(response, document);
    return NULL;
}

/* A report with what each collection takes, on its way out. */
typedef struct report_t {
    was_request_t *request;
    was_pws_used_list_t list;
    char after[PWS_ID_MAX_BYTES + 1];
    const char *end;
} report_t;

static const was_error_t *list_used(void *baton, was_document_t *document, json_t *items,
                                    bool *more, apr_pool_t *pool)
{
    report_t *report = baton;
    was_pws_used_list_t *list = &report->list;

    WAS_TRY(was_pws_usage_list(report->request->db, pws_segment(report->request, 1), list, pool));
    for (int i = 0; i < list->count; i++) {
        const was_pws_used_t *used = &list->used[i];

        if (!used->is_hidden) {
            json_t *item = was_document_add_object(document, items);

            was_document_text(document, item, "id", used->collection);
            was_document_integer(document, item, "usageBytes", used->bytes);
        }
        apr_cpystrn(report->after, used->collection, sizeof(report->after));
    }
    *more = list->more;
    return NULL;
}

static const char *end_report(void *baton, apr_pool_t *pool)
{
    const report_t *report = baton;

    (void)pool;
    return report->end;
}

/* Splits a report where the list belongs: behind the members of its first entry. */
static const was_error_t *answer_by_collection(was_request_t *request, was_response_t *response,
                                               const was_document_t *own,
                                               const was_document_t *document)
{
    report_t *report = apr_pcalloc(request->pool, sizeof(*report));
    pws_pages_t pages = {.page = list_used, .end = end_report, .baton = report};
    const json_t *entry = was_document_finish(own), *whole = was_document_finish(document);
    const char *first, *text;
    apr_size_t length;

    if (entry == NULL || whole == NULL) {
        return was_error_log(request->pool, WAS_ERROR_UNAVAILABLE, "out of memory for a document");
    }
    first = was_json_text(entry, &length, request->pool);
    text = was_json_text(whole, NULL, request->pool);
    if (first == NULL || text == NULL) {
        return was_error_log(request->pool, WAS_ERROR_UNAVAILABLE, "out of memory for a document");
    }
    /* The report begins with its list of entries. */
    const char *others = strchr(text, '[') + 1;

    report->request = request;
    report->list.only_public = pws_state(request)->is_public;
    report->list.after = report->after;
    report->end = apr_pstrcat(request->pool, "}", *others != ']' ? "," : "", others, NULL);
    pages.begin = apr_psprintf(
        request->pool, "{\"backends\":[%.*s,\"usageByCollection\":", (int)length - 1, first);
    pws_answer_pages(request, response, &pages);
    return NULL;
}

const was_error_t *pws_quotas_get(was_request_t *request, was_response_t *response)
{
    const bool by_collection = pws_includes(request, "collections");
    was_document_t *own = was_document_make(request->pool);
    was_document_t *document = was_document_make(request->pool);
    json_t *root = was_document_root(document);
    json_t *entries = was_document_list(document, root, "backends");
    was_pws_usage_t usage;

    WAS_TRY(was_pws_usage_space(request->db, pws_segment(request, 1),
                                pws_state(request)->controller, &usage, request->pool));
    describe_own_usage(request, by_collection ? own : document,
                       by_collection ? was_document_root(own)
                                     : was_document_add_object(document, entries),
                       usage.bytes, usage.bytes);
    for (int i = 0; i < usage.nbackends; i++) {
        describe_other(request, document, was_document_add_object(document, entries),
                       &usage.backends[i]);
    }
    pws_document_time(document, root, "respondedAt", apr_time_from_sec(request->now),
                      request->pool);
    if (by_collection) {
        return answer_by_collection(request, response, own, document);
    }
    pws_answer_document(response, document);
    return NULL;
}
