/* messenger_request.c - from a client's frame to a command, or to the error
 * that names what is wrong with it. */
#include "common/hash.h"
#include "gateway/frontends/messenger/messenger.h"
#include "gateway/json/text.h"

enum member {
    MEMBER_ACTION,
    MEMBER_REQUEST_ID,
    MEMBER_PK,
    MEMBER_PAGE,
    MEMBER_MESSAGE,
    MEMBER_REPLY_TO,
    MEMBER_CLIENT_KEY,
    MEMBER_RETRY,
    MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
    [MEMBER_ACTION] = "action",
    [MEMBER_REQUEST_ID] = "request_id",
    [MEMBER_PK] = "pk",
    [MEMBER_PAGE] = "page",
    [MEMBER_MESSAGE] = "message",
    [MEMBER_REPLY_TO] = "reply_to_message",
    [MEMBER_CLIENT_KEY] = "client_key",
    [MEMBER_RETRY] = "retry",
};

/* One request on its way through this file. */
struct request {
    struct json_member members[MEMBER_COUNT];
    struct messenger_memo memo;
    struct messenger_state *state;
    user_id self;
    struct sink *sink;
    struct buf text; /* Unescaped strings. */
};

static bool refuse(struct request *request, unsigned status, enum member member,
                   const char *error) {
    struct buf answer = {0};
    struct slice field = {0};
    if (member != MEMBER_COUNT)
        field = slice_of(member_names[member]);
    messenger_put_error(&answer, &request->memo.echo, status, field,
                        slice_of(error));
    sink_text(request->sink, buf_slice(&answer));
    buf_finish(&answer);
    return false;
}

static bool not_found(struct request *request) {
    return refuse(request, 404, MEMBER_COUNT, "Not found");
}

static void ask(struct request *request, struct wire *command) {
    struct buf memo = {0};
    messenger_memo_encode(&request->memo, &memo);
    sink_command(request->sink, command, buf_slice(&memo));
    buf_finish(&memo);
}

/* An id as a number or a decimal string. One that no thing can have is the
 * same as one that nothing has. */
static bool take_id(struct request *request, enum member member,
                    uint64_t *out) {
    const struct json_member *from = &request->members[member];
    bool negative;
    if (from->type == JSON_ABSENT)
        return refuse(request, 400, member, "This field is required.");
    if (json_whole(from, out, &negative) != ERR_OK)
        return refuse(request, 400, member, "A valid integer is required.");
    if (negative || *out == 0 || *out > ID_MAX)
        return not_found(request);
    return true;
}

/* |skip|: how many entries stand before the page. */
static bool take_page(struct request *request, uint64_t *skip) {
    const struct json_member *from = &request->members[MEMBER_PAGE];
    uint64_t page = 1;
    bool negative = false;
    if (from->type != JSON_ABSENT &&
        (json_whole(from, &page, &negative) != ERR_OK || negative || page == 0))
        return refuse(request, 400, MEMBER_PAGE,
                      "A page number of 1 or more is required.");
    page--;
    *skip = page > UINT64_MAX / MESSENGER_PAGE_SIZE
                ? UINT64_MAX
                : page * MESSENGER_PAGE_SIZE;
    return true;
}

/* The text of a string member into request->text. */
static bool take_string(struct request *request, enum member member) {
    const struct json_member *from = &request->members[member];
    if (from->type == JSON_ABSENT)
        return refuse(request, 400, member, "This field is required.");
    if (from->type != JSON_TEXT)
        return refuse(request, 400, member, "Not a valid string.");
    buf_clear(&request->text);
    if (json_unescape(from->raw, &request->text) != ERR_OK)
        return refuse(request, 400, member,
                      "NUL and unpaired surrogates are not allowed.");
    return true;
}

static bool take_message(struct request *request, struct slice *out) {
    if (!take_string(request, MEMBER_MESSAGE))
        return false;
    *out = buf_slice(&request->text);
    if (text_points(*out) > LIMIT_TEXT_POINTS)
        return refuse(request, 400, MEMBER_MESSAGE,
                      "Ensure this field has no more than 8192 characters.");
    return true;
}

static bool take_reply_to(struct request *request, message_id *out) {
    const struct json_member *from = &request->members[MEMBER_REPLY_TO];
    bool negative;
    if (from->type == JSON_ABSENT || from->type == JSON_NULL_VALUE)
        return true;
    if (json_whole(from, &out->value, &negative) != ERR_OK)
        return refuse(request, 400, MEMBER_REPLY_TO,
                      "A valid integer is required.");
    if (negative || out->value == 0 || out->value > ID_MAX)
        return refuse(request, 400, MEMBER_REPLY_TO, "No such message.");
    return true;
}

/* |key| holds LIMIT_CLIENT_KEY_BYTES. */
static bool take_client_key(struct request *request, char *key,
                            struct slice *out) {
    const struct json_member *from = &request->members[MEMBER_CLIENT_KEY];
    if (from->type == JSON_ABSENT || from->type == JSON_NULL_VALUE)
        return true;
    if (!take_string(request, MEMBER_CLIENT_KEY))
        return false;
    if (request->text.size < 1 || request->text.size > LIMIT_CLIENT_KEY_BYTES)
        return refuse(request, 400, MEMBER_CLIENT_KEY,
                      "Ensure this field has 1 to 128 bytes.");
    memcpy(key, request->text.data, request->text.size);
    *out = (struct slice){key, request->text.size};
    return true;
}

/* A request_id as a key: its text, or, where that is long, a digest of it
 * behind a letter with which no JSON value begins. */
static struct slice request_key(const struct json_member *from, char *key) {
    if (from->type == JSON_ABSENT || from->type == JSON_NULL_VALUE)
        return (struct slice){0};
    if (from->raw.size <= LIMIT_REQUEST_KEY_BYTES)
        return from->raw;
    uint64_t digest[2] = {hash_bytes(1, from->raw), hash_bytes(2, from->raw)};
    key[0] = 'h';
    memcpy(key + 1, digest, sizeof digest);
    return (struct slice){key, 1 + sizeof digest};
}

static void create_message(struct request *request) {
    char client_key[LIMIT_CLIENT_KEY_BYTES];
    char digest[LIMIT_REQUEST_KEY_BYTES];
    struct wire command = {.kind = WIRE_SEND};
    struct wire_send *send = &command.as.send;
    const struct json_member *retry = &request->members[MEMBER_RETRY];
    send->room = request->state->current;
    if (request->members[MEMBER_PK].type != JSON_ABSENT &&
        request->members[MEMBER_PK].type != JSON_NULL_VALUE) {
        if (!take_id(request, MEMBER_PK, &send->room.value))
            return;
    } else if (send->room.value == 0) {
        refuse(request, 400, MEMBER_PK,
               "Join a room first, or say which one is meant.");
        return;
    }
    if (retry->type != JSON_ABSENT && retry->type != JSON_BOOLEAN) {
        refuse(request, 400, MEMBER_RETRY, "Must be a valid boolean.");
        return;
    }
    send->retry = retry->type == JSON_BOOLEAN && *retry->raw.data == 't';
    send->request_key =
        request_key(&request->members[MEMBER_REQUEST_ID], digest);
    if (!take_client_key(request, client_key, &send->client_key) ||
        !take_reply_to(request, &send->reply_to) ||
        !take_message(request, &send->text))
        return;
    request->memo.room = send->room;
    ask(request, &command);
}

static void ask_history(struct request *request, struct wire_query query) {
    struct wire command = {.kind = WIRE_HISTORY,
                           .as.history = {.room = request->memo.room,
                                          .user = request->self,
                                          .query = query}};
    ask(request, &command);
}

static void about_list(struct request *request) {
    struct wire command = {
        .kind = WIRE_LIST,
        .as.list = {.user = request->self, .limit = MESSENGER_PAGE_SIZE}};
    if (take_page(request, &command.as.list.skip))
        ask(request, &command);
}

static void about_message(struct request *request) {
    struct wire command = {.kind = WIRE_MARK};
    message_id message;
    struct slice text;
    if (!take_id(request, MEMBER_PK, &message.value))
        return;
    if (request->memo.action == ACTION_EDIT) {
        if (!take_message(request, &text))
            return;
        command.kind = WIRE_EDIT;
        command.as.edit = (struct wire_edit){
            .message = message, .user = request->self, .text = text};
    } else if (request->memo.action == ACTION_DELETE) {
        command.kind = WIRE_DELETE;
        command.as.delete =
            (struct wire_delete){.message = message, .user = request->self};
    } else {
        command.as.mark =
            (struct wire_mark){.message = message, .user = request->self};
    }
    ask(request, &command);
}

static void about_room(struct request *request) {
    struct wire command = {.kind = WIRE_JOIN};
    struct wire_query query = {.by = QUERY_BY_ORDINAL,
                               .limit = MESSENGER_RETRIEVE_SIZE};
    room_id room;
    if (!take_id(request, MEMBER_PK, &room.value))
        return;
    request->memo.room = room;
    if (request->memo.action == ACTION_JOIN) {
        command.as.join =
            (struct wire_join){.room = room, .user = request->self};
        ask(request, &command);
    } else if (request->memo.action == ACTION_LEAVE) {
        command.kind = WIRE_LEAVE;
        command.as.leave =
            (struct wire_leave){.room = room, .user = request->self};
        ask(request, &command);
    } else if (request->memo.action == ACTION_SUBSCRIBE) {
        command.kind = WIRE_SUBSCRIBE;
        command.as.subscribe =
            (struct wire_subscribe){.room = room, .user = request->self};
        ask(request, &command);
    } else if (request->memo.action == ACTION_RETRIEVE) {
        ask_history(request, query);
    } else {
        query = (struct wire_query){.by = QUERY_BY_RANK,
                                    .limit = MESSENGER_PAGE_SIZE};
        if (take_page(request, &query.skip))
            ask_history(request, query);
    }
}

static void unsubscribe(struct request *request) {
    room_id room;
    struct buf answer = {0};
    if (!take_id(request, MEMBER_PK, &room.value))
        return;
    sink_unfollow(request->sink, room);
    messenger_put_answer(&answer, &request->memo.echo, 204, SLICE("null"));
    sink_text(request->sink, buf_slice(&answer));
    buf_finish(&answer);
}

static enum messenger_action action_of(struct slice name) {
    static const struct {
        enum messenger_action action;
        const char *name;
    } names[] = {
#define ACTION_NAME(action, name) {action, name},
        MESSENGER_ACTIONS(ACTION_NAME)
#undef ACTION_NAME
        /* The right spelling of what its clients misspell. */
        {ACTION_PAGE, "retrieve_room_paginated_message_action"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(slice_of(names[i].name), name))
            return names[i].action;
    return ACTION_UNKNOWN;
}

/* 405 as djangochannelsrestframework words it. */
static void unknown_action(struct request *request) {
    struct buf error = {0};
    buf_append_slice(&error, SLICE("Method \""));
    buf_append_slice(&error, buf_slice(&request->text));
    buf_append_slice(&error, SLICE("\" not allowed."));
    struct buf answer = {0};
    messenger_put_error(&answer, &request->memo.echo, 405, (struct slice){0},
                        buf_slice(&error));
    sink_text(request->sink, buf_slice(&answer));
    buf_finish(&answer);
    buf_finish(&error);
}

static void dispatch(struct request *request) {
    if (request->members[MEMBER_ACTION].type == JSON_ABSENT ||
        request->members[MEMBER_ACTION].type == JSON_NULL_VALUE) {
        refuse(request, 405, MEMBER_COUNT,
               "Unable to find action in message body.");
        return;
    }
    if (!take_string(request, MEMBER_ACTION))
        return;
    request->memo.echo.action = request->members[MEMBER_ACTION].raw;
    request->memo.action = action_of(buf_slice(&request->text));
    switch (request->memo.action) {
    case ACTION_UNKNOWN:
        unknown_action(request);
        return;
    case ACTION_JOIN:
    case ACTION_LEAVE:
    case ACTION_RETRIEVE:
    case ACTION_SUBSCRIBE:
    case ACTION_PAGE:
        about_room(request);
        return;
    case ACTION_UNSUBSCRIBE:
        unsubscribe(request);
        return;
    case ACTION_LIST:
    case ACTION_PAGED_LIST:
        about_list(request);
        return;
    case ACTION_CREATE:
        create_message(request);
        return;
    case ACTION_READ:
    case ACTION_EDIT:
    case ACTION_DELETE:
        about_message(request);
        return;
    }
}

static enum err scan(struct request *request, struct slice text) {
    for (int i = 0; i < MEMBER_COUNT; i++)
        request->members[i].name = member_names[i];
    enum err err = json_scan(text, request->members, MEMBER_COUNT);
    if (err == ERR_OK) {
        request->memo.echo.request_id = request->members[MEMBER_REQUEST_ID].raw;
        request->memo.echo.pk = request->members[MEMBER_PK].raw;
        request->memo.echo.page = request->members[MEMBER_PAGE].raw;
    }
    return err;
}

void messenger_receive(void *state, const struct frontend_config *config,
                       const struct wire_profile *self, struct slice text,
                       struct sink *sink) {
    (void)config;
    struct request request = {.state = state, .self = self->user, .sink = sink};
    enum err err = scan(&request, text);
    if (err == ERR_OK) {
        dispatch(&request);
    } else {
        refuse(&request, 400, MEMBER_COUNT,
               err == ERR_LIMIT ? "The frame nests too deep."
                                : "The frame is no JSON object.");
        sink_not_an_object(sink);
    }
    buf_finish(&request.text);
}

void messenger_echo_of(struct slice text, struct messenger_echo *out) {
    struct request request = {0};
    *out = (struct messenger_echo){0};
    if (scan(&request, text) != ERR_OK)
        return;
    *out = request.memo.echo;
    if (request.members[MEMBER_ACTION].type == JSON_TEXT)
        out->action = request.members[MEMBER_ACTION].raw;
}
