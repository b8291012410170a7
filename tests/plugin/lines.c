/* lines.c - a sample frontend, built out of tree: a dialect of plain lines.
 *
 *   follow 65            ok | error not_found ...; then what happens there:
 *                        said 65 193 ann: hello
 *   say 65 hello         said 65 193 ann: hello, also to whoever says it
 *   last 65              the newest ten: said ... lines in one frame
 *   leave 65             ok
 *
 * Copy it to begin a dialect of your own. */
#include <gateway/plugin.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_COUNT 10u

/* What a request was, for its answer. */
struct memo {
    char verb; /* The first letter. */
    room_id room;
};

/* The next word of |line|, cut off its front. */
static struct slice take_word(struct slice *line) {
    const char *space = line->size ? memchr(line->data, ' ', line->size) : NULL;
    struct slice word = *line;
    if (space)
        word.size = (size_t)(space - line->data);
    size_t taken = word.size + (space != NULL);
    line->data += taken;
    line->size -= taken;
    return word;
}

static bool take_room(struct slice *line, room_id *room) {
    struct slice word = take_word(line);
    uint64_t number = 0;
    if (word.size == 0 || word.size > 16)
        return false;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(word.data[i] - '0');
    }
    *room = (room_id){number};
    return number >= 1 && number <= ID_MAX;
}

static void say_text(struct sink *sink, const char *text) {
    sink_text(sink, (struct slice){text, strlen(text)});
}

static void put_said(struct buf *out, const struct wire_message *message,
                     struct slice username) {
    char head[64];
    int size = snprintf(head, sizeof head, "said %" PRIu64 " %" PRIu64 " ",
                        message->room.value, message->message.value);
    buf_append(out, head, (size_t)size);
    buf_append_slice(out, username);
    buf_append_slice(out, SLICE(": "));
    buf_append_slice(out, message->text);
}

static void receive(void *state, const struct frontend_config *config,
                    const struct wire_profile *self, struct slice text,
                    struct sink *sink) {
    struct wire command = {.kind = WIRE_SEND};
    struct slice verb = take_word(&text);
    struct memo memo = {.verb = verb.size ? verb.data[0] : ' '};
    (void)state;
    (void)config;
    if (!take_room(&text, &memo.room)) {
        say_text(sink, "error bad_line VERB ROOM is wanted");
        return;
    }
    if (slice_equal(verb, SLICE("follow"))) {
        command.kind = WIRE_SUBSCRIBE;
        command.as.subscribe.room = memo.room;
        command.as.subscribe.user = self->user;
    } else if (slice_equal(verb, SLICE("say")) &&
               text.size <= LIMIT_TEXT_BYTES) {
        command.as.send.room = memo.room;
        command.as.send.text = text;
    } else if (slice_equal(verb, SLICE("last"))) {
        command.kind = WIRE_HISTORY;
        command.as.history.room = memo.room;
        command.as.history.user = self->user;
        command.as.history.query.by = QUERY_BY_RANK;
        command.as.history.query.limit = LAST_COUNT;
        command.as.history.query.newest = true;
    } else if (slice_equal(verb, SLICE("leave"))) {
        sink_unfollow(sink, memo.room);
        say_text(sink, "ok");
        return;
    } else {
        say_text(sink, "error bad_verb follow, say, last or leave is wanted");
        return;
    }
    sink_command(sink, &command,
                 (struct slice){(const char *)&memo, sizeof memo});
}

static void put_page(struct buf *out, const struct wire_reply_page *page) {
    for (uint32_t i = 0; i < page->messages_count; i++) {
        const struct wire_message *message = &page->messages[i];
        const struct wire_profile *author = wire_profile_find(
            page->profiles, page->profiles_count, message->author);
        if (i > 0)
            buf_append_slice(out, SLICE("\n"));
        put_said(out, message, author ? author->username : SLICE("?"));
    }
}

static void reply(void *state, const struct frontend_config *config,
                  const struct wire_profile *self, struct slice memo_bytes,
                  const struct wire *wire, struct sink *sink) {
    struct buf out = {0};
    struct memo memo;
    (void)state;
    (void)config;
    (void)self;
    memcpy(&memo, memo_bytes.data, sizeof memo);
    if (wire->kind == WIRE_REPLY_ERROR) {
        buf_append_slice(&out, SLICE("error "));
        const char *name = wire_refusal_name(wire->as.reply_error.refusal);
        buf_append(&out, name, strlen(name));
    } else if (wire->kind == WIRE_REPLY_MESSAGE) {
        put_said(&out, &wire->as.reply_message.message,
                 wire->as.reply_message.author.username);
    } else if (wire->kind == WIRE_REPLY_PAGE) {
        put_page(&out, &wire->as.reply_page);
    } else {
        if (memo.verb == 'f')
            sink_follow(sink, memo.room);
        buf_append_slice(&out, SLICE("ok"));
    }
    if (out.size == 0)
        buf_append_slice(&out, SLICE("nothing"));
    sink_text(sink, buf_slice(&out));
    buf_finish(&out);
}

static void broadcast(const struct frontend_config *config,
                      const struct wire_room *room,
                      const struct wire_event *event, struct buf *text) {
    (void)config;
    (void)room;
    switch ((enum event_kind)event->kind) {
    case EVENT_MESSAGE_CREATED:
        put_said(text, &event->message, event->author.username);
        return;
    case EVENT_MESSAGE_EDITED:
    case EVENT_MESSAGE_DELETED:
    case EVENT_MARK_MOVED:
    case EVENT_MEMBER_PUT:
    case EVENT_MEMBER_REMOVED:
    case EVENT_ROOM_CHANGED:
    case EVENT_ROOM_DELETED:
        return; /* A line cannot be taken back. */
    }
}

static void refuse(void *state, const struct frontend_config *config,
                   struct slice text, const struct wire_reply_error *error,
                   bool throttled, struct sink *sink) {
    (void)state;
    (void)config;
    (void)text;
    (void)error;
    say_text(sink, throttled ? "error throttled" : "error overloaded");
}

static const struct frontend lines = {
    .abi = FRONTEND_ABI,
    .name = "lines",
    .path = "/lines/",
    .receive = receive,
    .reply = reply,
    .broadcast = broadcast,
    .refuse = refuse,
};

PARLANCE_FRONTEND_PLUGIN(lines);
