/* Leaving moves the last follower into the gap and tells its connection. */
#include "gateway/interest.h"

#include <stdlib.h>

#include "common/buf.h"
#include "common/err.h"

void interest_init(struct interest *interest, uint64_t seed) {
    table_init(&interest->rooms, seed);
    table_init(&interest->by_key, seed);
}

static void free_info(struct room *room) {
    free((char *)(uintptr_t)room->info.key.data);
    free((char *)(uintptr_t)room->info.title.data);
    room->info = (struct wire_room){.room = room->id};
}

static void room_destroy(struct room *room) {
    for (size_t i = 0; i < INTEREST_DIALECTS_MAX; i++) {
        struct audience *audience = room->audiences[i];
        if (!audience)
            continue;
        list_remove(&audience->live);
        span_drop(&audience->run);
        free(audience->followers);
        free(audience);
    }
    list_remove(&room->again);
    list_remove(&room->wanted);
    free(room->members.ids); /* At the end there may be some. */
    free_info(room);
    free(room);
}

void interest_finish(struct interest *interest) {
    struct room *room;
    for (size_t at = 0; (room = table_next(&interest->rooms, &at, NULL));)
        room_destroy(room);
    table_finish(&interest->rooms);
    table_finish(&interest->by_key);
}

struct room *interest_room(const struct interest *interest, room_id id) {
    return table_find(&interest->rooms, id.value);
}

struct room *interest_get(struct interest *interest, room_id id) {
    struct room *room = interest_room(interest, id);
    if (room)
        return room;
    room = mem_zalloc(sizeof(*room));
    room->id = room->info.room = id;
    list_init(&room->deferred);
    list_init(&room->feeds);
    list_init(&room->entries);
    table_put(&interest->rooms, id.value, room);
    return room;
}

/* FNV-1a. Whoever is found is compared, so two of one hash only cost the one
 * that was there first. */
static uint64_t key_hash(uint8_t kind, struct slice key) {
    uint64_t hash = UINT64_C(14695981039346656037) ^ kind;
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (unsigned char)key.data[i]) * UINT64_C(1099511628211);
    return hash;
}

struct room *interest_by_key(const struct interest *interest, uint8_t kind,
                             struct slice key) {
    struct room *room = table_find(&interest->by_key, key_hash(kind, key));
    bool same =
        room && room->info.kind == kind && slice_equal(room->info.key, key);
    return same ? room : NULL;
}

static void forget_key(struct interest *interest, const struct room *room) {
    uint64_t hash = key_hash(room->info.kind, room->info.key);
    if (room->info.kind && table_find(&interest->by_key, hash) == room)
        table_remove(&interest->by_key, hash);
}

static struct slice copy(struct slice text) {
    if (text.size == 0)
        return (struct slice){0};
    char *bytes = mem_alloc(text.size);
    memcpy(bytes, text.data, text.size);
    return (struct slice){bytes, text.size};
}

void interest_describe(struct interest *interest, struct room *room,
                       const struct wire_room *info) {
    if (info->kind == 0)
        return;
    forget_key(interest, room);
    free_info(room);
    room->info = *info;
    room->info.room = room->id;
    room->info.key = copy(info->key);
    room->info.title = copy(info->title);
    table_put(&interest->by_key, key_hash(info->kind, info->key), room);
}

void interest_remove(struct interest *interest, struct room *room) {
    PRE(room->count == 0);
    PRE(list_is_empty(&room->deferred));
    PRE(list_is_empty(&room->feeds));
    forget_key(interest, room);
    table_remove(&interest->rooms, room->id.value);
    room_destroy(room);
}

/* Where the room stands, or would. */
static uint32_t position(const struct follows *follows, room_id id) {
    uint32_t low = 0, high = follows->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (follows->items[middle].id.value < id.value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct follow *find(const struct follows *follows,
                           const struct room *room) {
    uint32_t at = position(follows, room->id);
    bool is_there =
        at < follows->count && follows->items[at].id.value == room->id.value;
    return is_there ? &follows->items[at] : NULL;
}

struct follower *interest_follower(const struct room *room,
                                   const struct follows *follows,
                                   uint32_t dialect) {
    const struct follow *follow = find(follows, room);
    if (!follow)
        return NULL;
    return &room->audiences[dialect]->followers[follow->index];
}

static void follows_add(struct follows *follows, struct room *room,
                        uint32_t index) {
    PRE(follows->count < INTEREST_FOLLOWS_MAX);
    if (follows->count == follows->capacity) {
        uint32_t capacity = follows->capacity ? follows->capacity * 2 : 1;
        follows->items =
            mem_realloc(follows->items, capacity * sizeof(*follows->items));
        follows->capacity = capacity;
    }
    uint32_t at = position(follows, room->id);
    memmove(follows->items + at + 1, follows->items + at,
            (follows->count - at) * sizeof(*follows->items));
    follows->items[at] = (struct follow){room->id, room, index};
    follows->count++;
}

struct follower *interest_follow(struct room *room,
                                 struct connection *connection,
                                 struct follows *follows, uint32_t dialect) {
    PRE(dialect < INTEREST_DIALECTS_MAX);
    PRE(find(follows, room) == NULL);
    struct audience *audience = room->audiences[dialect];
    if (!audience) {
        audience = mem_zalloc(sizeof(*audience));
        audience->room = room;
        room->audiences[dialect] = audience;
    }
    if (audience->count == audience->capacity) {
        uint32_t capacity = audience->capacity ? audience->capacity * 2 : 2;
        audience->followers = mem_realloc(
            audience->followers, capacity * sizeof(*audience->followers));
        audience->capacity = capacity;
    }
    follows_add(follows, room, audience->count);
    struct follower *follower = &audience->followers[audience->count++];
    *follower = (struct follower){.connection = connection};
    room->count++;
    return follower;
}

bool interest_unfollow(struct room *room, struct follows *follows,
                       uint32_t dialect,
                       struct follows *(*follows_of)(struct connection *)) {
    struct follow *follow = find(follows, room);
    if (!follow)
        return false;
    struct audience *audience = room->audiences[dialect];
    uint32_t index = follow->index;
    INVARIANT(index < audience->count);
    follows->count--;
    uint32_t at = (uint32_t)(follow - follows->items);
    memmove(follow, follow + 1,
            (follows->count - at) * sizeof(*follows->items));
    if (follows->count == 0) {
        free(follows->items);
        *follows = (struct follows){0};
    }
    audience->count--;
    room->count--;
    if (index < audience->count) {
        struct follower *last = &audience->followers[audience->count];
        audience->followers[index] = *last;
        find(follows_of(last->connection), room)->index = index;
    }
    return true;
}
