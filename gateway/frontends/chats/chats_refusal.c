/* chats_refusal.c - errors, as frames and for HTTP. */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats.h"

static void put_member(struct buf *out, const char *name, struct slice raw) {
    if (raw.size == 0)
        return;
    json_put(out, ",\"");
    json_put(out, name);
    json_put(out, "\":");
    json_put_slice(out, raw);
}

void chats_put_error(struct buf *out, const struct chats_echo *echo,
                     const char *code, struct slice detail,
                     struct slice field) {
    json_put(out, "{\"type\":\"error\",\"error\":");
    json_put_text(out, detail);
    json_put(out, ",\"content\":{\"code\":\"");
    json_put(out, code);
    json_put(out, "\",\"detail\":");
    json_put_text(out, detail);
    put_member(out, "type", echo->type.size ? echo->type : SLICE("null"));
    if (field.size) {
        json_put(out, ",\"field\":");
        json_put_text(out, field);
    }
    put_member(out, "client_key", echo->client_key);
    put_member(out, "message_id", echo->message_id);
    json_put(out, "}}");
}

struct chats_refusal chats_refusal_of(uint8_t refusal) {
    static const struct chats_refusal later = {503, "try_again",
                                               "Try again later."};
    switch ((enum wire_refusal)refusal) {
    case REFUSED_NOT_FOUND:
        return (struct chats_refusal){404, "not_found", "Not found."};
    case REFUSED_FORBIDDEN:
        return (struct chats_refusal){403, "forbidden",
                                      "You may not do that to this message."};
    case REFUSED_BAD_FIELD:
        return (struct chats_refusal){400, "bad_field", "Not a valid value."};
    case REFUSED_CONFLICT:
        return (struct chats_refusal){409, "conflict",
                                      "It contradicts what is stored."};
    case REFUSED_STORAGE_FULL:
        return (struct chats_refusal){503, "storage_full",
                                      "The storage is full."};
    case REFUSED_STORAGE_FAILED:
        return (struct chats_refusal){503, "storage_failed",
                                      "The storage failed."};
    case REFUSED_OVERLOADED:
        return (struct chats_refusal){503, "overloaded", "A limit is reached."};
    case REFUSED_UNKNOWN_OUTCOME:
        return (struct chats_refusal){504, "unknown_outcome",
                                      "Whether it was done is not known."};
    case REFUSED_TRY_AGAIN:
    /* Between broker and persister; a client meets them by accident. */
    case REFUSED_HELD:
    case REFUSED_STALE:
        return later;
    }
    return later;
}
