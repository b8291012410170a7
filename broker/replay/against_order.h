/* against_order.h - what of a trace's order must be kept. Pure.
 *
 * The commands of one gateway go over one link in their order. Those of
 * different gateways about the same thing (a room, a user, a file) keep theirs
 * by turns: the next gateway waits until the answers to the last one's commands
 * are here. What had been answered when a command came must be answered now
 * too: of the same thing, or of all things if it asks for more than one; and
 * who asks for all rooms of a user is answered before any of them changes. Only
 * SENDs follow each other without waiting, which is what makes a load. */
#ifndef BROKER_REPLAY_AGAINST_ORDER_H
#define BROKER_REPLAY_AGAINST_ORDER_H

#include "broker/replay/against_ids.h"
#include "common/table.h"
#include "common/text_table.h"

/* --- Turns ---------------------------------------------------------------- */

struct against_thing;

/* Commands of one gateway in a row, about one thing. */
struct against_turn {
    struct against_turn *next;
    struct against_thing *thing;
    uint32_t gateway;
    uint64_t unanswered;
};

/* Zeroed is empty. Fields are private. */
struct against_turns {
    struct table things; /* By a digest of what they are. */
};

void against_turns_finish(struct against_turns *turns);

/* The turn of the next command about |thing| in the trace. Borrowed until
 * against_turn_done was called as often as this for it. */
struct against_turn *against_turn_take(struct against_turns *turns,
                                       uint64_t thing, uint32_t gateway);

bool against_turn_has_come(const struct against_turn *turn);

/* A command of it is answered, or left out. */
void against_turn_done(struct against_turns *turns, struct against_turn *turn);

/* --- What a command is about ---------------------------------------------- */

/* The rooms' keys, as the trace shows them. Zeroed is empty. */
struct against_keys {
    struct text_table rooms;
};

void against_keys_finish(struct against_keys *keys);

/* The trace shows that the room has this key. */
void against_keys_note(struct against_keys *keys, const struct wire_room *room);

/* A digest of the thing that |command| is about, as recorded. */
uint64_t against_thing_of(const struct wire *command,
                          const struct against_keys *keys,
                          const struct against_ids *ids);

/* A digest of the user who gave it; 0: nobody in particular. */
uint64_t against_user_of(const struct wire *command);

/* Whether the answer depends on more than the thing that |command| is about: on
 * many rooms, or on how people are called. */
bool against_asks_for_more(enum wire_kind command);

/* Whether |command| asks about all rooms of a user. */
bool against_asks_for_all(enum wire_kind command);

/* --- Answers, counted ------------------------------------------------------
 */

/* Numbers 1, 2, 3, ... are dealt in the trace's order; up to which have they
 * all come by now? Zeroed is empty. */
struct against_answers {
    struct buf come; /* A byte for each number after |all|. */
    size_t head;
    uint64_t all; /* These and those before have come. */
    uint64_t issued;
    struct table last;       /* By thing: the number of the latest. */
    struct table last_other; /* The same, of other commands than SEND. */
};

void against_answers_finish(struct against_answers *answers);

/* The number of the next one in the trace, to a command about |thing|. */
uint64_t against_answers_issue(struct against_answers *answers, uint64_t thing,
                               enum wire_kind command);

/* Those up to this number must have come before |command| goes, which is about
 * |thing| and given by |user|, and comes next in the trace. */
uint64_t against_answers_before(const struct against_answers *answers,
                                uint64_t thing, uint64_t user,
                                enum wire_kind command);

/* It has come, or will not. */
void against_answers_come(struct against_answers *answers, uint64_t number);

#endif
