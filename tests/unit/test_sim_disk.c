/* test_sim_disk.c - the simulator's disk: what is synced survives, what is not
 * may not, and it sees what the persister should never write. */
#include <check.h>

#include "tests/sim/sim_disk.h"
#include "tests/unit/sim_fixture.h"

#define PARTITION 1u

static struct sim sim;
static struct sim_process *persister;
static struct arena arena;
static uint64_t epoch;
static uint64_t seq;

static enum err claim(void) {
    struct store_error error;
    fixture_run_as(persister);
    enum err err =
        sim_disk_ops.claim(sim_disk_store(sim.disk), epoch + 1, &error);
    fixture_run_as(NULL);
    if (err == ERR_OK)
        epoch++;
    return err;
}

static void setup(void) {
    fixture_begin(&sim);
    persister = &sim.processes[IDLE_PERSISTER];
    epoch = seq = 0;
    ck_assert_int_eq(claim(), ERR_OK);
}

static void teardown(void) {
    fixture_end(&sim);
    arena_finish(&arena);
}

/* Appends the next record: a user of that number. */
static enum err append_as(uint64_t of_epoch, uint64_t at_seq, uint64_t user) {
    struct wire record = {.kind = RECORD_USER_PUT};
    struct buf bytes = {0};
    struct store_error error;
    record.as.record_user_put.profile.user.value = user;
    wire_encode(&record, &bytes);
    struct slice slice = buf_slice(&bytes);
    struct wire_batch batch = {.partition = PARTITION,
                               .epoch = of_epoch,
                               .first_seq = at_seq,
                               .records = &slice,
                               .records_count = 1};
    struct store_batch read;
    struct wire_error wrong;
    ck_assert_int_eq(store_batch_read(&batch, &arena, &read, NULL, &wrong),
                     ERR_OK);
    fixture_run_as(persister);
    enum err err =
        sim_disk_ops.append(sim_disk_store(sim.disk), &read, 1, &error);
    fixture_run_as(NULL);
    buf_finish(&bytes);
    return err;
}

static enum err append(uint64_t user) {
    enum err err = append_as(epoch, seq + 1, user);
    seq += err == ERR_OK;
    return err;
}

static bool knows(uint64_t user) {
    struct wire ask = {.kind = WIRE_READ_USER};
    struct wire answer;
    struct store_error error;
    ask.as.read_user.user.value = user;
    ck_assert_int_eq(sim_disk_ops.read(sim_disk_store(sim.disk), &ask, &arena,
                                       &answer, &error),
                     ERR_OK);
    return answer.as.row_user.found;
}

static struct store_heads heads(void) {
    struct store_heads out;
    sim_disk_ops.heads(sim_disk_store(sim.disk), &out);
    return out;
}

/* The persister ends, if it has not, and starts again. */
static void restart(void) {
    sim_process_crash(persister, SIM_NEVER);
    ck_assert(!persister->up);
    sim_process_start(persister);
}

START_TEST(what_is_synced_survives) {
    uint32_t count = 0;
    uint64_t before = 0, after = 0;
    ck_assert_int_eq(append(1), ERR_OK);
    ck_assert_int_eq(append(65), ERR_OK);
    struct store *store = sim_disk_store(sim.disk);
    sim_disk_ops.batch_digest(store, PARTITION, 2, &count, &before);
    restart();
    ck_assert(knows(1) && knows(65) && !knows(129));
    ck_assert_uint_eq(heads().seq[PARTITION], 2);
    ck_assert_uint_eq(heads().epoch, 1);
    ck_assert_int_eq(
        sim_disk_ops.batch_digest(store, PARTITION, 2, &count, &after), ERR_OK);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(before, after);
    ck_assert(before != 0 && !sim.over);
}
END_TEST

START_TEST(writing_takes_time) {
    uint64_t before_us = sim_time_us();
    ck_assert_int_eq(append(1), ERR_OK);
    ck_assert_uint_eq(sim_time_us() - before_us, 1000);
    sim_disk_slow(sim.disk, SIM_SECOND, 160 * SIM_MS);
    before_us = sim_time_us();
    ck_assert_int_eq(append(65), ERR_OK);
    ck_assert_uint_ge(sim_time_us() - before_us, 10 * SIM_MS);
    ck_assert_uint_le(sim_time_us() - before_us, 160 * SIM_MS);
    ck_assert_uint_eq(sim.faults[SIM_FAULT_SLOW_DISK], 1);
}
END_TEST

/* Lost, torn or whole: never anything else, and each of them comes. */
START_TEST(a_write_under_way_ends_in_one_of_three_ways) {
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t user = 1 + 64 * i;
        uint64_t kept = sim.faults[SIM_FAULT_WRITE_KEPT];
        sim_disk_kill(sim.disk, i, SIM_NEVER);
        ck_assert_int_eq(append(user), ERR_IO);
        ck_assert(persister->dead); /* Its turn is not over yet. */
        persister->dead = false;
        sim_disk_close(sim.disk, true);
        sim_disk_open(sim.disk);
        persister->fate = SIM_LIVES;
        persister->doomed = false;
        kept = sim.faults[SIM_FAULT_WRITE_KEPT] - kept;
        ck_assert_int_eq(knows(user), kept == 1);
        seq += kept;
        ck_assert_uint_eq(heads().seq[PARTITION], seq);
    }
    ck_assert_uint_gt(sim.faults[SIM_FAULT_WRITE_KEPT], 5);
    ck_assert_uint_gt(sim.faults[SIM_FAULT_WRITE_LOST], 5);
    ck_assert_uint_gt(sim.faults[SIM_FAULT_WRITE_TORN], 5);
    ck_assert(!sim.over);
}
END_TEST

START_TEST(a_failing_write_fails_once_and_is_there_or_not) {
    sim_disk_fail(sim.disk, 3, SIM_SECOND);
    ck_assert_int_eq(append(1), ERR_IO);
    ck_assert(!knows(1));
    ck_assert_uint_eq(sim.faults[SIM_FAULT_FAILED_WRITE], 1);
    /* Somebody starts it again. */
    uint32_t starts = persister->starts;
    persister->wanted = true;
    fixture_pass(&sim, 5 * SIM_SECOND);
    ck_assert_uint_eq(persister->starts, starts + 1);
    ck_assert_int_eq(knows(1), sim.faults[SIM_FAULT_WRITE_KEPT] == 1);
}
END_TEST

START_TEST(a_full_disk_takes_little_for_a_while) {
    uint32_t taken = 0;
    sim_disk_full(sim.disk, 60 * SIM_SECOND);
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t user = 1 + 64 * i;
        uint64_t before_us = sim_time_us();
        enum err err = append(user);
        ck_assert(err == ERR_OK || err == ERR_FULL);
        ck_assert_uint_gt(sim_time_us(), before_us);
        ck_assert_int_eq(knows(user), err == ERR_OK);
        taken += err == ERR_OK;
    }
    ck_assert_uint_ge(taken, 3);
    ck_assert_uint_le(taken, 20);
    ck_assert_uint_eq(sim.faults[SIM_FAULT_FULL_DISK], 40 - taken);
    fixture_pass(&sim, 60 * SIM_SECOND);
    ck_assert_int_eq(append(1 + 64 * 40), ERR_OK);
    restart();
    ck_assert(knows(1 + 64 * 40));
}
END_TEST

START_TEST(others_go_on_while_it_writes) {
    struct sim_process *broker = &sim.processes[IDLE_BROKER];
    uint64_t turns = broker->turns;
    sim_disk_slow(sim.disk, 10 * SIM_SECOND, 10 * SIM_SECOND);
    sim_process_wake(broker, sim_time_us() + 100 * SIM_MS);
    ck_assert_int_eq(append(1), ERR_OK);
    ck_assert_uint_eq(broker->turns, turns + 1);
}
END_TEST

START_TEST(a_gap_is_seen) {
    ck_assert_int_eq(append_as(epoch, seq + 2, 1), ERR_OK);
    ck_assert(sim.over);
    ck_assert_str_eq(sim.promise, "sequence");
}
END_TEST

START_TEST(an_old_epoch_is_seen) {
    ck_assert_int_eq(claim(), ERR_OK);
    ck_assert_int_eq(append_as(1, seq + 1, 1), ERR_OK);
    ck_assert(sim.over);
    ck_assert_str_eq(sim.promise, "epoch");
}
END_TEST

int main(void) {
    const TTest *const tests[] = {
        what_is_synced_survives,
        writing_takes_time,
        a_write_under_way_ends_in_one_of_three_ways,
        a_failing_write_fails_once_and_is_there_or_not,
        a_full_disk_takes_little_for_a_while,
        others_go_on_while_it_writes,
        a_gap_is_seen,
        an_old_epoch_is_seen,
    };
    return fixture_run_tests("sim_disk", tests, sizeof tests / sizeof *tests,
                             setup, teardown);
}
