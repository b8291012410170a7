/* group_row.c - see group_row.h. */
#include "persister/rocksdb/group_row.h"

#include "persister/rocksdb/numbers.h"

#define SPOT_NUMBERS 3u
#define BATCH_NUMBERS 5u

static char *write_spots(char *at, const struct spot *spots, uint32_t count,
                         uint64_t first_seq) {
    uint64_t before = first_seq;
    for (uint32_t i = 0; i < count; i++) {
        PRE(spots[i].seq >= before);
        at = number_write(at, spots[i].seq - before);
        at = number_write(at, spots[i].room.value);
        at = number_write(at, spots[i].ordinal);
        before = spots[i].seq;
    }
    return at;
}

void group_row_put(uint64_t consolidated, const struct group_batch *batches,
                   uint32_t count, const struct spot *spots, struct buf *out) {
    number_put(consolidated, out);
    number_put(count, out);
    for (uint32_t i = 0; i < count; i++) {
        const struct group_batch *batch = &batches[i];
        const struct digest_row *digest = &batch->digest;
        size_t numbers =
            BATCH_NUMBERS + SPOT_NUMBERS * (size_t)batch->spots_count;
        char *start = buf_reserve(out, numbers * NUMBER_BYTES_MAX);
        char *at = number_write(start, batch->partition);
        at = number_write(at, digest->first_seq);
        at = number_write(at, digest->records_count);
        at = number_write(at, digest->digest);
        at = number_write(at, batch->spots_count);
        at = write_spots(at, spots, batch->spots_count, digest->first_seq);
        if (batch->spots_count) /* |spots| may be NULL. */
            spots += batch->spots_count;
        out->size += (size_t)(at - start);
    }
}

enum err group_row_open(struct slice row, struct group_row *out) {
    *out = (struct group_row){.rest = row};
    bool sound = number_take(&out->rest, &out->consolidated) &&
                 number_take(&out->rest, &out->batches_left);
    return sound ? ERR_OK : ERR_CORRUPT;
}

enum err group_row_batch(struct group_row *row, struct group_batch *out) {
    uint64_t numbers[BATCH_NUMBERS];
    PRE(row->spots_left == 0);
    if (row->batches_left == 0)
        return row->rest.size == 0 ? ERR_NOT_FOUND : ERR_CORRUPT;
    row->batches_left--;
    for (uint32_t i = 0; i < BATCH_NUMBERS; i++) {
        if (!number_take(&row->rest, &numbers[i]))
            return ERR_CORRUPT;
    }
    if (numbers[0] >= PARTITION_COUNT || numbers[1] == 0 ||
        numbers[1] > ID_MAX || numbers[2] == 0 ||
        numbers[2] > LIMIT_BATCH_RECORDS || numbers[4] > numbers[2])
        return ERR_CORRUPT;
    *out = (struct group_batch){
        .partition = (uint32_t)numbers[0],
        .digest = {numbers[1], (uint32_t)numbers[2], numbers[3]},
        .spots_count = (uint32_t)numbers[4]};
    row->spots_left = numbers[4];
    row->seq = numbers[1];
    row->last_seq = numbers[1] + numbers[2] - 1;
    return ERR_OK;
}

enum err group_row_spot(struct group_row *row, struct spot *out) {
    uint64_t distance;
    if (row->spots_left == 0)
        return ERR_NOT_FOUND;
    row->spots_left--;
    if (!number_take(&row->rest, &distance) ||
        !number_take(&row->rest, &out->room.value) ||
        !number_take(&row->rest, &out->ordinal) ||
        distance > row->last_seq - row->seq)
        return ERR_CORRUPT;
    row->seq += distance;
    out->seq = row->seq;
    return out->room.value != 0 && out->room.value <= ID_MAX &&
                   out->ordinal != 0
               ? ERR_OK
               : ERR_CORRUPT;
}

void snapshot_row_put(const struct snapshot_row *snapshot, struct buf *out) {
    number_put(snapshot->group, out);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        number_put(snapshot->heads[i], out);
}

enum err snapshot_row_get(struct slice row, struct snapshot_row *out) {
    if (!number_take(&row, &out->group))
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (!number_take(&row, &out->heads[i]) || out->heads[i] > ID_MAX)
            return ERR_CORRUPT;
    }
    return row.size == 0 ? ERR_OK : ERR_CORRUPT;
}
