/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_want: which digests a client asks for, and how much. */
#include "tap.h"

#include "http/was_want.h"

static const struct {
    const char *field;
    int sha256;
    int sha512;
    const char *name;
} cases[] = {
    {NULL, 0, 0, "no field"},
    {"", 0, 0, "an empty field"},
    {"sha-256=1", 1, 0, "the least"},
    {"sha-256=10", 10, 0, "the most"},
    {"sha-256=0", 0, 0, "not at all"},
    {"sha-512=3, sha-256=10, unixsum=0", 10, 3, "several"},
    {"sha-512=3\t,\tsha-256=1", 1, 3, "tabs"},
    {"sha-512=3,sha-256=1 ", 1, 3, "no blanks, but at the end"},
    {"sha-256=007", 7, 0, "zeros in front"},
    {"sha-256=9, sha-256=2", 2, 0, "the last of two counts"},
    {"*x-y_z.1=5, sha-256=2", 2, 0, "all that a name may have"},
    {"sha-25=5, sha-2566=5", 0, 0, "a shorter name and a longer one"},
    {"sha-256=11", 0, 0, "more than the most"},
    {"sha-256=99999999999999999999", 0, 0, "more than any number"},
    {"sha-256=0000000000000001", 0, 0, "more digits than a number has"},
    {"sha-256=-1", 0, 0, "less than nothing"},
    {"sha-256=1.0", 0, 0, "a fraction"},
    {"sha-256", 0, 0, "no value"},
    {"sha-256=", 0, 0, "an empty value"},
    {"sha-256=x", 0, 0, "a word"},
    {"sha-256=:YWJj:", 0, 0, "bytes"},
    {"sha-256=\"1\"", 0, 0, "quoted"},
    {"sha-256=?1", 0, 0, "yes"},
    {"sha-256 =1", 0, 0, "a blank in front of the value"},
    {"sha-256= 1", 0, 0, "a blank in it"},
    {"SHA-256=1", 0, 0, "capitals"},
    {"sha-256=1;q=1", 0, 0, "a parameter"},
    {"sha-256=1,", 0, 0, "a comma at the end"},
    {",sha-256=1", 0, 0, "a comma at the beginning"},
    {"sha-256=1,,sha-512=1", 0, 0, "two commas"},
    {"sha-256=1 sha-512=1", 0, 0, "no comma"},
    {"sha-256=1, md5=x", 0, 0, "a malformed one beside it"},
    {"1=1, sha-256=1", 0, 0, "a digit at the beginning of a name"},
    {"=1", 0, 0, "no name"},
};

int main(void)
{
    tap_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const was_want_t want = was_want_read(cases[i].field);

        is_int(want.sha256, cases[i].sha256, cases[i].name);
        is_int(want.sha512, cases[i].sha512, "... and the other");
    }
    return done();
}
