/* memory_feed.c - what a user sees across their rooms: the list, what is
 * unread, and where each room stands. */
#include <stdlib.h>

#include "persister/memory/memory.h"

#define LIST_BYTES_MAX (LIMIT_WIRE_BYTES / 2)

static int by_activity(const void *left, const void *right) {
    const struct memory_room *a = *(const struct memory_room *const *)left;
    const struct memory_room *b = *(const struct memory_room *const *)right;
    if (a->state.activity_us != b->state.activity_us)
        return a->state.activity_us < b->state.activity_us ? 1 : -1;
    return a->room.room.value < b->room.room.value ? 1 : -1;
}

/* The user's rooms, latest activity first: of |kind| if it is not 0, of exactly
 * two members if only dialogs count. */
static const struct memory_room **rooms_of(const struct store *store,
                                           user_id user, uint8_t kind,
                                           bool dialogs, struct arena *arena,
                                           uint64_t *count) {
    const struct memory_room *rooms =
        (const struct memory_room *)store->rooms.data;
    size_t rooms_count = MEMORY_COUNT(store->rooms, struct memory_room);
    const struct memory_room **own =
        arena_alloc(arena, (rooms_count + 1) * sizeof *own);
    *count = 0;
    for (size_t i = 0; i < rooms_count; i++) {
        size_t members = MEMORY_COUNT(rooms[i].members, struct wire_member);
        if (!rooms[i].deleted && memory_member(&rooms[i], user) &&
            (!kind || rooms[i].room.kind == kind) && (!dialogs || members == 2))
            own[(*count)++] = &rooms[i];
    }
    if (*count > 1)
        qsort(own, *count, sizeof(own[0]), by_activity);
    return own;
}

void memory_list(const struct store *store, const struct wire_read_list *ask,
                 struct arena *arena, struct wire_reply_list *out) {
    const struct memory_room **own =
        rooms_of(store, ask->user, ask->kind, ask->dialogs, arena, &out->total);
    struct people people = {0};
    uint64_t bytes = 0;
    out->views = arena_alloc(arena, ask->limit * sizeof *out->views);
    for (uint64_t i = ask->skip;
         i < out->total && out->views_count < ask->limit; i++) {
        struct wire_view view = {0};
        memory_fill_view(own[i], ask->user, arena, &view);
        bytes += view.room.key.size + view.room.title.size +
                 memory_weight(&view.last);
        if (out->views_count > 0 && bytes > LIST_BYTES_MAX)
            break;
        memory_name_people(&view, arena, &people);
        out->views[out->views_count++] = view;
    }
    out->profiles =
        memory_profiles(store, &people, arena, &out->profiles_count);
}

void memory_unread(const struct store *store,
                   const struct wire_read_unread *ask, struct arena *arena,
                   struct wire_row_count *out) {
    uint64_t count;
    const struct memory_room **own =
        rooms_of(store, ask->user, 0, ask->dialogs, arena, &count);
    for (uint64_t i = 0; i < count; i++) {
        struct wire_view view = {0};
        memory_fill_view(own[i], ask->user, arena, &view);
        out->count += view.unread > 0;
    }
}

/* The last event before that time, from the end on back. */
static uint64_t place_before(const struct memory_room *room, int64_t since_us) {
    const struct memory_event *events =
        (const struct memory_event *)room->events.data;
    size_t count = MEMORY_COUNT(room->events, struct memory_event);
    while (count > 0 && events[count - 1].at_us >= since_us)
        count--;
    return count > 0 ? events[count - 1].place : 0;
}

void memory_feed(const struct store *store, const struct wire_read_feed *ask,
                 struct arena *arena, struct wire_row_feed *out) {
    uint64_t count;
    const struct memory_room **own =
        rooms_of(store, ask->user, 0, false, arena, &count);
    out->has_more = count > LIMIT_FEED_ROOMS;
    out->rooms_count = (uint32_t)(out->has_more ? LIMIT_FEED_ROOMS : count);
    out->rooms = arena_alloc(arena, (count + 1) * sizeof *out->rooms);
    for (uint32_t i = 0; i < out->rooms_count; i++) {
        struct wire_view view = {0};
        memory_fill_view(own[i], ask->user, arena, &view);
        out->rooms[i] = (struct wire_feed_room){
            .room = own[i]->room.room,
            .after_place = place_before(own[i], ask->since_us),
            .place = own[i]->state.place,
            .unread = view.unread,
            .members_count = view.members_count};
    }
}
