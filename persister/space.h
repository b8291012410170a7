/* space.h - whether the disk has room for more: below a share of free space
 * the persister takes no records, so that what is there stays writable
 * (compaction, the claim of the next broker) until somebody makes room. */
#ifndef PERSISTER_SPACE_H
#define PERSISTER_SPACE_H

#include "common/types.h"

/* The system is asked at most this often. */
#define SPACE_CHECK_MS 1000u

struct space {
    const char *path; /* Borrowed. */
    uint32_t min_free_percent;
    uint64_t next_check_ms;
    bool enough; /* As of the last check. */
};

/* Whether |available| of |total| (in any unit) is at least |percent|. A disk
 * of no size at all is one that does not tell; it has enough. Pure. */
bool space_is_enough(uint64_t available, uint64_t total, uint32_t percent);

void space_init(struct space *space, const char *path,
                uint32_t min_free_percent);

/* Whether there is enough now. A check that fails keeps the last answer. */
bool space_check(struct space *space, uint64_t now_ms);

#endif
