/* test_link_pipe.c - two threads that pass each other batches. */
#include "common/link/link_pipe.h"

#include <check.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/link/link_poll.h"
#include "common/link/link_process.h"

static const struct link_pipe_limits limits = {.batches_max = 16,
                                               .bytes_max = 1u << 20};

/* A batch of |size| bytes that says its number. */
static void fill(struct buf *buf, uint64_t number, size_t size) {
    buf_clear(buf);
    memset(buf_reserve(buf, size), (int)(number & 0xff), size);
    memcpy(buf->data, &number, sizeof(number));
    buf->size = size;
}

static size_t size_of(uint64_t number) {
    return 8 + (number * 7919) % 40000; /* Copied ones, handed over ones. */
}

static void check(struct slice batch, uint64_t number) {
    uint64_t got;
    ck_assert_uint_eq(batch.size, size_of(number));
    memcpy(&got, batch.data, sizeof(got));
    ck_assert_uint_eq(got, number);
    ck_assert_int_eq(batch.data[batch.size - 1],
                     batch.size > 8 ? (char)number
                                    : batch.data[batch.size - 1]);
}

/* Waits until the pipe wants to be looked at. */
static void wait_for(struct link_poll *poll, struct link_pipe *pipe) {
    link_poll_clear(poll);
    link_poll_add_pipe(poll, pipe);
    link_poll_wait(poll, -1);
}

/* Sends everything back that comes, waiting when it must. */
static void echo_run(struct link_pipe *pipe, void *args) {
    (void)args;
    struct link_poll *poll = link_poll_create();
    struct buf held = {0};
    bool stop = false;
    while (!stop) {
        if (held.size > 0 && !link_pipe_send(pipe, &held)) {
            if (link_pipe_is_closed(pipe))
                break;
            /* While input waits this spins; the test needs no better. */
            wait_for(poll, pipe);
            continue;
        }
        struct slice batch;
        switch (link_pipe_receive(pipe, &batch)) {
        case LINK_PIPE_BATCH:
            buf_append_slice(&held, batch);
            break;
        case LINK_PIPE_EMPTY:
            wait_for(poll, pipe);
            break;
        case LINK_PIPE_STOP:
            stop = true;
            break;
        }
    }
    buf_finish(&held);
    link_poll_destroy(poll);
}

START_TEST(echo) {
    link_process_init();
    struct link_actor *actor = link_actor_start(echo_run, NULL, &limits);
    struct link_pipe *pipe = link_actor_pipe(actor);
    struct link_poll *poll = link_poll_create();
    struct buf out = {0};
    const uint64_t total = 5000;
    uint64_t sent = 0, received = 0;
    while (received < total) {
        while (sent < total) {
            if (out.size == 0)
                fill(&out, sent + 1, size_of(sent + 1));
            if (!link_pipe_send(pipe, &out))
                break;
            ck_assert_uint_eq(out.size, 0);
            sent++;
        }
        struct slice batch;
        enum link_pipe_result result = link_pipe_receive(pipe, &batch);
        ck_assert_int_ne(result, LINK_PIPE_STOP);
        if (result == LINK_PIPE_BATCH)
            check(batch, ++received);
        else
            wait_for(poll, pipe);
    }
    buf_finish(&out);
    link_actor_stop(&actor);
    ck_assert_ptr_null(actor);
    link_actor_stop(&actor);
    link_poll_destroy(poll);
    link_process_finish();
}
END_TEST

/* Bounds are exact, in batches and in bytes, and a full pipe loses nothing. */
START_TEST(bounds) {
    link_process_init();
    struct link_pipe *one, *other;
    struct link_pipe_limits small = {.batches_max = 3, .bytes_max = 1000};
    link_pipe_create_pair(&small, &one, &other);
    struct buf out = {0};
    struct slice batch;
    ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_EMPTY);
    for (uint64_t i = 1; i <= 3; i++) {
        fill(&out, i, 10);
        ck_assert(link_pipe_send(one, &out));
    }
    fill(&out, 4, 10);
    ck_assert(!link_pipe_send(one, &out));
    ck_assert_uint_eq(out.size, 10);
    ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_BATCH);
    ck_assert(link_pipe_send(one, &out));
    for (uint64_t i = 2; i <= 4; i++) {
        ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_BATCH);
        uint64_t got;
        memcpy(&got, batch.data, sizeof(got));
        ck_assert_uint_eq(got, i);
    }
    fill(&out, 5, 5000); /* Larger than the bound: alone. */
    ck_assert(link_pipe_send(one, &out));
    fill(&out, 6, 10);
    ck_assert(!link_pipe_send(one, &out));
    ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_BATCH);
    ck_assert_uint_eq(batch.size, 5000);
    ck_assert(link_pipe_send(one, &out));
    fill(&out, 7, 990);
    ck_assert(link_pipe_send(one, &out));
    fill(&out, 8, 8);
    ck_assert(!link_pipe_send(one, &out)); /* 1,000 bytes are under way. */
    buf_finish(&out);
    link_pipe_destroy(one);
    link_pipe_destroy(other);
    link_process_finish();
}
END_TEST

/* Who found it full is woken when there is room, and only then. */
START_TEST(room_wakes_the_sender) {
    link_process_init();
    struct link_pipe *one, *other;
    struct link_pipe_limits single = {.batches_max = 1, .bytes_max = 1000};
    link_pipe_create_pair(&single, &one, &other);
    struct link_poll *poll = link_poll_create();
    uint32_t index = link_poll_add_pipe(poll, one);
    struct buf out = {0};
    struct slice batch;
    fill(&out, 1, 10);
    ck_assert(link_pipe_send(one, &out));
    ck_assert_uint_eq(link_poll_wait(poll, 0), 0);
    fill(&out, 2, 10);
    ck_assert(!link_pipe_send(one, &out));
    ck_assert_uint_eq(link_poll_wait(poll, 0), 0);
    ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_BATCH);
    ck_assert_uint_eq(link_poll_wait(poll, -1), 1);
    ck_assert(link_poll_ready(poll, index));
    ck_assert_int_eq(link_pipe_receive(one, &batch), LINK_PIPE_EMPTY);
    ck_assert(link_pipe_send(one, &out));
    buf_finish(&out);
    link_poll_destroy(poll);
    link_pipe_destroy(one);
    link_pipe_destroy(other);
    link_process_finish();
}
END_TEST

/* What was sent before the end closed still arrives, then STOP for ever. */
START_TEST(close_after_sending) {
    link_process_init();
    struct link_pipe *one, *other;
    link_pipe_create_pair(&limits, &one, &other);
    struct buf out = {0};
    for (uint64_t i = 1; i <= 10; i++) {
        fill(&out, i, size_of(i));
        ck_assert(link_pipe_send(one, &out));
    }
    link_pipe_destroy(one);
    ck_assert(link_pipe_is_closed(other));
    struct slice batch;
    for (uint64_t i = 1; i <= 10; i++) {
        ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_BATCH);
        check(batch, i);
    }
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(link_pipe_receive(other, &batch), LINK_PIPE_STOP);
    fill(&out, 1, 10);
    ck_assert(!link_pipe_send(other, &out));
    ck_assert_uint_eq(out.size, 10);
    buf_finish(&out);
    link_pipe_destroy(other);
    link_process_finish();
}
END_TEST

struct sleeper {
    atomic_bool release;
    uint64_t received;
};

/* Does not read until released. */
static void sleeper_run(struct link_pipe *pipe, void *args) {
    struct sleeper *sleeper = args;
    while (!link_pipe_is_closed(pipe) && !atomic_load(&sleeper->release))
        sched_yield();
    struct slice batch;
    enum link_pipe_result result;
    while ((result = link_pipe_receive(pipe, &batch)) != LINK_PIPE_STOP)
        sleeper->received += result == LINK_PIPE_BATCH;
}

/* An actor that never read is stopped however full its pipe is. */
START_TEST(stop_when_full) {
    link_process_init();
    struct sleeper sleeper = {0};
    struct link_pipe_limits many = {.batches_max = 5000, .bytes_max = 1u << 30};
    struct link_actor *actor = link_actor_start(sleeper_run, &sleeper, &many);
    struct buf out = {0};
    uint64_t sent = 0;
    do
        fill(&out, ++sent, 64);
    while (link_pipe_send(link_actor_pipe(actor), &out));
    ck_assert_uint_eq(sent, 5001);
    link_actor_stop(&actor);
    ck_assert_uint_eq(sleeper.received, 5000); /* It ran to its end. */
    buf_finish(&out);
    link_process_finish();
}
END_TEST

static void quitter_run(struct link_pipe *pipe, void *args) {
    struct buf *last_words = args;
    ck_assert(link_pipe_send(pipe, last_words));
}

/* An actor that ends by itself says so. */
START_TEST(actor_quits) {
    link_process_init();
    struct buf words = {0};
    buf_append(&words, "sorry", 5);
    struct link_actor *actor = link_actor_start(quitter_run, &words, &limits);
    struct link_poll *poll = link_poll_create();
    struct slice batch;
    enum link_pipe_result result;
    while ((result = link_pipe_receive(link_actor_pipe(actor), &batch)) ==
           LINK_PIPE_EMPTY)
        wait_for(poll, link_actor_pipe(actor));
    ck_assert_int_eq(result, LINK_PIPE_BATCH);
    ck_assert(slice_equal(batch, SLICE("sorry")));
    while ((result = link_pipe_receive(link_actor_pipe(actor), &batch)) ==
           LINK_PIPE_EMPTY)
        wait_for(poll, link_actor_pipe(actor));
    ck_assert_int_eq(result, LINK_PIPE_STOP);
    link_actor_stop(&actor);
    buf_finish(&words);
    link_poll_destroy(poll);
    link_process_finish();
}
END_TEST

START_TEST(start_stop_many) {
    link_process_init();
    for (int i = 0; i < 200; i++) {
        struct link_actor *actor = link_actor_start(echo_run, NULL, &limits);
        struct buf out = {0};
        fill(&out, 1, 20000);
        ck_assert(link_pipe_send(link_actor_pipe(actor), &out));
        link_actor_stop(&actor);
        buf_finish(&out);
    }
    link_process_finish();
}
END_TEST

START_TEST(poll_descriptors) {
    link_process_init();
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    struct link_poll *poll = link_poll_create();
    uint32_t in = link_poll_add_fd(poll, fds[0], true, false);
    uint32_t out = link_poll_add_fd(poll, fds[1], false, true);
    ck_assert_uint_eq(link_poll_wait(poll, -1), 1);
    ck_assert(link_poll_ready(poll, out) && !link_poll_ready(poll, in));
    ck_assert_int_eq(write(fds[1], "x", 1), 1);
    for (int i = 0; i < 2; i++) { /* Level-triggered. */
        ck_assert_uint_eq(link_poll_wait(poll, -1), 2);
        ck_assert(link_poll_ready(poll, in));
    }
    link_poll_clear(poll);
    char byte;
    ck_assert_int_eq(read(fds[0], &byte, 1), 1);
    link_poll_add_fd(poll, fds[0], true, false);
    ck_assert_uint_eq(link_poll_wait(poll, 1), 0);
    close(fds[0]);
    close(fds[1]);
    link_poll_destroy(poll);
    link_process_finish();
}
END_TEST

int main(void) {
    Suite *suite = suite_create("link_pipe");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, echo);
    tcase_add_test(tcase, bounds);
    tcase_add_test(tcase, room_wakes_the_sender);
    tcase_add_test(tcase, close_after_sending);
    tcase_add_test(tcase, stop_when_full);
    tcase_add_test(tcase, actor_quits);
    tcase_add_test(tcase, start_stop_many);
    tcase_add_test(tcase, poll_descriptors);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
