/* A run is one span of the frame log. When the next frame does not follow on
 * (a new chunk, another room in between) the run is handed out at once. */
#include "gateway/fanout.h"

#include "gateway/gateway.h"
#include "gateway/gateway_metrics.h"

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

/* Makes the text a frame of the run. */
static void give(struct fanout *fanout, struct audience *audience) {
    struct span frame =
        frame_log_append(&fanout->log, FRAME_TEXT, buf_slice(&fanout->text));
    fanout->frames++;
    add(fanout, audience, &frame);
}

/* |connection|, which had all of the run but the last frame, goes without. */
static void pass_over(const struct audience *audience, const struct room *room,
                      const struct connection *connection) {
    struct follower *follower = interest_follower(
        room, connection_follows(connection), connection_dialect(connection));
    if (follower) {
        follower->run = audience->serial;
        follower->taken = audience->run.size;
    }
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
        dialects[i]->broadcast(config, &room->info, event, &fanout->text);
        if (fanout->text.size == 0)
            continue;
        give(fanout, audience);
        if (except && connection_dialect(except) == i)
            pass_over(audience, room, except);
    }
}

/* The typist's connections of one dialect, before the frame or behind it. */
static void typist_goes_without(struct fanout *fanout, const struct room *room,
                                uint32_t dialect, const struct user *typist,
                                bool before) {
    if (!typist)
        return;
    for (struct list *at = typist->connections.next; at != &typist->connections;
         at = at->next) {
        struct connection *connection = LIST_OF(at, struct connection, of_user);
        if (connection_dialect(connection) != dialect)
            continue;
        if (before)
            fanout_settle(fanout, connection);
        else
            pass_over(room->audiences[dialect], room, connection);
    }
}

/* Who reads slowly loses what does not last first, long before the connection;
 * the same for them. */
static void slow_go_without(struct fanout *fanout, struct audience *audience,
                            bool before) {
    for (uint32_t i = 0; i < audience->count; i++) {
        struct follower *follower = &audience->followers[i];
        struct connection *connection = follower->connection;
        if (before && connection_is_slow(connection)) {
            connection->goes_without = true;
            fanout_settle(fanout, connection);
        } else if (!before && connection->goes_without) {
            connection->goes_without = false;
            follower->run = audience->serial;
            follower->taken = audience->run.size;
            metrics_add(connection->gateway->config.metrics,
                        METRIC_TYPING_DROPPED, 1);
        }
    }
}

void fanout_typed(struct fanout *fanout, struct room *room,
                  const struct frontend *const *dialects,
                  const struct frontend_config *config,
                  const struct wire_typed *typed, const struct user *typist) {
    for (uint32_t i = 0; i < INTEREST_DIALECTS_MAX; i++) {
        struct audience *audience = room->audiences[i];
        if (!audience || audience->count == 0 || !dialects[i]->typing)
            continue;
        buf_clear(&fanout->text);
        dialects[i]->typing(config, &room->info, typed, &fanout->text);
        if (fanout->text.size == 0)
            continue;
        typist_goes_without(fanout, room, i, typist, true);
        slow_go_without(fanout, audience, true);
        give(fanout, audience);
        slow_go_without(fanout, audience, false);
        typist_goes_without(fanout, room, i, typist, false);
    }
}

void fanout_typed_to(struct fanout *fanout, const struct room *room,
                     const struct frontend *const *dialects,
                     const struct frontend_config *config,
                     const struct wire_typed *typed,
                     struct connection *connection) {
    const struct frontend *dialect = dialects[connection_dialect(connection)];
    if (!dialect->typing || connection->user->id.value == typed->user.value)
        return;
    if (connection_is_slow(connection)) {
        metrics_add(connection->gateway->config.metrics, METRIC_TYPING_DROPPED,
                    1);
        return;
    }
    buf_clear(&fanout->text);
    dialect->typing(config, &room->info, typed, &fanout->text);
    if (fanout->text.size)
        connection_tell(connection, buf_slice(&fanout->text));
}

/* Hands |connection| its part of one run, if it follows that room. */
static void settle_run(const struct audience *audience,
                       const struct follows *follows, uint32_t dialect) {
    if (audience->room->audiences[dialect] != audience)
        return; /* Of another dialect. */
    struct follower *follower =
        interest_follower(audience->room, follows, dialect);
    if (follower)
        take(audience, follower);
}

void fanout_settle(struct fanout *fanout, struct connection *connection) {
    uint32_t dialect = connection_dialect(connection);
    const struct follows *follows = connection_follows(connection);
    /* Few runs for one who follows many rooms, or the other way round: as
     * many steps as there are of the fewer. */
    const struct list *at = fanout->live.next;
    for (uint32_t i = 0; i < follows->count && at != &fanout->live; i++) {
        const struct audience *audience = LIST_OF(at, struct audience, live);
        settle_run(audience, follows, dialect);
        at = at->next;
    }
    if (at == &fanout->live)
        return;
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
