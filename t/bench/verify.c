/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * What the signatures of requests cost at least: how many of Ed25519 some threads verify. Owns
 * nothing but that loop. Knows no request.
 *
 *   verify THREADS SECONDS
 *
 * Prints verifications a second, of all threads together.
 */

#include <sodium.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As long as what the two protocols sign, more or less. */
enum { MESSAGE_BYTES = 250, THREADS_MAX = 1024 };

static unsigned char key[crypto_sign_PUBLICKEYBYTES], signature[crypto_sign_BYTES];
static unsigned char message[MESSAGE_BYTES];
static double seconds;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *work_on(void *data)
{
    double *rate = data, began = now(), taken;
    long count = 0;

    do {
        if (crypto_sign_verify_detached(signature, message, sizeof(message), key) != 0) {
            abort();
        }
        count++;
        taken = now() - began;
    } while (taken < seconds);
    *rate = (double)count / taken;
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned char secret[crypto_sign_SECRETKEYBYTES];
    static pthread_t threads[THREADS_MAX];
    static double rates[THREADS_MAX];
    int count = argc == 3 ? atoi(argv[1]) : 0;
    double sum = 0;

    if (count < 1 || count > THREADS_MAX || sodium_init() < 0) {
        fputs("usage: verify THREADS SECONDS\n", stderr);
        return 2;
    }
    seconds = atof(argv[2]);
    memset(message, 'x', sizeof(message));
    crypto_sign_keypair(key, secret);
    crypto_sign_detached(signature, NULL, message, sizeof(message), secret);
    for (int i = 0; i < count; i++) {
        pthread_create(&threads[i], NULL, work_on, &rates[i]);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        sum += rates[i];
    }
    printf("%.0f\n", sum);
    return 0;
}
