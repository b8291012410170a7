/* core_fixture.h - a core with everything around it: a clock, a log that is
 * committed when told, a model store that answers its reads when told, and
 * the books: each command is answered exactly once, each sequence follows on,
 * the core's invariants hold after each step. What is wrong aborts. */
#ifndef TESTS_LIB_CORE_FIXTURE_H
#define TESTS_LIB_CORE_FIXTURE_H

#include "broker/core/core.h"
#include "tests/lib/model_store.h"

/* One record that was appended and is not acknowledged. */
struct fixture_record {
    uint32_t partition;
    uint64_t seq;
    bool is_stored;
    struct slice bytes; /* malloced */
};

/* One step that was made: enough to make it again. */
struct fixture_step {
    struct core_input input; /* |wire| unset, |bytes| malloced */
    uint64_t effects;        /* Digest of what came out. */
};

struct fixture_command {
    uint32_t gateway;
    uint64_t correlation;
};

/* What a test wants to see; all optional. |event| is called once for each
 * gateway. */
struct fixture_watch {
    void *payload;
    void (*reply)(void *payload, uint32_t gateway, const struct wire *wire);
    void (*event)(void *payload, uint32_t gateway, const struct wire *wire);
};

struct fixture {
    struct core_config config;
    uint64_t partitions;
    struct core *core;
    struct effects effects;
    struct model_store *store; /* |own_store|, or one that several share. */
    struct model_store own_store;
    struct arena arena;
    int64_t now_us;
    bool holds_commits;
    bool holds_reads;
    bool answers_early; /* The store answers reads as of when they are asked,
                           however late the answer comes. */
    uint8_t reads_fail; /* The next read is answered with this refusal. */
    struct fixture_record *records;
    uint32_t records_count;
    struct slice *reads; /* Not answered yet, or early answers; malloced. */
    uint32_t reads_count;
    struct fixture_command *commands; /* Not answered yet. */
    uint32_t commands_count;
    uint64_t next_seq[PARTITION_COUNT];
    uint64_t last_message; /* Id of the last message appended. */
    uint64_t last_room;    /* Id of the last room made. */
    uint64_t last_file;    /* Id of the last file begun. */
    uint64_t correlation;  /* Dealt last. */
    struct fixture_watch watch;
    struct buf *trace; /* Lines of what comes out; NULL: none. */
    bool shows_appends;
    bool shows_reads;
    bool keeps_tape;
    struct fixture_step *tape;
    uint32_t tape_count;
    struct core *twin; /* Steps along; or NULL. */
};

/* Takes the |partitions| (a mask; bit 0 is partition 0). */
void fixture_init(struct fixture *fixture, const struct core_config *config,
                  uint64_t partitions);
void fixture_finish(struct fixture *fixture);

/* The partition of a command. */
uint32_t fixture_partition(const struct wire *wire);

/* Sends a command under the next correlation, which it returns; then all that
 * is not held happens. The partition is filled in. */
uint64_t fixture_send(struct fixture *fixture, uint32_t gateway,
                      struct wire *wire);

/* Gateways get notices (presence, membership) only after this: a test that does
 * not care for them need not hear of them. */
void fixture_up(struct fixture *fixture, uint32_t gateway);

void fixture_gone(struct fixture *fixture, uint32_t gateway);
void fixture_tick(struct fixture *fixture);

/* Puts the next |count| records of |partition| on disk, without a word. */
void fixture_persist(struct fixture *fixture, uint32_t partition,
                     uint32_t count);

/* Acknowledges what is on disk. */
void fixture_acknowledge(struct fixture *fixture, uint32_t partition);

/* Both, for everything; nothing is left to do when it returns. */
void fixture_commit_all(struct fixture *fixture);

/* Refuses the |partition|'s records from |seq| on; they are not on disk. */
void fixture_refuse(struct fixture *fixture, uint32_t partition, uint64_t seq,
                    uint8_t refusal);

/* How many records of |partition| are appended and not on disk. */
uint32_t fixture_unstored(const struct fixture *fixture, uint32_t partition);

/* Answers one held read. */
void fixture_answer(struct fixture *fixture, uint32_t index);
void fixture_answer_all(struct fixture *fixture);

/* Saves the core, and has another one that was restored from that step along
 * (core_twin.h) in place of the one that did so before. */
void fixture_twin(struct fixture *fixture);

/* The twin, if there is one, goes on in the core's place, alone. */
void fixture_swap(struct fixture *fixture);

/* What a cut trace says: up to |seq| of |partition| was dealt elsewhere. */
void fixture_skip(struct fixture *fixture, uint32_t partition, uint64_t seq);

/* Steps a fresh core through the tape: the same effects, the same digest. */
void fixture_replay(const struct fixture *fixture);

#endif
