/* dialogs_reply.c - from the broker's reply to the client's answer. */
#include "common/json_write.h"
#include "gateway/frontends/dialogs/dialogs.h"

/* One reply on its way through this file. */
struct answer {
    const struct frontend_config *config;
    user_id self;
    struct dialogs_memo memo;
    const struct wire *reply;
    struct sink *sink;
    struct buf text;
    struct buf data;
    struct buf meta;
};

static void say(struct answer *answer) {
    dialogs_put_answer(&answer->text, &answer->memo.echo,
                       buf_slice(&answer->data), buf_slice(&answer->meta));
    sink_text(answer->sink, buf_slice(&answer->text));
}

static void say_this_error(struct answer *answer,
                           const struct dialogs_error *error) {
    dialogs_put_error(&answer->text, &answer->memo.echo, error);
    sink_text(answer->sink, buf_slice(&answer->text));
}

static void say_not_found(struct answer *answer, struct slice field,
                          struct slice detail) {
    struct dialogs_error error = {
        .code = "not_found", .detail = detail, .field = field};
    say_this_error(answer, &error);
}

static void ask(struct answer *answer, const struct wire *command) {
    struct buf memo = {0};
    dialogs_memo_encode(&answer->memo, &memo);
    sink_command(answer->sink, command, buf_slice(&memo));
    buf_finish(&memo);
}

static void put_meta(struct answer *answer, uint64_t total) {
    json_put(&answer->meta, "{\"limit\":");
    json_put_uint(&answer->meta, answer->memo.limit);
    json_put(&answer->meta, ",\"offset\":");
    json_put_uint(&answer->meta, answer->memo.offset);
    json_put(&answer->meta, ",\"total\":");
    json_put_uint(&answer->meta, total);
    json_put(&answer->meta, "}");
}

static void say_list(struct answer *answer) {
    const struct wire_reply_list *list = &answer->reply->as.reply_list;
    json_put(&answer->data, "[");
    for (uint32_t i = 0; i < list->views_count; i++) {
        if (i)
            json_put(&answer->data, ",");
        dialogs_put_view(&answer->data, answer->config, &list->views[i],
                         list->profiles, list->profiles_count);
    }
    json_put(&answer->data, "]");
    put_meta(answer, list->total);
    say(answer);
}

/* The reply's messages, then those that came before: oldest first. */
static void put_messages(struct answer *answer, struct buf *out) {
    const struct wire_reply_page *page = &answer->reply->as.reply_page;
    for (uint32_t i = 0; i < page->messages_count; i++) {
        const struct wire_message *message = &page->messages[i];
        if (i)
            json_put(out, ",");
        dialogs_put_message(out, answer->config, message,
                            wire_profile_find(page->profiles,
                                              page->profiles_count,
                                              message->author));
    }
    if (page->messages_count && answer->memo.messages.size)
        json_put(out, ",");
    json_put_slice(out, answer->memo.messages);
}

/* The page's long texts did not fit into one reply: what is missing is older
 * than what has come. By ordinals, so that a message that comes meanwhile
 * moves nothing. */
static void ask_for_the_rest(struct answer *answer, uint64_t before) {
    struct dialogs_memo *memo = &answer->memo;
    struct wire command = {
        .kind = WIRE_HISTORY,
        .as.history = {.room = memo->room,
                       .user = answer->self,
                       .query = {.by = QUERY_BY_ORDINAL,
                                 .before = before,
                                 .limit = (uint32_t)(memo->limit - memo->taken),
                                 .newest = true},
                       .dialog = true}};
    put_messages(answer, &answer->data);
    memo->messages = buf_slice(&answer->data);
    ask(answer, &command);
}

static void say_page(struct answer *answer) {
    const struct wire_reply_page *page = &answer->reply->as.reply_page;
    struct dialogs_memo *memo = &answer->memo;
    if (memo->taken == 0)
        memo->total = page->live_total;
    memo->taken += page->messages_count;
    if (page->has_more && page->messages_count && memo->taken < memo->limit &&
        page->messages[0].ordinal > 1) {
        ask_for_the_rest(answer, page->messages[0].ordinal);
        return;
    }
    json_put(&answer->data, "[");
    put_messages(answer, &answer->data);
    json_put(&answer->data, "]");
    put_meta(answer, memo->total);
    say(answer);
}

static void say_created(struct answer *answer) {
    const struct wire_reply_message *reply = &answer->reply->as.reply_message;
    dialogs_put_message(&answer->data, answer->config, &reply->message,
                        &reply->author);
    say(answer);
}

/* The file's row goes along with the message. */
static void send_with_file(struct answer *answer) {
    const struct wire_row_files *row = &answer->reply->as.row_files;
    struct dialogs_memo *memo = &answer->memo;
    if (row->files_count == 0) {
        struct dialogs_error error = dialogs_error_no_file();
        say_this_error(answer, &error);
        return;
    }
    struct wire command;
    dialogs_send(memo, answer->self, &row->files[0], NULL, &command);
    dialogs_memo_forget(memo);
    ask(answer, &command);
}

/* Whether the mark moved or not: with the time that is stored. */
static void say_seen(struct answer *answer) {
    const struct wire_reply_mark *reply = &answer->reply->as.reply_mark;
    struct wire_message message = reply->message;
    if (!message.read_us)
        message.read_us = reply->read_us;
    dialogs_put_message(&answer->data, answer->config, &message,
                        &reply->author);
    say(answer);
}

/* Something of a `seen` was not found; which of the two, the view of the
 * dialog tells. */
static void look_for_dialog(struct answer *answer) {
    struct wire command = {
        .kind = WIRE_ROOM_VIEW,
        .as.room_view = {.room = answer->memo.room, .user = answer->self}};
    answer->memo.looking = true;
    ask(answer, &command);
}

static void say_what_is_missing(struct answer *answer) {
    const struct wire *reply = answer->reply;
    if (reply->kind == WIRE_REPLY_VIEW &&
        reply->as.reply_view.view.members_count == 2)
        say_not_found(answer, SLICE("message_id"),
                      SLICE("There is no such message in this dialog."));
    else
        say_not_found(answer, SLICE("dialog_id"),
                      SLICE("There is no such dialog."));
}

static bool is_not_found(const struct wire *reply) {
    return reply->kind == WIRE_REPLY_ERROR &&
           reply->as.reply_error.refusal == REFUSED_NOT_FOUND;
}

/* What answers the request, and what says it; no kind: nothing does. */
struct way {
    enum wire_kind kind;
    void (*say)(struct answer *answer);
};

static struct way way_of(const struct dialogs_memo *memo) {
    switch (memo->event) {
    case DIALOGS_LOAD:
        return (struct way){WIRE_REPLY_LIST, say_list};
    case DIALOGS_MESSAGES_LOAD:
        return (struct way){WIRE_REPLY_PAGE, say_page};
    case DIALOGS_CREATE:
        if (memo->file.value)
            return (struct way){WIRE_ROW_FILES, send_with_file};
        return (struct way){WIRE_REPLY_MESSAGE, say_created};
    case DIALOGS_SEEN:
        if (memo->looking)
            return (struct way){WIRE_REPLY_VIEW, say_what_is_missing};
        return (struct way){WIRE_REPLY_MARK, say_seen};
    case DIALOGS_UNKNOWN:
    case DIALOGS_COUNT:
        break;
    }
    return (struct way){WIRE_REPLY_ERROR, NULL};
}

static void dispatch(struct answer *answer) {
    struct dialogs_memo *memo = &answer->memo;
    struct way way = way_of(memo);
    INVARIANT(way.say != NULL); /* The others ask nothing. */
    if (answer->reply->kind == way.kind) {
        way.say(answer);
    } else if (memo->event == DIALOGS_SEEN && is_not_found(answer->reply)) {
        if (memo->looking)
            say_what_is_missing(answer);
        else
            look_for_dialog(answer);
    } else {
        struct dialogs_error error = dialogs_error_of(answer->reply, memo);
        say_this_error(answer, &error);
    }
}

void dialogs_reply(void *state, const struct frontend_config *config,
                   const struct wire_profile *self, struct slice memo,
                   const struct wire *reply, struct sink *sink) {
    (void)state;
    struct answer answer = {
        .config = config, .self = self->user, .reply = reply, .sink = sink};
    dialogs_memo_decode(memo, &answer.memo);
    dispatch(&answer);
    buf_finish(&answer.text);
    buf_finish(&answer.data);
    buf_finish(&answer.meta);
}
