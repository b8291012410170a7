/* scrub_text.h - texts of the same length instead of those that people wrote.
 *
 * The same text gives the same stand-in, and different texts different ones as
 * far as their length allows. Which, a key decides: who does not have it cannot
 * try words out. Pure. */
#ifndef BROKER_REPLAY_SCRUB_TEXT_H
#define BROKER_REPLAY_SCRUB_TEXT_H

#include "common/arena.h"
#include "common/text_table.h"

enum scrub_kind {
    SCRUB_TEXT, /* Spaces and line ends stay. */
    SCRUB_MAIL, /* "@" and "." stay. */
    SCRUB_URL,  /* What divides an address stays. */
    SCRUB_KEY   /* Of a room: its partition stays, and that it is a number,
                      or the ids of a direct room. */
};

struct scrub_texts {
    uint64_t seeds[2];
    struct text_table given; /* Kind and text to stand-in, if it is short. */
    struct text_table taken; /* The same the other way. */
    struct arena arena;
};

/* |key| is any text; two keys give other stand-ins. */
void scrub_texts_init(struct scrub_texts *texts, struct slice key);
void scrub_texts_finish(struct scrub_texts *texts);

/* The stand-in of |text|, in |arena|. |room_kind| counts for a key alone. */
struct slice scrub_text(struct scrub_texts *texts, enum scrub_kind kind,
                        uint8_t room_kind, struct slice text,
                        struct arena *arena);

#endif
