/* chats_text.c - the dialect's JSON shapes. */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats.h"
#include "gateway/json/dates.h"
#include "gateway/media.h"

static void put_text_or_null(struct buf *out, struct slice text) {
    if (text.size)
        json_put_text(out, text);
    else
        json_put(out, "null");
}

void chats_put_person(struct buf *out, const struct frontend_config *config,
                      user_id user, const struct wire_profile *profile) {
    static const struct wire_profile nobody = {0};
    if (!profile)
        profile = &nobody;
    json_put(out, "{\"id\":");
    json_put_uint(out, user.value);
    json_put(out, ",\"username\":");
    json_put_text(out, profile->username);
    json_put(out, ",\"first_name\":");
    json_put_text(out, profile->first_name);
    json_put(out, ",\"last_name\":");
    json_put_text(out, profile->last_name);
    json_put(out, ",\"email\":");
    json_put_text(out, profile->email);
    json_put(out, ",\"avatar\":");
    put_text_or_null(out, profile->avatar);
    json_put(out, ",\"is_online\":");
    json_put_bool(out, config->is_online &&
                           config->is_online(config->presence, user));
    json_put(out, "}");
}

static void put_files(struct buf *out, const struct wire_file *files,
                      uint32_t count) {
    json_put(out, "[");
    for (uint32_t i = 0; i < count; i++) {
        json_put(out, i ? ",{\"id\":" : "{\"id\":");
        json_put_uint(out, files[i].file.value);
        json_put(out, ",\"date_created\":");
        dates_put_utc(out, files[i].created_us);
        json_put(out, ",\"content\":\"");
        media_put_path(out, &files[i]);
        json_put(out, "\",\"name\":");
        json_put_text(out, files[i].name);
        json_put(out, ",\"size\":");
        json_put_uint(out, files[i].size);
        json_put(out, ",\"mime_type\":");
        json_put_text(out, files[i].mime);
        json_put(out, "}");
    }
    json_put(out, "]");
}

/* What a message and one that it replies to have alike, from is_edited on;
 * wire_quote is shaped like this. */
static void put_rest(struct buf *out, const struct wire_quote *shown) {
    json_put(out, ",\"is_edited\":");
    json_put_bool(out, shown->edited);
    json_put(out, ",\"is_read\":");
    json_put_bool(out, shown->read);
    json_put(out, ",\"is_deleted\":");
    json_put_bool(out, shown->deleted);
    json_put(out, ",\"created_at\":");
    dates_put_utc(out, shown->created_us);
    json_put(out, ",\"files\":");
    put_files(out, shown->files, shown->files_count);
    json_put(out, "}");
}

static void put_quote(struct buf *out, const struct wire_quote *quote) {
    if (quote->message.value == 0) {
        json_put(out, "null");
        return;
    }
    json_put(out, "{\"id\":");
    json_put_uint(out, quote->message.value);
    json_put(out, ",\"author\":{\"id\":");
    json_put_uint(out, quote->author.value);
    json_put(out, "},\"text\":");
    json_put_text(out, quote->text);
    put_rest(out, quote);
}

void chats_put_message(struct buf *out, const struct frontend_config *config,
                       const struct wire_message *message,
                       const struct wire_profile *author) {
    const struct wire_quote shown = {.created_us = message->created_us,
                                     .edited = message->edited,
                                     .deleted = message->deleted,
                                     .read = message->read,
                                     .files = message->files,
                                     .files_count = message->files_count};
    json_put(out, "{\"id\":");
    json_put_uint(out, message->message.value);
    json_put(out, ",\"author\":");
    chats_put_person(out, config, message->author, author);
    json_put(out, ",\"text\":");
    json_put_text(out, message->text);
    json_put(out, ",\"reply_to\":");
    put_quote(out, &message->quote);
    put_rest(out, &shown);
}

static const char *name_of(enum chats_event event) {
    static const char *const names[] = {[CHATS_UNKNOWN] = "error",
#define EVENT_NAME(event, name, kind) [event] = (name),
                                        CHATS_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    };
    return names[event];
}

static void put_head(struct buf *out, enum chats_event event,
                     const struct chats_chat *chat) {
    json_put(out, "{\"type\":\"");
    json_put(out, name_of(event));
    json_put(out, "\",\"content\":{\"chat_type\":\"");
    json_put(out, wire_room_kind_name(chat->kind));
    json_put(out, "\",\"chat_id\":");
    json_put_text(out, chat->key);
}

void chats_put_message_frame(struct buf *out,
                             const struct frontend_config *config,
                             enum chats_event event,
                             const struct chats_chat *chat,
                             const struct wire_message *message,
                             const struct wire_profile *author,
                             struct slice client_key) {
    put_head(out, event, chat);
    json_put(out, ",\"room_id\":");
    json_put_uint(out, message->room.value);
    json_put(out, ",\"message\":");
    chats_put_message(out, config, message, author);
    if (client_key.size) {
        json_put(out, ",\"client_key\":");
        json_put_slice(out, client_key);
    }
    json_put(out, "}}");
}

static void put_whose(struct buf *out, message_id message, user_id user) {
    json_put(out, ",\"message_id\":");
    json_put_uint(out, message.value);
    json_put(out, ",\"user_id\":");
    json_put_id_or_null(out, user.value);
}

void chats_put_read_frame(struct buf *out, const struct chats_chat *chat,
                          message_id message, user_id user, int64_t read_us) {
    put_head(out, CHATS_READ, chat);
    put_whose(out, message, user);
    json_put(out, ",\"read_at\":");
    dates_put_utc(out, read_us);
    json_put(out, "}}");
}

void chats_put_delete_frame(struct buf *out, const struct chats_chat *chat,
                            message_id message, user_id user) {
    put_head(out, CHATS_DELETE, chat);
    put_whose(out, message, user);
    json_put(out, "}}");
}

void chats_typing(const struct frontend_config *config,
                  const struct wire_room *room, const struct wire_typed *typed,
                  struct buf *text) {
    (void)config;
    const struct chats_chat chat = {room->kind, room->key};
    put_head(text, CHATS_TYPING, &chat);
    json_put(text, ",\"user_id\":");
    json_put_uint(text, typed->user.value);
    json_put(text, ",\"end_time\":");
    dates_put_utc(text, typed->until_us);
    json_put(text, "}}");
}

void chats_presence(const struct frontend_config *config,
                    const struct wire_presence *presence, struct buf *text) {
    (void)config;
    json_put(text, presence->online
                       ? "{\"type\":\"set_online\",\"content\":{\"user_id\":"
                       : "{\"type\":\"set_offline\",\"content\":{\"user_id\":");
    json_put_uint(text, presence->user.value);
    if (!presence->online) {
        json_put(text, ",\"last_seen\":");
        if (presence->last_seen_us)
            dates_put_utc(text, presence->last_seen_us);
        else
            json_put(text, "null");
    }
    json_put(text, "}}");
}

void chats_broadcast(const struct frontend_config *config,
                     const struct wire_room *room,
                     const struct wire_event *event, struct buf *text) {
    const struct chats_chat chat = {room->kind, room->key};
    switch ((enum event_kind)event->kind) {
    case EVENT_MESSAGE_CREATED:
        chats_put_message_frame(text, config, CHATS_NEW, &chat, &event->message,
                                &event->author, (struct slice){0});
        return;
    case EVENT_MESSAGE_EDITED:
        chats_put_message_frame(text, config, CHATS_EDIT, &chat,
                                &event->message, &event->author,
                                (struct slice){0});
        return;
    case EVENT_MESSAGE_DELETED:
        chats_put_delete_frame(text, &chat, event->message.message,
                               event->actor);
        return;
    case EVENT_MARK_MOVED:
        chats_put_read_frame(text, &chat, event->message.message, event->actor,
                             event->at_us);
        return;
    case EVENT_MEMBER_PUT:
    case EVENT_MEMBER_REMOVED:
    case EVENT_ROOM_CHANGED:
    case EVENT_ROOM_DELETED:
        /* Its clients have no event for these. */
        return;
    }
}
