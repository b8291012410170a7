/* against_pairs.c - see against_pairs.h. */
#include "broker/replay/against_pairs.h"

#include <stdlib.h>

/* All that waits under one name is of one side. */
struct queue {
    enum against_side side;
    struct against_said *first;
    struct against_said *last;
};

static void drop_all(void *payload, const struct against_name *name,
                     enum against_side side, const struct against_said *said) {
    (void)payload;
    (void)name;
    (void)side;
    (void)said;
}

void against_pairs_finish(struct against_pairs *pairs) {
    against_pairs_leave(pairs, drop_all, NULL);
    text_table_finish(&pairs->queues);
}

static enum err room_as_recorded(enum against_side side,
                                 const struct against_ids *ids, room_id room,
                                 uint64_t *out) {
    *out = side == AGAINST_LIVE
               ? against_ids_recorded(ids, WIRE_ID_ROOM, room.value)
               : room.value;
    return *out ? ERR_OK : ERR_BUSY;
}

enum err against_name_of(const struct wire *wire, uint32_t gateway,
                         enum against_side side, const struct against_ids *ids,
                         struct against_name *out) {
    *out =
        (struct against_name){.gateway = gateway, .what = (uint64_t)wire->kind};
    if (wire_is_reply(wire->kind)) {
        out->what = 0;
        out->first = wire->correlation;
        return ERR_OK;
    }
    const struct wire_event *event = &wire->as.event;
    switch ((int)wire->kind) { /* Few kinds are told without being asked. */
    case WIRE_EVENT:
        out->first = event->origin_gateway;
        out->second = event->origin_correlation;
        if (event->origin_gateway != 0)
            return ERR_OK;
        return room_as_recorded(side, ids, event->room, &out->second);
    case WIRE_MEMBERSHIP:
        return room_as_recorded(side, ids, wire->as.membership.room,
                                &out->first);
    case WIRE_PROFILE_CHANGED:
        out->first = wire->as.profile_changed.profile.user.value;
        return ERR_OK;
    case WIRE_KICK:
        out->first = wire->as.kick.user.value;
        return ERR_OK;
    default:
        return ERR_NOT_FOUND;
    }
}

static struct slice key_of(const struct against_name *name) {
    return (struct slice){(const char *)name, sizeof *name};
}

static struct against_said *take_first(struct queue *queue) {
    struct against_said *said = queue->first;
    queue->first = said->next;
    said->next = NULL;
    return said;
}

struct against_said *against_pairs_meet(struct against_pairs *pairs,
                                        const struct against_name *name,
                                        enum against_side side,
                                        struct against_place place,
                                        struct slice bytes) {
    struct queue *queue = text_table_find(&pairs->queues, key_of(name));
    if (queue && queue->side != side) {
        struct against_said *other = take_first(queue);
        if (!queue->first) {
            text_table_remove(&pairs->queues, key_of(name));
            free(queue);
        }
        pairs
            ->waiting[side == AGAINST_LIVE ? AGAINST_RECORDED : AGAINST_LIVE]--;
        pairs->met++;
        return other;
    }
    struct against_said *said = mem_alloc(sizeof *said + bytes.size);
    *said = (struct against_said){.place = place, .size = bytes.size};
    memcpy(said->bytes, bytes.data, bytes.size);
    if (!queue) {
        queue = mem_zalloc(sizeof *queue);
        queue->side = side;
        text_table_put(&pairs->queues, key_of(name), queue);
    }
    if (queue->first)
        queue->last->next = said;
    else
        queue->first = said;
    queue->last = said;
    pairs->waiting[side]++;
    return NULL;
}

void against_pairs_leave(struct against_pairs *pairs,
                         void (*left)(void *payload,
                                      const struct against_name *name,
                                      enum against_side side,
                                      const struct against_said *said),
                         void *payload) {
    struct queue *queue;
    struct slice key;
    for (size_t at = 0; (queue = text_table_next(&pairs->queues, &at, &key));) {
        struct against_name name;
        PRE(key.size == sizeof name);
        memcpy(&name, key.data, sizeof name);
        while (queue->first) {
            struct against_said *said = take_first(queue);
            pairs->waiting[queue->side]--;
            left(payload, &name, queue->side, said);
            free(said);
        }
        text_table_remove(&pairs->queues, key);
        free(queue);
    }
}
