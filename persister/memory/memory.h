/* memory.h - the reference store: lists, linear scans and one mutex. It shares
 * no code with the other store, so that where both agree they are right.
 * Private to persister/memory. */
#ifndef PERSISTER_MEMORY_MEMORY_H
#define PERSISTER_MEMORY_MEMORY_H

#include <pthread.h>

#include "persister/people.h"
#include "persister/store.h"

/* Lists are bufs of structs; this is the number of them. */
#define MEMORY_COUNT(list, type) ((list).size / sizeof(type))

/* What happened at one place of a room. */
struct memory_event {
    uint8_t kind; /* enum event_kind */
    uint64_t place;
    int64_t at_us;
    user_id actor;
    message_id message;
    user_id member;
    uint8_t role;
    uint64_t mark;
};

struct memory_sent {
    user_id sender;
    uint8_t by; /* enum sent_by */
    struct slice key;
    message_id message;
};

/* A read mark as it moved. */
struct memory_mark {
    user_id user;
    uint64_t place;
    int64_t at_us;
};

struct memory_room {
    bool deleted;
    struct wire_room room;
    struct wire_room_state state;
    struct buf members;  /* struct wire_member, in any order */
    struct buf messages; /* struct wire_message, oldest first */
    struct buf events;   /* struct memory_event, by place */
    struct buf sent;     /* struct memory_sent */
    struct buf marks;    /* struct memory_mark, of who is a member, by time */
};

/* A file, or one that is not whole yet. */
struct memory_file {
    file_id file;
    bool is_whole;
    struct wire_file row;
    int64_t free_us; /* In no message since then, if it is in none. */
};

struct memory_chunk {
    file_id file;
    uint64_t offset;
    struct slice bytes;
};

struct memory_batch {
    uint64_t first_seq;
    uint32_t records_count;
    uint64_t digest;
};

struct store {
    pthread_mutex_t mutex; /* Guards everything. */
    struct arena texts;    /* Only grows: a reference need not be thrifty. */
    struct store_heads heads;
    struct buf batches[PARTITION_COUNT]; /* struct memory_batch */
    struct buf rooms;                    /* struct memory_room */
    struct buf users;                    /* struct wire_profile */
    struct buf reviews;                  /* struct wire_review */
    bool outbox;
    struct buf mails;  /* struct store_mail, in any order */
    struct buf seen;   /* struct record_user_seen */
    struct buf files;  /* struct memory_file */
    struct buf chunks; /* struct memory_chunk */
};

/* The room, or NULL if there is none (any more). */
struct memory_room *memory_room(const struct store *store, room_id room);

/* Or NULL. */
struct wire_member *memory_member(const struct memory_room *room, user_id user);
struct wire_message *memory_message(const struct memory_room *room,
                                    message_id message);
struct wire_profile *memory_user(const struct store *store, user_id user);
struct record_user_seen *memory_seen(const struct store *store, user_id user);
struct wire_review *memory_review(const struct store *store, struct slice key);

/* The profile that an answer carries. */
struct wire_profile memory_profile(const struct store *store, user_id user);
struct wire_profile *memory_profiles(const struct store *store,
                                     struct people *people, struct arena *arena,
                                     uint32_t *count);

/* |message| as an answer shows it: with what is computed. */
struct wire_message memory_shown(const struct memory_room *room,
                                 const struct wire_message *message);

/* Its share of an answer's bytes: texts, and what names its files. */
uint64_t memory_weight(const struct wire_message *message);

void memory_chunk(struct store *store, const struct record_file_chunk *record);
void memory_file_put(struct store *store, const struct wire_file *row);

/* |message| no longer has its files since |at_us|. */
void memory_files_released(struct store *store,
                           const struct wire_message *message, int64_t at_us);

/* Returns how many were forgotten. */
uint32_t memory_collect(struct store *store, int64_t before_us, uint32_t limit);

void memory_apply(struct store *store, const struct wire *record);

enum err memory_mails_due(struct store *store, int64_t now_us,
                          struct store_mail *out, uint32_t limit,
                          uint32_t *count, int64_t *next_due_us,
                          struct store_error *error);
enum err memory_mail_settle(struct store *store, const struct store_mail *mail,
                            const struct store_mail *again,
                            struct store_error *error);

/* Each fills a zeroed answer. */
void memory_history(const struct store *store,
                    const struct wire_read_history *ask, struct arena *arena,
                    struct wire_reply_page *out);
void memory_list(const struct store *store, const struct wire_read_list *ask,
                 struct arena *arena, struct wire_reply_list *out);
void memory_unread(const struct store *store,
                   const struct wire_read_unread *ask, struct arena *arena,
                   struct wire_row_count *out);
void memory_feed(const struct store *store, const struct wire_read_feed *ask,
                 struct arena *arena, struct wire_row_feed *out);

/* The room as |user| sees it, and whom it names. */
void memory_fill_view(const struct memory_room *room, user_id user,
                      struct arena *arena, struct wire_view *view);
void memory_name_people(const struct wire_view *view, struct arena *arena,
                        struct people *people);

/* False: no such room. */
bool memory_view(const struct store *store, const struct wire_read_view *ask,
                 struct arena *arena, struct wire_reply_view *out);
void memory_files(const struct store *store, const struct wire_read_files *ask,
                  struct arena *arena, struct wire_row_files *out);
void memory_bytes(const struct store *store, const struct wire_read_bytes *ask,
                  struct wire_row_bytes *out);
void memory_answer(const struct store *store, const struct wire *request,
                   struct arena *arena, struct wire *out);

#endif
