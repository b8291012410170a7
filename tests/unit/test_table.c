/* test_table.c - both tables against a model that is an array in order of
 * insertion. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/hash.h"
#include "common/table.h"
#include "common/text_table.h"

/* Check's own assertions make a system call each, too slow for millions. */
#define EXPECT(condition)                                                      \
    do {                                                                       \
        if (!(condition))                                                      \
            ck_abort_msg("%s", #condition);                                    \
    } while (0)
#define EXPECT_EQUAL(one, other) EXPECT((one) == (other))

#define KEYS 96u
#define STEPS 6000
#define SEEDS 24

/* The obvious way: entries in order of insertion, searched one by one. */
struct model {
    uint64_t keys[KEYS];
    void *values[KEYS];
    size_t count;
};

static size_t model_find(const struct model *model, uint64_t key) {
    size_t i = 0;
    while (i < model->count && model->keys[i] != key)
        i++;
    return i;
}

static void *model_put(struct model *model, uint64_t key, void *value) {
    size_t i = model_find(model, key);
    if (i == model->count) {
        model->keys[model->count] = key;
        model->values[model->count++] = value;
        return NULL;
    }
    void *old = model->values[i];
    model->values[i] = value;
    return old;
}

static void *model_remove(struct model *model, uint64_t key) {
    size_t i = model_find(model, key);
    if (i == model->count)
        return NULL;
    void *old = model->values[i];
    model->count--;
    memmove(&model->keys[i], &model->keys[i + 1],
            (model->count - i) * sizeof *model->keys);
    memmove(&model->values[i], &model->values[i + 1],
            (model->count - i) * sizeof *model->values);
    return old;
}

static uint64_t random_next(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void check_same(const struct table *table, const struct model *model) {
    size_t at = 0, i = 0;
    uint64_t key;
    void *value;
    EXPECT_EQUAL(table_count(table), model->count);
    for (; (value = table_next(table, &at, &key)); i++) {
        EXPECT(i < model->count);
        EXPECT_EQUAL(key, model->keys[i]);
        EXPECT_EQUAL(value, model->values[i]);
    }
    EXPECT_EQUAL(i, model->count);
}

START_TEST(table_agrees_with_the_model) {
    uint64_t state = (uint64_t)_i;
    struct model model = {.count = 0};
    struct table table;
    static char values[64];
    table_init(&table, random_next(&state));
    for (int step = 0; step < STEPS; step++) {
        uint64_t key = random_next(&state) % KEYS;
        void *value = &values[random_next(&state) % sizeof values];
        /* The share of removals swings, so that it fills and empties. */
        bool removing =
            random_next(&state) % 8 < (uint64_t)((step / 500) % 2 ? 5 : 2);
        if (removing)
            EXPECT_EQUAL(table_remove(&table, key), model_remove(&model, key));
        else
            EXPECT_EQUAL(table_put(&table, key, value),
                         model_put(&model, key, value));
        key = random_next(&state) % KEYS;
        size_t i = model_find(&model, key);
        EXPECT_EQUAL(table_find(&table, key),
                     i < model.count ? model.values[i] : NULL);
        if (step % 16 == 0)
            check_same(&table, &model);
    }
    check_same(&table, &model);
    table_finish(&table);
}
END_TEST

static struct slice key_text(char out[32], uint64_t key) {
    /* The empty key and keys with NUL are keys like others. */
    if (key == 0)
        return (struct slice){0};
    int size = snprintf(out, 32, "key-%llu", (unsigned long long)key);
    out[3] = '\0';
    return (struct slice){out, (size_t)size};
}

static void check_same_text(const struct text_table *table,
                            const struct model *model) {
    size_t at = 0, i = 0;
    char text[32];
    struct slice key;
    void *value;
    EXPECT_EQUAL(text_table_count(table), model->count);
    for (; (value = text_table_next(table, &at, &key)); i++) {
        EXPECT(i < model->count);
        EXPECT(slice_equal(key, key_text(text, model->keys[i])));
        EXPECT_EQUAL(value, model->values[i]);
    }
    EXPECT_EQUAL(i, model->count);
}

START_TEST(text_table_agrees_with_the_model) {
    uint64_t state = (uint64_t)_i + 1000;
    struct model model = {.count = 0};
    struct text_table table;
    static char values[64];
    text_table_init(&table, random_next(&state));
    for (int step = 0; step < STEPS; step++) {
        char text[32];
        uint64_t key = random_next(&state) % KEYS;
        void *value = &values[random_next(&state) % sizeof values];
        bool removing =
            random_next(&state) % 8 < (uint64_t)((step / 500) % 2 ? 5 : 2);
        if (removing)
            EXPECT_EQUAL(text_table_remove(&table, key_text(text, key)),
                         model_remove(&model, key));
        else
            EXPECT_EQUAL(text_table_put(&table, key_text(text, key), value),
                         model_put(&model, key, value));
        key = random_next(&state) % KEYS;
        size_t i = model_find(&model, key);
        EXPECT_EQUAL(text_table_find(&table, key_text(text, key)),
                     i < model.count ? model.values[i] : NULL);
        if (step % 16 == 0)
            check_same_text(&table, &model);
    }
    check_same_text(&table, &model);
    text_table_finish(&table);
}
END_TEST

START_TEST(zeroed_table_is_empty) {
    struct table table = {0};
    size_t at = 0;
    EXPECT_EQUAL(NULL, table_find(&table, 0));
    EXPECT_EQUAL(NULL, table_remove(&table, 0));
    EXPECT_EQUAL(NULL, table_next(&table, &at, NULL));
    table_finish(&table);
    struct text_table texts = {0};
    EXPECT_EQUAL(NULL, text_table_find(&texts, SLICE("a")));
    EXPECT_EQUAL(NULL, text_table_remove(&texts, SLICE("")));
    text_table_finish(&texts);
}
END_TEST

/* Entries may be removed while one walks over them. */
START_TEST(removal_while_iterating) {
    struct table table = {0};
    static char value;
    size_t at = 0, seen = 0;
    uint64_t key;
    for (uint64_t i = 0; i < 1000; i++)
        table_put(&table, i * 64, &value);
    while (table_next(&table, &at, &key)) {
        EXPECT_EQUAL(key, seen * 64);
        seen++;
        if (seen % 3 != 0)
            table_remove(&table, key);
    }
    EXPECT_EQUAL(seen, 1000);
    EXPECT_EQUAL(table_count(&table), 333);
    table_finish(&table);
}
END_TEST

/* Another hash seed changes no result, and memory does not grow while the
 * number of entries stays. */
START_TEST(churn_keeps_order_and_memory) {
    struct table one, two;
    static char value;
    table_init(&one, 1);
    table_init(&two, UINT64_C(0xfedcba9876543210));
    for (uint64_t i = 0; i < 200000; i++) {
        table_put(&one, i, &value);
        table_put(&two, i, &value);
        if (i >= 1000) {
            EXPECT(NULL != table_remove(&one, i - 1000));
            EXPECT(NULL != table_remove(&two, i - 1000));
        }
    }
    size_t at_one = 0, at_two = 0;
    uint64_t key_one, key_two;
    for (uint64_t i = 199000; i < 200000; i++) {
        EXPECT(NULL != table_next(&one, &at_one, &key_one));
        EXPECT(NULL != table_next(&two, &at_two, &key_two));
        EXPECT_EQUAL(key_one, i);
        EXPECT_EQUAL(key_two, i);
    }
    EXPECT(one.capacity <= 4096);
    EXPECT(one.index.mask <= 4095);
    table_finish(&one);
    table_finish(&two);
}
END_TEST

START_TEST(a_million_entries) {
    struct table table;
    static char value;
    const uint64_t count = 1000000;
    table_init(&table, 7);
    /* Ids of one partition are all alike in their low bits. */
    for (uint64_t i = 0; i < count; i++)
        EXPECT_EQUAL(NULL, table_put(&table, i * PARTITION_COUNT, &value));
    for (uint64_t i = 0; i < count; i++)
        EXPECT_EQUAL(table_find(&table, i * PARTITION_COUNT), &value);
    EXPECT_EQUAL(NULL, table_find(&table, 1));
    EXPECT_EQUAL(table_count(&table), count);
    table_finish(&table);
}
END_TEST

/* The result of SipHash-1-3 must not depend on what stands around. */
START_TEST(hash_depends_on_bytes_and_seed_alone) {
    char around[64];
    for (size_t size = 0; size <= 24; size++) {
        memset(around, 'x', sizeof around);
        uint64_t first = hash_bytes(5, (struct slice){around, size});
        memset(around + size, 'y', sizeof around - size);
        EXPECT_EQUAL(first, hash_bytes(5, (struct slice){around, size}));
        EXPECT(first != hash_bytes(6, (struct slice){around, size}));
        if (size > 0) {
            around[size - 1] = 'z';
            EXPECT(first != hash_bytes(5, (struct slice){around, size}));
        }
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("table");
    TCase *tests = tcase_create("table");
    tcase_add_loop_test(tests, table_agrees_with_the_model, 0, SEEDS);
    tcase_add_loop_test(tests, text_table_agrees_with_the_model, 0, SEEDS);
    tcase_add_test(tests, zeroed_table_is_empty);
    tcase_add_test(tests, removal_while_iterating);
    tcase_add_test(tests, churn_keeps_order_and_memory);
    tcase_add_test(tests, a_million_entries);
    tcase_add_test(tests, hash_depends_on_bytes_and_seed_alone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
