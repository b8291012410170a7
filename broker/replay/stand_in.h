/* stand_in.h - texts of the same length instead of those that people wrote.
 *
 * The same text gives the same stand-in, and different texts different ones as
 * far as their length allows. Which, a key decides: who does not have it cannot
 * try words out. Pure. */
#ifndef BROKER_REPLAY_STAND_IN_H
#define BROKER_REPLAY_STAND_IN_H

#include "common/arena.h"
#include "common/text_table.h"

enum stand_in_kind {
    STAND_IN_TEXT, /* Spaces and line ends stay. */
    STAND_IN_MAIL, /* "@" and "." stay. */
    STAND_IN_URL,  /* What divides an address stays. */
    STAND_IN_KEY   /* Of a room: its partition stays, and that it is a number,
                      or the ids of a direct room. */
};

struct stand_ins {
    uint64_t seeds[2];
    struct text_table given; /* Kind and text to stand-in, if it is short. */
    struct text_table taken; /* The same the other way. */
    struct arena arena;
};

/* |key| is any text; two keys give other stand-ins. */
void stand_ins_init(struct stand_ins *stand_ins, struct slice key);
void stand_ins_finish(struct stand_ins *stand_ins);

/* The stand-in of |text|, in |arena|. |room_kind| counts for a key alone. */
struct slice stand_in(struct stand_ins *stand_ins, enum stand_in_kind kind,
                      uint8_t room_kind, struct slice text,
                      struct arena *arena);

#endif
