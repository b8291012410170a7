/* recent.c - see recent.h. */
#include "broker/core/recent.h"

#include "common/err.h"

void recent_init(struct recent *recent) {
    *recent = (struct recent){
        .messages.item_size = sizeof(struct recent_message), .first = 1};
}

void recent_finish(struct recent *recent) {
    ring_finish(&recent->messages);
}

void recent_restart(struct recent *recent, uint64_t next_ordinal) {
    recent->messages.head = 0;
    recent->messages.count = 0;
    recent->first = next_ordinal;
}

void recent_add(struct recent *recent, user_id author) {
    if (recent->messages.count == RECENT_MAX) {
        ring_drop_first(&recent->messages);
        recent->first++;
    }
    struct recent_message *message = ring_push(&recent->messages);
    message->author = author;
}

void recent_delete(struct recent *recent, uint64_t ordinal) {
    if (ordinal < recent->first)
        return;
    PRE(ordinal - recent->first < recent->messages.count);
    struct recent_message *message =
        ring_at(&recent->messages, (uint32_t)(ordinal - recent->first));
    message->is_deleted = true;
}

bool recent_count_after(const struct recent *recent, uint64_t ordinal,
                        user_id user, uint64_t *out) {
    if (ordinal + 1 < recent->first)
        return false;
    uint64_t count = 0;
    for (uint64_t at = ordinal + 1 - recent->first; at < recent->messages.count;
         at++) {
        const struct recent_message *message =
            ring_at(&recent->messages, (uint32_t)at);
        count += !message->is_deleted && message->author.value != user.value;
    }
    *out = count;
    return true;
}
