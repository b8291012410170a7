/* messenger_memo.c - what is remembered of a request, as bytes and back. */
#include "gateway/frontends/messenger/messenger.h"

struct memo_head {
    uint64_t room;
    uint32_t sizes[5];
    uint8_t action;
    uint8_t begun;
    uint8_t unused[2]; /* So that equal memos have equal bytes. */
};

void messenger_memo_encode(const struct messenger_memo *memo, struct buf *out) {
    const struct messenger_echo *echo = &memo->echo;
    const struct slice texts[5] = {echo->action, echo->request_id, echo->pk,
                                   echo->page, memo->last};
    struct memo_head head = {.room = memo->room.value,
                             .action = (uint8_t)memo->action,
                             .begun = memo->begun};
    for (int i = 0; i < 5; i++)
        head.sizes[i] = (uint32_t)texts[i].size;
    buf_append(out, &head, sizeof head);
    for (int i = 0; i < 5; i++)
        buf_append_slice(out, texts[i]);
}

void messenger_memo_decode(struct slice bytes, struct messenger_memo *out) {
    struct memo_head head;
    struct slice texts[5];
    PRE(bytes.size >= sizeof head);
    memcpy(&head, bytes.data, sizeof head);
    const char *at = bytes.data + sizeof head;
    for (int i = 0; i < 5; i++) {
        texts[i] = (struct slice){at, head.sizes[i]};
        at += head.sizes[i];
    }
    PRE(at == bytes.data + bytes.size);
    *out = (struct messenger_memo){.action = (enum messenger_action)head.action,
                                   .echo = {.action = texts[0],
                                            .request_id = texts[1],
                                            .pk = texts[2],
                                            .page = texts[3]},
                                   .room = {head.room},
                                   .begun = head.begun != 0,
                                   .last = texts[4]};
}
