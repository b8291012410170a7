/* against.h - plays the gateways' side of a trace to a broker that runs:
 * `parlance replay FILE... --against ENDPOINT`. See AGAINST.md. */
#ifndef BROKER_REPLAY_AGAINST_H
#define BROKER_REPLAY_AGAINST_H

#include "broker/replay/trace_set.h"

/* What the operator chose. */
struct against_options {
    const struct trace_set *set; /* Files of one run. */
    const char *endpoint;
    uint32_t speed;       /* So many times as fast as recorded; 0: at once. */
    uint64_t play;        /* Of the first round, see against_rewrite.h; each
                             other's is one more. 0: random. */
    uint32_t rounds;      /* So many plays, one after the other; 1 at least. */
    uint64_t patience_ms; /* For a broker, an answer, an event. */
    bool json;            /* The report as one line of JSON. */
};

/* What the process ends with; as enum replay_outcome does. */
enum against_exit {
    AGAINST_SAME = 0,
    AGAINST_DIFFERENT = 1,
    AGAINST_FAILED = 3 /* One line on stderr said why. */
};

/* Plays and reports on stdout. The process must have no links of its own. */
enum against_exit against_run(const struct against_options *options);

#endif
