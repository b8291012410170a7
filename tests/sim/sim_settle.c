/* sim_settle.c - the end of a run: faults are over. All come back and ask
 * again for what they do not know; then nothing happens for 15 s; then they
 * ask what can be answered in one way only. */
#include <inttypes.h>

#include "gateway/feed.h"
#include "tests/sim/sim_crowd.h"

#define VIEWS_ASKED 6u
#define PRESENCES_ASKED 4u

/* By then gateways have asked what they still had to ask. */
#define SHOW_MS 3000u

static bool stays_away(const struct client *client) {
    return client->people->persons[client->person].stays_away;
}

void people_come_back(struct people *people, uint64_t now_ms) {
    people->now_ms = now_ms;
    people->phase = SETTLE_RETURN;
    for (uint32_t i = 0; i < people->clients_count; i++) {
        struct client *client = &people->clients[i];
        if (stays_away(client)) {
            for (uint32_t j = 0; j < client->queue_count; j++)
                people->requests[client->queue[j]].outcome = OUTCOME_REFUSED;
            client->queue_count = 0;
        }
    }
}

/* Nobody wants to be seen as offline any more. What gateways still had to ask
 * for people who have gone was asked before. */
static void show_all(struct people *people) {
    for (uint32_t i = 0; i < people->clients_count; i++) {
        struct client *client = &people->clients[i];
        if (stays_away(client))
            continue;
        struct request *request = ask_new(people, client, WIRE_PRESENCE_SET);
        struct wire command = {.kind = WIRE_PRESENCE_SET};
        command.as.presence_set.online = true;
        request->may_retry = true;
        ask_queue(people, client, request, &command);
    }
}

bool settle_is_back(const struct client *client) {
    if (stays_away(client))
        return client->connection == NULL;
    return client->connection && !client->is_stuck &&
           client->connection->state == CONNECTION_OPEN &&
           feed_is_in(client->connection);
}

static bool all_are_back(const struct people *people) {
    for (uint32_t i = 0; i < people->clients_count; i++)
        if (!settle_is_back(&people->clients[i]))
            return false;
    return true;
}

/* Asks again for what is unknown; true: there was something. */
static bool ask_unknown(struct people *people) {
    bool any = false;
    uint32_t count = people->requests_count;
    for (uint32_t i = people->again_from; i < count; i++) {
        const struct request *request = &people->requests[i];
        if (request->outcome != OUTCOME_UNKNOWN || !request->command.size ||
            people->persons[request->user - 1].stays_away)
            continue;
        uint32_t before = people->requests_count;
        ask_again(people, i);
        any = any || people->requests_count > before;
    }
    people->again_from = count;
    return any;
}

/* --- Questions ------------------------------------------------------------ */

static struct request *question(struct client *client, enum wire_kind kind,
                                struct wire *command) {
    *command = (struct wire){.kind = kind};
    return ask_new(client->people, client, kind);
}

static void ask_presences(struct client *client) {
    struct people *people = client->people;
    for (uint32_t i = 0; i < PRESENCES_ASKED; i++) {
        struct wire command;
        struct request *request = question(client, WIRE_PRESENCE_GET, &command);
        command.as.presence_get.user.value =
            1 + (client->index + i) % people->config.users;
        ask_queue(people, client, request, &command);
    }
}

static void ask_rooms(struct client *client) {
    struct people *people = client->people;
    for (uint32_t i = 0; i < VIEWS_ASKED && i < people->config.rooms; i++) {
        struct wire command;
        uint64_t room =
            people->slots[(i + client->index) % people->config.rooms].room;
        if (!room)
            continue;
        struct request *request = question(client, WIRE_ROOM_VIEW, &command);
        request->room = room;
        command.as.room_view.room.value = room;
        ask_queue(people, client, request, &command);
        if (i % 2)
            continue;
        request = question(client, WIRE_HISTORY, &command);
        request->room = room;
        request->query.by = QUERY_BY_ORDINAL;
        request->query.newest = true;
        request->query.deleted = i % 4 == 0;
        request->query.limit = 64;
        command.as.history.room.value = room;
        command.as.history.query = request->query;
        ask_queue(people, client, request, &command);
    }
}

static void ask_all(struct client *client) {
    struct people *people = client->people;
    struct wire command;
    struct request *request;
    if (client->is_questioned || stays_away(client))
        return;
    client->is_questioned = true;
    if (client->dialect == DIALECT_FEED) {
        request = question(client, WIRE_FEED, &command);
    } else {
        request = question(client, WIRE_LIST, &command);
        command.as.list.limit = LIMIT_LIST_ROOMS;
    }
    ask_queue(people, client, request, &command);
    for (int dialogs = 0; dialogs < 2; dialogs++) {
        request = question(client, WIRE_UNREAD, &command);
        request->dialogs = dialogs;
        command.as.unread.dialogs = dialogs;
        ask_queue(people, client, request, &command);
    }
    ask_rooms(client);
    ask_presences(client);
}

/* --- What the connections know -------------------------------------------- */

static bool share(const struct people *people, uint64_t room, uint64_t one,
                  uint64_t other) {
    return room && history_always_member(&people->history, room, one) &&
           history_always_member(&people->history, room, other);
}

uint64_t settle_share(const struct people *people, uint64_t one, uint64_t other,
                      uint64_t by) {
    for (uint32_t i = 0; i < people->config.rooms; i++) {
        uint64_t room = people->slots[i].room;
        if (share(people, room, one, other) &&
            history_made(&people->history, room) <= by)
            return room;
    }
    return 0;
}

/* What a connection was told last still holds. */
static void check_told_presence(struct people *people,
                                const struct client *client) {
    for (uint32_t user = 1; user <= people->config.users; user++) {
        bool online = !people->persons[user - 1].stays_away;
        if (client->presence[user] == 0 ||
            !share(people, client->presence_by[user], user, client->person + 1))
            continue;
        cover(people, COVER_checked_presence);
        if ((client->presence[user] == 2) != online)
            history_broken(&people->history, "I8",
                           "user %u was told last that user %u is %s, and "
                           "all is calm for long",
                           client->person + 1, user,
                           online ? "offline" : "online");
    }
}

static void check_client(struct people *people, struct client *client) {
    struct history *history = &people->history;
    check_told_presence(people, client);
    if (client->unread_told) {
        struct unread unread = {.user = client->person + 1,
                                .count = client->unread,
                                .dialogs = true,
                                .is_quiet = true};
        history_unread(history, &unread);
    }
    for (uint32_t i = 0; i < client->followings_count; i++) {
        const struct following *following = &client->followings[i];
        if (following->stream == UINT32_MAX || following->state != FOLLOW_ON)
            continue;
        cover(people, COVER_checked_caught_up);
        history->streams[following->stream].is_live = true;
    }
}

/* A feed has all rooms of which its user is a member, also those in which
 * nothing happened since, and knows what is unread in dialogs. */
void check_feeds(struct people *people) {
    struct history *history = &people->history;
    for (uint32_t i = 0; i < history->pasts_count; i++) {
        const struct past *past = &history->pasts[i];
        for (uint32_t j = 0; j < past->stored_members_count; j++) {
            uint64_t user = past->stored_members[j].user;
            const struct client *client =
                &people->clients[(user - 1) * CLIENTS_PER_USER + DIALECT_FEED];
            if (people->phase != SETTLE_DONE || !settle_is_back(client) ||
                stays_away(client))
                continue;
            cover(people, COVER_checked_feed_room);
            const struct feed_room *feed_room =
                feed_find(client->connection->feed, (room_id){past->room});
            struct unread unread = {
                .room = past->room, .user = user, .is_quiet = true};
            if (feed_room && past->stored_members_count == 2) {
                unread.count = feed_room->unread;
                history_unread(history, &unread);
            }
            if (!feed_room)
                history_broken(history, "3",
                               "all is quiet, user %" PRIu64
                               " is a member of room %" PRIu64
                               " and its feed does not have it",
                               user, past->room);
        }
    }
}

/* --- Phases --------------------------------------------------------------- */

static uint64_t calm_ms(const struct people *people) {
    uint64_t grace_ms = 0;
    for (uint32_t i = 0; i < people->config.gateways; i++)
        if (people->gateways[i] &&
            people->gateways[i]->config.grace_ms > grace_ms)
            grace_ms = people->gateways[i]->config.grace_ms;
    return CALM_MS + grace_ms;
}

void settle_turn(struct people *people) {
    bool is_idle = ask_is_idle(people) && people->calls_count == 0;
    switch (people->phase) {
    case SETTLE_NOT:
    case SETTLE_DONE:
        return;
    case SETTLE_RETURN:
        if (!all_are_back(people) || !is_idle || ask_unknown(people))
            return;
        people->phase = SETTLE_SHOW;
        people->calm_ms = people->now_ms;
        people->shown = false;
        return;
    case SETTLE_SHOW:
        if (people->now_ms < people->calm_ms + SHOW_MS)
            return;
        if (!people->shown)
            show_all(people);
        people->shown = true;
        if (!all_are_back(people) || !ask_is_idle(people))
            return;
        people->phase = SETTLE_CALM;
        people->calm_ms = people->now_ms;
        return;
    case SETTLE_CALM:
        if (!all_are_back(people) || !is_idle)
            people->phase = SETTLE_RETURN;
        else if (people->now_ms >= people->calm_ms + calm_ms(people))
            people->phase = SETTLE_ASK;
        return;
    case SETTLE_ASK:
        for (uint32_t i = 0; i < people->clients_count; i++)
            ask_all(&people->clients[i]);
        if (!ask_is_idle(people))
            return;
        for (uint32_t i = 0; i < people->clients_count; i++)
            if (people->clients[i].connection)
                check_client(people, &people->clients[i]);
        people->phase = SETTLE_DONE;
        return;
    }
}

bool people_is_settled(const struct people *people) {
    return people->phase == SETTLE_DONE || people->history.is_broken;
}
