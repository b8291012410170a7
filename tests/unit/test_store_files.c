/* test_store_files.c - attachments in every store: rows, bytes, uses by
 * messages, and what is collected; by example, and at random against the
 * reference. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/store_world.h"

static const struct store_ops *const stores[] = {&store_memory, &store_rocksdb};

#define STORES ((int)(sizeof stores / sizeof *stores))
#define HOUR_US (INT64_C(3600) * 1000000)
#define DAY_US (24 * HOUR_US)
#define START_US (1000 * DAY_US)
#define FILES_MAX 200u
#define SEEDS 12
#define STEPS 300

struct attic {
    struct kit kit;
    struct world world;
    struct wire_file files[FILES_MAX];
    char secrets[FILES_MAX][LIMIT_FILE_SECRET_BYTES];
    uint32_t count;
    uint32_t committed; /* Of these; only they can be sent. */
};

static struct attic *attic_create(const struct store_ops *one,
                                  const struct store_ops *two) {
    const uint64_t users[] = {1, 2, 3};
    struct attic *attic = mem_zalloc(sizeof *attic);
    kit_init(&attic->kit, one, two);
    world_init(&attic->world, &attic->kit);
    attic->world.now_us = START_US;
    for (uint32_t i = 0; i < 4; i++) {
        static const char *const keys[] = {"a", "b", "c", "d"};
        world_create(&attic->world, ROOM_PROJECT, keys[i], users, 3);
    }
    return attic;
}

static void attic_destroy(struct attic *attic) {
    world_finish(&attic->world);
    kit_finish(&attic->kit);
    free(attic);
}

/* Queues the chunks of a file of |owner|; |whole|: its row too. */
static struct wire_file *upload(struct attic *attic, uint64_t owner,
                                uint64_t size, bool whole) {
    static char bytes[LIMIT_FILE_CHUNK_BYTES];
    uint32_t partition = (uint32_t)(owner % PARTITION_COUNT);
    ck_assert_uint_lt(attic->count, FILES_MAX);
    struct wire_file *file = &attic->files[attic->count];
    char *secret = attic->secrets[attic->count];
    memset(secret, 0, LIMIT_FILE_SECRET_BYTES);
    snprintf(secret, LIMIT_FILE_SECRET_BYTES, "secret %u", attic->count);
    *file = (struct wire_file){.file = {kit_next_id(&attic->kit, partition)},
                               .owner = {owner},
                               .created_us = attic->world.now_us,
                               .secret = {secret, LIMIT_FILE_SECRET_BYTES},
                               .name = SLICE("n.png"),
                               .mime = SLICE("image/png"),
                               .size = size};
    attic->count++;
    for (uint64_t at = 0; at < size; at += LIMIT_FILE_CHUNK_BYTES) {
        uint64_t rest = size - at;
        memset(bytes, (int)('a' + (attic->count + at) % 23), sizeof bytes);
        struct wire record = {.kind = RECORD_FILE_CHUNK};
        record.as.record_file_chunk.file = file->file;
        record.as.record_file_chunk.offset = at;
        record.as.record_file_chunk.bytes = (struct slice){
            bytes, rest < sizeof bytes ? (size_t)rest : sizeof bytes};
        record.as.record_file_chunk.at_us = attic->world.now_us;
        kit_put(&attic->kit, partition, &record);
    }
    struct wire record = {.kind = RECORD_FILE_PUT};
    record.as.record_file_put.file = *file;
    if (whole)
        kit_put(&attic->kit, partition, &record);
    return file;
}

static const char *ask_file(struct attic *attic, const struct wire_file *file,
                            bool by_secret, uint64_t user, int64_t now_us) {
    struct wire_file_name name = {.secret = file->secret};
    if (!by_secret)
        name.file = file->file;
    struct wire wire = {.kind = WIRE_READ_FILES};
    wire.as.read_files.user = (user_id){user};
    wire.as.read_files.names = &name;
    wire.as.read_files.names_count = 1;
    wire.as.read_files.now_us = now_us;
    return kit_ask(&attic->kit, &wire);
}

static bool is_there(struct attic *attic, const struct wire_file *file,
                     int64_t now_us) {
    bool by_id =
        strcmp(ask_file(attic, file, false, 0, now_us), "row_files") != 0;
    bool by_secret =
        strcmp(ask_file(attic, file, true, 0, now_us), "row_files") != 0;
    ck_assert_int_eq(by_id, by_secret);
    return by_id;
}

static const char *ask_bytes(struct attic *attic, file_id file,
                             uint64_t offset) {
    struct wire wire = {.kind = WIRE_READ_BYTES};
    wire.as.read_bytes.file = file;
    wire.as.read_bytes.offset = offset;
    return kit_ask(&attic->kit, &wire);
}

static bool has_bytes(struct attic *attic, const struct wire_file *file) {
    return strcmp(ask_bytes(attic, file->file, 0), "row_bytes") != 0;
}

/* All stores forget the same number. */
static uint32_t collect(struct attic *attic, int64_t before_us,
                        uint32_t limit) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < attic->kit.count; i++) {
        struct store_error error = {""};
        uint32_t count = 0;
        enum err err = attic->kit.ops[i]->collect(
            attic->kit.stores[i], before_us, limit, &count, &error);
        ck_assert_msg(err == ERR_OK, "%s", error.text);
        if (i == 0)
            first = count;
        ck_assert_uint_eq(count, first);
    }
    return first;
}

START_TEST(a_file_is_found_by_id_and_secret) {
    struct attic *attic = attic_create(stores[_i], NULL);
    struct wire_file *file = upload(attic, 1, LIMIT_FILE_CHUNK_BYTES + 3, true);
    struct wire_file *empty = upload(attic, 2, 0, true);
    struct wire_file *part = upload(attic, 1, 5, false);
    kit_commit(&attic->kit);
    for (int again = 0; again < 2; again++) {
        char wanted[256];
        snprintf(wanted, sizeof wanted,
                 "row_files files=[{file=%llu owner=1 created_us=%lld "
                 "secret=\"secret 0",
                 (unsigned long long)file->file.value,
                 (long long)file->created_us);
        const char *answer = ask_file(attic, file, false, 0, START_US);
        ck_assert_msg(strncmp(answer, wanted, strlen(wanted)) == 0, "%s",
                      answer);
        ck_assert_ptr_nonnull(
            strstr(answer, "name=\"n.png\" mime=\"image/png\" size=65539}]"));
        ck_assert_str_eq(ask_file(attic, file, true, 1, START_US), answer);
        /* Another's, one that is not whole, one that there is not. */
        ck_assert_str_eq(ask_file(attic, file, false, 2, START_US),
                         "row_files");
        ck_assert(!is_there(attic, part, START_US));
        ck_assert(is_there(attic, empty, START_US));
        ck_assert_ptr_nonnull(strstr(ask_bytes(attic, file->file, 65536),
                                     "row_bytes bytes=\"kkk\""));
        ck_assert_str_eq(ask_bytes(attic, file->file, 131072), "row_bytes");
        ck_assert_str_eq(ask_bytes(attic, empty->file, 0), "row_bytes");
        ck_assert(has_bytes(attic, part));
        kit_reopen(&attic->kit);
    }
    attic_destroy(attic);
}
END_TEST

/* In the order asked, what there is not left out. */
START_TEST(files_come_in_the_order_asked) {
    struct attic *attic = attic_create(stores[_i], NULL);
    struct wire_file *one = upload(attic, 1, 1, true);
    struct wire_file *two = upload(attic, 2, 2, true);
    kit_commit(&attic->kit);
    struct wire_file_name names[] = {{.file = two->file},
                                     {.file = {ID_MAX}},
                                     {.secret = SLICE("0123456789abcdef")},
                                     {.secret = one->secret},
                                     {.file = two->file}};
    struct wire wire = {.kind = WIRE_READ_FILES};
    wire.as.read_files.names = names;
    wire.as.read_files.names_count = 5;
    const char *answer = kit_ask(&attic->kit, &wire);
    const char *at = strstr(answer, "owner=2");
    ck_assert_ptr_nonnull(at);
    at = strstr(at, "owner=1");
    ck_assert_ptr_nonnull(at);
    at = strstr(at, "owner=2");
    ck_assert_ptr_nonnull(at);
    ck_assert_ptr_null(strstr(at + 1, "owner="));
    attic_destroy(attic);
}
END_TEST

START_TEST(unused_files_are_hidden_and_collected) {
    struct attic *attic = attic_create(stores[_i], NULL);
    struct wire_file *loose = upload(attic, 1, 5000, true);
    struct wire_file *part = upload(attic, 1, 65536, false);
    struct wire_file *kept = upload(attic, 1, 7, true);
    struct world_send send = {.text = "look", .file = kept};
    world_send(&attic->world, 0, 1, &send);
    kit_commit(&attic->kit);
    int64_t born_us = loose->created_us;
    ck_assert(is_there(attic, loose, born_us + 23 * HOUR_US));
    ck_assert(!is_there(attic, loose, born_us + 23 * HOUR_US + 1));
    ck_assert(is_there(attic, kept, born_us + 400 * DAY_US));
    ck_assert_uint_eq(collect(attic, born_us, 10), 0);
    ck_assert_uint_eq(collect(attic, born_us + 1, 1), 1);
    ck_assert_uint_eq(collect(attic, born_us + 1, 10), 1);
    ck_assert_uint_eq(collect(attic, born_us + 400 * DAY_US, 10), 0);
    kit_reopen(&attic->kit);
    ck_assert(!is_there(attic, loose, born_us));
    ck_assert(!has_bytes(attic, loose));
    ck_assert(!has_bytes(attic, part));
    ck_assert(has_bytes(attic, kept));
    attic_destroy(attic);
}
END_TEST

/* In two messages of two rooms; an edit keeps it; the last deletion begins its
 * day. */
START_TEST(messages_keep_their_files) {
    struct attic *attic = attic_create(stores[_i], NULL);
    struct world *world = &attic->world;
    struct wire_file *file = upload(attic, 1, 9, true);
    struct world_send send = {.text = "look", .file = file};
    world_send(world, 0, 1, &send);
    world_send(world, 1, 1, &send);
    world_edit(world, 0, 1, "see");
    kit_commit(&attic->kit);
    world_delete(world, 0, 1);
    kit_commit(&attic->kit);
    ck_assert_uint_eq(collect(attic, INT64_MAX, 10), 0);
    world->now_us += 5 * DAY_US;
    world_delete(world, 1, 1);
    int64_t free_us = world->now_us;
    kit_commit(&attic->kit);
    ck_assert(is_there(attic, file, free_us + 23 * HOUR_US));
    ck_assert(!is_there(attic, file, free_us + 23 * HOUR_US + 1));
    ck_assert_uint_eq(collect(attic, free_us, 10), 0);
    /* In use again. */
    world_send(world, 2, 1, &send);
    kit_commit(&attic->kit);
    ck_assert_uint_eq(collect(attic, free_us + 1, 10), 0);
    world_drop(world, 2);
    kit_commit(&attic->kit);
    ck_assert_uint_eq(collect(attic, free_us + 1, 10), 1);
    ck_assert(!has_bytes(attic, file));
    attic_destroy(attic);
}
END_TEST

/* What is not there is no hindrance. */
START_TEST(a_collected_file_may_be_named) {
    struct attic *attic = attic_create(stores[_i], NULL);
    struct wire_file *file = upload(attic, 1, 9, true);
    kit_commit(&attic->kit);
    ck_assert_uint_eq(collect(attic, INT64_MAX, 10), 1);
    struct world_send send = {.text = "gone", .file = file};
    world_send(&attic->world, 0, 1, &send);
    world_delete(&attic->world, 0, 1);
    kit_commit(&attic->kit);
    ck_assert(!is_there(attic, file, START_US));
    ck_assert_uint_eq(collect(attic, INT64_MAX, 10), 0);
    attic_destroy(attic);
}
END_TEST

static uint64_t roll(uint64_t *state, uint64_t sides) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state % sides;
}

static void random_send(struct attic *attic, uint32_t room, uint64_t *dice) {
    struct world_send send = {.text = "x"};
    if (attic->committed && roll(dice, 4))
        send.file = &attic->files[roll(dice, attic->committed)];
    if (!attic->world.rooms[room].deleted)
        world_send(&attic->world, room, 1 + roll(dice, 3), &send);
}

static void random_change(struct attic *attic, uint32_t room, uint64_t *dice) {
    struct world *world = &attic->world;
    uint64_t last = world->rooms[room].state.ordinal;
    uint64_t ordinal = last ? 1 + roll(dice, last) : 0;
    if (world->rooms[room].deleted || ordinal == 0 ||
        world_message(world, room, ordinal)->deleted)
        return;
    if (roll(dice, 3))
        world_delete(world, room, ordinal);
    else
        world_edit(world, room, ordinal, "edited");
}

static void random_step(struct attic *attic, uint64_t *dice) {
    uint32_t room = (uint32_t)roll(dice, 4);
    uint64_t which = roll(dice, 100);
    attic->world.now_us += (int64_t)roll(dice, (uint64_t)HOUR_US);
    if (which < 25 && attic->count < FILES_MAX)
        upload(attic, 1 + roll(dice, 3),
               roll(dice, 8) ? 1 + roll(dice, 9) : LIMIT_FILE_CHUNK_BYTES + 1,
               roll(dice, 5) != 0);
    else if (which < 65)
        random_send(attic, room, dice);
    else if (which < 99 || attic->world.rooms[room].deleted)
        random_change(attic, room, dice);
    else
        world_drop(&attic->world, room);
}

START_TEST(stores_agree_about_files) {
    struct attic *attic = attic_create(&store_memory, &store_rocksdb);
    uint64_t dice = UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1);
    for (uint32_t i = 0; i < STEPS; i++) {
        random_step(attic, &dice);
        if (roll(&dice, 6) && i + 1 < STEPS)
            continue;
        kit_commit(&attic->kit);
        attic->committed = attic->count;
        if (roll(&dice, 10) == 0)
            kit_reopen(&attic->kit);
        if (roll(&dice, 3) == 0)
            collect(attic, attic->world.now_us - DAY_US,
                    1 + (uint32_t)roll(&dice, 3));
        for (uint32_t at = 0; at < attic->count; at++) {
            is_there(attic, &attic->files[at], attic->world.now_us);
            ask_bytes(attic, attic->files[at].file, 0);
        }
        kit_forget(&attic->kit);
    }
    collect(attic, INT64_MAX, FILES_MAX);
    for (uint32_t at = 0; at < attic->count; at++)
        ask_bytes(attic, attic->files[at].file, 0);
    attic_destroy(attic);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_files");
    TCase *tests = tcase_create("store_files");
    tcase_add_loop_test(tests, a_file_is_found_by_id_and_secret, 0, STORES);
    tcase_add_loop_test(tests, files_come_in_the_order_asked, 0, STORES);
    tcase_add_loop_test(tests, unused_files_are_hidden_and_collected, 0,
                        STORES);
    tcase_add_loop_test(tests, messages_keep_their_files, 0, STORES);
    tcase_add_loop_test(tests, a_collected_file_may_be_named, 0, STORES);
    tcase_add_loop_test(tests, stores_agree_about_files, 0, SEEDS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
