/* test_store_disk.c - the RocksDB store and its directory: what it refuses to
 * open, what it survives, what it leaves to others to read. */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rocksdb/c.h>

#include "persister/rocksdb/keys.h"
#include "persister/rocksdb/rows.h"
#include "tests/unit/store_world.h"

#define ROUNDS 300u

static enum err try_open(const char *path, struct store **store,
                         struct store_error *error) {
    const struct store_config config = {.path = path,
                                        .durable = true,
                                        .cache_bytes = 4u << 20,
                                        .write_buffer_bytes = 4u << 20};
    *error = (struct store_error){""};
    *store = NULL;
    return store_rocksdb.open(&config, store, error);
}

static void expect_refusal(const char *path, enum err expected,
                           const char *text) {
    struct store *store;
    struct store_error error;
    enum err err = try_open(path, &store, &error);
    ck_assert_msg(err == expected, "%s: %s", err_text(err), error.text);
    ck_assert_msg(strstr(error.text, text) != NULL, "says: %s", error.text);
    ck_assert_msg(strstr(error.text, path) != NULL, "says: %s", error.text);
    ck_assert_ptr_null(strchr(error.text, '\n'));
}

/* Appends profiles of user 1, one batch each, from |first_seq| on. */
static void fill(struct store *store, uint64_t first_seq, uint32_t count) {
    struct buf bytes = {0};
    struct store_error error = {""};
    for (uint32_t i = 0; i < count; i++) {
        struct store_batch read;
        struct wire record = {.kind = RECORD_USER_PUT,
                              .as.record_user_put.profile = {
                                  .user = {1}, .username = SLICE("somebody")}};
        buf_clear(&bytes);
        wire_encode(&record, &bytes);
        struct slice slice = buf_slice(&bytes);
        struct wire_batch batch = {.partition = 1,
                                   .epoch = 1,
                                   .first_seq = first_seq + i,
                                   .records = &slice,
                                   .records_count = 1};
        read =
            (struct store_batch){&batch, &record, store_batch_digest(&batch)};
        enum err err = store_rocksdb.append(store, &read, 1, &error);
        ck_assert_msg(err == ERR_OK, "%s", error.text);
    }
    buf_finish(&bytes);
}

/* The log that is written now, as a path. */
static void find_wal(const char *directory, char *path, size_t size) {
    DIR *list = opendir(directory);
    off_t most = -1;
    ck_assert_ptr_nonnull(list);
    for (struct dirent *entry; (entry = readdir(list));) {
        char candidate[512];
        struct stat stat_of;
        size_t length = strlen(entry->d_name);
        snprintf(candidate, sizeof candidate, "%s/%s", directory,
                 entry->d_name);
        if (length > 4 && strcmp(entry->d_name + length - 4, ".log") == 0 &&
            stat(candidate, &stat_of) == 0 && stat_of.st_size > most) {
            most = stat_of.st_size;
            snprintf(path, size, "%s", candidate);
        }
    }
    closedir(list);
    ck_assert_int_gt(most, 0);
}

/* A store that was killed after ROUNDS synced appends. */
static void make_killed_store(char path[static 64]) {
    struct store *store;
    struct store_error error;
    kit_make_directory(path);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    fill(store, 1, ROUNDS);
    /* RocksDB keeps the log until its memtable is flushed, and closing does
     * not flush: what is on disk is what a kill would leave. */
    store_rocksdb.close(store);
}

START_TEST(a_flipped_byte_refuses_the_start) {
    char path[64];
    char wal[512];
    char byte;
    make_killed_store(path);
    find_wal(path, wal, sizeof wal);
    struct stat stat_of;
    ck_assert_int_eq(stat(wal, &stat_of), 0);
    /* At several places, each alone. */
    off_t offset = stat_of.st_size * (_i + 1) / 5;
    int file = open(wal, O_RDWR);
    ck_assert_int_eq(pread(file, &byte, 1, offset), 1);
    byte ^= 1;
    ck_assert_int_eq(pwrite(file, &byte, 1, offset), 1);
    close(file);
    expect_refusal(path, ERR_CORRUPT, "orruption");
    expect_refusal(path, ERR_CORRUPT, "restore a backup");
    /* Nothing was thrown away: mended, it is whole. */
    file = open(wal, O_RDWR);
    byte ^= 1;
    ck_assert_int_eq(pwrite(file, &byte, 1, offset), 1);
    close(file);
    struct store *store;
    struct store_error error;
    struct store_heads heads;
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    store_rocksdb.heads(store, &heads);
    ck_assert_uint_eq(heads.seq[1], ROUNDS);
    store_rocksdb.close(store);
    kit_remove_directory(path);
}
END_TEST

/* The end of a write that a power cut interrupted: never acknowledged. */
START_TEST(a_torn_tail_is_cut) {
    char path[64];
    char wal[512];
    struct stat stat_of;
    struct store *store;
    struct store_error error;
    struct store_heads heads;
    make_killed_store(path);
    find_wal(path, wal, sizeof wal);
    ck_assert_int_eq(stat(wal, &stat_of), 0);
    ck_assert_int_eq(truncate(wal, stat_of.st_size - 5), 0);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    store_rocksdb.heads(store, &heads);
    ck_assert_uint_eq(heads.seq[1], ROUNDS - 1);
    fill(store, ROUNDS, 3);
    store_rocksdb.close(store);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    store_rocksdb.heads(store, &heads);
    ck_assert_uint_eq(heads.seq[1], ROUNDS + 2);
    store_rocksdb.close(store);
    kit_remove_directory(path);
}
END_TEST

/* Opens the database behind the store's back, with its families. */
static rocksdb_t *open_behind(rocksdb_options_t *options, const char *path,
                              rocksdb_column_family_handle_t *handles[2]) {
    const char *names[] = {"default", "files"};
    const rocksdb_options_t *each[] = {options, options};
    char *text = NULL;
    rocksdb_options_set_create_missing_column_families(options, 1);
    rocksdb_t *db = rocksdb_open_column_families(options, path, 2, names, each,
                                                 handles, &text);
    ck_assert_msg(!text, "%s", text);
    return db;
}

static void close_behind(rocksdb_t *db,
                         rocksdb_column_family_handle_t *handles[2]) {
    rocksdb_column_family_handle_destroy(handles[0]);
    rocksdb_column_family_handle_destroy(handles[1]);
    rocksdb_close(db);
}

/* Writes one row behind the store's back. */
static void plant(const char *path, const struct key *key, const char *value,
                  size_t size) {
    char *text = NULL;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_column_family_handle_t *handles[2];
    rocksdb_t *db = open_behind(options, path, handles);
    rocksdb_put(db, write, key->bytes, key->size, value, size, &text);
    ck_assert_msg(!text, "%s", text);
    close_behind(db, handles);
    rocksdb_writeoptions_destroy(write);
    rocksdb_options_destroy(options);
}

START_TEST(a_newer_format_is_refused) {
    char path[64];
    struct store *store;
    struct store_error error;
    struct buf value = {0};
    struct key key = key_meta(SLICE("format"));
    kit_make_directory(path);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    store_rocksdb.close(store);
    row_put_number(FORMAT_VERSION + 1, &value);
    plant(path, &key, value.data, value.size);
    expect_refusal(path, ERR_VERSION, "format version 2");
    buf_finish(&value);
    kit_remove_directory(path);
}
END_TEST

START_TEST(another_programs_data_is_refused) {
    char path[64];
    struct key key = {.size = 3, .bytes = "abc"};
    kit_make_directory(path);
    plant(path, &key, "1", 1);
    expect_refusal(path, ERR_CORRUPT, "no store of this program");
    kit_remove_directory(path);
}
END_TEST

START_TEST(a_lost_current_file_is_no_new_store) {
    char path[64];
    char current[128];
    make_killed_store(path);
    snprintf(current, sizeof current, "%s/CURRENT", path);
    ck_assert_int_eq(unlink(current), 0);
    expect_refusal(path, ERR_CORRUPT, "CURRENT");
    kit_remove_directory(path);
}
END_TEST

START_TEST(two_cannot_open_it) {
    char path[64];
    struct store *store;
    struct store_error error;
    kit_make_directory(path);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    expect_refusal(path, ERR_BUSY, "in use");
    store_rocksdb.close(store);
    kit_remove_directory(path);
}
END_TEST

START_TEST(a_directory_that_cannot_be_made_is_refused) {
    expect_refusal("/proc/no", ERR_IO, "No such file");
    expect_refusal("/dev/null", ERR_IO, "Not a directory");
}
END_TEST

START_TEST(nobody_else_may_look) {
    char path[64];
    char inner[80];
    struct store *store;
    struct store_error error;
    struct stat stat_of;
    kit_make_directory(path);
    snprintf(inner, sizeof inner, "%s/store", path);
    umask(077); /* As the program does. */
    ck_assert_int_eq(try_open(inner, &store, &error), ERR_OK);
    fill(store, 1, 1);
    store_rocksdb.close(store);
    ck_assert_int_eq(stat(inner, &stat_of), 0);
    ck_assert_uint_eq(stat_of.st_mode & 0777, 0700);
    DIR *list = opendir(inner);
    for (struct dirent *entry; (entry = readdir(list));) {
        char file[512];
        snprintf(file, sizeof file, "%s/%s", inner, entry->d_name);
        ck_assert_int_eq(stat(file, &stat_of), 0);
        if (S_ISREG(stat_of.st_mode))
            ck_assert_msg((stat_of.st_mode & 077) == 0, "%s", file);
    }
    closedir(list);
    kit_remove_directory(path);
}
END_TEST

/* A row that is damaged is an error of the read that needs it, not a crash and
 * not "not found"; other reads go on. */
START_TEST(a_malformed_row_is_an_error) {
    char path[64];
    struct store *store;
    struct store_error error;
    struct arena arena = {0};
    struct wire out;
    struct key key = key_user((user_id){2});
    make_killed_store(path);
    plant(path, &key, "\x93\x01", 2);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    struct wire wire = {.kind = WIRE_READ_USER, .as.read_user.user = {2}};
    ck_assert_int_eq(store_rocksdb.read(store, &wire, &arena, &out, &error),
                     ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.text, "user"));
    wire.as.read_user.user.value = 1;
    ck_assert_int_eq(store_rocksdb.read(store, &wire, &arena, &out, &error),
                     ERR_OK);
    ck_assert(out.as.row_user.found);
    arena_finish(&arena);
    store_rocksdb.close(store);
    kit_remove_directory(path);
}
END_TEST

/* The log cannot grow any more: the write fails, nothing is tried again, reads
 * go on. */
START_TEST(a_failed_write_ends_writing) {
    char path[64];
    struct store *store;
    struct store_error error = {""};
    struct store_heads heads;
    struct arena arena = {0};
    struct wire out;
    kit_make_directory(path);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    fill(store, 1, 5);
    ck_assert_int_eq(store_rocksdb.claim(store, 7, &error), ERR_OK);
    const struct rlimit none = {0, RLIM_INFINITY};
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_int_eq(store_rocksdb.claim(store, 8, &error), ERR_IO);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    ck_assert_str_ne(error.text, "");
    /* Though it might succeed now. */
    ck_assert_int_eq(store_rocksdb.claim(store, 9, &error), ERR_IO);
    ck_assert_str_ne(error.text, "");
    store_rocksdb.heads(store, &heads);
    ck_assert_uint_eq(heads.epoch, 7);
    struct wire wire = {.kind = WIRE_READ_USER, .as.read_user.user = {1}};
    ck_assert_int_eq(store_rocksdb.read(store, &wire, &arena, &out, &error),
                     ERR_OK);
    ck_assert(out.as.row_user.found);
    arena_finish(&arena);
    store_rocksdb.close(store);
    ck_assert_int_eq(try_open(path, &store, &error), ERR_OK);
    store_rocksdb.heads(store, &heads);
    ck_assert_uint_eq(heads.seq[1], 5);
    store_rocksdb.close(store);
    kit_remove_directory(path);
}
END_TEST

/* The same for messages: what was not stored is not shown, what was is as it
 * was, and both stay so. */
START_TEST(a_failed_write_shows_nothing) {
    const uint64_t users[] = {1, 2};
    const struct world_send send = {.text = "x", .request_key = "r"};
    struct store_error error = {""};
    struct kit kit;
    struct world world;
    kit_init(&kit, &store_rocksdb, NULL);
    world_init(&world, &kit);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", users, 2);
    uint32_t partition = room_partition(world_id(&world, room));
    for (uint32_t i = 0; i < 100; i++) /* So that spots are to be moved. */
        world_send(&world, room, 1, &send);
    kit_commit(&kit);
    struct wire questions[] = {
        {.kind = WIRE_READ_ROOM, .as.read_room.room = world_id(&world, room)},
        {.kind = WIRE_READ_MESSAGE,
         .as.read_message.message = world_message(&world, room, 100)->message},
        {.kind = WIRE_READ_MESSAGE,
         .as.read_message.message = {kit_next_id(&kit, partition)}},
        {.kind = WIRE_READ_SENT,
         .as.read_sent = {
             world_id(&world, room), {1}, SENT_BY_REQUEST_KEY, SLICE("r")}}};
    const char *before[4];
    for (size_t i = 0; i < 4; i++)
        before[i] = kit_ask(&kit, &questions[i]);
    ck_assert_str_eq(before[2], "row_message");
    struct wire record = {
        .kind = RECORD_MESSAGE_CREATED,
        .as.record_message_created = {
            .message = {.message = {kit_next_id(&kit, partition)},
                        .room = world_id(&world, room),
                        .ordinal = 101,
                        .place = 102,
                        .author = {1}},
            .state = {.place = 102, .ordinal = 101, .live_total = 101},
            .author = {.user = {1}, .own_total = 101},
            .request_key = SLICE("r")}};
    struct buf bytes = {0};
    wire_encode(&record, &bytes);
    struct slice slice = buf_slice(&bytes);
    const struct wire_batch batch = {.partition = (uint8_t)partition,
                                     .epoch = 1,
                                     .first_seq = kit_next_id(&kit, partition) /
                                                  PARTITION_COUNT,
                                     .records = &slice,
                                     .records_count = 1};
    const struct store_batch read = {&batch, &record,
                                     store_batch_digest(&batch)};
    const struct rlimit none = {0, RLIM_INFINITY};
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    ck_assert_int_eq(kit.ops[0]->append(kit.stores[0], &read, 1, &error),
                     ERR_IO);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(kit_ask(&kit, &questions[i]), before[i]);
    kit_reopen(&kit);
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(kit_ask(&kit, &questions[i]), before[i]);
    buf_finish(&bytes);
    world_finish(&world);
    kit_finish(&kit);
}
END_TEST

/* A hole among the rows of groups is damage, not a shorter history. */
START_TEST(a_lost_group_is_refused) {
    char path[64];
    char *text = NULL;
    struct key key = key_group(_i == 0 ? ROUNDS - 10 : 256);
    make_killed_store(path);
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_writeoptions_t *write = rocksdb_writeoptions_create();
    rocksdb_column_family_handle_t *handles[2];
    rocksdb_t *db = open_behind(options, path, handles);
    rocksdb_delete(db, write, key.bytes, key.size, &text);
    ck_assert_msg(!text, "%s", text);
    close_behind(db, handles);
    rocksdb_writeoptions_destroy(write);
    rocksdb_options_destroy(options);
    struct store *store;
    struct store_error error;
    ck_assert_int_eq(try_open(path, &store, &error), ERR_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error.text, "\"group\""));
    kit_remove_directory(path);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_disk");
    TCase *tests = tcase_create("store_disk");
    tcase_add_loop_test(tests, a_flipped_byte_refuses_the_start, 0, 4);
    tcase_add_test(tests, a_torn_tail_is_cut);
    tcase_add_test(tests, a_newer_format_is_refused);
    tcase_add_test(tests, another_programs_data_is_refused);
    tcase_add_test(tests, a_lost_current_file_is_no_new_store);
    tcase_add_test(tests, two_cannot_open_it);
    tcase_add_test(tests, a_directory_that_cannot_be_made_is_refused);
    tcase_add_test(tests, nobody_else_may_look);
    tcase_add_test(tests, a_malformed_row_is_an_error);
    tcase_add_test(tests, a_failed_write_ends_writing);
    tcase_add_test(tests, a_failed_write_shows_nothing);
    tcase_add_loop_test(tests, a_lost_group_is_refused, 0, 2);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
