/* record.h - what a record must satisfy beyond decoding, so that no store has
 * to doubt it: its ids are of its partition and sequence, and its counts can
 * be true. Pure. */
#ifndef PERSISTER_RECORD_H
#define PERSISTER_RECORD_H

#include "common/wire/wire.h"

/* NULL: sound. Else what is wrong, as a static text. |seq| is the record's own
 * in |partition|. */
const char *record_fault(const struct wire *record, uint32_t partition,
                         uint64_t seq);

#endif
