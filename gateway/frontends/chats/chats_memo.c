/* chats_memo.c - what is remembered of a frame, as bytes and back. */
#include "gateway/frontends/chats/chats.h"

#define TEXTS_COUNT 5u

struct memo_head {
    uint32_t sizes[TEXTS_COUNT];
    uint8_t event;
    uint8_t kind;
    uint8_t text;
    uint8_t files_count;
};

void chats_memo_encode(const struct chats_memo *memo, struct buf *out) {
    const struct slice texts[TEXTS_COUNT] = {memo->chat.key, memo->echo.type,
                                             memo->echo.client_key,
                                             memo->echo.message_id, memo->send};
    struct memo_head head = {.event = (uint8_t)memo->event,
                             .kind = memo->chat.kind,
                             .text = memo->text,
                             .files_count = memo->files_count};
    for (unsigned i = 0; i < TEXTS_COUNT; i++)
        head.sizes[i] = (uint32_t)texts[i].size;
    buf_append(out, &head, sizeof head);
    for (unsigned i = 0; i < TEXTS_COUNT; i++)
        buf_append_slice(out, texts[i]);
}

void chats_memo_decode(struct slice bytes, struct chats_memo *out) {
    struct memo_head head;
    struct slice texts[TEXTS_COUNT];
    PRE(bytes.size >= sizeof head);
    memcpy(&head, bytes.data, sizeof head);
    const char *at = bytes.data + sizeof head;
    for (unsigned i = 0; i < TEXTS_COUNT; i++) {
        texts[i] = (struct slice){at, head.sizes[i]};
        at += head.sizes[i];
    }
    PRE(at == bytes.data + bytes.size);
    *out = (struct chats_memo){.event = (enum chats_event)head.event,
                               .chat = {head.kind, texts[0]},
                               .echo = {.type = texts[1],
                                        .client_key = texts[2],
                                        .message_id = texts[3]},
                               .text = head.text != 0,
                               .files_count = head.files_count,
                               .send = texts[4]};
}
