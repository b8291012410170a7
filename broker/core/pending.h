/* pending.h - what is to be told when the record behind it is on disk.
 *
 * Per partition one queue in the order of the sequence. An item holds the
 * encoded notice, event and reply, if there are; INPUT_COMMITTED releases from
 * the head, INPUT_REFUSED cuts the tail off. A reply that only shows what is
 * not yet on disk waits as an item without a record. */
#ifndef BROKER_CORE_PENDING_H
#define BROKER_CORE_PENDING_H

#include "broker/core/ring.h"
#include "common/wire/wire.h"

struct core;
struct actor;
struct command;

enum pending_kind {
    PENDING_TELL,        /* The event to the interested, the reply. */
    PENDING_MESSAGE,     /* The event is the reply of a gateway that gets it;
                            another sender is answered with its message. */
    PENDING_VIEW,        /* The event; then the reply is read. */
    PENDING_CONNECT,     /* The connection is registered, the reply. */
    PENDING_PROFILE,     /* The event to where the user is, the reply. */
    PENDING_SEEN,        /* Nothing. The actor does not wait for it, and keeps
                            its state if it is refused; it only stays. */
    PENDING_ROOM_DELETED /* The event, the reply, and nothing after it. */
};

struct pending_item {
    enum pending_kind kind;
    bool has_record;
    uint32_t gateway; /* Who asked; 0: nobody. */
    uint64_t correlation;
    uint64_t seq;
    struct actor *actor; /* Counts the item in its |pending|. */
    struct actor *also;  /* So does this one; or NULL. */
    uint64_t place;      /* Of the event. */
    uint64_t detail;     /* PENDING_CONNECT: the connection; PENDING_VIEW:
                            the user. */
    uint32_t grace_ms;   /* PENDING_CONNECT */
    uint8_t connect;     /* The same: enum connect_kind. */
    uint32_t record_size;
    uint32_t notice_size; /* First in |bytes|, 0: none. */
    uint32_t event_size;  /* Then this; 0: none. */
    uint32_t reply_size;  /* Then this; 0: none. */
};

struct pending {
    struct ring items;
    struct buf bytes;
    size_t bytes_head; /* Where the first item's begin. */
};

void pending_init(struct pending *pending);
void pending_finish(struct pending *pending);

/* Whether |records| more records may be applied now. */
bool pending_has_room(const struct core *core, uint32_t records);

/* Emits the record as the next sequence of |actor|'s partition and queues what
 * is to be told. |item| gives kind, actor, also, place and detail;
 * |command| may be NULL (nobody asked), as may |event| and |reply|. */
void pending_append(struct core *core, const struct pending_item *item,
                    const struct command *command, struct wire *record,
                    struct wire *event, struct wire *reply);

/* The same, and |notice| goes to all gateways before the event. */
void pending_append_notice(struct core *core, const struct pending_item *item,
                           const struct command *command, struct wire *record,
                           struct wire *notice, struct wire *event,
                           struct wire *reply);

/* Queues the reply behind all that is applied, without a record; at once when
 * nothing of |item->actor| is outstanding. */
void pending_reply(struct core *core, const struct pending_item *item,
                   const struct command *command, struct wire *reply);

/* The connection of |user|, if it is to be registered with something that
 * waits, is not; the rest of it stays. */
void pending_forget_connect(struct core *core, const struct actor *user,
                            uint32_t gateway, uint64_t connection);

/* For core_restore(): |item|, whose sizes are set, waits after all others. */
void pending_restore(struct core *core, const struct pending_item *item,
                     struct slice notice, struct slice event,
                     struct slice reply);

/* Of the last item; 0: there is none. */
uint64_t pending_last_seq(const struct pending *pending);

/* INPUT_COMMITTED, INPUT_REFUSED. */
void pending_commit(struct core *core, uint32_t partition, uint64_t seq);
void pending_refuse(struct core *core, uint32_t partition, uint64_t seq,
                    uint8_t refusal);

#endif
