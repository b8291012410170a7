/* link_counters.h - what happened on one end of a link, for operators.
 *
 * Nothing is dropped silently: every packet or message that does not arrive
 * is in one of these. Plain numbers that only grow; read them from the thread
 * that owns the link and export them under these names. */
#ifndef COMMON_LINK_LINK_COUNTERS_H
#define COMMON_LINK_LINK_COUNTERS_H

#include <stdint.h>

/* X(name, help). */
#define LINK_COUNTER_TABLE(X)                                                  \
    X(packets_in, "packets received")                                          \
    X(packets_out, "packets sent, heartbeats included")                        \
    X(bytes_in, "bytes of packets received")                                   \
    X(bytes_out, "bytes of packets sent")                                      \
    X(messages_in, "messages handed to the program")                           \
    X(messages_out, "messages accepted for sending")                           \
    X(sessions_up, "sessions that came up")                                    \
    X(sessions_down, "sessions that were up and ended")                        \
    X(refused, "sessions refused before they came up")                         \
    X(gaps, "sessions ended because a packet was missing")                     \
    X(duplicates, "packets ignored because they came before")                  \
    X(silences, "sessions ended because the peer was silent")                  \
    X(windows_full, "sessions ended because the peer did not keep up")         \
    X(unreachable, "sessions ended because the connection was gone")           \
    X(rubbish, "packets that no correct peer sends")                           \
    X(resets_in, "resets received")                                            \
    X(resets_out, "resets sent")                                               \
    X(dropped_messages, "messages dropped with the session they were for")

struct link_counters {
#define LINK_COUNTER_FIELD(name, help) uint64_t name;
    LINK_COUNTER_TABLE(LINK_COUNTER_FIELD)
#undef LINK_COUNTER_FIELD
};

#endif
