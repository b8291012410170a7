/* pending.c - see pending.h. */
#include "broker/core/pending.h"

#include "broker/core/core_state.h"
#include "broker/core/effects.h"
#include "broker/core/interest.h"
#include "broker/core/reply.h"
#include "broker/core/room.h"
#include "broker/core/user.h"

/* Released bytes are dropped when they are this many and the larger half. */
#define COMPACT_BYTES 65536u

void pending_init(struct pending *pending) {
    pending->items.item_size = sizeof(struct pending_item);
}

void pending_finish(struct pending *pending) {
    ring_finish(&pending->items);
    buf_finish(&pending->bytes);
}

bool pending_has_room(const struct core *core, uint32_t records) {
    return core->stats.effects_pending + records <= core->config.pending_max &&
           core->stats.pending_bytes < core->config.pending_bytes_max;
}

static uint64_t weight(const struct pending_item *item) {
    return (uint64_t)item->record_size + item->notice_size + item->event_size +
           item->reply_size;
}

static size_t told_size(const struct pending_item *item) {
    return (size_t)item->notice_size + item->event_size + item->reply_size;
}

static uint32_t encode(struct pending *pending, const struct wire *wire) {
    size_t before = pending->bytes.size;
    wire_encode(wire, &pending->bytes);
    return (uint32_t)(pending->bytes.size - before);
}

/* The item waits. */
static void count(struct core *core, const struct pending_item *item) {
    if (item->kind == PENDING_SEEN) {
        user_of(item->actor)->unsaved++;
        item->actor->pins++;
        actor_wake(core, item->actor);
    } else {
        item->actor->pending++;
    }
    if (item->also) {
        item->also->pending++;
        actor_wake(core, item->also);
    }
    core->stats.effects_pending++;
    core->stats.pending_bytes += weight(item);
}

static void queue(struct core *core, const struct pending_item *item,
                  const struct command *command, struct wire *notice,
                  struct wire *event, struct wire *reply) {
    uint32_t index = item->actor->partition;
    struct pending *pending = &core_partition(core, index)->pending;
    struct pending_item *added = ring_push(&pending->items);
    *added = *item;
    if (command) {
        added->gateway = command->gateway;
        added->correlation = command->wire->correlation;
    }
    if (notice) {
        notice->correlation = 0;
        notice->partition = index;
        added->notice_size = encode(pending, notice);
    }
    if (event) {
        event->correlation = 0;
        event->partition = index;
        added->event_size = encode(pending, event);
    }
    if (reply) {
        reply->correlation = command->wire->correlation;
        reply->partition = command->wire->partition;
        added->reply_size = encode(pending, reply);
    }
    count(core, added);
}

void pending_restore(struct core *core, const struct pending_item *item,
                     struct slice notice, struct slice event,
                     struct slice reply) {
    struct pending *pending =
        &core_partition(core, item->actor->partition)->pending;
    struct pending_item *added = ring_push(&pending->items);
    *added = *item;
    buf_append_slice(&pending->bytes, notice);
    buf_append_slice(&pending->bytes, event);
    buf_append_slice(&pending->bytes, reply);
    count(core, added);
}

uint64_t pending_last_seq(const struct pending *pending) {
    if (pending->items.count == 0)
        return 0;
    const struct pending_item *item =
        ring_at(&pending->items, pending->items.count - 1);
    return item->seq;
}

void pending_append(struct core *core, const struct pending_item *item,
                    const struct command *command, struct wire *record,
                    struct wire *event, struct wire *reply) {
    pending_append_notice(core, item, command, record, NULL, event, reply);
}

void pending_append_notice(struct core *core, const struct pending_item *item,
                           const struct command *command, struct wire *record,
                           struct wire *notice, struct wire *event,
                           struct wire *reply) {
    PRE(command || !reply);
    uint32_t index = item->actor->partition;
    struct partition *partition = core_partition(core, index);
    PRE(partition->is_owned);
    record->correlation = 0;
    record->partition = index;
    struct pending_item added = *item;
    added.seq = partition->next_seq++;
    added.has_record = true;
    added.record_size =
        (uint32_t)effects_append(core->out, index, added.seq, record);
    queue(core, &added, command, notice, event, reply);
}

void pending_reply(struct core *core, const struct pending_item *item,
                   const struct command *command, struct wire *reply) {
    PRE(item->place == 0 && item->also == NULL);
    if (item->actor->pending > 0) {
        struct pending_item added = *item;
        added.seq = core_partition(core, item->actor->partition)->next_seq - 1;
        queue(core, &added, command, NULL, NULL, reply);
        return;
    }
    if (item->kind == PENDING_CONNECT)
        user_connected(core, user_of(item->actor), command->gateway,
                       item->detail, item->grace_ms, item->connect);
    reply_send(core, command, reply);
}

void pending_forget_connect(struct core *core, const struct actor *user,
                            uint32_t gateway, uint64_t connection) {
    struct ring *items = &core_partition(core, user->partition)->pending.items;
    for (uint32_t i = 0; i < items->count; i++) {
        struct pending_item *item = ring_at(items, i);
        if (item->kind != PENDING_CONNECT || item->actor != user ||
            item->gateway != gateway || item->detail != connection)
            continue;
        item->kind = PENDING_TELL;
        item->detail = 0;
        item->grace_ms = 0;
        item->connect = 0;
    }
}

/* The event's message, to a sender whose gateway did not get the event. */
static void reply_message(struct core *core, const struct pending_item *item,
                          struct slice bytes) {
    struct wire event;
    arena_reset(&core->arena);
    enum err err = wire_decode(bytes, &core->arena, &event, NULL);
    INVARIANT(err == ERR_OK && event.kind == WIRE_EVENT);
    struct wire reply = {.kind = WIRE_REPLY_MESSAGE,
                         .correlation = item->correlation,
                         .partition = event.partition};
    reply.as.reply_message.message = event.as.event.message;
    reply.as.reply_message.author = event.as.event.author;
    reply.as.reply_message.created = true;
    effects_reply(core->out, item->gateway, &reply);
}

static void read_view(struct core *core, const struct pending_item *item) {
    struct wire read = {.kind = WIRE_READ_VIEW};
    read.as.read_view.room = room_of(item->actor)->info.room;
    read.as.read_view.user = (user_id){item->detail};
    read_pass_stored(core, item->gateway, item->correlation,
                     item->actor->partition, &read);
}

/* True: the asker's gateway got the event. */
static bool tell(struct core *core, const struct pending_item *item,
                 struct slice event) {
    if (item->place == 0)
        return false;
    struct room *room = room_of(item->actor);
    bool heard = false;
    if (event.size)
        heard = interest_tell(core, room, item->place, event, item->gateway);
    room->released_place = item->place;
    return heard;
}

static void release(struct core *core, const struct pending_item *item,
                    const char *bytes) {
    struct slice notice = {bytes, item->notice_size};
    struct slice event = {bytes + item->notice_size, item->event_size};
    struct slice reply = {event.data + item->event_size, item->reply_size};
    if (notice.size)
        gateways_tell_bytes(core, notice);
    switch (item->kind) {
    case PENDING_TELL:
        tell(core, item, event);
        break;
    case PENDING_MESSAGE:
        if (!tell(core, item, event))
            reply_message(core, item, event);
        break;
    case PENDING_VIEW:
        tell(core, item, event);
        read_view(core, item);
        break;
    case PENDING_CONNECT:
        user_connected(core, user_of(item->actor), item->gateway, item->detail,
                       item->grace_ms, item->connect);
        break;
    case PENDING_PROFILE:
        user_tell(core, user_of(item->actor), event);
        break;
    case PENDING_SEEN:
        break;
    case PENDING_ROOM_DELETED:
        tell(core, item, event);
        interest_drop_all(core, room_of(item->actor), REFUSED_NOT_FOUND);
        item->actor->state = ACTOR_GONE;
        break;
    }
    if (reply.size)
        effects_reply_bytes(core->out, item->gateway, reply);
}

/* The item no longer waits. */
static void uncount(struct core *core, const struct pending_item *item) {
    if (item->kind == PENDING_SEEN) {
        user_of(item->actor)->unsaved--;
        item->actor->pins--;
    } else {
        item->actor->pending--;
    }
    actor_wake(core, item->actor);
    if (item->also) {
        item->also->pending--;
        actor_wake(core, item->also);
    }
    core->stats.effects_pending--;
    core->stats.pending_bytes -= weight(item);
}

static void compact(struct pending *pending) {
    if (pending->bytes_head == pending->bytes.size) {
        buf_clear(&pending->bytes);
        pending->bytes_head = 0;
    } else if (pending->bytes_head >= COMPACT_BYTES &&
               pending->bytes_head > pending->bytes.size / 2) {
        buf_consume(&pending->bytes, pending->bytes_head);
        pending->bytes_head = 0;
    }
}

void pending_commit(struct core *core, uint32_t index, uint64_t seq) {
    struct partition *partition = core_partition(core, index);
    struct pending *pending = &partition->pending;
    PRE(partition->is_owned);
    PRE(seq < partition->next_seq);
    if (seq <= partition->committed)
        return;
    partition->committed = seq;
    while (pending->items.count > 0) {
        struct pending_item item =
            *(struct pending_item *)ring_at(&pending->items, 0);
        if (item.seq > seq)
            break;
        const char *bytes = pending->bytes.size > 0 ? pending->bytes.data : "";
        release(core, &item, bytes + pending->bytes_head);
        pending->bytes_head += told_size(&item);
        ring_drop_first(&pending->items);
        uncount(core, &item);
    }
    compact(pending);
    sent_keys_purge(&partition->sent_keys, partition->committed);
}

void pending_refuse(struct core *core, uint32_t index, uint64_t seq,
                    uint8_t refusal) {
    struct partition *partition = core_partition(core, index);
    struct pending *pending = &partition->pending;
    PRE(partition->is_owned);
    PRE(seq > partition->committed);
    PRE(refusal >= 1 && refusal <= REFUSED_LAST);
    if (seq >= partition->next_seq)
        return;
    partition->next_seq = seq;
    sent_keys_cut(&partition->sent_keys, seq);
    uint32_t kept = pending->items.count;
    while (kept > 0 &&
           ((struct pending_item *)ring_at(&pending->items, kept - 1))->seq >=
               seq)
        kept--;
    for (uint32_t i = kept; i < pending->items.count; i++) {
        const struct pending_item *item = ring_at(&pending->items, i);
        if (item->gateway)
            reply_refuse_to(core, item->gateway, item->correlation, index,
                            refusal);
    }
    while (pending->items.count > kept) {
        struct pending_item item = *(struct pending_item *)ring_at(
            &pending->items, pending->items.count - 1);
        pending->bytes.size -= told_size(&item);
        ring_drop_last(&pending->items);
        uncount(core, &item);
        if (item.has_record && item.kind != PENDING_SEEN)
            actor_unload(core, item.actor);
        if (item.also)
            actor_unload(core, item.also);
    }
    compact(pending);
}
