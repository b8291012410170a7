/* read_count.c - how many live messages lie in a range of places.
 *
 * All of them: by rank, at the same price anywhere. Those of one author: by
 * reading the messages of the range, or, since a member's row says how many
 * they have in all, of the rest of the room if that is less. */
#include "persister/rocksdb/answers.h"
#include "persister/rocksdb/dead.h"

struct range {
    struct reading *reading;
    room_id room;
    struct wire_room_state state;
    struct fresh fresh;
    uint64_t low; /* low < ordinal <= high. */
    uint64_t high;
};

static enum err count_all(const struct range *range, uint64_t *out) {
    uint64_t below, up_to;
    enum err err = dead_live_up_to(range->reading, range->room, &range->state,
                                   range->low, &below);
    if (err == ERR_OK)
        err = dead_live_up_to(range->reading, range->room, &range->state,
                              range->high, &up_to);
    if (err != ERR_OK)
        return err;
    *out = up_to > below ? up_to - below : 0;
    return ERR_OK;
}

/* Reads the messages with low < ordinal <= high and adds the author's live
 * ones to |*count|. */
static enum err scan_author(const struct range *range, uint64_t low,
                            uint64_t high, user_id author, uint64_t *count) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_message(range->room, low + 1);
    struct key end = key_message(range->room, high + 1);
    enum err err;
    if (low >= high)
        return ERR_OK;
    scan_open(&scan, range->reading, &first, &end);
    while ((err = scan_next(&scan, range->reading, &key, &value)) == ERR_OK) {
        struct wire_message message;
        if (row_get_message(value, range->reading->arena, &message) != ERR_OK) {
            err = rocks_corrupt_row("message", range->reading->error);
            break;
        }
        if (!message.deleted && message.author.value == author.value)
            ++*count;
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err count_author(const struct range *range, user_id author,
                             uint64_t *out) {
    struct wire_member member;
    uint64_t inside = range->high - range->low;
    uint64_t outside = range->state.ordinal - inside;
    uint64_t rest = 0;
    enum err err = reading_member(range->reading, range->room, &range->fresh,
                                  author, &member);
    *out = 0;
    if (err == ERR_NOT_FOUND || (err == ERR_OK && inside <= outside))
        return scan_author(range, range->low, range->high, author, out);
    if (err == ERR_OK)
        err = scan_author(range, 0, range->low, author, &rest);
    if (err == ERR_OK)
        err = scan_author(range, range->high, range->state.ordinal, author,
                          &rest);
    if (err == ERR_OK && member.own_total > rest)
        *out = member.own_total - rest;
    return err;
}

static enum err find_range(struct range *range,
                           const struct wire_read_count *ask) {
    enum err err = answer_ordinal_at(range->reading, range->room, &range->state,
                                     ask->after_place, &range->low);
    range->high = range->state.ordinal;
    if (err == ERR_OK && ask->up_to_place != 0)
        err = answer_ordinal_at(range->reading, range->room, &range->state,
                                ask->up_to_place, &range->high);
    if (range->low > range->high)
        range->low = range->high;
    return err;
}

enum err read_count(struct reading *reading, const struct wire_read_count *ask,
                    struct wire_row_count *out) {
    struct range range = {.reading = reading, .room = ask->room};
    struct standing standing;
    uint64_t apart = 0;
    enum err err = reading_standing(reading, ask->room, &standing);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    range.state = standing.state;
    range.fresh = standing.fresh;
    err = find_range(&range, ask);
    if (err != ERR_OK)
        return err;
    if (ask->by.value != 0) {
        /* By one person, and not by that same person: by nobody. */
        return ask->by.value == ask->not_by.value
                   ? ERR_OK
                   : count_author(&range, ask->by, &out->count);
    }
    err = count_all(&range, &out->count);
    if (err == ERR_OK && ask->not_by.value != 0)
        err = count_author(&range, ask->not_by, &apart);
    out->count -= apart < out->count ? apart : out->count;
    return err;
}
