/* against_ids.h - which of a live broker's ids is which of the trace's.
 *
 * Rooms, messages and files get their ids from the broker, so in another store
 * they are other numbers. They are learned when an answer of the trace is laid
 * beside the live one. Users are the application's: they stay as they are.
 *
 * An id that the trace shows being dealt is waited for. Any other is older
 * than the trace: until something teaches better, it is taken to be the same
 * in the live store. Pure. */
#ifndef BROKER_REPLAY_AGAINST_IDS_H
#define BROKER_REPLAY_AGAINST_IDS_H

#include "common/table.h"
#include "common/wire/wire_schema.h"

#define AGAINST_ID_KINDS ((size_t)WIRE_ID_FILE + 1)

/* Zeroed is empty. Fields are private. */
struct against_ids {
    struct table dealt[AGAINST_ID_KINDS];    /* Recorded: its room, or 1. */
    struct table live[AGAINST_ID_KINDS];     /* By the recorded one. */
    struct table recorded[AGAINST_ID_KINDS]; /* By the live one. */
    uint64_t learned; /* Grows with everything learned. */
};

enum against_id {
    AGAINST_ID_KNOWN,
    AGAINST_ID_AWAITED, /* It was dealt, and is not learned yet. */
    AGAINST_ID_LOST     /* It will not be learned any more. */
};

void against_ids_finish(struct against_ids *ids);

/* The trace shows |id| being dealt; of a message, in |room|. */
void against_ids_dealt(struct against_ids *ids, enum wire_id kind, uint64_t id,
                       uint64_t room);

/* The room, as recorded, of a message that was dealt; 0: not known. */
uint64_t against_ids_room_of(const struct against_ids *ids, uint64_t message);

/* Of the recorded |id|, 0 included, the live one; |*live| is set when known. */
enum against_id against_ids_find(const struct against_ids *ids,
                                 enum wire_id kind, uint64_t id,
                                 uint64_t *live);

/* Of a live id, the recorded one; 0: none is known. */
uint64_t against_ids_recorded(const struct against_ids *ids, enum wire_id kind,
                              uint64_t live);

/* The two stand in the same place: learned, if neither was known. False: they
 * cannot be the same. */
bool against_ids_unify(struct against_ids *ids, enum wire_id kind,
                       uint64_t recorded, uint64_t live);

/* Nothing will teach |id| any more; whatever names it cannot be played. */
void against_ids_lose(struct against_ids *ids, enum wire_id kind, uint64_t id);

#endif
