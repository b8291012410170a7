/* test_link_packet.c - the bytes of a packet, mostly hostile ones. */
#include "common/link/link_packet.h"

#include <check.h>
#include <stdlib.h>

#include "common/buf.h"

static struct buf packet_of(struct link_packet header, struct slice body) {
    struct buf buf = {0};
    link_packet_header(&header, buf_reserve(&buf, LINK_HEADER_BYTES));
    buf.size = LINK_HEADER_BYTES;
    buf_append_slice(&buf, body);
    return buf;
}

static void append_frame(struct buf *buf, struct slice message) {
    link_packet_frame(buf_reserve(buf, link_packet_frame_bytes(message.size)),
                      message);
    buf->size += link_packet_frame_bytes(message.size);
}

static enum err decode(const struct buf *buf, struct link_packet *out) {
    return link_packet_decode(out, buf_slice(buf), NULL);
}

START_TEST(data_round_trip) {
    struct buf body = {0};
    append_frame(&body, SLICE("one"));
    append_frame(&body, SLICE("a second message"));
    struct link_packet header = {.kind = LINK_PACKET_DATA,
                                 .count = 2,
                                 .session = UINT64_C(0x0102030405060708),
                                 .seq = UINT64_MAX,
                                 .ack = 77};
    struct buf buf = packet_of(header, buf_slice(&body));
    struct link_packet got;
    ck_assert_int_eq(decode(&buf, &got), ERR_OK);
    ck_assert_int_eq(got.kind, LINK_PACKET_DATA);
    ck_assert_uint_eq(got.count, 2);
    ck_assert_uint_eq(got.session, UINT64_C(0x0102030405060708));
    ck_assert_uint_eq(got.seq, UINT64_MAX);
    ck_assert_uint_eq(got.ack, 77);
    struct link_packet_iterator iterator = link_packet_iterate(got.body);
    struct slice message;
    ck_assert(link_packet_next(&iterator, &message));
    ck_assert(slice_equal(message, SLICE("one")));
    ck_assert(link_packet_next(&iterator, &message));
    ck_assert(slice_equal(message, SLICE("a second message")));
    ck_assert(!link_packet_next(&iterator, &message));
    ck_assert_uint_eq(iterator.rest.size, 0);
    buf_finish(&buf);
    buf_finish(&body);
}
END_TEST

/* The layout is a promise between versions: byte by byte. */
START_TEST(header_bytes) {
    struct link_packet header = {.kind = LINK_PACKET_RESET,
                                 .count = 0x01020304,
                                 .session = 5,
                                 .seq = 6,
                                 .ack = 7};
    char out[LINK_HEADER_BYTES];
    link_packet_header(&header, out);
    const char expected[] = "PL\x01\x04\x04\x03\x02\x01"
                            "\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0"
                            "\x07\0\0\0\0\0\0\0";
    ck_assert_mem_eq(out, expected, LINK_HEADER_BYTES);
}
END_TEST

START_TEST(hello_carries_incarnation) {
    char body[] = "\x08\x07\x06\x05\x04\x03\x02\x01hi";
    char prefix[LINK_INCARNATION_BYTES];
    link_packet_incarnation(prefix, UINT64_C(0x0102030405060708));
    ck_assert_mem_eq(prefix, body, sizeof(prefix));
    struct link_packet header = {.kind = LINK_PACKET_HELLO, .session = 1};
    struct buf buf = packet_of(header, SLICE("\x08\x07\x06\x05\x04\x03\x02\x01"
                                             "hi"));
    struct link_packet got;
    ck_assert_int_eq(decode(&buf, &got), ERR_OK);
    ck_assert_uint_eq(got.incarnation, UINT64_C(0x0102030405060708));
    ck_assert(slice_equal(got.body, SLICE("hi")));
    buf.size = LINK_HEADER_BYTES + 7;
    ck_assert_int_eq(decode(&buf, &got), ERR_MALFORMED);
    buf_finish(&buf);
}
END_TEST

/* Every cut of a good packet is refused, but for the header of an empty one. */
START_TEST(every_truncation) {
    struct buf body = {0};
    append_frame(&body, SLICE("message"));
    struct buf buf = packet_of(
        (struct link_packet){.kind = LINK_PACKET_DATA, .count = 1, .seq = 1},
        buf_slice(&body));
    for (size_t size = 0; size < buf.size; size++) {
        /* A block of exactly that size, so that ASan sees one byte too far. */
        char *exact = malloc(size ? size : 1);
        memcpy(exact, buf.data, size);
        struct link_packet got;
        enum err err =
            link_packet_decode(&got, (struct slice){exact, size}, NULL);
        ck_assert_int_eq(err, ERR_MALFORMED);
        free(exact);
    }
    buf_finish(&buf);
    buf_finish(&body);
}
END_TEST

START_TEST(hostile_frames) {
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t count;
    } cases[] = {
        {"\0\0\0\0", 4, 1},         /* Empty message. */
        {"\xff\xff\xff\xff", 4, 1}, /* 4 GiB claimed. */
        {"\xff\xff\xff\x7f"
         "abc",
         7, 1},                           /* 2 GiB claimed. */
        {"\x04\0\0\0abc", 7, 1},          /* One byte short. */
        {"\x03\0\0\0abc", 7, 0},          /* Count too low. */
        {"\x03\0\0\0abc", 7, 2},          /* Count too high. */
        {"\x03\0\0\0abc\0", 8, 1},        /* A byte after the end. */
        {"\x03\0\0\0abc\x01\0\0", 10, 1}, /* Half a length. */
        {"abc", 3, 0},                    /* Less than a length. */
        {"", 0, UINT32_MAX},              /* Count without a body. */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct buf buf = packet_of(
            (struct link_packet){
                .kind = LINK_PACKET_DATA, .count = cases[i].count, .seq = 1},
            (struct slice){cases[i].bytes, cases[i].size});
        struct link_packet got;
        ck_assert_msg(decode(&buf, &got) == ERR_MALFORMED, "case %zu", i);
        buf_finish(&buf);
    }
}
END_TEST

START_TEST(hostile_headers) {
    struct buf buf = packet_of((struct link_packet){.kind = LINK_PACKET_DATA},
                               (struct slice){NULL, 0});
    struct link_packet got;
    unsigned version = 0;
    ck_assert_int_eq(decode(&buf, &got), ERR_OK); /* A heartbeat. */
    buf.data[0] = 'Q';
    ck_assert_int_eq(decode(&buf, &got), ERR_MALFORMED);
    buf.data[0] = 'P';
    for (int kind = 0; kind < 256; kind++) {
        buf.data[3] = (char)kind;
        bool known = kind >= LINK_PACKET_WELCOME && kind <= LINK_PACKET_BYE;
        ck_assert_int_eq(decode(&buf, &got), known ? ERR_OK : ERR_MALFORMED);
    }
    buf.data[3] = LINK_PACKET_DATA;
    buf.data[2] = 2;
    ck_assert_int_eq(link_packet_decode(&got, buf_slice(&buf), &version),
                     ERR_VERSION);
    ck_assert_uint_eq(version, 2);
    /* A reset is understood from any version. */
    buf.data[3] = LINK_PACKET_RESET;
    ck_assert_int_eq(decode(&buf, &got), ERR_OK);
    buf_finish(&buf);
}
END_TEST

START_TEST(data_needs_a_number) {
    struct buf body = {0};
    append_frame(&body, SLICE("x"));
    struct buf buf = packet_of(
        (struct link_packet){.kind = LINK_PACKET_DATA, .count = 1, .seq = 0},
        buf_slice(&body));
    struct link_packet got;
    ck_assert_int_eq(decode(&buf, &got), ERR_MALFORMED);
    buf_finish(&buf);
    buf_finish(&body);
}
END_TEST

START_TEST(greeting_bounds) {
    struct buf body = {0};
    buf_reserve(&body, LINK_GREETING_BYTES_MAX + 1);
    memset(body.data, 'x', LINK_GREETING_BYTES_MAX + 1);
    body.size = LINK_GREETING_BYTES_MAX + 1;
    struct link_packet header = {.kind = LINK_PACKET_WELCOME, .session = 1};
    struct buf buf = packet_of(header, buf_slice(&body));
    struct link_packet got;
    ck_assert_int_eq(decode(&buf, &got), ERR_MALFORMED);
    buf.size--;
    ck_assert_int_eq(decode(&buf, &got), ERR_OK);
    buf_finish(&buf);
    header.seq = 1;
    buf = packet_of(header, SLICE("x"));
    ck_assert_int_eq(decode(&buf, &got), ERR_MALFORMED);
    buf_finish(&buf);
    buf_finish(&body);
}
END_TEST

START_TEST(reason_is_text) {
    char out[LINK_REASON_BYTES_MAX + 1];
    link_packet_reason(out, SLICE("a\nb\0c\x1b[31m\xff"));
    ck_assert_str_eq(out, "a?b?c?[31m?");
    char longer[3 * LINK_REASON_BYTES_MAX];
    memset(longer, 'y', sizeof(longer));
    link_packet_reason(out, (struct slice){longer, sizeof(longer)});
    ck_assert_uint_eq(strlen(out), LINK_REASON_BYTES_MAX);
    link_packet_reason(out, (struct slice){NULL, 0});
    ck_assert_str_eq(out, "");
}
END_TEST

int main(void) {
    Suite *suite = suite_create("link_packet");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, data_round_trip);
    tcase_add_test(tcase, header_bytes);
    tcase_add_test(tcase, hello_carries_incarnation);
    tcase_add_test(tcase, every_truncation);
    tcase_add_test(tcase, hostile_frames);
    tcase_add_test(tcase, hostile_headers);
    tcase_add_test(tcase, data_needs_a_number);
    tcase_add_test(tcase, greeting_bounds);
    tcase_add_test(tcase, reason_is_text);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
