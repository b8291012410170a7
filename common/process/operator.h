/* operator.h - what a person or a monitor asks a running program, over HTTP:
 *
 *   /healthz  200 as long as the program answers at all
 *   /readyz   200 when all conditions are met, else 503; either way each
 *             condition, one a line
 *   /metrics  the text format of Prometheus
 *
 * for GET and HEAD. It runs on a thread of its own, with bounds on the number
 * of connections, on what each may send and on how long it may be silent, so
 * no client of it can disturb the program. It has no access control: it
 * listens where the operator says, on the loopback address unless told
 * otherwise. */
#ifndef COMMON_PROCESS_OPERATOR_H
#define COMMON_PROCESS_OPERATOR_H

#include "common/process/address.h"
#include "common/process/metrics.h"
#include "common/process/readiness.h"

struct operator;

/* Starts to listen. |metrics| and |readiness| are borrowed until destroy.
 * ERR_IO: the address cannot be had; errno says why. Block the signals that
 * the program waits for before (see program.h): the thread inherits that. */
enum err operator_create(const struct address *address,
                         const struct metrics *metrics,
                         struct readiness *readiness,
                         struct operator** out) MUST_CHECK;

/* Ends the thread and all connections. Accepts NULL. */
void operator_destroy(struct operator* operator);

/* Where it listens; useful when the address said 0. */
uint16_t operator_port(const struct operator* operator);

#endif
