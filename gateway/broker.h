/* broker.h - this gateway's side of its link to the broker: the commands
 * under way, and what is said again after a new link. */
#ifndef GATEWAY_BROKER_H
#define GATEWAY_BROKER_H

#include "common/link/link_client.h"
#include "common/table.h"
#include "common/wire/wire.h"
#include "gateway/list.h"
#include "gateway/pending.h"

/* Unanswered commands at most, whatever the broker allows. */
#define BROKER_COMMANDS_MAX 4096u

/* Connections take on no new request while so many commands are queued. Each
 * has at most one command beside its SENDs, so this bounds the queue. */
#define BROKER_QUEUE_MAX 4096u

/* Packets taken from the link in one turn. */
#define BROKER_PACKETS_A_TURN 32u

struct gateway;

struct broker {
    struct gateway *gateway;
    struct link_client *link;
    struct table pending;  /* By correlation. */
    struct list control;   /* The gateway's own commands, queued; go first. */
    struct list queued;    /* The others, in order. */
    struct list sent;      /* In order. */
    struct list age;       /* Those with an owner, oldest first. */
    struct list forgotten; /* Sent, but their owner has lost patience. */
    uint32_t queued_count; /* Of |queued|. */
    uint32_t sent_count;   /* Of |sent| and |forgotten|. */
    uint32_t sent_max;     /* Of this session. */
    uint32_t number;       /* This gateway's, of this session. */
    uint64_t epoch;        /* The highest seen. */
    uint64_t incarnation;
    uint64_t correlation; /* Of the latest command. */
    uint64_t origin;      /* Counts SENDs, for their origin keys. */
    uint64_t down_ms;     /* Since when there is no link; 0: up. */
};

/* |endpoint| is copied. |incarnation| is random and not 0. */
void broker_init(struct broker *broker, struct gateway *gateway,
                 const char *endpoint, uint64_t incarnation);

/* Ends the link; the commands under way are forgotten. */
void broker_finish(struct broker *broker);

/* Receives and hands over what came. True: more may wait. */
bool broker_receive(struct broker *broker);

/* Sends what is queued; at the end of a turn. */
void broker_send(struct broker *broker);

/* Queues a command of |owner|. Fills in correlation, partition and, for a
 * SEND, origin_key. Never NULL; borrowed until it is answered. */
struct pending *broker_ask(struct broker *broker, struct wire *command,
                           struct slice memo, enum pending_owner owner,
                           void *of);

/* Takes |pending| out of all lists and the table; the caller owns it. */
void broker_take(struct broker *broker, struct pending *pending);

/* Frees a command that will get no answer. */
void broker_drop(struct broker *broker, struct pending *pending);

/* Its owner is gone: what was sent is waited for, a read that was not sent is
 * dropped, anything else is still sent. */
void broker_abandon(struct broker *broker, struct pending *pending);

/* Answers commands that were asked longer than |patience_ms| ago. */
void broker_expire(struct broker *broker, uint64_t patience_ms);

/* Whether connections should hold back new requests. */
static inline bool broker_is_full(const struct broker *broker) {
    return broker->queued_count >= BROKER_QUEUE_MAX;
}

/* How long the broker has been away; 0: it is there. */
uint64_t broker_away_ms(const struct broker *broker);

#endif
