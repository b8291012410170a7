/* files.h - attachments: what the writer keeps of them.
 *
 *   table 30 file         the row of a file that is whole
 *   table 31 file         in how many messages it is; since when in none
 *   table 32 secret       which file has the secret
 *   table 33 time file    it is in no message since then: to be collected
 *   table 1a room file    in how many of the room's messages it is
 *   family "files"        file, offset: the bytes of a chunk
 *
 * A file has rows in 31 and 33 from its first chunk on, so what never becomes
 * whole is collected like what nobody sends. Chunks are in a column family of
 * their own, with blob files: their bytes are written once and never sorted
 * again, so that chat is not slowed down by them. */
#ifndef PERSISTER_ROCKSDB_FILES_H
#define PERSISTER_ROCKSDB_FILES_H

#include "persister/rocksdb/reading.h"

/* The options of the column family; the caller owns them. |buffer_bytes| is
 * the store's. */
rocksdb_options_t *files_options(uint64_t buffer_bytes);

enum err files_chunk(struct store *store,
                     const struct record_file_chunk *record,
                     struct store_error *error) MUST_CHECK;
enum err files_put(struct store *store, const struct record_file_put *record,
                   struct store_error *error) MUST_CHECK;

/* The room's message has |files| now, or no longer since |at_us|. Files that
 * there are not are passed over. */
enum err files_taken(struct store *store, room_id room,
                     const struct wire_file *files, uint32_t count,
                     struct store_error *error) MUST_CHECK;
enum err files_released(struct store *store, room_id room,
                        const struct wire_file *files, uint32_t count,
                        int64_t at_us, struct store_error *error) MUST_CHECK;

/* All of the room's messages are gone. Before the room's rows are. What no
 * other room has is as old as it was before it was first taken. */
enum err files_room_deleted(struct store *store, room_id room,
                            struct store_error *error) MUST_CHECK;

/* Puts the removal of up to |limit| files that are in no message since before
 * |before_us|, the longest first, into store->changes and store->batch. */
enum err files_collect(struct store *store, int64_t before_us, uint32_t limit,
                       uint32_t *count, struct store_error *error) MUST_CHECK;

#endif
