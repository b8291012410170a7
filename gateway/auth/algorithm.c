/* algorithm.c - see algorithm.h. */
#include "gateway/auth/algorithm.h"

static const char *const names[] = {
#define ALGORITHM_NAME(name) #name,
    ALGORITHM_TABLE(ALGORITHM_NAME)
#undef ALGORITHM_NAME
};

_Static_assert(sizeof names / sizeof *names == ALGORITHM_COUNT,
               "ALGORITHM_COUNT is the length of the table");

const char *algorithm_name(enum algorithm algorithm) {
    PRE((unsigned)algorithm < ALGORITHM_COUNT);
    return names[algorithm];
}

enum err algorithm_parse(struct slice name, enum algorithm *out) {
    for (unsigned i = 0; i < ALGORITHM_COUNT; i++) {
        if (slice_equal(name, slice_of(names[i]))) {
            *out = (enum algorithm)i;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

enum err algorithms_parse(struct slice list, uint32_t *out,
                          struct slice *unknown) {
    uint32_t algorithms = 0;
    for (;;) {
        const char *comma =
            list.size > 0 ? memchr(list.data, ',', list.size) : NULL;
        size_t size = comma ? (size_t)(comma - list.data) : list.size;
        struct slice name = {list.data, size};
        enum algorithm algorithm;
        if (algorithm_parse(name, &algorithm) != ERR_OK) {
            *unknown = name;
            return ERR_NOT_FOUND;
        }
        algorithms |= ALGORITHM_BIT(algorithm);
        if (!comma)
            break;
        list = (struct slice){comma + 1, list.size - size - 1};
    }
    *out = algorithms;
    return ERR_OK;
}
