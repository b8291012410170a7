/* trace.h - what a core was told and what it said, item by item.
 *
 * A trace is one run of one core: how it was configured, the state that it
 * began with, then each input with its time and what came of it. That is all
 * that a fresh core needs to do the same again; no store, no peers.
 *
 * It is written in one of two forms, which hold the same items: the binary
 * one (trace_file.h) is what a broker records; the text one, JSON lines with
 * comments (broker/replay), is what people read, cut and keep as a test. */
#ifndef BROKER_TRACE_TRACE_H
#define BROKER_TRACE_TRACE_H

#include "broker/core/core.h"

/* Of the items. Readers read every version up to this one, for ever. */
#define TRACE_VERSION 1u

/* Of one input at most; a core emits far fewer. */
#define TRACE_EFFECTS_MAX 1048576u

struct trace_head {
    uint32_t version;
    uint32_t shard; /* Which core of the broker: 0 .. shards - 1. */
    uint32_t shards;
    uint64_t run;         /* Random; the same in all files of a broker's run. */
    uint32_t file;        /* 1, 2, 3, ... of this core in this run. */
    int64_t started_us;   /* Wall clock, for people. */
    bool whole;           /* Effects are there in full, not just as digests. */
    struct slice program; /* "0.1.0": the version of what recorded it. */
    struct core_config core; /* core_create() takes it. */
    uint64_t state_digest;   /* core_digest() once the state is restored;
                                0: not known. */
};

/* The digest of one effect: everything that the shell reads of it, bytes
 * included. The same on every machine and in every version of a format. */
uint64_t trace_effect_digest(const struct effects *effects,
                             const struct effect *effect);

enum trace_item_kind {
    TRACE_HEAD = 1, /* Exactly one, the first. */
    TRACE_STATE,    /* |bytes|: one STATE_* message; core_restore() takes it.
                       All of them stand before the first input. */
    TRACE_INPUT,    /* |input|, with what came of it. */
    TRACE_END,      /* The recorder closed the file. Without it the end was
                       lost, with at most a second of inputs. */
    TRACE_COMMENT   /* |bytes|: a line for people. Text form only. */
};

struct trace_item {
    enum trace_item_kind kind;
    uint64_t offset; /* Where it stands: a byte (binary), a line (text). */
    bool is_torn;    /* TRACE_END, text form only: what it tells of had no end
                        itself. All that stands before is whole. */
    struct trace_head head;
    struct slice bytes;
    struct core_input input; /* |wire| is NULL: see trace_input_decode(). */
    uint32_t effects_count;
    const uint64_t *digests;       /* Of each effect. */
    const struct effects *effects; /* The same in full, or NULL. */
};

/* What is wrong with a trace, and where. */
struct trace_error {
    uint64_t offset; /* See trace_item. */
    char text[256];
};

/* NULL, or why no core_create() takes |config| (a static text). */
const char *trace_config_fault(const struct core_config *config);

/* Decodes what the persister answers, as a core wants it: of pages that the
 * core only hands through the head alone. Errors as wire_decode. */
enum err trace_answer_decode(struct slice bytes, struct arena *arena,
                             struct wire *wire,
                             struct wire_error *error) MUST_CHECK;

/* Makes |input| ready for core_step: decodes its bytes as the shard does
 * (pages that the core only hands through are not looked into) into |wire|.
 * ERR_MALFORMED: no shard gives this to a core; |error| says why. It looks at
 * one input alone: whether the core's state allows it (an own partition, a
 * sequence that was dealt) it cannot know. */
enum err trace_input_decode(struct core_input *input, struct arena *arena,
                            struct wire *wire,
                            struct wire_error *error) MUST_CHECK;

#endif
