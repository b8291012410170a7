/* chats_key.c - the keys of direct rooms: "<smaller id>_<larger id>". */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats.h"

/* 1 .. ID_MAX, without leading zeros: one name for one user. */
static bool take_id(struct slice digits, uint64_t *out) {
    uint64_t value = 0;
    if (digits.size == 0 || *digits.data == '0')
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (uint64_t)(c - '0');
        if (value > ID_MAX)
            return false;
    }
    *out = value;
    return true;
}

static bool take_pair(struct slice text, uint64_t *first, uint64_t *second) {
    const char *joint = text.size ? memchr(text.data, '_', text.size) : NULL;
    if (!joint)
        return false;
    size_t size = (size_t)(joint - text.data);
    return take_id((struct slice){text.data, size}, first) &&
           take_id((struct slice){joint + 1, text.size - size - 1}, second);
}

bool chats_put_direct_key(struct slice text, user_id self, struct buf *key) {
    uint64_t first, second;
    if (!take_pair(text, &first, &second) ||
        (first != self.value && second != self.value))
        return false;
    json_put_uint(key, first < second ? first : second);
    json_put(key, "_");
    json_put_uint(key, first < second ? second : first);
    return true;
}

user_id chats_opponent(struct slice key, user_id self) {
    uint64_t first, second;
    if (!take_pair(key, &first, &second))
        return (user_id){0};
    return (user_id){first == self.value ? second : first};
}
