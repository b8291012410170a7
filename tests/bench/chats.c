/* chats.c - see chats.h. */
#include "tests/bench/chats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"

#define TYPE_MARK "{\"type\":\""
#define CHAT_MARK "\"chat_id\":\""

static struct slice finish(char *out, int size) {
    INVARIANT(size > 0 && (size_t)size < MESSAGE_FRAME_BYTES_MAX);
    return (struct slice){out, (size_t)size};
}

struct slice chats_fence(char out[MESSAGE_FRAME_BYTES_MAX]) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"type\":\"fence\",\"content\":{}}"));
}

bool chats_is_fence(struct slice text) {
    static const char mark[] = "\"type\":\"fence\"";
    return chats_is(text, "error") &&
           memmem(text.data, text.size, mark, sizeof(mark) - 1) != NULL;
}

struct slice chats_typing(char out[MESSAGE_FRAME_BYTES_MAX], const char *name,
                          uint32_t room) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"type\":\"user_typing\",\"content\":{"
                                "\"chat_type\":\"project\",\"chat_id\":"
                                "\"%s-%" PRIu32 "\"}}",
                                name, room));
}

struct slice chats_new(char out[MESSAGE_FRAME_BYTES_MAX], const char *name,
                       uint32_t room) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"type\":\"new_message\",\"content\":{"
                                "\"chat_type\":\"project\",\"chat_id\":"
                                "\"%s-%" PRIu32 "\",\"message\":\"Hello.\"}}",
                                name, room));
}

struct slice chats_presence(char out[MESSAGE_FRAME_BYTES_MAX], bool is_online) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"type\":\"set_%s\",\"content\":{}}",
                                is_online ? "online" : "offline"));
}

bool chats_is(struct slice text, const char *type) {
    static const size_t mark_size = sizeof(TYPE_MARK) - 1;
    size_t size = strlen(type);
    return text.size > mark_size + size &&
           memcmp(text.data, TYPE_MARK, mark_size) == 0 &&
           memcmp(text.data + mark_size, type, size) == 0 &&
           text.data[mark_size + size] == '"';
}

bool chats_room(struct slice text, const char *name, uint32_t *room) {
    const char *at =
        memmem(text.data, text.size, CHAT_MARK, sizeof(CHAT_MARK) - 1);
    const char *end = text.data + text.size;
    size_t size = strlen(name);
    if (at == NULL)
        return false;
    at += sizeof(CHAT_MARK) - 1;
    if ((size_t)(end - at) < size + 2 || memcmp(at, name, size) != 0 ||
        at[size] != '-')
        return false;
    uint32_t number = 0;
    for (at += size + 1; at < end && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (uint32_t)(*at - '0');
    *room = number;
    return at < end && *at == '"';
}
