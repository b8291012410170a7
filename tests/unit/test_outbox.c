/* Tests of gateway/outbox and gateway/frame_log, against a plain buffer that
 * holds what should come out. */
#include <check.h>
#include <stdlib.h>

#include "common/buf.h"
#include "gateway/outbox.h"

static struct outbox outbox;
static struct frame_log frames;
static struct buf expected;
static char scratch[4096];

static void setup(void) {
    outbox = (struct outbox){0};
    frames = (struct frame_log){0};
    expected = (struct buf){0};
}

static void teardown(void) {
    outbox_finish(&outbox);
    frame_log_finish(&frames);
    buf_finish(&expected);
}

static struct span frame(const char *text) {
    return frame_log_append(&frames, FRAME_TEXT, slice_of(text));
}

static void push(const struct span *span) {
    outbox_push(&outbox, span);
    buf_append_slice(&expected, span_bytes(span));
}

/* Takes everything out; the bytes must be those that are expected. */
static void drain(void) {
    struct buf out = {0};
    while (!outbox_is_empty(&outbox)) {
        struct slice next = outbox_peek(&outbox, scratch, sizeof(scratch));
        ck_assert_uint_gt(next.size, 0);
        buf_append_slice(&out, next);
        outbox_consume(&outbox, next.size);
    }
    ck_assert_uint_eq(outbox_bytes(&outbox), 0);
    ck_assert(slice_equal(buf_slice(&out), buf_slice(&expected)));
    buf_finish(&out);
}

START_TEST(test_headers) {
    static const struct {
        size_t size;
        size_t header;
        unsigned char second;
    } cases[] = {{0, 2, 0},       {125, 2, 125},    {126, 4, 126},
                 {65535, 4, 126}, {65536, 10, 127}, {200000, 10, 127}};
    char *text = calloc(1, 200000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice payload = {text, cases[i].size};
        struct span span = frame_log_append(&frames, FRAME_TEXT, payload);
        struct slice bytes = span_bytes(&span);
        ck_assert_uint_eq(bytes.size, cases[i].size + cases[i].header);
        ck_assert_uint_eq((unsigned char)bytes.data[0], FRAME_TEXT);
        ck_assert_uint_eq((unsigned char)bytes.data[1], cases[i].second);
        uint64_t length = 0;
        for (size_t at = 2; at < cases[i].header; at++)
            length = length << 8 | (unsigned char)bytes.data[at];
        if (cases[i].header > 2)
            ck_assert_uint_eq(length, cases[i].size);
    }
    free(text);
}
END_TEST

START_TEST(test_what_follows_on_is_one_write) {
    for (int i = 0; i < 100; i++) {
        struct span span = frame("hello");
        push(&span);
    }
    struct slice all = outbox_peek(&outbox, scratch, sizeof(scratch));
    ck_assert_uint_eq(all.size, 700);
    ck_assert(all.data != scratch); /* Straight out of the log. */
    drain();
}
END_TEST

START_TEST(test_gaps_are_gathered) {
    for (int i = 0; i < 300; i++) {
        struct span mine = frame("mine");
        push(&mine);
        frame("for somebody else");
    }
    drain();
}
END_TEST

/* A write never ends within a frame, however little fits. */
START_TEST(test_whole_spans) {
    char text[3000];
    memset(text, 'x', sizeof(text));
    for (int i = 0; i < 5; i++) {
        struct span span =
            frame_log_append(&frames, FRAME_TEXT, (struct slice){text, 3000});
        push(&span);
        frame("gap");
    }
    struct slice next = outbox_peek(&outbox, scratch, sizeof(scratch));
    ck_assert_uint_eq(next.size, 3004);
    next = outbox_peek(&outbox, scratch, 100); /* Larger than |max|. */
    ck_assert_uint_eq(next.size, 3004);
    drain();
}
END_TEST

START_TEST(test_bytes_outlive_the_log) {
    struct span span = frame("kept");
    push(&span);
    frame_log_recycle(&frames); /* Somebody holds it: nothing happens. */
    struct span other = frame("more");
    push(&other);
    frame_log_finish(&frames);
    drain();
    struct span again = frame("new");
    frame_log_recycle(&frames);
    struct span reused = frame("new");
    ck_assert_uint_eq(again.offset, reused.offset);
}
END_TEST

START_TEST(test_parts_keep_others_aside) {
    struct span one = frame_log_append(&frames, FRAME_TEXT_FIRST, SLICE("1"));
    outbox_push_part(&outbox, &one, false);
    buf_append_slice(&expected, span_bytes(&one));
    ck_assert(outbox_is_parting(&outbox));
    struct span event = frame("event");
    outbox_push(&outbox, &event);
    struct span ping = frame_log_append(&frames, FRAME_PING, SLICE(""));
    outbox_push_control(&outbox, &ping);
    buf_append_slice(&expected, span_bytes(&ping));
    ck_assert_uint_eq(outbox_bytes(&outbox), 3 + 7 + 2);
    struct span two = frame_log_append(&frames, FRAME_LAST, SLICE("2"));
    outbox_push_part(&outbox, &two, true);
    buf_append_slice(&expected, span_bytes(&two));
    buf_append_slice(&expected, span_bytes(&event));
    ck_assert(!outbox_is_parting(&outbox));
    drain();
}
END_TEST

START_TEST(test_finished_with_parts_open) {
    struct span one = frame_log_append(&frames, FRAME_TEXT_FIRST, SLICE("1"));
    outbox_push_part(&outbox, &one, false);
    struct span event = frame("event");
    outbox_push(&outbox, &event);
    outbox_finish(&outbox);
    ck_assert_uint_eq(outbox_bytes(&outbox), 0);
    ck_assert(!outbox_is_parting(&outbox));
}
END_TEST

/* Random pushes and writes; what comes out is what went in. */
START_TEST(test_random) {
    unsigned seed = (unsigned)_i;
    struct buf out = {0};
    char text[700];
    memset(text, 'a' + _i % 26, sizeof(text));
    for (int step = 0; step < 3000; step++) {
        int what = rand_r(&seed) % 4;
        struct span span = frame_log_append(
            &frames, FRAME_TEXT,
            (struct slice){text, (size_t)rand_r(&seed) % sizeof(text)});
        if (what < 3)
            push(&span);
        if (what == 3 && !outbox_is_empty(&outbox)) {
            struct slice next = outbox_peek(&outbox, scratch, sizeof(scratch));
            buf_append_slice(&out, next);
            outbox_consume(&outbox, next.size);
        }
        if (rand_r(&seed) % 50 == 0)
            frame_log_recycle(&frames);
        ck_assert_uint_eq(outbox_bytes(&outbox) + out.size, expected.size);
    }
    buf_consume(&expected, out.size);
    drain();
    buf_finish(&out);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("outbox");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_headers);
    tcase_add_test(tcase, test_what_follows_on_is_one_write);
    tcase_add_test(tcase, test_gaps_are_gathered);
    tcase_add_test(tcase, test_whole_spans);
    tcase_add_test(tcase, test_bytes_outlive_the_log);
    tcase_add_test(tcase, test_parts_keep_others_aside);
    tcase_add_test(tcase, test_finished_with_parts_open);
    tcase_add_loop_test(tcase, test_random, 0, 10);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
