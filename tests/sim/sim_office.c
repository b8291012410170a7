/* sim_office.c - calls: what the application asks by its key, and what users
 * ask over HTTP. */
#include <stdlib.h>

#include "tests/sim/sim_crowd.h"

uint32_t office_any_gateway(const struct people *people, uint64_t choice) {
    uint32_t up = 0;
    for (uint32_t i = 0; i < people->config.gateways; i++)
        up += people->gateways[i] != NULL;
    if (up == 0)
        return UINT32_MAX;
    uint32_t left = (uint32_t)(choice % up);
    for (uint32_t i = 0;; i++)
        if (people->gateways[i] && left-- == 0)
            return i;
}

uint32_t office_slot(const struct people *people, uint8_t kind,
                     struct slice key) {
    for (uint32_t i = 0; i < people->config.rooms; i++)
        if (people->slots[i].kind == kind &&
            slice_equal(slice_of(people->slots[i].key), key))
            return i;
    return UINT32_MAX;
}

void office_learn(struct people *people, uint32_t index, uint64_t room) {
    struct slot *slot = &people->slots[index];
    history_room(&people->history, room, slot->first, slot->first_count);
    if (history_past(&people->history, room)->deletion.ok == NEVER)
        slot->room = room;
}

void office_forget(struct people *people, uint64_t room) {
    for (uint32_t i = 0; i < people->config.rooms; i++)
        if (people->slots[i].room == room)
            people->slots[i].room = 0;
}

static bool is_first(const struct slot *slot, uint64_t user) {
    for (uint32_t i = 0; i < slot->first_count; i++)
        if (slot->first[i] == user)
            return true;
    return false;
}

bool office_may_share(const struct people *people, uint64_t one,
                      uint64_t other) {
    for (uint32_t i = 0; i < people->config.rooms; i++)
        if (is_first(&people->slots[i], one) &&
            is_first(&people->slots[i], other))
            return true;
    return false;
}

/* --- Calls ---------------------------------------------------------------- */

void office_call(struct people *people, struct request *request,
                 struct wire *command, uint32_t gateway) {
    if (request->user)
        dialect_set_user(command, (user_id){request->user});
    if (command->kind == WIRE_SEND)
        command->as.send.author.user.value = request->user;
    if (gateway == UINT32_MAX) {
        request->outcome = OUTCOME_REFUSED; /* It was never asked. */
        return;
    }
    command->correlation = request->id;
    wire_encode(command, &request->command);
    tell_says(people, request->user, gateway, command);
    struct call *call = mem_zalloc(sizeof(*call));
    *call = (struct call){.people = people,
                          .gateway = gateway,
                          .request = (uint32_t)request->id - 1};
    struct call **place =
        history_grow(&people->calls, &people->calls_count,
                     &people->calls_capacity, sizeof(struct call *));
    *place = call;
}

static void done(void *payload, unsigned status, struct slice body,
                 const char *allow) {
    struct call *call = payload;
    struct people *people = call->people;
    struct request *request = &people->requests[call->request];
    struct arena arena = {0};
    struct wire reply;
    (void)allow;
    if (call->is_done) {
        history_broken(&people->history, "answer", "a call is answered twice");
        return;
    }
    call->is_done = true;
    call->call = NULL;
    if (status != 200) {
        cover(people, COVER_call_refused);
        ask_end(people, request, OUTCOME_REFUSED);
        return;
    }
    if (wire_decode(body, &arena, &reply, NULL) != ERR_OK ||
        reply.correlation != request->id)
        history_broken(&people->history, "answer",
                       "a call gets an answer that is not its own");
    else {
        people_log(NULL, "called", &reply);
        hear_answer(people, NULL, request, &reply);
    }
    arena_finish(&arena);
}

static void begin(struct people *people, struct call *call) {
    struct request *request = &people->requests[call->request];
    struct wire_profile self = {.user = {request->user},
                                .username = SLICE("u")};
    ask_begin(people, request);
    struct arena arena = {0};
    struct wire command;
    if (wire_decode(buf_slice(&request->command), &arena, &command, NULL) ==
        ERR_OK)
        people_log(NULL, "calls", &command);
    arena_finish(&arena);
    struct buf body = {0};
    buf_append_slice(&body, buf_slice(&request->command));
    struct call_request http = {
        .method = SLICE("POST"), .path = SLICE("/"), .body = buf_slice(&body)};
    call->call =
        api_call_begin(people->gateways[call->gateway], &people_calls,
                       request->user ? &self : NULL, &http, done, call);
    buf_finish(&body);
}

void office_turn(struct people *people, uint32_t gateway) {
    uint32_t count = people->calls_count;
    for (uint32_t i = 0; i < count; i++) {
        struct call *call = people->calls[i];
        if (call->gateway == gateway && !call->call && !call->is_done)
            begin(people, call);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < people->calls_count; i++) {
        if (people->calls[i]->is_done)
            free(people->calls[i]);
        else
            people->calls[kept++] = people->calls[i];
    }
    people->calls_count = kept;
}

void office_down(struct people *people, uint32_t gateway) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < people->calls_count; i++) {
        struct call *call = people->calls[i];
        struct request *request = &people->requests[call->request];
        if (call->gateway != gateway) {
            people->calls[kept++] = call;
            continue;
        }
        if (call->call) {
            api_call_cancel(call->call);
            ask_end(people, request, OUTCOME_UNKNOWN);
        } else if (!call->is_done) {
            request->outcome = OUTCOME_REFUSED; /* It was never asked. */
            buf_finish(&request->command);
        }
        free(call);
    }
    people->calls_count = kept;
}

/* --- Rooms ---------------------------------------------------------------- */

static struct request *about_slot(struct people *people, uint32_t slot,
                                  enum wire_kind kind) {
    struct request *request = ask_new(people, NULL, kind);
    request->slot = slot;
    return request;
}

void office_make(struct people *people, uint32_t index, uint32_t gateway) {
    const struct slot *slot = &people->slots[index];
    struct wire command = {0};
    struct wire_member members[USERS_MAX] = {{{0}, 0, 0, 0, 0, 0}};
    if (slot->kind == ROOM_ORDER) {
        command.kind = WIRE_REVIEW_PUT;
        command.as.review_put.review.key = slice_of(slot->key);
        command.as.review_put.review.status = SLICE("in_progress");
        command.as.review_put.review.customer.value = slot->first[0];
        command.as.review_put.review.executor.value = slot->first[1];
    } else {
        command.kind = WIRE_ROOM_CREATE;
        for (uint32_t i = 0; i < slot->first_count; i++) {
            members[i].user.value = slot->first[i];
            members[i].role = slot->roles[i];
        }
        command.as.room_create.kind = slot->kind;
        command.as.room_create.key = slice_of(slot->key);
        command.as.room_create.title = SLICE("title");
        command.as.room_create.open = slot->open;
        command.as.room_create.members = members;
        command.as.room_create.members_count = slot->first_count;
    }
    office_call(people, about_slot(people, index, command.kind), &command,
                gateway);
}
