/* read_brief.c - how a room stands, in a few numbers: from memory, or from its
 * rows. */
#include "persister/rocksdb/answers.h"

enum err answer_event_time(struct reading *reading, room_id room,
                           uint64_t place, uint64_t *ordinal, int64_t *at_us) {
    struct key key = key_event(room, place);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err == ERR_OK) {
        struct event_row event;
        if (row_get_event(row, &event) != ERR_OK)
            return rocks_corrupt_row("event", reading->error);
        *at_us = event.at_us;
        return ERR_OK;
    }
    if (err != ERR_NOT_FOUND)
        return err;
    /* Then a message was created there. */
    struct wire_message message;
    err = reading_message(reading, room, *ordinal, &message);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && message.place != place))
        return rocks_corrupt_row("event", reading->error);
    if (err != ERR_OK)
        return err;
    *at_us = message.created_us;
    --*ordinal;
    return ERR_OK;
}

/* The members of a room that has few. */
static enum err find_members(struct reading *reading, room_id room,
                             const struct fresh *fresh, struct brief *brief) {
    struct key first = key_range(KEY_MEMBER, room.value);
    struct slice key, value;
    uint32_t count = 0;
    enum err err = reading_seek(reading, &first, first.size, &key, &value);
    while (err == ERR_OK) {
        struct wire_member member;
        if (row_get_member(value, &member) != ERR_OK ||
            count == BRIEF_MEMBERS_MAX)
            return rocks_corrupt_row("member", reading->error);
        const struct fresh_author *author = fresh_find(fresh, member.user);
        if (author)
            member.own_total = author->own_total;
        brief->members[count++] =
            (struct brief_member){member.user, member.own_total + member.seen};
        err = reading_step(reading, &first, first.size, &key, &value);
    }
    if (err == ERR_NOT_FOUND && count != brief->members_count)
        return rocks_corrupt_row("member", reading->error);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err load(struct reading *reading, room_id room,
                     struct brief *brief) {
    struct wire_room info;
    struct standing standing;
    enum err err = reading_room(reading, room, &info);
    if (err == ERR_OK)
        err = reading_standing(reading, room, &standing);
    if (err != ERR_OK)
        return err;
    const struct wire_room_state *state = &standing.state;
    uint64_t ordinal = state->ordinal;
    *brief = (struct brief){.kind = info.kind,
                            .place = state->place,
                            .live_total = state->live_total,
                            .activity_us = state->activity_us,
                            .members_count = state->members_count};
    err = answer_event_time(reading, room, state->place, &ordinal,
                            &brief->last_us);
    if (err == ERR_OK && state->members_count <= BRIEF_MEMBERS_MAX)
        err = find_members(reading, room, &standing.fresh, brief);
    return err;
}

enum err answer_brief(struct reading *reading, room_id room,
                      struct brief *out) {
    struct briefs *briefs = &reading->store->briefs;
    if (briefs_find(briefs, room, reading->as_of, out))
        return ERR_OK;
    enum err err = load(reading, room, out);
    if (err == ERR_OK)
        briefs_learn(briefs, room, reading->as_of, out);
    return err;
}
