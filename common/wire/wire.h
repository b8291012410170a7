/* wire.h - every message between the processes, in one place.
 *
 * A message is a msgpack array [kind, correlation, partition, field, ...] in
 * the order in which the fields stand in the struct of its kind. wire_schema.c
 * describes each struct once; encoding, decoding, checking and printing all
 * read that description, so a new field is one line here and one line there.
 *
 * Versions. Fields are only ever added at the end. A decoder ignores trailing
 * fields that it does not know and zeroes those that an older peer leaves
 * out; another meaning of an old field is a new major version of the link
 * (common/link), which is refused at its first packet.
 *
 * Memory. A decoded message borrows its text from the input and its lists from
 * the arena given; neither may be freed while it is in use.
 *
 * Conventions. Times are microseconds since the Unix epoch, UTC. An id of 0
 * means "none". Texts are UTF-8 where they came from a client (the gateway
 * checks), and bytes to everybody else. */
#ifndef COMMON_WIRE_WIRE_H
#define COMMON_WIRE_WIRE_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/limits.h"
#include "common/types.h"

/* Kinds of room (DIALECTS.md, "Kinds of room"). Numbers are a disk format. */
enum room_kind {
    ROOM_DIRECT = 1,
    ROOM_PROJECT = 2,
    ROOM_ORDER = 3,
    ROOM_KIND_LAST = ROOM_ORDER
};

/* A member's role. Numbers are a disk format. */
enum member_role {
    ROLE_NONE = 0,
    ROLE_MODERATOR = 1,
    ROLE_CUSTOMER = 2,
    ROLE_EXECUTOR = 3,
    ROLE_LAST = ROLE_EXECUTOR
};

/* What happened in a room. Numbers are a disk format. */
enum event_kind {
    EVENT_MESSAGE_CREATED = 1,
    EVENT_MESSAGE_EDITED = 2,
    EVENT_MESSAGE_DELETED = 3,
    EVENT_MARK_MOVED = 4,
    EVENT_MEMBER_PUT = 5,
    EVENT_MEMBER_REMOVED = 6,
    EVENT_ROOM_CHANGED = 7,
    EVENT_ROOM_DELETED = 8,
    EVENT_KIND_LAST = EVENT_ROOM_DELETED
};

/* Why a request is refused. Every one but REFUSED_UNKNOWN_OUTCOME promises
 * that nothing was stored. */
enum wire_refusal {
    REFUSED_NOT_FOUND = 1,  /* No such thing, or not for this user. */
    REFUSED_FORBIDDEN,      /* Seen, but not theirs to do. */
    REFUSED_BAD_FIELD,      /* |field| is to blame. */
    REFUSED_CONFLICT,       /* Contradicts what is stored. */
    REFUSED_TRY_AGAIN,      /* A queue is full or a peer is away. */
    REFUSED_STORAGE_FULL,   /* The persister has too little disk. */
    REFUSED_STORAGE_FAILED, /* The persister cannot write or read. */
    REFUSED_OVERLOADED,     /* A configured bound is reached. */
    REFUSED_UNKNOWN_OUTCOME,
    REFUSED_HELD,  /* A claim: another broker holds the partitions. */
    REFUSED_STALE, /* An append of an older epoch. */
    REFUSED_LAST = REFUSED_STALE
};

/* --- What is stored, and shown ------------------------------------------ */

/* A user as others see them. Empty texts mean "not known". */
struct wire_profile {
    user_id user;
    struct slice username;
    struct slice email;
    struct slice first_name;
    struct slice last_name;
    struct slice github_url;
    struct slice avatar;
    struct slice thumbnail_avatar;
    bool email_notifications;
    bool email_confirmed;
    bool from_directory; /* Put by the server API; else from token claims. */
};

/* What seldom changes about a room. */
struct wire_room {
    room_id room;
    uint8_t kind; /* enum room_kind */
    struct slice key;
    struct slice title;
    bool open; /* Anyone may join (messenger's join_room). */
    int64_t created_us;
};

/* What changes with every event of a room. */
struct wire_room_state {
    uint64_t place;      /* Of the latest event; 1, 2, 3, ... */
    uint64_t ordinal;    /* Of the latest message; 1, 2, 3, ... */
    uint64_t live_total; /* Messages that are not deleted. */
    int64_t activity_us; /* Of the latest message, or of the creation. */
    /* The two highest read marks ever, by different users; a message is read
     * when somebody but its author has a mark at or above its place. */
    user_id reader1;
    uint64_t mark1;
    user_id reader2;
    uint64_t mark2;
    uint32_t members_count;
};

/* One member of a room. unread = live_total - own_total - seen. */
struct wire_member {
    user_id user;
    uint8_t role;       /* enum member_role */
    uint64_t mark;      /* Place of the last message read; 0: none. */
    int64_t read_us;    /* When the mark moved there; 0: never. */
    uint64_t seen;      /* Live messages by others at or below the mark. */
    uint64_t own_total; /* Live messages by this member. */
};

/* An attachment. Its bytes are apart, in chunks. */
struct wire_file {
    file_id file;
    user_id owner; /* Who uploaded it. */
    int64_t created_us;
    struct slice secret; /* LIMIT_FILE_SECRET_BYTES, part of its address. */
    struct slice name;   /* As the uploader gave it; no path. */
    struct slice mime;   /* Told by its content. */
    uint64_t size;       /* In bytes. */
};

/* A message as the replies to it show it. */
struct wire_quote {
    message_id message;
    user_id author;
    struct slice text; /* Empty when deleted. */
    int64_t created_us;
    bool edited;
    bool deleted;
    bool read;
    struct wire_file *files;
    uint32_t files_count;
    uint64_t place; /* Of its creation: whether it is read depends on that. */
};

struct wire_message {
    message_id message;
    room_id room;
    uint64_t ordinal;
    uint64_t place; /* Of its creation. */
    user_id author;
    struct slice text;   /* Empty when deleted. */
    message_id reply_to; /* 0: none. */
    int64_t created_us;
    bool edited;
    bool deleted;
    bool read;               /* Computed when read or sent; never stored. */
    uint64_t lesson;         /* 0: none. */
    struct wire_file *files; /* None when deleted. */
    uint32_t files_count;
    /* Computed when read or sent, never stored: what |reply_to| names (absent:
     * none, or it is gone), and when a mark of another member first reached
     * the message (0: not yet, or the room has not just two members). */
    struct wire_quote quote;
    int64_t read_us;
};

/* A room as one user's list shows it. */
struct wire_view {
    struct wire_room room;
    uint32_t members_count;
    uint64_t unread;
    user_id customer;         /* 0: nobody has the role. */
    user_id executor;         /* 0: nobody has the role. */
    struct wire_message last; /* Newest that is not deleted; or absent. */
    int64_t activity_us;
    user_id other; /* Of a room of two, whoever does not look; else 0. */
};

/* How a room stands for a user who follows all their rooms. */
struct wire_feed_room {
    room_id room;
    uint64_t after_place; /* The last event before the time asked for. */
    uint64_t place;       /* The last event of all, ... */
    uint64_t unread;      /* ... and what is unread after it. */
    uint32_t members_count;
};

/* How much is unread to one member. */
struct wire_count {
    user_id user;
    uint64_t unread;
};

/* Whether a user is there. */
struct wire_presence {
    user_id user;
    bool online;
    int64_t last_seen_us; /* Offline: since when; 0: not known. */
};

/* An order review; the room comes when it goes to "in_progress". */
struct wire_review {
    struct slice key;    /* Its id, a decimal string. */
    struct slice status; /* As the application last gave it. */
    user_id customer;
    user_id executor;
    room_id room; /* 0: none yet. */
};

/* --- Commands: gateway to broker. Each gets exactly one reply ------------ */

/* Naming a room. Commands with |room|, |kind| and |key| take either the id or,
 * with |room| 0, what the application calls it; partition is that of the room
 * or of the key, which are the same. A direct room's key is the two user ids,
 * "<smaller>_<larger>"; only these two have it. With |dialog| set a room that
 * has not exactly two members is not found. */

/* What a CONNECT means for a user who wants to be seen as offline. */
enum connect_kind {
    CONNECT_NEW,    /* That is over. */
    CONNECT_AGAIN,  /* The connection is an old one, on a new link: nothing. */
    CONNECT_HIDING, /* The same, and the user still wants it. */
};
#define CONNECT_KIND_LAST CONNECT_HIDING

/* A client's connection is up. Reply: REPLY_PROFILE, the profile to show. */
struct wire_connect {
    uint64_t connection; /* The gateway's own number for it, never 0. */
    struct wire_profile claims;
    uint32_t grace_ms; /* So long after its end the user counts as there. */
    uint8_t kind;      /* enum connect_kind */
};

/* Reply: REPLY_OK, also when the connection is not known. */
struct wire_disconnect {
    uint64_t connection;
    user_id user;
};

/* Server API. Reply: REPLY_PROFILE. */
struct wire_user_put {
    struct wire_profile profile;
};

/* Reply: REPLY_PROFILE. */
struct wire_user_get {
    user_id user;
};

/* Reply: REPLY_ROOM; |created| tells whether (kind, key) is new. */
struct wire_room_create {
    uint8_t kind; /* enum room_kind */
    struct slice key;
    struct slice title;
    bool open;
    struct wire_member *members; /* Only user and role count. */
    uint32_t members_count;
};

/* Reply: REPLY_ROOM. */
struct wire_room_get {
    room_id room;
};

/* Reply: REPLY_ROOM. */
struct wire_room_patch {
    room_id room;
    bool has_title;
    struct slice title;
    bool has_open;
    bool open;
};

/* Reply: REPLY_OK. */
struct wire_room_delete {
    room_id room;
};

/* Reply: REPLY_OK, also when nothing changes. */
struct wire_member_put {
    room_id room;
    user_id user;
    uint8_t role; /* enum member_role */
};

/* Reply: REPLY_OK, also when nothing changes. */
struct wire_member_remove {
    room_id room;
    user_id user;
};

/* Reply: REPLY_REVIEW; other people than the first call's: REFUSED_CONFLICT. */
struct wire_review_put {
    struct wire_review review; /* |room| is not read. */
};

/* A member, or anyone in an open room, who becomes a member. Reply:
 * REPLY_VIEW. */
struct wire_join {
    room_id room;
    user_id user;
};

/* Ends membership of an open room; nothing else. Reply: REPLY_OK. */
struct wire_leave {
    room_id room;
    user_id user;
};

/* From the reply on, this gateway gets the room's events. Reply:
 * REPLY_SUBSCRIBED. */
struct wire_subscribe {
    room_id room;
    user_id user; /* Who asks; must be a member. */
    bool members; /* Say who the members are. */
};

/* The gateway has no subscriber left in the room. Reply: REPLY_OK. */
struct wire_unsubscribe {
    room_id room;
};

/* After a new link: this gateway still has subscribers and has seen the events
 * up to |after_place|; what came later follows as events. Reply: REPLY_PLACE,
 * or REFUSED_NOT_FOUND when the room is gone. */
struct wire_resume {
    room_id room;
    uint64_t after_place;
};

/* Reply: REPLY_MESSAGE, unless the sending gateway has interest in the room:
 * then the event itself is the reply (see wire_event.origin_correlation). A
 * direct room that does not exist comes into being. */
struct wire_send {
    room_id room;
    struct wire_profile author; /* Must be a member. */
    struct slice text;
    message_id reply_to;
    struct slice client_key;  /* Empty: none. */
    struct slice request_key; /* Empty: none. Remembered, the latest wins. */
    struct slice origin_key;  /* The gateway's own, unique per command. */
    bool retry;               /* Look |request_key| up first. */
    bool resent;              /* Look |origin_key| up first: said before, or
                                 perhaps not before its repetition. */
    uint64_t lesson;
    uint8_t kind; /* See "Naming a room". */
    struct slice key;
    bool dialog;
    struct wire_file *files; /* As ROW_FILES gave them; the author's own. */
    uint32_t files_count;
    bool mail; /* In a room of two: mail it to the other member. */
};

/* In this and the next two, a room that is named (id, or kind and key) must be
 * the message's: not found otherwise. The author only. Reply: REPLY_MESSAGE. */
struct wire_edit {
    message_id message;
    user_id user;
    struct slice text;
    room_id room; /* 0: whichever it is, unless |kind| and |key| say. */
    uint8_t kind;
    struct slice key;
    bool dialog;
};

/* The author, or a member with role moderator. Reply: REPLY_MESSAGE, also when
 * it was deleted before. */
struct wire_delete {
    message_id message;
    user_id user;
    room_id room;
    uint8_t kind;
    struct slice key;
    bool dialog;
};

/* Moves the user's read mark up to the message, never back; one's own message
 * is REFUSED_BAD_FIELD. Reply: REPLY_MARK. */
struct wire_mark {
    message_id message;
    user_id user;
    room_id room;
    uint8_t kind;
    struct slice key;
    bool dialog;
};

/* Which messages of a room. */
enum query_by {
    QUERY_BY_RANK = 1,    /* |skip| newest live ones left out. */
    QUERY_BY_ORDINAL = 2, /* |after| < ordinal < |before|. */
    QUERY_BY_MESSAGE = 3, /* |after| < message id < |before|. */
    QUERY_BY_LAST = QUERY_BY_MESSAGE
};

struct wire_query {
    uint8_t by;      /* enum query_by */
    uint64_t after;  /* 0: from the beginning. */
    uint64_t before; /* 0: to the end. */
    uint64_t skip;   /* Only by rank. */
    uint32_t limit;  /* 1 .. LIMIT_PAGE_MESSAGES. */
    bool newest;     /* Of the range, take the last |limit|, not the first. */
    bool deleted;    /* Tombstones too (not by rank). */
};

/* Reply: REPLY_PAGE. */
struct wire_history {
    room_id room;
    user_id user; /* Must be a member; 0: the server API asks. */
    struct wire_query query;
    uint8_t kind; /* See "Naming a room". */
    struct slice key;
    bool dialog;
};

/* The user's rooms, latest activity first. Reply: REPLY_LIST. */
struct wire_list {
    user_id user;
    uint64_t skip;
    uint32_t limit; /* 1 .. LIMIT_LIST_ROOMS. */
    uint8_t kind;   /* Only such rooms; 0: all. */
    bool dialogs;   /* Only rooms of exactly two members. */
};

/* One room as the user's list shows it. Reply: REPLY_VIEW. */
struct wire_room_view {
    room_id room;
    uint8_t kind; /* See "Naming a room". */
    struct slice key;
    user_id user; /* Must be a member. */
};

/* In how many of the user's rooms something is unread. Reply: ROW_COUNT. */
struct wire_unread {
    user_id user;
    bool dialogs; /* Only rooms of exactly two members count. */
};

/* The rooms of a user who follows all of them, latest activity first, at most
 * LIMIT_FEED_ROOMS. Reply: ROW_FEED. */
struct wire_feed {
    user_id user;
    int64_t since_us; /* For wire_feed_room.after_place. */
};

/* Committed events of a room, for one who began to follow it late. Reply:
 * ROW_EVENTS. */
struct wire_events {
    room_id room;
    user_id user; /* Must be a member. */
    uint64_t after_place;
    uint32_t limit; /* 1 .. LIMIT_PAGE_MESSAGES. */
};

/* The user types. At most one in TYPING_INTERVAL of each user in each room is
 * passed on. A direct room comes into being. Reply: REPLY_OK. */
struct wire_typing {
    room_id room;
    uint8_t kind; /* See "Naming a room". */
    struct slice key;
    user_id user;
};

/* The user wants to be seen as offline, or as they are. Reply: REPLY_OK. */
struct wire_presence_set {
    user_id user;
    bool online;
};

/* Reply: REPLY_PRESENCE. */
struct wire_presence_get {
    user_id user;
};

/* Ends all connections of the user, everywhere. Reply: REPLY_OK. */
struct wire_user_kick {
    user_id user;
};

/* One chunk of an upload, in order; all but the last have
 * LIMIT_FILE_CHUNK_BYTES. Reply: REPLY_FILE when it is on disk. A chunk that
 * comes again is answered as before. REFUSED_NOT_FOUND: no such upload is under
 * way (the broker was restarted); begin again. */
struct wire_file_put {
    user_id user;
    file_id file; /* 0: begins one. */
    uint64_t offset;
    struct slice bytes;
    bool last;           /* The file is whole now; what follows counts. */
    struct slice secret; /* Random, LIMIT_FILE_SECRET_BYTES. Given with the
                            first chunk too, that one is recognised when it
                            comes again. */
    struct slice name;
    struct slice mime;
};

/* Which file: by its id or by its secret. */
struct wire_file_name {
    file_id file;
    struct slice secret; /* Counts when |file| is 0. */
};

/* Files that are whole and not about to be collected. Reply: ROW_FILES, in the
 * order asked; what there is not is left out. */
struct wire_files {
    user_id user; /* Only those that this user uploaded; 0: anybody's. */
    struct wire_file_name *names;
    uint32_t names_count; /* 1 .. LIMIT_MESSAGE_FILES. */
};

/* Bytes of a file, from a chunk's beginning: the whole chunk. Reply:
 * ROW_BYTES. */
struct wire_file_bytes {
    file_id file;
    uint64_t offset; /* A multiple of LIMIT_FILE_CHUNK_BYTES. */
};

/* --- Replies: broker to gateway (the reads also persister to broker) ----- */

struct wire_reply_ok {
    uint8_t unused; /* Always 0: every kind has a field. */
};

struct wire_reply_error {
    uint8_t refusal;     /* enum wire_refusal */
    struct slice field;  /* The field to blame, or empty. */
    struct slice detail; /* For a person. */
};

struct wire_reply_place {
    uint64_t place;
};

/* The room's events come after |place|. */
struct wire_reply_subscribed {
    uint64_t place;
    struct wire_room room;
    struct wire_member *members; /* If they were asked for. */
    uint32_t members_count;
};

struct wire_reply_presence {
    struct wire_presence presence;
};

/* So far: |file.size| counts what is stored. */
struct wire_reply_file {
    struct wire_file file;
};

struct wire_reply_profile {
    struct wire_profile profile;
};

struct wire_reply_room {
    struct wire_room room;
    struct wire_member *members;
    uint32_t members_count;
    bool created;
};

struct wire_reply_view {
    struct wire_view view;
    struct wire_profile *profiles; /* Everybody that |view| names. */
    uint32_t profiles_count;
};

struct wire_reply_list {
    struct wire_view *views;
    uint32_t views_count;
    struct wire_profile *profiles;
    uint32_t profiles_count;
    uint64_t total; /* Rooms of the user in all that were asked for. */
};

/* Messages, oldest first, whatever the query. */
struct wire_reply_page {
    struct wire_message *messages;
    uint32_t messages_count;
    struct wire_profile *profiles;
    uint32_t profiles_count;
    bool has_more;         /* The range holds more, in the query's direction. */
    uint64_t next_ordinal; /* Last ordinal looked at: the next |after|. */
    uint64_t live_total;
};

struct wire_reply_message {
    struct wire_message message;
    struct wire_profile author;
    bool created; /* False: a known key, or nothing changed. */
};

struct wire_reply_mark {
    struct wire_message message; /* The one named. */
    struct wire_profile author;
    uint64_t mark;
    int64_t read_us;
    bool moved;
};

struct wire_reply_review {
    struct wire_review review;
};

/* --- Events: broker to gateway ------------------------------------------- */

/* One event of one room, sent once to each gateway with interest. */
struct wire_event {
    uint8_t kind; /* enum event_kind */
    room_id room;
    uint64_t place;
    int64_t at_us;
    user_id actor;               /* Who did it; 0: the application. */
    struct wire_message message; /* CREATED, EDITED, DELETED, MARK_MOVED. */
    struct wire_profile author;  /* Of |message|. */
    user_id member;              /* MEMBER_PUT, MEMBER_REMOVED. */
    uint8_t role;                /* MEMBER_PUT. */
    uint64_t mark;               /* MARK_MOVED: the actor's mark now. */
    /* The gateway number and correlation of the command behind it. For a SEND
     * this event is, to that gateway, the command's reply; after an EDIT, a
     * DELETE or a MARK the reply follows apart. 0: nobody waits. What is read
     * back has no gateway and the correlation of the RESUME that it is for. */
    uint32_t origin_gateway;
    uint64_t origin_correlation;
    /* After the event: how many members there are and, if at most two, what is
     * unread to each. Only of events as they happen; 0 in those that are read
     * back. */
    uint32_t members_count;
    struct wire_count *counts;
    uint32_t counts_count;
};

/* It is for a RESUME; else it happened just now. */
static inline bool wire_event_is_read_back(const struct wire_event *event) {
    return event->origin_gateway == 0 && event->origin_correlation != 0;
}

/* A member types. To the gateways with interest; not an event of the room's
 * sequence, never stored. */
struct wire_typed {
    room_id room;
    user_id user;
    int64_t until_us; /* So long it may be shown. */
};

/* --- Notices: to every gateway, about users ------------------------------ */

/* Who came or went. After a new link: everybody who is online. */
struct wire_presence_changed {
    struct wire_presence *users;
    uint32_t users_count;
};

/* These became members of the room; its events after |after_place| are for
 * them too. */
struct wire_membership {
    room_id room;
    uint64_t after_place;
    struct wire_member *members;
    uint32_t members_count;
};

/* To the gateways where the user is connected: close those connections. */
struct wire_kick {
    user_id user;
};

/* To the gateways where the user is connected. */
struct wire_profile_changed {
    struct wire_profile profile;
};

/* --- Broker to persister ------------------------------------------------- */

/* Take all partitions. Reply: CLAIMED, or REFUSED_HELD while the holder is
 * heard (3 s). */
struct wire_claim {
    uint64_t instance; /* Of the broker; random, never 0. */
};

/* The holder lives. Reply: OK, or REFUSED_STALE. */
struct wire_keep {
    uint64_t epoch;
};

/* The holder stops. Reply: OK. */
struct wire_release {
    uint64_t epoch;
};

struct wire_claimed {
    uint64_t epoch;
};

/* A shard begins (again) to append. Reply: HEADS of all partitions. */
struct wire_attach {
    uint64_t epoch;
};

struct wire_head {
    uint8_t partition;
    uint64_t seq; /* Of the last committed record; 0: none. */
};

struct wire_heads {
    struct wire_head *heads;
    uint32_t heads_count;
};

/* Encoded RECORD_* messages, of one partition, with running sequence. */
struct wire_batch {
    uint8_t partition;
    uint64_t epoch;
    uint64_t first_seq;
    struct slice *records;
    uint32_t records_count;
};

/* Reply: APPENDED with the heads reached, when all is on disk; for each batch
 * that was not taken, REFUSED with correlation 0. */
struct wire_append {
    struct wire_batch *batches;
    uint32_t batches_count;
};

struct wire_appended {
    struct wire_head *heads;
    uint32_t heads_count;
};

/* The batch that begins at |seq| and all that follow it in the partition were
 * not stored. */
struct wire_refused {
    uint8_t partition;
    uint64_t seq;
    uint8_t refusal; /* enum wire_refusal */
    struct slice detail;
};

/* --- Reads: broker to persister, and what only the broker reads ---------- */

struct wire_read_room { /* ROW_ROOM */
    room_id room;
};

struct wire_read_key { /* ROW_KEY */
    uint8_t kind;
    struct slice key;
};

struct wire_read_user { /* ROW_USER */
    user_id user;
};

struct wire_read_message { /* ROW_MESSAGE */
    message_id message;
};

/* Which memory of sent messages. Numbers are a disk format. */
enum sent_by {
    SENT_BY_CLIENT_KEY = 1,
    SENT_BY_REQUEST_KEY = 2,
    SENT_BY_ORIGIN_KEY = 3,
    SENT_BY_LAST = SENT_BY_ORIGIN_KEY
};

struct wire_read_sent { /* ROW_MESSAGE */
    room_id room;
    user_id sender;
    uint8_t by; /* enum sent_by */
    struct slice key;
};

struct wire_read_history { /* REPLY_PAGE */
    room_id room;
    struct wire_query query;
};

struct wire_read_list { /* REPLY_LIST */
    user_id user;
    uint64_t skip;
    uint32_t limit;
    uint8_t kind;
    bool dialogs;
};

struct wire_read_unread { /* ROW_COUNT */
    user_id user;
    bool dialogs;
};

struct wire_read_feed { /* ROW_FEED */
    user_id user;
    int64_t since_us;
};

/* Files that no message names and that are older than LIMIT_FILE_SHOWN_S are
 * left out: they are about to be collected. */
struct wire_read_files { /* ROW_FILES */
    user_id user;
    struct wire_file_name *names;
    uint32_t names_count;
    int64_t now_us; /* By which a file's age is told. */
};

struct wire_read_bytes { /* ROW_BYTES */
    file_id file;
    uint64_t offset;
};

struct wire_read_view { /* REPLY_VIEW */
    room_id room;
    user_id user;
};

struct wire_read_events { /* ROW_EVENTS */
    room_id room;
    uint64_t after_place;
    uint32_t limit;
};

/* How many live messages have after_place < place <= up_to_place. */
struct wire_read_count { /* ROW_COUNT */
    room_id room;
    uint64_t after_place;
    uint64_t up_to_place; /* Included; 0: to the end. */
    user_id not_by;       /* 0: by anybody. */
    user_id by;           /* 0: by anybody. */
};

struct wire_row_room {
    bool found;
    struct wire_room room; /* Absent when not found. */
    struct wire_room_state state;
    struct wire_member *members; /* By user id, ascending. */
    uint32_t members_count;
};

struct wire_row_key {
    room_id room;              /* 0: none. */
    struct wire_review review; /* Orders only; key empty: none. */
};

struct wire_row_user {
    bool found;
    struct wire_profile profile; /* Absent when not found. */
    int64_t last_seen_us;        /* 0: not known. */
};

struct wire_row_message {
    bool found;
    struct wire_message message; /* Absent when not found. */
    struct wire_profile author;
};

/* Committed events after a place, in order. */
struct wire_row_events {
    struct wire_event *events;
    uint32_t events_count;
    uint64_t last_place; /* Up to which this answer is complete. */
    bool has_more;
};

struct wire_row_count {
    uint64_t count;
};

struct wire_row_feed {
    struct wire_feed_room *rooms;
    uint32_t rooms_count;
    bool has_more; /* There are more than LIMIT_FEED_ROOMS. */
};

struct wire_row_files {
    struct wire_file *files;
    uint32_t files_count;
};

struct wire_row_bytes {
    struct slice bytes; /* Empty: there is nothing at that offset. */
};

/* --- Records: what the log holds. They carry the resulting rows ---------- */

struct record_user_put {
    struct wire_profile profile;
};

/* A room is made, with its first members, or its title or openness changed
 * (no members then). state.place is the event's place. */
struct record_room_put {
    struct wire_room room;
    struct wire_room_state state;
    struct wire_member *members;
    uint32_t members_count;
    int64_t at_us;
    bool created;
};

struct record_room_deleted {
    room_id room;
    uint8_t kind;
    struct slice key;
};

struct record_member_put {
    room_id room;
    struct wire_room_state state;
    struct wire_member member;
    int64_t at_us;
    user_id actor;
};

struct record_member_removed {
    room_id room;
    struct wire_room_state state;
    user_id user;
    int64_t at_us;
    user_id actor;
};

struct record_message_created {
    struct wire_message message;
    struct wire_room_state state;
    struct wire_member author; /* The author's row with own_total. */
    struct slice client_key;
    struct slice request_key;
    struct slice origin_key;
    user_id mail_to; /* Put it into the outbox for this user; 0: do not. */
};

struct record_message_edited {
    struct wire_message message;
    struct wire_room_state state;
    int64_t at_us;
    user_id actor;
};

struct record_message_deleted {
    struct wire_message message; /* The tombstone. */
    struct wire_room_state state;
    struct wire_member *members; /* Those whose counts change. */
    uint32_t members_count;
    int64_t at_us;
    user_id actor;
};

struct record_mark_moved {
    room_id room;
    struct wire_room_state state;
    struct wire_member member;
    message_id message; /* The one named. */
};

struct record_review_put {
    struct wire_review review;
};

struct record_user_seen {
    user_id user;
    int64_t last_seen_us;
};

/* Bytes of a file that is not whole yet; the first one's sequence gives the
 * file its id. */
struct record_file_chunk {
    file_id file;
    uint64_t offset;
    struct slice bytes;
    int64_t at_us;
};

/* The file is whole. */
struct record_file_put {
    struct wire_file file;
};

/* --- The state of a core ------------------------------------------------- */

#include "common/wire/wire_state.h"

/* --- The envelope -------------------------------------------------------- */

/* X(KIND, number, union member, struct). Numbers are for ever. */
#define WIRE_TABLE(X)                                                          \
    X(WIRE_CONNECT, 1, connect, wire_connect)                                  \
    X(WIRE_DISCONNECT, 2, disconnect, wire_disconnect)                         \
    X(WIRE_USER_PUT, 3, user_put, wire_user_put)                               \
    X(WIRE_USER_GET, 4, user_get, wire_user_get)                               \
    X(WIRE_ROOM_CREATE, 5, room_create, wire_room_create)                      \
    X(WIRE_ROOM_GET, 6, room_get, wire_room_get)                               \
    X(WIRE_ROOM_PATCH, 7, room_patch, wire_room_patch)                         \
    X(WIRE_ROOM_DELETE, 8, room_delete, wire_room_delete)                      \
    X(WIRE_MEMBER_PUT, 9, member_put, wire_member_put)                         \
    X(WIRE_MEMBER_REMOVE, 10, member_remove, wire_member_remove)               \
    X(WIRE_REVIEW_PUT, 11, review_put, wire_review_put)                        \
    X(WIRE_JOIN, 12, join, wire_join)                                          \
    X(WIRE_LEAVE, 13, leave, wire_leave)                                       \
    X(WIRE_SUBSCRIBE, 14, subscribe, wire_subscribe)                           \
    X(WIRE_UNSUBSCRIBE, 15, unsubscribe, wire_unsubscribe)                     \
    X(WIRE_RESUME, 16, resume, wire_resume)                                    \
    X(WIRE_SEND, 17, send, wire_send)                                          \
    X(WIRE_EDIT, 18, edit, wire_edit)                                          \
    X(WIRE_DELETE, 19, delete, wire_delete)                                    \
    X(WIRE_MARK, 20, mark, wire_mark)                                          \
    X(WIRE_HISTORY, 21, history, wire_history)                                 \
    X(WIRE_LIST, 22, list, wire_list)                                          \
    X(WIRE_ROOM_VIEW, 23, room_view, wire_room_view)                           \
    X(WIRE_UNREAD, 24, unread, wire_unread)                                    \
    X(WIRE_FEED, 25, feed, wire_feed)                                          \
    X(WIRE_EVENTS, 26, events, wire_events)                                    \
    X(WIRE_TYPING, 27, typing, wire_typing)                                    \
    X(WIRE_PRESENCE_SET, 28, presence_set, wire_presence_set)                  \
    X(WIRE_PRESENCE_GET, 29, presence_get, wire_presence_get)                  \
    X(WIRE_USER_KICK, 30, user_kick, wire_user_kick)                           \
    X(WIRE_FILE_PUT, 31, file_put, wire_file_put)                              \
    X(WIRE_FILES, 32, files, wire_files)                                       \
    X(WIRE_FILE_BYTES, 33, file_bytes, wire_file_bytes)                        \
    X(WIRE_REPLY_OK, 40, reply_ok, wire_reply_ok)                              \
    X(WIRE_REPLY_ERROR, 41, reply_error, wire_reply_error)                     \
    X(WIRE_REPLY_PLACE, 42, reply_place, wire_reply_place)                     \
    X(WIRE_REPLY_PROFILE, 43, reply_profile, wire_reply_profile)               \
    X(WIRE_REPLY_ROOM, 44, reply_room, wire_reply_room)                        \
    X(WIRE_REPLY_VIEW, 45, reply_view, wire_reply_view)                        \
    X(WIRE_REPLY_LIST, 46, reply_list, wire_reply_list)                        \
    X(WIRE_REPLY_PAGE, 47, reply_page, wire_reply_page)                        \
    X(WIRE_REPLY_MESSAGE, 48, reply_message, wire_reply_message)               \
    X(WIRE_REPLY_MARK, 49, reply_mark, wire_reply_mark)                        \
    X(WIRE_REPLY_REVIEW, 50, reply_review, wire_reply_review)                  \
    X(WIRE_REPLY_SUBSCRIBED, 51, reply_subscribed, wire_reply_subscribed)      \
    X(WIRE_REPLY_PRESENCE, 52, reply_presence, wire_reply_presence)            \
    X(WIRE_REPLY_FILE, 53, reply_file, wire_reply_file)                        \
    X(WIRE_EVENT, 56, event, wire_event)                                       \
    X(WIRE_PROFILE_CHANGED, 57, profile_changed, wire_profile_changed)         \
    X(WIRE_TYPED, 58, typed, wire_typed)                                       \
    X(WIRE_MEMBERSHIP, 59, membership, wire_membership)                        \
    X(WIRE_CLAIM, 60, claim, wire_claim)                                       \
    X(WIRE_KEEP, 61, keep, wire_keep)                                          \
    X(WIRE_RELEASE, 62, release, wire_release)                                 \
    X(WIRE_CLAIMED, 63, claimed, wire_claimed)                                 \
    X(WIRE_ATTACH, 64, attach, wire_attach)                                    \
    X(WIRE_HEADS, 65, heads, wire_heads)                                       \
    X(WIRE_APPEND, 66, append, wire_append)                                    \
    X(WIRE_APPENDED, 67, appended, wire_appended)                              \
    X(WIRE_REFUSED, 68, refused, wire_refused)                                 \
    X(WIRE_READ_ROOM, 70, read_room, wire_read_room)                           \
    X(WIRE_READ_KEY, 71, read_key, wire_read_key)                              \
    X(WIRE_READ_USER, 72, read_user, wire_read_user)                           \
    X(WIRE_READ_MESSAGE, 73, read_message, wire_read_message)                  \
    X(WIRE_READ_SENT, 74, read_sent, wire_read_sent)                           \
    X(WIRE_READ_HISTORY, 75, read_history, wire_read_history)                  \
    X(WIRE_READ_LIST, 76, read_list, wire_read_list)                           \
    X(WIRE_READ_VIEW, 77, read_view, wire_read_view)                           \
    X(WIRE_READ_EVENTS, 78, read_events, wire_read_events)                     \
    X(WIRE_READ_COUNT, 79, read_count, wire_read_count)                        \
    X(WIRE_ROW_ROOM, 80, row_room, wire_row_room)                              \
    X(WIRE_ROW_KEY, 81, row_key, wire_row_key)                                 \
    X(WIRE_ROW_USER, 82, row_user, wire_row_user)                              \
    X(WIRE_ROW_MESSAGE, 83, row_message, wire_row_message)                     \
    X(WIRE_ROW_EVENTS, 84, row_events, wire_row_events)                        \
    X(WIRE_ROW_COUNT, 85, row_count, wire_row_count)                           \
    X(WIRE_READ_FEED, 86, read_feed, wire_read_feed)                           \
    X(WIRE_READ_UNREAD, 87, read_unread, wire_read_unread)                     \
    X(WIRE_READ_FILES, 88, read_files, wire_read_files)                        \
    X(WIRE_READ_BYTES, 89, read_bytes, wire_read_bytes)                        \
    X(WIRE_ROW_FEED, 90, row_feed, wire_row_feed)                              \
    X(WIRE_ROW_FILES, 91, row_files, wire_row_files)                           \
    X(WIRE_ROW_BYTES, 92, row_bytes, wire_row_bytes)                           \
    X(RECORD_USER_PUT, 100, record_user_put, record_user_put)                  \
    X(RECORD_ROOM_PUT, 101, record_room_put, record_room_put)                  \
    X(RECORD_ROOM_DELETED, 102, record_room_deleted, record_room_deleted)      \
    X(RECORD_MEMBER_PUT, 103, record_member_put, record_member_put)            \
    X(RECORD_MEMBER_REMOVED, 104, record_member_removed,                       \
      record_member_removed)                                                   \
    X(RECORD_MESSAGE_CREATED, 105, record_message_created,                     \
      record_message_created)                                                  \
    X(RECORD_MESSAGE_EDITED, 106, record_message_edited,                       \
      record_message_edited)                                                   \
    X(RECORD_MESSAGE_DELETED, 107, record_message_deleted,                     \
      record_message_deleted)                                                  \
    X(RECORD_MARK_MOVED, 108, record_mark_moved, record_mark_moved)            \
    X(RECORD_REVIEW_PUT, 109, record_review_put, record_review_put)            \
    X(RECORD_USER_SEEN, 110, record_user_seen, record_user_seen)               \
    X(RECORD_FILE_CHUNK, 111, record_file_chunk, record_file_chunk)            \
    X(RECORD_FILE_PUT, 112, record_file_put, record_file_put)                  \
    X(WIRE_PRESENCE_CHANGED, 120, presence_changed, wire_presence_changed)     \
    X(WIRE_KICK, 121, kick, wire_kick)                                         \
    WIRE_STATE_TABLE(X)

enum wire_kind {
#define WIRE_ENUM(kind, number, member, type) kind = number,
    WIRE_TABLE(WIRE_ENUM)
#undef WIRE_ENUM
};

#define WIRE_KIND_MAX 159u

/* A gateway may say it to the broker. */
static inline bool wire_is_command(enum wire_kind kind) {
    return kind >= WIRE_CONNECT && kind < WIRE_REPLY_OK;
}

/* Whether a command may change something that lasts: if its answer is lost, it
 * may have done so. */
bool wire_is_write(enum wire_kind kind);

/* The broker may answer a command with it: a reply of its own, or a row that
 * it hands through. */
static inline bool wire_is_reply(enum wire_kind kind) {
    return (kind >= WIRE_REPLY_OK && kind < WIRE_EVENT) ||
           kind == WIRE_ROW_EVENTS || kind == WIRE_ROW_COUNT ||
           kind == WIRE_ROW_FEED || kind == WIRE_ROW_FILES ||
           kind == WIRE_ROW_BYTES;
}

/* A piece of a core's state. */
static inline bool wire_is_state(enum wire_kind kind) {
    return kind >= STATE_CORE && kind <= STATE_IDLE;
}

/* It is what a store keeps. */
static inline bool wire_is_record(enum wire_kind kind) {
    return kind >= RECORD_USER_PUT && kind <= RECORD_FILE_PUT;
}

/* One message. |correlation| is the asker's number, echoed in the reply;
 * |partition| says whose business it is (0 .. PARTITION_COUNT - 1). */
struct wire {
    enum wire_kind kind;
    uint64_t correlation;
    uint32_t partition;
    union {
#define WIRE_MEMBER(kind, number, member, type) struct type member;
        WIRE_TABLE(WIRE_MEMBER)
#undef WIRE_MEMBER
    } as;
};

/* Who is to blame when a message is refused. All strings are static. */
struct wire_error {
    const char *message; /* The kind's name, or "message". */
    const char *field;
    const char *reason;
};

/* Append the encoding of |wire| to |out|. The kind must be one of the table;
 * texts and lists must be within the limits (a bug otherwise: callers check
 * what comes from outside before they put it here). */
void wire_encode(const struct wire *wire, struct buf *out);

/* Decode exactly |bytes|. Borrows from |bytes| and |arena|. ERR_MALFORMED:
 * |error| (optional) says which field and why; |out| is undefined. */
enum err wire_decode(struct slice bytes, struct arena *arena, struct wire *out,
                     struct wire_error *error) MUST_CHECK;

/* The first three elements only, for a router. */
struct wire_head_fields {
    enum wire_kind kind;
    uint64_t correlation;
    uint32_t partition;
    size_t body_offset; /* Where the fields begin in the message. */
    uint32_t elements;  /* Of the array, these three included. */
};

enum err wire_peek(struct slice bytes, struct wire_head_fields *out) MUST_CHECK;

/* Append a copy of the encoded message |bytes| under another correlation; its
 * fields go over untouched. |head| is what wire_peek said of |bytes|. */
void wire_readdress(struct slice bytes, const struct wire_head_fields *head,
                    uint64_t correlation, struct buf *out);

/* Append one canonical line without a newline, for goldens, logs and traces:
 *   send correlation=7 room=65 author={user=1 username="bob"} text="hi"
 * Fields that are zero or empty are left out; text is escaped to ASCII. */
void wire_print(const struct wire *wire, struct buf *out);

/* "send", "reply_ok", ...; "unknown" for a kind that is not in the table. */
const char *wire_kind_name(enum wire_kind kind);

/* "not_found", ...: stable names of refusals, roles, room kinds, events. */
const char *wire_refusal_name(uint8_t refusal);
const char *wire_role_name(uint8_t role); /* "" for none. */
const char *wire_room_kind_name(uint8_t kind);
const char *wire_event_name(uint8_t kind);

/* The reverse; 0 for a name that is not known. */
uint8_t wire_role_from(struct slice name);
uint8_t wire_room_kind_from(struct slice name);

/* The partition of a room that is known by (kind, key): FNV-1a over both, a
 * disk format. */
uint32_t wire_key_partition(uint8_t kind, struct slice key);

/* The profile of |user| in a list, or NULL. */
const struct wire_profile *wire_profile_find(const struct wire_profile *list,
                                             uint32_t count, user_id user);

#endif
