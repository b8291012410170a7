/* dead.c - see dead.h. */
#include "persister/rocksdb/dead.h"

/* Positions in a bucket of |level|, as a shift. */
static uint32_t shift_of(uint32_t level) {
    return 8 * level;
}

/* The writer's count of a bucket: what this batch made of it, or the row. */
static enum err count_of(struct reading *reading, const struct key *key,
                         uint64_t *out) {
    const struct pending_row *row = pending_find(&reading->store->pending, key);
    struct slice value;
    *out = 0;
    if (row) {
        *out = row->as.dead;
        return ERR_OK;
    }
    enum err err = reading_get(reading, key, &value);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err != ERR_OK)
        return err;
    if (row_get_number(value, out) != ERR_OK)
        return rocks_corrupt_row("deleted count", reading->error);
    return ERR_OK;
}

enum err dead_add(struct reading *reading, room_id room, uint64_t ordinal) {
    PRE(ordinal != 0);
    for (uint32_t level = 0; level < DEAD_LEVELS; level++) {
        uint64_t bucket = (ordinal - 1) >> shift_of(level);
        struct key key = key_dead(room, level, bucket);
        uint64_t count;
        enum err err = count_of(reading, &key, &count);
        if (err != ERR_OK)
            return err;
        if (level == 0 && count != 0)
            return ERR_OK; /* Counted before. */
        pending_put(&reading->store->pending, PENDING_DEAD, room, &key)
            ->as.dead = count + 1;
    }
    return ERR_OK;
}

/* The buckets of one level, from |first| up to, not including, |end|. */
static void open_level(struct scan *scan, struct reading *reading, room_id room,
                       uint32_t level, uint64_t first, uint64_t end) {
    struct key from = key_dead(room, level, first);
    struct key to = key_dead(room, level, end);
    scan_open(scan, reading, &from, &to);
}

/* The next bucket of a level. ERR_NOT_FOUND: no more. */
static enum err next_bucket(struct scan *scan, struct reading *reading,
                            uint64_t *bucket, uint64_t *count) {
    struct slice key, value;
    enum err err = scan_next(scan, reading, &key, &value);
    if (err != ERR_OK)
        return err;
    *bucket = key_last_number(key);
    if (row_get_number(value, count) != ERR_OK)
        return rocks_corrupt_row("deleted count", reading->error);
    return ERR_OK;
}

/* Adds up the buckets of a level. */
static enum err sum_level(struct reading *reading, room_id room, uint32_t level,
                          uint64_t first, uint64_t end, uint64_t *sum) {
    struct scan scan = {0};
    uint64_t bucket, count;
    enum err err = ERR_OK;
    if (first == end)
        return ERR_OK;
    open_level(&scan, reading, room, level, first, end);
    while ((err = next_bucket(&scan, reading, &bucket, &count)) == ERR_OK)
        *sum += count;
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err dead_live_up_to(struct reading *reading, room_id room,
                         const struct wire_room_state *state, uint64_t ordinal,
                         uint64_t *out) {
    PRE(ordinal <= state->ordinal);
    uint64_t dead = 0;
    *out = ordinal;
    if (state->live_total == state->ordinal)
        return ERR_OK;
    if (ordinal == state->ordinal) {
        *out = state->live_total;
        return ERR_OK;
    }
    /* Whole buckets of the top level, then of the next one below, ... */
    uint64_t first = 0;
    for (uint32_t level = DEAD_LEVELS; level-- > 0;) {
        uint64_t end = ordinal >> shift_of(level);
        enum err err = sum_level(reading, room, level, first, end, &dead);
        if (err != ERR_OK)
            return err;
        first = end << 8;
    }
    if (dead > ordinal)
        return rocks_corrupt_row("deleted count", reading->error);
    *out = ordinal - dead;
    return ERR_OK;
}

/* Looks for the bucket of |level| that holds the live message of |*rank| when
 * the first position is that of bucket |*bucket|; |*rank| becomes the rank in
 * it. |*bare|: nothing was deleted in it. */
static enum err descend(struct reading *reading, room_id room, uint32_t level,
                        uint64_t end, uint64_t *bucket, uint64_t *rank,
                        bool *bare) {
    struct scan scan = {0};
    uint64_t here, dead;
    uint64_t size = UINT64_C(1) << shift_of(level);
    enum err err;
    *bare = true;
    open_level(&scan, reading, room, level, *bucket, end);
    while ((err = next_bucket(&scan, reading, &here, &dead)) == ERR_OK) {
        uint64_t live_before = (here - *bucket) << shift_of(level);
        if (*rank < live_before)
            break; /* In the buckets without rows before this one. */
        if (dead > size) {
            err = rocks_corrupt_row("deleted count", reading->error);
            break;
        }
        *rank -= live_before;
        *bucket = here;
        if (*rank < size - dead) {
            *bare = false;
            break;
        }
        *rank -= size - dead;
        *bucket = here + 1;
    }
    scan_close(&scan);
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    if (*bare) {
        *bucket += *rank >> shift_of(level);
        *rank &= size - 1;
    }
    return ERR_OK;
}

enum err dead_find_live(struct reading *reading, room_id room,
                        const struct wire_room_state *state, uint64_t rank,
                        uint64_t *ordinal) {
    if (rank >= state->live_total)
        return rocks_corrupt_row("deleted count", reading->error);
    uint64_t bucket = 0;
    uint64_t end = UINT64_C(1) << 56;
    bool bare = state->live_total == state->ordinal;
    uint32_t level = DEAD_LEVELS;
    while (level-- > 0 && !bare) {
        enum err err =
            descend(reading, room, level, end, &bucket, &rank, &bare);
        if (err != ERR_OK)
            return err;
        if (bare || level == 0) {
            rank += bucket << shift_of(level);
            break;
        }
        bucket <<= 8;
        end = bucket + 256;
    }
    /* From here on nothing is deleted: the rest of the rank is the rest of
     * the position. */
    *ordinal = rank + 1;
    if (*ordinal > state->ordinal)
        return rocks_corrupt_row("deleted count", reading->error);
    return ERR_OK;
}
