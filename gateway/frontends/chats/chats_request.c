/* chats_request.c - from a client's frame to a command, or to the error that
 * names what is wrong with it. */
#include "gateway/frontends/chats/chats_frame.h"

static void ask(struct chats_frame *frame, const struct wire *command) {
    struct buf memo = {0};
    chats_memo_encode(&frame->memo, &memo);
    sink_command(frame->sink, command, buf_slice(&memo));
    buf_finish(&memo);
}

/* The message waits in the memo, encoded as the command that it will be, until
 * its files are known. */
static void ask_files(struct chats_frame *frame, const struct wire *send,
                      const struct chats_files *files) {
    struct wire_file_name names[LIMIT_MESSAGE_FILES] = {0};
    struct buf waiting = {0};
    struct wire command = {.kind = WIRE_FILES,
                           .as.files = {.user = frame->self,
                                        .names = names,
                                        .names_count = files->count}};
    for (uint8_t i = 0; i < files->count; i++)
        names[i].secret =
            (struct slice){files->secrets[i], LIMIT_FILE_SECRET_BYTES};
    wire_encode(send, &waiting);
    frame->memo.files_count = files->count;
    frame->memo.send = buf_slice(&waiting);
    ask(frame, &command);
    buf_finish(&waiting);
}

static void new_message(struct chats_frame *frame) {
    struct wire command = {.kind = WIRE_SEND};
    struct wire_send *send = &command.as.send;
    struct chats_files files = {.count = 0};
    if (!chats_take_chat(frame) || !chats_take_text(frame, &send->text) ||
        !chats_take_reply_to(frame, &send->reply_to) ||
        !chats_take_files(frame, &files) ||
        !chats_take_client_key(frame, &send->client_key))
        return;
    send->author.user = frame->self;
    send->kind = frame->memo.chat.kind;
    send->key = frame->memo.chat.key;
    if (files.count)
        ask_files(frame, &command, &files);
    else
        ask(frame, &command);
}

static void edit_message(struct chats_frame *frame) {
    struct wire command = {.kind = WIRE_EDIT};
    struct wire_edit *edit = &command.as.edit;
    struct slice client_key;
    if (!chats_take_chat(frame) ||
        !chats_take_message_id(frame, &edit->message) ||
        !chats_take_text(frame, &edit->text) ||
        !chats_take_client_key(frame, &client_key))
        return;
    edit->user = frame->self;
    edit->kind = frame->memo.chat.kind;
    edit->key = frame->memo.chat.key;
    ask(frame, &command);
}

static void typing(struct chats_frame *frame) {
    struct wire command = {.kind = WIRE_TYPING};
    enum json_type given = frame->fields[FIELD_MESSAGE_ID].type;
    if (given != JSON_ABSENT && given != JSON_NULL_VALUE &&
        slice_equal(buf_slice(&frame->name), SLICE("typing"))) {
        chats_refuse(frame, "ambiguous_type", "type",
                     "With a message_id the type must be message_read or "
                     "delete_message.");
        return;
    }
    if (!chats_take_chat(frame))
        return;
    command.as.typing = (struct wire_typing){.kind = frame->memo.chat.kind,
                                             .key = frame->memo.chat.key,
                                             .user = frame->self};
    ask(frame, &command);
}

static void read_or_delete(struct chats_frame *frame) {
    struct wire command = {.kind = WIRE_MARK};
    message_id message;
    if (!chats_take_chat(frame) || !chats_take_message_id(frame, &message))
        return;
    if (frame->memo.event == CHATS_READ) {
        command.as.mark = (struct wire_mark){.message = message,
                                             .user = frame->self,
                                             .kind = frame->memo.chat.kind,
                                             .key = frame->memo.chat.key};
    } else {
        command.kind = WIRE_DELETE;
        command.as.delete = (struct wire_delete){.message = message,
                                                 .user = frame->self,
                                                 .kind = frame->memo.chat.kind,
                                                 .key = frame->memo.chat.key};
    }
    ask(frame, &command);
}

static void set_presence(struct chats_frame *frame) {
    struct wire command = {
        .kind = WIRE_PRESENCE_SET,
        .as.presence_set = {.user = frame->self,
                            .online = frame->memo.event == CHATS_ONLINE}};
    ask(frame, &command);
}

static enum chats_event event_of(struct slice name) {
    static const struct {
        enum chats_event event;
        const char *name;
    } names[] = {
#define EVENT_NAME(event, name, kind) {event, name},
        CHATS_EVENTS(EVENT_NAME)
#undef EVENT_NAME
        /* What the seed's examples and its names of events say. */
        {CHATS_TYPING, "typing"},
        {CHATS_READ, "read_message"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (slice_equal(slice_of(names[i].name), name))
            return names[i].event;
    return CHATS_UNKNOWN;
}

static void dispatch(struct chats_frame *frame) {
    if (!chats_take_string(frame, &frame->type, &frame->name))
        return;
    frame->memo.event = event_of(buf_slice(&frame->name));
    if (frame->memo.event == CHATS_UNKNOWN) {
        chats_refuse(frame, "unknown_type", "type", "There is no such type.");
        return;
    }
    if (frame->content.type != JSON_OBJECT_VALUE) {
        chats_refuse(frame, "bad_field", "content",
                     frame->content.type == JSON_ABSENT
                         ? "This field is required."
                         : "An object is required.");
        return;
    }
    switch (frame->memo.event) {
    case CHATS_UNKNOWN:
        return;
    case CHATS_NEW:
        new_message(frame);
        return;
    case CHATS_EDIT:
        edit_message(frame);
        return;
    case CHATS_TYPING:
        typing(frame);
        return;
    case CHATS_READ:
    case CHATS_DELETE:
        read_or_delete(frame);
        return;
    case CHATS_ONLINE:
    case CHATS_OFFLINE:
        set_presence(frame);
        return;
    }
}

/* Only texts and numbers are worth an echo: they are what these can be. */
static struct slice echo_of(const struct json_member *member) {
    if (member->type == JSON_TEXT || member->type == JSON_NUMBER)
        return member->raw;
    return (struct slice){0};
}

static enum err scan(struct chats_frame *frame, struct slice text) {
    static const char *const names[FIELD_COUNT] = {
#define FIELD_NAME(field, name) [field] = (name),
        CHATS_FIELDS(FIELD_NAME)
#undef FIELD_NAME
    };
    struct json_member outer[2] = {{.name = "type"}, {.name = "content"}};
    struct chats_echo *echo = &frame->memo.echo;
    for (int i = 0; i < FIELD_COUNT; i++)
        frame->fields[i].name = names[i];
    enum err err = json_scan(text, outer, 2);
    if (err != ERR_OK)
        return err;
    frame->type = outer[0];
    frame->content = outer[1];
    if (frame->type.type == JSON_TEXT)
        echo->type = frame->type.raw;
    if (frame->content.type != JSON_OBJECT_VALUE)
        return ERR_OK;
    err = json_scan(frame->content.raw, frame->fields, FIELD_COUNT);
    INVARIANT(err == ERR_OK); /* It is a part of what was checked above. */
    echo->client_key = echo_of(&frame->fields[FIELD_CLIENT_KEY]);
    echo->message_id = echo_of(&frame->fields[FIELD_MESSAGE_ID]);
    return ERR_OK;
}

void chats_receive(void *state, const struct frontend_config *config,
                   const struct wire_profile *self, struct slice text,
                   struct sink *sink) {
    (void)state;
    (void)config;
    struct chats_frame frame = {.self = self->user, .sink = sink};
    enum err err = scan(&frame, text);
    if (err == ERR_OK) {
        dispatch(&frame);
    } else {
        chats_refuse(&frame, "malformed", "",
                     err == ERR_LIMIT ? "The frame nests too deep."
                                      : "The frame is no JSON object.");
        sink_not_an_object(sink);
    }
    buf_finish(&frame.name);
    buf_finish(&frame.key);
    buf_finish(&frame.text);
}

void chats_echo_of(struct slice text, struct chats_echo *out) {
    struct chats_frame frame = {0};
    *out = (struct chats_echo){0};
    if (scan(&frame, text) == ERR_OK)
        *out = frame.memo.echo;
}
