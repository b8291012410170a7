/* limits.h - who is let in, and how fast they may go on.
 *
 * Connections are counted in all and per address (per user: users.h); the
 * rate is a bucket per user that a reconnect does not fill. Every limit is an
 * option of the program, 0 meaning none. Pure. */
#ifndef GATEWAY_LIMITS_H
#define GATEWAY_LIMITS_H

#include "common/table.h"

/* Requests a second, and how many at once after a rest. */
struct rate_config {
    uint32_t per_second; /* 0: no limit. */
    uint32_t burst;      /* At least 1, unless there is no limit. */
};

/* Refused requests at most this far apart make one offence... */
#define RATE_PAUSE_MS 1000u
/* ... and an offence that lasts so long costs the connection. */
#define RATE_BROKEN_MS 10000u

/* Zeroed is full. */
struct rate_state {
    uint64_t full_us;    /* When the bucket is full again. */
    uint64_t offence_ms; /* When the offence began; 0: none. */
    uint64_t refused_ms; /* The last refusal. */
};

enum rate_verdict {
    RATE_TAKEN,
    RATE_REFUSED, /* Over the rate: an error reply. */
    RATE_BROKEN,  /* Without a pause for too long: 4429. */
};

/* One request at |now_ms|, which is never 0. */
enum rate_verdict rate_take(const struct rate_config *config,
                            struct rate_state *state, uint64_t now_ms);

/* Whether the state is what a zeroed one is, so that it may be forgotten. */
bool rate_is_rested(const struct rate_state *state, uint64_t now_ms);

/* Why somebody is not let in. X(name, label, text). */
#define ADMISSION_TABLE(X)                                                     \
    X(ADMISSION_OK, "ok", "")                                                  \
    X(ADMISSION_TOTAL, "too_many_connections",                                 \
      "the server has too many connections")                                   \
    X(ADMISSION_USER, "too_many_connections_of_user",                          \
      "the user has too many connections")                                     \
    X(ADMISSION_ADDRESS, "too_many_connections_of_address",                    \
      "the address has too many connections")                                  \
    X(ADMISSION_DRAINING, "draining", "the server is going away")              \
    X(ADMISSION_BROKER, "broker_away", "the broker is away")

enum admission {
#define ADMISSION_ENUM(name, label, text) name,
    ADMISSION_TABLE(ADMISSION_ENUM)
#undef ADMISSION_ENUM
};

const char *admission_code(enum admission admission);
const char *admission_text(enum admission admission);

struct admission_config {
    uint64_t connections_max; /* Each 0: no limit. */
    uint64_t per_user_max;
    uint64_t per_address_max;
};

/* Connections that are open. Zeroed is empty and valid. */
struct admission_counts {
    uint64_t total;
    struct table addresses; /* From an address to its count. */
};

/* Whether one more may come in, of a user with |user_count| open. */
enum admission admission_check(const struct admission_config *config,
                               const struct admission_counts *counts,
                               uint64_t user_count, uint64_t address);

void admission_enter(struct admission_counts *counts, uint64_t address);
void admission_leave(struct admission_counts *counts, uint64_t address);
void admission_finish(struct admission_counts *counts);

#endif
