/* against_pairs.h - who said the same in the recording and now: what a gateway
 * was told then waits here for what it is told now, and the other way round.
 *
 * Messages meet under a name: a reply under its correlation, an event under
 * the command behind it (or, if there is none, its room), a notice under whom
 * it is about; several of one name meet in order. Pure. */
#ifndef BROKER_REPLAY_AGAINST_PAIRS_H
#define BROKER_REPLAY_AGAINST_PAIRS_H

#include "broker/replay/against_differences.h"
#include "broker/replay/against_ids.h"
#include "common/text_table.h"

enum against_side { AGAINST_RECORDED, AGAINST_LIVE };

/* The name. All members are set, so that its bytes are the key. */
struct against_name {
    uint64_t gateway; /* Who was told, as in the trace. */
    uint64_t what;    /* enum wire_kind; a reply of any kind: 0. */
    uint64_t first;
    uint64_t second;
};

struct against_said {
    struct against_said *next;
    struct against_place place;
    size_t size;
    char bytes[];
};

/* Zeroed is empty. Fields are private. */
struct against_pairs {
    struct text_table queues;
    uint64_t waiting[2]; /* By side. */
    uint64_t met;
};

void against_pairs_finish(struct against_pairs *pairs);

/* |*out| is the name of |wire|, as it was recorded or made like it:
 * of a live one |ids| tells the recorded room. ERR_NOT_FOUND: messages of this
 * kind do not meet (who is online, who types). ERR_BUSY: its room is not
 * learned yet. */
enum err against_name_of(const struct wire *wire, uint32_t gateway,
                         enum against_side side, const struct against_ids *ids,
                         struct against_name *out) MUST_CHECK;

/* If the other side said something under |name|, that, to be freed; else NULL,
 * and a copy of |bytes| waits. */
struct against_said *against_pairs_meet(struct against_pairs *pairs,
                                        const struct against_name *name,
                                        enum against_side side,
                                        struct against_place place,
                                        struct slice bytes);

/* Calls |left| for all that met nothing, in order of name, and empties. */
void against_pairs_leave(struct against_pairs *pairs,
                         void (*left)(void *payload,
                                      const struct against_name *name,
                                      enum against_side side,
                                      const struct against_said *said),
                         void *payload);

#endif
