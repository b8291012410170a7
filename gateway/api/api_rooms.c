/* api_rooms.c - rooms and their members. */
#include <stdio.h>
#include <stdlib.h>

#include "common/json_write.h"
#include "gateway/api/api_internal.h"
#include "gateway/json/dates.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct create_body {
    uint8_t kind;
    struct slice key;
    struct slice title;
    bool open;
    const json_t *members;
};

static const struct api_field create_fields[] = {
    {"kind", API_KIND, true, 0, 0, offsetof(struct create_body, kind)},
    {"key", API_TEXT, true, 1, LIMIT_ROOM_KEY_BYTES,
     offsetof(struct create_body, key)},
    {"title", API_TEXT, false, 0, LIMIT_ROOM_TITLE_BYTES,
     offsetof(struct create_body, title)},
    {"open", API_BOOL, false, 0, 0, offsetof(struct create_body, open)},
    {"members", API_LIST, false, 0, 0, offsetof(struct create_body, members)},
};

static const struct api_field member_fields[] = {
    {"user_id", API_ID, true, 0, 0, offsetof(struct wire_member, user)},
    {"role", API_ROLE, false, 0, 0, offsetof(struct wire_member, role)},
};

static bool refuse(struct call_next *next, const char *field,
                   const char *detail) {
    return api_say_error(next, 400, "bad_field", slice_of(field), detail);
}

static int by_user(const void *left, const void *right) {
    const struct wire_member *a = left, *b = right;
    return (a->user.value > b->user.value) - (a->user.value < b->user.value);
}

/* The list |from| (NULL: none) as members by user id, each user once. */
static bool take_members(struct call_next *next, const json_t *from,
                         struct wire_room_create *create) {
    size_t count = json_array_size(from);
    if (count > LIMIT_ROOM_MEMBERS)
        return refuse(next, "members", "There are too many.");
    if (count == 0)
        return true;
    create->members =
        arena_alloc(next->arena, count * sizeof(*create->members));
    create->members_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        char within[32];
        snprintf(within, sizeof(within), "members[%zu]", i);
        if (!api_take_object(next, within, json_array_get(from, i),
                             member_fields, COUNT(member_fields),
                             &create->members[i]))
            return false;
    }
    qsort(create->members, count, sizeof(*create->members), by_user);
    for (size_t i = 1; i < count; i++)
        if (by_user(&create->members[i - 1], &create->members[i]) == 0)
            return refuse(next, "members", "A user is in it twice.");
    return true;
}

/* "7" or "12": without a zero before it, so that a pair has one key. */
static bool take_user(struct slice text, uint64_t *out) {
    return text.size && *text.data != '0' && api_take_digits(text, out) &&
           *out <= ID_MAX;
}

/* A direct room's key names its two users (or the one); its members are those
 * two and may be left out. */
static bool check_direct(struct call_next *next,
                         struct wire_room_create *create) {
    struct slice left = create->key;
    const char *mark = memchr(left.data, '_', left.size);
    uint64_t users[2];
    if (!mark)
        return refuse(next, "key", "It must be two user ids joined by _.");
    left.size = (size_t)(mark - left.data);
    struct slice right = {mark + 1, create->key.size - left.size - 1};
    if (!take_user(left, &users[0]) || !take_user(right, &users[1]) ||
        users[0] > users[1])
        return refuse(next, "key",
                      "It must be two user ids joined by _, smaller first.");
    uint32_t count = users[0] == users[1] ? 1 : 2;
    if (create->members_count == 0) {
        create->members =
            arena_alloc(next->arena, count * sizeof(*create->members));
        create->members_count = count;
        for (uint32_t i = 0; i < count; i++)
            create->members[i].user.value = users[i];
    }
    if (create->members_count != count ||
        create->members[0].user.value != users[0] ||
        create->members[count - 1].user.value != users[1])
        return refuse(next, "members", "They must be those of the key.");
    return true;
}

void api_room_create(struct api_ask *ask) {
    struct wire *command = &ask->next->command;
    struct create_body body = {0};
    if (!api_take_body(ask, create_fields, COUNT(create_fields), &body))
        return;
    struct wire_room_create create = {.kind = body.kind,
                                      .key = body.key,
                                      .title = body.title,
                                      .open = body.open};
    if (!take_members(ask->next, body.members, &create))
        return;
    if (create.kind == ROOM_DIRECT && !check_direct(ask->next, &create))
        return;
    command->kind = WIRE_ROOM_CREATE;
    command->as.room_create = create;
    ask->next->ask = true;
}

void api_room_get(struct api_ask *ask) {
    ask->next->command.kind = WIRE_ROOM_GET;
    ask->next->command.as.room_get.room = (room_id){ask->ids[0]};
    ask->next->ask = true;
}

void api_room_patch(struct api_ask *ask) {
    static const struct api_field fields[] = {
        {"title", API_TEXT, false, 0, LIMIT_ROOM_TITLE_BYTES,
         offsetof(struct wire_room_patch, title)},
        {"open", API_BOOL, false, 0, 0, offsetof(struct wire_room_patch, open)},
    };
    struct wire *command = &ask->next->command;
    struct wire_room_patch patch = {.room = {ask->ids[0]}};
    if (!api_take_body(ask, fields, COUNT(fields), &patch))
        return;
    patch.has_title = json_object_get(ask->body, "title") != NULL;
    patch.has_open = json_object_get(ask->body, "open") != NULL;
    command->kind = WIRE_ROOM_PATCH;
    command->as.room_patch = patch;
    ask->next->ask = true;
}

void api_room_delete(struct api_ask *ask) {
    ask->next->command.kind = WIRE_ROOM_DELETE;
    ask->next->command.as.room_delete.room = (room_id){ask->ids[0]};
    ask->next->ask = true;
}

static void put_member(struct buf *body, user_id user, uint8_t role) {
    json_put(body, "{\"user_id\":");
    json_put_uint(body, user.value);
    json_put(body, ",\"role\":");
    if (role == ROLE_NONE)
        json_put(body, "null");
    else
        json_put_text(body, slice_of(wire_role_name(role)));
    json_put(body, "}");
}

void api_room_say(struct api_answer *answer) {
    const struct wire_reply_room *reply = &answer->reply->as.reply_room;
    struct buf *body = &answer->next->body;
    json_put(body, "{\"id\":");
    json_put_uint(body, reply->room.room.value);
    json_put(body, ",\"kind\":");
    json_put_text(body, slice_of(wire_room_kind_name(reply->room.kind)));
    json_put(body, ",\"key\":");
    json_put_text(body, reply->room.key);
    json_put(body, ",\"title\":");
    json_put_text(body, reply->room.title);
    json_put(body, ",\"open\":");
    json_put_bool(body, reply->room.open);
    json_put(body, ",\"created_at\":");
    dates_put_utc(body, reply->room.created_us);
    json_put(body, ",\"members\":[");
    for (uint32_t i = 0; i < reply->members_count; i++) {
        if (i)
            json_put(body, ",");
        put_member(body, reply->members[i].user, reply->members[i].role);
    }
    json_put(body, "]}");
    answer->next->status = reply->created ? 201 : 200;
}

void api_member_put(struct api_ask *ask) {
    static const struct api_field fields[] = {
        {"role", API_ROLE, false, 0, 0, offsetof(struct wire_member_put, role)},
    };
    struct wire *command = &ask->next->command;
    struct wire_member_put put = {.room = {ask->ids[0]}, .user = {ask->ids[1]}};
    if (!api_take_body(ask, fields, COUNT(fields), &put))
        return;
    command->kind = WIRE_MEMBER_PUT;
    command->as.member_put = put;
    put_member(&ask->next->memo, put.user, put.role);
    ask->next->ask = true;
}

/* The broker says only that it is so: the answer was made with the command. */
void api_member_say(struct api_answer *answer) {
    buf_append_slice(&answer->next->body, answer->memo);
    answer->next->status = 200;
}

void api_member_remove(struct api_ask *ask) {
    ask->next->command.kind = WIRE_MEMBER_REMOVE;
    ask->next->command.as.member_remove.room = (room_id){ask->ids[0]};
    ask->next->command.as.member_remove.user = (user_id){ask->ids[1]};
    ask->next->ask = true;
}
