/* dialogs_text.c - the envelopes: answers, errors, and what is pushed. */
#include "common/json_write.h"
#include "gateway/frontends/dialogs/dialogs.h"
#include "gateway/json/error.h"

static void put_head(struct buf *out, struct slice event) {
    json_put(out, "{\"type\":\"ws_send\",\"event\":");
    if (event.size)
        json_put_slice(out, event);
    else
        json_put(out, "null");
    json_put(out, ",\"data\":");
}

static void put_request_id(struct buf *out, const struct dialogs_echo *echo) {
    if (!echo->request_id.size)
        return;
    json_put(out, ",\"request_id\":");
    json_put_slice(out, echo->request_id);
}

void dialogs_put_answer(struct buf *out, const struct dialogs_echo *echo,
                        struct slice data, struct slice meta) {
    put_head(out, echo->event);
    json_put_slice(out, data);
    if (meta.size) {
        json_put(out, ",\"meta\":");
        json_put_slice(out, meta);
    }
    put_request_id(out, echo);
    json_put(out, "}");
}

void dialogs_put_error(struct buf *out, const struct dialogs_echo *echo,
                       const struct dialogs_error *error) {
    put_head(out, echo->event);
    json_put_text(out, error->detail);
    json_put(out, ",\"exception\":true,\"errors\":[");
    error_put(out, error->code, error->detail, dialogs_error_field(error));
    json_put(out, "]");
    put_request_id(out, echo);
    json_put(out, "}");
}

/* Whether the room is a dialog, as far as the event or the room tells. Events
 * that are read back do not say how many members there are: then only notes to
 * oneself are known to be none. A member who is told of an event too many
 * loses nothing, one who misses a message does. */
static bool is_dialog(const struct wire_room *room,
                      const struct wire_event *event) {
    if (event->members_count)
        return event->members_count == 2;
    if (room->kind != ROOM_DIRECT || !room->key.size)
        return true;
    const char *middle = memchr(room->key.data, '_', room->key.size);
    if (!middle)
        return true;
    struct slice first = {room->key.data, (size_t)(middle - room->key.data)};
    struct slice second = {middle + 1, room->key.size - first.size - 1};
    return !slice_equal(first, second);
}

static void put_event(struct buf *text, const struct frontend_config *config,
                      struct slice name, const struct wire_event *event) {
    put_head(text, name);
    dialogs_put_message(text, config, &event->message, &event->author);
    json_put(text, "}");
}

/* The mark that moved is the other side's, and has reached the message now if
 * it had not before. */
static void put_seen(struct buf *text, const struct frontend_config *config,
                     const struct wire_event *event) {
    struct wire_event seen = *event;
    if (!seen.message.read_us)
        seen.message.read_us = event->at_us;
    put_event(text, config, SLICE("\"dialogs.messages.seen\""), &seen);
}

static void put_deleted(struct buf *text, const struct wire_event *event) {
    put_head(text, SLICE("\"dialogs.messages.delete\""));
    json_put(text, "{\"id\":");
    json_put_uint(text, event->message.message.value);
    json_put(text, ",\"dialog\":");
    json_put_uint(text, event->message.room.value);
    json_put(text, "}}");
}

void dialogs_broadcast(const struct frontend_config *config,
                       const struct wire_room *room,
                       const struct wire_event *event, struct buf *text) {
    if (!is_dialog(room, event))
        return;
    switch ((enum event_kind)event->kind) {
    case EVENT_MESSAGE_CREATED:
        put_event(text, config, SLICE("\"dialogs.messages.create\""), event);
        return;
    case EVENT_MESSAGE_EDITED:
        put_event(text, config, SLICE("\"dialogs.messages.update\""), event);
        return;
    case EVENT_MESSAGE_DELETED:
        put_deleted(text, event);
        return;
    case EVENT_MARK_MOVED:
        put_seen(text, config, event);
        return;
    case EVENT_MEMBER_PUT:
    case EVENT_MEMBER_REMOVED:
    case EVENT_ROOM_CHANGED:
    case EVENT_ROOM_DELETED:
        /* Its clients have no event for these. */
        return;
    }
}

void dialogs_unread(const struct frontend_config *config, uint64_t count,
                    struct buf *text) {
    (void)config;
    put_head(text, SLICE("\"notifications.dialogs.count\""));
    json_put_uint(text, count);
    json_put(text, "}");
}
