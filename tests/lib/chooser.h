/* chooser.h - where random tests take their choices from: a seed, or a
 * fuzzer's bytes. */
#ifndef TESTS_LIB_CHOOSER_H
#define TESTS_LIB_CHOOSER_H

#include "common/types.h"
#include "tests/lib/model_store.h"

/* Set |seed|, or |bytes|. */
struct chooser {
    uint64_t seed;
    struct slice bytes;
    size_t used;
};

/* 0 .. count - 1. With bytes that are used up: 0. */
uint32_t choose(struct chooser *chooser, uint32_t count);

/* True in |percent| of 100 cases. */
bool chance(struct chooser *chooser, uint32_t percent);

/* The small world of random commands. */
#define CHOOSER_USERS 5u

/* A random command about what |store| holds and what it does not; texts are
 * unique by |number|. Texts and lists live in |arena|. */
void choose_command(struct chooser *chooser, const struct model_store *store,
                    uint64_t number, struct arena *arena, struct wire *out);

#endif
