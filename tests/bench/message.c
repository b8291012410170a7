/* message.c - see message.h. */
#include "tests/bench/message.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/err.h"

#define SEQ_MARK "seq="
#define SEQ_MARK_BYTES 4u
#define SEQ_DIGITS 12u

/* Fills the text after its number; without what JSON would escape. */
static const char filler[] =
    " It was the best of times and it was the worst of times. We had "
    "everything before us and we had nothing before us and we were all going "
    "direct to some better place";

static struct slice finish(char *out, int size) {
    INVARIANT(size > 0 && (size_t)size < MESSAGE_FRAME_BYTES_MAX);
    return (struct slice){out, (size_t)size};
}

static int filler_size(void) {
    _Static_assert(sizeof(filler) > MESSAGE_TEXT_BYTES - SEQ_DIGITS,
                   "the filler fills the text");
    return (int)(MESSAGE_TEXT_BYTES - SEQ_MARK_BYTES - SEQ_DIGITS);
}

struct slice message_subscribe(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"action\":\"subscribe_to_messages_in_room\""
                                ",\"pk\":%" PRIu64 ",\"request_id\":1}",
                                pk));
}

struct slice message_list(char out[MESSAGE_FRAME_BYTES_MAX]) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"action\":\"user_chat_list_action\","
                                "\"page\":1,\"request_id\":1}"));
}

struct slice message_page(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                          uint64_t page) {
    return finish(out, snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                                "{\"action\":"
                                "\"retrive_room_paginated_message_action\","
                                "\"pk\":%" PRIu64 ",\"page\":%" PRIu64
                                ",\"request_id\":1}",
                                pk, page));
}

struct slice message_create(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                            uint64_t seq) {
    return finish(out,
                  snprintf(out, MESSAGE_FRAME_BYTES_MAX,
                           "{\"action\":\"create_message\",\"pk\":%" PRIu64
                           ",\"request_id\":%" PRIu64 ",\"message\":\"" SEQ_MARK
                           "%012" PRIu64 "%.*s\"}",
                           pk, seq, seq, filler_size(), filler));
}

struct slice message_event(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                           uint64_t seq) {
    return finish(
        out,
        snprintf(
            out, MESSAGE_FRAME_BYTES_MAX,
            "{\"action\":\"create\",\"pk\":%" PRIu64
            ",\"data\":{\"id\":%" PRIu64
            ",\"created_at_formatted\":\"02-02-2022 08:21:33\","
            "\"user\":{\"id\":1000001,\"username\":\"user-1000001\","
            "\"email\":\"user-1000001@example.org\"},\"text\":\"" SEQ_MARK
            "%012" PRIu64 "%.*s\",\"date\":\"2022-02-02T08:21:33.724162Z\","
            "\"chat\":%" PRIu64 ",\"reply_to_message\":null,\"read\":false}}",
            seq, seq, seq, filler_size(), filler, pk));
}

/* Whether the mark is at |at|; then its number is in |seq_out|. */
static bool seq_at(struct slice text, size_t at, uint64_t *seq_out) {
    if (at + SEQ_MARK_BYTES + SEQ_DIGITS > text.size ||
        memcmp(text.data + at, SEQ_MARK, SEQ_MARK_BYTES) != 0)
        return false;
    uint64_t seq = 0;
    for (size_t i = 0; i < SEQ_DIGITS; i++) {
        char digit = text.data[at + SEQ_MARK_BYTES + i];
        if (digit < '0' || digit > '9')
            return false;
        seq = seq * 10 + (uint64_t)(digit - '0');
    }
    *seq_out = seq;
    return true;
}

bool message_seq(struct slice text, size_t *at_hint, uint64_t *seq_out) {
    if (seq_at(text, *at_hint, seq_out))
        return true;
    const char *found = memmem(text.data, text.size, SEQ_MARK, SEQ_MARK_BYTES);
    if (found == NULL)
        return false;
    *at_hint = (size_t)(found - text.data);
    return seq_at(text, *at_hint, seq_out);
}

/* Where the value of |key| begins, or NULL. */
static const char *find_value(struct slice text, const char *key) {
    char quoted[64];
    int size = snprintf(quoted, sizeof(quoted), "\"%s\"", key);
    const char *at = memmem(text.data, text.size, quoted, (size_t)size);
    if (at == NULL)
        return NULL;
    at += size;
    const char *end = text.data + text.size;
    while (at < end && (*at == ':' || *at == ' '))
        at++;
    return at < end ? at : NULL;
}

uint64_t message_number(struct slice text, const char *key) {
    const char *at = find_value(text, key);
    uint64_t value = 0;
    const char *end = text.data + text.size;
    for (; at != NULL && at < end && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

bool message_has(struct slice text, const char *key) {
    return find_value(text, key) != NULL;
}
