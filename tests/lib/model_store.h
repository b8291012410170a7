/* model_store.h - what the persister would know, as plain arrays: the oracle
 * of the core's tests. It believes nothing: each record's counts are compared
 * with a recount, each place must follow on. */
#ifndef TESTS_LIB_MODEL_STORE_H
#define TESTS_LIB_MODEL_STORE_H

#include "common/wire/wire.h"

struct model_message {
    struct wire_message row;
    struct slice client_key;
    struct slice request_key;
    struct slice origin_key;
    user_id mail_to;
};

struct model_room {
    struct wire_room info;
    struct wire_room_state state;
    struct wire_member *members;
    uint32_t members_count;
    struct wire_event *events; /* Place 2 is events[0]; place 1 the making. */
    uint32_t events_count;
    user_id *first_members; /* Of the making. */
    uint32_t first_members_count;
    bool is_deleted;
};

/* A file, or what came of it so far. */
struct model_file {
    file_id file;
    uint64_t size;
    bool is_whole;
    struct wire_file row; /* Of a whole one. */
};

/* Zeroed is empty. */
struct model_store {
    struct arena arena; /* Everything lives here until the end. */
    struct model_room *rooms;
    uint32_t rooms_count;
    struct model_message *messages;
    uint32_t messages_count;
    struct wire_profile *users;
    uint32_t users_count;
    struct wire_review *reviews;
    uint32_t reviews_count;
    struct record_user_seen *seen;
    uint32_t seen_count;
    struct model_file *files;
    uint32_t files_count;
};

void model_store_finish(struct model_store *store);

/* Puts one encoded record; aborts when it contradicts what is there. */
void model_store_apply(struct model_store *store, struct slice record);

/* The answer to a read; borrows from |store| and |arena|. */
void model_store_answer(struct model_store *store, const struct wire *read,
                        struct arena *arena, struct wire *out);

/* NULL: none, or deleted. */
struct model_room *model_store_room(const struct model_store *store,
                                    room_id room);
struct model_message *model_store_message(const struct model_store *store,
                                          message_id message);

/* The message as an answer shows it, with all that is computed. */
struct wire_message model_store_shown(const struct model_store *store,
                                      const struct model_message *message);

/* Live messages with after < place <= up_to; 0 leaves a condition out. */
uint64_t model_store_count(const struct model_store *store, room_id room,
                           uint64_t after, uint64_t up_to, user_id not_by,
                           user_id by);

#endif
