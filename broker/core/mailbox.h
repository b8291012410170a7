/* mailbox.h - commands that wait their turn at an actor, each with what the
 * store was asked on its behalf. */
#ifndef BROKER_CORE_MAILBOX_H
#define BROKER_CORE_MAILBOX_H

#include "common/wire/wire.h"

struct core;
struct actor;
struct waiting;

/* A command being run. Borrowed. */
struct command {
    const struct wire *wire;
    uint32_t gateway;
    uint8_t hops;            /* How often a key sent it on to its room. */
    struct waiting *waiting; /* NULL: it came just now. */
};

/* What a command may want to know from the store before it can run. */
enum lookup_index {
    LOOKUP_CLIENT_KEY,
    LOOKUP_ORIGIN_KEY,
    LOOKUP_REQUEST_KEY,
    LOOKUP_MESSAGE, /* The message that it names. */
    LOOKUP_COUNT,   /* A WIRE_READ_COUNT. */
    LOOKUPS
};

enum lookup_state {
    LOOKUP_NONE,
    LOOKUP_ASKED,
    LOOKUP_FOUND,
    LOOKUP_ABSENT,
    LOOKUP_FAILED
};

/* An answer is true for the store as of |floor| or later: whoever uses it
 * compares that with the last change that would matter. */
struct lookup {
    enum lookup_state state;
    uint8_t refusal;      /* LOOKUP_FAILED: enum wire_refusal */
    uint64_t floor;       /* Committed when it was asked. */
    uint64_t read;        /* LOOKUP_ASKED: the correlation. */
    uint64_t after_place; /* LOOKUP_COUNT: what was asked. */
    uint64_t up_to_place;
    uint64_t count; /* LOOKUP_COUNT, found. */
    char *row;      /* Others, found: an encoded ROW_MESSAGE; owned. */
    size_t row_size;
};

struct waiting {
    struct waiting *next;
    struct actor *actor; /* NULL while nobody's. */
    uint32_t gateway;
    uint32_t partition;
    uint8_t hops;
    bool is_keyed; /* In the partition's list of those that look keys up. */
    struct waiting *keyed_previous;
    struct waiting *keyed_next;
    uint64_t floor; /* Committed when it came. */
    struct lookup lookups[LOOKUPS];
    size_t size;
    char bytes[]; /* The encoded command. */
};

/* Zeroed is empty. */
struct mailbox {
    struct waiting *first;
    struct waiting *last;
    uint32_t count;
};

/* Copies a command; counted in the core's bound until waiting_destroy(). */
struct waiting *waiting_create(struct core *core, uint32_t partition,
                               const struct command *command);

/* The same for one that is encoded as |bytes|. */
struct waiting *waiting_take(struct core *core, uint32_t partition,
                             uint32_t gateway, struct slice bytes);

/* Accepts NULL. Also forgets what it asked the store. Not in a mailbox. */
void waiting_destroy(struct core *core, struct waiting *waiting);

/* Decodes it into the core's arena. */
struct wire waiting_decode(struct core *core, const struct waiting *waiting);

void mailbox_push(struct mailbox *mailbox, struct waiting *waiting);

/* The first, removed; NULL when empty. */
struct waiting *mailbox_pop(struct mailbox *mailbox);

/* The one behind |previous|, NULL: the first, removed; there is one. */
struct waiting *mailbox_remove(struct mailbox *mailbox,
                               struct waiting *previous);

/* Asks the store |wire| for |lookup|. */
void lookup_ask(struct core *core, struct waiting *waiting,
                enum lookup_index index, struct wire *wire);

/* The persister answered with |row|, encoded as |bytes|. */
void lookup_answer(struct waiting *waiting, enum lookup_index index,
                   const struct wire *row, struct slice bytes);

/* The message row that was found, decoded into the core's arena. */
struct wire_row_message lookup_row(struct core *core,
                                   const struct lookup *lookup);

#endif
