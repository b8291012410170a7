/* test_trace_text.c - the text form of a trace says all that the binary one
 * says, and says clearly what it cannot read. */
#include <check.h>
#include <stdlib.h>

#include "broker/core/effects.h"
#include "broker/replay/trace_text.h"
#include "common/json_write.h"
#include "tests/lib/wire_draw.h"

#define HEAD                                                                   \
    "{\"trace\":1,\"shard\":0,\"shards\":1,\"run\":\"00000000000000ff\","      \
    "\"file\":1,\"started_us\":5,\"program\":\"0.1.0\",\"effects\":\"whole\"," \
    "\"config\":{}}\n"

static const enum wire_kind kinds[] = {
#define KIND(kind, number, member, type) kind,
    WIRE_TABLE(KIND)
#undef KIND
};
#define KINDS_COUNT (sizeof kinds / sizeof *kinds)

/* Reads |text| and expects an item of |kind|. */
static void expect(struct trace_text_reader *reader, struct trace_item *item,
                   enum trace_item_kind kind) {
    struct trace_error error = {0};
    ck_assert_msg(trace_text_reader_next(reader, item, &error) == ERR_OK,
                  "line %llu: %s", (unsigned long long)error.offset,
                  error.text);
    ck_assert_int_eq(item->kind, kind);
}

static const struct trace_head head = {.version = 1,
                                       .shard = 2,
                                       .shards = 3,
                                       .run = UINT64_MAX,
                                       .file = 4,
                                       .started_us = INT64_MAX,
                                       .whole = true,
                                       .program = {"0.1.0", 5},
                                       .core = {.actors_max = 1,
                                                .mailbox_max = 2,
                                                .waiting_max = 3,
                                                .pending_max = UINT32_MAX,
                                                .pending_bytes_max = UINT64_MAX,
                                                .idle_us = INT64_MAX},
                                       .state_digest = 0x0123456789abcdef};

/* As a state, in an input and in each kind of effect. */
static void survives(struct slice message) {
    struct trace_text text = {0};
    struct trace_text_reader reader;
    struct trace_item item;
    struct effects effects = {0};
    struct core_input input = {.kind = INPUT_COMMAND,
                               .gateway = UINT32_MAX,
                               .now_us = INT64_MAX,
                               .bytes = message};
    effects_reply_bytes(&effects, 7, message);
    effects_event_to(&effects, 1);
    effects_event_to(&effects, UINT32_MAX);
    effects_event_bytes(&effects, 0, message);
    effects_append_bytes(&effects, 63, UINT64_MAX, message);
    effects_read_bytes(&effects, message);
    trace_text_put_head(&text, &head);
    trace_text_put_state(&text, message);
    struct trace_item whole = {.kind = TRACE_INPUT,
                               .input = input,
                               .effects_count = effects.count,
                               .effects = &effects};
    trace_text_put_item(&text, &whole);
    trace_text_put_end(&text, false);
    trace_text_reader_init(&reader, buf_slice(&text.out));
    expect(&reader, &item, TRACE_HEAD);
    ck_assert(slice_equal(item.head.program, head.program));
    ck_assert_uint_eq(item.head.run, head.run);
    ck_assert_uint_eq(item.head.state_digest, head.state_digest);
    ck_assert_int_eq(item.head.started_us, head.started_us);
    ck_assert_mem_eq(&item.head.core, &head.core, sizeof head.core);
    expect(&reader, &item, TRACE_STATE);
    ck_assert(slice_equal(item.bytes, message));
    expect(&reader, &item, TRACE_INPUT);
    ck_assert(slice_equal(item.input.bytes, message));
    ck_assert_uint_eq(item.input.gateway, input.gateway);
    ck_assert_int_eq(item.input.now_us, input.now_us);
    ck_assert_uint_eq(item.effects_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t digest = trace_effect_digest(&effects, &effects.items[i]);
        ck_assert_uint_eq(item.digests[i], digest);
        ck_assert_uint_eq(
            trace_effect_digest(item.effects, &item.effects->items[i]), digest);
    }
    expect(&reader, &item, TRACE_END);
    trace_text_reader_finish(&reader);
    trace_text_finish(&text);
    effects_finish(&effects);
}

START_TEST(every_message_survives) {
    uint64_t seed = (uint64_t)_i;
    for (int round = 0; round < 20; round++) {
        struct arena arena = {0};
        struct buf bytes = {0};
        struct wire wire;
        wire_draw(&seed, &arena, kinds[_i], &wire);
        wire_encode(&wire, &bytes);
        survives(buf_slice(&bytes));
        /* Whatever has become of the bytes. */
        bytes.data[wire_draw_number(&seed) % bytes.size] =
            (char)wire_draw_number(&seed);
        survives(buf_slice(&bytes));
        bytes.size = 1 + wire_draw_number(&seed) % bytes.size;
        survives(buf_slice(&bytes));
        buf_finish(&bytes);
        arena_finish(&arena);
    }
}
END_TEST

START_TEST(what_is_not_minimal_survives) {
    /* join {room 65, user 5}: numbers in more bytes than they need, a field of
     * a newer version, and bytes that are no message at all. */
    survives(SLICE("\x95\xcc\x0c\x07\xcd\x00\x01\x41\x05"));
    survives(SLICE("\x96\x0c\x07\x01\x41\x05\xa1z"));
    survives(SLICE("\xff\x00{"));
}
END_TEST

START_TEST(every_input_survives) {
    struct trace_text text = {0};
    struct trace_text_reader reader;
    struct trace_item item;
    const uint64_t digest = 0xfedcba9876543210;
    trace_text_put_head(&text, &head);
    for (int kind = INPUT_PARTITION; kind <= INPUT_SKIP; kind++) {
        struct trace_item put = {.kind = TRACE_INPUT,
                                 .input = {.kind = (enum core_input_kind)kind,
                                           .now_us = 7,
                                           .gateway = 1,
                                           .partition = 63,
                                           .seq = 9,
                                           .refusal = REFUSED_LAST,
                                           .bytes = SLICE("\x01")},
                                 .effects_count = 1,
                                 .digests = &digest};
        trace_text_put_item(&text, &put);
    }
    trace_text_put_end(&text, false);
    trace_text_reader_init(&reader, buf_slice(&text.out));
    expect(&reader, &item, TRACE_HEAD);
    for (int kind = INPUT_PARTITION; kind <= INPUT_SKIP; kind++) {
        expect(&reader, &item, TRACE_INPUT);
        ck_assert_int_eq(item.input.kind, kind);
        ck_assert_ptr_null(item.effects);
        ck_assert_uint_eq(item.effects_count, 1);
        ck_assert_uint_eq(item.digests[0], digest);
        if (kind == INPUT_REFUSED)
            ck_assert_uint_eq(item.input.refusal, REFUSED_LAST);
        if (kind == INPUT_SKIP || kind == INPUT_REFUSED ||
            kind == INPUT_PARTITION || kind == INPUT_COMMITTED) {
            ck_assert_uint_eq(item.input.partition, 63);
            ck_assert_uint_eq(item.input.seq, 9);
        }
    }
    trace_text_reader_finish(&reader);
    trace_text_finish(&text);
}
END_TEST

START_TEST(comments_are_kept) {
    static const char text[] = "# one\n\n" HEAD "# two\n"
                               "{\"at_us\":1,\"input\":\"tick\"}\n"
                               "# three\n"
                               "{\"effect\":\"digest\",\"digest\":"
                               "\"0000000000000001\"}\n"
                               "# four\n{\"end\":true}\n# five\n";
    static const char *const comments[] = {"# one",   "",       "# two",
                                           "# three", "# four", "# five"};
    struct trace_text_reader reader;
    struct trace_item item;
    struct trace_error error;
    size_t count = 0;
    enum err err;
    trace_text_reader_init(&reader, slice_of(text));
    while ((err = trace_text_reader_next(&reader, &item, &error)) == ERR_OK)
        if (item.kind == TRACE_COMMENT)
            ck_assert(slice_equal(item.bytes, slice_of(comments[count++])));
    ck_assert_int_eq(err, ERR_NOT_FOUND);
    ck_assert_uint_eq(count, 6);
    trace_text_reader_finish(&reader);
}
END_TEST

/* What is told of a recording that was torn is whole, and another trace may
 * follow. */
START_TEST(a_torn_recording_has_an_end) {
    struct trace_text text = {0}, again = {0};
    struct trace_text_reader reader;
    struct trace_item item;
    struct core_input input = {.kind = INPUT_TICK, .now_us = 7};
    trace_text_put_head(&text, &head);
    (void)trace_text_put_last(&text, &input);
    trace_text_put_head(&text, &head);
    trace_text_reader_init(&reader, buf_slice(&text.out));
    expect(&reader, &item, TRACE_HEAD);
    expect(&reader, &item, TRACE_INPUT);
    ck_assert_uint_eq(item.effects_count, 0);
    expect(&reader, &item, TRACE_END);
    ck_assert(item.is_torn);
    trace_text_put_item(&again, &item);
    ck_assert(slice_equal(buf_slice(&again.out), SLICE("{\"end\":false}\n")));
    expect(&reader, &item, TRACE_HEAD);
    ck_assert(!item.is_torn);
    trace_text_reader_finish(&reader);
    trace_text_finish(&again);
    trace_text_finish(&text);
}
END_TEST

/* Whatever comes of the input, it is as if nothing had been put. */
START_TEST(a_last_input_is_taken_back) {
    struct trace_text text = {0};
    struct core_input input = {.kind = INPUT_TICK, .now_us = 7};
    trace_text_put_head(&text, &head);
    size_t size = text.out.size;
    ck_assert_uint_eq(trace_text_put_last(&text, &input), size);
    ck_assert_uint_gt(text.out.size, size);
    trace_text_finish(&text);
}
END_TEST

struct refusal {
    const char *text;
    enum err err;
    uint64_t line;
    const char *says;
};

#define COMMAND "{\"at_us\":1,\"input\":\"command\",\"gateway\":1,\"wire\":"
#define SEND                                                                   \
    COMMAND "{\"kind\":\"send\",\"partition\":1,\"room\":65,"                  \
            "\"author\":{\"user\":5}"

static const struct refusal refusals[] = {
    {"", ERR_MALFORMED, 1, "there is no trace in it"},
    {"# only a comment\n", ERR_MALFORMED, 2, "there is no trace in it"},
    {"{", ERR_MALFORMED, 1,
     "the line is no JSON: string or '}' expected near end of file at column "
     "1"},
    {"{\"a\":1}\n", ERR_MALFORMED, 1,
     "the line is no head, state, input, effect or end"},
    {"{\"end\":true}\n", ERR_MALFORMED, 1,
     "the trace does not begin with its head"},
    {"{\"trace\":2}\n", ERR_VERSION, 1,
     "the trace is of version 2, this program reads up to 1"},
    {"{\"trace\":1}\n", ERR_MALFORMED, 1, "\"shards\" is missing"},
    {HEAD HEAD, ERR_MALFORMED, 2, "a second head before the end"},
    {HEAD "{\"end\":true}\n\n{\"end\":true}\n", ERR_MALFORMED, 4,
     "something follows the end"},
    {HEAD "{\"end\":false}\n{\"end\":true}\n", ERR_MALFORMED, 3,
     "something follows the end"},
    {HEAD "{\"end\":0}\n", ERR_MALFORMED, 2,
     "\"end\" is neither true nor false"},
    {HEAD "[]\n", ERR_MALFORMED, 2, "the line is no object"},
    {HEAD "{\"end\":tr", ERR_GAP, 2, "the last line is cut off"},
    {HEAD "{\"at_us\":1,\"input\":\"tick\"}\n{\"eff", ERR_GAP, 3,
     "the last line is cut off"},
    {HEAD "{\"at_us\":1,\"input\":\"tick\"}\n", ERR_GAP, 3,
     "the trace has no end: it was not closed; its last input may lack "
     "effects"},
    {HEAD "{\"effect\":\"read\"}\n", ERR_MALFORMED, 2,
     "an effect without its input"},
    {HEAD "{\"at_us\":1,\"input\":\"tock\"}\n", ERR_MALFORMED, 2,
     "\"tock\" is no input"},
    {HEAD "{\"at_us\":1,\"input\":\"tick\",\"gateway\":1}\n", ERR_MALFORMED, 2,
     "\"gateway\" means nothing here"},
    {HEAD
     "{\"at_us\":2,\"input\":\"tick\"}\n{\"at_us\":1,\"input\":\"tick\"}\n",
     ERR_MALFORMED, 3, "time goes back"},
    {HEAD "{\"at_us\":1.5,\"input\":\"tick\"}\n", ERR_MALFORMED, 2,
     "\"at_us\" is no such number"},
    {HEAD "{\"at_us\":1,\"input\":\"committed\",\"partition\":64,\"seq\":1}\n",
     ERR_MALFORMED, 2, "\"partition\" is too large"},
    {HEAD COMMAND "{\"kind\":\"shout\"}}\n", ERR_MALFORMED, 2,
     "\"shout\" is no kind of message"},
    {HEAD COMMAND "5}\n", ERR_MALFORMED, 2, "\"wire\" is no object"},
    {HEAD SEND ",\"txt\":\"hi\"}}\n", ERR_MALFORMED, 2,
     "send.txt is no field of this version"},
    {HEAD SEND ",\"text\":5}}\n", ERR_MALFORMED, 2,
     "send.text is no text and no {\"hex\":\"...\"}"},
    {HEAD SEND ",\"text\":{\"hex\":\"0\"}}}\n", ERR_MALFORMED, 2,
     "send.text is no text and no {\"hex\":\"...\"}"},
    {HEAD SEND ",\"retry\":1}}\n", ERR_MALFORMED, 2,
     "send.retry is neither true nor false"},
    {HEAD SEND ",\"send_kind\":9}}\n", ERR_MALFORMED, 2,
     "send.kind is too large"},
    {HEAD SEND ",\"files\":[{\"file\":1}]}}\n", ERR_MALFORMED, 2,
     "send.files[0].owner is missing"},
    {HEAD SEND ",\"reply_to\":9007199254740992}}\n", ERR_MALFORMED, 2,
     "send.reply_to is too large"},
    {HEAD COMMAND "{\"kind\":\"send\",\"room\":65}}\n", ERR_MALFORMED, 2,
     "send.author.user is missing"},
    {HEAD SEND "},\"bytes\":\"zz\"}\n", ERR_MALFORMED, 2,
     "\"bytes\" is no hex"},
    {HEAD "{\"at_us\":1,\"input\":\"tick\"}\n"
          "{\"effect\":\"digest\",\"digest\":\"1\"}\n",
     ERR_MALFORMED, 3, "\"digest\" is not 16 digits of hex"},
    {HEAD "{\"at_us\":1,\"input\":\"tick\"}\n"
          "{\"effect\":\"event\",\"gateways\":[],\"bytes\":\"00\"}\n",
     ERR_MALFORMED, 3, "\"gateways\" is no list of numbers"},
};

START_TEST(errors_name_line_and_field) {
    const struct refusal *refusal = &refusals[_i];
    struct trace_text_reader reader;
    struct trace_item item;
    struct trace_error error = {0};
    enum err err;
    trace_text_reader_init(&reader, slice_of(refusal->text));
    do {
        err = trace_text_reader_next(&reader, &item, &error);
    } while (err == ERR_OK);
    ck_assert_str_eq(error.text, refusal->says);
    ck_assert_int_eq(err, refusal->err);
    ck_assert_uint_eq(error.offset, refusal->line);
    /* And again. */
    ck_assert_int_eq(trace_text_reader_next(&reader, &item, &error), err);
    ck_assert_str_eq(error.text, refusal->says);
    trace_text_reader_finish(&reader);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("trace_text");
    TCase *tcase = tcase_create("trace_text");
    SRunner *runner = srunner_create(suite);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, every_message_survives, 0, (int)KINDS_COUNT);
    tcase_add_test(tcase, what_is_not_minimal_survives);
    tcase_add_test(tcase, every_input_survives);
    tcase_add_test(tcase, comments_are_kept);
    tcase_add_test(tcase, a_torn_recording_has_an_end);
    tcase_add_test(tcase, a_last_input_is_taken_back);
    tcase_add_loop_test(tcase, errors_name_line_and_field, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
