/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/*
 * replay: runs a fuzz target over every file of its corpus, as a test without clang.
 * Linked with one fuzz_<name>.c; the corpus is the directory given, or t/fuzz/corpus/<name> below
 * $srcdir, where <name> is what follows the last '_' of the program's name.
 *
 * Compiled with WAS_LIBFUZZER it is empty, and the program is libFuzzer's (tools/fuzz).
 */
#include "fuzz.h"

#ifndef WAS_LIBFUZZER

#include <apr_file_info.h>
#include <apr_file_io.h>

enum { MAX_FILE = 1 << 20 };

static bool replay(const char *path, apr_pool_t *pool)
{
    uint8_t *data = malloc(MAX_FILE);
    apr_file_t *file = NULL;
    apr_size_t size = 0;
    apr_status_t status;

    REQUIRE(data != NULL);
    status = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, 0, pool);
    if (status == APR_SUCCESS) {
        status = apr_file_read_full(file, data, MAX_FILE, &size);
        apr_file_close(file);
    }
    if (status == APR_SUCCESS || APR_STATUS_IS_EOF(status)) {
        LLVMFuzzerTestOneInput(data, size);
        status = APR_SUCCESS;
    }
    free(data);
    return status == APR_SUCCESS;
}

/* A corpus that is missing or empty would prove nothing, so that it fails. */
static int replay_all(const char *directory, apr_pool_t *pool)
{
    apr_finfo_t info;
    apr_dir_t *dir = NULL;
    int count = 0;
    int failed = 0;

    if (apr_dir_open(&dir, directory, pool) != APR_SUCCESS) {
        printf("Bail out! %s cannot be read\n", directory);
        return EXIT_FAILURE;
    }
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        bool good;

        if (info.name[0] == '.') {
            continue;
        }
        good = replay(apr_pstrcat(pool, directory, "/", info.name, NULL), pool);
        printf("%sok %d - replay: %s\n", good ? "" : "not ", ++count, info.name);
        failed += !good;
    }
    apr_dir_close(dir);
    printf("1..%d\n", count);
    return count > 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const char prefix[] = "replay_";
    const char *slash = strrchr(argv[0], '/');
    const char *name = strstr(slash == NULL ? argv[0] : slash, prefix);
    const char *top = getenv("srcdir");
    apr_pool_t *pool = NULL;
    const char *directory;
    int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    REQUIRE(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS);
    directory = apr_pstrcat(pool, top == NULL ? "." : top, "/t/fuzz/corpus/",
                            name == NULL ? "" : name + sizeof(prefix) - 1, NULL);
    status = replay_all(argc > 1 ? argv[1] : directory, pool);
    apr_pool_destroy(pool);
    return status;
}

#endif
