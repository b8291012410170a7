/* A command is encoded once, when it is asked. */
#include "gateway/pending.h"

#include <stdlib.h>

struct pending *pending_create(const struct wire *command, struct slice memo,
                               uint64_t now_ms) {
    struct buf encoded = {0};
    wire_encode(command, &encoded);
    PRE(memo.size <= UINT32_MAX);
    struct pending *pending =
        mem_alloc(sizeof(*pending) + memo.size + encoded.size);
    *pending = (struct pending){
        .correlation = command->correlation,
        .asked_ms = now_ms,
        .kind = command->kind,
        .room = pending_room(command),
        .memo_size = (uint32_t)memo.size,
        .command_size = (uint32_t)encoded.size,
    };
    if (memo.size)
        memcpy(pending->data, memo.data, memo.size);
    memcpy(pending->data + memo.size, encoded.data, encoded.size);
    buf_finish(&encoded);
    return pending;
}

void pending_destroy(struct pending *pending) {
    if (!pending)
        return;
    list_remove(&pending->order);
    list_remove(&pending->age);
    list_remove(&pending->sibling);
    buf_finish(&pending->answer);
    free(pending);
}

/* The kinds are looked at as numbers, with a default: commands are one part of
 * the enum, and a new kind between other processes is none of ours. */

room_id pending_room(const struct wire *command) {
    switch ((int)command->kind) {
    case WIRE_ROOM_GET:
        return command->as.room_get.room;
    case WIRE_ROOM_PATCH:
        return command->as.room_patch.room;
    case WIRE_ROOM_DELETE:
        return command->as.room_delete.room;
    case WIRE_MEMBER_PUT:
        return command->as.member_put.room;
    case WIRE_MEMBER_REMOVE:
        return command->as.member_remove.room;
    case WIRE_JOIN:
        return command->as.join.room;
    case WIRE_LEAVE:
        return command->as.leave.room;
    case WIRE_SUBSCRIBE:
        return command->as.subscribe.room;
    case WIRE_UNSUBSCRIBE:
        return command->as.unsubscribe.room;
    case WIRE_RESUME:
        return command->as.resume.room;
    case WIRE_SEND:
        return command->as.send.room;
    case WIRE_HISTORY:
        return command->as.history.room;
    case WIRE_ROOM_VIEW:
        return command->as.room_view.room;
    case WIRE_EVENTS:
        return command->as.events.room;
    case WIRE_TYPING:
        return command->as.typing.room;
    default:
        break;
    }
    return (room_id){0};
}

/* Of a command that may name its room by kind and key. */
static uint32_t room_or_key(room_id room, uint8_t kind, struct slice key) {
    return room.value ? room_partition(room) : wire_key_partition(kind, key);
}

/* Any will do; so they are spread. */
static uint32_t files_partition(const struct wire_files *files) {
    const struct wire_file_name *name = files->names;
    if (files->user.value)
        return user_partition(files->user);
    if (files->names_count == 0 || name->secret.size == 0)
        return 0;
    return (unsigned char)name->secret.data[0] % PARTITION_COUNT;
}

/* Of a command about a user. */
static user_id user_of(const struct wire *command) {
    switch ((int)command->kind) {
    case WIRE_CONNECT:
        return command->as.connect.claims.user;
    case WIRE_DISCONNECT:
        return command->as.disconnect.user;
    case WIRE_USER_PUT:
        return command->as.user_put.profile.user;
    case WIRE_USER_GET:
        return command->as.user_get.user;
    case WIRE_LIST:
        return command->as.list.user;
    case WIRE_UNREAD:
        return command->as.unread.user;
    case WIRE_FEED:
        return command->as.feed.user;
    case WIRE_PRESENCE_SET:
        return command->as.presence_set.user;
    case WIRE_PRESENCE_GET:
        return command->as.presence_get.user;
    case WIRE_USER_KICK:
        return command->as.user_kick.user;
    case WIRE_FILE_PUT:
        return command->as.file_put.user;
    default:
        break;
    }
    return (user_id){0};
}

uint32_t pending_partition(const struct wire *command) {
    switch ((int)command->kind) {
    case WIRE_FILES:
        return files_partition(&command->as.files);
    case WIRE_FILE_BYTES:
        return file_partition(command->as.file_bytes.file);
    case WIRE_SEND:
        return room_or_key(command->as.send.room, command->as.send.kind,
                           command->as.send.key);
    case WIRE_HISTORY:
        return room_or_key(command->as.history.room, command->as.history.kind,
                           command->as.history.key);
    case WIRE_TYPING:
        return room_or_key(command->as.typing.room, command->as.typing.kind,
                           command->as.typing.key);
    case WIRE_ROOM_VIEW:
        return room_or_key(command->as.room_view.room,
                           command->as.room_view.kind,
                           command->as.room_view.key);
    case WIRE_ROOM_CREATE:
        return wire_key_partition(command->as.room_create.kind,
                                  command->as.room_create.key);
    case WIRE_REVIEW_PUT:
        return wire_key_partition(ROOM_ORDER,
                                  command->as.review_put.review.key);
    case WIRE_EDIT:
        return message_partition(command->as.edit.message);
    case WIRE_DELETE:
        return message_partition(command->as.delete.message);
    case WIRE_MARK:
        return message_partition(command->as.mark.message);
    default:
        break;
    }
    user_id user = user_of(command);
    if (user.value != 0)
        return user_partition(user);
    room_id room = pending_room(command);
    INVARIANT(room.value != 0); /* Else it is no command. */
    return room_partition(room);
}
