/* against_live.c - the sessions with the broker, and what it says there. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "broker/replay/against_play.h"
#include "common/clock.h"
#include "common/wire/hello.h"

static uint64_t draw(void) {
    uint64_t number = 0;
    while (number == 0)
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
            number = 0;
    return number;
}

/* A gateway that the recording knows is called by the recording's number; an
 * event that somebody else is behind, at a broker that has more to do than
 * this play, is theirs. False: not ours to hear. */
static bool make_like_recorded(struct against_play *play, struct wire *wire) {
    if (wire->kind != WIRE_EVENT || wire->as.event.origin_gateway == 0)
        return true;
    uint64_t number = (uintptr_t)table_find(&play->live_numbers,
                                            wire->as.event.origin_gateway);
    wire->as.event.origin_gateway = (uint32_t)number;
    return number != 0;
}

static bool is_answer(const struct against_step *step, const struct wire *wire,
                      uint32_t number) {
    if (wire_is_reply(wire->kind))
        return true;
    return step->command == WIRE_SEND &&
           wire->as.event.origin_gateway == number;
}

static void take_answer(struct against_gateway *gateway,
                        const struct wire *wire) {
    struct against_play *play = gateway->play;
    uint64_t correlation = wire->correlation;
    if (wire->kind == WIRE_EVENT)
        correlation = wire->as.event.origin_correlation;
    struct against_step *step = table_find(&gateway->steps, correlation);
    if (!step || step->state != AGAINST_UNDER_WAY ||
        !is_answer(step, wire, gateway->number))
        return;
    uint64_t now_us = monotonic_us();
    against_histogram_add(&play->totals->latencies[step->command],
                          now_us - step->sent_us);
    play->totals->answered++;
    play->last_answer_us = now_us;
    against_end_step(gateway, step, AGAINST_ANSWERED);
}

static void park(struct against_play *play, uint32_t gateway,
                 struct slice bytes) {
    struct against_parked *parked = mem_alloc(sizeof *parked + bytes.size);
    *parked = (struct against_parked){.gateway = gateway, .size = bytes.size};
    memcpy(parked->bytes, bytes.data, bytes.size);
    struct against_parked **end = &play->parked;
    while (*end)
        end = &(*end)->next;
    *end = parked;
}

static enum err say(struct against_play *play, uint32_t gateway,
                    const struct wire *wire, struct slice bytes) {
    struct against_name name;
    enum err err =
        against_name_of(wire, gateway, AGAINST_LIVE, &play->ids, &name);
    if (err == ERR_OK)
        against_say(play, &name, AGAINST_LIVE, (struct against_place){0},
                    bytes);
    return err;
}

static void on_message(void *payload, struct slice bytes) {
    struct against_gateway *gateway = payload;
    struct against_play *play = gateway->play;
    struct wire wire;
    struct wire_error why;
    arena_reset(&play->arena);
    play->progress_us = play->now_us;
    if (wire_decode(bytes, &play->arena, &wire, &why) != ERR_OK) {
        against_fail(play, "the broker's message does not decode: %s: %s",
                     why.message, why.reason);
        return;
    }
    if (!make_like_recorded(play, &wire)) {
        play->totals->foreign++;
        return;
    }
    /* The answer first: it is measured. */
    bool is_reply = wire_is_reply(wire.kind);
    if (is_reply || (wire.kind == WIRE_EVENT &&
                     wire.as.event.origin_gateway == gateway->number))
        take_answer(gateway, &wire);
    enum err err = say(play, gateway->number, &wire, bytes);
    if (err == ERR_BUSY)
        park(play, gateway->number, bytes);
    if (wire.kind == WIRE_PRESENCE_CHANGED)
        play->totals->presence[AGAINST_LIVE]++;
    else if (wire.kind == WIRE_TYPED)
        play->totals->typing[AGAINST_LIVE]++;
    else if (!is_reply)
        play->totals->heard[AGAINST_LIVE]++;
}

void against_unpark(struct against_play *play) {
    if (!play->parked || play->parked_learned == play->ids.learned)
        return;
    play->parked_learned = play->ids.learned;
    for (struct against_parked **at = &play->parked; *at;) {
        struct against_parked *parked = *at;
        struct slice bytes = {parked->bytes, parked->size};
        struct wire wire;
        arena_reset(&play->arena);
        enum err err = wire_decode(bytes, &play->arena, &wire, NULL);
        INVARIANT(err == ERR_OK); /* It was when it came. */
        if (say(play, parked->gateway, &wire, bytes) == ERR_BUSY) {
            at = &parked->next;
        } else {
            *at = parked->next;
            free(parked);
        }
    }
}

static void on_hello(void *payload, struct buf *out) {
    (void)payload;
    hello_gateway_encode(&(struct hello_gateway){draw()}, out);
}

static void on_up(void *payload, struct slice bytes) {
    struct against_gateway *gateway = payload;
    struct against_play *play = gateway->play;
    struct welcome_broker welcome;
    if (welcome_broker_decode(bytes, &welcome) != ERR_OK) {
        against_fail(play, "%s is no broker of this version",
                     play->options->endpoint);
        return;
    }
    gateway->is_up = true;
    gateway->live_number = welcome.gateway;
    gateway->commands_max = welcome.commands_max;
    table_put(&play->live_numbers, welcome.gateway,
              (void *)(uintptr_t)gateway->number);
    play->progress_us = play->now_us;
}

static void on_down(void *payload, const char *reason) {
    struct against_gateway *gateway = payload;
    gateway->is_up = false;
    against_fail(gateway->play,
                 "the broker ended the session of gateway %u: "
                 "%s",
                 gateway->number, reason);
}

static void on_refused(void *payload, const char *reason) {
    struct against_gateway *gateway = payload;
    struct against_play *play = gateway->play;
    snprintf(play->refused, sizeof play->refused, "%s", reason);
}

static const struct link_client_handler handler = {.hello = on_hello,
                                                   .up = on_up,
                                                   .message = on_message,
                                                   .down = on_down,
                                                   .refused = on_refused};

void against_connect(struct against_gateway *gateway) {
    struct against_play *play = gateway->play;
    struct link_client_config config = link_client_config_default();
    config.endpoint = play->options->endpoint;
    config.name = "replay";
    config.incarnation = draw();
    config.handler = &handler;
    config.payload = gateway;
    gateway->link = link_client_create(&config);
    gateway->connecting_ms = play->now_us / 1000;
    play->progress_us = play->now_us;
}

void against_disconnect(struct against_gateway *gateway) {
    link_client_destroy(gateway->link);
    gateway->link = NULL;
    gateway->is_up = false;
}
