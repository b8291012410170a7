/* batch.c - see batch.h. */
#include "persister/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "persister/record.h"

#define DETAIL_BYTES 200u

void batch_group_create(struct batch_group *group) {
    *group = (struct batch_group){0};
    group->accepted =
        mem_alloc(BATCH_GROUP_BATCHES_MAX * sizeof *group->accepted);
    group->appends =
        mem_alloc(BATCH_GROUP_APPENDS_MAX * sizeof *group->appends);
}

void batch_group_finish(struct batch_group *group) {
    free(group->accepted);
    free(group->appends);
    arena_finish(&group->arena);
    *group = (struct batch_group){0};
}

void batch_group_begin(struct batch_group *group,
                       const struct store_heads *heads) {
    group->epoch = heads->epoch;
    memcpy(group->seq, heads->seq, sizeof group->seq);
    group->accepted_count = 0;
    group->records_count = 0;
    group->appends_count = 0;
    arena_reset(&group->arena);
}

static void refuse(struct batch_case *which, uint8_t refusal,
                   const char *detail) {
    which->verdict = BATCH_REFUSED;
    which->refusal = refusal;
    which->detail = detail;
}

/* The first record of |read| that is not sound, named in |error|; or none. */
static bool find_fault(const struct store_batch *read, uint32_t *bad,
                       struct wire_error *error) {
    const struct wire_batch *batch = read->batch;
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct wire *record = &read->records[i];
        const char *fault =
            record_fault(record, batch->partition, batch->first_seq + i);
        if (!fault)
            continue;
        *error = (struct wire_error){wire_kind_name(record->kind), fault, ""};
        *bad = i;
        return true;
    }
    return false;
}

/* Refuses the batch, by a record's name, unless each record is good. */
static bool read_records(struct batch_group *group, struct batch_case *which,
                         struct store_batch *out, struct arena *arena) {
    struct wire_error error = {"record", "", ""};
    uint32_t bad = 0;
    if (store_batch_read(which->batch, &group->arena, out, &bad, &error) ==
            ERR_OK &&
        !find_fault(out, &bad, &error))
        return true;
    char *detail = arena_alloc(arena, DETAIL_BYTES);
    snprintf(detail, DETAIL_BYTES, "record %u: %s: %s %s", bad, error.message,
             error.field, error.reason);
    refuse(which, REFUSED_BAD_FIELD, detail);
    return false;
}

/* The batch of this group that began at the same sequence, or NULL. */
static const struct store_batch *find_in_group(const struct batch_group *group,
                                               const struct wire_batch *batch) {
    for (uint32_t i = group->accepted_count; i-- > 0;) {
        const struct wire_batch *other = group->accepted[i].batch;
        if (other->partition == batch->partition &&
            other->first_seq == batch->first_seq)
            return &group->accepted[i];
    }
    return NULL;
}

static void accept(struct batch_group *group, struct batch_case *which,
                   const struct store_batch *read) {
    const struct wire_batch *batch = which->batch;
    INVARIANT(group->accepted_count < BATCH_GROUP_BATCHES_MAX);
    which->verdict = BATCH_ACCEPTED;
    which->digest = read->digest;
    group->accepted[group->accepted_count++] = *read;
    group->records_count += batch->records_count;
    group->seq[batch->partition] += batch->records_count;
}

static void judge_old(struct batch_group *group, struct batch_case *which) {
    const struct store_batch *same = find_in_group(group, which->batch);
    which->verdict = BATCH_OLD;
    if (!same)
        return;
    batch_case_recall(which, true, same->batch->records_count, same->digest);
    which->in_group = which->verdict == BATCH_KNOWN;
}

static void judge(struct batch_group *group, struct batch_case *which,
                  struct arena *arena) {
    const struct wire_batch *batch = which->batch;
    uint64_t head = group->seq[batch->partition];
    struct store_batch read;
    if (group->epoch == 0 || batch->epoch != group->epoch) {
        refuse(which, REFUSED_STALE, "the epoch is not the one in force");
    } else if (batch->records_count == 0 || batch->first_seq == 0) {
        refuse(which, REFUSED_BAD_FIELD, "no records, or no first sequence");
    } else if (batch->first_seq > head + 1) {
        refuse(which, REFUSED_TRY_AGAIN, "gap");
    } else if (batch->first_seq <= head) {
        which->digest = store_batch_digest(batch);
        judge_old(group, which);
    } else if (read_records(group, which, &read, arena)) {
        accept(group, which, &read);
    }
}

struct batch_append *batch_group_append(struct batch_group *group,
                                        uint32_t peer, uint64_t correlation,
                                        const struct wire_append *append,
                                        struct arena *arena) {
    PRE(!batch_group_is_full(group));
    PRE(append->batches_count <= PARTITION_COUNT);
    struct batch_append *entry = &group->appends[group->appends_count++];
    *entry = (struct batch_append){.peer = peer,
                                   .correlation = correlation,
                                   .cases_count = append->batches_count};
    entry->cases =
        arena_alloc(arena, append->batches_count * sizeof *entry->cases);
    for (uint32_t i = 0; i < append->batches_count; i++) {
        entry->cases[i].batch = &append->batches[i];
        judge(group, &entry->cases[i], arena);
    }
    return entry;
}

void batch_case_recall(struct batch_case *old, bool found,
                       uint32_t records_count, uint64_t digest) {
    PRE(old->verdict == BATCH_OLD);
    if (!found)
        refuse(old, REFUSED_CONFLICT,
               "nothing is kept about a batch that began at this sequence");
    else if (records_count != old->batch->records_count ||
             digest != old->digest)
        refuse(old, REFUSED_CONFLICT,
               "another batch was stored at this sequence");
    else
        old->verdict = BATCH_KNOWN;
}

void batch_group_end(struct batch_group *group, uint8_t refusal,
                     const char *detail) {
    for (uint32_t i = 0; i < group->appends_count; i++) {
        struct batch_append *append = &group->appends[i];
        for (uint32_t at = 0; at < append->cases_count; at++) {
            struct batch_case *which = &append->cases[at];
            INVARIANT(which->verdict != BATCH_OLD);
            if (refusal != 0 &&
                (which->verdict == BATCH_ACCEPTED || which->in_group))
                refuse(which, refusal, detail);
        }
    }
}

uint32_t batch_append_heads(const struct batch_append *append,
                            struct wire_head *heads) {
    uint64_t reached[PARTITION_COUNT] = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < append->cases_count; i++) {
        const struct batch_case *which = &append->cases[i];
        const struct wire_batch *batch = which->batch;
        uint64_t last = batch->first_seq + batch->records_count - 1;
        INVARIANT(which->verdict != BATCH_OLD);
        if (which->verdict != BATCH_REFUSED && last > reached[batch->partition])
            reached[batch->partition] = last;
    }
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        if (reached[i] != 0)
            heads[count++] = (struct wire_head){(uint8_t)i, reached[i]};
    }
    return count;
}
