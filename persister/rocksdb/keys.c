/* keys.c - see keys.h. */
#include "persister/rocksdb/keys.h"

#include "common/err.h"

static void put_u8(struct key *key, uint8_t value) {
    key->bytes[key->size++] = (char)value;
}

static void put_u64(struct key *key, uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        put_u8(key, (uint8_t)(value >> shift));
}

/* Only ever the last field, so it needs no end mark. */
static void put_text(struct key *key, struct slice text) {
    PRE(text.size <= KEY_BYTES_MAX - key->size);
    if (text.size)
        memcpy(key->bytes + key->size, text.data, text.size);
    key->size += text.size;
}

/* Only the first bytes of a key are ever looked at: do not clear the rest. */
static void start(struct key *key, enum key_table table) {
    key->bytes[0] = (char)table;
    key->size = 1;
}

struct key key_meta(struct slice name) {
    struct key key;
    start(&key, KEY_META);
    put_text(&key, name);
    return key;
}

struct key key_snapshot(void) {
    struct key key;
    start(&key, KEY_SNAPSHOT);
    return key;
}

struct key key_range(enum key_table table, uint64_t owner) {
    struct key key;
    start(&key, table);
    put_u64(&key, owner);
    return key;
}

static struct key two_numbers(enum key_table table, uint64_t first,
                              uint64_t second) {
    struct key key = key_range(table, first);
    put_u64(&key, second);
    return key;
}

struct key key_group(uint64_t group) {
    return key_range(KEY_GROUP, group);
}

struct key key_room(room_id room) {
    return key_range(KEY_ROOM, room.value);
}

struct key key_state(room_id room) {
    return key_range(KEY_STATE, room.value);
}

struct key key_member(room_id room, user_id user) {
    return two_numbers(KEY_MEMBER, room.value, user.value);
}

struct key key_message(room_id room, uint64_t ordinal) {
    return two_numbers(KEY_MESSAGE, room.value, ordinal);
}

struct key key_dead(room_id room, uint32_t level, uint64_t bucket) {
    PRE(level <= UINT8_MAX);
    struct key key = key_range(KEY_DEAD, room.value);
    put_u8(&key, (uint8_t)level);
    put_u64(&key, bucket);
    return key;
}

struct key key_event(room_id room, uint64_t place) {
    return two_numbers(KEY_EVENT, room.value, place);
}

struct key key_sent(room_id room, user_id sender, uint8_t by,
                    struct slice text) {
    struct key key = two_numbers(KEY_SENT, room.value, sender.value);
    put_u8(&key, by);
    put_text(&key, text);
    return key;
}

struct key key_mark(room_id room, user_id user, uint64_t place) {
    struct key key = two_numbers(KEY_MARK, room.value, user.value);
    put_u64(&key, place);
    return key;
}

struct key key_spots(uint32_t partition, uint64_t first_seq) {
    struct key key;
    PRE(partition < PARTITION_COUNT);
    start(&key, KEY_SPOTS);
    put_u8(&key, (uint8_t)partition);
    put_u64(&key, first_seq);
    return key;
}

struct key key_user(user_id user) {
    return key_range(KEY_USER, user.value);
}

struct key key_user_room(user_id user, room_id room) {
    return two_numbers(KEY_USER_ROOM, user.value, room.value);
}

struct key key_name(uint8_t kind, struct slice text) {
    struct key key;
    start(&key, KEY_NAME);
    put_u8(&key, kind);
    put_text(&key, text);
    return key;
}

struct key key_review(struct slice text) {
    struct key key;
    start(&key, KEY_REVIEW);
    put_text(&key, text);
    return key;
}

struct key key_mail(int64_t due_us, message_id message) {
    return two_numbers(KEY_MAIL, (uint64_t)due_us, message.value);
}

struct key key_seen(user_id user) {
    return key_range(KEY_SEEN, user.value);
}

struct key key_room_file(room_id room, file_id file) {
    return two_numbers(KEY_ROOM_FILE, room.value, file.value);
}

struct key key_file(file_id file) {
    return key_range(KEY_FILE, file.value);
}

struct key key_file_use(file_id file) {
    return key_range(KEY_FILE_USE, file.value);
}

struct key key_secret(struct slice secret) {
    struct key key;
    start(&key, KEY_SECRET);
    put_text(&key, secret);
    return key;
}

struct key key_file_unused(int64_t free_us, file_id file) {
    return two_numbers(KEY_FILE_UNUSED, (uint64_t)free_us, file.value);
}

struct key key_chunk(file_id file, uint64_t offset) {
    struct key key;
    key.size = 0;
    put_u64(&key, file.value);
    put_u64(&key, offset);
    return key;
}

uint64_t key_last_number(struct slice key) {
    PRE(key.size >= 9);
    uint64_t value = 0;
    for (size_t at = key.size - 8; at < key.size; at++)
        value = value << 8 | (uint8_t)key.data[at];
    return value;
}
