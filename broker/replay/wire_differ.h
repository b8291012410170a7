/* wire_differ.h - where two messages part ways. Pure. */
#ifndef BROKER_REPLAY_WIRE_DIFFER_H
#define BROKER_REPLAY_WIRE_DIFFER_H

#include "common/buf.h"
#include "common/wire/wire.h"

/* Appends the path of the first field that differs ("event.message.text"), or
 * nothing if there is none. */
void wire_differ(const struct wire *a, const struct wire *b, struct buf *out);

/* The same of encoded ones; "bytes" when they differ and their fields do not,
 * or when one does not decode. */
void wire_differ_bytes(struct slice a, struct slice b, struct buf *out);

/* The room that the message is about; 0 if it does not say. */
uint64_t wire_room_of(const struct wire *wire);

#endif
