/* frontend.h - translate one client dialect (JSON text) to and from the
 * commands and events of common/wire/wire.h.
 *
 * A frontend is a pure translator: no I/O, no clock, no globals, no blocking.
 * The gateway owns sockets, queues, timers and the link to the broker.
 * "Borrowed" means valid until the call returns. All calls for one connection
 * come from one thread.
 *
 * The gateway hands a connection's requests over one at a time, in order: the
 * next one only when the one before is answered, except that commands of kind
 * WIRE_SEND to one and the same room (named by its id) may be under way
 * together. So a frontend
 * needs no table of requests: what it must remember until the reply comes (the
 * echoes) it gives along as the request's |memo|. */
#ifndef GATEWAY_FRONTEND_H
#define GATEWAY_FRONTEND_H

#include "common/err.h"
#include "common/wire/wire.h"
#include "gateway/call.h"

/* Of this header and what it includes. A plugin of another number is refused.
 */
#define FRONTEND_ABI 1u

struct sink; /* Collects a frontend's output; owned by the gateway. */

/* --- What a frontend may say (any number of times, in order) -------------- */

/* Ask the broker. |memo| comes back with the reply. Copies both. Correlation
 * and partition are filled in by the gateway, as are wire_send.author and
 * .origin_key; the |user| of every other command is the frontend's to fill in
 * from |self|, since 0 means the server API, which may see everything. At most
 * one command for one receive() or reply(). */
void sink_command(struct sink *sink, const struct wire *command,
                  struct slice memo);

/* One whole text message for this client. Copies. */
void sink_text(struct sink *sink, struct slice text);

/* One message in parts: the first call begins it, |last| ends it; nothing else
 * reaches the client in between. For answers that do not fit in memory: give a
 * part, ask for the next page by sink_command, go on in reply(). The gateway
 * hands the next reply over only when the client has taken most of this. */
void sink_part(struct sink *sink, struct slice text, bool last);

/* This connection follows the room from here on, or no longer. Subscribing is
 * asked of the broker (WIRE_SUBSCRIBE) first; call sink_follow in its reply().
 * When a room has no follower left the gateway tells the broker itself. */
void sink_follow(struct sink *sink, room_id room);
void sink_unfollow(struct sink *sink, room_id room);

/* In how many dialogs (rooms of two members) something is unread to the user.
 * Only for a frontend with |feed|. */
uint64_t sink_unread_dialogs(const struct sink *sink);

/* The frame was no JSON object (or too deep): five in a row close the
 * connection with 1008. Say it beside the error reply. */
void sink_not_an_object(struct sink *sink);

/* --- What the gateway tells a frontend ------------------------------------ */

/* Of the gateway's configuration, what a dialect may need. Borrowed for the
 * life of the connection. */
struct frontend_config {
    const struct zone *zone; /* For formatted times; see gateway/zone.h. */
    /* Whether a user is online, as far as this gateway knows; |presence| is
     * its first argument. */
    bool (*is_online)(const void *presence, user_id user);
    const void *presence;
    /* The time of day when the call began: microseconds since the Unix epoch,
     * UTC. */
    int64_t now_us;
};

struct frontend {
    uint32_t abi;      /* FRONTEND_ABI */
    const char *name;  /* "messenger" */
    const char *path;  /* "/messenger/chat/" */
    const char *alias; /* A second path; NULL: none. */
    size_t state_size; /* Bytes a connection; zeroed and freed by the
                          gateway. */
    const char *const *http_paths; /* What the paths of |http| begin with;
                                      ends with NULL. */

    /* Its connections follow all rooms of their user, from the handshake on
     * and as memberships come and go; sink_follow is not for them. */
    bool feed;

    /* The copy that a connection gets of an event which its own command caused
     * is the answer (reply()), not a broadcast. Otherwise this holds for
     * WIRE_SEND only. */
    bool answers_are_events;

    /* A token may come as the subprotocols "Bearer, <token>"; "Bearer" is then
     * the one chosen. */
    bool bearer_subprotocol;

    /* Translate one complete client message: valid UTF-8, not NUL-terminated,
     * borrowed. A request that the dialect refuses is a sink_text. Mandatory.
     */
    void (*receive)(void *state, const struct frontend_config *config,
                    const struct wire_profile *self, struct slice text,
                    struct sink *sink);

    /* Translate the broker's reply to a command given with |memo|; a
     * WIRE_REPLY_ERROR made by the gateway itself (patience, link lost) looks
     * the same. An event with which the broker answers a WIRE_SEND is handed
     * over as WIRE_REPLY_MESSAGE. Mandatory. */
    void (*reply)(void *state, const struct frontend_config *config,
                  const struct wire_profile *self, struct slice memo,
                  const struct wire *reply, struct sink *sink);

    /* Translate one room event into the text that every follower of this
     * dialect gets (appended to |text|; nothing appended: nothing is sent).
     * Knows no connection. Mandatory; every event kind is handled: no default:
     * in the switch. */
    void (*broadcast)(const struct frontend_config *config,
                      const struct wire_room *room,
                      const struct wire_event *event, struct buf *text);

    /* The same for a member who types: goes to the other members. Optional. */
    void (*typing)(const struct frontend_config *config,
                   const struct wire_room *room, const struct wire_typed *typed,
                   struct buf *text);

    /* The same for a user who came or went: goes to those who share a room
     * with them, once. Optional. */
    void (*presence)(const struct frontend_config *config,
                     const struct wire_presence *presence, struct buf *text);

    /* The number of unread dialogs, which may have changed: goes to all
     * connections of the one user. Optional; needs |feed|. */
    void (*unread)(const struct frontend_config *config, uint64_t count,
                   struct buf *text);

    /* The error reply for a request that the gateway refuses itself (rate
     * limit, too many requests waiting); |text| is the request. Mandatory. */
    void (*refuse)(void *state, const struct frontend_config *config,
                   struct slice text, const struct wire_reply_error *error,
                   bool throttled, struct sink *sink);

    /* Release what |state| points to, not |state|. Called once. Optional. */
    void (*close)(void *state);

    /* The dialect's HTTP calls on the listener of the clients, by a user with a
     * token. Optional. */
    const struct call_handler *http;
};

extern const struct frontend frontend_messenger;
extern const struct frontend frontend_chats;
extern const struct frontend frontend_dialogs;

/* All that are built in, ending with NULL. */
const struct frontend *const *frontends_all(void);

#endif
