/* api_messages.c - sending into a room in a user's name, and reading a room. */
#include "common/json_write.h"
#include "gateway/api/api_internal.h"
#include "gateway/json/dates.h"
#include "gateway/media.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define PAGE_SIZE 20u
#define PAGE_SIZE_MAX 100u

struct send_body {
    uint64_t user;
    struct slice text;
    uint64_t reply_to;
    struct slice client_key;
    uint64_t lesson;
    uint64_t file;
};

static const struct api_field send_fields[] = {
    {"user_id", API_ID, true, 0, 0, offsetof(struct send_body, user)},
    {"text", API_MESSAGE, true, 0, 0, offsetof(struct send_body, text)},
    {"reply_to", API_ID, false, 0, 0, offsetof(struct send_body, reply_to)},
    {"client_key", API_TEXT, false, 1, LIMIT_CLIENT_KEY_BYTES,
     offsetof(struct send_body, client_key)},
    {"lesson", API_ID, false, 0, 0, offsetof(struct send_body, lesson)},
    {"file_id", API_ID, false, 0, 0, offsetof(struct send_body, file)},
};

/* Asks for the author's profile, which live events carry; the message waits in
 * the memo, encoded as the command that it will be. */
static void ask_author(struct call_next *next, const struct wire *send) {
    wire_encode(send, &next->memo);
    next->command = (struct wire){.kind = WIRE_USER_GET};
    next->command.as.user_get.user = send->as.send.author.user;
    next->ask = true;
}

/* A file is looked up first: until it is found it has nothing but its id. */
void api_message_send(struct api_ask *ask) {
    struct wire *command = &ask->next->command;
    struct send_body body = {0};
    if (!api_take_body(ask, send_fields, COUNT(send_fields), &body))
        return;
    struct wire_file file = {.file = {body.file}, .owner = {body.user}};
    struct wire send = {.kind = WIRE_SEND,
                        .as.send = {.room = {ask->ids[0]},
                                    .author = {.user = {body.user}},
                                    .text = body.text,
                                    .reply_to = {body.reply_to},
                                    .client_key = body.client_key,
                                    .lesson = body.lesson}};
    if (!body.file) {
        ask_author(ask->next, &send);
        return;
    }
    send.as.send.files = &file;
    send.as.send.files_count = 1;
    wire_encode(&send, &ask->next->memo);
    struct wire_file_name *name = arena_alloc(ask->next->arena, sizeof *name);
    name->file = file.file;
    command->kind = WIRE_FILES;
    command->as.files.user = (user_id){body.user};
    command->as.files.names = name;
    command->as.files.names_count = 1;
    ask->next->ask = true;
}

/* |profile| is borrowed from the reply, which is gone before the command is. */
static struct wire_profile copy_profile(struct arena *arena,
                                        const struct wire_profile *profile) {
    struct wire_profile copy = *profile;
    copy.username = arena_copy(arena, profile->username);
    copy.email = arena_copy(arena, profile->email);
    copy.first_name = arena_copy(arena, profile->first_name);
    copy.last_name = arena_copy(arena, profile->last_name);
    copy.github_url = arena_copy(arena, profile->github_url);
    copy.avatar = arena_copy(arena, profile->avatar);
    copy.thumbnail_avatar = arena_copy(arena, profile->thumbnail_avatar);
    return copy;
}

/* A question was not answered: nothing has been stored. */
static void refuse_question(struct api_answer *answer) {
    struct wire_reply_error refusal = {.refusal = REFUSED_TRY_AGAIN};
    if (answer->reply->kind == WIRE_REPLY_ERROR &&
        answer->reply->as.reply_error.refusal != REFUSED_UNKNOWN_OUTCOME)
        refusal = answer->reply->as.reply_error;
    api_say_refusal(answer->next, &refusal);
}

static void file_found(struct api_answer *answer, struct wire *send) {
    const struct wire_row_files *row = &answer->reply->as.row_files;
    if (answer->reply->kind != WIRE_ROW_FILES) {
        refuse_question(answer);
    } else if (row->files_count != 1) {
        api_say_error(answer->next, 400, "bad_field", SLICE("file_id"),
                      "The user has uploaded no such file.");
    } else {
        send->as.send.files = row->files;
        ask_author(answer->next, send);
    }
}

void api_message_go_on(struct api_answer *answer) {
    struct call_next *next = answer->next;
    const struct wire *reply = answer->reply;
    /* Its bytes must live as long as the command. */
    struct slice memo = arena_copy(next->arena, answer->memo);
    struct wire_error error;
    struct wire send;
    enum err err = wire_decode(memo, next->arena, &send, &error);
    INVARIANT(err == ERR_OK && send.kind == WIRE_SEND);
    if (send.as.send.files_count && send.as.send.files[0].secret.size == 0) {
        file_found(answer, &send);
        return;
    }
    /* Of a user of whom nobody has said anything there is no profile. */
    bool unknown = reply->kind == WIRE_REPLY_ERROR &&
                   reply->as.reply_error.refusal == REFUSED_NOT_FOUND;
    if (reply->kind != WIRE_REPLY_PROFILE && !unknown) {
        refuse_question(answer);
        return;
    }
    next->command = send;
    if (!unknown)
        next->command.as.send.author =
            copy_profile(next->arena, &reply->as.reply_profile.profile);
    next->ask = true;
}

static void put_file(struct buf *body, const struct wire_file *file) {
    json_put(body, "{\"id\":");
    json_put_uint(body, file->file.value);
    json_put(body, ",\"date_created\":");
    dates_put_utc(body, file->created_us);
    json_put(body, ",\"content\":\"");
    media_put_path(body, file);
    json_put(body, "\",\"name\":");
    json_put_text(body, file->name);
    json_put(body, ",\"size\":");
    json_put_uint(body, file->size);
    json_put(body, ",\"mime_type\":");
    json_put_text(body, file->mime);
    json_put(body, "}");
}

static void put_message(struct buf *body, const struct wire_message *message) {
    json_put(body, "{\"id\":");
    json_put_uint(body, message->message.value);
    json_put(body, ",\"room_id\":");
    json_put_uint(body, message->room.value);
    json_put(body, ",\"user_id\":");
    json_put_uint(body, message->author.value);
    json_put(body, ",\"text\":");
    json_put_text(body, message->text);
    json_put(body, ",\"created_at\":");
    dates_put_utc(body, message->created_us);
    json_put(body, ",\"reply_to\":");
    json_put_id_or_null(body, message->reply_to.value);
    json_put(body, ",\"is_edited\":");
    json_put_bool(body, message->edited);
    json_put(body, ",\"is_deleted\":");
    json_put_bool(body, message->deleted);
    json_put(body, ",\"lesson\":");
    json_put_id_or_null(body, message->lesson);
    json_put(body, ",\"files\":[");
    for (uint32_t i = 0; i < message->files_count; i++) {
        if (i)
            json_put(body, ",");
        put_file(body, &message->files[i]);
    }
    json_put(body, "]}");
}

void api_message_say(struct api_answer *answer) {
    const struct wire_reply_message *reply = &answer->reply->as.reply_message;
    put_message(&answer->next->body, &reply->message);
    answer->next->status = reply->created ? 201 : 200;
}

/* What of the query was given. */
struct page_query {
    struct slice before;
    struct slice after;
    struct slice limit;
};

/* "before=9&limit=20"; nothing in it needs percent signs. */
static bool split_query(struct call_next *next, struct slice text,
                        struct page_query *out) {
    const struct {
        struct slice name;
        struct slice *value;
    } known[] = {{SLICE("before"), &out->before},
                 {SLICE("after"), &out->after},
                 {SLICE("limit"), &out->limit}};
    while (text.size) {
        const char *end = memchr(text.data, '&', text.size);
        struct slice pair = text;
        if (end)
            pair.size = (size_t)(end - text.data);
        text.data += pair.size + (end != NULL);
        text.size -= pair.size + (end != NULL);
        if (pair.size == 0)
            continue;
        const char *equals = memchr(pair.data, '=', pair.size);
        struct slice name = pair;
        if (equals)
            name.size = (size_t)(equals - pair.data);
        size_t i = 0;
        while (i < COUNT(known) && !slice_equal(known[i].name, name))
            i++;
        if (i == COUNT(known))
            return api_say_error(next, 400, "unknown_field", name,
                                 "This call has no such parameter.");
        if (known[i].value->data)
            return api_say_error(next, 400, "duplicate_field", name,
                                 "It is given twice.");
        known[i].value->data = name.data + name.size + (equals != NULL);
        known[i].value->size = pair.size - name.size - (equals != NULL);
    }
    return true;
}

/* |*out| stays as it is when there is no |text|. */
static bool take_number(struct call_next *next, const char *name,
                        struct slice text, uint64_t least, uint64_t *out) {
    if (!text.data)
        return true;
    if (api_take_digits(text, out) && *out >= least)
        return true;
    return api_say_error(next, 400, "bad_field", slice_of(name),
                         least ? "It must be a whole number of 1 or more."
                               : "It must be a whole number of 0 or more.");
}

/* Ids beyond any message are no error: nothing comes after them. After 0 is
 * from the beginning. */
void api_messages_get(struct api_ask *ask) {
    struct wire *command = &ask->next->command;
    struct page_query given = {0};
    uint64_t limit = PAGE_SIZE;
    struct wire_query query = {.by = QUERY_BY_MESSAGE, .deleted = true};
    if (!split_query(ask->next, ask->query, &given) ||
        !take_number(ask->next, "before", given.before, 1, &query.before) ||
        !take_number(ask->next, "after", given.after, 0, &query.after) ||
        !take_number(ask->next, "limit", given.limit, 1, &limit))
        return;
    query.limit = limit > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : (uint32_t)limit;
    query.newest = given.after.data == NULL;
    command->kind = WIRE_HISTORY;
    command->as.history.room = (room_id){ask->ids[0]};
    command->as.history.query = query;
    ask->next->ask = true;
}

void api_messages_say(struct api_answer *answer) {
    const struct wire_reply_page *page = &answer->reply->as.reply_page;
    struct buf *body = &answer->next->body;
    json_put(body, "{\"messages\":[");
    for (uint32_t i = 0; i < page->messages_count; i++) {
        if (i)
            json_put(body, ",");
        put_message(body, &page->messages[i]);
    }
    json_put(body, "],\"has_more\":");
    json_put_bool(body, page->has_more);
    json_put(body, "}");
    answer->next->status = 200;
}
