/* room.h - one room: its members, its counters, and who hears it. */
#ifndef BROKER_CORE_ROOM_H
#define BROKER_CORE_ROOM_H

#include "broker/core/actor.h"
#include "broker/core/interest.h"
#include "broker/core/pending.h"
#include "broker/core/recent.h"
#include "broker/core/typing.h"

struct room {
    struct actor actor;
    struct wire_room info; /* Texts are in |texts|; before the load only the
                              id is set. */
    char *texts;
    struct wire_room_state state;
    struct wire_member *members; /* By user id, ascending. */
    uint32_t members_count;
    uint32_t members_capacity;
    uint64_t released_place; /* Of the last event that was told. */
    /* Sequences of the last changes: a lookup is good if it was asked when
     * they were committed, and what depends on them waits until they are. */
    uint64_t created_seq; /* A message was created. */
    uint64_t changed_seq; /* A message was edited or deleted. */
    uint64_t marked_seq;  /* A read mark moved. */
    uint64_t roster_seq;  /* A member came, went or got another role, or the
                             room's title or openness changed. */
    int64_t last_us;      /* Of the latest event: time never goes back. */
    struct recent recent;
    struct typing typing;
    bool is_deleted; /* Applied; GONE once it is committed. */
    struct interest *interest;
    uint32_t interest_count;
    uint32_t interest_capacity;
};

static inline struct room *room_of(struct actor *actor) {
    return (struct room *)actor;
}

/* The resident room, or NULL. */
struct room *room_find(const struct core *core, room_id room);

/* The same, made UNLOADED if it is not resident; NULL: no actor to be had. */
struct room *room_get(struct core *core, room_id room);

/* Whether the room |id| may come into being: a refusal, or 0. Makes room for
 * its actor. */
uint8_t room_may_be_made(struct core *core, room_id id);

/* A new READY room without members; room_may_be_made came before. */
struct room *room_create(struct core *core, const struct wire_room *info);

/* Fill the room's |info| and title with copies. */
void room_set_info(struct room *room, const struct wire_room *info);

/* NULL: no member. Valid until members change. */
struct wire_member *room_member(const struct room *room, user_id user);

/* |member| is not one yet. */
void room_member_add(struct room *room, const struct wire_member *member);
void room_member_remove(struct room *room, user_id user);

/* Whether all that is known of who is a member is on disk: what shows messages
 * to a member waits for that. */
bool room_roster_is_committed(const struct core *core, const struct room *room);

/* Whether anybody but |author| has read up to |place|. */
bool room_is_read(const struct room *room, user_id author, uint64_t place);

/* |user|'s mark is at |place| now: keeps the two highest by different users. */
void room_raise_marks(struct wire_room_state *state, user_id user,
                      uint64_t place);

/* REPLY_ROOM; members are borrowed from the room. */
struct wire room_reply(const struct room *room, bool created);

/* Begins the event: the next place, and its time, which it returns. The rest
 * of the state is changed before room_append. */
int64_t room_next_event(const struct core *core, struct room *room);

/* Appends |record| as pending_append() does; |event| (may be NULL) gets the
 * room and the place of the event just begun, how the counts are after it, and
 * whose command it answers. */
void room_append(struct core *core, struct room *room, enum pending_kind kind,
                 const struct command *command, struct wire *record,
                 struct wire *event, struct wire *reply);

/* The same, and |notice| (may be NULL) goes to all gateways before it. */
void room_append_notice(struct core *core, struct room *room,
                        enum pending_kind kind, const struct command *command,
                        struct wire *record, struct wire *notice,
                        struct wire *event, struct wire *reply);

/* What a command learns from the store about its room. */
enum looked {
    LOOKED_UP,     /* Here it is. */
    LOOKED_WAIT,   /* Not known yet; the command must wait. */
    LOOKED_REFUSED /* The store failed; the command was answered. */
};

/* |message| as a record carries it: without what is computed. */
struct wire_message room_stored_message(const struct wire_message *message);

/* The message as it is with all that was applied; |out->found| tells whether
 * this room has it. */
enum looked room_look_message(struct core *core, struct room *room,
                              const struct command *command, message_id message,
                              struct wire_row_message *out) MUST_CHECK;

/* The same for a message that is only quoted: its |read_us| may lag behind. */
enum looked room_look_quoted(struct core *core, struct room *room,
                             const struct command *command, message_id message,
                             struct wire_row_message *out) MUST_CHECK;

/* The message that |sender| sent under |key|, if there is one. */
enum looked room_look_sent(struct core *core, struct room *room,
                           const struct command *command, enum sent_by by,
                           user_id sender, struct slice key,
                           struct wire_row_message *out) MUST_CHECK;

/* The answer to |question|, with all that was applied up to |seq|. */
enum looked room_look_count(struct core *core, struct room *room,
                            const struct command *command, uint64_t seq,
                            const struct wire_read_count *question,
                            uint64_t *out) MUST_CHECK;

#endif
