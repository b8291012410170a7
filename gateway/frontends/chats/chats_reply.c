/* chats_reply.c - from the broker's reply to the client's answer. */
#include "gateway/frontends/chats/chats_frame.h"

/* One reply on its way through this file. */
struct answer {
    const struct frontend_config *config;
    user_id self;
    struct chats_memo memo;
    const struct wire *reply;
    struct sink *sink;
    struct buf text;
};

/* What this dialect calls the field that the broker blames. */
static struct slice field_of(const struct answer *answer,
                             const struct wire_reply_error *error) {
    const struct slice field = error->field;
    const char *text = answer->memo.text ? "text" : "message";
    if (error->refusal == REFUSED_NOT_FOUND && field.size == 0)
        return chats_unknown_field(answer->memo.event);
    if (error->refusal != REFUSED_BAD_FIELD &&
        error->refusal != REFUSED_NOT_FOUND)
        return (struct slice){0};
    if (slice_equal(field, SLICE("message")))
        return SLICE("message_id");
    if (slice_equal(field, SLICE("text")))
        return slice_of(text);
    if (slice_equal(field, SLICE("files")))
        return SLICE("file_urls");
    if (slice_equal(field, SLICE("kind")))
        return SLICE("chat_type");
    if (slice_equal(field, SLICE("key")) || slice_equal(field, SLICE("room")))
        return SLICE("chat_id");
    return field;
}

static struct slice detail_of(const struct wire_reply_error *error,
                              struct slice field) {
    /* Nothing may tell what there is from what is not theirs. */
    if (error->refusal == REFUSED_BAD_FIELD &&
        slice_equal(field, SLICE("reply_to")))
        return SLICE("No such message in this chat.");
    if (error->detail.size && error->refusal != REFUSED_NOT_FOUND)
        return error->detail;
    if (error->refusal == REFUSED_BAD_FIELD) {
        if (slice_equal(field, SLICE("message_id")))
            return SLICE("Your own message cannot be marked as read.");
        if (slice_equal(field, SLICE("file_urls")))
            return SLICE("No such file of yours.");
    }
    return slice_of(chats_refusal_of(error->refusal).detail);
}

static void say_error(struct answer *answer,
                      const struct wire_reply_error *error) {
    struct slice field = field_of(answer, error);
    chats_put_error(&answer->text, &answer->memo.echo,
                    chats_refusal_of(error->refusal).code,
                    detail_of(error, field), field);
    sink_text(answer->sink, buf_slice(&answer->text));
}

/* The files are known, or some of them are not the sender's: the message that
 * waited for them goes out, or not. */
static void send_with_files(struct answer *answer) {
    const struct wire_row_files *row = &answer->reply->as.row_files;
    struct arena arena = {0};
    struct buf memo = {0};
    struct wire command;
    struct wire_error error;
    if (row->files_count != answer->memo.files_count) {
        say_error(answer,
                  &(struct wire_reply_error){.refusal = REFUSED_BAD_FIELD,
                                             .field = SLICE("files")});
        return;
    }
    enum err err = wire_decode(answer->memo.send, &arena, &command, &error);
    INVARIANT(err == ERR_OK && command.kind == WIRE_SEND);
    command.as.send.files = row->files;
    command.as.send.files_count = row->files_count;
    answer->memo.send = (struct slice){0};
    answer->memo.files_count = 0;
    chats_memo_encode(&answer->memo, &memo);
    sink_command(answer->sink, &command, buf_slice(&memo));
    buf_finish(&memo);
    arena_finish(&arena);
}

static void say(struct answer *answer) {
    const struct wire_reply_message *message = &answer->reply->as.reply_message;
    const struct wire_reply_mark *mark = &answer->reply->as.reply_mark;
    const struct chats_chat *chat = &answer->memo.chat;
    switch (answer->memo.event) {
    case CHATS_NEW:
    case CHATS_EDIT:
        chats_put_message_frame(&answer->text, answer->config,
                                answer->memo.event, chat, &message->message,
                                &message->author, answer->memo.echo.client_key);
        break;
    case CHATS_DELETE:
        chats_put_delete_frame(&answer->text, chat, message->message.message,
                               answer->self);
        break;
    case CHATS_READ:
        chats_put_read_frame(&answer->text, chat, mark->message.message,
                             answer->self, mark->read_us);
        break;
    case CHATS_UNKNOWN:
    case CHATS_TYPING:
    case CHATS_ONLINE:
    case CHATS_OFFLINE:
        /* What they do is told to others. */
        return;
    }
    sink_text(answer->sink, buf_slice(&answer->text));
}

static enum wire_kind kind_of(const struct chats_memo *memo) {
    static const enum wire_kind kinds[] = {
#define EVENT_KIND(event, name, kind) [event] = (kind),
        CHATS_EVENTS(EVENT_KIND)
#undef EVENT_KIND
    };
    INVARIANT(memo->event < sizeof kinds / sizeof *kinds);
    return memo->files_count ? WIRE_ROW_FILES : kinds[memo->event];
}

void chats_reply(void *state, const struct frontend_config *config,
                 const struct wire_profile *self, struct slice memo,
                 const struct wire *reply, struct sink *sink) {
    (void)state;
    struct answer answer = {
        .config = config, .self = self->user, .reply = reply, .sink = sink};
    struct wire_reply_error error = {
        .refusal = REFUSED_UNKNOWN_OUTCOME,
        .detail = SLICE("The broker's reply was not understood.")};
    chats_memo_decode(memo, &answer.memo);
    if (reply->kind == kind_of(&answer.memo)) {
        if (answer.memo.files_count)
            send_with_files(&answer);
        else
            say(&answer);
    } else {
        if (reply->kind == WIRE_REPLY_ERROR)
            error = reply->as.reply_error;
        /* The files were only a question: nothing has been stored. */
        if (answer.memo.files_count && error.refusal == REFUSED_UNKNOWN_OUTCOME)
            error = (struct wire_reply_error){.refusal = REFUSED_TRY_AGAIN};
        say_error(&answer, &error);
    }
    buf_finish(&answer.text);
}
