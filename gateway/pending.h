/* pending.h - commands that the broker has not answered yet.
 *
 *   QUEUED -----> SENT -----> (answered, gone)
 *     ^            |  \
 *     +-- link lost+   +----> ANSWERED (the answer waits for its turn)
 *
 * A command keeps its correlation over all links, so that it can be sent
 * again as it was. Pure. */
#ifndef GATEWAY_PENDING_H
#define GATEWAY_PENDING_H

#include "common/table.h"
#include "common/wire/wire.h"
#include "gateway/list.h"

enum pending_owner {
    PENDING_OF_GATEWAY,    /* Registration, interest. Not sent again. */
    PENDING_OF_CONNECTION, /* |of| is a struct connection. */
    PENDING_OF_API,        /* |of| is a struct api_call. */
    PENDING_OF_ASK,        /* |of| is a struct ask. */
    PENDING_OF_NOBODY,     /* Its owner went away, or lost patience. */
};

enum pending_state {
    PENDING_QUEUED,
    PENDING_SENT,
    PENDING_ANSWERED,
};

struct pending {
    struct list order;   /* Among the queued, the sent, or the deferred of a
                           room or a connection. */
    struct list age;     /* Among those that patience watches. */
    struct list sibling; /* Among its connection's. */
    uint64_t correlation;
    uint64_t asked_ms;
    enum wire_kind kind;
    enum pending_owner owner;
    enum pending_state state;
    bool was_sent; /* In some session: its outcome may be unknown. */
    bool resent;   /* In one that is over: a refusal tells only of now. */
    bool gates;    /* Counted in room.gates. */
    bool unread;   /* Its event changed what is unread: told behind it. */
    void *of;
    room_id room; /* Of commands about a room; else 0. */
    /* The answer waits for the event of this message, which has its place in
     * the room's order. */
    message_id awaits;
    room_id awaits_room;
    uint64_t awaits_place;
    struct buf answer; /* ANSWERED: the encoded reply. */
    uint32_t memo_size;
    uint32_t command_size;
    char data[]; /* The memo, then the encoded command. */
};

static inline struct slice pending_memo(const struct pending *pending) {
    return (struct slice){pending->data, pending->memo_size};
}

static inline struct slice pending_command(const struct pending *pending) {
    return (struct slice){pending->data + pending->memo_size,
                          pending->command_size};
}

/* Copies both. The state is QUEUED, in no list. */
struct pending *pending_create(const struct wire *command, struct slice memo,
                               uint64_t now_ms);

/* In no list any more afterwards. Accepts NULL. */
void pending_destroy(struct pending *pending);

/* The partition whose business a command is. */
uint32_t pending_partition(const struct wire *command);

/* The room that a command names, or 0. */
room_id pending_room(const struct wire *command);

#endif
