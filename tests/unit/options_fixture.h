/* options_fixture.h - a table with every type of option, for the tests of
 * options.c and option_value.c. */
#ifndef TESTS_UNIT_OPTIONS_FIXTURE_H
#define TESTS_UNIT_OPTIONS_FIXTURE_H

#include <stdlib.h>

#include "common/process/options.h"

#define SHARDS_REASON "is not a whole number from 1 to 64"

struct config {
    const char *text;
    const char *endpoint;
    uint64_t number;
    uint64_t duration_ms;
    bool flag;
    struct address address;
    struct option_list list;
    struct option_rate rate;
    unsigned choice;
};

#define TABLE_COUNT 9

struct fixture {
    struct config config;
    struct option table[TABLE_COUNT];
    struct options options;
    struct options_error error;
};

static inline struct fixture *fixture_create(void) {
    static const char *const words[] = {"sync", "async", NULL};
    struct fixture *f = mem_zalloc(sizeof *f);
    const struct option table[TABLE_COUNT] = {
        OPTION_TEXT("data", &f->config.text, "DIR", OPTION_NONE, "A place."),
        OPTION_ENDPOINT("broker", &f->config.endpoint, OPTION_NONE, "A peer."),
        OPTION_UINT("shards", &f->config.number, 1, 64, "2", "How many."),
        OPTION_DURATION("grace", &f->config.duration_ms, 500, 60000, "5",
                        "How long."),
        OPTION_FLAG("verbose", &f->config.flag, "Says more."),
        OPTION_ADDRESS("listen", &f->config.address, "127.0.0.1:8888",
                       "Where."),
        OPTION_LIST("allow-origin", &f->config.list, "ORIGIN", OPTION_NONE,
                    "From where."),
        OPTION_RATE("rate", &f->config.rate, "50/200", "How fast."),
        OPTION_CHOICE("durability", &f->config.choice, words, "async", "How."),
    };
    memcpy(f->table, table, sizeof table);
    options_init(&f->options, "parlance-test", "Tests options.", f->table,
                 TABLE_COUNT);
    return f;
}

static inline void fixture_destroy(struct fixture *f) {
    options_finish(&f->options);
    free(f);
}

/* As a flag. */
static inline enum err set(struct fixture *f, const char *name,
                           const char *value) {
    return options_set(&f->options, OPTION_SOURCE_FLAG, slice_of(name),
                       slice_of(value), &f->error);
}

#endif
