/* test_trace.c - the binary form of a trace: what is written is read, and what
 * is torn, damaged, foreign or newer is told from it, with the place. */
#include "broker/trace/trace_file.h"

#include <check.h>
#include <stdlib.h>

#include "broker/core/effects.h"
#include "broker/trace/trace_digest.h"
#include "broker/trace/trace_hash.h"
#include "common/little_endian.h"

/* Where the first frame begins. */
#define FIRST_FRAME 12u

static const struct trace_head head = {
    .version = TRACE_VERSION,
    .shard = 2,
    .shards = 5,
    .run = UINT64_C(0x0102030405060708),
    .file = 3,
    .started_us = INT64_C(1790000000000000),
    .program = {"0.1.0", 5},
    .core = {.actors_max = 11,
             .mailbox_max = 12,
             .waiting_max = 13,
             .pending_max = 14,
             .pending_bytes_max = UINT64_C(15) << 32,
             .idle_us = 16},
    .state_digest = UINT64_MAX - 1,
};

/* One of each kind; |bytes| stand for a message. */
static const struct core_input inputs[] = {
    {.kind = INPUT_PARTITION, .now_us = 1, .partition = 63, .seq = UINT64_MAX},
    {.kind = INPUT_COMMAND, .now_us = 2, .gateway = 7, .bytes = {"command", 7}},
    {.kind = INPUT_READ_DONE, .now_us = 2, .bytes = {"an\0answer", 9}},
    {.kind = INPUT_COMMITTED, .now_us = 3, .partition = 4, .seq = 5},
    {.kind = INPUT_REFUSED,
     .now_us = 4,
     .partition = 4,
     .seq = 6,
     .refusal = REFUSED_STORAGE_FULL},
    {.kind = INPUT_GATEWAY_UP, .now_us = 5, .gateway = UINT32_MAX},
    {.kind = INPUT_GATEWAY_GONE, .now_us = INT64_MAX, .gateway = 7},
    {.kind = INPUT_TICK, .now_us = INT64_MAX},
    {.kind = INPUT_SKIP, .now_us = INT64_MAX, .partition = 1, .seq = 9},
};
#define INPUTS (sizeof inputs / sizeof *inputs)

/* One effect of each kind; |before| bytes stand in the memory before them. */
static struct effects effects_of(const char *before) {
    struct effects effects = {0};
    if (*before)
        effects_reply_bytes(&effects, 1, slice_of(before));
    effects_event_to(&effects, 99);
    effects_event_bytes(&effects, 0, SLICE("x"));
    effects.count = 0;
    effects_reply_bytes(&effects, 7, SLICE("reply"));
    uint32_t first = effects.gateways_count;
    for (uint32_t i = 0; i < 70; i++)
        effects_event_to(&effects, 1000 + i);
    effects_event_bytes(&effects, first, SLICE("event"));
    effects_append_bytes(&effects, 63, UINT64_MAX, SLICE("record"));
    effects_read_bytes(&effects, SLICE("read"));
    return effects;
}

/* With two pieces of state and each input; the odd inputs have effects. */
static struct buf trace_of(bool whole) {
    struct buf out = {0};
    struct trace_head mine = head;
    struct effects none = {0}, effects = effects_of("");
    mine.whole = whole;
    trace_put_head(&out, &mine);
    trace_put_state(&out, SLICE("a room"));
    trace_put_state(&out, SLICE("a user"));
    for (uint32_t i = 0; i < INPUTS; i++)
        trace_put_input(&out, &inputs[i], i % 2 ? &effects : &none, whole);
    trace_put_end(&out);
    effects_finish(&effects);
    return out;
}

/* A copy of exactly |size| bytes, so that a sanitizer sees what is read behind
 * it. */
static char *exactly(struct slice bytes, size_t size) {
    char *copy = mem_alloc(size ? size : 1);
    memcpy(copy, bytes.data, size);
    return copy;
}

/* Reads until something is wrong; how many items there were in |count|. */
static enum err read_all(struct slice bytes, uint32_t *count,
                         struct trace_error *error) {
    struct trace_reader reader;
    struct trace_item item;
    enum err err;
    *count = 0;
    trace_reader_init(&reader, bytes);
    while ((err = trace_reader_next(&reader, &item, error)) == ERR_OK)
        ++*count;
    trace_reader_finish(&reader);
    return err;
}

static void expect(struct slice bytes, enum err err, uint64_t offset,
                   const char *text) {
    struct trace_error error = {0};
    uint32_t count;
    ck_assert_int_eq(read_all(bytes, &count, &error), err);
    ck_assert_str_eq(error.text, text);
    ck_assert_uint_eq(error.offset, offset);
}

static struct trace_item next(struct trace_reader *reader,
                              enum trace_item_kind kind) {
    struct trace_item item;
    struct trace_error error = {0};
    enum err err = trace_reader_next(reader, &item, &error);
    ck_assert_msg(err == ERR_OK, "%s", error.text);
    ck_assert_int_eq(item.kind, kind);
    return item;
}

static void expect_head(const struct trace_head *got, bool whole) {
    ck_assert_uint_eq(got->version, head.version);
    ck_assert_uint_eq(got->shard, head.shard);
    ck_assert_uint_eq(got->shards, head.shards);
    ck_assert_uint_eq(got->run, head.run);
    ck_assert_uint_eq(got->file, head.file);
    ck_assert_int_eq(got->started_us, head.started_us);
    ck_assert_int_eq(got->whole, whole);
    ck_assert_uint_eq(got->state_digest, head.state_digest);
    ck_assert(slice_equal(got->program, head.program));
    ck_assert_uint_eq(got->core.actors_max, head.core.actors_max);
    ck_assert_uint_eq(got->core.mailbox_max, head.core.mailbox_max);
    ck_assert_uint_eq(got->core.waiting_max, head.core.waiting_max);
    ck_assert_uint_eq(got->core.pending_max, head.core.pending_max);
    ck_assert_uint_eq(got->core.pending_bytes_max, head.core.pending_bytes_max);
    ck_assert_int_eq(got->core.idle_us, head.core.idle_us);
}

static void expect_input(const struct core_input *got,
                         const struct core_input *want) {
    ck_assert_int_eq(got->kind, want->kind);
    ck_assert_int_eq(got->now_us, want->now_us);
    ck_assert_uint_eq(got->gateway, want->gateway);
    ck_assert_uint_eq(got->partition, want->partition);
    ck_assert_uint_eq(got->seq, want->seq);
    ck_assert_uint_eq(got->refusal, want->refusal);
    ck_assert(slice_equal(got->bytes, want->bytes));
    ck_assert_ptr_null(got->wire);
}

static void expect_whole(const struct effects *got,
                         const struct effects *want) {
    ck_assert_uint_eq(got->count, want->count);
    for (uint32_t i = 0; i < want->count; i++) {
        const struct effect *a = &got->items[i], *b = &want->items[i];
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_uint_eq(a->gateway, b->gateway);
        ck_assert_uint_eq(a->partition, b->partition);
        ck_assert_uint_eq(a->seq, b->seq);
        ck_assert_uint_eq(a->gateway_count, b->gateway_count);
        ck_assert_mem_eq(effect_gateways(got, a), effect_gateways(want, b),
                         a->gateway_count * sizeof(uint32_t));
        ck_assert(slice_equal(effect_bytes(got, a), effect_bytes(want, b)));
    }
}

START_TEST(round_trip) {
    bool whole = _i == 1;
    struct buf trace = trace_of(whole);
    struct effects want = effects_of("other bytes stand before");
    struct trace_reader reader;
    struct trace_error error;
    trace_reader_init(&reader, buf_slice(&trace));
    struct trace_item item = next(&reader, TRACE_HEAD);
    ck_assert_uint_eq(item.offset, FIRST_FRAME);
    expect_head(&item.head, whole);
    item = next(&reader, TRACE_STATE);
    ck_assert(slice_equal(item.bytes, SLICE("a room")));
    item = next(&reader, TRACE_STATE);
    ck_assert(slice_equal(item.bytes, SLICE("a user")));
    for (uint32_t i = 0; i < INPUTS; i++) {
        item = next(&reader, TRACE_INPUT);
        expect_input(&item.input, &inputs[i]);
        ck_assert_uint_eq(item.effects_count, i % 2 ? want.count : 0);
        ck_assert_int_eq(item.effects != NULL, whole);
        for (uint32_t k = 0; k < item.effects_count; k++)
            ck_assert_uint_eq(item.digests[k],
                              trace_effect_digest(&want, &want.items[k]));
        if (whole && item.effects_count)
            expect_whole(item.effects, &want);
    }
    (void)next(&reader, TRACE_END);
    ck_assert_int_eq(trace_reader_next(&reader, &item, &error), ERR_NOT_FOUND);
    ck_assert_str_eq(error.text, "the end");
    ck_assert_uint_eq(error.offset, trace.size);
    ck_assert_int_eq(trace_reader_next(&reader, &item, &error), ERR_NOT_FOUND);
    trace_reader_finish(&reader);
    effects_finish(&want);
    buf_finish(&trace);
}
END_TEST

/* Digests are on people's disks: these must never change. */
START_TEST(digests_are_fixed) {
    struct effects effects = effects_of("");
    static const uint64_t want[] = {
        UINT64_C(0xe0493d9a6025fac2), UINT64_C(0xea9d450e318f2ab2),
        UINT64_C(0xa133cf69f5364a05), UINT64_C(0x086f9680532249ab)};
    for (uint32_t i = 0; i < effects.count; i++)
        ck_assert_uint_eq(trace_effect_digest(&effects, &effects.items[i]),
                          want[i]);
    effects_finish(&effects);
}
END_TEST

/* A recording of one machine is verified on another. */
START_TEST(hashes_are_the_same) {
    static char bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    ck_assert_uint_eq(trace_hash_plain((struct slice){bytes, 0}),
                      UINT64_C(0x2d06800538d394c2));
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct slice some = {bytes, size};
        ck_assert_uint_eq(trace_hash(some), trace_hash_plain(some));
    }
}
END_TEST

/* Everything that the shell reads counts. */
START_TEST(digests_differ) {
    struct effects effects = effects_of("");
    struct effect *reply = &effects.items[0], *event = &effects.items[1],
                  *append = &effects.items[2], *read = &effects.items[3];
    uint64_t before[4];
    for (uint32_t i = 0; i < 4; i++)
        before[i] = trace_effect_digest(&effects, &effects.items[i]);
    reply->gateway++;
    effects.gateways[event->gateways + event->gateway_count - 1]++;
    append->seq--;
    effects.bytes.data[read->bytes_offset + 3]++;
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_ne(before[i],
                          trace_effect_digest(&effects, &effects.items[i]));
    append->seq++;
    ck_assert_uint_eq(before[2], trace_effect_digest(&effects, append));
    append->partition--;
    ck_assert_uint_ne(before[2], trace_effect_digest(&effects, append));
    effects_finish(&effects);
}
END_TEST

/* Cut off anywhere: what is whole is read, the rest is told. */
START_TEST(torn_everywhere) {
    struct buf trace = trace_of(_i == 1);
    uint32_t whole, before = 0;
    struct trace_error error;
    ck_assert_int_eq(read_all(buf_slice(&trace), &whole, &error),
                     ERR_NOT_FOUND);
    for (size_t size = 1; size < trace.size; size++) {
        char *bytes = exactly(buf_slice(&trace), size);
        uint32_t count;
        enum err err = read_all((struct slice){bytes, size}, &count, &error);
        ck_assert(count == before || count == before + 1);
        /* Where a frame ends nothing is torn, but the end is missing. */
        bool at_frame = count == before + 1;
        ck_assert_int_eq(err, at_frame ? ERR_NOT_FOUND : ERR_GAP);
        if (at_frame)
            ck_assert_str_eq(error.text, "it was never closed");
        ck_assert_uint_le(error.offset, size);
        before = count;
        free(bytes);
    }
    ck_assert_uint_eq(before, whole - 1);
    buf_finish(&trace);
}
END_TEST

/* Any byte changed in any bit: all before its frame is read, and then it is
 * told. */
START_TEST(damaged_everywhere) {
    struct buf trace = trace_of(_i == 1);
    uint32_t whole, count;
    struct trace_error error;
    (void)read_all(buf_slice(&trace), &whole, &error);
    for (size_t at = 0; at < trace.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            char *bytes = exactly(buf_slice(&trace), trace.size);
            bytes[at] = (char)(bytes[at] ^ 1 << bit);
            enum err err =
                read_all((struct slice){bytes, trace.size}, &count, &error);
            ck_assert_msg(err != ERR_NOT_FOUND, "byte %zu bit %d", at, bit);
            ck_assert_uint_lt(count, whole);
            ck_assert_uint_le(error.offset, at);
            ck_assert_uint_gt(strlen(error.text), 0);
            free(bytes);
        }
    }
    buf_finish(&trace);
}
END_TEST

START_TEST(foreign) {
    expect((struct slice){0}, ERR_MALFORMED, 0, "it is empty");
    expect(SLICE("{\"trace\":1}"), ERR_MALFORMED, 0, "it is no trace");
    expect(SLICE("PLTRACE!abcdefgh"), ERR_MALFORMED, 0, "it is no trace");
    expect(SLICE("PLT"), ERR_GAP, 0, "it ends within its first bytes");
    expect(SLICE("PLTRACE\n\0\0\0\0"), ERR_MALFORMED, 8,
           "there is no version 0");
    expect(SLICE("PLTRACE\n\1\0\0\0"), ERR_GAP, 12, "it ends before its head");
    expect(SLICE("PLTRACE\n\2\1\0\0"), ERR_VERSION, 8,
           "it is of version 258; this program reads up to 1");
    ck_assert(!trace_is_binary(SLICE("#")));
    ck_assert(!trace_is_binary((struct slice){0}));
}
END_TEST

/* A disk that lost its power may leave zeros behind what was written. */
START_TEST(zeros_are_a_torn_tail) {
    struct buf trace = trace_of(false);
    static const char zeros[4096];
    struct trace_error error;
    uint32_t whole, count;
    (void)read_all(buf_slice(&trace), &whole, &error);
    trace.size -= 9; /* TRACE_END */
    buf_append(&trace, zeros, sizeof zeros);
    ck_assert_int_eq(read_all(buf_slice(&trace), &count, &error), ERR_GAP);
    ck_assert_uint_eq(count, whole - 1);
    ck_assert_uint_eq(error.offset, trace.size - sizeof zeros);
    buf_finish(&trace);
}
END_TEST

/* --- What has a right checksum and is wrong --------------------------------
 */

static struct buf only_head(bool whole) {
    struct buf out = {0};
    struct trace_head mine = head;
    mine.whole = whole;
    trace_put_head(&out, &mine);
    return out;
}

/* A frame of |content|, its kind included. */
static void put_frame(struct buf *out, struct slice content) {
    char frame[8];
    put_u32(frame, (uint32_t)content.size);
    put_u32(frame + 4, trace_checksum(content));
    buf_append(out, frame, sizeof frame);
    buf_append_slice(out, content);
}

/* Of a frame behind |trace|, which it frees. */
static void expect_corrupt(struct buf trace, struct slice content,
                           const char *text) {
    uint64_t offset = trace.size;
    put_frame(&trace, content);
    expect(buf_slice(&trace), ERR_CORRUPT, offset, text);
    buf_finish(&trace);
}

static void set_first_checksum(struct buf *trace, size_t size) {
    struct slice content = {trace->data + FIRST_FRAME + 8, size};
    put_u32(trace->data + FIRST_FRAME, (uint32_t)size);
    put_u32(trace->data + FIRST_FRAME + 4, trace_checksum(content));
}

START_TEST(order) {
    struct buf trace = only_head(false);
    struct buf frame = {0};
    buf_append(&frame, trace.data + FIRST_FRAME + 8,
               trace.size - FIRST_FRAME - 8);
    expect_corrupt(trace, buf_slice(&frame), "a second head");
    buf_finish(&frame);
    expect_corrupt(only_head(false), SLICE("\5a comment"),
                   "a frame is of no known kind");
    expect_corrupt(only_head(false), SLICE("\2"), "a piece of state is empty");
    expect_corrupt(trace_of(false), SLICE("\2state"),
                   "something follows the end");
    trace = only_head(false);
    trace_put_input(&trace, &inputs[7], &(struct effects){0}, false);
    expect_corrupt(trace, SLICE("\2state"),
                   "a piece of state follows an input");
    struct buf bare = {0};
    buf_append_slice(&bare, SLICE("PLTRACE\n\1\0\0\0"));
    expect_corrupt(bare, SLICE("\4"), "no head stands first");
    trace = only_head(false);
    trace_put_input(&trace, &inputs[7], &(struct effects){0}, false);
    uint64_t offset = trace.size;
    trace_put_input(&trace, &inputs[0], &(struct effects){0}, false);
    expect(buf_slice(&trace), ERR_CORRUPT, offset, "time goes back");
    buf_finish(&trace);
}
END_TEST

START_TEST(impossible_head) {
    struct buf trace = only_head(false);
    size_t size = trace.size - FIRST_FRAME - 8;
    set_first_checksum(&trace, size - 1);
    trace.size--;
    expect(buf_slice(&trace), ERR_CORRUPT, FIRST_FRAME,
           "the head is too short");
    trace.size++;
    put_u32(trace.data + FIRST_FRAME + 9, 5); /* |shard|, of 5 */
    set_first_checksum(&trace, size);
    expect(buf_slice(&trace), ERR_CORRUPT, FIRST_FRAME,
           "the head says what cannot be");
    put_u32(trace.data + FIRST_FRAME + 9, 4);
    put_u32(trace.data + FIRST_FRAME + 46, 0); /* |actors_max| */
    set_first_checksum(&trace, size);
    expect(buf_slice(&trace), ERR_CORRUPT, FIRST_FRAME,
           "a bound of the core is 0");
    buf_finish(&trace);
}
END_TEST

/* An input frame up to its number of effects, then |effects|. */
static void expect_effects(bool whole, struct slice effects, const char *text) {
    static const char fields[1 + 26 + 4] = {TRACE_INPUT, INPUT_TICK};
    struct buf content = {0};
    buf_append(&content, fields, sizeof fields);
    buf_append_slice(&content, effects);
    expect_corrupt(only_head(whole), buf_slice(&content), text);
    buf_finish(&content);
}

START_TEST(impossible_effects) {
    const char *many = "the number of effects is more than there can be";
    expect_effects(false, SLICE(""), many);
    expect_effects(false, SLICE("\377\377\377\377"), many);
    expect_effects(true, SLICE("\1\0\0\0\4\0\0\0"), many);
    expect_effects(true, SLICE("\1\0\0\0\4\7\0\0\0read"),
                   "an effect is cut off");
    expect_effects(true, SLICE("\1\0\0\0\4\0\0\0\0"), "an effect is empty");
    expect_effects(true, SLICE("\1\0\0\0\2\0\0\0\0\1\0\0\0x"),
                   "an effect is empty");
    expect_effects(true, SLICE("\1\0\0\0\2\377\377\377\377\1\0\0\0x"),
                   "an effect is cut off");
    expect_effects(true, SLICE("\1\0\0\0\5\1\0\0\0x"),
                   "an effect is of no known kind");
    expect_corrupt(only_head(false), SLICE("\3\1"), "an input is cut off");
    static const char unknown[1 + 26 + 4 + 4] = {TRACE_INPUT, 9};
    expect_corrupt(only_head(false), (struct slice){unknown, sizeof unknown},
                   "an input is of no known kind");
}
END_TEST

/* What a later program adds at the end of a head or an input is passed over. */
START_TEST(later_fields) {
    struct buf trace = only_head(false), input = {0};
    struct trace_reader reader;
    struct trace_error error;
    buf_append_slice(&trace, SLICE("new field"));
    set_first_checksum(&trace, trace.size - FIRST_FRAME - 8);
    trace_put_input(&input, &inputs[1], &(struct effects){0}, false);
    buf_append_slice(&input, SLICE("another"));
    put_frame(&trace, (struct slice){input.data + 8, input.size - 8});
    trace_reader_init(&reader, buf_slice(&trace));
    struct trace_item item = next(&reader, TRACE_HEAD);
    expect_head(&item.head, false);
    item = next(&reader, TRACE_INPUT);
    expect_input(&item.input, &inputs[1]);
    ck_assert_int_eq(trace_reader_next(&reader, &item, &error), ERR_NOT_FOUND);
    trace_reader_finish(&reader);
    buf_finish(&input);
    buf_finish(&trace);
}
END_TEST

/* --- Inputs for a core ------------------------------------------------------
 */

static const char *fault_of(struct core_input input) {
    static struct wire_error error;
    struct arena arena = {0};
    struct wire wire;
    error = (struct wire_error){0};
    enum err err = trace_input_decode(&input, &arena, &wire, &error);
    if (err == ERR_OK)
        ck_assert_int_eq(input.wire != NULL, input.bytes.size > 0);
    else
        ck_assert_int_eq(err, ERR_MALFORMED);
    arena_finish(&arena);
    return err == ERR_OK ? "" : error.field;
}

static struct buf encoded(enum wire_kind kind) {
    struct buf out = {0};
    struct wire wire = {.kind = kind, .correlation = 5, .partition = 1};
    if (kind == WIRE_UNSUBSCRIBE)
        wire.as.unsubscribe.room.value = 65;
    wire_encode(&wire, &out);
    return out;
}

START_TEST(inputs_for_a_core) {
    struct core_input input = inputs[0];
    struct buf command = encoded(WIRE_UNSUBSCRIBE),
               row = encoded(WIRE_ROW_COUNT);
    ck_assert_str_eq(fault_of(input), "");
    input.partition = PARTITION_COUNT;
    ck_assert_str_eq(fault_of(input), "partition");
    ck_assert_str_eq(fault_of(inputs[3]), "");
    ck_assert_str_eq(fault_of(inputs[4]), "");
    input = inputs[4];
    input.refusal = 0;
    ck_assert_str_eq(fault_of(input), "refusal");
    input.refusal = REFUSED_LAST + 1;
    ck_assert_str_eq(fault_of(input), "refusal");
    ck_assert_str_eq(fault_of(inputs[5]), "");
    ck_assert_str_eq(fault_of(inputs[7]), "");
    input = inputs[6];
    input.gateway = 0;
    ck_assert_str_eq(fault_of(input), "gateway");
    input = inputs[1];
    ck_assert_str_ne(fault_of(input), ""); /* "command" does not decode. */
    input.bytes = buf_slice(&command);
    ck_assert_str_eq(fault_of(input), "");
    input.bytes = buf_slice(&row);
    ck_assert_str_eq(fault_of(input), "wire");
    input = inputs[2];
    ck_assert_str_ne(fault_of(input), "");
    input.bytes = buf_slice(&row);
    ck_assert_str_eq(fault_of(input), "");
    buf_finish(&command);
    buf_finish(&row);
}
END_TEST

/* Of a page no more than the head is looked at. */
START_TEST(pages_are_handed_through) {
    struct buf page = encoded(WIRE_REPLY_PAGE);
    struct core_input input = inputs[2];
    struct arena arena = {0};
    struct wire wire;
    struct wire_error error;
    page.data[page.size - 1] = (char)0xc1; /* No msgpack. */
    ck_assert_int_eq(wire_decode(buf_slice(&page), &arena, &wire, &error),
                     ERR_MALFORMED);
    input.bytes = buf_slice(&page);
    ck_assert_int_eq(trace_input_decode(&input, &arena, &wire, &error), ERR_OK);
    ck_assert_int_eq(input.wire->kind, WIRE_REPLY_PAGE);
    ck_assert_uint_eq(input.wire->correlation, 5);
    ck_assert_uint_eq(input.wire->partition, 1);
    arena_finish(&arena);
    buf_finish(&page);
}
END_TEST

static Suite *suite(void) {
    Suite *suite = suite_create("trace");
    TCase *sound = tcase_create("sound");
    tcase_add_loop_test(sound, round_trip, 0, 2);
    tcase_add_test(sound, digests_are_fixed);
    tcase_add_test(sound, hashes_are_the_same);
    tcase_add_test(sound, digests_differ);
    tcase_add_test(sound, later_fields);
    tcase_add_test(sound, inputs_for_a_core);
    tcase_add_test(sound, pages_are_handed_through);
    suite_add_tcase(suite, sound);
    TCase *broken = tcase_create("broken");
    tcase_add_loop_test(broken, torn_everywhere, 0, 2);
    tcase_add_loop_test(broken, damaged_everywhere, 0, 2);
    tcase_add_test(broken, foreign);
    tcase_add_test(broken, zeros_are_a_torn_tail);
    tcase_add_test(broken, order);
    tcase_add_test(broken, impossible_head);
    tcase_add_test(broken, impossible_effects);
    suite_add_tcase(suite, broken);
    return suite;
}

int main(void) {
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
