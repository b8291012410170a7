/* trace_digest.h - the checksum of a frame. Private to broker/trace. */
#ifndef BROKER_TRACE_TRACE_DIGEST_H
#define BROKER_TRACE_TRACE_DIGEST_H

#include "common/types.h"

/* It finds a torn or damaged frame; it is no protection against malice. */
uint32_t trace_checksum(struct slice bytes);

#endif
