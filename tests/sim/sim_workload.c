/* sim_workload.c - what people want to do: few rooms and many hands, so that
 * things meet. Each action is made of its own choice alone, and of what is
 * known when it is made. */
#include <stdio.h>

#include "tests/sim/sim_crowd.h"

#define RECENT_MESSAGES 12u
#define FILLER_BYTES 600u

/* What an action is made of. */
struct action {
    struct people *people;
    struct random random;
    struct client *client;
    uint32_t slot;
    uint64_t room; /* 0: not known. */
    char text[FILLER_BYTES + 32];
    char key[32];
};

static uint32_t below(struct action *action, uint32_t count) {
    return random_below(&action->random, count);
}

static bool chance(struct action *action, uint32_t percent) {
    return random_chance(&action->random, percent);
}

static uint32_t gateway(struct action *action) {
    return office_any_gateway(action->people, random_next(&action->random));
}

/* Mostly one of the newest of the room. */
static uint64_t message(struct action *action, bool own) {
    const struct history *history = &action->people->history;
    uint32_t skip = below(action, chance(action, 80) ? 4 : RECENT_MESSAGES);
    uint64_t found = 0;
    for (uint32_t i = history->seens_count;
         i-- > 0 && i + 1024 > history->seens_count;) {
        const struct seen *seen = &history->seens[i];
        bool fits = (seen->author == action->client->person + 1) == own;
        if (seen->room != action->room || (!fits && skip % 8 != 7))
            continue;
        found = seen->message;
        if (skip-- == 0)
            break;
    }
    return found;
}

static struct request *ask(struct action *action, enum wire_kind kind,
                           struct wire *command) {
    struct request *request = ask_new(action->people, action->client, kind);
    *command = (struct wire){.kind = kind};
    request->room = action->room;
    return request;
}

static void queue(struct action *action, struct request *request,
                  struct wire *command) {
    ask_queue(action->people, action->client, request, command);
}

/* Half of them name the room by what the application calls it. */
static void name_room(struct action *action, room_id *room, uint8_t *kind,
                      struct slice *key) {
    const struct slot *slot = &action->people->slots[action->slot];
    if (action->room && chance(action, 60)) {
        room->value = action->room;
        return;
    }
    *kind = slot->kind;
    *key = slice_of(slot->key);
}

/* --- Messages ------------------------------------------------------------- */

static struct slice make_text(struct action *action, char letter,
                              uint32_t number) {
    uint32_t filler = chance(action, 10) ? below(action, FILLER_BYTES) : 0;
    int size = snprintf(action->text, sizeof(action->text), "%c%u ", letter,
                        (unsigned)number);
    memset(action->text + size, '.', filler);
    return (struct slice){action->text, (size_t)size + filler};
}

static void fill_send(struct action *action, struct request *request,
                      struct wire_send *send) {
    struct people *people = action->people;
    struct person *person = &people->persons[action->client->person];
    bool by_id =
        action->room != 0 &&
        (people->slots[action->slot].kind != ROOM_DIRECT || chance(action, 50));
    bool has_key = chance(action, 60);
    bool has_file = person->file && chance(action, 15);
    request->slot = action->slot;
    request->room = by_id ? action->room : 0;
    request->number =
        history_say(&people->history, action->client->person + 1,
                    by_id ? action->room : 0, has_key, has_file ? 1 : 0);
    send->text = make_text(action, 'm', request->number);
    if (by_id) {
        send->room.value = action->room;
    } else {
        send->kind = people->slots[action->slot].kind;
        send->key = slice_of(people->slots[action->slot].key);
    }
    int size = snprintf(action->key, sizeof(action->key), "k%u",
                        (unsigned)request->number);
    struct slice key = {action->key, (size_t)size};
    if (has_key)
        send->client_key = key;
    else if (chance(action, 50))
        send->request_key = key;
    request->may_retry = send->client_key.size || send->request_key.size;
    if (chance(action, 15))
        send->reply_to.value = message(action, chance(action, 50));
    if (chance(action, 10))
        send->lesson = 1 + below(action, 9);
    if (has_file) {
        send->files = &person->row;
        send->files_count = 1;
    }
    send->mail = chance(action, 10);
}

static void send(struct action *action) {
    struct people *people = action->people;
    struct wire command;
    struct request *request = ask(action, WIRE_SEND, &command);
    fill_send(action, request, &command.as.send);
    bool twice = command.as.send.client_key.size && chance(action, 8);
    if (chance(action, 8)) {
        request->client = UINT32_MAX;
        office_call(people, request, &command, gateway(action));
        request = &people->requests[request->id - 1];
    } else {
        queue(action, request, &command);
    }
    if (!twice)
        return;
    /* The same at the other connection of the user, at the same time. */
    uint32_t index = action->client->index ^ 1;
    struct client *other = &people->clients[index];
    uint32_t first = (uint32_t)request->id - 1;
    struct request *second = ask_new(people, other, WIRE_SEND);
    uint64_t id = second->id;
    *second = people->requests[first];
    second->id = id;
    second->client = index;
    second->outcome = OUTCOME_OPEN;
    second->command = (struct buf){0};
    cover(people, COVER_same_key_twice_at_once);
    ask_queue(people, other, second, &command);
}

static void burst(struct action *action) {
    uint32_t count = 2 + below(action, 5);
    for (uint32_t i = 0; i < count; i++) {
        struct wire command;
        struct request *request = ask(action, WIRE_SEND, &command);
        fill_send(action, request, &command.as.send);
        queue(action, request, &command);
    }
}

static void edit(struct action *action) {
    struct wire command;
    uint64_t id = message(action, true);
    if (!id)
        return;
    struct request *request = ask(action, WIRE_EDIT, &command);
    request->message = id;
    request->number =
        history_edit(&action->people->history, action->client->person + 1, id);
    command.as.edit.message.value = id;
    command.as.edit.text = make_text(action, 'e', request->number);
    queue(action, request, &command);
}

static void delete (struct action *action) {
    struct wire command;
    uint64_t id = message(action, chance(action, 85));
    if (!id)
        return;
    struct request *request = ask(action, WIRE_DELETE, &command);
    request->message = id;
    request->may_retry = true;
    command.as.delete.message.value = id;
    queue(action, request, &command);
}

static void mark(struct action *action) {
    struct wire command;
    uint64_t id = message(action, false);
    if (!id)
        return;
    struct request *request = ask(action, WIRE_MARK, &command);
    request->message = id;
    request->may_retry = true;
    command.as.mark.message.value = id;
    if (chance(action, 30))
        command.as.mark.room.value = action->room;
    queue(action, request, &command);
}

/* --- Looking -------------------------------------------------------------- */

static uint64_t near(struct action *action, uint64_t last) {
    return chance(action, 50) ? below(action, (uint32_t)last + 2)
                              : last + 1 - below(action, 5) % (last + 1);
}

static void history(struct action *action) {
    struct wire command;
    struct history *known = &action->people->history;
    if (!action->room)
        return;
    uint64_t last = history_past(known, action->room)->last_ordinal;
    struct request *request = ask(action, WIRE_HISTORY, &command);
    struct wire_query *query = &request->query;
    query->by = (uint8_t)(1 + below(action, QUERY_BY_LAST));
    query->limit =
        chance(action, 70) ? 1 + below(action, 8) : 1 + below(action, 60);
    if (chance(action, 10))
        query->limit = LIMIT_PAGE_MESSAGES;
    if (query->by == QUERY_BY_RANK) {
        query->newest = true;
        query->skip = chance(action, 40) ? 0 : near(action, last);
    } else {
        query->newest = chance(action, 50);
        query->deleted = chance(action, 50);
    }
    if (query->by == QUERY_BY_ORDINAL) {
        query->after = chance(action, 60) ? near(action, last) : 0;
        query->before = chance(action, 60) ? near(action, last) : 0;
    }
    if (query->by == QUERY_BY_MESSAGE) {
        query->after = chance(action, 50) ? message(action, false) : 0;
        query->before = chance(action, 50) ? message(action, true) : 0;
    }
    command.as.history.room.value = action->room;
    command.as.history.query = *query;
    queue(action, request, &command);
}

static void look(struct action *action) {
    struct wire command;
    struct request *request;
    switch (below(action, 5)) {
    case 0:
        request = ask(action, WIRE_LIST, &command);
        request->room = 0;
        request->dialogs = chance(action, 30);
        command.as.list.limit = 1 + below(action, LIMIT_LIST_ROOMS);
        command.as.list.skip = chance(action, 30) ? below(action, 3) : 0;
        command.as.list.dialogs = request->dialogs;
        break;
    case 1:
        request = ask(action, WIRE_UNREAD, &command);
        request->room = 0;
        command.as.unread.dialogs = chance(action, 50);
        break;
    case 2:
        request = ask(action, WIRE_FEED, &command);
        request->room = 0;
        break;
    case 3:
        if (!action->room)
            return;
        request = ask(action, WIRE_EVENTS, &command);
        command.as.events.room.value = action->room;
        command.as.events.after_place = below(action, 20);
        command.as.events.limit = 1 + below(action, 40);
        break;
    default:
        if (!action->room)
            return;
        request = ask(action, WIRE_ROOM_VIEW, &command);
        command.as.room_view.room.value = action->room;
        break;
    }
    queue(action, request, &command);
}

/* --- Being there ---------------------------------------------------------- */

static void typing(struct action *action) {
    struct wire command;
    struct request *request = ask(action, WIRE_TYPING, &command);
    name_room(action, &command.as.typing.room, &command.as.typing.kind,
              &command.as.typing.key);
    if (command.as.typing.room.value == 0)
        request->room = 0;
    queue(action, request, &command);
}

/* More at once than a gateway lets wait. */
static void flood(struct action *action) {
    uint32_t count = 70 + below(action, 60);
    action->client->floods = true;
    for (uint32_t i = 0; i < count; i++) {
        struct wire command;
        struct request *request = ask(action, WIRE_UNREAD, &command);
        request->room = 0;
        queue(action, request, &command);
    }
}

static void presence(struct action *action) {
    struct wire command;
    struct request *request;
    if (chance(action, 40)) {
        request = ask(action, WIRE_PRESENCE_SET, &command);
        command.as.presence_set.online = chance(action, 60);
    } else {
        request = ask(action, WIRE_PRESENCE_GET, &command);
        command.as.presence_get.user.value =
            1 + below(action, action->people->config.users);
    }
    request->room = 0;
    queue(action, request, &command);
}

static void join_or_leave(struct action *action) {
    struct people *people = action->people;
    struct wire command;
    if (!action->room)
        return;
    bool joins = chance(action, 60);
    struct request *request =
        ask(action, joins ? WIRE_JOIN : WIRE_LEAVE, &command);
    request->number = history_membership(&people->history, action->room,
                                         request->user, joins, joins);
    if (joins)
        command.as.join.room.value = action->room;
    else
        command.as.leave.room.value = action->room;
    queue(action, request, &command);
}

static void subscribe(struct action *action) {
    struct client *client =
        &action->people->clients[action->client->person * CLIENTS_PER_USER];
    const struct following *following;
    if (!action->room)
        return;
    following = follow_find(client, action->room);
    if (following && following->state == FOLLOW_ON && chance(action, 15))
        follow_left(client, action->room);
    else
        follow_want(client, action->room);
}

/* --- The application ------------------------------------------------------ */

static void member(struct action *action) {
    struct people *people = action->people;
    struct wire command = {0};
    uint64_t user = 1 + below(action, people->config.users);
    if (!action->room || people->slots[action->slot].kind == ROOM_DIRECT)
        return;
    bool puts = chance(action, 60);
    command.kind = puts ? WIRE_MEMBER_PUT : WIRE_MEMBER_REMOVE;
    struct request *request = ask_new(people, NULL, command.kind);
    request->room = action->room;
    request->about = user;
    request->number =
        history_membership(&people->history, action->room, user, puts, true);
    if (puts) {
        command.as.member_put.room.value = action->room;
        command.as.member_put.user.value = user;
        command.as.member_put.role =
            (uint8_t)(chance(action, 30) ? ROLE_MODERATOR : ROLE_NONE);
    } else {
        command.as.member_remove.room.value = action->room;
        command.as.member_remove.user.value = user;
    }
    office_call(people, request, &command, gateway(action));
}

static void patch_or_delete(struct action *action) {
    struct people *people = action->people;
    struct wire command = {0};
    if (!action->room) {
        office_make(people, action->slot, gateway(action));
        return;
    }
    uint32_t which = below(action, 10);
    command.kind = which < 5   ? WIRE_ROOM_GET
                   : which < 8 ? WIRE_ROOM_PATCH
                               : WIRE_ROOM_DELETE;
    struct request *request = ask_new(people, NULL, command.kind);
    request->room = action->room;
    request->slot = action->slot;
    if (command.kind == WIRE_ROOM_GET) {
        command.as.room_get.room.value = action->room;
    } else if (command.kind == WIRE_ROOM_PATCH) {
        command.as.room_patch.room.value = action->room;
        command.as.room_patch.has_title = true;
        command.as.room_patch.title =
            chance(action, 50) ? SLICE("one") : SLICE("other");
    } else {
        command.as.room_delete.room.value = action->room;
        request->slot = UINT32_MAX;
        people->slots[action->slot].room = 0;
    }
    office_call(people, request, &command, gateway(action));
}

static void directory(struct action *action) {
    struct people *people = action->people;
    struct wire command = {0};
    uint64_t user = 1 + below(action, people->config.users);
    uint32_t which = below(action, 6);
    command.kind = which < 2   ? WIRE_USER_PUT
                   : which < 5 ? WIRE_USER_GET
                               : WIRE_USER_KICK;
    struct request *request = ask_new(people, NULL, command.kind);
    if (command.kind == WIRE_USER_PUT) {
        command.as.user_put.profile.user.value = user;
        command.as.user_put.profile.username =
            chance(action, 50) ? SLICE("ann") : SLICE("bea");
    } else if (command.kind == WIRE_USER_GET) {
        command.as.user_get.user.value = user;
    } else {
        command.as.user_kick.user.value = user;
    }
    office_call(people, request, &command, gateway(action));
}

/* More calls at once than a gateway takes, once in a long while. */
static void rush(struct action *action) {
    struct people *people = action->people;
    uint32_t to = gateway(action);
    for (uint32_t i = 0; i < API_CALLS_MAX + 16; i++) {
        struct wire command = {.kind = WIRE_USER_GET};
        struct request *request = ask_new(people, NULL, WIRE_USER_GET);
        command.as.user_get.user.value = 1 + i % people->config.users;
        office_call(people, request, &command, to);
    }
}

/* An order's people are not changed. */
static void other_people(struct action *action) {
    struct people *people = action->people;
    const struct slot *slot = &people->slots[action->slot];
    struct wire command = {.kind = WIRE_REVIEW_PUT};
    if (slot->kind != ROOM_ORDER)
        return;
    struct request *request = ask_new(people, NULL, WIRE_REVIEW_PUT);
    command.as.review_put.review.key = slice_of(slot->key);
    command.as.review_put.review.status =
        chance(action, 50) ? SLICE("done") : SLICE("in_progress");
    command.as.review_put.review.customer.value = slot->first[1];
    command.as.review_put.review.executor.value = slot->first[0];
    request->slot = action->slot;
    office_call(people, request, &command, gateway(action));
}

static void seldom(struct action *action) {
    uint32_t which = below(action, 100);
    if (which < 60)
        other_people(action);
    else if (which < 97)
        flood(action);
    else
        rush(action);
}

/* --- Files ---------------------------------------------------------------- */

static void file(struct action *action) {
    struct people *people = action->people;
    const struct person *person = &people->persons[action->client->person];
    struct wire command;
    struct wire_file_name name = {.file = {person->file}};
    if (person->file == 0 || chance(action, 50)) {
        struct request *request = ask(action, WIRE_FILE_PUT, &command);
        request->room = 0;
        struct slice secret = {action->key, LIMIT_FILE_SECRET_BYTES};
        snprintf(action->key, sizeof(action->key), "%016llx",
                 (unsigned long long)random_next(&action->random));
        command.as.file_put.bytes = make_text(action, 'f', 0);
        command.as.file_put.last = true;
        command.as.file_put.secret = secret;
        command.as.file_put.name = SLICE("file");
        command.as.file_put.mime = SLICE("text/plain");
        queue(action, request, &command);
        return;
    }
    bool bytes = chance(action, 50);
    struct request *request =
        ask(action, bytes ? WIRE_FILE_BYTES : WIRE_FILES, &command);
    request->room = 0;
    if (bytes) {
        command.as.file_bytes.file.value = person->file;
    } else {
        command.as.files.names = &name;
        command.as.files.names_count = 1;
    }
    queue(action, request, &command);
}

/* --- Coming and going ----------------------------------------------------- */

static void come_or_go(struct action *action) {
    struct client *client = action->client;
    if (!client->connection)
        return;
    if (chance(action, 50)) {
        client_stall(client, 1 + below(action, 14000));
        tell_does(client, "does not read for a while");
    } else {
        tell_does(client, "hangs up");
        client->hangs_up = client->is_cut =
            true; /* The socket ends; noticed in its turn. */
        cover(action->people, COVER_hung_up);
    }
}

static const struct {
    uint32_t weight;
    void (*act)(struct action *action);
} verbs[] = {
    {26, send},         {4, burst},      {12, mark},
    {5, edit},          {4, delete},     {12, history},
    {9, look},          {5, typing},     {4, presence},
    {4, join_or_leave}, {10, subscribe}, {7, member},
    {2, directory},     {3, file},       {3, patch_or_delete},
    {6, come_or_go},    {1, seldom},
};

void people_act(struct people *people, uint64_t choice, uint64_t now_ms) {
    struct action action = {.people = people, .random = {choice}};
    uint32_t total = 0;
    people->now_ms = now_ms;
    people->stats.actions++;
    if (people->phase != SETTLE_NOT || people->history.is_broken)
        return;
    tell_begin(people);
    uint32_t user = below(&action, people->config.users);
    uint32_t which = below(&action, CLIENTS_PER_USER);
    action.client = &people->clients[user * CLIENTS_PER_USER + which];
    uint32_t slots = people->config.rooms;
    action.slot = below(&action, chance(&action, 60) ? (slots + 1) / 2 : slots);
    action.room = people->slots[action.slot].room;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        total += verbs[i].weight;
    uint32_t left = below(&action, total);
    size_t verb = 0;
    while (left >= verbs[verb].weight)
        left -= verbs[verb++].weight;
    if (!action.room && chance(&action, 30))
        office_make(people, action.slot, gateway(&action));
    verbs[verb].act(&action);
    tell_end(people);
}
