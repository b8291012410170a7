/* messenger_reply.c - from the broker's reply to the client's answer. */
#include "common/json_write.h"
#include "gateway/frontends/messenger/messenger.h"

/* One reply on its way through this file. */
struct answer {
    const struct frontend_config *config;
    struct messenger_state *state;
    user_id self;
    struct messenger_memo memo;
    const struct wire *reply;
    struct sink *sink;
    struct buf text;
    struct buf data;
};

static void say(struct answer *answer, unsigned status) {
    if (answer->data.size == 0)
        json_put(&answer->data, "null");
    messenger_put_answer(&answer->text, &answer->memo.echo, status,
                         buf_slice(&answer->data));
    sink_text(answer->sink, buf_slice(&answer->text));
}

static unsigned status_of(uint8_t refusal) {
    switch ((enum wire_refusal)refusal) {
    case REFUSED_NOT_FOUND:
        return 404;
    case REFUSED_FORBIDDEN:
        return 403;
    case REFUSED_BAD_FIELD:
        return 400;
    case REFUSED_CONFLICT:
        return 409;
    case REFUSED_UNKNOWN_OUTCOME:
        return 504;
    case REFUSED_TRY_AGAIN:
    case REFUSED_STORAGE_FULL:
    case REFUSED_STORAGE_FAILED:
    case REFUSED_OVERLOADED:
    case REFUSED_HELD:
    case REFUSED_STALE:
        return 503;
    }
    return 503;
}

/* What this dialect calls the field that the broker blames. */
static struct slice field_of(const struct answer *answer, struct slice field) {
    if (slice_equal(field, SLICE("reply_to")))
        return SLICE("reply_to_message");
    if (slice_equal(field, SLICE("message")) &&
        answer->memo.action != ACTION_CREATE)
        return SLICE("pk");
    return field;
}

/* What the broker means by blaming a field without saying why. */
static struct slice bad_field_text(struct slice field) {
    if (slice_equal(field, SLICE("reply_to_message")))
        return SLICE("No such message.");
    if (slice_equal(field, SLICE("pk")))
        return SLICE("Your own message cannot be marked as read.");
    return SLICE("Not a valid value.");
}

static struct slice error_text(const struct wire_reply_error *error,
                               struct slice field) {
    switch ((enum wire_refusal)error->refusal) {
    case REFUSED_NOT_FOUND:
        return SLICE("Not found");
    case REFUSED_FORBIDDEN:
        return SLICE("You do not have permission to perform this action.");
    case REFUSED_UNKNOWN_OUTCOME:
        return SLICE("unknown_outcome");
    case REFUSED_BAD_FIELD:
        return error->detail.size ? error->detail : bad_field_text(field);
    case REFUSED_CONFLICT:
    case REFUSED_TRY_AGAIN:
    case REFUSED_STORAGE_FULL:
    case REFUSED_STORAGE_FAILED:
    case REFUSED_OVERLOADED:
    case REFUSED_HELD:
    case REFUSED_STALE:
        break;
    }
    if (error->detail.size)
        return error->detail;
    return slice_of(wire_refusal_name(error->refusal));
}

/* A retrieve that has begun cannot take back what is out: its envelope, which
 * comes at the end, tells of the error. */
static void end_retrieve(struct answer *answer, unsigned status,
                         struct slice error) {
    json_put(&answer->text, "],\"last_message\":");
    if (answer->memo.last.size)
        json_put_slice(&answer->text, answer->memo.last);
    else
        json_put(&answer->text, "null");
    json_put(&answer->text, "},\"errors\":[");
    if (error.size)
        json_put_text(&answer->text, error);
    json_put(&answer->text, "]");
    messenger_put_envelope(&answer->text, &answer->memo.echo, status);
    json_put(&answer->text, "}");
    sink_part(answer->sink, buf_slice(&answer->text), true);
}

static void say_error(struct answer *answer) {
    const struct wire_reply_error *error = &answer->reply->as.reply_error;
    unsigned status = status_of(error->refusal);
    struct slice field = {0};
    if (status == 400)
        field = field_of(answer, error->field);
    if (answer->memo.begun) {
        end_retrieve(answer, status, error_text(error, field));
        return;
    }
    messenger_put_error(&answer->text, &answer->memo.echo, status, field,
                        error_text(error, field));
    sink_text(answer->sink, buf_slice(&answer->text));
}

static const struct wire_profile *
author_of(const struct wire_reply_page *page,
          const struct wire_message *message) {
    return wire_profile_find(page->profiles, page->profiles_count,
                             message->author);
}

static void go_on_retrieving(struct answer *answer, uint64_t after) {
    struct wire command = {
        .kind = WIRE_HISTORY,
        .as.history = {.room = answer->memo.room,
                       .user = answer->self,
                       .query = {.by = QUERY_BY_ORDINAL,
                                 .after = after,
                                 .limit = MESSENGER_RETRIEVE_SIZE}}};
    struct buf memo = {0};
    answer->memo.begun = true;
    messenger_memo_encode(&answer->memo, &memo);
    sink_part(answer->sink, buf_slice(&answer->text), false);
    sink_command(answer->sink, &command, buf_slice(&memo));
    buf_finish(&memo);
}

static void say_retrieved(struct answer *answer) {
    const struct wire_reply_page *page = &answer->reply->as.reply_page;
    bool first = answer->memo.last.size == 0;
    if (!answer->memo.begun)
        json_put(&answer->text, "{\"data\":{\"messages\":[");
    for (uint32_t i = 0; i < page->messages_count; i++) {
        if (!first)
            json_put(&answer->text, ",");
        first = false;
        size_t start = answer->text.size;
        messenger_put_message(&answer->text, answer->config, &page->messages[i],
                              author_of(page, &page->messages[i]));
        if (i + 1 == page->messages_count) {
            buf_append(&answer->data, answer->text.data + start,
                       answer->text.size - start);
            answer->memo.last = buf_slice(&answer->data);
        }
    }
    if (page->has_more)
        go_on_retrieving(answer, page->next_ordinal);
    else
        end_retrieve(answer, 200, (struct slice){0});
}

static void put_page_head(struct answer *answer, const char *count_name,
                          uint64_t count) {
    json_put(&answer->data, "{\"page\":");
    if (answer->memo.echo.page.size)
        json_put_slice(&answer->data, answer->memo.echo.page);
    else
        json_put(&answer->data, "1");
    json_put(&answer->data, ",\"default_page_size\":");
    json_put_uint(&answer->data, MESSENGER_PAGE_SIZE);
    json_put(&answer->data, ",\"");
    json_put(&answer->data, count_name);
    json_put(&answer->data, "\":");
    json_put_uint(&answer->data, count);
    json_put(&answer->data, ",\"data\":");
}

/* Newest first; the envelope's keys stand beside the seed's. */
static void say_page(struct answer *answer) {
    const struct wire_reply_page *page = &answer->reply->as.reply_page;
    put_page_head(answer, "page_count_of_messages", page->messages_count);
    json_put(&answer->data, "[");
    for (uint32_t i = page->messages_count; i > 0; i--) {
        const struct wire_message *message = &page->messages[i - 1];
        messenger_put_message(&answer->data, answer->config, message,
                              author_of(page, message));
        if (i > 1)
            json_put(&answer->data, ",");
    }
    json_put(&answer->data, "],\"errors\":[]");
    messenger_put_envelope(&answer->data, &answer->memo.echo, 200);
    json_put(&answer->data, "}");
    sink_text(answer->sink, buf_slice(&answer->data));
}

static void put_views(struct answer *answer) {
    const struct wire_reply_list *list = &answer->reply->as.reply_list;
    json_put(&answer->data, "[");
    for (uint32_t i = 0; i < list->views_count; i++) {
        if (i)
            json_put(&answer->data, ",");
        messenger_put_view(&answer->data, answer->config, &list->views[i],
                           list->profiles, list->profiles_count);
    }
    json_put(&answer->data, "]");
}

static void say_list(struct answer *answer) {
    bool paged = answer->memo.action == ACTION_PAGED_LIST;
    if (paged)
        put_page_head(answer, "page_count_of_chats",
                      answer->reply->as.reply_list.views_count);
    put_views(answer);
    if (paged)
        json_put(&answer->data, "}");
    say(answer, 200);
}

static void say_joined(struct answer *answer) {
    const struct wire_reply_view *view = &answer->reply->as.reply_view;
    answer->state->current = answer->memo.room;
    messenger_put_view(&answer->data, answer->config, &view->view,
                       view->profiles, view->profiles_count);
    say(answer, 200);
}

static void say_left(struct answer *answer) {
    sink_unfollow(answer->sink, answer->memo.room);
    if (answer->state->current.value == answer->memo.room.value)
        answer->state->current = (room_id){0};
    say(answer, 200);
}

static void say_created(struct answer *answer) {
    const struct wire_reply_message *message = &answer->reply->as.reply_message;
    json_put(&answer->text, "{\"action\":\"create\",\"pk\":");
    json_put_uint(&answer->text, message->message.message.value);
    json_put(&answer->text, ",\"data\":");
    messenger_put_message(&answer->text, answer->config, &message->message,
                          &message->author);
    json_put(&answer->text, ",\"request_id\":");
    if (answer->memo.echo.request_id.size)
        json_put_slice(&answer->text, answer->memo.echo.request_id);
    else
        json_put(&answer->text, "null");
    json_put(&answer->text, ",\"errors\":[],\"response_status\":201}");
    sink_text(answer->sink, buf_slice(&answer->text));
}

static void say_marked(struct answer *answer) {
    json_put(&answer->data, "{\"pk\":");
    json_put_uint(&answer->data,
                  answer->reply->as.reply_mark.message.message.value);
    json_put(&answer->data, "}");
    say(answer, 200);
}

static void say_edited(struct answer *answer) {
    const struct wire_reply_message *message = &answer->reply->as.reply_message;
    messenger_put_message(&answer->data, answer->config, &message->message,
                          &message->author);
    say(answer, 200);
}

/* Each action and the kind of reply that answers it. */
static const struct {
    enum wire_kind kind;
    void (*say)(struct answer *answer);
} answers[] = {
    [ACTION_JOIN] = {WIRE_REPLY_VIEW, say_joined},
    [ACTION_LEAVE] = {WIRE_REPLY_OK, say_left},
    [ACTION_RETRIEVE] = {WIRE_REPLY_PAGE, say_retrieved},
    [ACTION_SUBSCRIBE] = {WIRE_REPLY_SUBSCRIBED, NULL},
    [ACTION_LIST] = {WIRE_REPLY_LIST, say_list},
    [ACTION_PAGED_LIST] = {WIRE_REPLY_LIST, say_list},
    [ACTION_PAGE] = {WIRE_REPLY_PAGE, say_page},
    [ACTION_CREATE] = {WIRE_REPLY_MESSAGE, say_created},
    [ACTION_READ] = {WIRE_REPLY_MARK, say_marked},
    [ACTION_EDIT] = {WIRE_REPLY_MESSAGE, say_edited},
    [ACTION_DELETE] = {WIRE_REPLY_MESSAGE, NULL},
};

void messenger_reply(void *state, const struct frontend_config *config,
                     const struct wire_profile *self, struct slice memo,
                     const struct wire *reply, struct sink *sink) {
    struct answer answer = {.config = config,
                            .state = state,
                            .self = self->user,
                            .reply = reply,
                            .sink = sink};
    messenger_memo_decode(memo, &answer.memo);
    struct wire unexpected = {
        .kind = WIRE_REPLY_ERROR,
        .as.reply_error = {.refusal = REFUSED_TRY_AGAIN,
                           .detail = SLICE("The broker's reply was not "
                                           "understood.")}};
    INVARIANT(answer.memo.action < sizeof answers / sizeof *answers);
    if (reply->kind != WIRE_REPLY_ERROR &&
        reply->kind != answers[answer.memo.action].kind)
        answer.reply = &unexpected;
    if (answer.reply->kind == WIRE_REPLY_ERROR) {
        say_error(&answer);
    } else if (answers[answer.memo.action].say) {
        answers[answer.memo.action].say(&answer);
    } else if (answer.memo.action == ACTION_SUBSCRIBE) {
        sink_follow(sink, answer.memo.room);
        say(&answer, 201);
    } else {
        say(&answer, 204);
    }
    buf_finish(&answer.text);
    buf_finish(&answer.data);
}
