/* test_wire.c - the codec against itself, against msgpack-c, and against
 * input that no correct peer sends. */
#include <check.h>
#include <msgpack.h>
#include <stdlib.h>

#include "common/wire/wire.h"
#include "common/wire/wire_schema.h"
#include "tests/lib/wire_draw.h"

static const enum wire_kind kinds[] = {
#define KIND(kind, number, member, type) kind,
    WIRE_TABLE(KIND)
#undef KIND
};

#define KINDS_COUNT (sizeof kinds / sizeof *kinds)

START_TEST(every_kind_survives_the_journey) {
    enum wire_kind kind = kinds[_i];
    uint64_t seed = (uint64_t)_i;
    for (int round = 0; round < 50; round++) {
        struct arena arena = {0};
        struct buf first = {0}, second = {0}, print = {0}, print2 = {0};
        struct wire sent, received;
        struct wire_error error = {0};
        wire_draw(&seed, &arena, kind, &sent);
        wire_encode(&sent, &first);
        ck_assert_msg(
            wire_decode(buf_slice(&first), &arena, &received, &error) == ERR_OK,
            "%s.%s %s", error.message, error.field, error.reason);
        wire_encode(&received, &second);
        ck_assert(slice_equal(buf_slice(&first), buf_slice(&second)));
        wire_print(&sent, &print);
        wire_print(&received, &print2);
        ck_assert(slice_equal(buf_slice(&print), buf_slice(&print2)));
        buf_finish(&first);
        buf_finish(&second);
        buf_finish(&print);
        buf_finish(&print2);
        arena_finish(&arena);
    }
}
END_TEST

START_TEST(msgpack_c_reads_what_is_written) {
    uint64_t seed = (uint64_t)_i;
    struct arena arena = {0};
    struct buf bytes = {0};
    struct wire wire;
    msgpack_unpacked result;
    size_t offset = 0;
    wire_draw(&seed, &arena, kinds[_i], &wire);
    wire_encode(&wire, &bytes);
    msgpack_unpacked_init(&result);
    ck_assert_int_eq(
        msgpack_unpack_next(&result, bytes.data, bytes.size, &offset),
        MSGPACK_UNPACK_SUCCESS);
    ck_assert_uint_eq(offset, bytes.size);
    ck_assert_int_eq(result.data.type, MSGPACK_OBJECT_ARRAY);
    ck_assert_uint_eq(result.data.via.array.size,
                      3 + wire_shape_of(kinds[_i])->fields_count);
    ck_assert_uint_eq(result.data.via.array.ptr[0].via.u64, kinds[_i]);
    ck_assert_uint_eq(result.data.via.array.ptr[1].via.u64, wire.correlation);
    msgpack_unpacked_destroy(&result);
    buf_finish(&bytes);
    arena_finish(&arena);
}
END_TEST

START_TEST(every_cut_is_refused) {
    uint64_t seed = (uint64_t)_i + 1000;
    struct arena arena = {0};
    struct buf bytes = {0};
    struct wire wire, out;
    wire_draw(&seed, &arena, kinds[_i], &wire);
    wire_encode(&wire, &bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        /* In memory of its own, so that reading on is seen. */
        char *cut = mem_alloc(size);
        memcpy(cut, bytes.data, size);
        struct wire_error error = {0};
        ck_assert_int_eq(
            wire_decode((struct slice){cut, size}, &arena, &out, &error),
            ERR_MALFORMED);
        ck_assert_ptr_nonnull(error.field);
        ck_assert_ptr_nonnull(error.reason);
        free(cut);
    }
    buf_append(&bytes, "", 1);
    ck_assert_int_eq(wire_decode(buf_slice(&bytes), &arena, &out, NULL),
                     ERR_MALFORMED);
    buf_finish(&bytes);
    arena_finish(&arena);
}
END_TEST

START_TEST(random_damage_is_survived) {
    uint64_t seed = (uint64_t)_i + 2000;
    struct wire wire, out;
    for (int round = 0; round < 200; round++) {
        struct arena arena = {0};
        struct buf bytes = {0};
        wire_draw(&seed, &arena, kinds[_i], &wire);
        wire_encode(&wire, &bytes);
        for (int damage = 0; damage < 3; damage++)
            bytes.data[wire_draw_number(&seed) % bytes.size] =
                (char)wire_draw_number(&seed);
        struct wire_error error;
        if (wire_decode(buf_slice(&bytes), &arena, &out, &error) == ERR_OK) {
            /* What was believed can be written again. */
            struct buf again = {0};
            wire_encode(&out, &again);
            buf_finish(&again);
        }
        buf_finish(&bytes);
        arena_finish(&arena);
    }
}
END_TEST

/* --- Named refusals --------------------------------------------------------
 */

struct refusal {
    const char *bytes;
    size_t size;
    const char *message;
    const char *field;
    const char *reason;
};

#define BYTES(text) text, sizeof(text) - 1

static const struct refusal refusals[] = {
    {BYTES(""), "message", "head", "is malformed"},
    {BYTES("\xc0"), "message", "head", "is malformed"},
    {BYTES("\x93\x0d\x00\x40"), "message", "head", "is malformed"},
    {BYTES("\x93\x7e\x00\x00"), "message", "kind", "is not known"},
    {BYTES("\x93\x0c\x00\x01"), "join", "wire_join", "has too few fields"},
    {BYTES("\x95\x0c\x00\x01\x00\x05"), "join", "room", "is zero"},
    {BYTES("\x95\x0c\x00\x01\xff\x05"), "join", "room",
     "is no unsigned integer"},
    {BYTES("\x95\x0c\x00\x01\xa1x\x05"), "join", "room",
     "is no unsigned integer"},
    {BYTES("\x95\x0c\x00\x01\xcf\x00\x20\x00\x00\x00\x00\x00\x00\x05"), "join",
     "room", "is too large"},
    {BYTES("\x95\x0c\x00\x01\x41\x05\xc0"), "join", "message",
     "is followed by more bytes"},
    /* A list that claims four thousand million elements. */
    {BYTES("\x94\x41\x00\x01\xdd\xff\xff\xff\xff"), "heads", "heads",
     "is no list"},
    {BYTES("\x95\x0c\x00\x01\xc4\xff\x05"), "join", "room",
     "is no unsigned integer"},
};

START_TEST(refusals_name_the_field) {
    const struct refusal *expected = &refusals[_i];
    struct arena arena = {0};
    struct wire out;
    struct wire_error error = {0};
    ck_assert_int_eq(
        wire_decode((struct slice){expected->bytes, expected->size}, &arena,
                    &out, &error),
        ERR_MALFORMED);
    ck_assert_str_eq(error.message, expected->message);
    ck_assert_str_eq(error.field, expected->field);
    ck_assert_str_eq(error.reason, expected->reason);
    arena_finish(&arena);
}
END_TEST

START_TEST(text_over_its_limit_is_refused) {
    struct arena arena = {0};
    struct buf bytes = {0}, text = {0};
    struct wire wire = {.kind = WIRE_EDIT,
                        .as.edit = {.message = {65}, .user = {1}}};
    struct wire out;
    struct wire_error error = {0};
    memset(buf_reserve(&text, LIMIT_TEXT_BYTES + 1), 'x', LIMIT_TEXT_BYTES + 1);
    wire.as.edit.text = (struct slice){text.data, LIMIT_TEXT_BYTES};
    wire_encode(&wire, &bytes);
    ck_assert_int_eq(wire_decode(buf_slice(&bytes), &arena, &out, &error),
                     ERR_OK);
    /* One byte more, which the encoder would not write: by hand. The bin 16
     * header stands before the text. */
    size_t at =
        (size_t)((char *)memchr(bytes.data, 'x', bytes.size) - bytes.data);
    ck_assert_uint_eq((unsigned char)bytes.data[at - 3], 0xc5);
    bytes.data[at - 1] = (char)(bytes.data[at - 1] + 1);
    buf_append(&bytes, "x", 1);
    memmove(bytes.data + at + 1, bytes.data + at, bytes.size - 1 - at);
    ck_assert_int_eq(wire_decode(buf_slice(&bytes), &arena, &out, &error),
                     ERR_MALFORMED);
    ck_assert_str_eq(error.field, "text");
    ck_assert_str_eq(error.reason, "is too long");
    buf_finish(&bytes);
    buf_finish(&text);
    arena_finish(&arena);
}
END_TEST

START_TEST(fields_of_a_newer_version_are_ignored) {
    /* join, with a further field that nests as deep as is looked at. */
    static const char good[] = "\x96\x0c\x07\x01\x41\x05"
                               "\x91\x91\x91\x91\x91\x91\x91\xa1z";
    static const char deep[] = "\x96\x0c\x07\x01\x41\x05"
                               "\x91\x91\x91\x91\x91\x91\x91\x91\xa1z";
    struct arena arena = {0};
    struct wire out;
    struct wire_error error = {0};
    ck_assert_int_eq(wire_decode((struct slice){good, sizeof good - 1}, &arena,
                                 &out, &error),
                     ERR_OK);
    ck_assert_uint_eq(out.correlation, 7);
    ck_assert_uint_eq(out.as.join.room.value, 65);
    ck_assert_uint_eq(out.as.join.user.value, 5);
    ck_assert_int_eq(wire_decode((struct slice){deep, sizeof deep - 1}, &arena,
                                 &out, &error),
                     ERR_MALFORMED);
    ck_assert_str_eq(error.reason, "has a broken extra field");
    arena_finish(&arena);
}
END_TEST

/* --- The rest ----------------------------------------------------------------
 */

START_TEST(a_router_can_peek_and_readdress) {
    struct wire wire = {.kind = WIRE_LIST,
                        .correlation = 300,
                        .partition = 9,
                        .as.list = {.user = {9}, .skip = 1000, .limit = 30}};
    struct buf bytes = {0}, other = {0};
    struct wire_head_fields head;
    struct arena arena = {0};
    struct wire out;
    wire_encode(&wire, &bytes);
    ck_assert_int_eq(wire_peek(buf_slice(&bytes), &head), ERR_OK);
    ck_assert_int_eq(head.kind, WIRE_LIST);
    ck_assert_uint_eq(head.correlation, 300);
    ck_assert_uint_eq(head.partition, 9);
    wire_readdress(buf_slice(&bytes), &head, UINT64_MAX, &other);
    ck_assert_int_eq(wire_decode(buf_slice(&other), &arena, &out, NULL),
                     ERR_OK);
    ck_assert(out.correlation == UINT64_MAX);
    ck_assert_uint_eq(out.as.list.skip, 1000);
    buf_finish(&bytes);
    buf_finish(&other);
    arena_finish(&arena);
}
END_TEST

START_TEST(a_message_prints_as_one_line) {
    struct wire wire = {
        .kind = WIRE_SEND,
        .correlation = 7,
        .as.send = {.room = {65},
                    .author = {.user = {1}, .username = SLICE("bob")},
                    .text = SLICE("a \"b\"\n\xd0\x96"),
                    .retry = true}};
    struct buf line = {0};
    wire_print(&wire, &line);
    buf_append(&line, "", 1);
    ck_assert_str_eq(line.data,
                     "send correlation=7 room=65 author={user=1 "
                     "username=\"bob\"} text=\"a \\\"b\\\"\\x0a\\xd0\\x96\" "
                     "retry=yes");
    buf_finish(&line);
}
END_TEST

START_TEST(key_partitions_never_change) {
    /* A disk format: rooms would get lost. */
    ck_assert_uint_eq(wire_key_partition(ROOM_ORDER, SLICE("43")), 11);
    ck_assert_uint_eq(wire_key_partition(ROOM_DIRECT, SLICE("1_2")), 56);
    ck_assert_uint_eq(wire_key_partition(ROOM_PROJECT, SLICE("")), 9);
}
END_TEST

static const struct wire_field *field_named(const char *name,
                                            const struct wire_shape *shape) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return &shape->fields[i];
    ck_abort_msg("%s has no %s", shape->name, name);
    return NULL;
}

START_TEST(an_id_says_what_it_names) {
    for (uint64_t kind = 0; kind <= WIRE_KIND_MAX; kind++) {
        const struct wire_shape *shape = wire_shape_of(kind);
        for (uint32_t i = 0; shape && i < shape->fields_count; i++) {
            const struct wire_field *field = &shape->fields[i];
            bool is_id = field->type == FIELD_ID || field->type == FIELD_ID0;
            ck_assert_msg(is_id == (field->id != WIRE_ID_NONE), "%s.%s",
                          shape->name, field->name);
        }
    }
    const struct wire_shape *send = wire_shape_of(WIRE_SEND);
    ck_assert_int_eq(field_named("room", send)->id, WIRE_ID_ROOM);
    ck_assert_int_eq(field_named("reply_to", send)->id, WIRE_ID_MESSAGE);
    const struct wire_shape *put = wire_shape_of(WIRE_FILE_PUT);
    ck_assert_int_eq(field_named("user", put)->id, WIRE_ID_USER);
    ck_assert_int_eq(field_named("file", put)->id, WIRE_ID_FILE);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("wire");
    TCase *tcase = tcase_create("wire");
    tcase_add_loop_test(tcase, every_kind_survives_the_journey, 0, KINDS_COUNT);
    tcase_add_loop_test(tcase, msgpack_c_reads_what_is_written, 0, KINDS_COUNT);
    tcase_add_loop_test(tcase, every_cut_is_refused, 0, KINDS_COUNT);
    tcase_add_loop_test(tcase, random_damage_is_survived, 0, KINDS_COUNT);
    tcase_add_loop_test(tcase, refusals_name_the_field, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tcase, text_over_its_limit_is_refused);
    tcase_add_test(tcase, fields_of_a_newer_version_are_ignored);
    tcase_add_test(tcase, a_router_can_peek_and_readdress);
    tcase_add_test(tcase, a_message_prints_as_one_line);
    tcase_add_test(tcase, key_partitions_never_change);
    tcase_add_test(tcase, an_id_says_what_it_names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
