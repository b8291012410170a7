/* memory_history.c - pages of messages: first all that the query asks for,
 * then the part of them that the page shows. */
#include "persister/memory/memory.h"

/* What the range is given by. */
static uint64_t position(const struct wire_query *query,
                         const struct wire_message *message) {
    return query->by == QUERY_BY_MESSAGE ? message->message.value
                                         : message->ordinal;
}

static bool is_beyond(const struct wire_query *query,
                      const struct wire_message *message) {
    return query->by != QUERY_BY_RANK && query->before != 0 &&
           position(query, message) >= query->before;
}

static bool is_short(const struct wire_query *query,
                     const struct wire_message *message) {
    return query->by != QUERY_BY_RANK &&
           position(query, message) <= query->after;
}

static bool counts(const struct wire_query *query,
                   const struct wire_message *message) {
    return !message->deleted || (query->deleted && query->by != QUERY_BY_RANK);
}

/* All messages of the range that count, oldest first. The range begins at the
 * ordinal |*first| and ends with |*last|, which is one less when it is
 * empty. */
static void find_all(const struct memory_room *room,
                     const struct wire_query *query, struct buf *hits,
                     uint64_t *first, uint64_t *last) {
    const struct wire_message *list =
        (const struct wire_message *)room->messages.data;
    *first = 1;
    *last = 0;
    for (size_t i = 0; i < MEMORY_COUNT(room->messages, struct wire_message);
         i++) {
        if (is_beyond(query, &list[i]))
            break;
        *last = list[i].ordinal;
        if (is_short(query, &list[i]))
            *first = list[i].ordinal + 1;
        else if (counts(query, &list[i]))
            buf_append(hits, &list[i], sizeof list[i]);
    }
}

/* Fills the page from |hits|, |count| of them; the page may show |limit|. */
static void show(const struct memory_room *room,
                 const struct wire_message *hits, size_t count, size_t limit,
                 bool newest, struct arena *arena,
                 struct wire_reply_page *out) {
    size_t shown = 0;
    uint64_t bytes = 0;
    while (shown < limit && shown < count) {
        struct wire_message next =
            memory_shown(room, &hits[newest ? count - 1 - shown : shown]);
        bytes += memory_weight(&next);
        if (shown > 0 && bytes > LIMIT_PAGE_BYTES)
            break;
        shown++;
    }
    out->has_more = shown < count;
    out->messages_count = (uint32_t)shown;
    if (shown == 0)
        return;
    out->messages = arena_alloc(arena, shown * sizeof *out->messages);
    for (size_t i = 0; i < shown; i++)
        out->messages[i] =
            memory_shown(room, &hits[newest ? count - shown + i : i]);
}

void memory_history(const struct store *store,
                    const struct wire_read_history *ask, struct arena *arena,
                    struct wire_reply_page *out) {
    const struct wire_query *query = &ask->query;
    const struct memory_room *room = memory_room(store, ask->room);
    bool newest = query->newest || query->by == QUERY_BY_RANK;
    struct people people = {0};
    struct buf hits = {0};
    uint64_t first = 0;
    uint64_t last = 0;
    if (!room)
        return;
    find_all(room, query, &hits, &first, &last);
    size_t count = MEMORY_COUNT(hits, struct wire_message);
    if (query->by == QUERY_BY_RANK)
        count -= query->skip < count ? query->skip : count;
    show(room, (const struct wire_message *)hits.data, count, query->limit,
         newest, arena, out);
    buf_finish(&hits);
    out->live_total = room->state.live_total;
    if (!out->has_more)
        out->next_ordinal = newest ? first : last;
    else if (out->messages_count > 0)
        out->next_ordinal =
            out->messages[newest ? 0 : out->messages_count - 1].ordinal;
    for (uint32_t i = 0; i < out->messages_count; i++)
        people_add(&people, arena, out->messages[i].author);
    out->profiles =
        memory_profiles(store, &people, arena, &out->profiles_count);
}
