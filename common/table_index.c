/* table_index.c - see table_index.h. */
#include "common/table_index.h"

#include <stdlib.h>

#include "common/buf.h"

#define SLOTS_MIN 16u
#define SLOTS_MAX (1u << 30)

/* The first empty slot of the run where |hash| belongs. */
static uint32_t empty_slot(const struct table_index *index, uint32_t hash) {
    uint32_t slot = hash & index->mask;
    while (index->slots[slot].position != 0)
        slot = (slot + 1) & index->mask;
    return slot;
}

static void grow(struct table_index *index) {
    struct table_index bigger = {.used = index->used};
    size_t count = index->slots ? ((size_t)index->mask + 1) * 2 : SLOTS_MIN;
    PRE(count <= SLOTS_MAX);
    bigger.slots = mem_zalloc(count * sizeof *bigger.slots);
    bigger.mask = (uint32_t)(count - 1);
    for (size_t i = 0; index->slots && i <= index->mask; i++) {
        struct table_slot slot = index->slots[i];
        if (slot.position != 0)
            bigger.slots[empty_slot(&bigger, slot.hash)] = slot;
    }
    free(index->slots);
    *index = bigger;
}

void table_index_add(struct table_index *index, uint32_t hash,
                     uint32_t position) {
    PRE(position < SLOTS_MAX);
    if (!index->slots || index->used >= index->mask - index->mask / 4)
        grow(index);
    index->slots[empty_slot(index, hash)] =
        (struct table_slot){hash, position + 1};
    index->used++;
}

void table_index_remove(struct table_index *index, uint32_t slot) {
    PRE(index->slots != NULL && index->slots[slot].position != 0);
    uint32_t hole = slot;
    for (uint32_t next = (hole + 1) & index->mask;
         index->slots[next].position != 0; next = (next + 1) & index->mask) {
        /* An entry may fill the hole if its home is not after the hole. */
        uint32_t home = index->slots[next].hash & index->mask;
        if (((next - home) & index->mask) >= ((next - hole) & index->mask)) {
            index->slots[hole] = index->slots[next];
            hole = next;
        }
    }
    index->slots[hole] = (struct table_slot){0};
    index->used--;
}

void table_index_renumber(struct table_index *index, const uint32_t *moved_to) {
    for (size_t i = 0; index->slots && i <= index->mask; i++) {
        struct table_slot *slot = &index->slots[i];
        if (slot->position != 0)
            slot->position = moved_to[slot->position - 1] + 1;
    }
}

void table_index_finish(struct table_index *index) {
    free(index->slots);
    *index = (struct table_index){0};
}
