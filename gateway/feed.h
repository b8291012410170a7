/* feed.h - the rooms of a user whose connections follow all of them.
 *
 * A feed is shared by the user's connections of dialects with |feed|, and is
 * there while there is one of them. It asks the broker which rooms there are,
 * subscribes to those that the gateway does not follow yet, and lets each
 * connection enter each of them:
 *
 *   connection -> FEED asked -> in the feed ----> requests are taken
 *                                   |  ^
 *                    an entry for each room: waits for the room's place,
 *                    reads what came before (WIRE_EVENTS), then follows
 *
 * Memberships come and go by notices and events afterwards; after a new link
 * the broker is asked again. One thread. */
#ifndef GATEWAY_FEED_H
#define GATEWAY_FEED_H

#include "common/table.h"
#include "common/wire/wire.h"
#include "gateway/list.h"

struct connection;
struct gateway;
struct pending;
struct room;
struct user;

/* SUBSCRIBE and EVENTS commands of feeds that are under way together. */
#define FEED_ASKS_MAX 512u

/* A feed that is asked again looks back by so many seconds in which the gateway
 * ran (feeds_second): longer than a lost link goes unnoticed, also by one that
 * stood still meanwhile or whose clock was set. That is held against times of
 * the broker's; if those are further behind, or if several brokers took over
 * while the link was to one before them, a room in which the user came to be
 * meanwhile begins too late. */
#define FEED_OVERLAP_S 10u

/* Answers that a connection had ahead of following their room: as many as
 * SENDs may be under way. */
#define FEED_TOLD_MAX 1024u

/* Once in a gateway. */
struct feeds {
    struct list all;         /* Feeds, by feed.all. */
    struct list wanted;      /* Rooms to be subscribed to (room.wanted). */
    struct list later;       /* The same, but refused for now. */
    struct list stale;       /* Feeds to be asked for (feed.stale). */
    struct list again;       /* The same, but refused for now. */
    struct list ready;       /* Entries that are to go on (entry.ready). */
    struct list ready_later; /* The same, but refused for now. */
    uint32_t asks;           /* Under way: SUBSCRIBEs and EVENTS. */
    uint32_t count;          /* Feeds. */
    int64_t seconds_us[FEED_OVERLAP_S]; /* The last ones, by the wall. */
    uint64_t seconds;                   /* So far. */
};

/* Of so many rooms that were left a feed remembers how far it had come: if the
 * user is back and the next FEED looks back, nothing is given twice. */
#define FEED_LEFT_MAX 8u

struct feed_left {
    room_id room;
    uint64_t place;
};

struct feed {
    struct user *user;
    struct list all;         /* In feeds.all. */
    struct list connections; /* struct connection, by of_feed. */
    struct table rooms;      /* struct feed_room, by room. */
    struct list shared;      /* Those whose room other feeds have, too. */
    struct pending *asked;   /* The FEED under way, or NULL. */
    struct list stale;       /* In feeds.stale or feeds.again. */
    int64_t since_us;        /* For the next FEED, unless it only refreshes. */
    uint64_t asks;           /* FEEDs so far. */
    struct feed_left left[FEED_LEFT_MAX]; /* The oldest is written over. */
    uint64_t left_count;                  /* So far. */
    uint64_t unread_dialogs;
    uint64_t presence_serial; /* Of the last change that it was told. */
    uint64_t presence_after;  /* For the rooms of the next FEED, unless it only
                                 refreshes: see feed_room. */
    bool loaded;              /* The rooms are known. */
    bool partial;             /* But not all: there are too many. */
    bool reconcile; /* Rooms that the next answer does not name were left. */
    bool push;      /* Tell the number of unread dialogs after the answer. */
};

/* A room of a feed. */
struct feed_room {
    struct feed *feed;
    struct room *room;
    struct list of_room;    /* In room.feeds. */
    struct list shared;     /* In feed.shared. */
    uint64_t after_place;   /* Events after it are for connections that come
                               while the room's place is not known. */
    uint64_t counted_place; /* |unread| is what is unread after it. */
    uint64_t unread;
    uint64_t ask; /* The last FEED that named it, or during which it came. */
    uint64_t presence_after; /* The feed hears of the changes of members behind
                                this gateway.presence_serial. */
    bool counts;             /* It is among the feed's unread dialogs. */
};

/* One connection on its way into one room. */
struct entry {
    struct connection *connection;
    struct room *room;
    struct list of_connection; /* In connection.entries. */
    struct list of_room;       /* In room.entries. */
    struct list ready;         /* In feeds.ready. */
    struct pending *asked;     /* The EVENTS under way, or NULL. */
    uint64_t after_place;      /* The connection has what came before. */
    uint64_t asked_place;      /* Where the room was when EVENTS was asked. */
    bool busy;                 /* In the middle of something: does not go on. */
    bool told; /* It was given events behind which the unread are told. */
};

/* What a connection has of a room that it does not follow yet. */
struct told {
    room_id room;
    message_id message;
    uint64_t place;
};

/* --- feed.c --------------------------------------------------------------- */

void feeds_init(struct feeds *feeds);

/* A connection of a dialect with |feed| is made, or destroyed. */
void feed_join(struct connection *connection);
void feed_part(struct connection *connection);

/* The feed is loaded and the connection follows all rooms. */
bool feed_is_in(const struct connection *connection);

/* |feed.rooms| are all rooms of the user: what concerns others is found in
 * |feed.shared|. */
bool feed_is_whole(const struct feed *feed);

/* The answer to a FEED, which was taken; does not free |pending|. */
void feed_answer(struct gateway *gateway, struct pending *pending,
                 const struct wire *reply);

/* The link took the FEED with it. */
void feed_dropped(struct pending *pending);

/* A notice of the broker. */
void feeds_membership(struct gateway *gateway,
                      const struct wire_membership *notice);

/* Asks for the feed again, soon. */
void feed_refresh(struct gateway *gateway, struct feed *feed);

/* Around a new link. */
void feeds_link_down(struct gateway *gateway);
void feeds_link_up(struct gateway *gateway);

/* Before feeds_link_up: the new link is to another broker than the last, which
 * took over at |claimed_us|. The last one may not have known for long. */
void feeds_broker_replaced(struct gateway *gateway, int64_t claimed_us);

/* Asks what is to be asked; at the end of a turn. */
void feeds_pump(struct gateway *gateway);

/* What was refused is tried again, and who waits too long is sent away; once a
 * second. */
void feeds_second(struct gateway *gateway);

/* --- feed_rooms.c --------------------------------------------------------- */

struct feed_room *feed_find(const struct feed *feed, room_id room);

/* The user is a member of the room: its events after |after_place| are for
 * them. It is not in the feed. NULL: there are too many. */
struct feed_room *feed_room_begin(struct gateway *gateway, struct feed *feed,
                                  room_id room, uint64_t after_place);

/* The user is no member any more, or the feed ends. The room may be freed. */
void feed_room_end(struct gateway *gateway, struct feed_room *feed_room);

/* Lets |connection| enter. */
void feed_room_enter(struct gateway *gateway, const struct feed_room *feed_room,
                     struct connection *connection);

/* Asks again what is unread if events went by that it does not count. */
void feed_room_check(struct gateway *gateway,
                     const struct feed_room *feed_room);

/* Subscribes to the room if it must be. */
void feed_rooms_want(struct gateway *gateway, struct room *room);
void feed_rooms_ask(struct gateway *gateway, struct room *room);

/* The answer to a SUBSCRIBE for feeds; NULL: the link took it. */
void feed_rooms_subscribed(struct gateway *gateway, room_id room,
                           const struct wire *reply);

/* Ends the room in the feed of |user|, or in all feeds. */
void feed_rooms_leave(struct gateway *gateway, room_id room, user_id user);
void feed_rooms_leave_all(struct gateway *gateway, room_id room);

/* --- entering.c ----------------------------------------------------------- */

void entering_begin(struct connection *connection, struct room *room,
                    uint64_t after_place);

/* Goes on with the entries of a room whose place changed, or of a connection
 * that has nothing under way any more or has read what it had. */
void entering_room(struct room *room);
void entering_connection(struct connection *connection);
void entering_go_on(struct entry *entry);

/* The answer to EVENTS, which was taken; does not free |pending|. */
void entering_answer(struct gateway *gateway, struct pending *pending,
                     const struct wire *reply);
void entering_dropped(struct gateway *gateway, struct pending *pending);

/* Enters no longer. */
void entering_forget(struct connection *connection, const struct room *room);
void entering_forget_all(struct connection *connection);

/* Whether the connection will be given what happened in the room at |place|:
 * an answer that belongs there waits for it (connection.deferred), so that all
 * who are in the room see one order. */
bool entering_comes_to(const struct connection *connection,
                       const struct room *room, uint64_t place);

/* Whether the connection is on its way into the room. */
bool entering_is(const struct connection *connection, const struct room *room);

/* The connection had this message as an answer. */
void entering_told(struct connection *connection,
                   const struct wire_message *message);

/* --- unread.c ------------------------------------------------------------- */

/* |unread| is what is unread in the room after |place|; |dialog|: it has two
 * members. True: the number of unread dialogs changed. */
bool unread_set(struct feed_room *feed_room, uint64_t place, uint64_t unread,
                bool dialog);

/* An event of a room that was given to its followers. |except| is told by
 * unread_tell() when it has had its answer. */
void unread_event(struct gateway *gateway, struct room *room,
                  const struct wire_event *event,
                  const struct connection *except);

/* Whether the user is told the number behind the event in any case. */
bool unread_is_told(const struct wire_event *event, user_id user);

/* Tells the connection, or all of the feed, the number of unread dialogs. */
void unread_tell(struct connection *connection);
void unread_tell_all(struct feed *feed);

/* Tells each of them as soon as it may be told. */
void unread_tell_soon(struct feed *feed);

/* Whether the number counts all events that the gateway has seen, or the
 * connection does not care. */
bool unread_is_known(const struct connection *connection);

/* Tells the connection if that is due, the number is known and it has been
 * given the events that the number counts: when it has entered all rooms, or
 * |behind| those that made it due. */
void unread_settle(struct connection *connection, bool behind);

#endif
