/* recount.c - see recount.h. */
#include "tests/lib/recount.h"

static void add(struct recount *recount, user_id user) {
    for (uint32_t i = 0; i < recount->members_count; i++)
        if (recount->members[i].value == user.value)
            return;
    INVARIANT(recount->members_count < RECOUNT_MEMBERS_MAX);
    recount->members[recount->members_count++] = user;
}

static void take_out(struct recount *recount, user_id user) {
    for (uint32_t i = 0; i < recount->members_count; i++)
        if (recount->members[i].value == user.value) {
            recount->members[i] = recount->members[--recount->members_count];
            return;
        }
    INVARIANT(!"who was no member was removed");
}

/* The events up to the place are events[0] .. events[place - 2]. */
static uint32_t events_of(const struct recount *recount) {
    INVARIANT(recount->place >= 1 &&
              recount->place <= recount->room->events_count + 1);
    return (uint32_t)(recount->place - 1);
}

struct recount recount_at(const struct model_room *room, uint64_t place) {
    struct recount recount = {.room = room, .place = place};
    for (uint32_t i = 0; i < room->first_members_count; i++)
        add(&recount, room->first_members[i]);
    for (uint32_t i = 0; i < events_of(&recount); i++) {
        if (room->events[i].kind == EVENT_MEMBER_PUT)
            add(&recount, room->events[i].member);
        else if (room->events[i].kind == EVENT_MEMBER_REMOVED)
            take_out(&recount, room->events[i].member);
    }
    return recount;
}

/* Where the user's membership began: the events before are not theirs. */
static uint32_t first_event(const struct recount *recount, user_id user) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < events_of(recount); i++)
        if (recount->room->events[i].kind == EVENT_MEMBER_REMOVED &&
            recount->room->events[i].member.value == user.value)
            first = i + 1;
    return first;
}

static bool is_deleted(const struct recount *recount, message_id message) {
    for (uint32_t i = 0; i < events_of(recount); i++)
        if (recount->room->events[i].kind == EVENT_MESSAGE_DELETED &&
            recount->room->events[i].message.message.value == message.value)
            return true;
    return false;
}

uint64_t recount_unread(const struct recount *recount, user_id user) {
    const struct wire_event *events = recount->room->events;
    uint64_t mark = 0, unread = 0;
    for (uint32_t i = first_event(recount, user); i < events_of(recount); i++)
        if (events[i].kind == EVENT_MARK_MOVED &&
            events[i].actor.value == user.value)
            mark = events[i].mark;
    for (uint32_t i = 0; i < events_of(recount); i++)
        unread += events[i].kind == EVENT_MESSAGE_CREATED &&
                  events[i].place > mark &&
                  events[i].actor.value != user.value &&
                  !is_deleted(recount, events[i].message.message);
    return unread;
}

int64_t recount_read_us(const struct recount *recount,
                        const struct wire_message *message) {
    const struct wire_event *events = recount->room->events;
    int64_t read_us = 0;
    if (recount->members_count != 2)
        return 0;
    for (uint32_t i = 0; i < events_of(recount); i++) {
        const struct wire_event *event = &events[i];
        if (event->kind != EVENT_MARK_MOVED || event->mark < message->place ||
            event->actor.value == message->author.value ||
            i < first_event(recount, event->actor))
            continue;
        bool is_member = event->actor.value == recount->members[0].value ||
                         event->actor.value == recount->members[1].value;
        if (is_member && (read_us == 0 || event->at_us < read_us))
            read_us = event->at_us;
    }
    return read_us;
}
