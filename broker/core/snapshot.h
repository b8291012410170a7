/* snapshot.h - the whole state of a core as messages, and back.
 *
 * A recording that does not begin with a new core begins with these: what
 * core_save() gave, core_restore() makes into a core that does the same from
 * there on, byte for byte. The messages are STATE_* of common/wire, so they are
 * printed, scrubbed and checked like all others. */
#ifndef BROKER_CORE_SNAPSHOT_H
#define BROKER_CORE_SNAPSHOT_H

#include "broker/core/core.h"

/* Calls |take| with each piece of the state, in the order in which
 * core_restore() wants them; of a core that was just created with none. The
 * message is borrowed for the call. Nothing is changed. O(state). Between two
 * steps only. */
void core_save(const struct core *core,
               void (*take)(void *payload, const struct wire *state),
               void *payload);

/* Puts one piece into a core that was created with the same config and has not
 * stepped yet. ERR_MALFORMED: no core_save() says this here; |why| (static)
 * tells. The core may only be destroyed then. */
enum err core_restore(struct core *core, const struct wire *state,
                      const char **why) MUST_CHECK;

/* All pieces are there: checks that they fit together. Errors as above. */
enum err core_restored(struct core *core, const char **why) MUST_CHECK;

#endif
