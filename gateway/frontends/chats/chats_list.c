/* chats_list.c - all chats of a kind. They come in pages by activity, and a
 * chat that gets a message in between moves to the front and is missed; so the
 * first page is asked for once more at the end, and what came twice counts as
 * it came last. What was collected travels in the memo. */
#include <stdlib.h>

#include "common/json_write.h"
#include "gateway/frontends/chats/chats_call.h"

struct list_head {
    uint64_t skip; /* Of the page that was asked for. */
    uint64_t json_size;
    uint32_t count;
    uint32_t again; /* The first page, once more. */
};

/* One chat, and where its JSON stands. */
struct entry {
    uint64_t room;
    int64_t activity_us;
    uint64_t offset;
    uint64_t size;
};

struct list {
    struct list_head head;
    struct buf entries;
    struct buf json;
};

/* The member |name| of a chat: its title, or else the other's name. */
static void put_name(struct buf *out, const struct wire_view *view,
                     const struct wire_profile *opponent) {
    struct buf name = {0};
    if (view->room.title.size) {
        buf_append_slice(&name, view->room.title);
    } else if (opponent) {
        buf_append_slice(&name, opponent->first_name);
        if (opponent->first_name.size && opponent->last_name.size)
            json_put(&name, " ");
        buf_append_slice(&name, opponent->last_name);
        if (name.size == 0)
            buf_append_slice(&name, opponent->username);
    }
    if (name.size == 0)
        buf_append_slice(&name, view->room.key);
    json_put(out, ",\"name\":");
    json_put_text(out, buf_slice(&name));
    buf_finish(&name);
}

void chats_put_chat(struct buf *out, const struct call_next *next,
                    const struct wire_view *view,
                    const struct wire_profile *profiles, uint32_t count) {
    user_id self = next->self->user;
    user_id other = {0};
    const struct wire_profile *opponent = NULL;
    if (view->room.kind == ROOM_DIRECT)
        other = chats_opponent(view->room.key, self);
    if (other.value)
        opponent = wire_profile_find(profiles, count, other);
    if (!opponent && other.value == self.value)
        opponent = next->self;
    json_put(out, "{\"id\":");
    json_put_text(out, view->room.key);
    json_put(out, ",\"chat_type\":\"");
    json_put(out, wire_room_kind_name(view->room.kind));
    json_put(out, "\",\"chat_id\":");
    json_put_text(out, view->room.key);
    json_put(out, ",\"room_id\":");
    json_put_uint(out, view->room.room.value);
    put_name(out, view, opponent);
    json_put(out, ",\"opponent\":");
    if (other.value)
        chats_put_person(out, next->config, other, opponent);
    else
        json_put(out, "null");
    json_put(out, ",\"last_message\":");
    if (view->last.message.value)
        chats_put_message(
            out, next->config, &view->last,
            wire_profile_find(profiles, count, view->last.author));
    else
        json_put(out, "null");
    json_put(out, ",\"unread_count\":");
    json_put_uint(out, view->unread);
    json_put(out, "}");
}

static void ask_page(struct call_next *next, struct chats_call_head *head,
                     const struct list *list) {
    if (!chats_ask_again(next, head))
        return;
    buf_append(&next->memo, &list->head, sizeof(list->head));
    buf_append_slice(&next->memo, buf_slice(&list->entries));
    buf_append_slice(&next->memo, buf_slice(&list->json));
    next->command = (struct wire){.kind = WIRE_LIST,
                                  .as.list = {.user = next->self->user,
                                              .skip = list->head.skip,
                                              .limit = CHATS_LIST_STEP,
                                              .kind = head->kind}};
}

void chats_list_ask(struct chats_ask *ask) {
    const struct list list = {.head = {.skip = 0}};
    ask_page(ask->next, &ask->head, &list);
}

static void take_memo(struct slice memo, struct list *out) {
    PRE(memo.size >= sizeof(out->head));
    memcpy(&out->head, memo.data, sizeof(out->head));
    const char *at = memo.data + sizeof(out->head);
    size_t size = out->head.count * sizeof(struct entry);
    PRE(memo.size == sizeof(out->head) + size + out->head.json_size);
    buf_append(&out->entries, at, size);
    buf_append(&out->json, at + size, out->head.json_size);
}

/* The entry of |room|, perhaps a new one; NULL: there is no place. */
static struct entry *entry_of(struct list *list, room_id room) {
    struct entry *entries = (struct entry *)(void *)list->entries.data;
    for (uint32_t i = 0; i < list->head.count; i++)
        if (entries[i].room == room.value)
            return &entries[i];
    if (list->head.count == CHATS_LIST_MAX ||
        list->json.size >= CHATS_LIST_BYTES_MAX)
        return NULL;
    struct entry entry = {.room = room.value};
    buf_append(&list->entries, &entry, sizeof(entry));
    list->head.count++;
    return (struct entry *)(void *)list->entries.data + list->head.count - 1;
}

static void add_views(struct list *list, const struct chats_answer *answer) {
    const struct wire_reply_list *reply = &answer->reply->as.reply_list;
    for (uint32_t i = 0; i < reply->views_count; i++) {
        const struct wire_view *view = &reply->views[i];
        struct entry *entry = entry_of(list, view->room.room);
        if (!entry)
            continue;
        entry->activity_us = view->activity_us;
        entry->offset = list->json.size;
        chats_put_chat(&list->json, answer->next, view, reply->profiles,
                       reply->profiles_count);
        entry->size = list->json.size - entry->offset;
    }
    list->head.json_size = list->json.size;
}

/* Latest activity first. */
static int compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->activity_us != b->activity_us)
        return a->activity_us > b->activity_us ? -1 : 1;
    return a->room < b->room ? -1 : a->room > b->room;
}

static void say(struct list *list, struct call_next *next) {
    struct entry *entries = (struct entry *)(void *)list->entries.data;
    if (list->head.count)
        qsort(entries, list->head.count, sizeof(*entries), compare);
    json_put(&next->body, "[");
    for (uint32_t i = 0; i < list->head.count; i++) {
        if (i)
            json_put(&next->body, ",");
        buf_append(&next->body, list->json.data + entries[i].offset,
                   entries[i].size);
    }
    json_put(&next->body, "]");
    next->status = 200;
}

void chats_list_say(struct chats_answer *answer) {
    const struct wire_reply_list *reply = &answer->reply->as.reply_list;
    struct list list = {.head = {.skip = 0}};
    take_memo(answer->memo, &list);
    add_views(&list, answer);
    bool full = list.head.count == CHATS_LIST_MAX ||
                list.json.size >= CHATS_LIST_BYTES_MAX;
    uint64_t seen = list.head.skip + reply->views_count;
    bool more = reply->views_count > 0 && seen < reply->total && !full;
    if (!list.head.again && more) {
        list.head.skip = seen;
        ask_page(answer->next, &answer->head, &list);
    } else if (!list.head.again && list.head.skip > 0) {
        list.head.skip = 0;
        list.head.again = 1;
        ask_page(answer->next, &answer->head, &list);
    } else {
        say(&list, answer->next);
    }
    buf_finish(&list.entries);
    buf_finish(&list.json);
}
