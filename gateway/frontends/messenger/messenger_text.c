/* messenger_text.c - the dialect's JSON shapes. */
#include "common/json_write.h"
#include "gateway/frontends/messenger/messenger.h"
#include "gateway/json/dates.h"

static void put_raw_or_null(struct buf *out, struct slice raw) {
    if (raw.size)
        json_put_slice(out, raw);
    else
        json_put(out, "null");
}

void messenger_put_envelope(struct buf *out, const struct messenger_echo *echo,
                            unsigned status) {
    json_put(out, ",\"action\":");
    put_raw_or_null(out, echo->action);
    json_put(out, ",\"response_status\":");
    json_put_uint(out, status);
    json_put(out, ",\"request_id\":");
    put_raw_or_null(out, echo->request_id);
    json_put(out, ",\"pk\":");
    put_raw_or_null(out, echo->pk);
}

void messenger_put_answer(struct buf *out, const struct messenger_echo *echo,
                          unsigned status, struct slice data) {
    json_put(out, "{\"errors\":[],\"data\":");
    json_put_slice(out, data);
    messenger_put_envelope(out, echo, status);
    json_put(out, "}");
}

void messenger_put_error(struct buf *out, const struct messenger_echo *echo,
                         unsigned status, struct slice field,
                         struct slice error) {
    json_put(out, "{\"errors\":[");
    if (field.size) {
        json_put(out, "{");
        json_put_text(out, field);
        json_put(out, ":[");
        json_put_text(out, error);
        json_put(out, "]}");
    } else {
        json_put_text(out, error);
    }
    json_put(out, "],\"data\":null");
    messenger_put_envelope(out, echo, status);
    json_put(out, "}");
}

static void put_person(struct buf *out, user_id user,
                       const struct wire_profile *profile) {
    static const struct wire_profile nobody = {0};
    if (!profile)
        profile = &nobody;
    json_put(out, "{\"id\":");
    json_put_uint(out, user.value);
    json_put(out, ",\"username\":");
    json_put_text(out, profile->username);
    json_put(out, ",\"email\":");
    json_put_text(out, profile->email);
    json_put(out, "}");
}

void messenger_put_message(struct buf *out,
                           const struct frontend_config *config,
                           const struct wire_message *message,
                           const struct wire_profile *author) {
    json_put(out, "{\"id\":");
    json_put_uint(out, message->message.value);
    json_put(out, ",\"created_at_formatted\":");
    dates_put_formatted(out, config->zone, message->created_us);
    json_put(out, ",\"user\":");
    put_person(out, message->author, author);
    json_put(out, ",\"text\":");
    json_put_text(out, message->text);
    json_put(out, ",\"date\":");
    dates_put_utc(out, message->created_us);
    json_put(out, ",\"chat\":");
    json_put_uint(out, message->room.value);
    json_put(out, ",\"reply_to_message\":");
    json_put_id_or_null(out, message->reply_to.value);
    json_put(out, ",\"read\":");
    json_put_bool(out, message->read);
    json_put(out, "}");
}

static void put_role(struct buf *out, const char *name, user_id user,
                     const struct wire_profile *profiles, uint32_t count) {
    json_put(out, ",\"");
    json_put(out, name);
    json_put(out, "\":");
    if (user.value)
        put_person(out, user, wire_profile_find(profiles, count, user));
    else
        json_put(out, "null");
}

void messenger_put_view(struct buf *out, const struct frontend_config *config,
                        const struct wire_view *view,
                        const struct wire_profile *profiles, uint32_t count) {
    json_put(out, "{\"pk\":");
    json_put_uint(out, view->room.room.value);
    put_role(out, "customer", view->customer, profiles, count);
    put_role(out, "executor", view->executor, profiles, count);
    json_put(out, ",\"last_message\":");
    if (view->last.message.value)
        messenger_put_message(
            out, config, &view->last,
            wire_profile_find(profiles, count, view->last.author));
    else
        json_put(out, "null");
    json_put(out, ",\"unread_count\":");
    json_put_uint(out, view->unread);
    json_put(out, ",\"kind\":");
    json_put_text(out, slice_of(wire_room_kind_name(view->room.kind)));
    json_put(out, ",\"title\":");
    json_put_text(out, view->room.title);
    json_put(out, "}");
}

static void put_event(struct buf *text, const struct frontend_config *config,
                      const char *action, const struct wire_event *event) {
    json_put(text, "{\"action\":\"");
    json_put(text, action);
    json_put(text, "\",\"pk\":");
    json_put_uint(text, event->message.message.value);
    json_put(text, ",\"data\":");
    messenger_put_message(text, config, &event->message, &event->author);
    json_put(text, "}");
}

void messenger_broadcast(const struct frontend_config *config,
                         const struct wire_room *room,
                         const struct wire_event *event, struct buf *text) {
    (void)room;
    switch ((enum event_kind)event->kind) {
    case EVENT_MESSAGE_CREATED:
        put_event(text, config, "create", event);
        return;
    case EVENT_MESSAGE_EDITED:
    case EVENT_MARK_MOVED:
        put_event(text, config, "update", event);
        return;
    case EVENT_MESSAGE_DELETED:
        put_event(text, config, "delete", event);
        return;
    case EVENT_MEMBER_PUT:
    case EVENT_MEMBER_REMOVED:
    case EVENT_ROOM_CHANGED:
    case EVENT_ROOM_DELETED:
        /* Its clients have no event for these. */
        return;
    }
}
