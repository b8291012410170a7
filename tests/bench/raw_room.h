/* raw_room.h - the rooms of the baseline server: who is in, and the fan-out.
 *
 * The room is what is measured against, so it does no more than a server that
 * does this one thing must: a table of sockets per room, the event encoded
 * once, then one send() per delivery (`raw`), or each socket's own buffer,
 * written once per turn (`raw-c`). */
#ifndef TESTS_BENCH_RAW_ROOM_H
#define TESTS_BENCH_RAW_ROOM_H

#include "common/buf.h"

/* Rooms are known by numbers below this. */
#define RAW_ROOM_COUNT 65536u

struct raw_rooms; /* All rooms; opaque. */

/* One connection. Zeroed and with |fd| set it is a connection in no room. */
struct raw_peer {
    int fd;
    bool is_open;     /* The handshake is done. */
    bool is_dirty;    /* |out| is to be written at the end of the turn. */
    bool wants_write; /* EPOLLOUT is armed: |out| has something. */
    uint32_t room;    /* 0: none. */
    uint32_t slot;    /* Its place in the room's table. */
    struct buf in;    /* An incomplete request or frame. */
    struct buf out;   /* What the socket did not take, or not yet. */
};

/* |epoll_fd| is borrowed. With |is_coalescing| everything that is said waits
 * for raw_rooms_flush(). */
struct raw_rooms *raw_rooms_create(int epoll_fd, bool is_coalescing);
void raw_rooms_destroy(struct raw_rooms *rooms);

/* A peer is in one room at most; |room| is checked by the caller. */
void raw_room_join(struct raw_rooms *rooms, uint32_t room,
                   struct raw_peer *peer);
void raw_room_leave(struct raw_rooms *rooms, struct raw_peer *peer);

/* Says |text| (JSON-escaped already) from |peer| to everybody in |room|. */
void raw_room_say(struct raw_rooms *rooms, uint32_t room, struct raw_peer *peer,
                  struct slice text, struct slice request_id);

/* The end of a turn: writes what coalesced. Must come before a peer that may
 * have heard something in this turn is freed. */
void raw_rooms_flush(struct raw_rooms *rooms);

/* Sends |data|; what the socket does not take waits in |peer->out|. */
void raw_peer_send(int epoll_fd, struct raw_peer *peer, const char *data,
                   size_t size);

/* EPOLLOUT came: goes on with |peer->out|. */
void raw_peer_resume(int epoll_fd, struct raw_peer *peer);

#endif
