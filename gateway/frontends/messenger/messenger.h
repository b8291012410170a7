/* messenger.h - what the files of this dialect share. The dialect is that of
 * djangochannelsrestframework consumers; DIALECTS.md, `messenger`, is the
 * contract and seeds/messenger.ru.md its source. */
#ifndef GATEWAY_FRONTENDS_MESSENGER_MESSENGER_H
#define GATEWAY_FRONTENDS_MESSENGER_MESSENGER_H

#include "gateway/frontend.h"
#include "gateway/json/scan.h"

#define MESSENGER_PAGE_SIZE 30u

/* How many messages of a `retrieve` are asked for at a time. */
#define MESSENGER_RETRIEVE_SIZE LIMIT_PAGE_MESSAGES

/* X(ACTION, name). A second name of an action stands in messenger_request.c. */
#define MESSENGER_ACTIONS(X)                                                   \
    X(ACTION_JOIN, "join_room")                                                \
    X(ACTION_LEAVE, "leave_room")                                              \
    X(ACTION_RETRIEVE, "retrieve")                                             \
    X(ACTION_SUBSCRIBE, "subscribe_to_messages_in_room")                       \
    X(ACTION_UNSUBSCRIBE, "unsubscribe_from_messages_in_room")                 \
    X(ACTION_LIST, "user_chat_list_action")                                    \
    X(ACTION_PAGED_LIST, "pag_user_chat_list_action")                          \
    X(ACTION_PAGE, "retrive_room_paginated_message_action")                    \
    X(ACTION_CREATE, "create_message")                                         \
    X(ACTION_READ, "message_read")                                             \
    X(ACTION_EDIT, "edit_message")                                             \
    X(ACTION_DELETE, "delete_message")

enum messenger_action {
    ACTION_UNKNOWN,
#define ACTION_ENUM(action, name) action,
    MESSENGER_ACTIONS(ACTION_ENUM)
#undef ACTION_ENUM
};

/* Of a connection. */
struct messenger_state {
    room_id current; /* The room joined last; 0: none. */
};

/* What an answer echoes: raw JSON, empty where the request had none. */
struct messenger_echo {
    struct slice action; /* A JSON string. */
    struct slice request_id;
    struct slice pk;
    struct slice page;
};

/* What must be known when the reply comes; travels as the command's memo. */
struct messenger_memo {
    enum messenger_action action;
    struct messenger_echo echo;
    room_id room;
    bool begun;        /* retrieve: a part is out already. */
    struct slice last; /* retrieve: the last message's JSON so far. */
};

void messenger_memo_encode(const struct messenger_memo *memo, struct buf *out);

/* Borrows from |bytes|, which messenger_memo_encode has made. */
void messenger_memo_decode(struct slice bytes, struct messenger_memo *out);

/* --- messenger_request.c -------------------------------------------------- */

void messenger_receive(void *state, const struct frontend_config *config,
                       const struct wire_profile *self, struct slice text,
                       struct sink *sink);

/* The echoes of a request whose content does not matter any more. */
void messenger_echo_of(struct slice text, struct messenger_echo *out);

/* --- messenger_reply.c ---------------------------------------------------- */

void messenger_reply(void *state, const struct frontend_config *config,
                     const struct wire_profile *self, struct slice memo,
                     const struct wire *reply, struct sink *sink);

/* --- messenger_text.c: the shapes ----------------------------------------- */

/* {"errors": [], "data": |data|, "action": ..., "response_status": |status|,
 * "request_id": ..., "pk": ...}; |data| is JSON. */
void messenger_put_answer(struct buf *out, const struct messenger_echo *echo,
                          unsigned status, struct slice data);

/* The same with data null and one error: |error| as a string, or, where
 * |field| is not empty, {"<field>": ["<error>"]}. */
void messenger_put_error(struct buf *out, const struct messenger_echo *echo,
                         unsigned status, struct slice field,
                         struct slice error);

/* The members "action", "response_status", "request_id", "pk" with a comma
 * before each. */
void messenger_put_envelope(struct buf *out, const struct messenger_echo *echo,
                            unsigned status);

void messenger_put_message(struct buf *out,
                           const struct frontend_config *config,
                           const struct wire_message *message,
                           const struct wire_profile *author);

/* A room, in the chat list as in the answer to join_room. */
void messenger_put_view(struct buf *out, const struct frontend_config *config,
                        const struct wire_view *view,
                        const struct wire_profile *profiles, uint32_t count);

void messenger_broadcast(const struct frontend_config *config,
                         const struct wire_room *room,
                         const struct wire_event *event, struct buf *text);

#endif
