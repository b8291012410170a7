/* against_compare.h - a recorded message laid beside the live one: what they
 * teach about ids, and where they differ. Led by the schema. Pure.
 *
 * Not compared: times (only whether there is one), the detail of a refusal (a
 * text for people), what a feed says of a time (after_place), and who is
 * online. */
#ifndef BROKER_REPLAY_AGAINST_COMPARE_H
#define BROKER_REPLAY_AGAINST_COMPARE_H

#include "broker/replay/against_rewrite.h"

struct against_compare {
    struct against_ids *ids;
    const struct against_rewrite *rewrite;
    struct arena *arena;
    /* A field differs: "reply_message.message.text". Texts are borrowed. */
    void (*differs)(void *payload, const char *path, struct slice recorded,
                    struct slice live);
    void *payload;
    char path[160]; /* The rest is private. */
    bool has_differed;
};

/* |live| has the trace's gateway number in |origin_gateway|. Returns whether
 * they are the same. */
bool against_compare_messages(struct against_compare *compare,
                              const struct wire *recorded,
                              const struct wire *live);

#endif
