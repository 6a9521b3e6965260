/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What libpq can do with big contents when nothing else is in the way: the ceiling of t/bench/run.
 * Owns the ways in and out of was_resources and was_parts that are worth comparing. Knows no right,
 * no precondition and no HTTP.
 *
 *   libpq WAY CONNINFO CONNECTIONS SECONDS BYTES
 *
 * Prints bytes a second, of all connections together.
 */

#include <libpq-fe.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PIECE = 1024 * 1024,
    COPY_PIECE = 256 * 1024,
    PART = 512 * 1024,
    AHEAD = 3,
    PATHS = 32,
    HUGE = 8 * 1024 * 1024,
    HUGE_PATHS = 8,
    MOST = 1024 * 1024 * 1024
};

#define UPSERT(content)                                                                            \
    "INSERT INTO was_resources (space_uuid, path, content, content_type)"                          \
    " VALUES ('bench', $1::text, " content ", 'application/octet-stream')"                         \
    " ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content,"                    \
    " content_type = EXCLUDED.content_type"

typedef struct work_t {
    const char *conninfo;
    bool (*once)(struct work_t *work, const char *path);
    const char *kind; /* of contents: in rows, or in parts */
    int number;
    size_t size;
    char *content;
    PGconn *pg;
    double seconds;
    size_t moved;
    const char *failure;
} work_t;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool is_fine(work_t *work, PGresult *result, ExecStatusType status)
{
    bool fine = PQresultStatus(result) == status;

    if (!fine) {
        work->failure = strdup(PQerrorMessage(work->pg));
    }
    PQclear(result);
    return fine;
}

static bool run(work_t *work, const char *sql, ExecStatusType status)
{
    return is_fine(work, PQexec(work->pg, sql), status);
}

static bool write_param(work_t *work, const char *path)
{
    const char *values[] = {path, work->content};
    const int lengths[] = {0, (int)work->size}, formats[] = {0, 1};

    return is_fine(work, PQexecPrepared(work->pg, "param", 2, values, lengths, formats, 1),
                   PGRES_COMMAND_OK);
}

static bool write_copy(work_t *work, const char *path)
{
    unsigned char head[25] = "PGCOPY\n\377\r\n";
    size_t at;

    head[20] = 1;
    for (int i = 0; i < 4; i++) {
        head[21 + i] = (unsigned char)(work->size >> (24 - 8 * i));
    }
    if (!run(work, "BEGIN", PGRES_COMMAND_OK) ||
        !run(work, "COPY stage FROM STDIN (FORMAT binary)", PGRES_COPY_IN)) {
        return false;
    }
    PQputCopyData(work->pg, (const char *)head, sizeof(head));
    for (at = 0; at < work->size; at += COPY_PIECE) {
        size_t count = work->size - at < COPY_PIECE ? work->size - at : COPY_PIECE;

        PQputCopyData(work->pg, work->content + at, (int)count);
    }
    PQputCopyData(work->pg, "\377\377", 2);
    PQputCopyEnd(work->pg, NULL);
    if (!is_fine(work, PQgetResult(work->pg), PGRES_COMMAND_OK)) {
        return false;
    }
    PQclear(PQgetResult(work->pg));
    return is_fine(work, PQexecPrepared(work->pg, "staged", 1, &path, NULL, NULL, 1),
                   PGRES_COMMAND_OK) &&
           run(work, "COMMIT", PGRES_COMMAND_OK);
}

static bool read_whole(work_t *work, const char *path)
{
    PGresult *result = PQexecPrepared(work->pg, "whole", 1, &path, NULL, NULL, 1);
    bool whole = PQntuples(result) == 1 && (size_t)PQgetlength(result, 0, 0) == work->size;

    return is_fine(work, result, PGRES_TUPLES_OK) && whole;
}

static bool read_pieces(work_t *work, const char *path)
{
    size_t at = 0;

    while (at < work->size) {
        char first[24], length[24];
        const char *values[] = {path, first, length};
        PGresult *result;

        snprintf(first, sizeof(first), "%zu", at + 1);
        snprintf(length, sizeof(length), "%d", PIECE);
        result = PQexecPrepared(work->pg, "piece", 3, values, NULL, NULL, 1);
        at += PQntuples(result) == 1 ? (size_t)PQgetlength(result, 0, 0) : work->size + 1;
        if (!is_fine(work, result, PGRES_TUPLES_OK)) {
            return false;
        }
    }
    return at == work->size;
}

/* Answers of the pipeline, one of which may be an error. */
static bool take_answers(work_t *work, int count, size_t *bytes)
{
    while (count > 0) {
        PGresult *result = PQgetResult(work->pg);

        if (result == NULL) {
            count--;
            continue;
        }
        *bytes += PQntuples(result) == 1 ? (size_t)PQgetlength(result, 0, 0) : 0;
        if (!is_fine(work, result, PQntuples(result) == 1 ? PGRES_TUPLES_OK : PGRES_COMMAND_OK)) {
            return false;
        }
    }
    return true;
}

static bool end_pipeline(work_t *work)
{
    PGresult *result = PQgetResult(work->pg);
    bool ended = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

    PQclear(result);
    return ended && PQexitPipelineMode(work->pg);
}

static bool write_parts(work_t *work, const char *path)
{
    static _Atomic long turns = 1;
    char mark[24], size[24], number[24];
    const char *row[] = {path, mark, size};
    size_t nparts = 0, bytes = 0;

    /* One that no other run has. */
    snprintf(mark, sizeof(mark), "%ld", (long)time(NULL) * 100000 + turns++);
    snprintf(size, sizeof(size), "%zu", work->size);
    PQenterPipelineMode(work->pg);
    for (size_t at = 0; at < work->size; at += PART) {
        const char *values[] = {mark, number, work->content + at};
        const int lengths[] = {0, 0, (int)(work->size - at < PART ? work->size - at : PART)};
        const int formats[] = {0, 0, 1};

        snprintf(number, sizeof(number), "%zu", nparts++);
        PQsendQueryPrepared(work->pg, "part", 3, values, lengths, formats, 1);
        PQflush(work->pg);
        PQconsumeInput(work->pg);
    }
    PQsendQueryPrepared(work->pg, "parted", 3, row, NULL, NULL, 1);
    return PQpipelineSync(work->pg) && take_answers(work, (int)nparts + 1, &bytes) &&
           end_pipeline(work);
}

static bool read_parts(work_t *work, const char *path)
{
    PGresult *result = PQexecPrepared(work->pg, "marked", 1, &path, NULL, NULL, 0);
    int nparts = (int)((work->size + PART - 1) / PART), asked = 0;
    size_t bytes = 0;
    char mark[24];

    snprintf(mark, sizeof(mark), "%s", PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
    if (!is_fine(work, result, PGRES_TUPLES_OK)) {
        return false;
    }
    PQenterPipelineMode(work->pg);
    for (int taken = 0; taken < nparts; taken++) {
        for (; asked < nparts && asked < taken + AHEAD; asked++) {
            char number[24];
            const char *values[] = {mark, number};

            snprintf(number, sizeof(number), "%d", asked);
            PQsendQueryPrepared(work->pg, "taken", 2, values, NULL, NULL, 1);
            PQsendFlushRequest(work->pg);
        }
        if (!take_answers(work, 1, &bytes)) {
            return false;
        }
    }
    return PQpipelineSync(work->pg) && end_pipeline(work) && bytes == work->size;
}

static void prepare(work_t *work)
{
    static const char *const statements[][2] = {
        {"param", UPSERT("$2::bytea")},
        {"staged", UPSERT("(SELECT content FROM stage)")},
        {"whole", "SELECT content FROM was_resources WHERE space_uuid = 'bench' AND path = $1"},
        {"piece", "SELECT substring(content FROM $2::integer FOR $3::integer) FROM was_resources"
                  " WHERE space_uuid = 'bench' AND path = $1"},
        {"part", "INSERT INTO was_parts (space_uuid, content, number, bytes)"
                 " VALUES ('bench', $1::bigint, $2::bigint, $3::bytea)"},
        {"parted", "INSERT INTO was_resources (space_uuid, path, content, content_type, parts,"
                   " parts_bytes) VALUES ('bench', $1::text, int8send($2::bigint),"
                   " 'application/octet-stream', $2::bigint, $3::bigint)"
                   " ON CONFLICT (space_uuid, path) DO UPDATE SET content = EXCLUDED.content,"
                   " parts = EXCLUDED.parts, parts_bytes = EXCLUDED.parts_bytes"},
        {"marked", "SELECT parts FROM was_resources WHERE space_uuid = 'bench' AND path = $1"},
        {"taken", "SELECT bytes FROM was_parts WHERE space_uuid = 'bench'"
                  " AND content = $1::bigint AND number = $2::bigint"},
    };

    /* As the module does, see WAS_SQL_SETTINGS. */
    run(work, "SELECT length(repeat(' ', 4 * 1024 * 1024))", PGRES_TUPLES_OK);
    run(work,
        "CREATE TEMPORARY TABLE stage (content bytea) ON COMMIT DELETE ROWS;"
        "ALTER TABLE stage ALTER content SET STORAGE EXTERNAL",
        PGRES_COMMAND_OK);
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        is_fine(work, PQprepare(work->pg, statements[i][0], statements[i][1], 0, NULL),
                PGRES_COMMAND_OK);
    }
}

/* Of huge ones fewer, so that they fit on a disk. */
static int count_paths(const work_t *work)
{
    size_t most = MOST / work->size;

    if (work->size <= HUGE) {
        return PATHS;
    }
    return most < 1 ? 1 : most < HUGE_PATHS ? (int)most : HUGE_PATHS;
}

static void name_path(const work_t *work, int turn, char path[64])
{
    snprintf(path, 64, "/%s%zu-%d", work->kind, work->size, turn % count_paths(work));
}

/* What is read must be there. */
static void fill_paths(work_t *work, bool (*write)(work_t *work, const char *path))
{
    for (int turn = 0; write != NULL && turn < count_paths(work); turn++) {
        char name[64];
        const char *path = name;

        name_path(work, turn, name);
        PGresult *result = PQexecPrepared(work->pg, "marked", 1, &path, NULL, NULL, 0);

        if (PQntuples(result) == 0) {
            write(work, path);
        }
        PQclear(result);
    }
}

static void *work_on(void *data)
{
    work_t *work = data;
    double end = now() + work->seconds;
    int turn = work->number;

    while (work->failure == NULL && now() < end) {
        char path[64];

        name_path(work, turn++, path);
        if (work->once(work, path)) {
            work->moved += work->size;
        }
        else if (work->failure == NULL) {
            work->failure = "no such content";
        }
    }
    return NULL;
}

/* Bytes that PostgreSQL gets nowhere with by compressing them. */
static char *make_noise(size_t count)
{
    char *noise = malloc(count + 1);

    for (size_t i = 0; noise != NULL && i < count; i++) {
        noise[i] = (char)rand();
    }
    return noise;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        bool (*once)(work_t *work, const char *path);
        const char *kind;
        bool (*write)(work_t *work, const char *path); /* what this reads */
    } ways[] = {{"write-param", write_param, "row", NULL},
                {"write-copy", write_copy, "row", NULL},
                {"write-parts", write_parts, "parts", NULL},
                {"read-whole", read_whole, "row", write_param},
                {"read-pieces", read_pieces, "row", write_param},
                {"read-parts", read_parts, "parts", write_parts}};
    bool (*write)(work_t * work, const char *path) = NULL;
    int connections = argc == 6 ? atoi(argv[3]) : 0;
    work_t *works = calloc((size_t)connections + 1, sizeof(*works));
    pthread_t *threads = calloc((size_t)connections + 1, sizeof(*threads));
    double moved = 0, began;

    for (int i = 0; i < connections; i++) {
        works[i] = (work_t){.number = i, .seconds = atof(argv[4]), .size = (size_t)atoll(argv[5])};
        for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
            if (strcmp(argv[1], ways[way].name) == 0) {
                works[i].once = ways[way].once;
                works[i].kind = ways[way].kind;
                write = ways[way].write;
            }
        }
        works[i].content = make_noise(works[i].size);
        works[i].pg = PQconnectdb(argv[2]);
        prepare(&works[i]);
    }
    if (connections < 1 || works[0].once == NULL) {
        fputs("usage: libpq WAY CONNINFO CONNECTIONS SECONDS BYTES\n", stderr);
        return 2;
    }
    fill_paths(&works[0], write);
    began = now();
    for (int i = 0; i < connections; i++) {
        pthread_create(&threads[i], NULL, work_on, &works[i]);
    }
    for (int i = 0; i < connections; i++) {
        pthread_join(threads[i], NULL);
        moved += (double)works[i].moved;
        if (works[i].failure != NULL) {
            fprintf(stderr, "%s\n", works[i].failure);
            return 1;
        }
    }
    printf("%.0f\n", moved / (now() - began));
    return 0;
}
