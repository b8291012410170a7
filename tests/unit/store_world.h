/* store_world.h - a small model of rooms that makes records as the core would:
 * with running places, ordinals and sequences, and exact counts. */
#ifndef TESTS_UNIT_STORE_WORLD_H
#define TESTS_UNIT_STORE_WORLD_H

#include "tests/unit/store_kit.h"

#define WORLD_ROOMS_MAX 32u
#define WORLD_USERS_MAX 16u /* Users are numbered from 1. */

struct world_message {
    message_id message;
    uint64_t place;
    user_id author;
    int64_t created_us;
    bool deleted;
    message_id reply_to;
    struct wire_file files[2];
    uint32_t files_count;
};

struct world_room {
    struct wire_room room;
    char key[16];
    struct wire_room_state state;
    struct wire_member members[WORLD_USERS_MAX + 1]; /* By user id. */
    bool is_member[WORLD_USERS_MAX + 1];
    struct buf messages; /* struct world_message, by ordinal. */
    bool deleted;
};

struct world {
    struct kit *kit;
    int64_t now_us;
    struct world_room rooms[WORLD_ROOMS_MAX];
    uint32_t rooms_count;
};

/* Optional parts of a message. */
struct world_send {
    const char *text;
    const char *client_key;
    const char *request_key;
    const char *origin_key;
    message_id reply_to;
    uint64_t mail_to;
    uint32_t files;               /* So many, at most two; with |file| one. */
    const struct wire_file *file; /* One that is stored; lives as long as the
                                   * world. NULL: none. */
};

void world_init(struct world *world, struct kit *kit);
void world_finish(struct world *world);

/* Each queues the record; kit_commit writes. Users are given as numbers, rooms
 * as indexes, messages as ordinals. */
void world_profile(struct world *world, uint64_t user, const char *name);
void world_seen(struct world *world, uint64_t user, int64_t last_seen_us);
uint32_t world_create(struct world *world, enum room_kind kind, const char *key,
                      const uint64_t *users, uint32_t count);
void world_rename(struct world *world, uint32_t room, const char *title);
void world_drop(struct world *world, uint32_t room);
void world_join(struct world *world, uint32_t room, uint64_t user,
                enum member_role role);
void world_leave(struct world *world, uint32_t room, uint64_t user);
message_id world_send(struct world *world, uint32_t room, uint64_t user,
                      const struct world_send *send);
void world_edit(struct world *world, uint32_t room, uint64_t ordinal,
                const char *text);
void world_delete(struct world *world, uint32_t room, uint64_t ordinal);
void world_mark(struct world *world, uint32_t room, uint64_t user,
                uint64_t ordinal);
void world_review(struct world *world, const char *key, const char *status,
                  uint64_t room);

/* Counted from the messages and the mark alone: what is unread to a member, and
 * in how many rooms (of exactly two members) something is. */
uint64_t world_unread(const struct world *world, uint32_t room, uint64_t user);
uint64_t world_unread_rooms(const struct world *world, uint64_t user,
                            bool dialogs);

room_id world_id(const struct world *world, uint32_t room);
struct world_message *world_message(const struct world *world, uint32_t room,
                                    uint64_t ordinal);

#endif
