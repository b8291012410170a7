/* read_list.c - what a user sees across their rooms: the list, what is unread,
 * and where each room stands.
 *
 * All of them begin with a brief of each of the user's rooms (briefs.h), so a
 * user with a thousand rooms pays little for those that are not shown. */
#include <stdlib.h>

#include "persister/rocksdb/answers.h"

/* A list's answer is cut after so many bytes of texts: with the profiles it
 * must fit into one message. */
#define LIST_BYTES_MAX (LIMIT_WIRE_BYTES / 2)

struct listed {
    room_id room;
    struct brief brief;
};

static int by_activity(const void *left, const void *right) {
    const struct listed *a = left;
    const struct listed *b = right;
    if (a->brief.activity_us != b->brief.activity_us)
        return a->brief.activity_us < b->brief.activity_us ? 1 : -1;
    return (a->room.value < b->room.value) - (a->room.value > b->room.value);
}

/* The user's rooms, of struct listed: of |kind| if it is not 0, of exactly two
 * members if only dialogs count. */
static enum err find_rooms(struct reading *reading, user_id user, uint8_t kind,
                           bool dialogs, struct buf *rooms) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_range(KEY_USER_ROOM, user.value);
    struct key end = key_range(KEY_USER_ROOM, user.value + 1);
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &key, &value)) == ERR_OK) {
        struct listed listed = {.room = {key_last_number(key)}};
        err = answer_brief(reading, listed.room, &listed.brief);
        if (err == ERR_NOT_FOUND)
            err = rocks_corrupt_row("room", reading->error);
        if (err != ERR_OK)
            break;
        if ((!kind || listed.brief.kind == kind) &&
            (!dialogs || listed.brief.members_count == 2))
            buf_append(rooms, &listed, sizeof listed);
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static void sort(struct buf *rooms) {
    size_t count = rooms->size / sizeof(struct listed);
    if (count > 1)
        qsort(rooms->data, count, sizeof(struct listed), by_activity);
}

/* --- The list ------------------------------------------------------------- */

static uint64_t view_bytes(const struct wire_view *view) {
    return view->room.key.size + view->room.title.size +
           show_weight(&view->last);
}

static enum err fill_list(struct reading *reading, user_id user,
                          const struct listed *rooms, uint64_t count,
                          struct wire_reply_list *out) {
    struct people people = {0};
    uint64_t bytes = 0;
    out->views =
        count ? arena_alloc(reading->arena, count * sizeof *out->views) : NULL;
    for (uint64_t i = 0; i < count; i++) {
        struct people before = people;
        struct wire_view *view = &out->views[i];
        enum err err =
            answer_fill_view(reading, rooms[i].room, user, view, &people);
        if (err != ERR_OK)
            return err == ERR_NOT_FOUND
                       ? rocks_corrupt_row("room", reading->error)
                       : err;
        bytes += view_bytes(view);
        if (i > 0 && bytes > LIST_BYTES_MAX) {
            people = before;
            break;
        }
        out->views_count++;
    }
    people_settle(&people);
    return answer_profiles(reading, &people, &out->profiles,
                           &out->profiles_count);
}

enum err read_list(struct reading *reading, const struct wire_read_list *ask,
                   struct wire_reply_list *out) {
    struct buf rooms = {0};
    enum err err =
        find_rooms(reading, ask->user, ask->kind, ask->dialogs, &rooms);
    if (err == ERR_OK) {
        uint64_t total = rooms.size / sizeof(struct listed);
        uint64_t skip = ask->skip < total ? ask->skip : total;
        uint64_t count = total - skip < ask->limit ? total - skip : ask->limit;
        sort(&rooms);
        const struct listed *listed = (const struct listed *)rooms.data;
        out->total = total;
        err = fill_list(reading, ask->user, listed ? listed + skip : NULL,
                        count, out);
    }
    buf_finish(&rooms);
    return err;
}

/* --- What is unread ------------------------------------------------------- */

static enum err unread_of(struct reading *reading, const struct listed *listed,
                          user_id user, uint64_t *out) {
    if (listed->brief.members_count <= BRIEF_MEMBERS_MAX) {
        *out = brief_unread(&listed->brief, user);
        return ERR_OK;
    }
    struct standing standing;
    enum err err = reading_standing(reading, listed->room, &standing);
    if (err == ERR_NOT_FOUND)
        return rocks_corrupt_row("room state", reading->error);
    if (err != ERR_OK)
        return err;
    return answer_unread(reading, listed->room, user, &standing, out);
}

enum err read_unread(struct reading *reading,
                     const struct wire_read_unread *ask,
                     struct wire_row_count *out) {
    struct buf rooms = {0};
    enum err err = find_rooms(reading, ask->user, 0, ask->dialogs, &rooms);
    const struct listed *listed = (const struct listed *)rooms.data;
    uint64_t count = rooms.size / sizeof *listed;
    for (uint64_t i = 0; i < count && err == ERR_OK; i++) {
        uint64_t unread;
        err = unread_of(reading, &listed[i], ask->user, &unread);
        if (err == ERR_OK)
            out->count += unread > 0;
    }
    buf_finish(&rooms);
    return err;
}

/* --- The feed ------------------------------------------------------------- */

/* The last event before that time: back from the end, over those that are not
 * older. */
static enum err place_before(struct reading *reading,
                             const struct listed *listed, int64_t since_us,
                             uint64_t *place) {
    struct wire_room_state state;
    *place = listed->brief.place;
    if (listed->brief.last_us < since_us)
        return ERR_OK;
    enum err err = reading_state(reading, listed->room, &state);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND
                   ? rocks_corrupt_row("room state", reading->error)
                   : err;
    for (uint64_t ordinal = state.ordinal; *place > 0; --*place) {
        int64_t at_us;
        err =
            answer_event_time(reading, listed->room, *place, &ordinal, &at_us);
        if (err != ERR_OK || at_us < since_us)
            break;
    }
    return err;
}

static enum err fill_feed(struct reading *reading,
                          const struct wire_read_feed *ask,
                          const struct listed *listed,
                          struct wire_feed_room *out) {
    *out =
        (struct wire_feed_room){.room = listed->room,
                                .place = listed->brief.place,
                                .members_count = listed->brief.members_count};
    enum err err = unread_of(reading, listed, ask->user, &out->unread);
    if (err == ERR_OK)
        err = place_before(reading, listed, ask->since_us, &out->after_place);
    return err;
}

enum err read_feed(struct reading *reading, const struct wire_read_feed *ask,
                   struct wire_row_feed *out) {
    struct buf rooms = {0};
    enum err err = find_rooms(reading, ask->user, 0, false, &rooms);
    sort(&rooms);
    const struct listed *listed = (const struct listed *)rooms.data;
    uint64_t count = rooms.size / sizeof *listed;
    out->has_more = count > LIMIT_FEED_ROOMS;
    if (out->has_more)
        count = LIMIT_FEED_ROOMS;
    if (count)
        out->rooms = arena_alloc(reading->arena, count * sizeof *out->rooms);
    for (uint64_t i = 0; i < count && err == ERR_OK; i++)
        err = fill_feed(reading, ask, &listed[i], &out->rooms[i]);
    out->rooms_count = (uint32_t)count;
    buf_finish(&rooms);
    return err;
}
