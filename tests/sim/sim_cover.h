/* sim_cover.h - what a run is counted for: see people_coverage(). */
#ifndef TESTS_SIM_SIM_COVER_H
#define TESTS_SIM_SIM_COVER_H

/* X(name): "acknowledged_send" and so on. For each kind of request three. */
#define COVER_KINDS(X)                                                         \
    X(user_put, WIRE_USER_PUT)                                                 \
    X(user_get, WIRE_USER_GET)                                                 \
    X(room_create, WIRE_ROOM_CREATE)                                           \
    X(room_get, WIRE_ROOM_GET)                                                 \
    X(room_patch, WIRE_ROOM_PATCH)                                             \
    X(room_delete, WIRE_ROOM_DELETE)                                           \
    X(member_put, WIRE_MEMBER_PUT)                                             \
    X(member_remove, WIRE_MEMBER_REMOVE)                                       \
    X(review_put, WIRE_REVIEW_PUT)                                             \
    X(join, WIRE_JOIN)                                                         \
    X(leave, WIRE_LEAVE)                                                       \
    X(subscribe, WIRE_SUBSCRIBE)                                               \
    X(unsubscribe, WIRE_UNSUBSCRIBE)                                           \
    X(send, WIRE_SEND)                                                         \
    X(edit, WIRE_EDIT)                                                         \
    X(delete, WIRE_DELETE)                                                     \
    X(mark, WIRE_MARK)                                                         \
    X(history, WIRE_HISTORY)                                                   \
    X(list, WIRE_LIST)                                                         \
    X(room_view, WIRE_ROOM_VIEW)                                               \
    X(unread, WIRE_UNREAD)                                                     \
    X(feed, WIRE_FEED)                                                         \
    X(events, WIRE_EVENTS)                                                     \
    X(typing, WIRE_TYPING)                                                     \
    X(presence_set, WIRE_PRESENCE_SET)                                         \
    X(presence_get, WIRE_PRESENCE_GET)                                         \
    X(user_kick, WIRE_USER_KICK)                                               \
    X(file_put, WIRE_FILE_PUT)                                                 \
    X(files, WIRE_FILES)                                                       \
    X(file_bytes, WIRE_FILE_BYTES)

#define COVER_OTHERS(X)                                                        \
    X(refused)                                                                 \
    X(refused_not_found)                                                       \
    X(refused_forbidden)                                                       \
    X(refused_bad_field)                                                       \
    X(refused_conflict)                                                        \
    X(refused_try_again)                                                       \
    X(unknown_outcome)                                                         \
    X(lost_with_connection)                                                    \
    X(retried)                                                                 \
    X(retried_elsewhere)                                                       \
    X(duplicate_recognised)                                                    \
    X(same_key_twice_at_once)                                                  \
    X(connected)                                                               \
    X(reconnected)                                                             \
    X(closed_by_gateway)                                                       \
    X(cut_by_gateway)                                                          \
    X(hung_up)                                                                 \
    X(stalled)                                                                 \
    X(slow_socket)                                                             \
    X(paused)                                                                  \
    X(ping)                                                                    \
    X(message_in_parts)                                                        \
    X(event_follower)                                                          \
    X(event_feed)                                                              \
    X(event_read_back)                                                         \
    X(resumed)                                                                 \
    X(resume_found_events)                                                     \
    X(typed)                                                                   \
    X(presence_told)                                                           \
    X(unread_told)                                                             \
    X(own_removal_seen)                                                        \
    X(room_deletion_seen)                                                      \
    X(membership_denied)                                                       \
    X(file_attached)                                                           \
    X(reply_quoted)                                                            \
    X(lesson)                                                                  \
    X(call_refused)                                                            \
    X(checked_page)                                                            \
    X(checked_page_row)                                                        \
    X(checked_count)                                                           \
    X(checked_unread)                                                          \
    X(checked_order)                                                           \
    X(checked_mark)                                                            \
    X(checked_hole_own)                                                        \
    X(checked_hole_deleted)                                                    \
    X(checked_hole_away)                                                       \
    X(checked_presence)                                                        \
    X(checked_feed_room)                                                       \
    X(checked_caught_up)                                                       \
    X(checked_stored_message)                                                  \
    X(checked_stored_event)                                                    \
    X(checked_resumed_event)                                                   \
    X(checked_repeated_sight)

enum cover {
#define COVER_KIND(name, kind) COVER_ok_##name,
    COVER_KINDS(COVER_KIND)
#undef COVER_KIND
#define COVER_OTHER(name) COVER_##name,
        COVER_OTHERS(COVER_OTHER)
#undef COVER_OTHER
            COVER_COUNT
};

#endif
