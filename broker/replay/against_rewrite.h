/* against_rewrite.h - a command of the trace as the live broker wants it:
 * with its own ids, and with keys that it has not seen before.
 *
 * A broker that has heard the trace already would take every SEND for a retry
 * and store nothing. So client, request and origin keys and the secrets of
 * files are made fresh: derived from what they were and from the number of the
 * play. The same key gives the same one, so a retry in the trace is still one.
 * Pure. */
#ifndef BROKER_REPLAY_AGAINST_REWRITE_H
#define BROKER_REPLAY_AGAINST_REWRITE_H

#include "broker/replay/against_ids.h"
#include "common/text_table.h"

/* Zeroed, but for |ids| and |play|, is ready. */
struct against_rewrite {
    struct against_ids *ids;   /* Borrowed. */
    uint64_t play;             /* The number of this play. */
    struct text_table secrets; /* Of files that the trace uploads. */
};

void against_rewrite_finish(struct against_rewrite *rewrite);

/* Notes what a command of the trace brings into the world by itself; in the
 * trace's order, before it is sent. */
void against_rewrite_note(struct against_rewrite *rewrite,
                          const struct wire *command);

/* Whether all ids of |command| are known. If not, |*kind| and |*id| are one
 * that is not. */
enum against_id against_rewrite_ready(const struct against_rewrite *rewrite,
                                      const struct wire *command,
                                      enum wire_id *kind, uint64_t *id);

/* Changes |command|, which is ready and as it was recorded. New bytes are in
 * |arena|. */
void against_rewrite_command(const struct against_rewrite *rewrite,
                             struct wire *command, struct arena *arena);

/* What a file's secret is in this play. */
struct slice against_rewrite_secret(const struct against_rewrite *rewrite,
                                    struct slice secret, struct arena *arena);

#endif
