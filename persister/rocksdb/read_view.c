/* read_view.c - a room as one user sees it in a list. */
#include "persister/rocksdb/answers.h"
#include "persister/rocksdb/dead.h"

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
    if (err != ERR_OK)
        return err;
    struct show show;
    show_begin(&show, reading, room, state);
    return show_message(&show, out);
}

/* How many members there are, who the other of two is, and who has the roles
 * that a view names (of several the one with the lowest id). */
static enum err look_at_members(struct reading *reading, room_id room,
                                user_id user, struct wire_view *view) {
    struct slice key, value;
    struct key first = key_range(KEY_MEMBER, room.value);
    bool is_member = false;
    user_id other = {0};
    enum err err = reading_seek(reading, &first, first.size, &key, &value);
    while (err == ERR_OK) {
        struct wire_member member;
        if (row_get_member(value, &member) != ERR_OK)
            return rocks_corrupt_row("member", reading->error);
        view->members_count++;
        if (member.user.value == user.value)
            is_member = true;
        else
            other = member.user;
        if (member.role == ROLE_CUSTOMER && view->customer.value == 0)
            view->customer = member.user;
        if (member.role == ROLE_EXECUTOR && view->executor.value == 0)
            view->executor = member.user;
        err = reading_step(reading, &first, first.size, &key, &value);
    }
    if (is_member && view->members_count == 2)
        view->other = other;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err answer_unread(struct reading *reading, room_id room, user_id user,
                       const struct standing *standing, uint64_t *out) {
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

enum err answer_fill_view(struct reading *reading, room_id room, user_id user,
                          struct wire_view *view, struct people *people) {
    struct standing standing;
    enum err err = reading_room(reading, room, &view->room);
    if (err == ERR_OK)
        err = reading_standing(reading, room, &standing);
    if (err == ERR_OK)
        err = look_at_members(reading, room, user, view);
    if (err == ERR_OK)
        err = answer_unread(reading, room, user, &standing, &view->unread);
    if (err == ERR_OK)
        err = last_live(reading, room, &standing.state, &view->last);
    if (err != ERR_OK)
        return err;
    view->activity_us = standing.state.activity_us;
    people_add(people, reading->arena, view->customer);
    people_add(people, reading->arena, view->executor);
    people_add(people, reading->arena, view->other);
    people_add(people, reading->arena, view->last.author);
    return ERR_OK;
}

enum err read_view(struct reading *reading, const struct wire_read_view *ask,
                   struct wire_reply_view *out) {
    struct people people = {0};
    enum err err =
        answer_fill_view(reading, ask->room, ask->user, &out->view, &people);
    if (err != ERR_OK)
        return err;
    people_settle(&people);
    return answer_profiles(reading, &people, &out->profiles,
                           &out->profiles_count);
}
