/* chats_fields.c - see chats_frame.h. */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats_frame.h"
#include "gateway/json/text.h"
#include "gateway/media.h"

bool chats_refuse(struct chats_frame *frame, const char *code,
                  const char *field, const char *detail) {
    struct buf answer = {0};
    chats_put_error(&answer, &frame->memo.echo, code, slice_of(detail),
                    slice_of(field));
    sink_text(frame->sink, buf_slice(&answer));
    buf_finish(&answer);
    return false;
}

static bool bad_field(struct chats_frame *frame, const struct json_member *from,
                      const char *detail) {
    return chats_refuse(frame, "bad_field", from->name, detail);
}

struct slice chats_unknown_field(enum chats_event event) {
    switch (event) {
    case CHATS_NEW:
    case CHATS_TYPING:
        return SLICE("chat_id");
    case CHATS_EDIT:
    case CHATS_READ:
    case CHATS_DELETE:
        return SLICE("message_id");
    case CHATS_UNKNOWN:
    case CHATS_ONLINE:
    case CHATS_OFFLINE:
        return (struct slice){0};
    }
    return (struct slice){0};
}

static bool not_found(struct chats_frame *frame, const char *field) {
    const struct chats_refusal refusal = chats_refusal_of(REFUSED_NOT_FOUND);
    return chats_refuse(frame, refusal.code, field, refusal.detail);
}

bool chats_refuse_unknown(struct chats_frame *frame) {
    return not_found(frame, chats_unknown_field(frame->memo.event).data);
}

static bool is_given(const struct json_member *from) {
    return from->type != JSON_ABSENT && from->type != JSON_NULL_VALUE;
}

bool chats_take_string(struct chats_frame *frame,
                       const struct json_member *from, struct buf *out) {
    if (from->type == JSON_ABSENT)
        return bad_field(frame, from, "This field is required.");
    if (from->type != JSON_TEXT)
        return bad_field(frame, from, "Not a valid string.");
    buf_clear(out);
    if (json_unescape(from->raw, out) != ERR_OK)
        return bad_field(frame, from,
                         "NUL and unpaired surrogates are not allowed.");
    return true;
}

/* The id of a project may be a number: as many digits as it has. */
static bool take_number_as_text(struct chats_frame *frame,
                                const struct json_member *from,
                                struct buf *out) {
    uint64_t value;
    bool negative;
    if (json_whole(from, &value, &negative) != ERR_OK)
        return bad_field(frame, from, "A string or an integer is required.");
    buf_clear(out);
    if (value == 0)
        json_put(out, "0");
    else
        json_put_slice(out, from->raw);
    return true;
}

bool chats_take_chat(struct chats_frame *frame) {
    const struct json_member *type = &frame->fields[FIELD_CHAT_TYPE];
    const struct json_member *id = &frame->fields[FIELD_CHAT_ID];
    struct chats_chat *chat = &frame->memo.chat;
    if (!chats_take_string(frame, type, &frame->name))
        return false;
    chat->kind = wire_room_kind_from(buf_slice(&frame->name));
    if (chat->kind == 0)
        return bad_field(frame, type, "It must be direct, project or order.");
    if (id->type == JSON_NUMBER) {
        if (!take_number_as_text(frame, id, &frame->text))
            return false;
    } else if (!chats_take_string(frame, id, &frame->text)) {
        return false;
    }
    struct slice key = buf_slice(&frame->text);
    if (key.size == 0)
        return bad_field(frame, id, "This field may not be empty.");
    if (key.size > LIMIT_ROOM_KEY_BYTES ||
        (chat->kind == ROOM_DIRECT &&
         chats_opponent(key, frame->self).value == 0))
        return not_found(frame, id->name); /* Nobody's, whoever asks. */
    if (chat->kind != ROOM_DIRECT)
        json_put_slice(&frame->key, key);
    else if (!chats_put_direct_key(key, frame->self, &frame->key))
        return chats_refuse_unknown(frame);
    chat->key = buf_slice(&frame->key);
    return true;
}

bool chats_take_text(struct chats_frame *frame, struct slice *out) {
    const struct json_member *from = &frame->fields[FIELD_TEXT];
    frame->memo.text = is_given(from);
    if (!frame->memo.text)
        from = &frame->fields[FIELD_MESSAGE];
    if (!chats_take_string(frame, from, &frame->text))
        return false;
    *out = text_trim(buf_slice(&frame->text));
    if (out->size == 0)
        return bad_field(frame, from, "This field may not be blank.");
    if (text_points(*out) > LIMIT_TEXT_POINTS)
        return bad_field(frame, from,
                         "It must have no more than 8192 characters.");
    return true;
}

bool chats_take_message_id(struct chats_frame *frame, message_id *out) {
    const struct json_member *from = &frame->fields[FIELD_MESSAGE_ID];
    bool negative;
    if (from->type == JSON_ABSENT)
        return bad_field(frame, from, "This field is required.");
    if (from->type != JSON_NUMBER ||
        json_whole(from, &out->value, &negative) != ERR_OK)
        return bad_field(frame, from, "A valid integer is required.");
    if (negative || out->value == 0 || out->value > ID_MAX)
        return chats_refuse_unknown(frame);
    return true;
}

bool chats_take_reply_to(struct chats_frame *frame, message_id *out) {
    const struct json_member *from = &frame->fields[FIELD_REPLY_TO];
    bool negative;
    if (!is_given(from))
        return true;
    if (from->type != JSON_NUMBER ||
        json_whole(from, &out->value, &negative) != ERR_OK)
        return bad_field(frame, from, "A valid integer is required.");
    if (negative || out->value == 0 || out->value > ID_MAX)
        return bad_field(frame, from, "No such message in this chat.");
    return true;
}

bool chats_take_client_key(struct chats_frame *frame, struct slice *out) {
    const struct json_member *from = &frame->fields[FIELD_CLIENT_KEY];
    struct buf key = {0};
    bool fit = false;
    if (!is_given(from))
        return true;
    if (chats_take_string(frame, from, &key)) {
        fit = key.size >= 1 && key.size <= LIMIT_CLIENT_KEY_BYTES;
        if (!fit)
            bad_field(frame, from, "It must have 1 to 128 bytes.");
    }
    if (fit) {
        memcpy(frame->client_key, key.data, key.size);
        *out = (struct slice){frame->client_key, key.size};
    }
    buf_finish(&key);
    return fit;
}

/* One more, unless it is there already. */
static bool add_file(struct chats_frame *frame, struct slice path,
                     struct chats_files *files) {
    const struct json_member *from = &frame->fields[FIELD_FILE_URLS];
    char secret[LIMIT_FILE_SECRET_BYTES];
    if (!media_take_path(path, secret))
        return bad_field(frame, from, "No such file of yours.");
    for (uint8_t i = 0; i < files->count; i++)
        if (memcmp(files->secrets[i], secret, sizeof(secret)) == 0)
            return true;
    memcpy(files->secrets[files->count++], secret, sizeof(secret));
    return true;
}

bool chats_take_files(struct chats_frame *frame, struct chats_files *out) {
    const struct json_member *from = &frame->fields[FIELD_FILE_URLS];
    struct json_member url = {.name = from->name};
    struct slice rest = from->raw;
    struct buf path = {0};
    bool well = true;
    if (!is_given(from))
        return true;
    if (from->type != JSON_LIST)
        return bad_field(frame, from, "A list of strings is required.");
    for (unsigned count = 0; well && json_next(&rest, &url); count++) {
        if (count == LIMIT_MESSAGE_FILES)
            well = bad_field(frame, from, "It must have at most 10 files.");
        else
            well = chats_take_string(frame, &url, &path) &&
                   add_file(frame, buf_slice(&path), out);
    }
    buf_finish(&path);
    return well;
}
