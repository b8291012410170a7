/* chats_calls.c - from a path to a call, and the calls of one command. */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats_call.h"
#include "gateway/json/error.h"

#define SEGMENTS_MAX 4u

void chats_say_error(struct call_next *next, unsigned status, const char *code,
                     const char *detail) {
    next->ask = false;
    next->status = status;
    buf_clear(&next->body);
    error_put_body(&next->body, code, slice_of(detail), (struct slice){0});
}

void chats_say_refusal(struct call_next *next, uint8_t refusal) {
    /* These calls only ask: whatever happened, nothing was stored. */
    if (refusal == REFUSED_UNKNOWN_OUTCOME)
        refusal = REFUSED_TRY_AGAIN;
    const struct chats_refusal said = chats_refusal_of(refusal);
    chats_say_error(next, said.status, said.code, said.detail);
}

bool chats_ask_again(struct call_next *next, struct chats_call_head *head) {
    if (head->steps == CALL_STEPS_MAX) {
        chats_say_refusal(next, REFUSED_OVERLOADED);
        return false;
    }
    head->steps++;
    next->ask = true;
    buf_append(&next->memo, head, sizeof(*head));
    return true;
}

/* --- Paths ---------------------------------------------------------------- */

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One segment of a path without its percent signs, in |arena|. False: they are
 * wrong, or it is empty, or longer than a key. */
static bool decode(struct slice segment, struct arena *arena,
                   struct slice *out) {
    char bytes[LIMIT_ROOM_KEY_BYTES];
    size_t size = 0;
    for (size_t i = 0; i < segment.size; i++) {
        char c = segment.data[i];
        if (c == '%') {
            int high =
                i + 2 < segment.size ? hex_value(segment.data[i + 1]) : -1;
            int low = high >= 0 ? hex_value(segment.data[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (size == sizeof(bytes))
            return false;
        bytes[size++] = c;
    }
    *out = arena_copy(arena, (struct slice){bytes, size});
    return size > 0;
}

/* The segments of |path|, which begins with a slash and may end with one. 0:
 * it does not, or there are too many of them, or one is wrong. */
static size_t split(struct slice path, struct arena *arena,
                    struct slice *segments) {
    size_t count = 0;
    if (path.size < 2 || path.data[0] != '/')
        return 0;
    if (path.data[path.size - 1] == '/')
        path.size--;
    while (path.size) {
        path.data++;
        path.size--;
        const char *slash =
            path.size ? memchr(path.data, '/', path.size) : NULL;
        struct slice segment = path;
        if (slash)
            segment.size = (size_t)(slash - path.data);
        if (count == SEGMENTS_MAX ||
            !decode(segment, arena, &segments[count++]))
            return 0;
        path.data += segment.size;
        path.size -= segment.size;
    }
    return count;
}

static uint8_t kind_of(struct slice name) {
    if (slice_equal(name, SLICE("directs")))
        return ROOM_DIRECT;
    if (slice_equal(name, SLICE("projects")))
        return ROOM_PROJECT;
    return slice_equal(name, SLICE("orders")) ? ROOM_ORDER : 0;
}

static bool find_call(struct chats_ask *ask) {
    struct slice segments[SEGMENTS_MAX];
    size_t count = split(ask->request->path, ask->next->arena, segments);
    if (count < 2 || !slice_equal(segments[0], SLICE("chats")))
        return false;
    ask->head.kind = kind_of(segments[1]);
    if (ask->head.kind == 0) {
        ask->head.call = CALL_UNREADS;
        return count == 2 && slice_equal(segments[1], SLICE("has-unreads"));
    }
    ask->head.call = CALL_LIST;
    if (count > 2) {
        ask->head.call = CALL_ONE;
        ask->key = segments[2];
    }
    if (count > 3) {
        ask->head.call = CALL_MESSAGES;
        return slice_equal(segments[3], SLICE("messages"));
    }
    return true;
}

/* The smaller id first; false: no such chat can be this user's. */
static bool name_direct(struct chats_ask *ask) {
    struct buf key = {0};
    bool well = chats_put_direct_key(ask->key, ask->next->self->user, &key);
    if (well)
        ask->key = arena_copy(ask->next->arena, buf_slice(&key));
    buf_finish(&key);
    return well;
}

/* --- Calls ---------------------------------------------------------------- */

static void one_ask(struct chats_ask *ask) {
    if (!chats_ask_again(ask->next, &ask->head))
        return;
    ask->next->command =
        (struct wire){.kind = WIRE_ROOM_VIEW,
                      .as.room_view = {.kind = ask->head.kind,
                                       .key = ask->key,
                                       .user = ask->next->self->user}};
}

static void one_say(struct chats_answer *answer) {
    const struct wire_reply_view *reply = &answer->reply->as.reply_view;
    chats_put_chat(&answer->next->body, answer->next, &reply->view,
                   reply->profiles, reply->profiles_count);
    answer->next->status = 200;
}

static void unreads_ask(struct chats_ask *ask) {
    if (!chats_ask_again(ask->next, &ask->head))
        return;
    ask->next->command = (struct wire){
        .kind = WIRE_UNREAD, .as.unread = {.user = ask->next->self->user}};
}

static void unreads_say(struct chats_answer *answer) {
    json_put(&answer->next->body, "{\"has_unreads\":");
    json_put_bool(&answer->next->body, answer->reply->as.row_count.count > 0);
    json_put(&answer->next->body, "}");
    answer->next->status = 200;
}

static const struct {
    void (*ask)(struct chats_ask *ask);
    enum wire_kind kind; /* Of the replies. */
    void (*say)(struct chats_answer *answer);
} calls[] = {
    [CALL_LIST] = {chats_list_ask, WIRE_REPLY_LIST, chats_list_say},
    [CALL_ONE] = {one_ask, WIRE_REPLY_VIEW, one_say},
    [CALL_MESSAGES] = {chats_messages_ask, WIRE_REPLY_PAGE, chats_messages_say},
    [CALL_UNREADS] = {unreads_ask, WIRE_ROW_COUNT, unreads_say},
};

static void request(const struct call_request *request,
                    struct call_next *next) {
    struct chats_ask ask = {.next = next, .request = request};
    PRE(next->self);
    if (!find_call(&ask)) {
        chats_say_refusal(next, REFUSED_NOT_FOUND);
    } else if (!slice_equal(request->method, SLICE("GET"))) {
        chats_say_error(next, 405, "method_not_allowed",
                        "The address does not take this method.");
        next->allow = "GET";
    } else if (ask.head.kind == ROOM_DIRECT && ask.key.size &&
               !name_direct(&ask)) {
        chats_say_refusal(next, REFUSED_NOT_FOUND);
    } else {
        calls[ask.head.call].ask(&ask);
    }
}

static void reply(struct slice memo, const struct wire *wire,
                  struct call_next *next) {
    struct chats_answer answer = {.next = next, .reply = wire};
    PRE(memo.size >= sizeof(answer.head));
    memcpy(&answer.head, memo.data, sizeof(answer.head));
    answer.memo = (struct slice){memo.data + sizeof(answer.head),
                                 memo.size - sizeof(answer.head)};
    INVARIANT(answer.head.call < sizeof(calls) / sizeof(*calls));
    if (wire->kind == calls[answer.head.call].kind)
        calls[answer.head.call].say(&answer);
    else
        chats_say_refusal(next, wire->kind == WIRE_REPLY_ERROR
                                    ? wire->as.reply_error.refusal
                                    : REFUSED_TRY_AGAIN);
}

const struct call_handler chats_calls = {
    .request = request,
    .reply = reply,
};
