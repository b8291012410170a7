/* profile.h - a profile's copy in one piece of memory, since every connection
 * has one. Pure. */
#ifndef GATEWAY_PROFILE_H
#define GATEWAY_PROFILE_H

#include "common/wire/wire.h"

/* Free with free(). Never NULL. */
struct wire_profile *profile_copy(const struct wire_profile *profile);

#endif
