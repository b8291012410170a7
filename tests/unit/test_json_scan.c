/* test_json_scan.c - the scanner against jansson as an oracle, on JSON that is
 * generated and on the same JSON damaged; then unescaping and numbers. The two
 * may differ only in what scan.h says: the scanner does not look at the size
 * of numbers nor at halves of surrogate pairs, and bounds the nesting. */
#include <check.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/json_write.h"
#include "common/utf8.h"
#include "gateway/json/scan.h"

#define TEXTS 30000u
#define DAMAGES_A_TEXT 4u

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, uint32_t bound) {
    return (uint32_t)(next_random(state) % bound);
}

static void put(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

static void put_one_of(struct buf *out, uint64_t *state,
                       const char *const *texts, size_t count) {
    put(out, texts[below(state, (uint32_t)count)]);
}

#define PUT_ONE_OF(out, state, ...)                                            \
    put_one_of((out), (state), (const char *const[]){__VA_ARGS__},             \
               sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_space(struct buf *out, uint64_t *state) {
    PUT_ONE_OF(out, state, "", "", "", "", "", " ", "\n", "\t", "\r", "  ");
}

static void put_string(struct buf *out, uint64_t *state) {
    put(out, "\"");
    for (uint32_t i = below(state, 6); i > 0; i--)
        PUT_ONE_OF(out, state, "a", "pk", "\x7f", "/", "\\/", "\\\"", "\\\\",
                   "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\u00e9",
                   "\\uFFFF", "\\ud83d\\ude00", "\\uDBFF\\uDFFF", "\\u0000",
                   "\xd0\x96", "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "{", "]",
                   ",");
    put(out, "\"");
}

static void put_name(struct buf *out, uint64_t *state) {
    if (below(state, 3))
        PUT_ONE_OF(out, state, "\"a\"", "\"pk\"", "\"p\\u006b\"", "\"\"",
                   "\"action\"");
    else
        put_string(out, state);
}

static void put_number(struct buf *out, uint64_t *state) {
    PUT_ONE_OF(out, state, "", "", "-");
    PUT_ONE_OF(out, state, "0", "1", "7", "10", "65", "9007199254740993",
               "18446744073709551616");
    PUT_ONE_OF(out, state, "", "", ".0", ".5", ".12345678901234567");
    PUT_ONE_OF(out, state, "", "", "e1", "E+2", "e-30", "e0");
}

static void put_value(struct buf *out, uint64_t *state, uint32_t depth);

static void put_container(struct buf *out, uint64_t *state, uint32_t depth,
                          bool object) {
    put(out, object ? "{" : "[");
    put_space(out, state);
    for (uint32_t i = below(state, 4), first = 1; i > 0; i--, first = 0) {
        if (!first)
            put(out, ",");
        put_space(out, state);
        if (object) {
            put_name(out, state);
            put_space(out, state);
            put(out, ":");
            put_space(out, state);
        }
        put_value(out, state, depth + 1);
        put_space(out, state);
    }
    put(out, object ? "}" : "]");
}

static void put_value(struct buf *out, uint64_t *state, uint32_t depth) {
    uint32_t what = below(state, depth < 6 ? 8 : 6);
    if (what < 2)
        put_string(out, state);
    else if (what < 4)
        put_number(out, state);
    else if (what < 6)
        PUT_ONE_OF(out, state, "true", "false", "null");
    else
        put_container(out, state, depth, what == 6);
}

static void damage(struct buf *text, uint64_t *state) {
    static const char bytes[] = "\"\\{}[],:0-.eEtfnu \n\x01z";
    size_t at = below(state, (uint32_t)text->size);
    char byte = bytes[below(state, sizeof bytes - 1)];
    switch (below(state, 4)) {
    case 0:
        text->data[at] = byte;
        break;
    case 1: /* One byte is gone. */
        memmove(text->data + at, text->data + at + 1, text->size - at - 1);
        text->size--;
        break;
    case 2: /* One byte more. */
        buf_reserve(text, 1);
        memmove(text->data + at + 1, text->data + at, text->size - at);
        text->data[at] = byte;
        text->size++;
        break;
    default: /* The end is missing. */
        text->size = at;
        break;
    }
}

struct tally {
    unsigned accepted;
    unsigned refused;
    unsigned incomparable;
    unsigned members;
    unsigned wrong;
};

static void blame(struct tally *tally, struct slice text, const char *what) {
    if (tally->wrong++ < 10)
        fprintf(stderr, "%s: %.*s\n", what, (int)text.size, text.data);
}

/* The text of |raw| is that of |value|, and is written so that it comes back.
 */
static bool same_text(struct slice raw, const json_t *value) {
    struct slice wanted = {json_string_value(value), json_string_length(value)};
    struct buf text = {0}, again = {0};
    bool nul = memchr(wanted.data, '\0', wanted.size) != NULL;
    bool same = (json_unescape(raw, &text) == ERR_OK) == !nul;
    if (same && !nul) {
        same = slice_equal(buf_slice(&text), wanted);
        json_put_text(&again, buf_slice(&text));
        json_t *read =
            json_loadb(again.data, again.size, JSON_DECODE_ANY, NULL);
        same = same && read && json_equal(read, (json_t *)(uintptr_t)value);
        json_decref(read);
    }
    buf_finish(&text);
    buf_finish(&again);
    return same;
}

static bool same_member(const struct json_member *member, json_t *value) {
    if (!value)
        return member->type == JSON_ABSENT && member->raw.size == 0;
    static const enum json_type types[] = {
        [JSON_OBJECT] = JSON_OBJECT_VALUE, [JSON_ARRAY] = JSON_LIST,
        [JSON_STRING] = JSON_TEXT,         [JSON_INTEGER] = JSON_NUMBER,
        [JSON_REAL] = JSON_NUMBER,         [JSON_TRUE] = JSON_BOOLEAN,
        [JSON_FALSE] = JSON_BOOLEAN,       [JSON_NULL] = JSON_NULL_VALUE};
    if (member->type != types[json_typeof(value)])
        return false;
    json_t *read = json_loadb(
        member->raw.data, member->raw.size,
        JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    bool same = read && json_equal(read, value);
    json_decref(read);
    if (same && member->type == JSON_TEXT)
        same = same_text(member->raw, value);
    return same;
}

/* |text| lies in memory of its own size. */
static void compare(struct tally *tally, struct slice text) {
    struct json_member members[] = {
        {.name = "a"}, {.name = "pk"}, {.name = ""}};
    json_error_t error;
    json_t *tree = json_loadb(text.data, text.size,
                              JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
    enum err err = json_scan(text, members, 3);
    if (!tree && (json_error_code(&error) == json_error_numeric_overflow ||
                  json_error_code(&error) == json_error_null_byte_in_key ||
                  strstr(error.text, "invalid Unicode"))) {
        tally->incomparable++;
        return;
    }
    bool object = json_is_object(tree);
    if ((err == ERR_OK) != object)
        blame(tally, text, object ? "refused" : "accepted");
    tally->accepted += object;
    tally->refused += !object;
    for (size_t i = 0; i < 3 && object; i++) {
        json_t *value = json_object_get(tree, members[i].name);
        tally->members += value != NULL;
        if (!same_member(&members[i], value))
            blame(tally, text, members[i].name);
    }
    json_decref(tree);
}

static void compare_exactly(struct tally *tally, const struct buf *text) {
    char *copy = mem_alloc(text->size ? text->size : 1);
    if (text->size)
        memcpy(copy, text->data, text->size);
    compare(tally, (struct slice){copy, text->size});
    free(copy);
}

START_TEST(agrees_with_the_oracle) {
    struct tally whole = {0}, damaged = {0};
    struct buf text = {0}, copy = {0};
    uint64_t state = 1;
    for (unsigned i = 0; i < TEXTS; i++) {
        buf_clear(&text);
        put_space(&text, &state);
        if (below(&state, 20))
            put_container(&text, &state, 0, true);
        else
            put_value(&text, &state, 0);
        put_space(&text, &state);
        compare_exactly(&whole, &text);
        for (unsigned j = 0; j < DAMAGES_A_TEXT; j++) {
            buf_clear(&copy);
            buf_append_slice(&copy, buf_slice(&text));
            for (uint32_t hits = 1 + below(&state, 2); hits && copy.size;
                 hits--)
                damage(&copy, &state);
            if (utf8_is_valid(buf_slice(&copy)))
                compare_exactly(&damaged, &copy);
        }
    }
    buf_finish(&text);
    buf_finish(&copy);
    ck_assert_uint_eq(whole.wrong, 0);
    ck_assert_uint_eq(damaged.wrong, 0);
    /* It was worth something. */
    ck_assert_uint_gt(whole.accepted, TEXTS / 2);
    ck_assert_uint_gt(whole.members, TEXTS / 4);
    ck_assert_uint_gt(damaged.accepted, TEXTS / 4);
    ck_assert_uint_gt(damaged.refused, TEXTS / 2);
    ck_assert_uint_lt(whole.incomparable, TEXTS / 4);
    ck_assert_uint_lt(damaged.incomparable, TEXTS);
}
END_TEST

static enum err scan_nested(const char *open, const char *close,
                            uint32_t count) {
    struct buf text = {0};
    put(&text, "{\"a\":");
    for (uint32_t i = 0; i < count; i++)
        put(&text, open);
    put(&text, "1");
    for (uint32_t i = 0; i < count; i++)
        put(&text, close);
    put(&text, "}");
    enum err err = json_scan(buf_slice(&text), NULL, 0);
    buf_finish(&text);
    return err;
}

START_TEST(nesting_is_bounded) {
    ck_assert_int_eq(scan_nested("[", "]", JSON_DEPTH_MAX - 1), ERR_OK);
    ck_assert_int_eq(scan_nested("[", "]", JSON_DEPTH_MAX), ERR_LIMIT);
    ck_assert_int_eq(scan_nested("{\"a\":", "}", JSON_DEPTH_MAX - 1), ERR_OK);
    ck_assert_int_eq(scan_nested("{\"a\":", "}", JSON_DEPTH_MAX), ERR_LIMIT);
    ck_assert_int_eq(scan_nested("[", "", 500000), ERR_LIMIT);
    /* Beside each other is not within each other. */
    struct buf text = {0};
    put(&text, "{\"a\":[");
    for (int i = 0; i < 1000; i++)
        put(&text, "[{}],");
    put(&text, "0]}");
    ck_assert_int_eq(json_scan(buf_slice(&text), NULL, 0), ERR_OK);
    buf_finish(&text);
}
END_TEST

/* What jansson refuses and the scanner does not: it is somebody else's
 * business, or nobody's. */
START_TEST(documented_differences) {
    static const char *const texts[] = {
        "{\"a\":1e400}",
        "{\"a\":-1e999999999}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"\\u0000\":1}",
        "{\"\\ud800\":1}",
        "{\"a\":123456789012345678901234567890}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct json_member member = {.name = "a"};
        json_t *tree = json_loads(texts[i], JSON_ALLOW_NUL, NULL);
        ck_assert_ptr_null(tree);
        ck_assert_int_eq(json_scan(slice_of(texts[i]), &member, 1), ERR_OK);
    }
}
END_TEST

START_TEST(members_are_found) {
    struct json_member members[] = {
        {.name = "a"}, {.name = "b"}, {.name = "\xd0\x96"}, {.name = ""}};
    ck_assert_int_eq(
        json_scan(SLICE("{\"a\":1,\"b\":{\"a\":2},\"\\u0416\":[3 ],\"a\" : "
                        "\"4\",\"ab\":5,\"\":null}"),
                  members, 4),
        ERR_OK);
    ck_assert_int_eq(members[0].type, JSON_TEXT);
    ck_assert(slice_equal(members[0].raw, SLICE("\"4\"")));
    ck_assert_int_eq(members[1].type, JSON_OBJECT_VALUE);
    ck_assert(slice_equal(members[1].raw, SLICE("{\"a\":2}")));
    ck_assert_int_eq(members[2].type, JSON_LIST);
    ck_assert(slice_equal(members[2].raw, SLICE("[3 ]")));
    ck_assert_int_eq(members[3].type, JSON_NULL_VALUE);
    /* What was there before is forgotten. */
    ck_assert_int_eq(json_scan(SLICE("{}"), members, 4), ERR_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(members[i].type, JSON_ABSENT);
    ck_assert_int_eq(json_scan((struct slice){0}, members, 4), ERR_MALFORMED);
}
END_TEST

START_TEST(texts_are_unescaped) {
    static const struct {
        struct slice raw;
        struct slice text;
        enum err err;
    } cases[] = {
#define CASE(raw, text) {SLICE(raw), SLICE(text), ERR_OK}
#define BAD(raw)                                                               \
    { SLICE(raw), {0}, ERR_MALFORMED }
        CASE("\"\"", ""),
        CASE("\"abc\"", "abc"),
        CASE("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"),
        CASE("\"a\\u0041b\"", "aAb"),
        CASE("\"\\u0001\\u007f\\u0080\"", "\x01\x7f\xc2\x80"),
        CASE("\"\\u07ff\\u0800\"", "\xdf\xbf\xe0\xa0\x80"),
        CASE("\"\\uFFFF\\ud7ff\\ue000\"",
             "\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80"),
        CASE("\"\\ud800\\udc00\"", "\xf0\x90\x80\x80"),
        CASE("\"\\udbff\\uDFFF\"", "\xf4\x8f\xbf\xbf"),
        CASE("\"\xd0\x96\xe2\x80\xa8\"", "\xd0\x96\xe2\x80\xa8"),
        BAD("\"\\u0000\""),
        BAD("\"a\\u0000b\""),
        BAD("\"\\ud800\""),
        BAD("\"\\udbff\""),
        BAD("\"\\udc00\""),
        BAD("\"\\ud800x\""),
        BAD("\"\\ud800\\n\""),
        BAD("\"\\ud800\\ud800\""),
        BAD("\"\\ud800\\u0041\""),
        BAD("\"\\ud800\\ue000\""),
        BAD("\"\\ud83d\\ude00\\ud83d\""),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf text = {0};
        char *raw = mem_alloc(cases[i].raw.size);
        memcpy(raw, cases[i].raw.data, cases[i].raw.size);
        enum err err =
            json_unescape((struct slice){raw, cases[i].raw.size}, &text);
        ck_assert_msg(err == cases[i].err, "%s", cases[i].raw.data);
        if (err == ERR_OK)
            ck_assert_msg(slice_equal(buf_slice(&text), cases[i].text), "%s",
                          cases[i].raw.data);
        buf_finish(&text);
        free(raw);
    }
}
END_TEST

START_TEST(whole_numbers) {
    static const struct {
        const char *raw;
        enum err err;
        uint64_t value;
        bool negative;
    } cases[] = {
        {"0", ERR_OK, 0, false},
        {"-0", ERR_OK, 0, true},
        {"65", ERR_OK, 65, false},
        {"-65", ERR_OK, 65, true},
        {"\"65\"", ERR_OK, 65, false},
        {"\"0065\"", ERR_OK, 65, false},
        {"\"-65\"", ERR_OK, 65, true},
        {"\"\\u0036\\u0035\"", ERR_OK, 65, false},
        {"9007199254740993", ERR_OK, UINT64_C(9007199254740993), false},
        {"18446744073709551615", ERR_OK, UINT64_MAX, false},
        {"18446744073709551616", ERR_OK, UINT64_MAX, false},
        {"99999999999999999999999999", ERR_OK, UINT64_MAX, false},
        {"\"99999999999999999999999999\"", ERR_OK, UINT64_MAX, false},
        {"1.0", ERR_MALFORMED, 0, false},
        {"1e2", ERR_MALFORMED, 0, false},
        {"1e400", ERR_MALFORMED, 0, false},
        {"\"\"", ERR_MALFORMED, 0, false},
        {"\"-\"", ERR_MALFORMED, 0, false},
        {"\"+1\"", ERR_MALFORMED, 0, false},
        {"\" 1\"", ERR_MALFORMED, 0, false},
        {"\"1 \"", ERR_MALFORMED, 0, false},
        {"\"1\\u0000\"", ERR_MALFORMED, 0, false},
        {"\"\xd9\xa1\"", ERR_MALFORMED, 0, false},
        {"true", ERR_MALFORMED, 0, false},
        {"null", ERR_MALFORMED, 0, false},
        {"[1]", ERR_MALFORMED, 0, false},
        {"{\"a\":1}", ERR_MALFORMED, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_member member = {.name = "a"};
        struct buf text = {0};
        uint64_t value = 0;
        bool negative = false;
        put(&text, "{\"a\":");
        put(&text, cases[i].raw);
        put(&text, "}");
        ck_assert_int_eq(json_scan(buf_slice(&text), &member, 1), ERR_OK);
        enum err err = json_whole(&member, &value, &negative);
        ck_assert_msg(err == cases[i].err, "%s", cases[i].raw);
        if (err == ERR_OK)
            ck_assert_msg(value == cases[i].value &&
                              negative == cases[i].negative,
                          "%s", cases[i].raw);
        buf_finish(&text);
    }
    struct json_member absent = {.name = "a"};
    uint64_t value;
    bool negative;
    ck_assert_int_eq(json_whole(&absent, &value, &negative), ERR_MALFORMED);
}
END_TEST

/* One after the other, as they stand; the depth was checked with the whole. */
START_TEST(lists_are_walked) {
    static const struct {
        const char *list;
        const char *elements; /* With bars between them. */
    } cases[] = {
        {"[]", ""},
        {"[ ]", ""},
        {"[1]", "1|"},
        {"[ 1 , \"a,]\" ,[2,[3]] , {\"b\":[4,5]},null,true,-0.5e3 ]",
         "1|\"a,]\"|[2,[3]]|{\"b\":[4,5]}|null|true|-0.5e3|"},
        {"[[],[],\"\\\"\",\"\"]", "[]|[]|\"\\\"\"|\"\"|"},
        {"[\n\t[[[[]]]]\r]", "[[[[]]]]|"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_member list = {.name = "a"}, element = {.name = "kept"};
        struct buf text = {0}, walked = {0};
        put(&text, "{\"a\":");
        put(&text, cases[i].list);
        put(&text, "}");
        ck_assert_int_eq(json_scan(buf_slice(&text), &list, 1), ERR_OK);
        ck_assert_int_eq(list.type, JSON_LIST);
        struct slice rest = list.raw;
        while (json_next(&rest, &element)) {
            buf_append_slice(&walked, element.raw);
            put(&walked, "|");
        }
        ck_assert(!json_next(&rest, &element));
        ck_assert_str_eq(element.name, "kept");
        ck_assert_msg(
            slice_equal(buf_slice(&walked), slice_of(cases[i].elements)), "%s",
            cases[i].list);
        buf_finish(&text);
        buf_finish(&walked);
    }
}
END_TEST

static void names_are(const char *text, const char *unknown,
                      const char *twice) {
    struct json_member members[2] = {{.name = "a"}, {.name = "b"}};
    struct json_names names;
    ck_assert_int_eq(json_scan_all(slice_of(text), members, 2, &names), ERR_OK);
    ck_assert_msg(slice_equal(names.unknown, slice_of(unknown)) &&
                      slice_equal(names.twice, slice_of(twice)),
                  "%s: unknown %.*s, twice %.*s", text, (int)names.unknown.size,
                  names.unknown.data, (int)names.twice.size, names.twice.data);
}

/* The first of each; names within values are nobody's business. */
START_TEST(other_names_are_told) {
    names_are("{}", NULL, NULL);
    names_are("{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", NULL, NULL);
    names_are("{\"c\":1,\"a\":1,\"d\":1}", "\"c\"", NULL);
    names_are("{\"a\":1,\"c\":1,\"a\":null}", "\"c\"", "\"a\"");
    names_are("{\"a\":1,\"\\u0061\":1,\"b\":1,\"b\":1}", NULL, "\"\\u0061\"");
    names_are("{\"c\":1,\"c\":1}", "\"c\"", NULL);
    names_are("{\"\":1}", "\"\"", NULL);
    names_are("{\"\\u0000\":1}", "\"\\u0000\"", NULL);
    names_are("{\"\\ud800\":1}", "\"\\ud800\"", NULL);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("json_scan");
    TCase *tests = tcase_create("json_scan");
    tcase_add_test(tests, agrees_with_the_oracle);
    tcase_add_test(tests, nesting_is_bounded);
    tcase_add_test(tests, documented_differences);
    tcase_add_test(tests, members_are_found);
    tcase_add_test(tests, texts_are_unescaped);
    tcase_add_test(tests, whole_numbers);
    tcase_add_test(tests, lists_are_walked);
    tcase_add_test(tests, other_names_are_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
