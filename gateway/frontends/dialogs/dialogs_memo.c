/* dialogs_memo.c - what is remembered of a request, as bytes and back. */
#include "gateway/frontends/dialogs/dialogs.h"

#define TEXTS 5u

struct memo_head {
    uint64_t numbers[9];
    uint32_t sizes[TEXTS];
    uint8_t event;
    uint8_t looking;
    uint8_t unused[2]; /* So that equal memos have equal bytes. */
};

void dialogs_memo_encode(const struct dialogs_memo *memo, struct buf *out) {
    const struct slice texts[TEXTS] = {memo->echo.event, memo->echo.request_id,
                                       memo->client_key, memo->body,
                                       memo->messages};
    struct memo_head head = {
        .numbers = {memo->room.value, memo->other.value, memo->reply_to.value,
                    memo->lesson, memo->file.value, memo->limit, memo->offset,
                    memo->total, memo->taken},
        .event = (uint8_t)memo->event,
        .looking = memo->looking};
    for (unsigned i = 0; i < TEXTS; i++)
        head.sizes[i] = (uint32_t)texts[i].size;
    buf_append(out, &head, sizeof head);
    for (unsigned i = 0; i < TEXTS; i++)
        buf_append_slice(out, texts[i]);
}

void dialogs_memo_forget(struct dialogs_memo *memo) {
    memo->file = (file_id){0};
    memo->body = (struct slice){0};
    memo->client_key = (struct slice){0};
}

void dialogs_memo_decode(struct slice bytes, struct dialogs_memo *out) {
    struct memo_head head;
    struct slice texts[TEXTS];
    PRE(bytes.size >= sizeof head);
    memcpy(&head, bytes.data, sizeof head);
    const char *at = bytes.data + sizeof head;
    for (unsigned i = 0; i < TEXTS; i++) {
        texts[i] = (struct slice){at, head.sizes[i]};
        at += head.sizes[i];
    }
    PRE(at == bytes.data + bytes.size);
    *out = (struct dialogs_memo){
        .event = (enum dialogs_event)head.event,
        .echo = {.event = texts[0], .request_id = texts[1]},
        .looking = head.looking != 0,
        .room = {head.numbers[0]},
        .other = {head.numbers[1]},
        .reply_to = {head.numbers[2]},
        .lesson = head.numbers[3],
        .file = {head.numbers[4]},
        .client_key = texts[2],
        .body = texts[3],
        .limit = head.numbers[5],
        .offset = head.numbers[6],
        .total = head.numbers[7],
        .taken = head.numbers[8],
        .messages = texts[4]};
}
