/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_trace: which trace a traceparent names, and what is none (Trace Context, section 3.2). */
#include "tap.h"

#include "http/was_trace.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN "00f067aa0ba902b7"
#define NO_TRACE "00000000000000000000000000000000"
#define NO_SPAN "0000000000000000"

static const struct {
    const char *field, *id, *name;
} cases[] = {
    {"00-" TRACE "-" SPAN "-01", TRACE, "sampled"},
    {"00-" TRACE "-" SPAN "-00", TRACE, "not sampled"},
    {"00-" TRACE "-" SPAN "-ff", TRACE, "flags that nobody knows"},
    {"01-" TRACE "-" SPAN "-01", TRACE, "a later version"},
    {"cc-" TRACE "-" SPAN "-01-what-comes", TRACE, "a later version that says more"},
    {"fe-" TRACE "-" SPAN "-01-", TRACE, "the last version, and nothing behind the dash"},
    {NULL, NULL, "no field"},
    {"", NULL, "an empty field"},
    {"00", NULL, "a version alone"},
    {"00-" TRACE, NULL, "no parent"},
    {"00-" TRACE "-" SPAN, NULL, "no flags"},
    {"00-" TRACE "-" SPAN "-", NULL, "empty flags"},
    {"00-" TRACE "-" SPAN "-1", NULL, "half of the flags"},
    {"00-" TRACE "-" SPAN "-011", NULL, "more flags"},
    {"00-" TRACE "-" SPAN "-01-x", NULL, "the first version says no more"},
    {"00-" TRACE "-" SPAN "-01 ", NULL, "a blank behind"},
    {" 00-" TRACE "-" SPAN "-01", NULL, "a blank in front"},
    {"01-" TRACE "-" SPAN "-01x", NULL, "a later version without a dash"},
    {"ff-" TRACE "-" SPAN "-01", NULL, "version 255"},
    {"0-0" TRACE "-" SPAN "-01", NULL, "a version of one digit"},
    {"0A-" TRACE "-" SPAN "-01", NULL, "a version in capitals"},
    {"00-" NO_TRACE "-" SPAN "-01", NULL, "a trace of zeros"},
    {"00-" TRACE "-" NO_SPAN "-01", NULL, "a parent of zeros"},
    {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", NULL, "a trace in capitals"},
    {"00-" TRACE "-00F067AA0BA902B7-01", NULL, "a parent in capitals"},
    {"00-" TRACE "-" SPAN "-0A", NULL, "flags in capitals"},
    {"00-" TRACE "0-" SPAN "-01", NULL, "a trace that is too long"},
    {"00-4bf92f3577b34da6a3ce929d0e0e473-0" SPAN "-01", NULL, "one that is too short"},
    {"00-4bf92f3577b34da6a3ce929d0e0e473\xe9-" SPAN "-01", NULL, "a byte that is not ASCII"},
    {"00_" TRACE "_" SPAN "_01", NULL, "other dashes"},
    {"00-" TRACE "-" SPAN "-01, 00-" TRACE "-" SPAN "-01", NULL, "two fields"},
};

int main(void)
{
    apr_pool_t *pool = tap_begin();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_str(was_trace_id(cases[i].field, pool), cases[i].id, cases[i].name);
    }
    return done();
}
