/* wire_state.h - the state of a core as messages: what core_save() gives and
 * core_restore() takes (broker/core/snapshot.h). They stand at the beginning
 * of a trace and travel on no link. A part of wire.h; include that.
 *
 * They come in the order of their kinds, those of one kind in the order that
 * the core has them. Whatever follows from the rest is left out: counts, and
 * how many reasons an actor has to stay. */
#ifndef COMMON_WIRE_WIRE_STATE_H
#define COMMON_WIRE_WIRE_STATE_H

#ifndef COMMON_WIRE_WIRE_H
#error "include common/wire/wire.h"
#endif

/* Elements in one message of a kind that may come several times. */
#define LIMIT_STATE_ITEMS 4096u

/* An actor: rooms and users have an id, a key its kind and text. */
enum state_actor_type {
    STATE_NOBODY,
    STATE_IS_ROOM,
    STATE_IS_USER,
    STATE_IS_KEY
};
#define STATE_ACTOR_TYPE_LAST STATE_IS_KEY

struct state_actor {
    uint8_t type; /* enum state_actor_type */
    uint64_t id;
    uint8_t kind; /* enum room_kind */
    struct slice key;
};

/* The first one. */
struct state_core {
    int64_t now_us;
    uint64_t last_read; /* Correlation dealt last. */
    uint64_t activations_total;
    uint64_t passivations_total;
    uint64_t refusals_total;
    uint64_t messages_total;
    uint64_t duplicates_total;
    uint64_t presence_changes_total;
    uint64_t seen_lost_total;
    uint64_t typing_passed_total;
    uint64_t typing_throttled_total;
};

/* One that is the core's own. */
struct state_partition {
    uint64_t next_seq;
    uint64_t committed;
};

struct state_sent_key {
    uint64_t digest;
    uint64_t seq;
};

/* Of one partition, by sequence. */
struct state_sent_keys {
    struct state_sent_key *keys;
    uint32_t keys_count;
};

/* A command that waits, as it came. */
struct state_command {
    struct slice bytes; /* Encoded. */
    uint32_t gateway;
    uint8_t hops;
    uint64_t floor;
};

/* A question to the store that is under way. Whom it is for is said there. */
struct state_read {
    uint64_t read;   /* Its correlation. */
    uint8_t purpose; /* enum read_purpose of the core */
    uint8_t lookup;  /* enum lookup_index of the core */
    uint32_t gateway;
    uint64_t correlation;
    uint64_t floor;
    room_id room;
    uint32_t answer;              /* enum wire_kind */
    struct state_command command; /* Absent unless nobody else has it. */
};

struct state_gateway {
    uint32_t number;
    bool is_up;
};

/* How far an actor is loaded. */
struct state_load {
    uint8_t state; /* enum actor_state of the core */
    uint64_t read;
    uint64_t floor;
};

struct state_recent {
    user_id author;
    bool is_deleted;
};

struct state_typed {
    user_id user;
    int64_t at_us;
};

/* Of one that is not loaded only the id and what the store does not say. */
struct state_room {
    struct wire_room info;
    struct state_load load;
    uint64_t released_place;
    struct wire_room_state state;
    struct wire_member *members;
    uint32_t members_count;
    uint64_t created_seq;
    uint64_t changed_seq;
    uint64_t marked_seq;
    uint64_t roster_seq;
    int64_t last_us;
    bool is_deleted;
    uint64_t recent_first;
    struct state_recent *recent;
    uint32_t recent_count;
    struct state_typed *typing;
    uint32_t typing_count;
};

struct state_hearer {
    uint32_t gateway;
    bool is_live;
    uint64_t position;
    uint64_t read;
    uint64_t correlation;
};

/* Who hears a room, in the room's order. */
struct state_interest {
    room_id room;
    struct state_hearer *hearers;
    uint32_t hearers_count;
};

struct state_user {
    user_id user;
    struct state_load load;
    bool has_row;
    struct wire_profile profile; /* Absent unless it is loaded. */
    bool is_online;
    bool is_hidden;
    bool is_leaving;
    int64_t leaves_us;
    int64_t last_seen_us;
};

struct state_connection {
    uint32_t gateway;
    uint64_t number;
    uint32_t grace_ms;
};

/* Where a user is, in the order in which the connections came. */
struct state_connections {
    user_id user;
    struct state_connection *connections;
    uint32_t connections_count;
};

struct state_key {
    uint8_t kind; /* enum room_kind */
    struct slice key;
    struct state_load load;
    room_id room;
    bool has_review;
    struct slice status;
    user_id customer;
    user_id executor;
};

/* What a waiting command asked the store, and the answer. */
struct state_lookup {
    uint8_t index; /* enum lookup_index of the core */
    uint8_t state; /* enum lookup_state of the core */
    uint8_t refusal;
    uint64_t floor;
    uint64_t read;
    uint64_t after_place;
    uint64_t up_to_place;
    uint64_t count;
    struct slice row; /* An encoded ROW_MESSAGE. */
};

/* In an actor's mailbox, the first in it first. */
struct state_waiting {
    struct state_actor actor;
    struct state_command command;
    bool is_keyed;
    struct state_lookup *lookups;
    uint32_t lookups_count;
};

struct state_id {
    uint64_t id;
};

/* In which order a gateway came to its rooms and its users. */
struct state_links {
    uint32_t gateway;
    struct state_id *rooms;
    uint32_t rooms_count;
    struct state_id *users;
    uint32_t users_count;
};

/* In which order users came online. */
struct state_online {
    struct state_id *users;
    uint32_t users_count;
};

/* Those unused for the longest time come first. */
struct state_upload {
    user_id user;
    uint32_t index; /* Among the user's own. */
    uint32_t gateway;
    file_id file;
    uint64_t size;
    uint64_t last_offset;
    uint64_t last_digest;
    int64_t created_us;
    int64_t used_us;
    bool is_whole;
};

/* What waits for its commit in a partition, in order. */
struct state_pending {
    uint8_t kind; /* enum pending_kind of the core */
    bool has_record;
    uint64_t seq;
    struct state_actor actor;
    struct state_actor also;
    uint32_t gateway;
    uint64_t correlation;
    uint64_t place;
    uint64_t detail;
    uint32_t grace_ms;
    uint8_t connect; /* enum connect_kind */
    uint32_t record_size;
    struct slice notice; /* Encoded, as are both below. */
    struct slice event;
    struct slice reply;
};

struct state_unused {
    struct state_actor actor;
    int64_t since_us;
};

/* Who may be put away, the longest unused first. */
struct state_idle {
    struct state_unused *actors;
    uint32_t actors_count;
};

/* See WIRE_TABLE. */
#define WIRE_STATE_TABLE(X)                                                    \
    X(STATE_CORE, 128, state_core, state_core)                                 \
    X(STATE_PARTITION, 129, state_partition, state_partition)                  \
    X(STATE_SENT_KEYS, 130, state_sent_keys, state_sent_keys)                  \
    X(STATE_READ, 131, state_read, state_read)                                 \
    X(STATE_GATEWAY, 132, state_gateway, state_gateway)                        \
    X(STATE_ROOM, 133, state_room, state_room)                                 \
    X(STATE_INTEREST, 134, state_interest, state_interest)                     \
    X(STATE_USER, 135, state_user, state_user)                                 \
    X(STATE_CONNECTIONS, 136, state_connections, state_connections)            \
    X(STATE_KEY, 137, state_key, state_key)                                    \
    X(STATE_WAITING, 138, state_waiting, state_waiting)                        \
    X(STATE_LINKS, 139, state_links, state_links)                              \
    X(STATE_ONLINE, 140, state_online, state_online)                           \
    X(STATE_UPLOAD, 141, state_upload, state_upload)                           \
    X(STATE_PENDING, 142, state_pending, state_pending)                        \
    X(STATE_IDLE, 143, state_idle, state_idle)

#endif
