/* profile.h - a profile that owns its texts. */
#ifndef BROKER_CORE_PROFILE_H
#define BROKER_CORE_PROFILE_H

#include "common/wire/wire.h"

/* Zeroed is empty. */
struct profile {
    struct wire_profile value; /* Borrows from |texts|. */
    char *texts;
};

void profile_set(struct profile *profile, const struct wire_profile *value);
void profile_finish(struct profile *profile);

/* The texts of a profile, for walking through them. */
#define PROFILE_TEXTS 7u
struct slice *profile_text(struct wire_profile *profile, uint32_t index);
struct slice profile_text_of(const struct wire_profile *profile,
                             uint32_t index);

bool profile_equal(const struct wire_profile *a, const struct wire_profile *b);

/* |old| with what the claims of a token say; not from the directory. */
struct wire_profile profile_with_claims(const struct wire_profile *old,
                                        const struct wire_profile *claims);

/* Whether anything but the user's id is known. */
bool profile_is_empty(const struct wire_profile *profile);

#endif
