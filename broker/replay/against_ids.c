/* against_ids.c - see against_ids.h. */
#include "broker/replay/against_ids.h"

#include "common/err.h"

/* Ids go up to 2^53, so each fits the table's pointer. This is none. */
#define LOST UINT64_MAX

static void *value_of(uint64_t id) {
    return (void *)(uintptr_t)id;
}

static uint64_t id_in(const struct table *table, uint64_t key) {
    return (uintptr_t)table_find(table, key);
}

void against_ids_finish(struct against_ids *ids) {
    for (size_t i = 0; i < AGAINST_ID_KINDS; i++) {
        table_finish(&ids->dealt[i]);
        table_finish(&ids->live[i]);
        table_finish(&ids->recorded[i]);
    }
}

static bool is_mapped(enum wire_id kind) {
    return kind == WIRE_ID_ROOM || kind == WIRE_ID_MESSAGE ||
           kind == WIRE_ID_FILE;
}

void against_ids_dealt(struct against_ids *ids, enum wire_id kind, uint64_t id,
                       uint64_t room) {
    PRE(is_mapped(kind) && id != 0);
    table_put(&ids->dealt[kind], id, value_of(room ? room : 1));
}

uint64_t against_ids_room_of(const struct against_ids *ids, uint64_t message) {
    return id_in(&ids->dealt[WIRE_ID_MESSAGE], message);
}

enum against_id against_ids_find(const struct against_ids *ids,
                                 enum wire_id kind, uint64_t id,
                                 uint64_t *live) {
    if (id == 0 || !is_mapped(kind)) {
        *live = id;
        return AGAINST_ID_KNOWN;
    }
    uint64_t found = id_in(&ids->live[kind], id);
    if (found == LOST)
        return AGAINST_ID_LOST;
    if (found == 0 && id_in(&ids->dealt[kind], id) != 0)
        return AGAINST_ID_AWAITED;
    *live = found ? found : id;
    return AGAINST_ID_KNOWN;
}

uint64_t against_ids_recorded(const struct against_ids *ids, enum wire_id kind,
                              uint64_t live) {
    return is_mapped(kind) ? id_in(&ids->recorded[kind], live) : live;
}

bool against_ids_unify(struct against_ids *ids, enum wire_id kind,
                       uint64_t recorded, uint64_t live) {
    if (recorded == 0 || live == 0 || !is_mapped(kind))
        return recorded == live;
    uint64_t known = id_in(&ids->live[kind], recorded);
    if (known != 0 && known != LOST)
        return known == live;
    if (id_in(&ids->recorded[kind], live) != 0)
        return false;
    table_put(&ids->live[kind], recorded, value_of(live));
    table_put(&ids->recorded[kind], live, value_of(recorded));
    ids->learned++;
    return true;
}

void against_ids_lose(struct against_ids *ids, enum wire_id kind, uint64_t id) {
    PRE(is_mapped(kind));
    if (id_in(&ids->live[kind], id) == 0)
        table_put(&ids->live[kind], id, value_of(LOST));
}
