/* show.h - messages of one room as an answer shows them: their rows, and what
 * follows from the room's marks and the message that they reply to. */
#ifndef PERSISTER_ROCKSDB_SHOW_H
#define PERSISTER_ROCKSDB_SHOW_H

#include "persister/rocksdb/reading.h"

/* The first mark of one member at or above a place. */
struct show_mark {
    user_id user;
    uint64_t from; /* It is the first for all places from here up to |mark|. */
    uint64_t mark; /* UINT64_MAX: there is none. */
    int64_t at_us;
};

/* Fields are private. */
struct show {
    struct reading *reading;
    room_id room;
    const struct wire_room_state *state;
    bool has_members;
    struct show_mark marks[2]; /* Of a room of exactly two members. */
};

/* |state| is borrowed. */
void show_begin(struct show *show, struct reading *reading, room_id room,
                const struct wire_room_state *state);

/* Fills in what is not stored. Cheapest by ascending place. */
enum err show_message(struct show *show,
                      struct wire_message *message) MUST_CHECK;

/* The message's share of an answer's bytes: texts, and what names its files. */
uint64_t show_weight(const struct wire_message *message);

/* Whether anyone but |author| has read up to |place|. */
bool show_is_read(const struct wire_room_state *state, user_id author,
                  uint64_t place);

#endif
