/* cut_choice.h - what of a tape goes into a cut. Pure. */
#ifndef BROKER_REPLAY_CUT_CHOICE_H
#define BROKER_REPLAY_CUT_CHOICE_H

#include "broker/replay/cut_actors.h"

/* |inputs| counts for commands, gateways, refusals and ticks; which answers
 * and commits they need, the cut finds out. */
struct cut_choice {
    struct cut_actors *actors;
    bool *inputs;         /* By the tape's inputs. */
    bool *groups;         /* By the groups' numbers: their rooms and keys. */
    struct table users;   /* Whose actors are kept, by id. */
    struct table refused; /* Commands of the state that were refused for want of
                             room: they are left out. By cut_command_name(). */
    uint32_t delays;      /* Left out, but others had waited for it. */
    bool all_actors;      /* Everybody is kept, whatever stands above. */
    bool all_records;     /* Whatever is dealt to anybody counts. */
};

/* Everything, to begin with. |actors| is borrowed for life. */
void cut_choice_init(struct cut_choice *choice, struct cut_actors *actors,
                     const struct tape *tape);
void cut_choice_finish(struct cut_choice *choice);

/* Nothing but |room| (0: none in particular) and what |user| (0: nobody) said
 * or asked, with all that decides what becomes of it. False: neither is in the
 * tape. */
bool cut_choose(struct cut_choice *choice, const struct tape *tape,
                uint64_t room, uint64_t user) MUST_CHECK;

/* One number for a command's gateway and correlation. */
uint64_t cut_command_name(uint32_t gateway, uint64_t correlation);

/* Whether they are kept. */
bool cut_keeps_room(const struct cut_choice *choice, uint64_t room);
bool cut_keeps_key(const struct cut_choice *choice, uint8_t kind,
                   struct slice key);
bool cut_keeps_user(const struct cut_choice *choice, uint64_t user);

/* Whether |record|, appended when |is_chosen| input was taken, is of somebody
 * who is kept. */
bool cut_keeps_record(const struct cut_choice *choice,
                      const struct wire *record, bool is_chosen);

#endif
