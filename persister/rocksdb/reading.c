/* reading.c - see reading.h. */
#include "persister/rocksdb/reading.h"

void reading_begin(struct reading *reading, struct store *store,
                   struct arena *arena, struct store_error *error, bool whole) {
    *reading = (struct reading){.store = store, .arena = arena, .error = error};
    reading->options = rocksdb_readoptions_create();
    if (whole) {
        reading->snapshot = rocksdb_create_snapshot(store->db);
        rocksdb_readoptions_set_snapshot(reading->options, reading->snapshot);
    }
}

void reading_end(struct reading *reading) {
    if (reading->newest)
        rocksdb_iter_destroy(reading->newest);
    if (reading->snapshot)
        rocksdb_release_snapshot(reading->store->db, reading->snapshot);
    rocksdb_readoptions_destroy(reading->options);
    *reading = (struct reading){0};
}

enum err reading_get(struct reading *reading, const struct key *key,
                     struct slice *value) {
    char *text = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_get_pinned(
        reading->store->db, reading->options, key->bytes, key->size, &text);
    if (text)
        return rocks_error(text, reading->error);
    if (!pinned)
        return ERR_NOT_FOUND;
    struct slice found = {0};
    found.data = rocksdb_pinnableslice_value(pinned, &found.size);
    *value = arena_copy(reading->arena, found);
    rocksdb_pinnableslice_destroy(pinned);
    return ERR_OK;
}

/* What a row's decoder said, with a text if it is bad news. */
static enum err checked(struct reading *reading, enum err err,
                        const char *table) {
    return err == ERR_OK ? ERR_OK : rocks_corrupt_row(table, reading->error);
}

enum err reading_room(struct reading *reading, room_id room,
                      struct wire_room *out) {
    struct key key = key_room(room);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err;
    return checked(reading, row_get_room(row, out), "room");
}

/* The standing in the room's newest message. ERR_NOT_FOUND: none there. */
static enum err newest_standing(struct reading *reading, room_id room,
                                struct standing *out) {
    struct key first = key_range(KEY_MESSAGE, room.value);
    struct key end = key_range(KEY_MESSAGE, room.value + 1);
    struct slice key, row;
    if (!reading->newest)
        reading->newest =
            rocksdb_create_iterator(reading->store->db, reading->options);
    rocksdb_iter_seek_for_prev(reading->newest, end.bytes, end.size);
    if (!rocksdb_iter_valid(reading->newest)) {
        char *text = NULL;
        rocksdb_iter_get_error(reading->newest, &text);
        return text ? rocks_error(text, reading->error) : ERR_NOT_FOUND;
    }
    key.data = rocksdb_iter_key(reading->newest, &key.size);
    row.data = rocksdb_iter_value(reading->newest, &row.size);
    if (key.size < first.size || memcmp(key.data, first.bytes, first.size) != 0)
        return ERR_NOT_FOUND;
    enum err err = row_get_message_standing(row, out);
    return err == ERR_CORRUPT ? rocks_corrupt_row("message", reading->error)
                              : err;
}

enum err reading_standing(struct reading *reading, room_id room,
                          struct standing *out) {
    struct key key = key_state(room);
    struct standing newest;
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err;
    if (row_get_standing(row, out) != ERR_OK)
        return rocks_corrupt_row("room state", reading->error);
    err = newest_standing(reading, room, &newest);
    if (err == ERR_OK && newest.state.place > out->state.place)
        *out = newest;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err reading_state(struct reading *reading, room_id room,
                       struct wire_room_state *out) {
    struct standing standing;
    enum err err = reading_standing(reading, room, &standing);
    if (err == ERR_OK)
        *out = standing.state;
    return err;
}

enum err reading_member(struct reading *reading, room_id room,
                        const struct fresh *fresh, user_id user,
                        struct wire_member *out) {
    struct key key = key_member(room, user);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err;
    if (row_get_member(row, out) != ERR_OK)
        return rocks_corrupt_row("member", reading->error);
    const struct fresh_author *author = fresh ? fresh_find(fresh, user) : NULL;
    if (author)
        out->own_total = author->own_total;
    return ERR_OK;
}

enum err reading_message(struct reading *reading, room_id room,
                         uint64_t ordinal, struct wire_message *out) {
    struct key key = key_message(room, ordinal);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err;
    return checked(reading, row_get_message(row, reading->arena, out),
                   "message");
}

enum err reading_profile(struct reading *reading, user_id user,
                         struct wire_profile *out) {
    struct key key = key_user(user);
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err == ERR_NOT_FOUND) {
        *out = (struct wire_profile){.user = user};
        return ERR_OK;
    }
    if (err != ERR_OK)
        return err;
    return checked(reading, row_get_profile(row, out), "user");
}

/* The bound is borrowed by the options, so each scan has its own. */
static void prepare(struct scan *scan, struct reading *reading,
                    const struct key *bound, bool backwards) {
    *scan = (struct scan){.bound = *bound, .backwards = backwards};
    scan->options = rocksdb_readoptions_create();
    if (reading->snapshot)
        rocksdb_readoptions_set_snapshot(scan->options, reading->snapshot);
}

void scan_open(struct scan *scan, struct reading *reading,
               const struct key *first, const struct key *end) {
    prepare(scan, reading, end, false);
    rocksdb_readoptions_set_iterate_upper_bound(
        scan->options, scan->bound.bytes, scan->bound.size);
    scan->iterator = rocksdb_create_iterator(reading->store->db, scan->options);
    rocksdb_iter_seek(scan->iterator, first->bytes, first->size);
}

void scan_open_backwards(struct scan *scan, struct reading *reading,
                         const struct key *first, const struct key *end) {
    prepare(scan, reading, first, true);
    rocksdb_readoptions_set_iterate_lower_bound(
        scan->options, scan->bound.bytes, scan->bound.size);
    scan->iterator = rocksdb_create_iterator(reading->store->db, scan->options);
    rocksdb_iter_seek_for_prev(scan->iterator, end->bytes, end->size);
}

void scan_close(struct scan *scan) {
    if (!scan->iterator)
        return;
    rocksdb_iter_destroy(scan->iterator);
    rocksdb_readoptions_destroy(scan->options);
    scan->iterator = NULL;
}

enum err scan_next(struct scan *scan, struct reading *reading,
                   struct slice *key, struct slice *value) {
    if (scan->started && scan->backwards)
        rocksdb_iter_prev(scan->iterator);
    else if (scan->started)
        rocksdb_iter_next(scan->iterator);
    scan->started = true;
    if (!rocksdb_iter_valid(scan->iterator)) {
        char *text = NULL;
        rocksdb_iter_get_error(scan->iterator, &text);
        return text ? rocks_error(text, reading->error) : ERR_NOT_FOUND;
    }
    key->data = rocksdb_iter_key(scan->iterator, &key->size);
    value->data = rocksdb_iter_value(scan->iterator, &value->size);
    return ERR_OK;
}

/* The row that may hold the spot is the last that begins before. Looked up
 * among the newest rows, not those of the moment: what left the memory since
 * is only there. */
static enum err find_spot_row(struct reading *reading, uint32_t partition,
                              uint64_t seq, struct spot *out) {
    struct key from = key_spots(partition, seq);
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();
    rocksdb_iterator_t *iterator =
        rocksdb_create_iterator(reading->store->db, options);
    char *text = NULL;
    enum err err = ERR_NOT_FOUND;
    rocksdb_iter_seek_for_prev(iterator, from.bytes, from.size);
    if (rocksdb_iter_valid(iterator)) {
        struct slice key, row;
        key.data = rocksdb_iter_key(iterator, &key.size);
        row.data = rocksdb_iter_value(iterator, &row.size);
        if (key.size == from.size && memcmp(key.data, from.bytes, 2) == 0)
            err = row_find_spot(row, key_last_number(key), seq, out);
        if (err == ERR_CORRUPT)
            err = rocks_corrupt_row("message ids", reading->error);
    } else {
        rocksdb_iter_get_error(iterator, &text);
        if (text)
            err = rocks_error(text, reading->error);
    }
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(options);
    return err;
}

enum err reading_spot(struct reading *reading, message_id message,
                      struct spot *out) {
    uint32_t partition = message_partition(message);
    uint64_t seq = message.value / PARTITION_COUNT;
    if (spots_find(&reading->store->spots, partition, seq, out))
        return ERR_OK;
    return find_spot_row(reading, partition, seq, out);
}
