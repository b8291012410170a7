/* router.h - the broker's first thread: gateways on one side, shards on the
 * other (a single one in the same thread, seat.h), and the claim that allows
 * them to work.
 *
 * A command goes to the shard that owns its partition; what a shard says goes
 * to the gateways. The router looks at no more than a message's head.
 *
 * Bounds: a shard that does not keep up fills its pipe, and then the router
 * reads no gateway; a gateway that does not keep up loses its link
 * (common/link), and comes back for what it missed. */
#ifndef BROKER_SHARD_ROUTER_H
#define BROKER_SHARD_ROUTER_H

#include "broker/core/core.h"
#include "broker/shard/recorder.h"
#include "common/buf.h"
#include "common/process/metrics.h"
#include "common/process/readiness.h"

#define ROUTER_SHARDS_MAX 64u
#define ROUTER_GATEWAYS_MAX 256u

/* Unanswered commands of one gateway: what it may have under way. */
#define ROUTER_COMMANDS_MAX 4096u

/* Conditions of /readyz, in this order. */
extern const char *const router_conditions[];

/* Borrowed until router_destroy. */
struct router_config {
    const char *listen;
    const char *persister;
    uint32_t shards;
    uint64_t incarnation; /* Random, never 0. */
    struct core_config core;
    const struct recorder_options *record; /* NULL: nothing is recorded. */
    struct metrics *metrics;
    struct readiness *readiness;
};

struct router; /* Opaque. */

/* Binds and starts the shards. On failure |reason| has a sentence. */
enum err router_create(const struct router_config *config, struct router **out,
                       struct buf *reason) MUST_CHECK;

/* Stops the shards, gives the partitions back. Accepts NULL. */
void router_destroy(struct router *router);

/* One turn; waits until something happens, or |stop_fd| is readable. False:
 * the broker must end, for a reason that was logged. */
bool router_turn(struct router *router, int stop_fd);

/* Where it listens, with the port taken. */
const char *router_endpoint(const struct router *router);

#endif
