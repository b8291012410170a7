/* record.c - see record.h. */
#include "persister/record.h"

static const char *state_fault(const struct wire_room_state *state) {
    if (state->ordinal > state->place)
        return "state: more messages than places";
    if (state->live_total > state->ordinal)
        return "state: more live messages than messages";
    return NULL;
}

static const char *room_fault(room_id room, uint32_t partition) {
    return room_partition(room) != partition
               ? "room: belongs to another partition"
               : NULL;
}

static const char *place_fault(room_id room,
                               const struct wire_room_state *state,
                               uint32_t partition) {
    const char *fault = room_fault(room, partition);
    return fault ? fault : state_fault(state);
}

static const char *message_fault(const struct wire_message *message,
                                 const struct wire_room_state *state,
                                 uint32_t partition) {
    if (message_partition(message->message) != partition)
        return "message: belongs to another partition";
    if (message->ordinal == 0 || message->ordinal > state->ordinal)
        return "message: no such ordinal";
    if (message->place < message->ordinal || message->place > state->place)
        return "message: no such place";
    return place_fault(message->room, state, partition);
}

static const char *created_fault(const struct record_message_created *created,
                                 uint32_t partition, uint64_t seq) {
    if (created->message.message.value != seq * PARTITION_COUNT + partition)
        return "message: its id is not that of its sequence";
    if (created->message.ordinal != created->state.ordinal)
        return "message: is not the newest";
    return message_fault(&created->message, &created->state, partition);
}

static const char *put_fault(const struct record_room_put *put,
                             uint32_t partition, uint64_t seq) {
    if (put->created &&
        put->room.room.value != seq * PARTITION_COUNT + partition)
        return "room: its id is not that of its sequence";
    return place_fault(put->room.room, &put->state, partition);
}

static const char *seen_fault(const struct record_user_seen *seen,
                              uint32_t partition) {
    if (user_partition(seen->user) != partition)
        return "user: belongs to another partition";
    if (seen->user.value == 0)
        return "user: nobody";
    return seen->last_seen_us < 0 ? "last_seen_us: no time" : NULL;
}

static const char *chunk_fault(const struct record_file_chunk *chunk,
                               uint32_t partition, uint64_t seq) {
    if (file_partition(chunk->file) != partition)
        return "file: belongs to another partition";
    if (chunk->offset % LIMIT_FILE_CHUNK_BYTES != 0 ||
        chunk->offset >= LIMIT_FILE_BYTES)
        return "offset: is none of a chunk";
    if (chunk->offset == 0 &&
        chunk->file.value != seq * PARTITION_COUNT + partition)
        return "file: its id is not that of its sequence";
    return chunk->at_us < 0 ? "at_us: before all time" : NULL;
}

static const char *file_fault(const struct wire_file *file, uint32_t partition,
                              uint64_t seq) {
    if (file_partition(file->file) != partition)
        return "file: belongs to another partition";
    if (file->file.value > seq * PARTITION_COUNT + partition)
        return "file: its id is of a later sequence";
    if (file->secret.size != LIMIT_FILE_SECRET_BYTES)
        return "secret: is none";
    return file->created_us < 0 ? "created_us: before all time" : NULL;
}

const char *record_fault(const struct wire *record, uint32_t partition,
                         uint64_t seq) {
    if (record->kind == RECORD_MESSAGE_CREATED)
        return created_fault(&record->as.record_message_created, partition,
                             seq);
    if (record->kind == RECORD_MESSAGE_EDITED)
        return message_fault(&record->as.record_message_edited.message,
                             &record->as.record_message_edited.state,
                             partition);
    if (record->kind == RECORD_MESSAGE_DELETED)
        return message_fault(&record->as.record_message_deleted.message,
                             &record->as.record_message_deleted.state,
                             partition);
    if (record->kind == RECORD_MARK_MOVED)
        return place_fault(record->as.record_mark_moved.room,
                           &record->as.record_mark_moved.state, partition);
    if (record->kind == RECORD_ROOM_PUT)
        return put_fault(&record->as.record_room_put, partition, seq);
    if (record->kind == RECORD_ROOM_DELETED)
        return room_fault(record->as.record_room_deleted.room, partition);
    if (record->kind == RECORD_MEMBER_PUT)
        return place_fault(record->as.record_member_put.room,
                           &record->as.record_member_put.state, partition);
    if (record->kind == RECORD_MEMBER_REMOVED)
        return place_fault(record->as.record_member_removed.room,
                           &record->as.record_member_removed.state, partition);
    if (record->kind == RECORD_REVIEW_PUT)
        return record->as.record_review_put.review.key.size == 0
                   ? "review: no key"
                   : NULL;
    if (record->kind == RECORD_FILE_CHUNK)
        return chunk_fault(&record->as.record_file_chunk, partition, seq);
    if (record->kind == RECORD_FILE_PUT)
        return file_fault(&record->as.record_file_put.file, partition, seq);
    if (record->kind == RECORD_USER_PUT)
        return NULL;
    if (record->kind == RECORD_USER_SEEN)
        return seen_fault(&record->as.record_user_seen, partition);
    return "is no record";
}
