/* interest.h - which rooms this gateway hears of, and which connections follow
 * them.
 *
 * A room is here while somebody follows it or asks to. Its followers stand in
 * one array for each dialect, since an event becomes one frame for each
 * dialect; a connection knows its place in them, so leaving costs no search
 * through a crowd. A room also knows the last place it has seen, to tell what
 * is new from what comes again after a new link. Pure. */
#ifndef GATEWAY_INTEREST_H
#define GATEWAY_INTEREST_H

#include "common/table.h"
#include "common/types.h"
#include "gateway/frame_log.h"
#include "gateway/list.h"
#include "gateway/members.h"

struct connection;

/* Rooms that one connection may follow. */
#define INTEREST_FOLLOWS_MAX 4096u

/* Dialects of one gateway. */
#define INTEREST_DIALECTS_MAX 16u

/* One connection in one room. */
struct follower {
    struct connection *connection;
    uint32_t run;   /* Serial of the run of which it has its part ... */
    uint32_t taken; /* ... up to here; of any other run it has nothing. */
};

/* The followers of one dialect, and the frames of this turn for them. */
struct audience {
    struct room *room;
    struct follower *followers;
    uint32_t count;
    uint32_t capacity;
    uint32_t serial;  /* Of the latest run; counts the runs. */
    struct span run;  /* Frames not handed out yet; held. */
    struct list live; /* In fanout.live while there is a run. */
};

struct room {
    room_id id;
    uint64_t place;          /* Last seen; only while |subscribed|. */
    uint32_t count;          /* Followers, of all dialects. */
    uint32_t subscribing;    /* SUBSCRIBEs under way. */
    uint32_t gates;          /* Resent SENDs that RESUME waits for. */
    bool subscribed;         /* The broker sends us its events. */
    bool resuming;           /* RESUME is under way. */
    uint64_t gap_place;      /* A gap after this place was looked into. */
    struct list deferred;    /* Answers that wait for their event (pending). */
    struct list again;       /* In gateway.resume_again. */
    struct wire_typed typed; /* The latest; for those who enter. */
    struct wire_room info;   /* Owns its texts; kind 0: not known. */
    struct list feeds;       /* struct feed_room, by of_room. */
    struct list entries;     /* struct entry, by of_room. */
    struct list wanted;      /* In feeds.wanted or feeds.later. */
    struct members members;
    user_id asked_for;  /* In whose name SUBSCRIBE is asked for feeds. */
    bool asking;        /* It is under way. */
    bool members_known; /* |members| is what |place| left. */
    bool dialog;        /* It had two members when that was last told. */
    struct audience *audiences[INTEREST_DIALECTS_MAX]; /* NULL: nobody yet. */
};

/* In a connection: one room that it follows. */
struct follow {
    room_id id;
    struct room *room;
    uint32_t index; /* In its dialect's audience. */
};

/* In a connection: all of them, by ascending id, since a connection may follow
 * thousands. Zeroed is empty and valid. */
struct follows {
    struct follow *items;
    uint32_t count;
    uint32_t capacity;
};

struct interest {
    struct table rooms;
    struct table by_key; /* Those whose kind and key are known, by a hash. */
};

void interest_init(struct interest *interest, uint64_t seed);

/* Frees the rooms. Nobody follows any. */
void interest_finish(struct interest *interest);

struct room *interest_room(const struct interest *interest, room_id id);

/* Finds it, or makes one without followers. */
struct room *interest_get(struct interest *interest, room_id id);

/* Sets what is known about the room. Copies. */
void interest_describe(struct interest *interest, struct room *room,
                       const struct wire_room *info);

/* The room that the application calls so, or NULL if none here is known to
 * be. */
struct room *interest_by_key(const struct interest *interest, uint8_t kind,
                             struct slice key);

/* Frees a room without followers, feeds, runs and deferred answers. */
void interest_remove(struct interest *interest, struct room *room);

/* The follower, or NULL; borrowed until anyone follows or unfollows. */
struct follower *interest_follower(const struct room *room,
                                   const struct follows *follows,
                                   uint32_t dialect);

/* |connection| does not follow the room and follows fewer than
 * INTEREST_FOLLOWS_MAX. */
struct follower *interest_follow(struct room *room,
                                 struct connection *connection,
                                 struct follows *follows, uint32_t dialect);

/* False: it does not follow the room. |follows_of| tells where the connection
 * that takes its place in the array keeps its follows. */
bool interest_unfollow(struct room *room, struct follows *follows,
                       uint32_t dialect,
                       struct follows *(*follows_of)(struct connection *));

#endif
