/* claim.c - see claim.h. */
#include "persister/claim.h"

#include "common/err.h"

void claim_rule_init(struct claim_rule *rule, uint64_t epoch) {
    *rule = (struct claim_rule){.epoch = epoch};
}

enum claim_verdict claim_rule_ask(struct claim_rule *rule, uint64_t instance,
                                  uint64_t now_ms) {
    PRE(now_ms >= rule->heard_ms);
    bool alive = rule->held && now_ms - rule->heard_ms < CLAIM_SILENCE_MS;
    if (rule->held && rule->instance == instance) {
        /* It took the partitions and our answer got lost. */
        rule->heard_ms = now_ms;
        return CLAIM_VERDICT_SAME;
    }
    return alive ? CLAIM_VERDICT_HELD : CLAIM_VERDICT_TAKE;
}

void claim_rule_taken(struct claim_rule *rule, uint64_t epoch,
                      uint64_t instance, uint64_t now_ms) {
    PRE(epoch > rule->epoch);
    *rule = (struct claim_rule){
        .epoch = epoch, .held = true, .instance = instance, .heard_ms = now_ms};
}

bool claim_rule_heard(struct claim_rule *rule, uint64_t epoch,
                      uint64_t now_ms) {
    PRE(now_ms >= rule->heard_ms);
    if (epoch == 0 || epoch != rule->epoch)
        return false;
    rule->held = true;
    rule->heard_ms = now_ms;
    return true;
}

bool claim_rule_release(struct claim_rule *rule, uint64_t epoch) {
    if (epoch != rule->epoch)
        return false;
    rule->held = false;
    rule->instance = 0;
    return true;
}
