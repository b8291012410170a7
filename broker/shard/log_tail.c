/* log_tail.c - see log_tail.h. */
#include "broker/shard/log_tail.h"

#include <stdlib.h>

/* A batch is closed, and an append message full, from so many bytes on. */
#define BATCH_BYTES (256u << 10)
#define APPEND_BYTES (512u << 10)

struct tail_batch {
    struct tail_batch *next;
    uint32_t records_count;
    uint64_t first_seq;
    uint64_t flight;  /* The append that it was sent with; 0: not sent. */
    struct buf bytes; /* Records, each behind its size (u32). */
};

struct tail_read {
    struct tail_read *next; /* In the list of unsent ones. */
    uint64_t correlation;
    struct buf message;
    bool queued; /* In the list. */
    bool done;   /* Answered while still in the list (after a new link). */
};

void log_tail_init(struct log_tail *tail) {
    *tail = (struct log_tail){0};
    tail->reads_unsent_end = &tail->reads_unsent;
    table_init(&tail->reads, 0);
}

static void batch_destroy(struct tail_batch *batch) {
    buf_finish(&batch->bytes);
    free(batch);
}

/* Frees the partition's oldest batch. */
static void batch_shift(struct log_tail *tail, struct tail_partition *of) {
    struct tail_batch *batch = of->first;
    of->first = batch->next;
    if (!of->first) {
        of->last = NULL;
        of->open = false;
    }
    if (of->unsent == batch) {
        of->unsent = batch->next;
        tail->unsent--;
    } else {
        tail->flying[batch->flight % LOG_TAIL_FLIGHTS_MAX]--;
    }
    tail->batches--;
    tail->bytes -= batch->bytes.size;
    batch_destroy(batch);
}

static void read_destroy(struct tail_read *read) {
    buf_finish(&read->message);
    free(read);
}

void log_tail_finish(struct log_tail *tail) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        while (tail->partitions[i].first)
            batch_shift(tail, &tail->partitions[i]);
    while (tail->reads_unsent) {
        struct tail_read *read = tail->reads_unsent;
        tail->reads_unsent = read->next;
        read->queued = false;
        if (read->done)
            read_destroy(read);
    }
    struct tail_read *read;
    for (size_t at = 0; (read = table_next(&tail->reads, &at, NULL));)
        read_destroy(read);
    table_finish(&tail->reads);
}

/* The partition's growing batch, or a new one. */
static struct tail_batch *batch_for(struct log_tail *tail, uint32_t partition,
                                    uint64_t seq) {
    struct tail_partition *of = &tail->partitions[partition];
    struct tail_batch *batch = of->last;
    if (of->open && batch->records_count < LIMIT_BATCH_RECORDS &&
        batch->bytes.size < BATCH_BYTES) {
        INVARIANT(batch->first_seq + batch->records_count == seq);
        return batch;
    }
    batch = mem_zalloc(sizeof *batch);
    batch->first_seq = seq;
    if (of->last)
        of->last->next = batch;
    else
        of->first = batch;
    of->last = batch;
    of->open = true;
    if (!of->unsent)
        of->unsent = batch;
    tail->batches++;
    tail->unsent++;
    return batch;
}

void log_tail_append(struct log_tail *tail, uint32_t partition, uint64_t seq,
                     struct slice record) {
    PRE(record.size > 0 && record.size <= LIMIT_WIRE_BYTES);
    struct tail_batch *batch = batch_for(tail, partition, seq);
    uint32_t size = (uint32_t)record.size;
    buf_append(&batch->bytes, &size, sizeof size);
    buf_append_slice(&batch->bytes, record);
    batch->records_count++;
    tail->bytes += sizeof size + size;
}

static void read_queue(struct log_tail *tail, struct tail_read *read) {
    if (read->queued)
        return;
    read->queued = true;
    read->next = NULL;
    *tail->reads_unsent_end = read;
    tail->reads_unsent_end = &read->next;
}

void log_tail_read(struct log_tail *tail, uint64_t correlation,
                   struct slice message) {
    struct tail_read *read = mem_zalloc(sizeof *read);
    read->correlation = correlation;
    buf_append_slice(&read->message, message);
    void *replaced = table_put(&tail->reads, correlation, read);
    PRE(replaced == NULL);
    read_queue(tail, read);
}

bool log_tail_answered(struct log_tail *tail, uint64_t correlation) {
    struct tail_read *read = table_remove(&tail->reads, correlation);
    if (!read)
        return false;
    if (read->queued)
        read->done = true;
    else
        read_destroy(read);
    return true;
}

void log_tail_restart(struct log_tail *tail) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        struct tail_partition *of = &tail->partitions[i];
        of->unsent = of->first;
        of->open = false;
        of->dead = 0;
    }
    tail->unsent = tail->batches;
    memset(tail->flying, 0, sizeof tail->flying);
    struct tail_read *read;
    for (size_t at = 0; (read = table_next(&tail->reads, &at, NULL));)
        read_queue(tail, read);
}

void log_tail_committed(struct log_tail *tail, uint32_t partition,
                        uint64_t seq) {
    struct tail_partition *of = &tail->partitions[partition];
    if (of->doubt && of->doubt <= seq)
        of->doubt = 0; /* It was free, and was written now. */
    while (of->first && of->first->first_seq <= seq) {
        /* A batch is stored whole or not at all. */
        INVARIANT(of->first->first_seq + of->first->records_count - 1 <= seq);
        batch_shift(tail, of);
    }
}

bool log_tail_refused(struct log_tail *tail, uint32_t partition, uint64_t seq) {
    struct tail_partition *of = &tail->partitions[partition];
    if (of->dead) {
        of->dead--;
        return false;
    }
    /* Answers come in order: only the oldest batch can be refused. */
    if (!of->first || of->first->first_seq != seq || of->first == of->unsent)
        return false;
    /* The persister still owes the refusals of what was sent behind it. */
    for (struct tail_batch *batch = of->first->next;
         batch && batch != of->unsent; batch = batch->next)
        of->dead++;
    while (of->first)
        batch_shift(tail, of);
    return true;
}

void log_tail_doubt(struct log_tail *tail, uint32_t partition, uint64_t seq) {
    struct tail_partition *of = &tail->partitions[partition];
    if (of->doubt == 0 || seq < of->doubt)
        of->doubt = seq;
}

bool log_tail_is_contradicted(const struct log_tail *tail, uint32_t partition,
                              uint64_t head) {
    uint64_t doubt = tail->partitions[partition].doubt;
    return doubt && head >= doubt;
}

static uint32_t batch_slices(const struct tail_batch *batch,
                             struct slice *records) {
    size_t at = 0;
    for (uint32_t i = 0; i < batch->records_count; i++) {
        uint32_t size;
        memcpy(&size, batch->bytes.data + at, sizeof size);
        at += sizeof size;
        records[i] = (struct slice){batch->bytes.data + at, size};
        at += size;
    }
    INVARIANT(at == batch->bytes.size);
    return batch->records_count;
}

/* Which partitions' next batches go into one append message, and how many
 * records they hold. */
static uint32_t append_span(struct log_tail *tail,
                            struct tail_partition **chosen,
                            uint32_t *records_count) {
    uint32_t count = 0;
    size_t bytes = 0;
    *records_count = 0;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        struct tail_partition *of = &tail->partitions[i];
        if (!of->unsent ||
            (count && bytes + of->unsent->bytes.size > APPEND_BYTES))
            continue;
        bytes += of->unsent->bytes.size;
        *records_count += of->unsent->records_count;
        chosen[count++] = of;
    }
    return count;
}

static void put_append(struct log_tail *tail, struct buf *out) {
    struct tail_partition *chosen[PARTITION_COUNT];
    struct wire_batch batches[PARTITION_COUNT];
    uint32_t records_count;
    uint32_t count = append_span(tail, chosen, &records_count);
    struct slice *records = mem_alloc(records_count * sizeof *records);
    struct slice *next = records;
    for (uint32_t i = 0; i < count; i++) {
        const struct tail_batch *batch = chosen[i]->unsent;
        if (chosen[i]->last == batch)
            chosen[i]->open = false;
        batches[i] = (struct wire_batch){
            .partition = (uint8_t)(chosen[i] - tail->partitions),
            .epoch = tail->epoch,
            .first_seq = batch->first_seq,
            .records = next,
            .records_count = batch_slices(batch, next)};
        next += batch->records_count;
    }
    struct wire wire = {
        .kind = WIRE_APPEND,
        .as.append = {.batches = batches, .batches_count = count}};
    wire_encode(&wire, out);
    free(records);
}

/* Answered reads that still stand in the list. */
static void drop_done_reads(struct log_tail *tail) {
    while (tail->reads_unsent && tail->reads_unsent->done) {
        struct tail_read *read = tail->reads_unsent;
        tail->reads_unsent = read->next;
        if (!tail->reads_unsent)
            tail->reads_unsent_end = &tail->reads_unsent;
        read_destroy(read);
    }
}

bool log_tail_next(struct log_tail *tail, struct buf *out) {
    buf_clear(out);
    drop_done_reads(tail);
    if (tail->reads_unsent) {
        buf_append_slice(out, buf_slice(&tail->reads_unsent->message));
        return true;
    }
    /* Appends end in the order in which they were sent. */
    if (tail->unsent &&
        tail->flying[(tail->flight + 1) % LOG_TAIL_FLIGHTS_MAX] == 0) {
        put_append(tail, out);
        return true;
    }
    return false;
}

void log_tail_sent(struct log_tail *tail) {
    struct tail_read *read = tail->reads_unsent;
    if (read) {
        tail->reads_unsent = read->next;
        if (!tail->reads_unsent)
            tail->reads_unsent_end = &tail->reads_unsent;
        read->queued = false;
        return;
    }
    struct tail_partition *chosen[PARTITION_COUNT];
    uint32_t records_count;
    uint32_t count = append_span(tail, chosen, &records_count);
    tail->flight++;
    for (uint32_t i = 0; i < count; i++) {
        chosen[i]->unsent->flight = tail->flight;
        chosen[i]->unsent = chosen[i]->unsent->next;
    }
    tail->flying[tail->flight % LOG_TAIL_FLIGHTS_MAX] = count;
    tail->unsent -= count;
}
