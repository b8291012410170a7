/* mailbox.c - see mailbox.h. */
#include "broker/core/mailbox.h"

#include <stdlib.h>

#include "broker/core/core_state.h"

struct waiting *waiting_create(struct core *core, uint32_t partition,
                               const struct command *command) {
    struct buf bytes = {0};
    wire_encode(command->wire, &bytes);
    struct waiting *waiting =
        waiting_take(core, partition, command->gateway, buf_slice(&bytes));
    waiting->hops = command->hops;
    buf_finish(&bytes);
    return waiting;
}

struct waiting *waiting_take(struct core *core, uint32_t partition,
                             uint32_t gateway, struct slice bytes) {
    struct waiting *waiting = mem_zalloc(sizeof *waiting + bytes.size);
    waiting->gateway = gateway;
    waiting->partition = partition;
    waiting->floor = core_committed(core, partition);
    waiting->size = bytes.size;
    memcpy(waiting->bytes, bytes.data, bytes.size);
    core->stats.commands_waiting++;
    return waiting;
}

void waiting_destroy(struct core *core, struct waiting *waiting) {
    if (!waiting)
        return;
    for (int i = 0; i < LOOKUPS; i++) {
        if (waiting->lookups[i].state == LOOKUP_ASKED)
            read_forget(core, waiting->lookups[i].read);
        free(waiting->lookups[i].row);
    }
    if (waiting->is_keyed) {
        struct partition *partition = core_partition(core, waiting->partition);
        sent_keys_let_go(&partition->sent_keys, waiting);
        sent_keys_purge(&partition->sent_keys, partition->committed);
    }
    INVARIANT(core->stats.commands_waiting > 0);
    core->stats.commands_waiting--;
    free(waiting);
}

struct wire waiting_decode(struct core *core, const struct waiting *waiting) {
    struct wire wire;
    enum err err = wire_decode((struct slice){waiting->bytes, waiting->size},
                               &core->arena, &wire, NULL);
    INVARIANT(err == ERR_OK);
    return wire;
}

void mailbox_push(struct mailbox *mailbox, struct waiting *waiting) {
    PRE(waiting->next == NULL);
    if (mailbox->last)
        mailbox->last->next = waiting;
    else
        mailbox->first = waiting;
    mailbox->last = waiting;
    mailbox->count++;
}

struct waiting *mailbox_pop(struct mailbox *mailbox) {
    return mailbox->first ? mailbox_remove(mailbox, NULL) : NULL;
}

struct waiting *mailbox_remove(struct mailbox *mailbox,
                               struct waiting *previous) {
    struct waiting **link = previous ? &previous->next : &mailbox->first;
    struct waiting *waiting = *link;
    PRE(waiting);
    *link = waiting->next;
    if (mailbox->last == waiting)
        mailbox->last = previous;
    mailbox->count--;
    waiting->next = NULL;
    return waiting;
}

void lookup_ask(struct core *core, struct waiting *waiting,
                enum lookup_index index, struct wire *wire) {
    struct lookup *lookup = &waiting->lookups[index];
    PRE(lookup->state != LOOKUP_ASKED);
    free(lookup->row);
    *lookup =
        (struct lookup){.state = LOOKUP_ASKED,
                        .floor = core_committed(core, waiting->partition)};
    struct read read = {.purpose = READ_LOOKUP,
                        .lookup = index,
                        .waiting = waiting,
                        .answer = WIRE_ROW_MESSAGE};
    if (index == LOOKUP_COUNT) {
        lookup->after_place = wire->as.read_count.after_place;
        lookup->up_to_place = wire->as.read_count.up_to_place;
        read.answer = WIRE_ROW_COUNT;
    }
    lookup->read = read_ask(core, &read, waiting->partition, wire);
}

void lookup_answer(struct waiting *waiting, enum lookup_index index,
                   const struct wire *row, struct slice bytes) {
    struct lookup *lookup = &waiting->lookups[index];
    enum wire_kind expected =
        index == LOOKUP_COUNT ? WIRE_ROW_COUNT : WIRE_ROW_MESSAGE;
    lookup->read = 0;
    lookup->refusal = read_refusal(row, expected);
    if (lookup->refusal) {
        lookup->state = LOOKUP_FAILED;
    } else if (index == LOOKUP_COUNT) {
        lookup->state = LOOKUP_FOUND;
        lookup->count = row->as.row_count.count;
    } else if (!row->as.row_message.found ||
               !row->as.row_message.message.message.value) {
        lookup->state = LOOKUP_ABSENT;
    } else {
        lookup->state = LOOKUP_FOUND;
        lookup->row = mem_alloc(bytes.size);
        lookup->row_size = bytes.size;
        memcpy(lookup->row, bytes.data, bytes.size);
    }
}

struct wire_row_message lookup_row(struct core *core,
                                   const struct lookup *lookup) {
    PRE(lookup->state == LOOKUP_FOUND);
    struct wire wire;
    enum err err = wire_decode((struct slice){lookup->row, lookup->row_size},
                               &core->arena, &wire, NULL);
    INVARIANT(err == ERR_OK && wire.kind == WIRE_ROW_MESSAGE);
    struct wire_row_message *row = &wire.as.row_message;
    if (!row->author.user.value)
        row->author.user = row->message.author;
    return *row;
}
