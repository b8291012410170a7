/* sim_people.c - who there is, and their turns; see sim_people.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/process/log.h"
#include "tests/sim/sim_check.h"
#include "tests/sim/sim_crowd.h"

static const char *const cover_names[] = {
#define COVER_KIND(name, kind) "ok_" #name,
    COVER_KINDS(COVER_KIND)
#undef COVER_KIND
#define COVER_OTHER(name) #name,
        COVER_OTHERS(COVER_OTHER)
#undef COVER_OTHER
};

/* --- Rooms ---------------------------------------------------------------- */

static void add_first(struct slot *slot, uint64_t user, uint8_t role) {
    uint32_t at = slot->first_count++;
    while (at > 0 && slot->first[at - 1] > user) {
        slot->first[at] = slot->first[at - 1];
        slot->roles[at] = slot->roles[at - 1];
        at--;
    }
    slot->first[at] = user;
    slot->roles[at] = role;
}

static void init_pair(struct people *people, uint32_t index) {
    struct slot *slot = &people->slots[index];
    uint32_t users = people->config.users;
    uint64_t one = 1 + index / 4 % users, two = 1 + (index / 4 + 1) % users;
    slot->kind = index % 4 == 0 ? ROOM_DIRECT : ROOM_ORDER;
    add_first(slot, one < two ? one : two, ROLE_CUSTOMER);
    add_first(slot, one < two ? two : one, ROLE_EXECUTOR);
    if (slot->kind == ROOM_DIRECT)
        snprintf(slot->key, sizeof(slot->key), "%" PRIu64 "_%" PRIu64,
                 slot->first[0], slot->first[1]);
    else
        snprintf(slot->key, sizeof(slot->key), "%u", 100 + (unsigned)index);
}

static void init_group(struct people *people, uint32_t index) {
    struct slot *slot = &people->slots[index];
    struct random random = {people->config.seed + index};
    slot->kind = ROOM_PROJECT;
    slot->open = index % 4 == 3;
    snprintf(slot->key, sizeof(slot->key), "p%u", (unsigned)index);
    uint32_t percent = random_chance(&random, 30) ? 20 : 60;
    for (uint64_t user = 1; user <= people->config.users; user++)
        if (random_chance(&random, percent))
            add_first(slot, user,
                      random_chance(&random, 20) ? ROLE_MODERATOR : ROLE_NONE);
}

struct people *people_create(const struct people_config *config) {
    PRE(config->users >= 2 && config->users <= USERS_MAX);
    PRE(config->rooms >= 1 && config->rooms <= SLOTS_MAX);
    PRE(config->gateways >= 1 && config->gateways <= PEOPLE_GATEWAYS_MAX);
    struct people *people = mem_zalloc(sizeof(*people));
    people->config = *config;
    people->history.violated = config->violated;
    people->history.payload = config->payload;
    people->history.users_count = config->users;
    people->clients_count = config->users * CLIENTS_PER_USER;
    people->clients =
        mem_zalloc(people->clients_count * sizeof(*people->clients));
    for (uint32_t i = 0; i < config->users; i++) {
        people->persons[i].id = i + 1;
        people->persons[i].stays_away = i % 5 == 4;
    }
    for (uint32_t i = 0; i < people->clients_count; i++)
        client_init(people, i);
    for (uint32_t i = 0; i < config->rooms; i++) {
        if (i % 2 == 0)
            init_pair(people, i);
        else
            init_group(people, i);
    }
    for (uint32_t i = 0; i < COVER_COUNT; i++)
        people->cover[i].name = cover_names[i];
    return people;
}

void people_destroy(struct people *people) {
    if (!people)
        return;
    for (uint32_t i = 0; i < people->clients_count; i++)
        client_finish(&people->clients[i]);
    for (uint32_t i = 0; i < people->requests_count; i++)
        buf_finish(&people->requests[i].command);
    for (uint32_t i = 0; i < people->calls_count; i++)
        free(people->calls[i]);
    history_finish(&people->history);
    arena_finish(&people->arena);
    free(people->clients);
    free(people->requests);
    free(people->calls);
    free(people);
}

/* --- Gateways ------------------------------------------------------------- */

void people_gateway_up(struct people *people, uint32_t index,
                       struct gateway *gateway) {
    PRE(index < people->config.gateways && !people->gateways[index]);
    people->gateways[index] = gateway;
}

void people_gateway_down(struct people *people, uint32_t index) {
    if (!people->gateways[index])
        return;
    office_down(people, index);
    for (uint32_t i = 0; i < people->clients_count; i++) {
        struct client *client = &people->clients[i];
        if (client->connection && client->gateway == index)
            client_end(client);
    }
    people->gateways[index] = NULL;
}

void people_log(const struct client *client, const char *what,
                const struct wire *wire) {
    struct buf line = {0};
    if (!log_wanted(LOG_DEBUG))
        return;
    wire_print(wire, &line);
    buf_append(&line, "", 1);
    log_debug("client", LOG_TEXT("what", what),
              LOG_UINT("user", client ? client->person + 1 : 0),
              LOG_UINT("connection", client ? client->number : 0),
              LOG_UINT("gateway", client ? client->gateway : 0),
              LOG_TEXT("wire", line.data));
    buf_finish(&line);
}

/* --- Turns ---------------------------------------------------------------- */

/* Who asks is answered, or told that nobody knows, in a time that is bounded:
 * the gateway's patience for each request that stands before it. */
static void check_answers(struct people *people) {
    while (people->open_from < people->requests_count &&
           people->requests[people->open_from].outcome != OUTCOME_OPEN)
        people->open_from++;
    for (uint32_t i = people->open_from; i < people->requests_count; i++) {
        const struct request *request = &people->requests[i];
        if (!request->is_asked || request->outcome != OUTCOME_OPEN ||
            request->client == UINT32_MAX)
            continue;
        const struct client *client = &people->clients[request->client];
        const struct gateway *gateway = people->gateways[client->gateway];
        uint64_t patience_ms = gateway ? gateway->config.patience_ms : 0;
        uint64_t patiences = ANSWER_PATIENCES_MAX + client->open_count;
        if (patience_ms && !client->is_stuck &&
            people->now_ms > request->asked_ms + patiences * patience_ms)
            history_broken(&people->history, "answer",
                           "%s of user %" PRIu64 " waits for an answer since "
                           "%" PRIu64 " ms",
                           wire_kind_name(request->kind), request->user,
                           people->now_ms - request->asked_ms);
    }
}

void people_turn(struct people *people, uint32_t index, uint64_t now_ms) {
    struct gateway *gateway = people->gateways[index];
    if (now_ms > people->now_ms)
        people->now_ms = now_ms;
    if (!gateway || people->history.is_broken)
        return;
    for (uint32_t i = 0; i < people->clients_count; i++) {
        struct client *client = &people->clients[i];
        if (client->connection && client->gateway == index)
            client_turn(client);
        else if (!client->connection)
            client_try(client, index);
    }
    office_turn(people, index);
    check_bounds(people, gateway);
    check_answers(people);
    settle_turn(people);
}

uint64_t people_due_ms(const struct people *people, uint32_t index) {
    uint64_t due_ms = UINT64_MAX;
    if (!people->gateways[index] || people->history.is_broken)
        return due_ms;
    for (uint32_t i = 0; i < people->clients_count; i++) {
        const struct client *client = &people->clients[i];
        bool here = client->connection ? client->gateway == index
                                       : client_target(client) == index;
        uint64_t client_ms = here ? client_due_ms(client) : UINT64_MAX;
        if (client_ms < due_ms)
            due_ms = client_ms;
    }
    for (uint32_t i = 0; i < people->calls_count; i++)
        if (people->calls[i]->gateway == index && !people->calls[i]->call)
            due_ms = people->now_ms;
    return due_ms;
}

/* --- The end -------------------------------------------------------------- */

static void cover_checked(struct people *people) {
    const struct history *history = &people->history;
    struct people_cover *counts = people->cover;
    counts[COVER_checked_page].count = history->checked.pages;
    counts[COVER_checked_page_row].count = history->checked.page_rows;
    counts[COVER_checked_count].count = history->checked.counts;
    counts[COVER_checked_unread].count = history->checked.unreads;
    counts[COVER_checked_order].count = history->checked.orders;
    counts[COVER_checked_mark].count = history->checked.marks;
    counts[COVER_checked_hole_own].count = history->checked.holes_own;
    counts[COVER_checked_hole_deleted].count = history->checked.holes_deleted;
    counts[COVER_checked_hole_away].count = history->checked.holes_away;
    counts[COVER_checked_resumed_event].count = history->checked.resumed_events;
    counts[COVER_checked_repeated_sight].count =
        history->checked.repeated_sights;
}

void people_check_end(struct people *people, const struct store_ops *ops,
                      struct store *store) {
    if (!people->history.is_broken)
        stored_read(people, ops, store);
    if (!people->history.is_broken)
        check_feeds(people);
    if (!people->history.is_broken)
        check_all(&people->history);
    cover_checked(people);
}

struct people_stats people_stats(const struct people *people) {
    return people->stats;
}

const struct people_cover *people_coverage(const struct people *people,
                                           uint32_t *count) {
    *count = COVER_COUNT;
    return people->cover;
}

void people_explain(const struct people *people, struct buf *out) {
    char line[160];
    snprintf(line, sizeof(line), "phase %d, %u calls under way\n",
             (int)people->phase, (unsigned)people->calls_count);
    buf_append_slice(out, slice_of(line));
    for (uint32_t i = 0; i < people->clients_count; i++) {
        const struct client *client = &people->clients[i];
        if (settle_is_back(client) && client->queue_count == 0)
            continue;
        snprintf(line, sizeof(line),
                 "client %u of user %u: %s, state %d, %u to ask, %u open%s\n",
                 (unsigned)i, (unsigned)client->person + 1,
                 client->connection ? "connected" : "not connected",
                 client->connection ? (int)client->connection->state : -1,
                 (unsigned)client->queue_count, (unsigned)client->open_count,
                 client->is_stuck ? ", stuck" : "");
        buf_append_slice(out, slice_of(line));
    }
    for (uint32_t i = people->open_from; i < people->requests_count; i++) {
        const struct request *request = &people->requests[i];
        if (request->outcome != OUTCOME_OPEN)
            continue;
        snprintf(line, sizeof(line),
                 "%s number %" PRIu64 " of user %" PRIu64 " room %" PRIu64
                 "%s\n",
                 wire_kind_name(request->kind), request->id, request->user,
                 request->room, request->is_asked ? "" : ", not asked yet");
        buf_append_slice(out, slice_of(line));
    }
}

void people_clocks_apart(struct people *people) {
    people->history.clocks_apart = true;
}

void people_doubt(struct people *people, bool is_doubtful) {
    struct history *history = &people->history;
    history->seq++;
    if (is_doubtful && !history->doubtful_from)
        history->doubtful_from = history->seq;
    if (!is_doubtful && history->doubtful_from) {
        history->doubtful_from = 0;
        history->doubtful_until = history->seq;
    }
}
