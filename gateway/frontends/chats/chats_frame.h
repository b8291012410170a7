/* chats_frame.h - one frame of a client on its way to a command, and the ways
 * to take its fields. Each take_ answers with the error that names the field
 * and gives false when there is something wrong. */
#ifndef GATEWAY_FRONTENDS_CHATS_CHATS_FRAME_H
#define GATEWAY_FRONTENDS_CHATS_CHATS_FRAME_H

#include "gateway/frontends/chats/chats.h"

/* X(FIELD, name): the members of "content" that mean something. */
#define CHATS_FIELDS(X)                                                        \
    X(FIELD_CHAT_TYPE, "chat_type")                                            \
    X(FIELD_CHAT_ID, "chat_id")                                                \
    X(FIELD_MESSAGE, "message")                                                \
    X(FIELD_TEXT, "text")                                                      \
    X(FIELD_REPLY_TO, "reply_to")                                              \
    X(FIELD_FILE_URLS, "file_urls")                                            \
    X(FIELD_CLIENT_KEY, "client_key")                                          \
    X(FIELD_MESSAGE_ID, "message_id")

enum chats_field {
#define FIELD_ENUM(field, name) field,
    CHATS_FIELDS(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

/* The secrets of the files that a message names, each once. */
struct chats_files {
    char secrets[LIMIT_MESSAGE_FILES][LIMIT_FILE_SECRET_BYTES];
    uint8_t count;
};

struct chats_frame {
    struct json_member type;
    struct json_member content;
    struct json_member fields[FIELD_COUNT];
    struct chats_memo memo;
    user_id self;
    struct sink *sink;
    struct buf name; /* Of the type, of the chat's type. */
    struct buf key;
    struct buf text;
    char client_key[LIMIT_CLIENT_KEY_BYTES];
};

/* Answers with an error; |field| may be "". Always false. */
bool chats_refuse(struct chats_frame *frame, const char *code,
                  const char *field, const char *detail);

/* The answer that does not tell what there is from what is not theirs. */
bool chats_refuse_unknown(struct chats_frame *frame);

/* Which field that answer names: what the event was looked up by. */
struct slice chats_unknown_field(enum chats_event event);

/* A string, unescaped into |out|. */
bool chats_take_string(struct chats_frame *frame,
                       const struct json_member *from, struct buf *out);

/* chat_type and chat_id into frame->memo.chat. */
bool chats_take_chat(struct chats_frame *frame);

/* "text", or else "message", trimmed. */
bool chats_take_text(struct chats_frame *frame, struct slice *out);

bool chats_take_message_id(struct chats_frame *frame, message_id *out);

/* This and the next two are optional; null is as good as absent. */
bool chats_take_reply_to(struct chats_frame *frame, message_id *out);
bool chats_take_client_key(struct chats_frame *frame, struct slice *out);
bool chats_take_files(struct chats_frame *frame, struct chats_files *out);

#endif
