/* chats_messages.c - a page of a chat's messages, newest first. One reply of
 * the broker may hold less than a page (LIMIT_PAGE_BYTES); what is missing is
 * asked for by ordinal, which does not shift when messages come in. */
#include "common/json_write.h"
#include "gateway/frontends/chats/chats_call.h"

struct page_head {
    uint64_t offset;
    uint64_t count; /* Of the first reply. */
    uint32_t limit;
    uint32_t got;
    uint32_t key_size;
    uint32_t path_size;
};

struct page {
    struct page_head head;
    struct slice key;
    struct slice path; /* As it was asked for. */
    struct slice json; /* What was got. */
};

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A whole number with or without percent signs, at most UINT64_MAX. */
static bool take_number(struct slice text, uint64_t *out) {
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '%' && i + 2 < text.size) {
            int high = hex_value(text.data[i + 1]);
            int low = hex_value(text.data[i + 2]);
            c = high < 0 || low < 0 ? '%' : (char)(high << 4 | low);
            i += 2;
        }
        if (c < '0' || c > '9')
            return false;
        uint64_t digit = (uint64_t)(c - '0');
        value =
            value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *out = value;
    return text.size > 0;
}

/* The number |name| of "limit=20&offset=40"; the last one counts; |otherwise|
 * where it is absent or bad. */
static uint64_t number_of(struct slice query, struct slice name,
                          uint64_t otherwise) {
    uint64_t value = otherwise;
    while (query.size) {
        const char *end = memchr(query.data, '&', query.size);
        struct slice pair = query;
        if (end)
            pair.size = (size_t)(end - query.data);
        query.data += pair.size + (end != NULL);
        query.size -= pair.size + (end != NULL);
        if (pair.size <= name.size || pair.data[name.size] != '=' ||
            memcmp(pair.data, name.data, name.size) != 0)
            continue;
        struct slice text = {pair.data + name.size + 1,
                             pair.size - name.size - 1};
        if (!take_number(text, &value))
            value = otherwise;
    }
    return value;
}

static void ask_page(struct call_next *next, struct chats_call_head *head,
                     struct page *page, const struct wire_query *query) {
    if (!chats_ask_again(next, head))
        return;
    page->head.key_size = (uint32_t)page->key.size;
    page->head.path_size = (uint32_t)page->path.size;
    buf_append(&next->memo, &page->head, sizeof(page->head));
    buf_append_slice(&next->memo, page->key);
    buf_append_slice(&next->memo, page->path);
    buf_append_slice(&next->memo, page->json);
    next->command = (struct wire){
        .kind = WIRE_HISTORY,
        .as.history = {.user = next->self->user,
                       .query = *query,
                       .kind = head->kind,
                       .key = arena_copy(next->arena, page->key)}};
}

void chats_messages_ask(struct chats_ask *ask) {
    struct slice query = ask->request->query;
    uint64_t limit = number_of(query, SLICE("limit"), CHATS_PAGE_SIZE);
    if (limit == 0)
        limit = CHATS_PAGE_SIZE;
    if (limit > CHATS_PAGE_SIZE_MAX)
        limit = CHATS_PAGE_SIZE_MAX;
    struct page page = {.head = {.offset = number_of(query, SLICE("offset"), 0),
                                 .limit = (uint32_t)limit},
                        .key = ask->key,
                        .path = ask->request->path};
    const struct wire_query asked = {.by = QUERY_BY_RANK,
                                     .skip = page.head.offset,
                                     .limit = page.head.limit,
                                     .newest = true};
    ask_page(ask->next, &ask->head, &page, &asked);
}

static void take_memo(struct slice memo, struct page *out) {
    PRE(memo.size >= sizeof(out->head));
    memcpy(&out->head, memo.data, sizeof(out->head));
    const char *at = memo.data + sizeof(out->head);
    const char *end = memo.data + memo.size;
    out->key = (struct slice){at, out->head.key_size};
    at += out->head.key_size;
    out->path = (struct slice){at, out->head.path_size};
    at += out->head.path_size;
    PRE(at <= end);
    out->json = (struct slice){at, (size_t)(end - at)};
}

/* A link as Django REST framework makes it, from the path on. */
static void put_link(struct buf *out, const struct page *page, bool there,
                     uint64_t offset) {
    struct buf link = {0};
    if (!there) {
        json_put(out, "null");
        return;
    }
    json_put_slice(&link, page->path);
    json_put(&link, "?limit=");
    json_put_uint(&link, page->head.limit);
    if (offset) {
        json_put(&link, "&offset=");
        json_put_uint(&link, offset);
    }
    json_put_text(out, buf_slice(&link));
    buf_finish(&link);
}

static void say(struct call_next *next, const struct page *page) {
    uint64_t offset = page->head.offset;
    uint64_t limit = page->head.limit;
    uint64_t count = page->head.count;
    json_put(&next->body, "{\"count\":");
    json_put_uint(&next->body, count);
    json_put(&next->body, ",\"next\":");
    put_link(&next->body, page, offset < count && limit < count - offset,
             offset + limit);
    json_put(&next->body, ",\"previous\":");
    put_link(&next->body, page, offset > 0,
             offset > limit ? offset - limit : 0);
    json_put(&next->body, ",\"results\":[");
    json_put_slice(&next->body, page->json);
    json_put(&next->body, "]}");
    next->status = 200;
}

void chats_messages_say(struct chats_answer *answer) {
    const struct wire_reply_page *reply = &answer->reply->as.reply_page;
    struct page page = {.head = {.limit = 0}};
    struct buf json = {0};
    take_memo(answer->memo, &page);
    buf_append_slice(&json, page.json);
    if (page.head.got == 0)
        page.head.count = reply->live_total;
    for (uint32_t i = reply->messages_count;
         i > 0 && page.head.got < page.head.limit; i--) {
        const struct wire_message *message = &reply->messages[i - 1];
        if (page.head.got++)
            json_put(&json, ",");
        chats_put_message(&json, answer->next->config, message,
                          wire_profile_find(reply->profiles,
                                            reply->profiles_count,
                                            message->author));
    }
    page.json = buf_slice(&json);
    if (reply->has_more && reply->messages_count > 0 &&
        page.head.got < page.head.limit) {
        const struct wire_query rest = {.by = QUERY_BY_ORDINAL,
                                        .before = reply->messages[0].ordinal,
                                        .limit =
                                            page.head.limit - page.head.got,
                                        .newest = true};
        ask_page(answer->next, &answer->head, &page, &rest);
    } else {
        say(answer->next, &page);
    }
    buf_finish(&json);
}
