/* key_run.h - the commands of a key; private to key.c, key_run.c and their
 * like. */
#ifndef BROKER_CORE_KEY_RUN_H
#define BROKER_CORE_KEY_RUN_H

#include "broker/core/key.h"

extern const struct actor_type key_type;

/* The name in the core's table: the kind, then the key, in the arena. */
struct slice key_name(struct core *core, uint8_t kind, struct slice text);

void key_destroy(struct core *core, struct actor *actor);
void key_set_status(struct key *key, struct slice status);

enum run cmd_room_create(struct core *core, struct key *key,
                         const struct command *command);
enum run cmd_review_put(struct core *core, struct key *key,
                        const struct command *command);

/* Any other command that names its room by kind and key. */
enum run cmd_named(struct core *core, struct key *key,
                   const struct command *command);

/* The key's room, which is there, gets the command. */
void key_send_on(struct core *core, struct key *key,
                 const struct command *command);

/* Whether the key's room may come into being now: a refusal, or 0. */
uint8_t key_may_create_room(struct core *core, const struct key *key);

/* Applies the creation of |info|'s room, whose id is dealt here, with
 * |members| (by user id, no two alike). key_may_create_room and
 * pending_has_room came before. |command|: who is answered with the room; NULL:
 * nobody. */
void key_create_room(struct core *core, struct key *key,
                     const struct wire_room *info,
                     const struct wire_member *members, uint32_t members_count,
                     const struct command *command);

#endif
