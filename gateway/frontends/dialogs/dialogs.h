/* dialogs.h - what the files of this dialect share. DIALECTS.md, `dialogs`, is
 * the contract and seeds/dialogs.ru.md its source. */
#ifndef GATEWAY_FRONTENDS_DIALOGS_DIALOGS_H
#define GATEWAY_FRONTENDS_DIALOGS_DIALOGS_H

#include "gateway/frontend.h"
#include "gateway/json/scan.h"

#define DIALOGS_LIMIT_DEFAULT 20u
#define DIALOGS_LIMIT_MAX 100u

/* X(EVENT, name): what a client may ask, and what it is told. */
#define DIALOGS_EVENTS(X)                                                      \
    X(DIALOGS_LOAD, "dialogs.load")                                            \
    X(DIALOGS_MESSAGES_LOAD, "dialogs.messages.load")                          \
    X(DIALOGS_CREATE, "dialogs.messages.create")                               \
    X(DIALOGS_SEEN, "dialogs.messages.seen")                                   \
    X(DIALOGS_COUNT, "notifications.dialogs.count")

enum dialogs_event {
    DIALOGS_UNKNOWN,
#define EVENT_ENUM(event, name) event,
    DIALOGS_EVENTS(EVENT_ENUM)
#undef EVENT_ENUM
};

/* Why a request is refused. All static, or borrowed from the broker's reply. */
struct dialogs_error {
    unsigned status; /* Of HTTP. */
    const char *code;
    struct slice detail;
    struct slice field; /* Empty: none is to blame. */
};

/* Without data where none is to blame. */
static inline struct slice
dialogs_error_field(const struct dialogs_error *error) {
    return error->field.size ? error->field : (struct slice){0};
}

/* What an answer echoes: raw JSON, empty where the request had none. */
struct dialogs_echo {
    struct slice event; /* A JSON string. */
    struct slice request_id;
};

/* What must be known when the reply comes; travels as the command's memo. */
struct dialogs_memo {
    enum dialogs_event event; /* DIALOGS_UNKNOWN: the HTTP call. */
    struct dialogs_echo echo;
    bool looking; /* seen was refused: is it the dialog that is missing? */
    room_id room; /* 0: the direct room with |other|. */
    user_id other;
    message_id reply_to;
    uint64_t lesson;
    file_id file; /* To be looked up before the message is sent. */
    struct slice client_key;
    struct slice body;
    /* The page that was asked for, ... */
    uint64_t limit;
    uint64_t offset;
    /* ... and, where it did not fit into one reply, what of it came first:
     * its newest messages as JSON, without brackets. */
    uint64_t total;
    uint64_t taken;
    struct slice messages;
};

void dialogs_memo_encode(const struct dialogs_memo *memo, struct buf *out);

/* Drops what is only needed for a message that is not sent yet. */
void dialogs_memo_forget(struct dialogs_memo *memo);

/* Borrows from |bytes|, which dialogs_memo_encode has made. */
void dialogs_memo_decode(struct slice bytes, struct dialogs_memo *out);

/* --- dialogs_take.c: the values of a request ------------------------------ */

/* NULL: |*out| is the value; else what is wrong with it, static. All of them
 * want a value; absent is for the caller to see. */

/* 1 .. ID_MAX, a number or a text of decimal digits. */
const char *dialogs_take_id(const struct json_member *from, uint64_t *out);

/* A whole number of 0 or more, over ID_MAX: ID_MAX. */
const char *dialogs_take_whole(const struct json_member *from, uint64_t *out);

/* Appends the text; NUL and what is no Unicode is refused. */
const char *dialogs_take_text(const struct json_member *from, struct buf *out);

/* The same, trimmed, with 1 .. LIMIT_TEXT_POINTS code points in the end;
 * |*out| borrows from |text|. */
const char *dialogs_take_body(const struct json_member *from, struct buf *text,
                              struct slice *out);

/* The same with 1 .. LIMIT_CLIENT_KEY_BYTES bytes. */
const char *dialogs_take_key(const struct json_member *from, struct buf *text);

/* --- dialogs_ask.c: commands ---------------------------------------------- */

/* The first command of a message that |memo| describes: WIRE_FILES if it has
 * a file. |name| has room for that file's name. */
void dialogs_ask_send(const struct dialogs_memo *memo, user_id self,
                      struct wire_file_name *name, struct wire *command);

/* The WIRE_SEND itself, with the file's row if it has one. |key| has room for
 * DIALOGS_KEY_BYTES_MAX. */
#define DIALOGS_KEY_BYTES_MAX 48u
void dialogs_send(const struct dialogs_memo *memo, user_id self,
                  struct wire_file *file, char *key, struct wire *command);

/* --- dialogs_request.c and dialogs_reply.c -------------------------------- */

void dialogs_receive(void *state, const struct frontend_config *config,
                     const struct wire_profile *self, struct slice text,
                     struct sink *sink);

/* The echoes of a request whose content does not matter any more. */
void dialogs_echo_of(struct slice text, struct dialogs_echo *out);

void dialogs_reply(void *state, const struct frontend_config *config,
                   const struct wire_profile *self, struct slice memo,
                   const struct wire *reply, struct sink *sink);

/* --- dialogs_error.c ------------------------------------------------------ */

/* The broker's refusal of what |memo| asked, in this dialect's words. Any reply
 * that is not a WIRE_REPLY_ERROR was not expected: the broker could not be
 * understood. */
struct dialogs_error dialogs_error_of(const struct wire *reply,
                                      const struct dialogs_memo *memo);

/* The file of |memo| is not there, or not the sender's. */
struct dialogs_error dialogs_error_no_file(void);

/* --- dialogs_http.c ------------------------------------------------------- */

extern const struct call_handler dialogs_http;

/* --- dialogs_text.c and dialogs_message.c: the shapes --------------------- */

/* {"type": "ws_send", "event": ..., "data": |data|}, with the request_id if
 * there was one and the meta if |meta| is not empty; both are JSON. */
void dialogs_put_answer(struct buf *out, const struct dialogs_echo *echo,
                        struct slice data, struct slice meta);

void dialogs_put_error(struct buf *out, const struct dialogs_echo *echo,
                       const struct dialogs_error *error);

void dialogs_put_message(struct buf *out, const struct frontend_config *config,
                         const struct wire_message *message,
                         const struct wire_profile *author);

/* A room as an entry of dialogs.load. */
void dialogs_put_view(struct buf *out, const struct frontend_config *config,
                      const struct wire_view *view,
                      const struct wire_profile *profiles, uint32_t count);

void dialogs_broadcast(const struct frontend_config *config,
                       const struct wire_room *room,
                       const struct wire_event *event, struct buf *text);

void dialogs_unread(const struct frontend_config *config, uint64_t count,
                    struct buf *text);

#endif
