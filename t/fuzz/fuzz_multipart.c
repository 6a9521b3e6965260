/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * pws_multipart: the input is a media type, a line break, and a form; and, as another try, a file
 * that is put into a form. What is found lies in the form and can be sent back; what was put in
 * comes out.
 */
#include "request.h"

#include "pws/pws_multipart.h"

static const was_error_t *read_form(const char *type, const char *bytes, size_t length,
                                    was_content_t *content, apr_pool_t *pool)
{
    was_content_t form = {.type = type, .bytes = bytes, .length = length};
    const was_error_t *error = pws_multipart_file(fuzz_request(NULL, pool), &form);

    *content = form;
    return error;
}

static void check_file(const char *form, size_t length, const was_content_t *content)
{
    REQUIRE(content->bytes >= form && content->bytes + content->length <= form + length);
    REQUIRE(content->type[0] != '\0' && strlen(content->type) <= 512);
    for (const char *at = content->type; *at != '\0'; at++) {
        REQUIRE(*at >= 0x20 && *at <= 0x7e);
    }
}

/* A form of one field and one file, whose bytes do not hold its boundary. */
static void check_packed(const char *file, size_t length, apr_pool_t *pool)
{
    static const char boundary[] = "--7e13971310878";
    static const char head[] = "--7e13971310878\r\n"
                               "Content-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n"
                               "--7e13971310878\r\n"
                               "Content-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n"
                               "Content-Type: image/png\r\n\r\n";
    static const char tail[] = "\r\n--7e13971310878--\r\n";
    size_t total = strlen(head) + length + strlen(tail);
    char *form;
    was_content_t content;

    if (length > 0 && memmem(file, length, boundary, strlen(boundary)) != NULL) {
        return;
    }
    form = malloc(total);
    REQUIRE(form != NULL);
    memcpy(form, head, strlen(head));
    memcpy(form + strlen(head), file, length);
    memcpy(form + strlen(head) + length, tail, strlen(tail));
    REQUIRE(read_form("multipart/form-data; boundary=7e13971310878", form, total, &content, pool) ==
            NULL);
    REQUIRE(strcmp(content.type, "image/png") == 0);
    REQUIRE(content.length == length && memcmp(content.bytes, file, length) == 0);
    /* Cut anywhere, it is no form any more. */
    for (size_t left = strlen(head); left < strlen(head) + length; left += 1 + length / 8) {
        REQUIRE(read_form("multipart/form-data; boundary=7e13971310878", form, left, &content,
                          pool) != NULL);
    }
    free(form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t line = end == NULL ? size : (size_t)(end - data);
    size_t length = end == NULL ? 0 : size - line - 1;
    char *type = fuzz_text(data, line);
    char *form = malloc(length == 0 ? 1 : length);
    was_content_t content;
    const was_error_t *error;

    REQUIRE(form != NULL);
    if (length > 0) {
        memcpy(form, end + 1, length);
    }
    if (pws_is_multipart(type)) {
        REQUIRE(strncasecmp(type, "multipart/form-data", 19) == 0);
    }
    error = read_form(type, form, length, &content, pool);
    if (error == NULL) {
        check_file(form, length, &content);
    }
    else {
        fuzz_check_error(error, WAS_ERROR_INVALID_BODY);
    }
    check_packed(form, length, pool);
    free(form);
    free(type);
    apr_pool_clear(pool);
    return 0;
}
