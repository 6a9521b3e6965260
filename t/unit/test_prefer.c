/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_prefer: for how many seconds a client would wait. */
#include "tap.h"

#include "http/was_prefer.h"

static const struct {
    const char *field;
    int seconds;
    const char *name;
} cases[] = {
    {NULL, 0, "no field"},
    {"", 0, "an empty field"},
    {"wait=10", 10, "a number"},
    {"wait=0", 0, "none"},
    {"WAIT = 7", 7, "in capitals, with blanks"},
    {"wait=\"5\"", 5, "quoted"},
    {"wait=30", 30, "the most"},
    {"wait=31", 30, "more than the most"},
    {"wait=99999999999999999999999999", 30, "more than any number"},
    {"wait", 0, "no value"},
    {"wait=", 0, "an empty value"},
    {"wait=x", 0, "a word"},
    {"wait=-1", 0, "below nothing"},
    {"wait=1.5", 0, "a fraction"},
    {"wait=\"5", 5, "quoted, and open"},
    {"waiting=5", 0, "a longer name"},
    {"wai=5", 0, "a shorter name"},
    {"await=5", 0, "another name"},
    {"respond-async, wait=5", 5, "behind another"},
    {"handling=lenient;wait=4, wait=5", 5, "a parameter is none"},
    {"x=\"a, wait=4\", wait=5", 5, "nor is what is quoted"},
    {"x=\"a\\\", wait=4\", wait=5", 5, "with a quoted quote in it"},
    {"wait=5;x=y, z", 5, "with parameters"},
    {"wait=5, wait=6", 5, "the first counts"},
    {",,  , wait=5", 5, "empty elements"},
    {"x=\"", 0, "an open quote"},
    {"x=\"\\", 0, "an open quote with half an escape"},
};

int main(void)
{
    tap_begin();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_int(was_prefer_wait(cases[i].field), cases[i].seconds, cases[i].name);
    }
    return done();
}
