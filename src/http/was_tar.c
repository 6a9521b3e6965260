/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_tar: headers of an archive. Owns the fields of a block, how a long name is split, and when it
 * needs a pax header. Refuses to know what the names mean.
 */

#include "http/was_tar.h"

#include <apr_strings.h>

#include <stdbool.h>
#include <string.h>

enum { NAME_BYTES = 100, PREFIX_BYTES = 155, PREFIX_OFFSET = 345, CHECKSUM_OFFSET = 148 };

/* What eleven octal digits can say. */
#define SIZE_MAX_BYTES APR_INT64_C(077777777777)

const char was_tar_zeros[WAS_TAR_END];

/* The name of a header whose own does not fit. */
static const char pax_name[] = "PaxHeader";

/* One block; `name` and `prefix` fit. */
static void write_block(char block[WAS_TAR_BLOCK], const char *prefix, apr_size_t prefix_length,
                        const char *name, apr_int64_t size, char kind)
{
    unsigned sum = 0;

    memset(block, 0, WAS_TAR_BLOCK);
    memcpy(block, name, strlen(name));
    memcpy(block + 100, kind == '5' ? "000755 " : "000644 ", 7);
    memcpy(block + 108, "000000 ", 7);
    memcpy(block + 116, "000000 ", 7);
    for (int digit = 10; digit >= 0; digit--) {
        block[124 + digit] = (char)('0' + (size & 7));
        size >>= 3;
    }
    memcpy(block + 135, " 00000000000 ", 13);
    memset(block + CHECKSUM_OFFSET, ' ', 8);
    block[156] = kind;
    memcpy(block + 257, "ustar\00000", 8);
    memcpy(block + 329, "000000 ", 7);
    memcpy(block + 337, "000000 ", 7);
    memcpy(block + PREFIX_OFFSET, prefix, prefix_length);
    for (int i = 0; i < WAS_TAR_BLOCK; i++) {
        sum += (unsigned char)block[i];
    }
    apr_snprintf(block + CHECKSUM_OFFSET, 8, "%06o ", sum);
}

/* Where a name is split into what goes into the prefix, and, behind a slash, the rest: as few
 * segments as will do. False where it cannot be said so. */
static bool split_long_name(const char *name, apr_size_t *prefix_length, const char **rest)
{
    *prefix_length = 0;
    *rest = name;
    for (const char *c = name; *c != '\0'; c++) {
        if ((unsigned char)*c >= 0x80) {
            return false;
        }
        if (*c == '/' && c[1] != '\0' && strlen(*rest) > NAME_BYTES) {
            *prefix_length = (apr_size_t)(c - name);
            *rest = c + 1;
        }
    }
    return strlen(*rest) <= NAME_BYTES && *prefix_length <= PREFIX_BYTES;
}

/* A record of a pax header, whose length counts its own digits. */
static const char *pax_record(const char *key, const char *value, apr_pool_t *pool)
{
    apr_size_t length = strlen(key) + strlen(value) + 3;
    apr_size_t digits = 0, counted;

    do {
        counted = digits;
        digits = strlen(apr_psprintf(pool, "%" APR_SIZE_T_FMT, length + counted));
    } while (digits != counted);
    return apr_psprintf(pool, "%" APR_SIZE_T_FMT " %s=%s\n", length + digits, key, value);
}

const char *was_tar_header(const char *name, apr_int64_t size, apr_size_t *length, apr_pool_t *pool)
{
    const char *rest, *records = "";
    apr_size_t prefix_length;
    char kind = *name != '\0' && name[strlen(name) - 1] == '/' ? '5' : '0';
    bool is_long = size > SIZE_MAX_BYTES;

    if (!split_long_name(name, &prefix_length, &rest)) {
        records = pax_record("path", name, pool);
        prefix_length = 0;
        rest = pax_name;
    }
    if (is_long) {
        const char *digits = apr_psprintf(pool, "%" APR_INT64_T_FMT, size);

        records = apr_pstrcat(pool, records, pax_record("size", digits, pool), NULL);
    }
    apr_size_t count = strlen(records);
    apr_size_t before = count > 0 ? WAS_TAR_BLOCK + count + was_tar_padding((apr_int64_t)count) : 0;
    char *header = apr_pcalloc(pool, before + WAS_TAR_BLOCK);

    if (count > 0) {
        write_block(header, "", 0, pax_name, (apr_int64_t)count, 'x');
        memcpy(header + WAS_TAR_BLOCK, records, count);
    }
    write_block(header + before, name, prefix_length, rest, is_long ? 0 : size, kind);
    *length = before + WAS_TAR_BLOCK;
    return header;
}

apr_size_t was_tar_padding(apr_int64_t size)
{
    return (apr_size_t)(WAS_TAR_BLOCK - 1 - (size + WAS_TAR_BLOCK - 1) % WAS_TAR_BLOCK);
}
