/* sim_disk.h - the persister's disk: a log of what was written, and a store
 * over it that obeys it.
 *
 * What is synced survives; a write that is under way when the persister is
 * killed is lost, torn (and cut at the next start), or there whole; what was
 * never synced may be lost. A start builds the reference store
 * (persister/memory) anew from the log, batch by batch.
 *
 * It checks what is appended without the persister's rules: each partition's
 * sequence follows on, and only the epoch claimed last writes. One thread. */
#ifndef TESTS_SIM_SIM_DISK_H
#define TESTS_SIM_SIM_DISK_H

#include "persister/store.h"

struct sim;
struct sim_process;

struct sim_disk; /* Opaque. */

struct sim_disk *sim_disk_create(struct sim *sim,
                                 struct sim_process *persister);
/* Accepts NULL. */
void sim_disk_destroy(struct sim_disk *disk);

/* The persister starts: cuts what is torn and reads the log. */
void sim_disk_open(struct sim_disk *disk);

/* It is gone; |killed|: what was not synced may be lost. */
void sim_disk_close(struct sim_disk *disk, bool killed);

/* The store over it, to be used while it is open. */
extern const struct store_ops sim_disk_ops;
struct store *sim_disk_store(struct sim_disk *disk);

/* --- Faults --------------------------------------------------------------- */

/* Each write takes up to |write_us|, for a while. */
void sim_disk_slow(struct sim_disk *disk, uint64_t for_us, uint64_t write_us);

/* No space, for a while. */
void sim_disk_full(struct sim_disk *disk, uint64_t for_us);

/* The next append fails; an operator starts the persister again |down_us|
 * later. |key|: for what was written all the same. */
void sim_disk_fail(struct sim_disk *disk, uint64_t key, uint64_t down_us);

/* The persister is killed while it writes next. */
void sim_disk_kill(struct sim_disk *disk, uint64_t key, uint64_t down_us);

/* Nothing is wrong with it any more. */
void sim_disk_heal(struct sim_disk *disk);

#endif
