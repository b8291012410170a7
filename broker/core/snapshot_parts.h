/* snapshot_parts.h - the parts of core_save() and core_restore(); private to
 * snapshot*.c and their like. */
#ifndef BROKER_CORE_SNAPSHOT_PARTS_H
#define BROKER_CORE_SNAPSHOT_PARTS_H

#include "broker/core/core_state.h"

/* Who takes the pieces. */
struct saver {
    void (*take)(void *payload, const struct wire *state);
    void *payload;
    struct buf *waiting; /* Actors for whom commands wait, so that nobody looks
                            at all of them again: memory is what is slow. */
};

/* Notes |actor| if commands wait for it. */
void saver_note(const struct saver *saver, const struct actor *actor);

/* How an actor is named. Texts are borrowed from it. */
struct state_actor state_actor_of(const struct actor *actor);

/* The reverse; NULL: there is no such actor. */
struct actor *state_actor_find(struct core *core,
                               const struct state_actor *name);

/* Every room, user and key, with what belongs to each; notes each. */
void save_rooms(const struct core *core, const struct saver *saver);
void save_users(const struct core *core, const struct saver *saver);
void save_keys(const struct core *core, const struct saver *saver);

/* What waits: questions, commands of those that were noted, effects. */
void save_reads(const struct core *core, const struct saver *saver);
void save_waiting(const struct saver *saver);
void save_pending(const struct core *core, const struct saver *saver);

/* Each takes one message; NULL: done, else (static) why it cannot be. */
const char *restore_room(struct core *core, const struct wire *state);
const char *restore_interest(struct core *core, const struct wire *state);
const char *restore_user(struct core *core, const struct wire *state);
const char *restore_connections(struct core *core, const struct wire *state);
const char *restore_upload(struct core *core, const struct wire *state);
const char *restore_key(struct core *core, const struct wire *state);
const char *restore_read(struct core *core, const struct wire *state);
const char *restore_waiting(struct core *core, const struct wire *state);
const char *restore_pending(struct core *core, const struct wire *state);

/* What may be known of an actor's load. The actor was just made. */
struct state_load state_load_of(const struct actor *actor);
const char *restore_load(struct core *core, struct actor *actor,
                         const struct state_load *load);

/* Whether an actor of |partition| may come in. */
const char *restore_has_room(const struct core *core, uint32_t partition);

/* All waiting commands are there: those that look keys up hold them in the
 * order of their floors, which is the only one that counts. */
const char *restore_keyed(struct core *core);

/* All reads are there, and somebody waits for each. */
const char *restore_claimed(const struct core *core);

#endif
