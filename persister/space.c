/* space.c - see space.h. */
#include "persister/space.h"

#include <sys/statvfs.h>

bool space_is_enough(uint64_t available, uint64_t total, uint32_t percent) {
    /* Divided first: disks are large, and a hundredth more or less is no
     * matter. */
    return total == 0 || available >= total / 100 * percent;
}

void space_init(struct space *space, const char *path,
                uint32_t min_free_percent) {
    *space = (struct space){
        .path = path, .min_free_percent = min_free_percent, .enough = true};
}

bool space_check(struct space *space, uint64_t now_ms) {
    struct statvfs disk;
    if (now_ms < space->next_check_ms)
        return space->enough;
    space->next_check_ms = now_ms + SPACE_CHECK_MS;
    if (statvfs(space->path, &disk) == 0)
        space->enough = space_is_enough(disk.f_bavail, disk.f_blocks,
                                        space->min_free_percent);
    return space->enough;
}
