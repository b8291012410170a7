/* claim.c - see claim.h.
 *
 *   WANTED --claimed--> HELD --stale--> LOST
 *
 * A link that goes down changes nothing: the epoch is durable, and KEEP on the
 * next link either confirms it or says that it is stale. */
#include "broker/shard/claim.h"

#include <stdlib.h>

#include "common/process/log.h"
#include "common/wire/wire.h"

#define KEEP_EVERY_MS 1000u
#define ASK_EVERY_MS 500u

struct claim {
    struct link_client *link;
    uint64_t incarnation;
    enum claim_state state;
    uint64_t epoch;
    uint64_t next_ms; /* When to ask or to keep next. */
    bool told_held;   /* Said once that another broker holds them. */
};

static void send_wire(struct claim *claim, const struct wire *wire) {
    struct buf message = {0};
    wire_encode(wire, &message);
    if (!link_client_send(claim->link, buf_slice(&message)))
        log_debug("claim_not_sent");
    buf_finish(&message);
}

static void on_hello(void *payload, struct buf *out) {
    (void)payload;
    buf_append(out, "claim", 5);
}

static void on_up(void *payload, struct slice welcome) {
    struct claim *claim = payload;
    (void)welcome;
    log_info("persister_link_up");
    claim->next_ms = 0;
}

static void on_refused_claim(struct claim *claim, uint8_t refusal) {
    if (refusal == REFUSED_STALE) {
        claim->state = CLAIM_LOST;
    } else if (refusal == REFUSED_HELD) {
        if (!claim->told_held)
            log_warn("partitions_held_by_another_broker");
        claim->told_held = true;
    } else {
        log_warn("claim_refused",
                 LOG_TEXT("refusal", wire_refusal_name(refusal)));
    }
}

static void on_message(void *payload, struct slice message) {
    struct claim *claim = payload;
    struct arena arena = {0};
    struct wire wire;
    struct wire_error error;
    if (wire_decode(message, &arena, &wire, &error) != ERR_OK) {
        log_error("persister_sent_rubbish", LOG_TEXT("field", error.field),
                  LOG_TEXT("reason", error.reason));
        link_client_reset(claim->link, "a message that does not decode");
    } else if (wire.kind == WIRE_CLAIMED && claim->state == CLAIM_WANTED) {
        claim->state = CLAIM_HELD;
        claim->epoch = wire.as.claimed.epoch;
        log_info("partitions_claimed", LOG_UINT("epoch", claim->epoch));
    } else if (wire.kind == WIRE_REPLY_ERROR) {
        on_refused_claim(claim, wire.as.reply_error.refusal);
    }
    arena_finish(&arena);
}

static void on_down(void *payload, const char *reason) {
    (void)payload;
    log_warn("persister_link_down", LOG_TEXT("reason", reason));
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    log_debug("persister_link_refused", LOG_TEXT("reason", reason));
}

static const struct link_client_handler handler = {.hello = on_hello,
                                                   .up = on_up,
                                                   .message = on_message,
                                                   .down = on_down,
                                                   .refused = on_refused};

struct claim *claim_create(const char *persister, uint64_t incarnation) {
    struct claim *claim = mem_zalloc(sizeof *claim);
    struct link_client_config config = link_client_config_default();
    config.endpoint = persister;
    config.name = "broker";
    config.incarnation = incarnation;
    config.handler = &handler;
    config.payload = claim;
    claim->incarnation = incarnation;
    claim->link = link_client_create(&config);
    return claim;
}

void claim_destroy(struct claim *claim) {
    if (!claim)
        return;
    if (claim->state == CLAIM_HELD) {
        struct wire wire = {.kind = WIRE_RELEASE,
                            .as.release = {.epoch = claim->epoch}};
        send_wire(claim, &wire);
        link_client_flush(claim->link, claim->next_ms);
    }
    link_client_destroy(claim->link);
    free(claim);
}

/* Ask for the partitions, or say that their holder lives. */
static void speak(struct claim *claim, uint64_t now_ms) {
    struct wire ask = {.kind = WIRE_CLAIM,
                       .as.claim = {.instance = claim->incarnation}};
    struct wire keep = {.kind = WIRE_KEEP, .as.keep = {.epoch = claim->epoch}};
    bool held = claim->state == CLAIM_HELD;
    send_wire(claim, held ? &keep : &ask);
    claim->next_ms = now_ms + (held ? KEEP_EVERY_MS : ASK_EVERY_MS);
}

void claim_turn(struct claim *claim, uint64_t now_ms) {
    while (link_client_receive(claim->link, now_ms, 16))
        continue;
    link_client_tick(claim->link, now_ms);
    if (claim->state != CLAIM_LOST && link_client_is_up(claim->link) &&
        now_ms >= claim->next_ms)
        speak(claim, now_ms);
    link_client_flush(claim->link, now_ms);
}

uint64_t claim_due_ms(const struct claim *claim) {
    uint64_t due_ms = link_client_due_ms(claim->link);
    if (link_client_is_up(claim->link) && claim->next_ms < due_ms)
        due_ms = claim->next_ms;
    return due_ms;
}

struct link_client *claim_link(struct claim *claim) {
    return claim->link;
}

enum claim_state claim_state(const struct claim *claim) {
    return claim->state;
}

uint64_t claim_epoch(const struct claim *claim) {
    return claim->epoch;
}
