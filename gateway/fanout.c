/* A run is one span of the frame log. When the next frame does not follow on
 * (a new chunk, another room in between) the run is handed out at once. */
#include "gateway/fanout.h"

#include "gateway/connection.h"

void fanout_init(struct fanout *fanout) {
    *fanout = (struct fanout){0};
    list_init(&fanout->live);
}

void fanout_finish(struct fanout *fanout) {
    INVARIANT(list_is_empty(&fanout->live));
    frame_log_finish(&fanout->log);
    buf_finish(&fanout->text);
}

/* Hands one follower what it has not got of the run. */
static void take(const struct audience *audience, struct follower *follower) {
    uint32_t taken = follower->run == audience->serial ? follower->taken : 0;
    if (taken == audience->run.size)
        return;
    struct span rest = {audience->run.chunk, audience->run.offset + taken,
                        audience->run.size - taken};
    follower->run = audience->serial;
    follower->taken = audience->run.size;
    connection_push(follower->connection, &rest);
}

static void hand_out(struct audience *audience) {
    for (uint32_t i = 0; i < audience->count; i++)
        take(audience, &audience->followers[i]);
    span_drop(&audience->run);
    list_remove(&audience->live);
}

static bool is_live(const struct audience *audience) {
    return list_is_linked(&audience->live);
}

static void add(struct fanout *fanout, struct audience *audience,
                const struct span *frame) {
    if (is_live(audience) && span_goes_on(&audience->run, frame)) {
        audience->run.size += frame->size;
        return;
    }
    if (is_live(audience))
        hand_out(audience);
    audience->serial++;
    audience->run = *frame;
    span_hold(&audience->run);
    list_append(&fanout->live, &audience->live);
}

void fanout_event(struct fanout *fanout, struct room *room,
                  const struct frontend *const *dialects,
                  const struct frontend_config *config,
                  const struct wire_event *event, struct connection *except) {
    for (uint32_t i = 0; i < INTEREST_DIALECTS_MAX; i++) {
        struct audience *audience = room->audiences[i];
        if (!audience || audience->count == 0)
            continue;
        buf_clear(&fanout->text);
        const struct wire_room info = {.room = room->id};
        dialects[i]->broadcast(config, &info, event, &fanout->text);
        if (fanout->text.size == 0)
            continue;
        struct span frame = frame_log_append(&fanout->log, FRAME_TEXT,
                                             buf_slice(&fanout->text));
        fanout->frames++;
        add(fanout, audience, &frame);
        if (!except || connection_dialect(except) != i)
            continue;
        struct follower *follower =
            interest_follower(room, connection_follows(except), i);
        if (follower) {
            follower->run = audience->serial;
            follower->taken = audience->run.size;
        }
    }
}

void fanout_settle(struct fanout *fanout, struct connection *connection) {
    if (list_is_empty(&fanout->live))
        return;
    uint32_t dialect = connection_dialect(connection);
    const struct follows *follows = connection_follows(connection);
    for (uint32_t i = 0; i < follows->count; i++) {
        const struct follow *follow = &follows->items[i];
        struct audience *audience = follow->room->audiences[dialect];
        if (is_live(audience))
            take(audience, &audience->followers[follow->index]);
    }
}

void fanout_joined(struct audience *audience, struct follower *follower) {
    follower->run = audience->serial;
    follower->taken = audience->run.size;
}

void fanout_flush(struct fanout *fanout) {
    while (!list_is_empty(&fanout->live))
        hand_out(LIST_OF(fanout->live.next, struct audience, live));
}
