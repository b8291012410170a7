/* client.h - what the fuzz targets of the dialects share: a client that sends
 * lines from anywhere, and a sink (gateway/frontend.h) that checks what the
 * dialect's translator hands over. */
#ifndef TESTS_FUZZ_CLIENT_H
#define TESTS_FUZZ_CLIENT_H

#include <stdint.h>

#include "gateway/frontend.h"

/* What is asked of one dialect. */
struct sink_rules {
    /* Fail if a memo does not come back as it was, if a text is not one of the
     * dialect. */
    void (*check_memo)(struct slice memo);
    void (*check_text)(struct slice text);
    bool has_parts; /* It may answer in parts. */
    bool follows;   /* It says itself which rooms are followed. */
};

/* Counts are of whatever came since they were last set to 0. */
struct sink {
    const struct sink_rules *rules;
    struct buf memo; /* Of the last command. */
    struct buf parts;
    unsigned texts;
    unsigned commands;
    bool parting;
    bool not_an_object;
};

struct client {
    struct frontend_config config;
    struct wire_profile self; /* User 7. */
    struct sink sink;
    void *of; /* The target's. */
};

/* Fails if the command cannot be sent. */
void check_command(const struct wire *command);

/* Calls |take| with each line of |data|, in memory of its own, so that a read
 * past its end is seen. */
void client_run(const struct sink_rules *rules, struct slice data, void *of,
                void (*take)(struct client *client, struct slice line));

#endif
