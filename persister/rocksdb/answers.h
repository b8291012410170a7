/* answers.h - the reads, one function each, and what several of them need. All
 * fill the fields of an answer that is zeroed; all memory is the arena's. */
#ifndef PERSISTER_ROCKSDB_ANSWERS_H
#define PERSISTER_ROCKSDB_ANSWERS_H

#include "persister/people.h"
#include "persister/rocksdb/reading.h"
#include "persister/rocksdb/show.h"

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
enum err read_unread(struct reading *reading,
                     const struct wire_read_unread *ask,
                     struct wire_row_count *out) MUST_CHECK;
enum err read_feed(struct reading *reading, const struct wire_read_feed *ask,
                   struct wire_row_feed *out) MUST_CHECK;
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

/* The room as |user| sees it; |people|: and everybody whom that names.
 * ERR_NOT_FOUND: no such room. */
enum err answer_fill_view(struct reading *reading, room_id room, user_id user,
                          struct wire_view *view,
                          struct people *people) MUST_CHECK;

/* What is unread to the user; nothing to somebody who is no member. */
enum err answer_unread(struct reading *reading, room_id room, user_id user,
                       const struct standing *standing,
                       uint64_t *out) MUST_CHECK;

/* ERR_NOT_FOUND: no such room. */
enum err answer_brief(struct reading *reading, room_id room,
                      struct brief *out) MUST_CHECK;

/* When the event of |place| happened. |*ordinal|: of the newest message not
 * above it; becomes that of the one before, if the event was its creation. */
enum err answer_event_time(struct reading *reading, room_id room,
                           uint64_t place, uint64_t *ordinal,
                           int64_t *at_us) MUST_CHECK;

#endif
