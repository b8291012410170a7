/* What a frontend says, carried out or written down. Written down, one thing
 * is its kind, a size and the bytes. */
#include "gateway/sink.h"

#include <stdlib.h>

#include "gateway/gateway.h"

enum item_kind {
    ITEM_COMMAND, /* Size of the memo, the memo, the encoded command. */
    ITEM_TEXT,
    ITEM_PART,
    ITEM_LAST_PART,
    ITEM_FOLLOW,
    ITEM_UNFOLLOW,
};

struct item {
    uint32_t kind;
    uint32_t size;
};

static void record(struct connection *connection, enum item_kind kind,
                   struct slice first, struct slice second) {
    if (!connection->held)
        connection->held = mem_zalloc(sizeof(*connection->held));
    struct item item = {kind, (uint32_t)(first.size + second.size)};
    buf_append(connection->held, &item, sizeof(item));
    buf_append_slice(connection->held, first);
    buf_append_slice(connection->held, second);
}

/* Whether this call's output has to wait: answers of earlier requests come
 * first. */
static bool must_wait(const struct sink *sink) {
    return sink->ahead;
}

static void ask(struct connection *connection, struct wire *command,
                struct slice memo) {
    struct gateway *gateway = connection->gateway;
    if (command->kind == WIRE_SEND) {
        command->as.send.author = *connection->profile;
        connection->window = command->as.send.room;
    } else {
        connection->window = (room_id){0};
    }
    if (command->kind == WIRE_PRESENCE_SET)
        connection->user->hides = !command->as.presence_set.online;
    struct pending *pending = broker_ask(&gateway->broker, command, memo,
                                         PENDING_OF_CONNECTION, connection);
    list_append(&connection->under_way, &pending->sibling);
    connection->under_way_count++;
}

static void record_command(struct connection *connection,
                           const struct wire *command, struct slice memo) {
    struct buf encoded = {0};
    uint32_t memo_size = (uint32_t)memo.size;
    buf_append(&encoded, &memo_size, sizeof(memo_size));
    buf_append_slice(&encoded, memo);
    struct wire copy = *command;
    if (copy.kind == WIRE_SEND) {
        copy.as.send.author = *connection->profile;
        copy.as.send.origin_key = (struct slice){0};
    }
    wire_encode(&copy, &encoded);
    record(connection, ITEM_COMMAND, buf_slice(&encoded), (struct slice){0});
    buf_finish(&encoded);
}

void sink_command(struct sink *sink, const struct wire *command,
                  struct slice memo) {
    struct connection *connection = sink->connection;
    INVARIANT(!sink->commanded);
    sink->commanded = true;
    if (connection->state != CONNECTION_OPEN)
        return;
    struct wire copy = *command;
    rooms_name(connection->gateway, &copy);
    bool joins = copy.kind == WIRE_SEND && !connection->held &&
                 copy.as.send.room.value != 0 &&
                 copy.as.send.room.value == connection->window.value;
    bool waits = must_wait(sink) && !joins;
    /* An answer that goes on (a part, then the next page) waits for its
     * client to read. */
    if (!sink->ahead && !connection->held &&
        outbox_bytes(&connection->outbox) >= CONNECTION_BUSY_BYTES)
        waits = true;
    if (waits) {
        record_command(connection, &copy, memo);
        return;
    }
    ask(connection, &copy, memo);
}

void sink_text(struct sink *sink, struct slice text) {
    if (must_wait(sink))
        record(sink->connection, ITEM_TEXT, text, (struct slice){0});
    else
        connection_tell(sink->connection, text);
}

static void part_now(struct connection *connection, struct slice text,
                     bool last) {
    if (connection->state != CONNECTION_OPEN)
        return;
    struct gateway *gateway = connection->gateway;
    bool first = !outbox_is_parting(&connection->outbox);
    unsigned char byte = first ? FRAME_TEXT_FIRST : FRAME_MIDDLE;
    if (last)
        byte |= FRAME_LAST;
    if (first)
        fanout_settle(&gateway->fanout, connection);
    struct span frame = frame_log_append(&gateway->answers, byte, text);
    outbox_push_part(&connection->outbox, &frame, last);
    connection_dirty(connection);
}

void sink_part(struct sink *sink, struct slice text, bool last) {
    if (must_wait(sink))
        record(sink->connection, last ? ITEM_LAST_PART : ITEM_PART, text,
               (struct slice){0});
    else
        part_now(sink->connection, text, last);
}

static void room_item(struct sink *sink, enum item_kind kind, room_id room) {
    struct slice bytes = {(const char *)&room.value, sizeof(room.value)};
    record(sink->connection, kind, bytes, (struct slice){0});
}

void sink_follow(struct sink *sink, room_id room) {
    struct connection *connection = sink->connection;
    if (must_wait(sink))
        room_item(sink, ITEM_FOLLOW, room);
    else if (connection->state == CONNECTION_OPEN)
        (void)rooms_follow(connection->gateway, connection, room);
}

void sink_unfollow(struct sink *sink, room_id room) {
    struct connection *connection = sink->connection;
    if (must_wait(sink))
        room_item(sink, ITEM_UNFOLLOW, room);
    else
        rooms_unfollow(connection->gateway, connection, room);
}

uint64_t sink_unread_dialogs(const struct sink *sink) {
    const struct feed *feed = sink->connection->feed;
    return feed ? feed->unread_dialogs : 0;
}

void sink_not_an_object(struct sink *sink) {
    sink->no_object = true;
}

static void play_command(struct connection *connection, struct slice bytes) {
    uint32_t memo_size;
    memcpy(&memo_size, bytes.data, sizeof(memo_size));
    struct slice memo = {bytes.data + sizeof(memo_size), memo_size};
    struct slice encoded = {memo.data + memo_size,
                            bytes.size - sizeof(memo_size) - memo_size};
    struct arena arena = {0};
    struct wire command;
    enum err err = wire_decode(encoded, &arena, &command, NULL);
    INVARIANT(err == ERR_OK);
    rooms_name(connection->gateway, &command);
    ask(connection, &command, memo);
    arena_finish(&arena);
}

static void play_item(struct connection *connection, enum item_kind kind,
                      struct slice bytes) {
    struct gateway *gateway = connection->gateway;
    room_id room = {0};
    if (kind == ITEM_FOLLOW || kind == ITEM_UNFOLLOW)
        memcpy(&room.value, bytes.data, sizeof(room.value));
    switch (kind) {
    case ITEM_COMMAND:
        play_command(connection, bytes);
        break;
    case ITEM_TEXT:
        connection_tell(connection, bytes);
        break;
    case ITEM_PART:
        part_now(connection, bytes, false);
        break;
    case ITEM_LAST_PART:
        part_now(connection, bytes, true);
        break;
    case ITEM_FOLLOW:
        (void)rooms_follow(gateway, connection, room);
        break;
    case ITEM_UNFOLLOW:
        rooms_unfollow(gateway, connection, room);
        break;
    }
}

void sink_play(struct connection *connection) {
    PRE(connection->held != NULL);
    PRE(connection->under_way_count == 0);
    struct buf *held = connection->held;
    connection->held = NULL;
    for (size_t at = 0; at < held->size;) {
        struct item item;
        memcpy(&item, held->data + at, sizeof(item));
        at += sizeof(item);
        if (connection->state == CONNECTION_OPEN)
            play_item(connection, (enum item_kind)item.kind,
                      (struct slice){held->data + at, item.size});
        at += item.size;
    }
    buf_finish(held);
    free(held);
}
