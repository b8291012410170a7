/* sim_ask.c - requests: each is answered once, or its connection ends. What
 * was not answered may have happened; asking again with the same key does no
 * harm. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/process/log.h"
#include "tests/sim/sim_crowd.h"

struct request *ask_new(struct people *people, const struct client *client,
                        enum wire_kind kind) {
    uint64_t id = people->requests_count + 1;
    struct request *request =
        history_grow(&people->requests, &people->requests_count,
                     &people->requests_capacity, sizeof(*people->requests));
    request->id = id;
    request->kind = kind;
    request->client = client ? client->index : UINT32_MAX;
    request->user = client ? client->person + 1 : 0;
    request->slot = UINT32_MAX;
    request->number = UINT32_MAX;
    return request;
}

void ask_queue(struct people *people, struct client *client,
               struct request *request, struct wire *command) {
    dialect_set_user(command, (user_id){request->user});
    if (command->kind == WIRE_SEND)
        command->as.send.author.user.value = request->user;
    if (client->queue_count == CLIENT_QUEUE_MAX) {
        request->outcome = OUTCOME_REFUSED; /* It was never asked. */
        return;
    }
    command->correlation = request->id;
    wire_encode(command, &request->command);
    tell_says(people, request->user,
              client->connection ? client->gateway : TELL_NOWHERE, command);
    request->is_quiet = people->phase == SETTLE_ASK;
    client->queue[client->queue_count++] = (uint32_t)request->id - 1;
}

struct deed *ask_deed(struct people *people, const struct request *request) {
    struct history *history = &people->history;
    switch ((int)request->kind) {
    case WIRE_SEND:
        return &history->saids[request->number].deed;
    case WIRE_EDIT:
        return &history->edits[request->number].deed;
    case WIRE_DELETE:
        return &history_seen(history, request->message)->deletion;
    case WIRE_ROOM_DELETE:
        return &history_past(history, request->room)->deletion;
    case WIRE_JOIN:
    case WIRE_LEAVE:
    case WIRE_MEMBER_PUT:
    case WIRE_MEMBER_REMOVE:
        return &history_past(history, request->room)
                    ->memberships[request->number]
                    .deed;
    default:
        return NULL;
    }
}

void ask_begin(struct people *people, struct request *request) {
    struct history *history = &people->history;
    struct deed *deed = ask_deed(people, request);
    request->is_asked = true;
    request->asked_ms = people->now_ms;
    if (deed)
        deed_ask(history, deed);
    request->asked = ++history->seq;
    if (request->room) {
        const struct past *past = history_past(history, request->room);
        request->ordinal_min = past->last_ordinal;
        request->place_min = past->last_place;
    }
    people->stats.sent++;
}

/* Now and then in two pieces, as fragments of a message come. */
static void say(struct client *client, struct slice text) {
    if (!random_chance(&client->random, 10)) {
        connection_receive(client->connection, text, true, true, false);
        return;
    }
    struct slice begin = {text.data, text.size / 2};
    struct slice end = {text.data + begin.size, text.size - begin.size};
    connection_receive(client->connection, begin, true, false, false);
    connection_receive(client->connection, end, false, true, false);
}

static void log_request(struct client *client, const struct request *request) {
    struct arena arena = {0};
    struct wire command;
    if (log_wanted(LOG_DEBUG) && wire_decode(buf_slice(&request->command),
                                             &arena, &command, NULL) == ERR_OK)
        people_log(client, "asks", &command);
    arena_finish(&arena);
}

bool ask_may(const struct client *client) {
    uint32_t open_max = client->floods ? CLIENT_FLOOD_MAX : CLIENT_OPEN_MAX;
    return client->queue_count > 0 && client->open_count < open_max &&
           !client->is_paused;
}

void ask_some(struct client *client) {
    struct people *people = client->people;
    while (ask_may(client) && !client->is_stuck &&
           client->connection->state != CONNECTION_CLOSING) {
        uint32_t index = client->queue[0];
        client->queue_count--;
        memmove(client->queue, client->queue + 1,
                client->queue_count * sizeof(*client->queue));
        struct request *request = &people->requests[index];
        ask_begin(people, request);
        request->connection = client->number;
        client->open_count++;
        log_request(client, request);
        struct buf text = {0}; /* The answer may come at once. */
        buf_append_slice(&text, buf_slice(&request->command));
        say(client, buf_slice(&text));
        buf_finish(&text);
    }
    client->floods = client->floods && client->queue_count > 0;
}

/* A broker that was replaced says that a change is made when it remembers no
 * other; another one may have been made since. */
static void be_unsure(struct people *people, const struct request *request) {
    struct history *history = &people->history;
    if ((request->kind == WIRE_JOIN || request->kind == WIRE_LEAVE ||
         request->kind == WIRE_MEMBER_PUT ||
         request->kind == WIRE_MEMBER_REMOVE) &&
        history_is_doubtful(history, request->asked))
        history_past(history, request->room)
            ->memberships[request->number]
            .sure = false;
}

void ask_end(struct people *people, struct request *request,
             enum outcome outcome) {
    struct deed *deed = ask_deed(people, request);
    request->outcome = outcome;
    if (outcome == OUTCOME_OK)
        be_unsure(people, request);
    if (deed)
        deed_end(&people->history, deed, outcome);
    if (outcome == OUTCOME_OK)
        people->stats.acknowledged++;
    if (outcome == OUTCOME_REFUSED)
        people->stats.refused++;
    if (!request->may_retry || outcome == OUTCOME_OK)
        buf_finish(&request->command);
}

/* Whether a SEND was acknowledged meanwhile, by another try. */
static bool is_done(struct people *people, const struct request *request) {
    return request->kind == WIRE_SEND &&
           people->history.saids[request->number].deed.ok != NEVER;
}

void ask_again(struct people *people, uint32_t index) {
    struct request *old = &people->requests[index];
    if (!old->may_retry || !old->command.size || old->user == 0 ||
        is_done(people, old) ||
        (people->phase != SETTLE_NOT &&
         people->persons[old->user - 1].stays_away))
        return;
    uint32_t base = (uint32_t)(old->user - 1) * CLIENTS_PER_USER;
    struct random random = {old->id * 31 + people->config.seed};
    uint32_t which = base + random_below(&random, CLIENTS_PER_USER);
    if (!people->clients[which].connection)
        which = base + (which - base + 1) % CLIENTS_PER_USER;
    struct client *client = &people->clients[which];
    if (client->queue_count == CLIENT_QUEUE_MAX)
        return; /* Another time. */
    struct request *request = ask_new(people, client, old->kind);
    old = &people->requests[index];
    uint64_t id = request->id;
    *request = *old;
    request->id = id;
    request->client = client->index;
    request->outcome = OUTCOME_OPEN;
    request->is_asked = false;
    request->command = (struct buf){0};
    struct wire command;
    struct arena arena = {0};
    enum err err =
        wire_decode(buf_slice(&old->command), &arena, &command, NULL);
    INVARIANT(err == ERR_OK);
    if (command.kind == WIRE_SEND && command.as.send.request_key.size)
        command.as.send.retry = true;
    cover(people, COVER_retried);
    if (old->client != client->index ||
        (client->connection && old->connection != client->number))
        cover(people, COVER_retried_elsewhere);
    ask_queue(people, client, request, &command);
    buf_finish(&old->command);
    arena_finish(&arena);
}

void ask_lost(struct client *client) {
    struct people *people = client->people;
    uint32_t count = people->requests_count;
    for (uint32_t i = people->open_from; i < count; i++) {
        struct request *request = &people->requests[i];
        if (!request->is_asked || request->outcome != OUTCOME_OPEN ||
            request->client != client->index)
            continue;
        cover(people, COVER_lost_with_connection);
        ask_end(people, request, OUTCOME_UNKNOWN);
        if (request->may_retry && random_chance(&client->random, 80))
            ask_again(people, i);
    }
    client->open_count = 0;
}

bool ask_is_idle(const struct people *people) {
    for (uint32_t i = people->open_from; i < people->requests_count; i++)
        if (people->requests[i].outcome == OUTCOME_OPEN)
            return false;
    return true;
}
