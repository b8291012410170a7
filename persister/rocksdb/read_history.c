/* read_history.c - pages of a room's messages.
 *
 * Whatever a query asks by, it becomes a span of *ranks*: places among the
 * messages that count for it (the live ones, or with tombstones all of them).
 * dead.h turns ranks into ordinals and back, so that every page costs the
 * same; then the page is one forward scan. */
#include "persister/rocksdb/answers.h"
#include "persister/rocksdb/dead.h"

/* After so many tombstones in a row the scan jumps to the next live message
 * instead of reading on. */
#define TOMBSTONES_IN_ROW_MAX 256u

struct history {
    struct reading *reading;
    room_id room;
    struct wire_room_state state;
    const struct wire_query *query;
    bool tombstones; /* They count too: a rank is an ordinal less one. */
    bool newest;     /* Which end of the range the page is taken from. */
    uint64_t low;    /* Ordinals of the range: low < ordinal <= high. */
    uint64_t high;
};

/* How many messages that count have an ordinal up to |ordinal|. */
static enum err rank_after(const struct history *history, uint64_t ordinal,
                           uint64_t *rank) {
    *rank = ordinal;
    if (history->tombstones)
        return ERR_OK;
    return dead_live_up_to(history->reading, history->room, &history->state,
                           ordinal, rank);
}

static enum err ordinal_of(const struct history *history, uint64_t rank,
                           uint64_t *ordinal) {
    *ordinal = rank + 1;
    if (history->tombstones)
        return ERR_OK;
    return dead_find_live(history->reading, history->room, &history->state,
                          rank, ordinal);
}

/* The highest ordinal whose message has an id below |id|; ids grow with
 * ordinals. */
static enum err ordinal_below(const struct history *history, uint64_t id,
                              uint64_t *out) {
    struct spot spot;
    enum err err = reading_spot(history->reading, (message_id){id}, &spot);
    if (err == ERR_OK && spot.room.value == history->room.value) {
        *out = spot.ordinal - 1;
        return ERR_OK;
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND)
        return err;
    uint64_t low = 0;
    uint64_t high = history->state.ordinal;
    while (low < high) {
        uint64_t middle = low + (high - low + 1) / 2;
        struct wire_message message;
        err =
            reading_message(history->reading, history->room, middle, &message);
        if (err == ERR_NOT_FOUND)
            return rocks_corrupt_row("message", history->reading->error);
        if (err != ERR_OK)
            return err;
        if (message.message.value < id)
            low = middle;
        else
            high = middle - 1;
    }
    *out = low;
    return ERR_OK;
}

/* The range of ordinals that the query asks for. */
static enum err find_range(struct history *history) {
    const struct wire_query *query = history->query;
    uint64_t last = history->state.ordinal;
    enum err err = ERR_OK;
    history->high = last;
    if (query->by == QUERY_BY_RANK)
        return ERR_OK;
    if (query->by == QUERY_BY_MESSAGE) {
        if (query->after >= ID_MAX)
            history->low = last;
        else if (query->after)
            err = ordinal_below(history, query->after + 1, &history->low);
        if (err == ERR_OK && query->before)
            err = ordinal_below(history, query->before, &history->high);
    } else {
        history->low = query->after;
        if (query->before)
            history->high = query->before - 1;
    }
    if (history->high > last)
        history->high = last;
    if (history->low > history->high)
        history->low = history->high;
    return err;
}

/* Reads the messages of the ranks [first, first + count) into |messages|,
 * which has room for them; their number is |*found|. Stops early when a page
 * that is taken from the oldest end is full. */
static enum err collect(const struct history *history, uint64_t first,
                        uint32_t count, struct wire_message *messages,
                        uint32_t *found) {
    struct reading *reading = history->reading;
    struct scan scan = {0};
    struct key end = key_range(KEY_MESSAGE, history->room.value + 1);
    uint32_t skipped = TOMBSTONES_IN_ROW_MAX; /* So that it starts by a jump. */
    uint64_t bytes = 0;
    enum err err = ERR_OK;
    *found = 0;
    while (err == ERR_OK && *found < count) {
        struct slice key, value;
        if (skipped == TOMBSTONES_IN_ROW_MAX) {
            uint64_t ordinal;
            scan_close(&scan);
            err = ordinal_of(history, first + *found, &ordinal);
            if (err != ERR_OK)
                break;
            struct key from = key_message(history->room, ordinal);
            scan_open(&scan, reading, &from, &end);
            skipped = 0;
        }
        err = scan_next(&scan, reading, &key, &value);
        if (err != ERR_OK)
            break;
        struct wire_message *message = &messages[*found];
        if (row_get_message(arena_copy(reading->arena, value), reading->arena,
                            message) != ERR_OK) {
            err = rocks_corrupt_row("message", reading->error);
            break;
        }
        if (message->deleted && !history->tombstones) {
            skipped++;
            continue;
        }
        skipped = 0;
        bytes += message->text.size;
        if (!history->newest && *found > 0 && bytes > LIMIT_PAGE_BYTES)
            break;
        message->read = answer_is_read(&history->state, message);
        ++*found;
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? rocks_corrupt_row("message", reading->error)
                                : err;
}

/* A page that is taken from the newest end keeps its newest messages. */
static void trim_oldest(struct wire_message **messages, uint32_t *count) {
    uint64_t bytes = 0;
    uint32_t kept = 0;
    while (kept < *count) {
        bytes += (*messages)[*count - 1 - kept].text.size;
        if (kept > 0 && bytes > LIMIT_PAGE_BYTES)
            break;
        kept++;
    }
    *messages += *count - kept;
    *count = kept;
}

/* The answer's messages: at most |limit| of the ranks [first, last). */
static enum err take(const struct history *history, uint64_t first,
                     uint64_t last, struct wire_reply_page *out) {
    uint64_t wanted = history->query->limit;
    uint64_t count = last - first < wanted ? last - first : wanted;
    uint32_t found = 0;
    struct wire_message *messages =
        arena_alloc(history->reading->arena, count * sizeof *messages);
    enum err err = collect(history, history->newest ? last - count : first,
                           (uint32_t)count, messages, &found);
    if (err != ERR_OK)
        return err;
    if (history->newest)
        trim_oldest(&messages, &found);
    out->messages = found ? messages : NULL;
    out->messages_count = found;
    out->has_more = found < last - first;
    if (!out->has_more)
        out->next_ordinal = history->newest ? history->low + 1 : history->high;
    else if (found)
        out->next_ordinal = messages[history->newest ? 0 : found - 1].ordinal;
    return ERR_OK;
}

static enum err join_profiles(struct reading *reading,
                              struct wire_reply_page *out) {
    struct people people = {0};
    for (uint32_t i = 0; i < out->messages_count; i++)
        people_add(&people, reading->arena, out->messages[i].author);
    people_settle(&people);
    return answer_profiles(reading, &people, &out->profiles,
                           &out->profiles_count);
}

enum err read_history(struct reading *reading,
                      const struct wire_read_history *ask,
                      struct wire_reply_page *out) {
    const struct wire_query *query = &ask->query;
    bool by_rank = query->by == QUERY_BY_RANK;
    struct history history = {.reading = reading,
                              .room = ask->room,
                              .query = query,
                              .tombstones = query->deleted && !by_rank,
                              .newest = query->newest || by_rank};
    uint64_t first, last;
    enum err err = reading_state(reading, ask->room, &history.state);
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    if (err == ERR_OK)
        err = find_range(&history);
    if (err == ERR_OK)
        err = rank_after(&history, history.low, &first);
    if (err == ERR_OK)
        err = rank_after(&history, history.high, &last);
    if (err != ERR_OK)
        return err;
    if (by_rank)
        last -= query->skip < last ? query->skip : last;
    out->live_total = history.state.live_total;
    err = take(&history, first, last, out);
    return err == ERR_OK ? join_profiles(reading, out) : err;
}
