/* rewrite.h - the row of a message that was edited or deleted, in the place of
 * the one before. Of the writer thread. */
#ifndef PERSISTER_ROCKSDB_REWRITE_H
#define PERSISTER_ROCKSDB_REWRITE_H

#include "persister/rocksdb/internal.h"

/* Puts |message| into the group at hand. It keeps the keys that it had, and the
 * files that it no longer has are released at |at_us|. Its standing goes: the
 * record puts the room's own row, which is later. A message that is not known
 * is put without keys. */
enum err rewrite_message(struct store *store,
                         const struct wire_message *message, int64_t at_us,
                         struct store_error *error) MUST_CHECK;

#endif
