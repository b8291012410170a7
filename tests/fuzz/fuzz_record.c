/* fuzz_record.c - what is stored and what is to be stored, from hostile bytes:
 * every row decoder, and records as the writer judges them and the reference
 * store applies them.
 *
 * The first byte chooses: 0 to 10 and 255 a row decoder, else a record. What a
 * row decoder takes must survive being written and read again. */
#include <stdlib.h>

#include "persister/record.h"
#include "persister/rocksdb/group_row.h"
#include "persister/rocksdb/rows.h"
#include "persister/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool condition) {
    if (!condition)
        abort();
}

static void try_numbers(uint8_t which, struct slice row, struct buf *again) {
    uint64_t number;
    struct standing standing;
    struct wire_member member;
    struct event_row event;
    struct snapshot_row snapshot;
    struct sent_row sent;
    if (which == 0 && row_get_number(row, &number) == ERR_OK) {
        row_put_number(number, again);
        expect(row_get_number(buf_slice(again), &number) == ERR_OK);
    } else if (which == 1 && row_get_standing(row, &standing) == ERR_OK) {
        row_put_standing(&standing, again);
        expect(row_get_standing(buf_slice(again), &standing) == ERR_OK);
    } else if (which == 2 && row_get_member(row, &member) == ERR_OK) {
        row_put_member(&member, again);
        expect(row_get_member(buf_slice(again), &member) == ERR_OK);
    } else if (which == 3 && row_get_event(row, &event) == ERR_OK) {
        row_put_event(&event, again);
        expect(row_get_event(buf_slice(again), &event) == ERR_OK);
    } else if (which == 4 && snapshot_row_get(row, &snapshot) == ERR_OK) {
        snapshot_row_put(&snapshot, again);
        expect(snapshot_row_get(buf_slice(again), &snapshot) == ERR_OK);
    } else if (which == 5 && row_get_sent(row, &sent) == ERR_OK) {
        row_put_sent(&sent, again);
        expect(row_get_sent(buf_slice(again), &sent) == ERR_OK);
    }
}

static void try_message(struct slice row, struct buf *again) {
    struct wire_message message;
    struct message_keys keys;
    struct standing standing;
    struct arena arena = {0};
    if (row_get_message(row, &arena, &message) != ERR_OK) {
        arena_finish(&arena);
        return;
    }
    expect(row_get_message_keys(row, &keys) == ERR_OK);
    enum err err = row_get_message_standing(row, &standing);
    row_put_message(&message, err == ERR_OK ? &standing : NULL, &keys, again);
    expect(row_get_message(buf_slice(again), &arena, &message) == ERR_OK);
    arena_finish(&arena);
    if (err == ERR_OK)
        expect(row_get_message_standing(buf_slice(again), &standing) == ERR_OK);
}

static void try_texts(uint8_t which, struct slice row, struct buf *again) {
    struct wire_room room;
    struct wire_profile profile;
    struct wire_review review;
    if (which == 6 && row_get_room(row, &room) == ERR_OK) {
        row_put_room(&room, again);
        expect(row_get_room(buf_slice(again), &room) == ERR_OK);
    } else if (which == 7) {
        try_message(row, again);
    } else if (which == 8 && row_get_profile(row, &profile) == ERR_OK) {
        row_put_profile(&profile, again);
        expect(row_get_profile(buf_slice(again), &profile) == ERR_OK);
    } else if (which == 9 && row_get_review(row, &review) == ERR_OK) {
        row_put_review(&review, again);
        expect(row_get_review(buf_slice(again), &review) == ERR_OK);
    }
}

static void try_spots(struct slice row) {
    struct spot spot;
    for (uint64_t seq = 1; seq < 40; seq++) {
        if (row_find_spot(row, 5, seq, &spot) == ERR_OK)
            expect(spot.seq == seq && spot.room.value != 0);
    }
}

/* Every spot of a group lies in its batch. */
static void try_group(struct slice bytes) {
    struct group_row row;
    struct group_batch batch;
    struct spot spot;
    enum err err = group_row_open(bytes, &row);
    while (err == ERR_OK && (err = group_row_batch(&row, &batch)) == ERR_OK) {
        while ((err = group_row_spot(&row, &spot)) == ERR_OK)
            expect(spot.seq >= batch.digest.first_seq &&
                   spot.seq - batch.digest.first_seq <
                       batch.digest.records_count);
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
}

/* A record that is taken for sound must not harm a store. */
static void try_record(struct slice bytes) {
    struct arena arena = {0};
    struct wire record;
    struct store *store = NULL;
    struct store_error error;
    const struct store_config config = {.path = ""};
    enum err err = wire_decode(bytes, &arena, &record, NULL);
    for (uint32_t partition = 0; err == ERR_OK && partition < 2; partition++) {
        if (record_fault(&record, partition, 1))
            continue;
        struct wire_batch batch = {.partition = (uint8_t)partition,
                                   .epoch = 1,
                                   .first_seq = 1,
                                   .records = &bytes,
                                   .records_count = 1};
        struct store_batch read = {&batch, &record, store_batch_digest(&batch)};
        expect(store_memory.open(&config, &store, &error) == ERR_OK);
        expect(store_memory.append(store, &read, 1, &error) == ERR_OK);
        store_memory.close(store);
    }
    arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf again = {0};
    if (size == 0)
        return 0;
    struct slice rest = {(const char *)data + 1, size - 1};
    if (data[0] <= 5)
        try_numbers(data[0], rest, &again);
    else if (data[0] <= 9)
        try_texts(data[0], rest, &again);
    else if (data[0] == 10)
        try_spots(rest);
    else if (data[0] == 255)
        try_group(rest);
    else
        try_record(rest);
    buf_finish(&again);
    return 0;
}
