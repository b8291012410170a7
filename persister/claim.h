/* claim.h - who may write: the rule by which one broker holds the partitions.
 * Pure; time is an argument (milliseconds of any clock that does not go back).
 *
 * Safety is the epoch's: it is durable before it is told, and a batch of
 * another epoch is refused (batch.h). The three seconds of grace are only for
 * peace: without them two brokers under supervision would take the partitions
 * from each other for ever. After a start nobody holds: the broker that held
 * before proves itself by KEEP, ATTACH or APPEND of the epoch in force. */
#ifndef PERSISTER_CLAIM_H
#define PERSISTER_CLAIM_H

#include "common/types.h"

/* A holder that was not heard for so long may be replaced. */
#define CLAIM_SILENCE_MS 3000u

struct claim_rule {
    uint64_t epoch;    /* In force; 0: never claimed. */
    bool held;         /* Somebody proved to be the holder, and is not gone. */
    uint64_t instance; /* Of the holder; 0: not known. */
    uint64_t heard_ms; /* When the holder was heard last. */
};

enum claim_verdict {
    CLAIM_VERDICT_TAKE, /* Store epoch + 1, then claim_rule_taken(). */
    CLAIM_VERDICT_SAME, /* The holder asks again: tell the same epoch. */
    CLAIM_VERDICT_HELD, /* Refuse. */
};

void claim_rule_init(struct claim_rule *rule, uint64_t epoch);

/* A broker asks for the partitions. */
enum claim_verdict claim_rule_ask(struct claim_rule *rule, uint64_t instance,
                                  uint64_t now_ms);

/* Epoch |epoch| is on disk and is |instance|'s. */
void claim_rule_taken(struct claim_rule *rule, uint64_t epoch,
                      uint64_t instance, uint64_t now_ms);

/* Somebody speaks for |epoch|. False: it is not in force. */
bool claim_rule_heard(struct claim_rule *rule, uint64_t epoch, uint64_t now_ms);

/* The holder of |epoch| stops. False: the epoch is not in force. */
bool claim_rule_release(struct claim_rule *rule, uint64_t epoch);

#endif
