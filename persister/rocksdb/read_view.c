/* read_view.c - a room as one user sees it in a list. */
#include <stdlib.h>

#include "persister/rocksdb/answers.h"
#include "persister/rocksdb/dead.h"

/* A list's answer is cut after so many bytes of texts: with the profiles it
 * must fit into one message. */
#define LIST_BYTES_MAX (LIMIT_WIRE_BYTES / 2)

/* The newest message that is not deleted; left absent if there is none. */
static enum err last_live(struct reading *reading, room_id room,
                          const struct wire_room_state *state,
                          struct wire_message *out) {
    uint64_t ordinal = state->ordinal;
    if (state->live_total == 0)
        return ERR_OK;
    enum err err = reading_message(reading, room, ordinal, out);
    if (err == ERR_OK && out->deleted) {
        err = dead_find_live(reading, room, state, state->live_total - 1,
                             &ordinal);
        if (err == ERR_OK)
            err = reading_message(reading, room, ordinal, out);
    }
    if (err == ERR_NOT_FOUND)
        return rocks_corrupt_row("message", reading->error);
    if (err == ERR_OK)
        out->read = answer_is_read(state, out);
    return err;
}

/* How many members there are, and who has the roles that a view names (of
 * several the one with the lowest id). */
static enum err look_at_members(struct reading *reading, room_id room,
                                struct wire_view *view) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_range(KEY_MEMBER, room.value);
    struct key end = key_range(KEY_MEMBER, room.value + 1);
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &key, &value)) == ERR_OK) {
        struct wire_member member;
        if (row_get_member(value, &member) != ERR_OK) {
            err = rocks_corrupt_row("member", reading->error);
            break;
        }
        view->members_count++;
        if (member.role == ROLE_CUSTOMER && view->customer.value == 0)
            view->customer = member.user;
        if (member.role == ROLE_EXECUTOR && view->executor.value == 0)
            view->executor = member.user;
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Nothing is unread to somebody who is no member. */
static enum err count_unread(struct reading *reading, room_id room,
                             user_id user, const struct standing *standing,
                             uint64_t *out) {
    struct wire_member member;
    enum err err =
        reading_member(reading, room, &standing->fresh, user, &member);
    *out = 0;
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    uint64_t known = member.own_total + member.seen;
    if (known < standing->state.live_total)
        *out = standing->state.live_total - known;
    return ERR_OK;
}

/* ERR_NOT_FOUND: no such room. |people|: everybody whom it names. */
static enum err fill_view(struct reading *reading, room_id room, user_id user,
                          struct wire_view *view, struct people *people) {
    struct standing standing;
    enum err err = reading_room(reading, room, &view->room);
    if (err == ERR_OK)
        err = reading_standing(reading, room, &standing);
    if (err == ERR_OK)
        err = look_at_members(reading, room, view);
    if (err == ERR_OK)
        err = count_unread(reading, room, user, &standing, &view->unread);
    if (err == ERR_OK)
        err = last_live(reading, room, &standing.state, &view->last);
    if (err != ERR_OK)
        return err;
    view->activity_us = standing.state.activity_us;
    people_add(people, reading->arena, view->customer);
    people_add(people, reading->arena, view->executor);
    people_add(people, reading->arena, view->last.author);
    return ERR_OK;
}

enum err read_view(struct reading *reading, const struct wire_read_view *ask,
                   struct wire_reply_view *out) {
    struct people people = {0};
    enum err err =
        fill_view(reading, ask->room, ask->user, &out->view, &people);
    if (err != ERR_OK)
        return err;
    people_settle(&people);
    return answer_profiles(reading, &people, &out->profiles,
                           &out->profiles_count);
}

/* --- The list ------------------------------------------------------------- */

struct listed {
    room_id room;
    int64_t activity_us;
};

static int by_activity(const void *left, const void *right) {
    const struct listed *a = left;
    const struct listed *b = right;
    if (a->activity_us != b->activity_us)
        return a->activity_us < b->activity_us ? 1 : -1;
    return (a->room.value < b->room.value) - (a->room.value > b->room.value);
}

/* The user's rooms with their latest activity, of struct listed. */
static enum err find_rooms(struct reading *reading, user_id user,
                           struct buf *rooms) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = key_range(KEY_USER_ROOM, user.value);
    struct key end = key_range(KEY_USER_ROOM, user.value + 1);
    enum err err;
    scan_open(&scan, reading, &first, &end);
    while ((err = scan_next(&scan, reading, &key, &value)) == ERR_OK) {
        struct listed listed = {.room = {key_last_number(key)}};
        struct wire_room_state state;
        err = reading_state(reading, listed.room, &state);
        if (err == ERR_NOT_FOUND)
            err = rocks_corrupt_row("room state", reading->error);
        if (err != ERR_OK)
            break;
        listed.activity_us = state.activity_us;
        buf_append(rooms, &listed, sizeof listed);
    }
    scan_close(&scan);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static uint64_t view_bytes(const struct wire_view *view) {
    return view->room.key.size + view->room.title.size + view->last.text.size;
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
        enum err err = fill_view(reading, rooms[i].room, user, view, &people);
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
    enum err err = find_rooms(reading, ask->user, &rooms);
    if (err == ERR_OK) {
        uint64_t total = rooms.size / sizeof(struct listed);
        uint64_t skip = ask->skip < total ? ask->skip : total;
        uint64_t count = total - skip < ask->limit ? total - skip : ask->limit;
        struct listed *listed = (struct listed *)rooms.data;
        if (total > 1)
            qsort(listed, total, sizeof *listed, by_activity);
        out->total = total;
        err = fill_list(reading, ask->user, listed ? listed + skip : NULL,
                        count, out);
    }
    buf_finish(&rooms);
    return err;
}
