/* dialogs_http.c - POST /api/dialogs/new-message/: a message to a user, with
 * whom there may be no dialog yet. */
#include "common/json_write.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "gateway/json/error.h"

/* A field's name comes from the client: what is echoed of it is bounded. */
#define FIELD_BYTES_MAX 256u

enum member {
    MEMBER_USER_ID,
    MEMBER_BODY,
    MEMBER_FILE_ID,
    MEMBER_LESSON,
    MEMBER_CLIENT_KEY,
    MEMBER_COUNT
};

static const char *const member_names[MEMBER_COUNT] = {
    [MEMBER_USER_ID] = "user_id",       [MEMBER_BODY] = "body",
    [MEMBER_FILE_ID] = "file_id",       [MEMBER_LESSON] = "lesson",
    [MEMBER_CLIENT_KEY] = "client_key",
};

/* One call on its way through this file. */
struct call {
    struct call_next *next;
    struct json_member members[MEMBER_COUNT];
    struct dialogs_memo memo;
    struct buf body;
    struct buf key;
};

static bool say_error(struct call_next *next,
                      const struct dialogs_error *error) {
    next->ask = false;
    next->status = error->status;
    error_put_body(&next->body, error->code, error->detail,
                   dialogs_error_field(error));
    return false;
}

static bool refuse(struct call *call, const char *code, struct slice field,
                   const char *detail) {
    struct dialogs_error error = {400, code, slice_of(detail), field};
    return say_error(call->next, &error);
}

static bool is_well(struct call *call, enum member member, const char *wrong) {
    return !wrong ||
           refuse(call, "bad_field", slice_of(member_names[member]), wrong);
}

static bool is_given(const struct call *call, enum member member) {
    enum json_type type = call->members[member].type;
    return type != JSON_ABSENT && type != JSON_NULL_VALUE;
}

static bool is_required(struct call *call, enum member member) {
    return call->members[member].type != JSON_ABSENT ||
           refuse(call, "missing_field", slice_of(member_names[member]),
                  "This field is required.");
}

/* |raw| is a name in quotes. */
static bool refuse_name(struct call *call, const char *code, struct slice raw,
                        const char *detail) {
    struct buf name = {0};
    if (json_unescape(raw, &name) != ERR_OK) {
        buf_clear(&name);
        buf_append(&name, raw.data + 1, raw.size - 2);
    }
    struct slice field = buf_slice(&name);
    if (field.size > FIELD_BYTES_MAX)
        field.size = FIELD_BYTES_MAX;
    refuse(call, code, field, detail);
    buf_finish(&name);
    return false;
}

static bool scan(struct call *call, struct slice text) {
    struct json_names names;
    for (int i = 0; i < MEMBER_COUNT; i++)
        call->members[i].name = member_names[i];
    enum err err = json_scan_all(text, call->members, MEMBER_COUNT, &names);
    if (err != ERR_OK)
        return refuse(call, "malformed", (struct slice){0},
                      err == ERR_LIMIT ? "The body nests too deeply."
                                       : "The body must be one JSON object.");
    if (names.unknown.data)
        return refuse_name(call, "unknown_field", names.unknown,
                           "This call has no such field.");
    if (names.twice.data)
        return refuse_name(call, "duplicate_field", names.twice,
                           "A name comes twice.");
    return true;
}

static bool take_id(struct call *call, enum member member, uint64_t *out) {
    return is_well(call, member, dialogs_take_id(&call->members[member], out));
}

static bool take(struct call *call) {
    struct dialogs_memo *memo = &call->memo;
    const struct json_member *members = call->members;
    if (!is_required(call, MEMBER_USER_ID) ||
        !take_id(call, MEMBER_USER_ID, &memo->other.value))
        return false;
    if (memo->other.value == call->next->self->user.value)
        return is_well(call, MEMBER_USER_ID, "A dialog is with another user.");
    if (!is_required(call, MEMBER_BODY) ||
        !is_well(
            call, MEMBER_BODY,
            dialogs_take_body(&members[MEMBER_BODY], &call->body, &memo->body)))
        return false;
    if (is_given(call, MEMBER_FILE_ID) &&
        !take_id(call, MEMBER_FILE_ID, &memo->file.value))
        return false;
    if (is_given(call, MEMBER_LESSON) &&
        !take_id(call, MEMBER_LESSON, &memo->lesson))
        return false;
    if (!is_given(call, MEMBER_CLIENT_KEY))
        return true;
    if (!is_well(call, MEMBER_CLIENT_KEY,
                 dialogs_take_key(&members[MEMBER_CLIENT_KEY], &call->key)))
        return false;
    memo->client_key = buf_slice(&call->key);
    return true;
}

/* The message itself: its texts go to the arena, where they outlive |memo|. */
static void send_message(struct call_next *next, struct dialogs_memo *memo,
                         const struct wire_file *file) {
    struct wire_file *copy = NULL;
    if (file) {
        copy = arena_alloc(next->arena, sizeof *copy);
        *copy = *file;
        copy->secret = arena_copy(next->arena, file->secret);
        copy->name = arena_copy(next->arena, file->name);
        copy->mime = arena_copy(next->arena, file->mime);
    }
    memo->body = arena_copy(next->arena, memo->body);
    memo->client_key = arena_copy(next->arena, memo->client_key);
    dialogs_send(memo, next->self->user, copy,
                 arena_alloc(next->arena, DIALOGS_KEY_BYTES_MAX),
                 &next->command);
    dialogs_memo_forget(memo);
    dialogs_memo_encode(memo, &next->memo);
    next->ask = true;
}

static bool is_path(struct slice path) {
    if (path.size && path.data[path.size - 1] == '/')
        path.size--;
    return slice_equal(path, SLICE("/api/dialogs/new-message"));
}

static void request(const struct call_request *request,
                    struct call_next *next) {
    struct call call = {.next = next};
    if (!is_path(request->path)) {
        struct dialogs_error error = {
            404, "not_found", SLICE("There is no such thing."), {0}};
        say_error(next, &error);
        return;
    }
    if (!slice_equal(request->method, SLICE("POST"))) {
        struct dialogs_error error = {
            405,
            "method_not_allowed",
            SLICE("The address does not take this method."),
            {0}};
        say_error(next, &error);
        next->allow = "POST";
        return;
    }
    if (scan(&call, request->body) && take(&call)) {
        if (call.memo.file.value) {
            dialogs_ask_send(
                &call.memo, next->self->user,
                arena_alloc(next->arena, sizeof(struct wire_file_name)),
                &next->command);
            dialogs_memo_encode(&call.memo, &next->memo);
            next->ask = true;
        } else {
            send_message(next, &call.memo, NULL);
        }
    }
    buf_finish(&call.body);
    buf_finish(&call.key);
}

static void say_sent(const struct wire_reply_message *reply,
                     struct call_next *next) {
    next->status = reply->created ? 201 : 200;
    json_put(&next->body, "{\"dialog\":");
    json_put_uint(&next->body, reply->message.room.value);
    json_put(&next->body, ",\"message\":");
    dialogs_put_message(&next->body, next->config, &reply->message,
                        &reply->author);
    json_put(&next->body, "}");
}

static void reply(struct slice bytes, const struct wire *wire,
                  struct call_next *next) {
    struct dialogs_memo memo;
    dialogs_memo_decode(bytes, &memo);
    if (memo.file.value && wire->kind == WIRE_ROW_FILES) {
        if (wire->as.row_files.files_count) {
            send_message(next, &memo, &wire->as.row_files.files[0]);
            return;
        }
        struct dialogs_error error = dialogs_error_no_file();
        say_error(next, &error);
    } else if (!memo.file.value && wire->kind == WIRE_REPLY_MESSAGE) {
        say_sent(&wire->as.reply_message, next);
    } else {
        struct dialogs_error error = dialogs_error_of(wire, &memo);
        say_error(next, &error);
    }
}

const struct call_handler dialogs_http = {
    .request = request,
    .reply = reply,
};
