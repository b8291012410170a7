/* api_server.c - which calls there are, and from a path to one of them. A new
 * call is one row of the table and the functions that it names. */
#include "gateway/api/api_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct call {
    const char *method;
    /* Checks the request; fills in next->command and perhaps next->memo and
     * sets next->ask, or answers. */
    void (*ask)(struct api_ask *ask);
    /* Answers, from a reply of the kind |kind|. */
    enum wire_kind kind;
    void (*say)(struct api_answer *answer);
    /* Where one command needs another: makes the next one of the reply to the
     * one before, whatever that is. A command with a memo is such a question;
     * the one without is the last. Optional. */
    void (*go_on)(struct api_answer *answer);
};

#define CALLS_A_PATH_MAX 3u

/* In a pattern # is an id and * a name. */
struct path {
    const char *pattern;
    const char *allow; /* The methods of |calls|. */
    struct call calls[CALLS_A_PATH_MAX];
};

static const struct path paths[] = {
    {"/api/users/#",
     "GET, PUT",
     {{"GET", api_user_get, WIRE_REPLY_PROFILE, api_user_say, NULL},
      {"PUT", api_user_put, WIRE_REPLY_PROFILE, api_user_say, NULL}}},
    {"/api/users/#/presence",
     "GET",
     {{"GET", api_presence_get, WIRE_REPLY_PRESENCE, api_presence_say, NULL}}},
    {"/api/users/#/disconnect",
     "POST",
     {{"POST", api_user_kick, WIRE_REPLY_OK, api_say_nothing, NULL}}},
    {"/api/rooms",
     "POST",
     {{"POST", api_room_create, WIRE_REPLY_ROOM, api_room_say, NULL}}},
    {"/api/rooms/#",
     "GET, PATCH, DELETE",
     {{"GET", api_room_get, WIRE_REPLY_ROOM, api_room_say, NULL},
      {"PATCH", api_room_patch, WIRE_REPLY_ROOM, api_room_say, NULL},
      {"DELETE", api_room_delete, WIRE_REPLY_OK, api_say_nothing, NULL}}},
    {"/api/rooms/#/presence",
     "GET",
     {{"GET", api_room_get, WIRE_REPLY_ROOM, api_room_presence_say, NULL}}},
    {"/api/rooms/#/members/#",
     "PUT, DELETE",
     {{"PUT", api_member_put, WIRE_REPLY_OK, api_member_say, NULL},
      {"DELETE", api_member_remove, WIRE_REPLY_OK, api_say_nothing, NULL}}},
    {"/api/rooms/#/messages",
     "GET, POST",
     {{"GET", api_messages_get, WIRE_REPLY_PAGE, api_messages_say, NULL},
      {"POST", api_message_send, WIRE_REPLY_MESSAGE, api_message_say,
       api_message_go_on}}},
    {"/api/order-reviews/*",
     "PUT",
     {{"PUT", api_review_put, WIRE_REPLY_REVIEW, api_review_say, NULL}}},
};

/* Stands before a call's own memo. */
struct memo_head {
    uint8_t path;
    uint8_t call;
};

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One segment of a path without its percent signs. False: they are wrong, or
 * it is longer than anything in the table. */
static bool decode(struct slice segment, char *out, size_t *size) {
    *size = 0;
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
        if (*size == API_NAME_BYTES_MAX)
            return false;
        out[(*size)++] = c;
    }
    return true;
}

static bool is_name(struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool fit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                   (c >= 'a' && c <= 'z') || c == '_' || c == '-';
        if (!fit)
            return false;
    }
    return text.size > 0;
}

static struct slice take_segment(struct slice *path) {
    const char *slash = path->size ? memchr(path->data, '/', path->size) : NULL;
    struct slice segment = *path;
    if (slash)
        segment.size = (size_t)(slash - path->data);
    path->data += segment.size + (slash != NULL);
    path->size -= segment.size + (slash != NULL);
    return segment;
}

/* Whether |path| fits |pattern|; the ids and the name in it go to |ask|. */
static bool fits(struct slice pattern, struct slice path, struct api_ask *ask) {
    size_t ids_count = 0;
    while (pattern.size && path.size) {
        struct slice want = take_segment(&pattern);
        char bytes[API_NAME_BYTES_MAX];
        struct slice got = {bytes, 0};
        if (!decode(take_segment(&path), bytes, &got.size))
            return false;
        if (slice_equal(want, SLICE("#"))) {
            uint64_t *id = &ask->ids[ids_count++];
            if (!api_take_digits(got, id) || *id == 0 || *id > ID_MAX)
                return false;
        } else if (slice_equal(want, SLICE("*"))) {
            if (!is_name(got))
                return false;
            ask->name = arena_copy(ask->next->arena, got);
        } else if (!slice_equal(want, got)) {
            return false;
        }
    }
    return pattern.size == 0 && path.size == 0;
}

static const struct path *find_path(struct slice text, struct api_ask *ask) {
    bool ends_with_slash = text.size && text.data[text.size - 1] == '/';
    if (ends_with_slash)
        return NULL;
    for (size_t i = 0; i < COUNT(paths); i++)
        if (fits(slice_of(paths[i].pattern), text, ask))
            return &paths[i];
    return NULL;
}

static const struct call *find_call(const struct path *path,
                                    struct slice method) {
    for (size_t i = 0; i < CALLS_A_PATH_MAX && path->calls[i].method; i++)
        if (slice_equal(slice_of(path->calls[i].method), method))
            return &path->calls[i];
    return NULL;
}

/* Puts the head before what the call has written into the memo. */
static void finish_memo(struct call_next *next, struct memo_head head) {
    struct buf memo = {0};
    buf_append(&memo, &head, sizeof(head));
    buf_append_slice(&memo, buf_slice(&next->memo));
    buf_finish(&next->memo);
    next->memo = memo;
}

static void request(const struct call_request *request,
                    struct call_next *next) {
    struct api_ask ask = {
        .next = next, .query = request->query, .text = request->body};
    const struct path *path = find_path(request->path, &ask);
    if (!path) {
        api_say_error(next, 404, "not_found", (struct slice){0},
                      "There is no such thing.");
        return;
    }
    const struct call *call = find_call(path, request->method);
    if (!call) {
        api_say_error(next, 405, "method_not_allowed", (struct slice){0},
                      "The address does not take this method.");
        next->allow = path->allow;
        return;
    }
    call->ask(&ask);
    json_decref(ask.body);
    if (next->ask)
        finish_memo(next, (struct memo_head){(uint8_t)(path - paths),
                                             (uint8_t)(call - path->calls)});
}

static void say(const struct call *call, struct api_answer *answer) {
    static const struct wire_reply_error unexpected = {.refusal =
                                                           REFUSED_TRY_AGAIN};
    if (answer->reply->kind == call->kind)
        call->say(answer);
    else if (answer->reply->kind == WIRE_REPLY_ERROR)
        api_say_refusal(answer->next, &answer->reply->as.reply_error);
    else
        api_say_refusal(answer->next, &unexpected);
}

static void reply(struct slice memo, const struct wire *wire,
                  struct call_next *next) {
    struct memo_head head;
    PRE(memo.size >= sizeof(head));
    memcpy(&head, memo.data, sizeof(head));
    INVARIANT(head.path < COUNT(paths) && head.call < CALLS_A_PATH_MAX);
    const struct call *call = &paths[head.path].calls[head.call];
    struct api_answer answer = {
        .next = next,
        .memo = {memo.data + sizeof(head), memo.size - sizeof(head)},
        .reply = wire};
    if (!call->go_on || answer.memo.size == 0) {
        say(call, &answer);
        return;
    }
    call->go_on(&answer);
    if (next->ask)
        finish_memo(next, head);
}

const struct call_handler api_server = {
    .request = request,
    .reply = reply,
};
