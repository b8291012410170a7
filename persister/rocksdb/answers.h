/* answers.h - the reads, one function each, and what several of them need. All
 * fill the fields of an answer that is zeroed; all memory is the arena's. */
#ifndef PERSISTER_ROCKSDB_ANSWERS_H
#define PERSISTER_ROCKSDB_ANSWERS_H

#include "persister/people.h"
#include "persister/rocksdb/reading.h"

enum err read_room(struct reading *reading, const struct wire_read_room *ask,
                   struct wire_row_room *out) MUST_CHECK;
enum err read_key(struct reading *reading, const struct wire_read_key *ask,
                  struct wire_row_key *out) MUST_CHECK;
enum err read_user(struct reading *reading, const struct wire_read_user *ask,
                   struct wire_row_user *out) MUST_CHECK;
enum err read_message(struct reading *reading,
                      const struct wire_read_message *ask,
                      struct wire_row_message *out) MUST_CHECK;
enum err read_sent(struct reading *reading, const struct wire_read_sent *ask,
                   struct wire_row_message *out) MUST_CHECK;
enum err read_history(struct reading *reading,
                      const struct wire_read_history *ask,
                      struct wire_reply_page *out) MUST_CHECK;
enum err read_list(struct reading *reading, const struct wire_read_list *ask,
                   struct wire_reply_list *out) MUST_CHECK;
/* ERR_NOT_FOUND: no such room. */
enum err read_view(struct reading *reading, const struct wire_read_view *ask,
                   struct wire_reply_view *out) MUST_CHECK;
enum err read_events(struct reading *reading,
                     const struct wire_read_events *ask,
                     struct wire_row_events *out) MUST_CHECK;
enum err read_count(struct reading *reading, const struct wire_read_count *ask,
                    struct wire_row_count *out) MUST_CHECK;

enum err read_files(struct reading *reading, const struct wire_read_files *ask,
                    struct wire_row_files *out) MUST_CHECK;
enum err read_bytes(struct reading *reading, const struct wire_read_bytes *ask,
                    struct wire_row_bytes *out) MUST_CHECK;

/* The ordinal of the last message created at or before |place|; 0: none. */
enum err answer_ordinal_at(struct reading *reading, room_id room,
                           const struct wire_room_state *state, uint64_t place,
                           uint64_t *ordinal) MUST_CHECK;

/* The profiles of |people|, which is settled. */
enum err answer_profiles(struct reading *reading, const struct people *people,
                         struct wire_profile **profiles,
                         uint32_t *count) MUST_CHECK;

/* Whether anyone but its author has read the message. */
bool answer_is_read(const struct wire_room_state *state,
                    const struct wire_message *message);

#endif
