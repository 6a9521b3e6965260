/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * pws_read_chunk: the input stands in a target where the number of a chunk does. What is taken is
 * the one way to write a number that there can be, and each number is taken that is so written.
 */
#include "request.h"

#include "pws/pws_ids.h"
#include "store/pws/was_pws_chunks.h"

#include <apr_strings.h>

static const was_error_t *read_chunk(const was_path_t *path, apr_int64_t *number, apr_pool_t *pool)
{
    was_request_t *request = fuzz_request(NULL, pool);

    request->path = path;
    REQUIRE(pws_names_chunk(request) ==
            (path->nsegments > 5 && was_path_segment(path, 5, pool)[0] != '\0'));
    return pws_read_chunk(request, number);
}

/* Another one, made of the input, which must be taken. */
static void check_number(uint32_t bits, apr_pool_t *pool)
{
    apr_int64_t number = bits & WAS_PWS_CHUNK_MAX, again = -1;
    const was_path_t *path;

    REQUIRE(was_path_parse(apr_psprintf(pool, "/space/s/c/r/chunks/%" APR_INT64_T_FMT, number), "",
                           &path, pool) == NULL);
    REQUIRE(read_chunk(path, &again, pool) == NULL && again == number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    apr_pool_t *pool = fuzz_pool();
    char *text = fuzz_text(data, size);
    apr_int64_t number = 0;
    const was_path_t *path;

    if (was_path_parse(apr_pstrcat(pool, "/space/s/c/r/chunks/", text, NULL), "", &path, pool) ==
        NULL) {
        const was_error_t *error = read_chunk(path, &number, pool);

        if (error != NULL) {
            fuzz_check_error(error, WAS_ERROR_INVALID_ID);
        }
        else if (was_path_segment(path, 5, pool)[0] == '\0') {
            REQUIRE(number == -1);
        }
        else {
            REQUIRE(number >= 0 && number <= WAS_PWS_CHUNK_MAX);
            REQUIRE(strcmp(was_path_segment(path, 5, pool),
                           apr_psprintf(pool, "%" APR_INT64_T_FMT, number)) == 0);
        }
    }
    if (size >= 4) {
        uint32_t bits;

        memcpy(&bits, data, sizeof(bits));
        check_number(bits, pool);
    }
    free(text);
    apr_pool_clear(pool);
    return 0;
}
