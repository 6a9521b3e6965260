/* Licensed under the Apache License, Version 2.0; see LICENSE. */
/* was_cavage: the grammar of the Authorization field. */
#include "tap.h"

#include "auth/was_cavage.h"

#define FINGER "z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX"
#define DID "did:key:" FINGER
#define KEY_ID DID "#" FINGER
#define SIG_86                                                                                     \
    "PlxnxmnqhDRmqVCGFHAFU5pgfK_3Tnpf3oTAL2BpgIllnTYFTxcxKza2BfWOu-xQw2XPWPhmsuwUdAXAUgEADQ"
#define ALL "(created) (expires) (key-id) (request-target)"

#define P_KEY "keyId=\"" KEY_ID "\""
#define P_HEADERS "headers=\"" ALL "\""
#define P_SIG "signature=\"" SIG_86 "\""
#define P_TIMES "created=\"1000\",expires=\"1030\""
#define REST P_KEY "," P_SIG "," P_TIMES
#define GOOD "Signature " REST "," P_HEADERS
#define WITH_HEADERS(list) "Signature " REST ",headers=\"" list "\""
#define WITH_TIMES(times) "Signature " P_KEY "," P_SIG "," P_HEADERS "," times
#define WITH_SIG(text) "Signature " P_KEY "," P_TIMES "," P_HEADERS ",signature=\"" text "\""
#define WITH_KEY(text) "Signature " P_SIG "," P_TIMES "," P_HEADERS ",keyId=\"" text "\""

static const struct {
    const char *value;
    bool good;
    const char *name;
} parse_cases[] = {
    {GOOD, true, "all parameters"},
    {NULL, false, "no field"},
    {"", false, "an empty field"},
    {"sIGNATURE " REST "," P_HEADERS, true, "the scheme in any case"},
    {"Signature   " REST "," P_HEADERS, true, "blanks behind the scheme"},
    {"Signature\t" REST "," P_HEADERS, false, "a tab behind the scheme"},
    {"Signature" REST "," P_HEADERS, false, "nothing behind the scheme"},
    {" " GOOD, false, "a blank before the scheme"},
    {"Signature", false, "the scheme alone"},
    {"Signature ", false, "the scheme and a blank"},
    {"Bearer " REST "," P_HEADERS, false, "another scheme"},
    {"Signatures " REST "," P_HEADERS, false, "a longer scheme"},
    {"Signature " P_HEADERS " \t,\t " P_TIMES " , " P_SIG "," P_KEY, true,
     "any order, blanks around commas"},
    {GOOD ",algorithm=\"rsa-sha1\"", true, "an algorithm is ignored"},
    {GOOD ",algorithm=hs2019", true, "an algorithm without quotes is ignored"},
    {GOOD ",x=\"\"", true, "an unknown parameter with an empty value"},
    {GOOD ",", false, "a comma at the end"},
    {GOOD " ", false, "a blank at the end"},
    {GOOD ",,x=1", false, "two commas"},
    {GOOD ";x=1", false, "a semicolon"},
    {GOOD " x=1", false, "a blank instead of a comma"},
    {GOOD "x", false, "junk behind a quote"},
    {"Signature ," REST "," P_HEADERS, false, "a comma at the beginning"},
    {GOOD ",x", false, "a parameter without a value"},
    {GOOD ",x=", false, "a parameter with an empty bare value"},
    {GOOD ",=x", false, "a parameter without a name"},
    {GOOD ",x =1", false, "a blank before the equals sign"},
    {GOOD ",x= 1", false, "a blank behind the equals sign"},
    {GOOD ",x==", false, "two equals signs"},
    {GOOD ",x=\"1", false, "a quote that does not end"},
    {GOOD ",x=\"a\\b\"", false, "a backslash"},
    {GOOD ",x=\"a\\\"b\"", false, "an escaped quote"},
    {GOOD ",x=\"a\tb\"", false, "a tab in quotes"},
    {GOOD ",x=\"\xc3\xa9\"", false, "a value beyond ASCII"},
    {GOOD ",x=a/b", false, "a bare value that is no token"},
    {GOOD ",x='a b'", false, "single quotes"},
    {GOOD "," P_KEY, false, "keyId twice"},
    {GOOD "," P_SIG, false, "signature twice"},
    {GOOD "," P_HEADERS, false, "headers twice"},
    {GOOD ",created=1", false, "created twice"},
    {GOOD ",expires=1", false, "expires twice"},
    {GOOD ",KEYID=\"x\"", false, "keyId twice, in another case"},
    {GOOD ",x=1,X=1", false, "an unknown one twice"},
    {GOOD ",a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1", true, "16 parameters"},
    {GOOD ",a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1,i=1,j=1,k=1,l=1", false, "17 parameters"},
    {"Signature " P_SIG "," P_TIMES "," P_HEADERS, false, "no keyId"},
    {"Signature " P_KEY "," P_TIMES "," P_HEADERS, false, "no signature"},
    {"Signature " REST, false, "no headers"},
    {WITH_TIMES("expires=1030"), false, "no created"},
    {WITH_TIMES("created=1000"), false, "no expires"},
    {WITH_TIMES("created=1000,expires=1030"), true, "bare integers"},
    {WITH_TIMES("created=0,expires=999999999999999"), true, "15 digits, and zero"},
    {WITH_TIMES("created=1000,expires=1000000000000000"), false, "16 digits"},
    {WITH_TIMES("created=\"\",expires=1030"), false, "no digits"},
    {WITH_TIMES("created=01000,expires=1030"), false, "a leading zero"},
    {WITH_TIMES("created=00,expires=1030"), false, "two zeros"},
    {WITH_TIMES("created=+1000,expires=1030"), false, "a plus"},
    {WITH_TIMES("created=-1000,expires=1030"), false, "a minus"},
    {WITH_TIMES("created=\" 1000\",expires=1030"), false, "a blank before digits"},
    {WITH_TIMES("created=1000.0,expires=1030"), false, "a decimal point"},
    {WITH_TIMES("created=1000,expires=1e3"), false, "an exponent"},
    {WITH_TIMES("created=1000,expires=0x400"), false, "hex"},
    {WITH_SIG(SIG_86 "=="), true, "padding"},
    {WITH_SIG(
         "PlxnxmnqhDRmqVCGFHAFU5pgfK/3Tnpf3oTAL2BpgIllnTYFTxcxKza2BfWOu+xQw2XPWPhmsuwUdAXAUgEADQ"),
     true, "the standard alphabet"},
    {WITH_SIG(
         "PlxnxmnqhDRmqVCGFHAFU5pgfK/3Tnpf3oTAL2BpgIllnTYFTxcxKza2BfWOu-xQw2XPWPhmsuwUdAXAUgEADQ"),
     false, "both alphabets"},
    {WITH_SIG(
         "PlxnxmnqhDRmqVCGFHAFU5pgfK_3Tnpf3oTAL2BpgIllnTYFTxcxKza2BfWOu-xQw2XPWPhmsuwUdAXAUgEADR"),
     false, "unused bits"},
    {WITH_SIG(SIG_86 "="), false, "half the padding"},
    {WITH_SIG(SIG_86 "AAAA"), false, "67 bytes"},
    {WITH_SIG("AAAA"), false, "3 bytes"},
    {WITH_SIG(""), false, "no bytes"},
    {WITH_KEY(DID), true, "a keyId without a fragment"},
    {WITH_KEY(""), false, "an empty keyId"},
    {WITH_KEY("did:web:example.org"), false, "another DID method"},
    {WITH_KEY(DID "#x"), false, "a fragment that names another key"},
    {WITH_KEY("did:key:z6MkeXATEjyXENzBXBxgC5EHk2JE5aqd7qMGGtDpLUH1e2Sj"), false,
     "a key of small order"},
    {WITH_HEADERS("(Created) (REQUEST-target) Host"), true, "names in any case"},
    {WITH_HEADERS("x!#$%&'*+-.^_`|~9"), true, "every character of a name"},
    {WITH_HEADERS(""), false, "no names"},
    {WITH_HEADERS(" "), false, "a blank alone"},
    {WITH_HEADERS("host "), false, "a blank at the end"},
    {WITH_HEADERS(" host"), false, "a blank at the beginning"},
    {WITH_HEADERS("host  date"), false, "two blanks"},
    {WITH_HEADERS("host,date"), false, "a comma between names"},
    {WITH_HEADERS("host:"), false, "a colon in a name"},
    {WITH_HEADERS("host host"), false, "a name twice"},
    {WITH_HEADERS("host Host"), false, "a name twice, in another case"},
    {WITH_HEADERS("(created) (created)"), false, "a name in parentheses twice"},
    {WITH_HEADERS("(unknown)"), false, "a name in parentheses without a meaning"},
    {WITH_HEADERS("(created"), false, "a parenthesis that does not close"},
    {WITH_HEADERS("()"), false, "empty parentheses"},
};

static const char *numbered_headers(int count, apr_pool_t *pool)
{
    const char *list = "h0";

    for (int i = 1; i < count; i++) {
        list = apr_psprintf(pool, "%s h%d", list, i);
    }
    return apr_pstrcat(pool, "Signature " REST ",headers=\"", list, "\"", NULL);
}

static const char *sized_value(int size, apr_pool_t *pool)
{
    static const char start[] = GOOD ",x=";
    char *text = apr_palloc(pool, (apr_size_t)size + 1);

    memset(text, 'a', (size_t)size);
    memcpy(text, start, sizeof(start) - 1);
    text[size] = '\0';
    return text;
}

static void check_parse(const char *value, bool good, const char *name, apr_pool_t *pool)
{
    const was_cavage_t *cavage = NULL;
    const was_error_t *error = was_cavage_parse(value, &cavage, pool);
    char text[200];

    apr_snprintf(text, sizeof(text), "classic 3: parse: %s", name);
    is_str(outcome(error), good ? "fine" : "UNAUTHENTICATED", text);
    ok((cavage != NULL) == good &&
           (good || (error != NULL && strcmp(error->pointer, "/authorization") == 0)),
       "... a value or an error with its pointer");
}

static void test_parse(apr_pool_t *pool)
{
    const was_cavage_t *cavage = NULL;

    for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++) {
        check_parse(parse_cases[i].value, parse_cases[i].good, parse_cases[i].name, pool);
    }
    check_parse(numbered_headers(64, pool), true, "64 names", pool);
    check_parse(numbered_headers(65, pool), false, "65 names", pool);
    check_parse(sized_value(8192, pool), true, "8192 bytes", pool);
    check_parse(sized_value(8193, pool), false, "8193 bytes", pool);

    if (!ok(was_cavage_parse(WITH_HEADERS("(Key-Id) X-A"), &cavage, pool) == NULL,
            "parse: a value to look at")) {
        return;
    }
    is_str(cavage->key_id, KEY_ID, "parse: keyId as sent");
    is_str(cavage->signature.signer.did, DID, "parse: the DID of it");
    is_int(cavage->signature.created, 1000, "parse: created");
    is_int(cavage->signature.expires, 1030, "parse: expires");
    is_int(cavage->signature.ncovered, 2, "parse: two names");
    is_str(cavage->signature.covered[0], "(key-id)", "parse: in order, in lower case");
    is_str(cavage->signature.covered[1], "x-a", "parse: in order, in lower case, the second");
    ok(was_signature_covers(&cavage->signature, "x-a"), "covers: a name that is there");
    ok(!was_signature_covers(&cavage->signature, "x-"), "covers: a part of a name is not");
    ok(!was_signature_covers(&cavage->signature, "(created)"), "covers: a name that is not there");
}

int main(void)
{
    apr_pool_t *pool = tap_begin();

    test_parse(pool);
    return done();
}
