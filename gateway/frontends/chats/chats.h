/* chats.h - what the files of this dialect share. DIALECTS.md, `chats`, is the
 * contract and seeds/chats.ru.md its source; README.md says what they leave
 * open. A connection has no state: everything is said in each frame. */
#ifndef GATEWAY_FRONTENDS_CHATS_CHATS_H
#define GATEWAY_FRONTENDS_CHATS_CHATS_H

#include "gateway/frontend.h"
#include "gateway/json/scan.h"

/* X(EVENT, name, kind of the reply that answers it). A second name of an event
 * stands in chats_request.c. */
#define CHATS_EVENTS(X)                                                        \
    X(CHATS_NEW, "new_message", WIRE_REPLY_MESSAGE)                            \
    X(CHATS_EDIT, "edit_message", WIRE_REPLY_MESSAGE)                          \
    X(CHATS_TYPING, "user_typing", WIRE_REPLY_OK)                              \
    X(CHATS_READ, "message_read", WIRE_REPLY_MARK)                             \
    X(CHATS_DELETE, "delete_message", WIRE_REPLY_MESSAGE)                      \
    X(CHATS_ONLINE, "set_online", WIRE_REPLY_OK)                               \
    X(CHATS_OFFLINE, "set_offline", WIRE_REPLY_OK)

enum chats_event {
    CHATS_UNKNOWN,
#define CHATS_ENUM(event, name, kind) event,
    CHATS_EVENTS(CHATS_ENUM)
#undef CHATS_ENUM
};

/* What the frames call a room. */
struct chats_chat {
    uint8_t kind;     /* enum room_kind */
    struct slice key; /* Of a direct one: the smaller id first. */
};

/* What an answer echoes: raw JSON, empty where the frame had none. */
struct chats_echo {
    struct slice type;       /* A string. */
    struct slice client_key; /* This and the next: a string or a number. */
    struct slice message_id;
};

/* What must be known when the reply comes; travels as the command's memo. */
struct chats_memo {
    enum chats_event event;
    struct chats_chat chat; /* kind 0: none. */
    struct chats_echo echo;
    bool text;           /* The text came as "text", not as "message". */
    uint8_t files_count; /* So many files were asked for, ... */
    struct slice send;   /* ... and this WIRE_SEND, encoded, waits for them. */
};

void chats_memo_encode(const struct chats_memo *memo, struct buf *out);

/* Borrows from |bytes|, which chats_memo_encode has made. */
void chats_memo_decode(struct slice bytes, struct chats_memo *out);

/* --- chats_key.c: naming rooms -------------------------------------------- */

/* The key of a direct room named "<id>_<id>" in either order: appended to
 * |key|. False: |text| is no such name, or |self| is neither of the two. */
bool chats_put_direct_key(struct slice text, user_id self, struct buf *key);

/* Whoever of the two in a direct room's key is not |self|; |self| where they
 * talk to themselves. 0: |key| is no such key. */
user_id chats_opponent(struct slice key, user_id self);

/* --- chats_request.c ------------------------------------------------------ */

void chats_receive(void *state, const struct frontend_config *config,
                   const struct wire_profile *self, struct slice text,
                   struct sink *sink);

/* The echoes of a frame whose content does not matter any more. */
void chats_echo_of(struct slice text, struct chats_echo *out);

/* --- chats_reply.c -------------------------------------------------------- */

void chats_reply(void *state, const struct frontend_config *config,
                 const struct wire_profile *self, struct slice memo,
                 const struct wire *reply, struct sink *sink);

/* --- chats_refusal.c: errors ---------------------------------------------- */

/* An error frame. |field| is empty where none is to blame. */
void chats_put_error(struct buf *out, const struct chats_echo *echo,
                     const char *code, struct slice detail, struct slice field);

/* What a refusal of the broker is for a client. */
struct chats_refusal {
    unsigned status; /* Of HTTP. */
    const char *code;
    const char *detail; /* Where the broker gives none. */
};

struct chats_refusal chats_refusal_of(uint8_t refusal);

/* --- chats_text.c: the shapes --------------------------------------------- */

/* {id, username, first_name, last_name, email, avatar, is_online}; |profile|
 * may be NULL. */
void chats_put_person(struct buf *out, const struct frontend_config *config,
                      user_id user, const struct wire_profile *profile);

void chats_put_message(struct buf *out, const struct frontend_config *config,
                       const struct wire_message *message,
                       const struct wire_profile *author);

/* {"type": |event|, "content": {chat_type, chat_id, room_id, message}}, with
 * client_key where |client_key| (raw JSON) is not empty. */
void chats_put_message_frame(struct buf *out,
                             const struct frontend_config *config,
                             enum chats_event event,
                             const struct chats_chat *chat,
                             const struct wire_message *message,
                             const struct wire_profile *author,
                             struct slice client_key);

void chats_put_read_frame(struct buf *out, const struct chats_chat *chat,
                          message_id message, user_id user, int64_t read_us);

void chats_put_delete_frame(struct buf *out, const struct chats_chat *chat,
                            message_id message, user_id user);

/* --- For whoever follows (chats_text.c) ------------------------------------
 */

void chats_broadcast(const struct frontend_config *config,
                     const struct wire_room *room,
                     const struct wire_event *event, struct buf *text);
void chats_typing(const struct frontend_config *config,
                  const struct wire_room *room, const struct wire_typed *typed,
                  struct buf *text);
void chats_presence(const struct frontend_config *config,
                    const struct wire_presence *presence, struct buf *text);

extern const struct call_handler chats_calls;

#endif
