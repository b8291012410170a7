/* test_keys_format.c - the disk format, byte for byte. If one of these fails,
 * stores that exist can no longer be read: give rows.h a new FORMAT_VERSION
 * and the program a way to read the old one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "persister/rocksdb/group_row.h"
#include "persister/rocksdb/keys.h"
#include "persister/rocksdb/rows.h"

static void expect(struct slice bytes, const char *hex) {
    char text[2048];
    ck_assert_uint_lt(2 * bytes.size, sizeof text);
    for (size_t i = 0; i < bytes.size; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned char)bytes.data[i]);
    text[2 * bytes.size] = '\0';
    ck_assert_str_eq(text, hex);
}

static void expect_key(struct key key, const char *hex) {
    expect(key_slice(&key), hex);
}

static void expect_row(struct buf *row, const char *hex) {
    expect(buf_slice(row), hex);
    buf_clear(row);
}

START_TEST(keys_are_as_written_down) {
    const room_id room = {0x0102030405060708};
    const user_id user = {0x11};
    expect_key(key_meta(SLICE("format")), "00666f726d6174");
    expect_key(key_meta(SLICE("epoch")), "0065706f6368");
    expect_key(key_snapshot(), "01");
    expect_key(key_group(0x0fff), "020000000000000fff");
    expect_key(key_room(room), "100102030405060708");
    expect_key(key_state(room), "110102030405060708");
    expect_key(key_member(room, user), "1201020304050607080000000000000011");
    expect_key(key_message(room, 256), "1301020304050607080000000000000100");
    expect_key(key_dead(room, 2, 3), "140102030405060708020000000000000003");
    expect_key(key_event(room, 7), "1501020304050607080000000000000007");
    expect_key(key_sent(room, user, SENT_BY_CLIENT_KEY, SLICE("k")),
               "1601020304050607080000000000000011016b");
    expect_key(key_mark(room, user, 7),
               "17010203040506070800000000000000110000000000000007");
    expect_key(key_spots(5, 9), "20050000000000000009");
    expect_key(key_user(user), "210000000000000011");
    expect_key(key_user_room(user, room), "2200000000000000110102030405060708");
    expect_key(key_name(ROOM_ORDER, SLICE("42")), "23033432");
    expect_key(key_review(SLICE("42")), "243432");
    expect_key(key_seen(user), "260000000000000011");
    expect_key(key_range(KEY_MESSAGE, 2), "130000000000000002");
    expect_key(key_room_file(room, (file_id){9}),
               "1a01020304050607080000000000000009");
    expect_key(key_file((file_id){9}), "300000000000000009");
    expect_key(key_file_use((file_id){9}), "310000000000000009");
    expect_key(key_secret(SLICE("\x01\x02")), "320102");
    expect_key(key_file_unused(258, (file_id){9}),
               "3300000000000001020000000000000009");
    expect_key(key_chunk((file_id){9}, 65536),
               "00000000000000090000000000010000");
}
END_TEST

START_TEST(last_number_of_a_key) {
    struct key key = key_message((room_id){1}, UINT64_MAX - 1);
    ck_assert_uint_eq(key_last_number(key_slice(&key)), UINT64_MAX - 1);
    key = key_dead((room_id){1}, 4, 77);
    ck_assert_uint_eq(key_last_number(key_slice(&key)), 77);
}
END_TEST

START_TEST(rows_of_numbers_are_as_written_down) {
    struct buf row = {0};
    row_put_number(300, &row);
    expect_row(&row, "01ac02");
    row_put_standing(&(struct standing){.state = {.place = 9,
                                                  .ordinal = 8,
                                                  .live_total = 7,
                                                  .activity_us = 128,
                                                  .reader1 = {1},
                                                  .mark1 = 5,
                                                  .reader2 = {2},
                                                  .mark2 = 4,
                                                  .members_count = 3},
                                        .fresh = {2, {{{3}, 300}, {{128}, 1}}}},
                     &row);
    expect_row(&row, "0909080780010105"
                     "020403"
                     "0203ac02800101");
    row_put_member(&(struct wire_member){.user = {3},
                                         .role = ROLE_CUSTOMER,
                                         .mark = 4,
                                         .read_us = -1,
                                         .seen = 6,
                                         .own_total = 7},
                   &row);
    expect_row(&row, "06030204ffffffffffffffffff010607");
    row_put_event(&(struct event_row){.kind = EVENT_MEMBER_PUT,
                                      .at_us = 1,
                                      .actor = {2},
                                      .message = {3},
                                      .member = {4},
                                      .role = ROLE_EXECUTOR,
                                      .mark = 5},
                  &row);
    expect_row(&row, "0705010203040305");
    row_put_sent(&(struct sent_row){{129}, 2}, &row);
    expect_row(&row, "02810102");
    row_put_file_use(&(struct file_use){2, 300}, &row);
    expect_row(&row, "0202ac02");
    const struct spot spots[] = {{10, {64}, 1}, {12, {64}, 2}};
    row_put_spots(spots, 2, 10, &row);
    expect_row(&row, "02004001024002");
    buf_finish(&row);
}
END_TEST

START_TEST(mails_are_as_written_down) {
    struct buf row = {0};
    expect_key(key_mail(0x0102, (message_id){129}),
               "2500000000000001020000000000000081");
    row_put_mail(&(struct mail_row){{3}, 300, 2}, &row);
    expect_row(&row, "0303ac0202");
    buf_finish(&row);
}
END_TEST

START_TEST(rows_with_texts_are_as_written_down) {
    struct buf row = {0};
    row_put_room(&(struct wire_room){.room = {65},
                                     .kind = ROOM_PROJECT,
                                     .key = SLICE("k"),
                                     .title = SLICE("t"),
                                     .open = true,
                                     .created_us = 5},
                 &row);
    expect_row(&row, "97500000c3964102c4016bc40174c30599000000000000000000"
                     "90");
    row_put_file(&(struct wire_file){.file = {65},
                                     .owner = {1},
                                     .created_us = 5,
                                     .secret = SLICE("0123456789abcdef"),
                                     .name = SLICE("n"),
                                     .mime = SLICE("image/png"),
                                     .size = 7},
                 &row);
    expect_row(&row, "945b00009197410105c41030313233343536373839616263646566c40"
                     "16ec409696d6167652f706e6707");
    const struct wire_message message = {.message = {129},
                                         .room = {65},
                                         .ordinal = 1,
                                         .place = 2,
                                         .author = {3},
                                         .text = SLICE("hi"),
                                         .created_us = 4,
                                         .read = true};
    const struct standing standing = {
        .state = {.place = 2, .ordinal = 1, .live_total = 1, .activity_us = 4},
        .fresh = {1, {{{3}, 1}}}};
    const struct message_keys keys = {SLICE("r"), SLICE("og")};
    row_put_message(&message, &standing, &keys, &row);
    expect_row(&row, "0d09020101040000000000010301"
                     "0172"
                     "026f67"
                     "96530000c39fcc8141010203c40268690004c2c2c20090c000c0");
    row_put_message(&message, NULL, &(struct message_keys){.request = {0}},
                    &row);
    expect_row(&row, "000000"
                     "96530000c39fcc8141010203c40268690004c2c2c20090c000c0");
    row_put_profile(
        &(struct wire_profile){.user = {3}, .username = SLICE("bob")}, &row);
    expect_row(&row,
               "96520000c39b03c403626f62c400c400c400c400c400c400c2c2c200");
    row_put_review(&(struct wire_review){.key = SLICE("7"),
                                         .status = SLICE("open"),
                                         .customer = {1},
                                         .executor = {2},
                                         .room = {65}},
                   &row);
    expect_row(&row, "955100000095c40137c4046f70656e010241");
    buf_finish(&row);
}
END_TEST

/* Older rows are shorter, newer ones longer: both are read. */
START_TEST(rows_may_grow_at_the_end) {
    struct wire_member member;
    struct sent_row sent;
    static const char longer[] = {7, 3, 2, 4, 1, 6, 7, 99};
    static const char shorter[] = {5, 3, 2, 4, 1, 6};
    static const char cut[] = {6, 3, 2, 4, 1, 6};
    static const char trailing[] = {2, 1, 2, 3};
    ck_assert_int_eq(
        row_get_member((struct slice){longer, sizeof longer}, &member), ERR_OK);
    ck_assert_uint_eq(member.own_total, 7);
    ck_assert_int_eq(
        row_get_member((struct slice){shorter, sizeof shorter}, &member),
        ERR_CORRUPT);
    ck_assert_int_eq(row_get_member((struct slice){cut, sizeof cut}, &member),
                     ERR_CORRUPT);
    ck_assert_int_eq(
        row_get_sent((struct slice){trailing, sizeof trailing}, &sent),
        ERR_CORRUPT);
    ck_assert_int_eq(row_get_member((struct slice){0}, &member), ERR_CORRUPT);
}
END_TEST

START_TEST(spots_are_found) {
    const struct spot spots[] = {
        {10, {64}, 1}, {12, {128}, 300}, {900, {1}, 2}};
    struct buf row = {0};
    struct spot found;
    row_put_spots(spots, 3, 10, &row);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(
            row_find_spot(buf_slice(&row), 10, spots[i].seq, &found), ERR_OK);
        ck_assert_uint_eq(found.room.value, spots[i].room.value);
        ck_assert_uint_eq(found.ordinal, spots[i].ordinal);
    }
    ck_assert_int_eq(row_find_spot(buf_slice(&row), 10, 11, &found),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(row_find_spot(buf_slice(&row), 10, 901, &found),
                     ERR_NOT_FOUND);
    row.size--;
    ck_assert_int_eq(row_find_spot(buf_slice(&row), 10, 900, &found),
                     ERR_CORRUPT);
    buf_finish(&row);
}
END_TEST

/* A row that is cut anywhere, or goes on, is none. */
static void expect_whole(const struct buf *row,
                         bool (*is_good)(struct slice row)) {
    struct buf longer = {0};
    ck_assert(is_good(buf_slice(row)));
    for (size_t size = 0; size < row->size; size++)
        ck_assert(!is_good((struct slice){row->data, size}));
    buf_append_slice(&longer, buf_slice(row));
    buf_append(&longer, "", 1);
    ck_assert(!is_good(buf_slice(&longer)));
    buf_finish(&longer);
}

static bool is_standing(struct slice row) {
    struct standing standing;
    return row_get_standing(row, &standing) == ERR_OK;
}

static bool is_snapshot(struct slice row) {
    struct snapshot_row snapshot;
    return snapshot_row_get(row, &snapshot) == ERR_OK;
}

static bool is_group(struct slice bytes) {
    struct group_row row;
    struct group_batch batch;
    struct spot spot;
    enum err err = group_row_open(bytes, &row);
    while (err == ERR_OK && (err = group_row_batch(&row, &batch)) == ERR_OK) {
        while ((err = group_row_spot(&row, &spot)) == ERR_OK)
            continue;
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    return err == ERR_NOT_FOUND;
}

START_TEST(groups_are_as_written_down) {
    struct buf row = {0};
    struct group_row group;
    struct group_batch batch;
    struct spot spot;
    const struct group_batch batches[] = {
        {.partition = 5, .digest = {10, 4, 300}, .spots_count = 2},
        {.partition = 63, .digest = {1, 1, UINT64_MAX}}};
    const struct spot spots[] = {{11, {64}, 1}, {13, {128}, 2}};
    group_row_put(1u << 5, batches, 2, spots, &row);
    expect(buf_slice(&row), "2002"
                            "050a04ac0202"
                            "014001"
                            "02800102"
                            "3f0101ffffffffffffffffff0100");
    expect_whole(&row, is_group);
    ck_assert_int_eq(group_row_open(buf_slice(&row), &group), ERR_OK);
    ck_assert_uint_eq(group.consolidated, 1u << 5);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_int_eq(group_row_batch(&group, &batch), ERR_OK);
        ck_assert_uint_eq(batch.partition, batches[i].partition);
        ck_assert_uint_eq(batch.digest.first_seq, batches[i].digest.first_seq);
        ck_assert_uint_eq(batch.digest.digest, batches[i].digest.digest);
        for (uint32_t at = 0; at < batches[i].spots_count; at++) {
            ck_assert_int_eq(group_row_spot(&group, &spot), ERR_OK);
            ck_assert_uint_eq(spot.seq, spots[at].seq);
            ck_assert_uint_eq(spot.room.value, spots[at].room.value);
            ck_assert_uint_eq(spot.ordinal, spots[at].ordinal);
        }
        ck_assert_int_eq(group_row_spot(&group, &spot), ERR_NOT_FOUND);
    }
    ck_assert_int_eq(group_row_batch(&group, &batch), ERR_NOT_FOUND);
    buf_clear(&row);
    struct snapshot_row snapshot = {.group = 256, .heads = {[0] = 1, [63] = 9}};
    snapshot_row_put(&snapshot, &row);
    ck_assert_uint_eq(row.size, 2 + 64);
    expect((struct slice){row.data, 4}, "80020100");
    expect((struct slice){row.data + row.size - 2, 2}, "0009");
    expect_whole(&row, is_snapshot);
    buf_finish(&row);
}
END_TEST

START_TEST(unsound_rows_are_refused) {
    /* A spot outside its batch; a batch of no records; no such partition. */
    static const char *const groups[] = {
        "\x00\x01\x05\x0a\x01\x01\x01\x01\x40\x01",
        "\x00\x01\x05\x0a\x00\x01\x00", "\x00\x01\x40\x0a\x01\x01\x00"};
    static const size_t sizes[] = {10, 7, 7};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        ck_assert(!is_group((struct slice){groups[i], sizes[i]}));
    struct buf row = {0};
    struct standing standing = {.state = {.place = 1}};
    standing.fresh = (struct fresh){2, {{{3}, 1}, {{3}, 2}}};
    row_put_standing(&standing, &row); /* The same author twice. */
    ck_assert(!is_standing(buf_slice(&row)));
    buf_clear(&row);
    standing.fresh.authors[1].user.value = 4;
    row_put_standing(&standing, &row);
    expect_whole(&row, is_standing);
    row.data[10] = FRESH_MAX + 1;
    ck_assert(!is_standing(buf_slice(&row)));
    buf_finish(&row);
}
END_TEST

START_TEST(a_message_row_says_what_it_was_given) {
    struct buf row = {0};
    struct standing standing = {.state = {.place = 7, .ordinal = 3}};
    struct standing found;
    struct message_keys keys = {SLICE("request"), SLICE("")};
    struct message_keys found_keys;
    struct wire_message message = {
        .message = {129}, .room = {65}, .ordinal = 3, .author = {3}};
    for (uint64_t i = 0; i < FRESH_MAX; i++)
        ck_assert(
            fresh_set(&standing.fresh, (user_id){ID_MAX - i}, UINT64_MAX - i));
    ck_assert(!fresh_set(&standing.fresh, (user_id){1}, 1));
    row_put_message(&message, &standing, &keys, &row);
    ck_assert_int_eq(row_get_message_standing(buf_slice(&row), &found), ERR_OK);
    ck_assert_uint_eq(found.state.place, 7);
    ck_assert_uint_eq(found.fresh.count, FRESH_MAX);
    ck_assert_uint_eq(
        fresh_find(&found.fresh, (user_id){ID_MAX - 7})->own_total,
        UINT64_MAX - 7);
    ck_assert_int_eq(row_get_message_keys(buf_slice(&row), &found_keys),
                     ERR_OK);
    ck_assert(slice_equal(found_keys.request, keys.request));
    ck_assert_uint_eq(found_keys.origin.size, 0);
    struct arena arena = {0};
    ck_assert_int_eq(row_get_message(buf_slice(&row), &arena, &message),
                     ERR_OK);
    arena_finish(&arena);
    ck_assert_uint_eq(message.author.value, 3);
    buf_clear(&row);
    row_put_message(&message, NULL, &keys, &row);
    ck_assert_int_eq(row_get_message_standing(buf_slice(&row), &found),
                     ERR_NOT_FOUND);
    buf_finish(&row);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("keys_format");
    TCase *tests = tcase_create("keys_format");
    tcase_add_test(tests, keys_are_as_written_down);
    tcase_add_test(tests, last_number_of_a_key);
    tcase_add_test(tests, rows_of_numbers_are_as_written_down);
    tcase_add_test(tests, mails_are_as_written_down);
    tcase_add_test(tests, rows_with_texts_are_as_written_down);
    tcase_add_test(tests, rows_may_grow_at_the_end);
    tcase_add_test(tests, spots_are_found);
    tcase_add_test(tests, groups_are_as_written_down);
    tcase_add_test(tests, unsound_rows_are_refused);
    tcase_add_test(tests, a_message_row_says_what_it_was_given);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
