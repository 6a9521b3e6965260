/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_spool: what is written comes back, nobody else sees it, and what fails is unavailable. */
#include "tap.h"

#include "http/was_spool.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 3 };

/* How many names stand in the directory. */
static int count_names(const char *directory)
{
    DIR *open_directory = opendir(directory);
    int count = 0;

    while (open_directory != NULL && readdir(open_directory) != NULL) {
        count++;
    }
    if (open_directory != NULL) {
        closedir(open_directory);
    }
    return count;
}

static void test_round_trip(const char *directory, apr_pool_t *pool)
{
    static const char text[] = "what does not fit";
    was_spool_t *spool = NULL;
    char buffer[64] = "";
    apr_size_t count = 1;

    is_str(outcome(was_spool_make(&spool, pool)), "fine", "made");
    is_int(count_names(directory), 2, "... without a name: nothing beside . and ..");
    is_str(outcome(was_spool_write(spool, text, 5)), "fine", "written");
    is_str(outcome(was_spool_write(spool, text + 5, sizeof(text) - 5)), "fine", "... and more");
    for (int i = 0; i < 2; i++) {
        is_str(outcome(was_spool_rewind(spool)), "fine", "rewound");
        is_str(outcome(was_spool_read(spool, buffer, 4, &count)), "fine", "a part of it is read");
        ok(count == 4 && memcmp(buffer, text, 4) == 0, "... as it was");
        is_str(outcome(was_spool_read(spool, buffer, sizeof(buffer), &count)), "fine", "the rest");
        ok(count == sizeof(text) - 4 && memcmp(buffer, text + 4, count) == 0, "... as it was");
        is_str(outcome(was_spool_read(spool, buffer, sizeof(buffer), &count)), "fine", "the end");
        is_int((long long)count, 0, "... has no bytes");
    }
}

static void test_places(apr_pool_t *pool)
{
    was_spool_t *spool = NULL;
    char buffer[8] = "", *bytes = buffer;
    apr_size_t count;
    apr_int64_t length = -1;

    is_str(outcome(was_spool_make(&spool, pool)), "fine", "another one");
    is_str(outcome(was_spool_map(spool, &bytes)), "fine", "nothing is mapped");
    ok(bytes == NULL, "... as nothing");
    is_str(outcome(was_spool_write(spool, "abcdef", 6)), "fine", "written");
    is_str(outcome(was_spool_seek(spool, 4)), "fine", "a place is sought");
    is_str(outcome(was_spool_read(spool, buffer, sizeof(buffer), &count)), "fine", "... and read");
    ok(count == 2 && memcmp(buffer, "ef", 2) == 0, "... from there on");
    is_str(outcome(was_spool_seek(spool, 1)), "fine", "a place is sought");
    is_str(outcome(was_spool_length(spool, &length)), "fine", "measured");
    is_int(length, 6, "... in bytes");
    is_str(outcome(was_spool_write(spool, "g", 1)), "fine", "... and what comes next");
    is_str(outcome(was_spool_map(spool, &bytes)), "fine", "... is mapped");
    ok(bytes != NULL && memcmp(bytes, "abcdefg", 7) == 0, "... behind it");
}

static void check_unavailable(const was_error_t *error, const char *name)
{
    is_str(outcome(error), "UNAVAILABLE", name);
    ok(error != NULL && error->detail != NULL && strstr(error->detail, "database") == NULL,
       "... and the client is not told of a database");
    ok(error != NULL && error->reason != NULL && strncmp(error->reason, "cannot ", 7) == 0,
       "... and the operator is told why");
}

/* Others that could stand in for it are no choice. */
static void test_one_directory(const char *directory, apr_pool_t *pool)
{
    char long_name[5001];
    const char *const names[] = {"nonexistent", "/dev/null", long_name};

    memset(long_name, 'x', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    setenv("TMP", directory, 1);
    setenv("TEMP", directory, 1);
    is_str(outcome(was_spool_check(pool)), "fine", "a directory that can be used");
    is_int(count_names(directory), 2, "... is left as it was");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        was_spool_t *spool = NULL;

        setenv("TMPDIR", names[i], 1);
        check_unavailable(was_spool_make(&spool, pool), "a directory that is none");
        ok(spool == NULL, "... and nothing comes out");
        const was_error_t *error = was_spool_check(pool);
        is_str(outcome(error), "UNAVAILABLE", "... as is known beforehand");
        ok(strncmp(error->reason, "cannot make a spool in ", 23) == 0, "... and why");
    }
    setenv("TMPDIR", directory, 1);
}

/* A file that may not grow is a disk that is full. */
static void test_full_disk(apr_pool_t *pool)
{
    struct rlimit before, none = {0};
    was_spool_t *spool = NULL;

    signal(SIGXFSZ, SIG_IGN);
    is_str(outcome(was_spool_make(&spool, pool)), "fine", "made before the disk is full");
    getrlimit(RLIMIT_FSIZE, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    check_unavailable(was_spool_write(spool, "x", 1), "a disk that is full");
    setrlimit(RLIMIT_FSIZE, &before);
}

static void test_no_files(apr_pool_t *pool)
{
    struct rlimit before, none = {0};
    was_spool_t *spool = NULL;

    getrlimit(RLIMIT_NOFILE, &before);
    none.rlim_cur = MOST_FILES;
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_NOFILE, &none);
    check_unavailable(was_spool_make(&spool, pool), "no more files");
    ok(spool == NULL, "... and nothing comes out");
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
    apr_pool_t *pool = tap_begin();
    char directory[] = "spool-XXXXXX";

    if (mkdtemp(directory) == NULL || setenv("TMPDIR", directory, 1) != 0) {
        printf("Bail out! no directory to spool to\n");
        return EXIT_FAILURE;
    }
    test_no_files(pool);
    test_round_trip(directory, pool);
    test_places(pool);
    test_one_directory(directory, pool);
    test_full_disk(pool);
    apr_pool_destroy(pool);
    rmdir(directory);
    return done();
}
