/* test_scrub.c - of what people wrote nothing is left, and what the core looks
 * at stays as it is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/replay/scrub.h"
#include "common/utf8.h"
#include "common/wire/wire_walk.h"
#include "tests/lib/wire_draw.h"

#define PLANTED "Planted?"

static const enum wire_kind kinds[] = {
#define KIND(kind, number, member, type) kind,
    WIRE_TABLE(KIND)
#undef KIND
};
#define KINDS_COUNT (sizeof kinds / sizeof *kinds)

static struct scrub_texts texts;
static struct arena arena;

static void setup(void) {
    scrub_texts_init(&texts, SLICE("a key"));
}

static void teardown(void) {
    scrub_texts_finish(&texts);
    arena_finish(&arena);
}

static struct slice scrub(enum scrub_kind kind, uint8_t room_kind,
                          struct slice text) {
    struct slice out = scrub_text(&texts, kind, room_kind, text, &arena);
    ck_assert_uint_eq(out.size, text.size);
    return out;
}

static void expect_shape(enum scrub_kind kind, const char *text,
                         const char *kept) {
    struct slice in = slice_of(text), out = scrub(kind, 0, in);
    ck_assert(!slice_equal(in, out));
    ck_assert(slice_equal(out, scrub(kind, 0, in)));
    ck_assert(utf8_is_valid(out));
    for (size_t i = 0; i < in.size; i++)
        ck_assert_msg(
            (strchr(kept, text[i]) != NULL) ==
                (out.data[i] == text[i] && strchr(kept, out.data[i]) != NULL),
            "%s: %.*s", text, (int)out.size, out.data);
}

START_TEST(shapes_are_kept) {
    expect_shape(SCRUB_TEXT, "HELLO, 123 AOUEI", " ");
    expect_shape(SCRUB_MAIL, "ANO.AEI@EXAMPLE.ORG", "@.");
    expect_shape(SCRUB_URL, "HTTPS://EXAMPLE.ORG/A.PNG?X=Y", "/:.?=");
}
END_TEST

START_TEST(utf8_stays_so) {
    static const char text[] = "a\u00e9\u0431 \u20ac\u6f22 \U0001f600z"
                               "\u00e9\u0431\u20ac\u6f22";
    struct slice in = slice_of(text), out = scrub(SCRUB_TEXT, 0, in);
    ck_assert(utf8_is_valid(out));
    for (size_t i = 0, a, b; i < in.size; i += a) {
        utf8_next((struct slice){in.data + i, in.size - i}, &a);
        utf8_next((struct slice){out.data + i, out.size - i}, &b);
        ck_assert_uint_eq(a, b);
        if (a > 1)
            ck_assert_int_ne(memcmp(in.data + i, out.data + i, a), 0);
    }
    struct slice raw = SLICE("\xff\xfe\x00\x01\x02\x03\x04\x05");
    ck_assert(!slice_equal(raw, scrub(SCRUB_TEXT, 0, raw)));
}
END_TEST

START_TEST(different_texts_stay_different) {
    struct text_table seen = {0};
    for (int i = 0; i < 3000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%03x", i);
        struct slice out = scrub(SCRUB_TEXT, 0, slice_of(text));
        ck_assert_ptr_null(text_table_put(&seen, out, (void *)1));
    }
    text_table_finish(&seen);
}
END_TEST

START_TEST(keys_keep_their_partition) {
    static const char *const keys[] = {"apollo", "a b",     "1042",
                                       "100200", "order-7", "x"};
    for (uint8_t kind = 0; kind <= ROOM_KIND_LAST; kind++) {
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            struct slice in = slice_of(keys[i]);
            struct slice out = scrub(SCRUB_KEY, kind, in);
            ck_assert_uint_eq(wire_key_partition(kind, in),
                              wire_key_partition(kind, out));
            ck_assert(in.size < 3 || !slice_equal(in, out));
            if (in.data[0] == '1')
                for (size_t at = 0; at < out.size; at++)
                    ck_assert(out.data[at] >= '0' + (at == 0) &&
                              out.data[at] <= '9');
        }
    }
    /* The key of a direct room is made of ids, which stay. */
    ck_assert(slice_equal(scrub(SCRUB_KEY, ROOM_DIRECT, SLICE("12_345")),
                          SLICE("12_345")));
    ck_assert(!slice_equal(scrub(SCRUB_KEY, ROOM_PROJECT, SLICE("12_345")),
                           SLICE("12_345")));
}
END_TEST

START_TEST(another_key_gives_other_stand_ins) {
    struct scrub_texts other, same;
    struct slice text = SLICE("a text that is long enough");
    scrub_texts_init(&other, SLICE("another key"));
    scrub_texts_init(&same, SLICE("a key"));
    struct slice out = scrub(SCRUB_TEXT, 0, text);
    ck_assert(
        !slice_equal(out, scrub_text(&other, SCRUB_TEXT, 0, text, &arena)));
    ck_assert(slice_equal(out, scrub_text(&same, SCRUB_TEXT, 0, text, &arena)));
    scrub_texts_finish(&other);
    scrub_texts_finish(&same);
}
END_TEST

/* --- Whole messages ------------------------------------------------------ */

static void plant(const struct wire_shape *shape, char *base);

static void plant_field(const struct wire_field *field, char *base) {
    char *at = base + field->offset;
    bool is_list = field->type == FIELD_LIST || field->type == FIELD_SLICES;
    if (field->type == FIELD_BYTES)
        *(struct slice *)at = strcmp(field->name, "mime") == 0 ||
                                      strcmp(field->name, "field") == 0
                                  ? SLICE("ours")
                                  : SLICE(PLANTED);
    else if (field->type == FIELD_STRUCT || field->type == FIELD_MAYBE)
        plant(field->shape, at);
    for (uint32_t i = 0; is_list && i < wire_walk_count(field, base); i++) {
        char *item = wire_walk_item(field, base, i);
        if (field->type == FIELD_SLICES)
            *(struct slice *)item = SLICE(PLANTED);
        else
            plant(field->shape, item);
    }
}

static void plant(const struct wire_shape *shape, char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        plant_field(&shape->fields[i], base);
}

static bool has_planted(struct slice bytes) {
    return memmem(bytes.data, bytes.size, PLANTED, strlen(PLANTED)) != NULL;
}

START_TEST(nothing_planted_is_left_in_any_message) {
    uint64_t seed = (uint64_t)_i;
    for (int round = 0; round < 10; round++) {
        struct buf bytes = {0}, out = {0}, again = {0};
        struct wire wire;
        struct wire_error error;
        wire_draw(&seed, &arena, kinds[_i], &wire);
        plant(wire_shape_of(wire.kind), (char *)&wire.as);
        wire_encode(&wire, &bytes);
        ck_assert_int_eq(scrub_message(&texts, buf_slice(&bytes), &out),
                         ERR_OK);
        ck_assert(!has_planted(buf_slice(&out)));
        ck_assert_int_eq(wire_decode(buf_slice(&out), &arena, &wire, &error),
                         ERR_OK);
        /* Messages within it that are none are dropped. */
        ck_assert_uint_le(out.size, bytes.size);
        ck_assert_int_eq(scrub_message(&texts, buf_slice(&bytes), &again),
                         ERR_OK);
        ck_assert(slice_equal(buf_slice(&out), buf_slice(&again)));
        buf_finish(&bytes);
        buf_finish(&out);
        buf_finish(&again);
    }
}
END_TEST

START_TEST(messages_in_a_state_are_scrubbed_too) {
    struct buf inner = {0}, bytes = {0}, out = {0};
    struct wire send = {.kind = WIRE_SEND,
                        .partition = 1,
                        .as.send = {.room = {65},
                                    .author = {.user = {5}},
                                    .text = SLICE(PLANTED)}};
    wire_encode(&send, &inner);
    struct wire state = {
        .kind = STATE_WAITING,
        .as.state_waiting = {.actor = {.type = STATE_IS_ROOM, .id = 65},
                             .command = {.bytes = buf_slice(&inner)}}};
    wire_encode(&state, &bytes);
    ck_assert(has_planted(buf_slice(&bytes)));
    ck_assert_int_eq(scrub_message(&texts, buf_slice(&bytes), &out), ERR_OK);
    ck_assert(!has_planted(buf_slice(&out)));
    ck_assert_uint_eq(out.size, bytes.size);
    struct wire got, command;
    ck_assert_int_eq(wire_decode(buf_slice(&out), &arena, &got, NULL), ERR_OK);
    ck_assert_int_eq(
        wire_decode(got.as.state_waiting.command.bytes, &arena, &command, NULL),
        ERR_OK);
    ck_assert_uint_eq(command.as.send.room.value, 65);
    buf_finish(&inner);
    buf_finish(&bytes);
    buf_finish(&out);
}
END_TEST

START_TEST(of_what_does_not_decode_only_the_head_is_left) {
    struct buf out = {0};
    /* A page, handed through, whose body is rubbish. */
    struct slice page = SLICE("\x95\x2f\x07\x01\xa8" PLANTED "\xc0");
    struct wire_head_fields head;
    ck_assert_int_eq(scrub_message(&texts, page, &out), ERR_OK);
    ck_assert(!has_planted(buf_slice(&out)));
    ck_assert_int_eq(wire_peek(buf_slice(&out), &head), ERR_OK);
    ck_assert_int_eq(head.kind, WIRE_REPLY_PAGE);
    ck_assert_uint_eq(head.correlation, 7);
    ck_assert_uint_eq(head.partition, 1);
    ck_assert_int_eq(scrub_message(&texts, SLICE(PLANTED), &out),
                     ERR_MALFORMED);
    buf_finish(&out);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("scrub");
    TCase *tcase = tcase_create("scrub");
    SRunner *runner = srunner_create(suite);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, shapes_are_kept);
    tcase_add_test(tcase, utf8_stays_so);
    tcase_add_test(tcase, different_texts_stay_different);
    tcase_add_test(tcase, keys_keep_their_partition);
    tcase_add_test(tcase, another_key_gives_other_stand_ins);
    tcase_add_loop_test(tcase, nothing_planted_is_left_in_any_message, 0,
                        (int)KINDS_COUNT);
    tcase_add_test(tcase, messages_in_a_state_are_scrubbed_too);
    tcase_add_test(tcase, of_what_does_not_decode_only_the_head_is_left);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
