/* fuzz_upgrade.c - beginnings of connections from anywhere. A changed head
 * must be one that needs no change, lose nothing of the list, and grow by
 * little; every part of a head must be waited on or be what the whole is. */
#include <stdint.h>

#include "gateway/token.h"
#include "gateway/upgrade.h"

#define GROWTH_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const known[] = {"Bearer", "parlance"};
static const struct upgrade_rules rules = {
    .list_bytes_max = 20,
    .known = known,
    .known_count = 2,
    .carrier = "Sec-WebSocket-Draft",
};

static void check_changed(struct slice said, struct slice changed,
                          size_t taken) {
    struct buf again = {0};
    size_t again_taken = 0;
    INVARIANT(taken <= said.size && changed.size > 0);
    INVARIANT(changed.size <= taken + GROWTH_MAX);
    INVARIANT(upgrade_change(&rules, changed, &again, &again_taken) ==
              UPGRADE_AS_IT_IS);
    INVARIANT(again.size == 0);
    INVARIANT(changed.data[changed.size - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice said = {(const char *)data, size};
    struct buf changed = {0};
    size_t taken = 0;
    enum upgrade_verdict whole = upgrade_change(&rules, said, &changed, &taken);
    if (whole == UPGRADE_CHANGED)
        check_changed(said, buf_slice(&changed), taken);
    else
        INVARIANT(changed.size == 0);
    for (size_t i = 0; i < size && i < 4096; i++) {
        struct buf part_changed = {0};
        size_t part_taken = 0;
        enum upgrade_verdict part = upgrade_change(
            &rules, (struct slice){said.data, i}, &part_changed, &part_taken);
        INVARIANT(part == UPGRADE_PARTIAL || part == whole);
        INVARIANT(part != UPGRADE_CHANGED || part_taken == taken);
        buf_finish(&part_changed);
    }
    buf_finish(&changed);
    return 0;
}
