/* reads.h - what the store was asked and has not answered yet. */
#ifndef BROKER_CORE_READS_H
#define BROKER_CORE_READS_H

#include "broker/core/mailbox.h"
#include "common/table.h"

enum read_purpose {
    READ_LOAD,    /* |actor| wants its row. */
    READ_LOOKUP,  /* |waiting| wants to know before it runs. */
    READ_ROUTE,   /* Which room has the message that |waiting| names? */
    READ_PASS,    /* The answer is the reply to |gateway|. */
    READ_CATCH_UP /* |gateway| wants the events of |room|. */
};

struct read {
    enum read_purpose purpose;
    enum lookup_index lookup;
    uint32_t gateway;
    uint64_t correlation; /* READ_PASS: the asker's. */
    uint64_t floor;       /* READ_ROUTE: committed when asked. */
    room_id room;
    struct actor *actor;
    struct waiting *waiting; /* Owned with READ_ROUTE, else borrowed. */
    enum wire_kind answer;   /* The kind that is expected. */
};

struct reads {
    struct table by_correlation; /* to struct read */
    uint64_t last;               /* Correlation dealt last. */
};

/* Emits EFFECT_READ of |wire| (correlation and partition are set here) and
 * remembers |read|. Returns the correlation. */
uint64_t read_ask(struct core *core, const struct read *read,
                  uint32_t partition, struct wire *wire);

/* The answer to |wire| will be the reply to |command|; refuses it if too much
 * waits already. */
void read_pass(struct core *core, const struct command *command,
               uint32_t partition, struct wire *wire);

/* The same for a command that is stored and must not be refused. */
void read_pass_stored(struct core *core, uint32_t gateway, uint64_t correlation,
                      uint32_t partition, struct wire *wire);

/* Nobody wants this answer any more. 0 is allowed. */
void read_forget(struct core *core, uint64_t correlation);

/* INPUT_READ_DONE. An answer that nobody waits for is dropped. */
void read_done(struct core *core, const struct wire *wire, struct slice bytes);

/* Why |row| is no answer of |kind|: an enum wire_refusal, or 0 if it is. */
uint8_t read_refusal(const struct wire *row, enum wire_kind kind);

void reads_finish(struct core *core);

/* For core_restore(). The question |correlation|, which is not there yet, is
 * under way again; nobody waits for it but READ_ROUTE's |read->waiting|. */
void read_restore(struct core *core, uint64_t correlation,
                  const struct read *read);

/* Here is who waits for it. False: there is no such question, or another
 * waits for it. */
bool read_claim_load(struct core *core, uint64_t correlation,
                     struct actor *actor);
bool read_claim_lookup(struct core *core, uint64_t correlation,
                       struct waiting *waiting, enum lookup_index index);
bool read_claim_page(struct core *core, uint64_t correlation, room_id room,
                     uint32_t gateway);

#endif
