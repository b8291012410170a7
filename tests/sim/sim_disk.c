/* sim_disk.c - see sim_disk.h. */
#include "tests/sim/sim_disk.h"

#include <inttypes.h>
#include <stdlib.h>

#include "tests/sim/sim.h"

enum entry_kind { ENTRY_APPEND, ENTRY_CLAIM, ENTRY_COLLECT };

struct entry {
    struct entry *next;
    enum entry_kind kind;
    bool synced;
    bool torn;
    uint64_t epoch;              /* CLAIM */
    int64_t before_us;           /* COLLECT */
    uint32_t limit;              /* COLLECT */
    struct wire_batch *bytes;    /* APPEND, in |arena|, ... */
    struct store_batch *batches; /* ... and what they say. */
    uint32_t count;
    struct arena arena;
};

struct sim_disk {
    struct sim *sim;
    struct sim_process *persister;
    struct store *store; /* NULL: closed. */
    struct store_heads heads;
    struct entry *first;
    struct entry *last;
    uint64_t key;
    uint64_t writes;
    uint64_t tries; /* To append. */
    uint64_t slow_until_us;
    uint64_t slow_us;
    uint64_t full_until_us;
    uint32_t cuts;     /* Of the link, while it is full: so many to come. */
    uint64_t fail_key; /* 0: none. */
    uint64_t fail_down_us;
    uint64_t kill_key;
    uint64_t kill_down_us;
};

/* How a write ended. */
enum outcome { WRITTEN, FAILED, KILLED };

enum {
    DRAW_TIME,
    DRAW_OUTCOME,
    DRAW_MOMENT,
    DRAW_REPAIR,
    DRAW_TAIL,
    DRAW_SPACE,
    DRAW_CUT,
    DRAW_AFTER
};

/* While the disk is full one in so many writes still finds room. */
#define SPACE_REFUSED_OF 4u
#define SPACE_SOUGHT_US (500 * SIM_MS) /* Up to so long. */

/* Behind one in so many refusals the link ends, within so long. */
#define CUT_OF 4u
#define CUT_AFTER_US (200 * SIM_MS)

static struct sim_disk *disk_of(struct store *store) {
    return (struct sim_disk *)(void *)store;
}

struct store *sim_disk_store(struct sim_disk *disk) {
    return (struct store *)(void *)disk;
}

/* --- The log -------------------------------------------------------------- */

static void free_entry(struct entry *entry) {
    arena_finish(&entry->arena);
    free(entry);
}

static void put_entry(struct sim_disk *disk, struct entry *entry) {
    if (disk->last)
        disk->last->next = entry;
    else
        disk->first = entry;
    disk->last = entry;
}

static struct entry *make_append(const struct store_batch *batches,
                                 uint32_t count) {
    struct entry *entry = mem_zalloc(sizeof *entry);
    entry->kind = ENTRY_APPEND;
    entry->count = count;
    entry->bytes = arena_alloc(&entry->arena, count * sizeof *entry->bytes);
    entry->batches = arena_alloc(&entry->arena, count * sizeof *batches);
    for (uint32_t i = 0; i < count; i++) {
        struct wire_batch *copy = &entry->bytes[i];
        struct wire_error error;
        *copy = *batches[i].batch;
        copy->records = arena_alloc(&entry->arena, copy->records_count *
                                                       sizeof *copy->records);
        for (uint32_t at = 0; at < copy->records_count; at++)
            copy->records[at] =
                arena_copy(&entry->arena, batches[i].batch->records[at]);
        enum err err = store_batch_read(copy, &entry->arena, &entry->batches[i],
                                        NULL, &error);
        INVARIANT(err == ERR_OK); /* The caller has read them before. */
    }
    return entry;
}

/* A write that is synced takes everything before it to the disk. */
static void sync_entry(struct sim_disk *disk, struct entry *entry) {
    put_entry(disk, entry);
    for (struct entry *at = disk->first; at; at = at->next)
        at->synced = true;
}

static void apply(struct sim_disk *disk, const struct entry *entry) {
    struct store_error error = {""};
    enum err err = ERR_OK;
    uint32_t count;
    switch (entry->kind) {
    case ENTRY_APPEND:
        err = store_memory.append(disk->store, entry->batches, entry->count,
                                  &error);
        break;
    case ENTRY_CLAIM:
        err = store_memory.claim(disk->store, entry->epoch, &error);
        break;
    case ENTRY_COLLECT:
        err = store_memory.collect(disk->store, entry->before_us, entry->limit,
                                   &count, &error);
        break;
    }
    if (err != ERR_OK)
        sim_violated(disk->sim, "store", "the log does not apply: %s",
                     error.text);
}

/* --- Writing -------------------------------------------------------------- */

static uint64_t write_takes_us(struct sim_disk *disk, uint64_t key) {
    const struct sim_config *config = &disk->sim->config;
    if (disk->slow_until_us > sim_time_us()) {
        sim_count(disk->sim, SIM_FAULT_SLOW_DISK);
        return sim_between(key, DRAW_TIME, disk->slow_us / 16, disk->slow_us);
    }
    return config->sync_us +
           sim_skewed(key, DRAW_TIME, 0, config->sync_more_us);
}

static void repair(void *payload, uint64_t starts) {
    struct sim_disk *disk = payload;
    if (disk->persister->starts != starts)
        return;
    sim_process_stop(disk->persister,
                     sim_between(disk->key, starts + DRAW_REPAIR, 50 * SIM_MS,
                                 3 * SIM_SECOND));
}

/* The operator sees what happened and starts the persister again. */
static void call_operator(struct sim_disk *disk) {
    struct sim_event event = {.at_us = sim_time_us() + disk->fail_down_us,
                              .fire = repair,
                              .payload = disk,
                              .argument = disk->persister->starts};
    sim_loop_put(&disk->sim->loop, &event);
}

/* The time of a write passes. */
static enum outcome write_out(struct sim_disk *disk, uint64_t key) {
    struct sim_process *persister = disk->persister;
    uint64_t begin_us = sim_time_us();
    uint64_t takes_us = write_takes_us(disk, key);
    if (disk->kill_key) {
        uint64_t until_us =
            sim_between(disk->kill_key, DRAW_MOMENT, 0, takes_us);
        sim_process_hold(persister, begin_us + until_us);
        disk->kill_key = 0;
        if (!persister->doomed) {
            sim_count(disk->sim, SIM_FAULT_CRASH_IN_WRITE);
            sim_process_crash(persister, disk->kill_down_us);
        }
        return KILLED;
    }
    sim_process_hold(persister, begin_us + takes_us);
    if (persister->doomed)
        return KILLED;
    return disk->fail_key ? FAILED : WRITTEN;
}

/* What is on the disk of a write that did not end well. */
static void leave_behind(struct sim_disk *disk, struct entry *entry,
                         uint64_t key) {
    switch (sim_draw(key, DRAW_OUTCOME, 3)) {
    case 0:
        sim_count(disk->sim, SIM_FAULT_WRITE_LOST);
        free_entry(entry);
        return;
    case 1:
        sim_count(disk->sim, SIM_FAULT_WRITE_TORN);
        entry->torn = true;
        put_entry(disk, entry);
        return;
    default:
        sim_count(disk->sim, SIM_FAULT_WRITE_KEPT);
        sync_entry(disk, entry);
    }
}

static enum err write_entry(struct sim_disk *disk, struct entry *entry,
                            struct store_error *error) {
    uint64_t key = sim_key(disk->key, ++disk->writes);
    disk->sim->writes++;
    switch (write_out(disk, key)) {
    case WRITTEN:
        sync_entry(disk, entry);
        apply(disk, entry);
        return ERR_OK;
    case FAILED:
        sim_count(disk->sim, SIM_FAULT_FAILED_WRITE);
        leave_behind(disk, entry, disk->fail_key);
        disk->fail_key = 0;
        call_operator(disk);
        *error = (struct store_error){"the disk failed"};
        return ERR_IO;
    case KILLED:
        leave_behind(disk, entry, key);
        *error = (struct store_error){"killed"};
        return ERR_IO;
    }
    return ERR_IO;
}

/* What the persister must never let through. */
static void check_batch(struct sim_disk *disk, const struct wire_batch *batch) {
    uint64_t *head = &disk->heads.seq[batch->partition];
    if (batch->epoch != disk->heads.epoch)
        sim_violated(disk->sim, "epoch",
                     "a batch of epoch %" PRIu64 " was stored when %" PRIu64
                     " was in force",
                     batch->epoch, disk->heads.epoch);
    if (batch->first_seq != *head + 1)
        sim_violated(disk->sim, "sequence",
                     "partition %u: a batch from %" PRIu64
                     " was stored behind %" PRIu64,
                     batch->partition, batch->first_seq, *head);
    *head = batch->first_seq + batch->records_count - 1;
}

static void cut_link(void *payload, uint64_t argument) {
    struct sim_disk *disk = payload;
    (void)argument;
    sim_count(disk->sim, SIM_FAULT_CUT);
    sim_net_cut(&disk->sim->net,
                sim_process_of(disk->sim, SIM_BROKER, 0)->place,
                disk->persister->place);
}

/* Once the link ends behind a refusal: others are under way. */
static void cut_behind(struct sim_disk *disk, uint64_t key) {
    struct sim_event event = {.at_us = sim_time_us() +
                                       sim_draw(key, DRAW_AFTER, CUT_AFTER_US),
                              .fire = cut_link,
                              .payload = disk};
    if (disk->cuts == 0 || sim_draw(key, DRAW_CUT, CUT_OF) != 0)
        return;
    disk->cuts--;
    sim_loop_put(&disk->sim->loop, &event);
}

/* It takes its time to find out, and now and then there is space all the
 * same: what is behind a refused write may come when there is. */
static bool is_refused_space(struct sim_disk *disk) {
    uint64_t key = sim_key(disk->key ^ DRAW_SPACE, ++disk->tries);
    if (disk->full_until_us <= sim_time_us() ||
        sim_draw(key, DRAW_SPACE, SPACE_REFUSED_OF) == 0)
        return false;
    sim_process_hold(disk->persister,
                     sim_time_us() + write_takes_us(disk, key) +
                         sim_draw(key, DRAW_MOMENT, SPACE_SOUGHT_US));
    cut_behind(disk, key);
    return true;
}

static enum err disk_append(struct store *store,
                            const struct store_batch *batches, uint32_t count,
                            struct store_error *error) {
    struct sim_disk *disk = disk_of(store);
    if (is_refused_space(disk)) {
        sim_count(disk->sim, SIM_FAULT_FULL_DISK);
        *error = (struct store_error){"no space"};
        return ERR_FULL;
    }
    enum err err = write_entry(disk, make_append(batches, count), error);
    for (uint32_t i = 0; err == ERR_OK && i < count; i++)
        check_batch(disk, batches[i].batch);
    return err;
}

static enum err disk_claim(struct store *store, uint64_t epoch,
                           struct store_error *error) {
    struct sim_disk *disk = disk_of(store);
    struct entry *entry = mem_zalloc(sizeof *entry);
    entry->kind = ENTRY_CLAIM;
    entry->epoch = epoch;
    if (epoch <= disk->heads.epoch)
        sim_violated(disk->sim, "epoch",
                     "%" PRIu64 " was claimed after %" PRIu64, epoch,
                     disk->heads.epoch);
    enum err err = write_entry(disk, entry, error);
    if (err == ERR_OK)
        disk->heads.epoch = epoch;
    return err;
}

static enum err disk_collect(struct store *store, int64_t before_us,
                             uint32_t limit, uint32_t *count,
                             struct store_error *error) {
    struct sim_disk *disk = disk_of(store);
    struct entry *entry = mem_zalloc(sizeof *entry);
    *entry = (struct entry){
        .kind = ENTRY_COLLECT, .before_us = before_us, .limit = limit};
    put_entry(disk, entry);
    return store_memory.collect(disk->store, before_us, limit, count, error);
}

/* --- Reading -------------------------------------------------------------- */

static void disk_heads(struct store *store, struct store_heads *out) {
    store_memory.heads(disk_of(store)->store, out);
}

static enum err disk_batch_digest(struct store *store, uint32_t partition,
                                  uint64_t first_seq, uint32_t *records_count,
                                  uint64_t *digest) {
    return store_memory.batch_digest(disk_of(store)->store, partition,
                                     first_seq, records_count, digest);
}

static enum err disk_read(struct store *store, const struct wire *request,
                          struct arena *arena, struct wire *out,
                          struct store_error *error) {
    return store_memory.read(disk_of(store)->store, request, arena, out, error);
}

static enum err disk_mails_due(struct store *store, int64_t now_us,
                               struct store_mail *out, uint32_t limit,
                               uint32_t *count, int64_t *next_due_us,
                               struct store_error *error) {
    return store_memory.mails_due(disk_of(store)->store, now_us, out, limit,
                                  count, next_due_us, error);
}

static enum err disk_mail_settle(struct store *store,
                                 const struct store_mail *mail,
                                 const struct store_mail *again,
                                 struct store_error *error) {
    return store_memory.mail_settle(disk_of(store)->store, mail, again, error);
}

/* The simulator opens and closes it (sim_disk_open). */
static enum err disk_open(const struct store_config *config, struct store **out,
                          struct store_error *error) {
    (void)config;
    *out = NULL;
    *error = (struct store_error){"is open"};
    return ERR_BUSY;
}

static void disk_close(struct store *store) {
    (void)store;
}

const struct store_ops sim_disk_ops = {.name = "simulated",
                                       .open = disk_open,
                                       .close = disk_close,
                                       .heads = disk_heads,
                                       .claim = disk_claim,
                                       .append = disk_append,
                                       .batch_digest = disk_batch_digest,
                                       .collect = disk_collect,
                                       .read = disk_read,
                                       .mails_due = disk_mails_due,
                                       .mail_settle = disk_mail_settle};

/* --- Life ----------------------------------------------------------------- */

struct sim_disk *sim_disk_create(struct sim *sim,
                                 struct sim_process *persister) {
    struct sim_disk *disk = mem_zalloc(sizeof *disk);
    disk->sim = sim;
    disk->persister = persister;
    disk->key = sim_key(sim->config.seed, 0x6469736b);
    return disk;
}

void sim_disk_destroy(struct sim_disk *disk) {
    if (!disk)
        return;
    store_memory.close(disk->store);
    while (disk->first) {
        struct entry *entry = disk->first;
        disk->first = entry->next;
        free_entry(entry);
    }
    free(disk);
}

void sim_disk_open(struct sim_disk *disk) {
    struct store_config config = {.durable = true};
    struct store_error error = {""};
    PRE(!disk->store);
    enum err err = store_memory.open(&config, &disk->store, &error);
    INVARIANT(err == ERR_OK);
    struct entry **at = &disk->first;
    disk->last = NULL;
    while (*at) {
        struct entry *entry = *at;
        if (entry->torn) {
            *at = entry->next;
            free_entry(entry);
            continue;
        }
        apply(disk, entry);
        disk->last = entry;
        at = &entry->next;
    }
    store_memory.heads(disk->store, &disk->heads);
}

/* Of what was not synced, so many entries are on the disk all the same. */
static void lose_tail(struct sim_disk *disk) {
    uint64_t key = sim_key(disk->key ^ DRAW_TAIL << 16, disk->writes);
    struct entry **at = &disk->first;
    while (*at && (*at)->synced)
        at = &(*at)->next;
    for (uint64_t kept = sim_draw(key, DRAW_TAIL, 3); *at && kept > 0; kept--)
        at = &(*at)->next;
    while (*at) {
        struct entry *entry = *at;
        if (entry->torn) { /* Whoever reads it next will cut it. */
            at = &entry->next;
            continue;
        }
        *at = entry->next;
        free_entry(entry);
    }
}

void sim_disk_close(struct sim_disk *disk, bool killed) {
    store_memory.close(disk->store);
    disk->store = NULL;
    if (killed)
        lose_tail(disk);
}

/* --- Faults --------------------------------------------------------------- */

void sim_disk_slow(struct sim_disk *disk, uint64_t for_us, uint64_t write_us) {
    disk->slow_until_us = sim_time_us() + for_us;
    disk->slow_us = write_us;
}

void sim_disk_full(struct sim_disk *disk, uint64_t for_us) {
    disk->full_until_us = sim_time_us() + for_us;
    disk->cuts = 1;
}

void sim_disk_fail(struct sim_disk *disk, uint64_t key, uint64_t down_us) {
    disk->fail_key = key | 1;
    disk->fail_down_us = down_us;
}

void sim_disk_kill(struct sim_disk *disk, uint64_t key, uint64_t down_us) {
    disk->kill_key = key | 1;
    disk->kill_down_us = down_us;
}

void sim_disk_heal(struct sim_disk *disk) {
    disk->slow_until_us = disk->full_until_us = 0;
    disk->fail_key = disk->kill_key = 0;
}
