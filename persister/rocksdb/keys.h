/* keys.h - the keys of the disk format: one byte for the table, then the
 * fields, numbers big-endian so that the order of bytes is the order of
 * numbers. Golden-tested (tests/unit/test_keys_format.c): a change here makes
 * every store that exists unreadable, so it is a new FORMAT_VERSION (rows.h).
 *
 *   00 name               meta: "format", "epoch"
 *   01                    snapshot: the heads before one of the newest groups
 *   02 group              group: what one append took (group_row.h)
 *   10 room               room
 *   11 room               how the room stands, unless a message's row is later
 *   12 room user          member
 *   13 room ordinal       message, and how its room stands after it
 *   14 room level bucket  how many deleted messages a range holds (dead.h)
 *   15 room place         event that is no message's creation
 *   16 room user by key   sent message by its client key
 *   17 room user place    when the member's read mark moved there
 *   1a room file          in how many messages of the room a file is
 *   20 partition seq      where the messages from |seq| on are
 *   21 user               profile
 *   22 user room          the user is a member of the room
 *   23 kind key           the room that is known by (kind, key)
 *   24 key                order review
 *   25 due message        a mail of the outbox
 *   26 user               when the user was last seen
 *   30 file               file that is whole
 *   31 file               in how many messages it is, or since when in none
 *   32 secret             the file with that secret
 *   33 time file          the file is in no message since then
 *
 * In the column family "files" there is no table byte:
 *   file offset           the bytes of a chunk
 *
 * Tables 10 to 1a begin with the room, so a room is deleted by ranges. Pure. */
#ifndef PERSISTER_ROCKSDB_KEYS_H
#define PERSISTER_ROCKSDB_KEYS_H

#include "common/limits.h"
#include "common/types.h"

enum key_table {
    KEY_META = 0x00,
    KEY_SNAPSHOT = 0x01,
    KEY_GROUP = 0x02,
    KEY_ROOM = 0x10,
    KEY_STATE = 0x11,
    KEY_MEMBER = 0x12,
    KEY_MESSAGE = 0x13,
    KEY_DEAD = 0x14,
    KEY_EVENT = 0x15,
    KEY_SENT = 0x16,
    KEY_MARK = 0x17,
    KEY_ROOM_FILE = 0x1a,
    KEY_SPOTS = 0x20,
    KEY_USER = 0x21,
    KEY_USER_ROOM = 0x22,
    KEY_NAME = 0x23,
    KEY_REVIEW = 0x24,
    KEY_MAIL = 0x25,
    KEY_SEEN = 0x26,
    KEY_FILE = 0x30,
    KEY_FILE_USE = 0x31,
    KEY_SECRET = 0x32,
    KEY_FILE_UNUSED = 0x33
};

/* The longest: table, kind and a room's key. */
#define KEY_BYTES_MAX (2u + LIMIT_ROOM_KEY_BYTES)

struct key {
    size_t size;
    char bytes[KEY_BYTES_MAX];
};

static inline struct slice key_slice(const struct key *key) {
    return (struct slice){key->bytes, key->size};
}

struct key key_meta(struct slice name);
struct key key_snapshot(void);
struct key key_group(uint64_t group);
struct key key_room(room_id room);
struct key key_state(room_id room);
struct key key_member(room_id room, user_id user);
struct key key_message(room_id room, uint64_t ordinal);
struct key key_dead(room_id room, uint32_t level, uint64_t bucket);
struct key key_event(room_id room, uint64_t place);
struct key key_sent(room_id room, user_id sender, uint8_t by, struct slice key);
struct key key_mark(room_id room, user_id user, uint64_t place);
struct key key_spots(uint32_t partition, uint64_t first_seq);
struct key key_user(user_id user);
struct key key_user_room(user_id user, room_id room);
struct key key_name(uint8_t kind, struct slice key);
struct key key_review(struct slice key);
struct key key_mail(int64_t due_us, message_id message);
struct key key_seen(user_id user);
struct key key_room_file(room_id room, file_id file);
struct key key_file(file_id file);
struct key key_file_use(file_id file);
struct key key_secret(struct slice secret);
struct key key_file_unused(int64_t free_us, file_id file);
struct key key_chunk(file_id file, uint64_t offset);

/* The first key of |table| that belongs to |owner| (a room or a user); with
 * |owner| + 1 the end of its range. */
struct key key_range(enum key_table table, uint64_t owner);

/* The number in the last eight bytes of a key that has at least nine. */
uint64_t key_last_number(struct slice key);

#endif
