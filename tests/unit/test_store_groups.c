/* test_store_groups.c - what only shows over many appends: where messages are,
 * heads and digests across snapshots, the counts of authors whose rows lag
 * behind, keys that are looked up in the messages themselves. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "persister/rocksdb/fresh_cache.h"
#include "tests/unit/store_world.h"

static const struct store_ops *const stores[] = {&store_memory, &store_rocksdb};

#define STORES ((int)(sizeof stores / sizeof *stores))

static void start(struct kit *kit, struct world *world,
                  const struct store_ops *ops) {
    kit_init(kit, ops, NULL);
    world_init(world, kit);
}

static void finish(struct kit *kit, struct world *world) {
    world_finish(world);
    kit_finish(kit);
}

static void send(struct world *world, uint32_t room, uint64_t user) {
    const struct world_send message = {.text = "x"};
    world_send(world, room, user, &message);
}

/* --- Where messages are --------------------------------------------------- */

static void expect_message(struct world *world, uint32_t room,
                           uint64_t ordinal) {
    struct store_error error = {""};
    struct wire out;
    struct wire wire = {.kind = WIRE_READ_MESSAGE,
                        .as.read_message.message =
                            world_message(world, room, ordinal)->message};
    struct kit *kit = world->kit;
    enum err err =
        kit->ops[0]->read(kit->stores[0], &wire, &kit->arena, &out, &error);
    ck_assert_msg(err == ERR_OK, "%s", error.text);
    ck_assert(out.as.row_message.found);
    ck_assert_uint_eq(out.as.row_message.message.room.value,
                      world_id(world, room).value);
    ck_assert_uint_eq(out.as.row_message.message.ordinal, ordinal);
}

static void expect_all_messages(struct world *world) {
    for (uint32_t room = 0; room < world->rooms_count; room++) {
        for (uint64_t i = 1; i <= world->rooms[room].state.ordinal; i++)
            expect_message(world, room, i);
        kit_forget(world->kit);
    }
}

/* No id of the partition that is no message's leads anywhere. */
static void expect_no_other(struct world *world, uint32_t room) {
    uint32_t partition = room_partition(world_id(world, room));
    uint64_t end = kit_next_id(world->kit, partition) + 3 * PARTITION_COUNT;
    uint64_t ordinal = 1;
    for (uint64_t id = partition; id < end; id += PARTITION_COUNT) {
        struct wire wire = {.kind = WIRE_READ_MESSAGE,
                            .as.read_message.message = {id}};
        if (ordinal <= world->rooms[room].state.ordinal &&
            id == world_message(world, room, ordinal)->message.value)
            ordinal++;
        else if (id != 0)
            ck_assert_str_eq(kit_ask(world->kit, &wire), "row_message");
    }
}

START_TEST(messages_are_found_over_snapshots) {
    static const char *const keys[] = {"a", "b", "c"};
    const uint64_t users[] = {1, 2, 3};
    struct kit kit;
    struct world world;
    struct store_heads heads;
    start(&kit, &world, stores[_i]);
    for (uint32_t i = 0; i < 3; i++)
        world_create(&world, ROOM_PROJECT, keys[i], users, 3);
    for (uint32_t i = 0; i < 600; i++) {
        /* Rooms of different haste, and records that are no messages. */
        send(&world, 0, 1);
        if (i % 9 == 0)
            send(&world, 1, 2);
        if (i % 50 == 0)
            world_mark(&world, 0, 3, world.rooms[0].state.ordinal);
        for (uint32_t at = 0; i == 300 && at < 700; at++)
            send(&world, 2, 3); /* Several rows of one group. */
        kit_commit(&kit);
        if (i % 97 == 0 || i == 255 || i == 256 || i == 257)
            kit_reopen(&kit);
        expect_message(&world, 0, world.rooms[0].state.ordinal);
        if (i % 100 == 99)
            expect_all_messages(&world);
    }
    for (uint32_t again = 0; again < 2; again++) {
        expect_all_messages(&world);
        for (uint32_t room = 0; room < 3; room++)
            expect_no_other(&world, room);
        kit.ops[0]->heads(kit.stores[0], &heads);
        for (uint32_t i = 0; i < PARTITION_COUNT; i++)
            ck_assert_uint_eq(heads.seq[i], kit.queues[i].next_seq - 1);
        kit_reopen(&kit);
    }
    finish(&kit, &world);
}
END_TEST

START_TEST(digests_are_kept_over_snapshots) {
    struct kit kit;
    struct world world;
    uint64_t digests[300];
    uint32_t count;
    uint64_t digest;
    start(&kit, &world, stores[_i]);
    for (uint64_t i = 0; i < 300; i++) {
        /* Batches of two records, with another partition in every third. */
        world_profile(&world, 5, i % 2 ? "odd" : "even");
        world_profile(&world, 5, i % 7 ? "a" : "b");
        if (i % 3 == 0)
            world_profile(&world, 6, "c");
        kit_commit(&kit);
        ck_assert_int_eq(kit.ops[0]->batch_digest(kit.stores[0], 5, 2 * i + 1,
                                                  &count, &digests[i]),
                         ERR_OK);
        if (i == 200 || i == 256)
            kit_reopen(&kit);
    }
    kit_reopen(&kit);
    for (uint64_t i = 0; i < 300; i++) {
        ck_assert_int_eq(kit.ops[0]->batch_digest(kit.stores[0], 5, 2 * i + 1,
                                                  &count, &digest),
                         ERR_OK);
        ck_assert_uint_eq(count, 2);
        ck_assert_uint_eq(digest, digests[i]);
    }
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 6, 100, &count, &digest),
        ERR_OK);
    ck_assert_int_eq(
        kit.ops[0]->batch_digest(kit.stores[0], 6, 101, &count, &digest),
        ERR_NOT_FOUND);
    finish(&kit, &world);
}
END_TEST

/* Old groups are given up; what is in the rows stays. */
START_TEST(old_groups_are_pruned) {
    const uint64_t users[] = {1};
    const uint64_t total = 8192 + 4 * 256;
    struct kit kit;
    struct world world;
    uint32_t count;
    uint64_t digest;
    start(&kit, &world, &store_rocksdb);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", users, 1);
    uint32_t partition = room_partition(world_id(&world, room));
    world_profile(&world, partition == 5 ? 6 : 5, "a");
    for (uint64_t i = 0; i < total; i++) {
        send(&world, room, 1);
        kit_commit(&kit);
        kit_forget(&kit);
    }
    kit_reopen(&kit);
    expect_all_messages(&world);
    ck_assert_int_eq(kit.ops[0]->batch_digest(kit.stores[0], partition,
                                              total - 100, &count, &digest),
                     ERR_OK);
    /* Its only batch came with the first group. */
    ck_assert_int_eq(kit.ops[0]->batch_digest(kit.stores[0],
                                              partition == 5 ? 6 : 5, 1, &count,
                                              &digest),
                     ERR_NOT_FOUND);
    finish(&kit, &world);
}
END_TEST

struct watch {
    struct kit *kit;
    _Atomic uint64_t committed; /* The id of the newest message committed. */
    uint64_t first;
    uint64_t lost;
    _Atomic bool stop;
};

/* Reads committed messages by id, the newest most often. */
static void *watch_messages(void *pointer) {
    struct watch *watch = pointer;
    struct arena arena = {0};
    uint64_t turn = 0;
    while (!watch->stop) {
        uint64_t newest = watch->committed;
        uint64_t back = turn++ % 200 * PARTITION_COUNT;
        struct store_error error;
        struct wire out;
        struct wire wire = {.kind = WIRE_READ_MESSAGE,
                            .as.read_message.message = {newest}};
        if (newest == 0)
            continue;
        if (newest - watch->first >= back)
            wire.as.read_message.message.value = newest - back;
        enum err err = watch->kit->ops[0]->read(watch->kit->stores[0], &wire,
                                                &arena, &out, &error);
        if (err != ERR_OK || !out.as.row_message.found)
            watch->lost++;
        arena_reset(&arena);
    }
    arena_finish(&arena);
    return NULL;
}

/* Where a message is goes from memory to a row, and is always in one. */
START_TEST(a_message_is_found_from_its_commit_on) {
    const uint64_t users[] = {1};
    struct kit kit;
    struct world world;
    pthread_t thread;
    start(&kit, &world, stores[_i]);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", users, 1);
    kit_commit(&kit);
    struct watch watch = {.kit = &kit};
    watch.first = kit_next_id(&kit, room_partition(world_id(&world, room)));
    ck_assert_int_eq(pthread_create(&thread, NULL, watch_messages, &watch), 0);
    for (uint32_t i = 0; i < 1500; i++) {
        for (uint32_t at = 0; at <= i % 5; at++)
            send(&world, room, 1);
        kit_commit(&kit);
        watch.committed =
            world_message(&world, room, world.rooms[room].state.ordinal)
                ->message.value;
    }
    watch.stop = true;
    pthread_join(thread, NULL);
    ck_assert_uint_eq(watch.lost, 0);
    finish(&kit, &world);
}
END_TEST

/* --- Authors -------------------------------------------------------------- */

/* The members' own_total as the store says and as they were made. */
static void expect_totals(struct world *world, uint32_t room) {
    struct kit *kit = world->kit;
    struct wire wire = {.kind = WIRE_READ_ROOM,
                        .as.read_room.room = world_id(world, room)};
    struct store_error error;
    struct wire out;
    ck_assert_int_eq(
        kit->ops[0]->read(kit->stores[0], &wire, &kit->arena, &out, &error),
        ERR_OK);
    const struct wire_row_room *row = &out.as.row_room;
    const struct world_room *own = &world->rooms[room];
    ck_assert_uint_eq(row->state.place, own->state.place);
    ck_assert_uint_eq(row->state.ordinal, own->state.ordinal);
    ck_assert_uint_eq(row->state.live_total, own->state.live_total);
    for (uint32_t i = 0; i < row->members_count; i++) {
        const struct wire_member *member = &row->members[i];
        const struct wire_member *made = &own->members[member->user.value];
        ck_assert_uint_eq(member->own_total, made->own_total);
        ck_assert_uint_eq(member->mark, made->mark);
        ck_assert_uint_eq(member->seen, made->seen);
        ck_assert_uint_eq(member->role, made->role);
    }
}

static const uint64_t crowd[] = {1, 2,  3,  4,  5,  6,  7, 8,
                                 9, 10, 11, 12, 13, 14, 15};

START_TEST(many_authors_are_counted) {
    struct kit kit;
    struct world world;
    start(&kit, &world, stores[_i]);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", crowd, 15);
    for (uint32_t i = 0; i < 100; i++) {
        send(&world, room, 1 + i * 7 % (i < 50 ? 8 : 15));
        if (i % 4 == 3)
            kit_commit(&kit);
        if (i % 12 == 11)
            kit_reopen(&kit);
        if (i % 4 == 3)
            expect_totals(&world, room);
    }
    /* All of them in one group, in a room that is not remembered. */
    kit_reopen(&kit);
    for (uint64_t user = 1; user <= 15; user++)
        send(&world, room, user);
    kit_commit(&kit);
    expect_totals(&world, room);
    kit_reopen(&kit);
    expect_totals(&world, room);
    finish(&kit, &world);
}
END_TEST

START_TEST(an_author_who_reads_leaves_and_returns_is_counted) {
    struct kit kit;
    struct world world;
    start(&kit, &world, stores[_i]);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", crowd, 3);
    /* Each step in a group of its own, then all in one. */
    for (uint32_t together = 0; together < 2; together++) {
        for (uint32_t at = 0; at < 9; at++) {
            uint64_t last = world.rooms[room].state.ordinal;
            if (at == 0 || at == 1 || at == 3 || at == 6)
                send(&world, room, 1);
            else if (at == 2)
                world_mark(&world, room, 1, last);
            else if (at == 4)
                world_leave(&world, room, 1);
            else if (at == 5)
                world_join(&world, room, 1, ROLE_MODERATOR);
            else if (at == 7)
                world_delete(&world, room, last);
            else
                world_mark(&world, room, 2, last);
            if (together)
                continue;
            kit_commit(&kit);
            expect_totals(&world, room);
            kit_reopen(&kit);
            expect_totals(&world, room);
        }
        kit_commit(&kit);
        expect_totals(&world, room);
        kit_reopen(&kit);
        expect_totals(&world, room);
    }
    finish(&kit, &world);
}
END_TEST

/* What was put together and not written must leave no trace. */
START_TEST(a_refused_group_counts_nothing) {
    struct kit kit;
    struct world world;
    struct store_error error = {""};
    start(&kit, &world, stores[_i]);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", crowd, 2);
    send(&world, room, 1);
    kit_commit(&kit);
    uint32_t partition = room_partition(world_id(&world, room));
    struct wire record = {
        .kind = RECORD_MESSAGE_CREATED,
        .as.record_message_created = {
            .message = {.message = {kit_next_id(&kit, partition)},
                        .room = world_id(&world, room),
                        .ordinal = 2,
                        .place = 3,
                        .author = {1}},
            .state = {.place = 3, .ordinal = 2, .live_total = 2},
            .author = {.user = {1}, .own_total = 77}}};
    struct buf bytes = {0};
    wire_encode(&record, &bytes);
    struct slice texts[] = {buf_slice(&bytes), SLICE("what is no record")};
    const struct wire records[] = {record, {.kind = WIRE_KEEP}};
    const struct wire_batch batch = {.partition = (uint8_t)partition,
                                     .epoch = 1,
                                     .first_seq = kit_next_id(&kit, partition) /
                                                  PARTITION_COUNT,
                                     .records = texts,
                                     .records_count = 2};
    const struct store_batch read = {&batch, records,
                                     store_batch_digest(&batch)};
    ck_assert_int_eq(kit.ops[0]->append(kit.stores[0], &read, 1, &error),
                     ERR_CORRUPT);
    expect_totals(&world, room);
    world_mark(&world, room, 2, 1);
    send(&world, room, 2);
    kit_commit(&kit);
    expect_totals(&world, room);
    expect_all_messages(&world);
    kit_reopen(&kit);
    expect_totals(&world, room);
    expect_all_messages(&world);
    buf_finish(&bytes);
    finish(&kit, &world);
}
END_TEST

START_TEST(the_rooms_used_last_are_remembered) {
    struct fresh_cache cache = {.newest = NULL};
    for (uint64_t i = 1; i <= FRESH_CACHE_ROOMS; i++)
        fresh_set(fresh_cache_add(&cache, (room_id){i}), (user_id){1}, i);
    ck_assert_uint_eq(
        fresh_cache_find(&cache, (room_id){1})->authors[0].own_total, 1);
    fresh_cache_drop(&cache, (room_id){5});
    for (uint64_t i = 1; i <= 3; i++)
        fresh_cache_add(&cache, (room_id){FRESH_CACHE_ROOMS + i});
    ck_assert_ptr_nonnull(fresh_cache_find(&cache, (room_id){2}));
    fresh_cache_add(&cache, (room_id){FRESH_CACHE_ROOMS + 4});
    fresh_cache_trim(&cache); /* 3 too many: 3, 4 and 6 go. */
    ck_assert_ptr_nonnull(fresh_cache_find(&cache, (room_id){1}));
    ck_assert_ptr_nonnull(fresh_cache_find(&cache, (room_id){2}));
    for (uint64_t i = 3; i <= 6; i++)
        ck_assert_ptr_null(fresh_cache_find(&cache, (room_id){i}));
    ck_assert_ptr_nonnull(fresh_cache_find(&cache, (room_id){7}));
    fresh_cache_clear(&cache);
    ck_assert_ptr_null(fresh_cache_find(&cache, (room_id){7}));
    fresh_cache_add(&cache, (room_id){7});
    fresh_cache_finish(&cache);
}
END_TEST

/* --- Keys ----------------------------------------------------------------- */

/* The ordinal of the message that is found; 0: none. */
static uint64_t find_sent(struct world *world, uint32_t room, uint64_t user,
                          enum sent_by by, const char *key) {
    struct kit *kit = world->kit;
    struct wire wire = {.kind = WIRE_READ_SENT,
                        .as.read_sent = {.room = world_id(world, room),
                                         .sender = {user},
                                         .by = (uint8_t)by,
                                         .key = slice_of(key)}};
    struct store_error error = {""};
    struct wire out;
    enum err err =
        kit->ops[0]->read(kit->stores[0], &wire, &kit->arena, &out, &error);
    ck_assert_msg(err == ERR_OK, "%s", error.text);
    return out.as.row_message.found ? out.as.row_message.message.ordinal : 0;
}

START_TEST(keys_outlive_edits_and_deletions) {
    const struct world_send first = {
        .text = "x", .client_key = "c", .request_key = "r", .origin_key = "o"};
    const struct world_send second = {
        .text = "y", .request_key = "r", .origin_key = "p"};
    struct kit kit;
    struct world world;
    start(&kit, &world, stores[_i]);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", crowd, 2);
    uint32_t other = world_create(&world, ROOM_PROJECT, "b", crowd, 2);
    world_send(&world, room, 1, &first);
    kit_commit(&kit);
    world_edit(&world, room, 1, "from disk");
    world_send(&world, room, 1, &second);
    world_edit(&world, room, 2, "of this group");
    world_edit(&world, room, 2, "again");
    world_drop(&world, other);
    world_delete(&world, room, 2);
    for (uint32_t i = 0; i < 3; i++) {
        kit_commit(&kit);
        for (uint32_t again = 0; again < 2; again++) {
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_CLIENT_KEY, "c"), 1);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_ORIGIN_KEY, "o"), 1);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_ORIGIN_KEY, "p"), 2);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_REQUEST_KEY, "r"), 2);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_REQUEST_KEY, "o"), 0);
            ck_assert_uint_eq(
                find_sent(&world, room, 2, SENT_BY_REQUEST_KEY, "r"), 0);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_REQUEST_KEY, ""), 0);
            ck_assert_uint_eq(
                find_sent(&world, other, 1, SENT_BY_REQUEST_KEY, "r"), 0);
            expect_totals(&world, room);
            kit_reopen(&kit);
        }
        /* Another message, then one more deletion. */
        if (i == 0)
            send(&world, room, 2);
        if (i == 1)
            world_delete(&world, room, 1);
    }
    finish(&kit, &world);
}
END_TEST

/* store.h: only the newest messages are looked through: 8,192 for an origin
 * key, 65,536 for a request key. */
START_TEST(the_newest_messages_are_looked_through) {
    const struct world_send known = {
        .text = "", .client_key = "c", .request_key = "r", .origin_key = "o"};
    const struct world_send other = {.text = ""};
    struct kit kit;
    struct world world;
    start(&kit, &world, &store_rocksdb);
    uint32_t room = world_create(&world, ROOM_PROJECT, "a", crowd, 2);
    world_send(&world, room, 1, &known);
    for (uint32_t i = 1; i < 65536; i++) {
        if (i == 8192) {
            kit_commit(&kit);
            ck_assert_uint_eq(
                find_sent(&world, room, 1, SENT_BY_ORIGIN_KEY, "o"), 1);
        }
        world_send(&world, room, 2, &other);
        if (i % 4000 == 0)
            kit_commit(&kit);
    }
    kit_commit(&kit);
    kit_forget(&kit);
    ck_assert_uint_eq(find_sent(&world, room, 1, SENT_BY_REQUEST_KEY, "r"), 1);
    ck_assert_uint_eq(find_sent(&world, room, 1, SENT_BY_ORIGIN_KEY, "o"), 0);
    world_send(&world, room, 2, &other);
    kit_commit(&kit);
    ck_assert_uint_eq(find_sent(&world, room, 1, SENT_BY_REQUEST_KEY, "r"), 0);
    ck_assert_uint_eq(find_sent(&world, room, 1, SENT_BY_CLIENT_KEY, "c"), 1);
    finish(&kit, &world);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_groups");
    TCase *tests = tcase_create("store_groups");
    tcase_add_loop_test(tests, messages_are_found_over_snapshots, 0, STORES);
    tcase_add_loop_test(tests, digests_are_kept_over_snapshots, 0, STORES);
    tcase_add_test(tests, old_groups_are_pruned);
    tcase_add_loop_test(tests, a_message_is_found_from_its_commit_on, 0,
                        STORES);
    tcase_add_loop_test(tests, many_authors_are_counted, 0, STORES);
    tcase_add_loop_test(
        tests, an_author_who_reads_leaves_and_returns_is_counted, 0, STORES);
    tcase_add_loop_test(tests, a_refused_group_counts_nothing, 0, STORES);
    tcase_add_test(tests, the_rooms_used_last_are_remembered);
    tcase_add_loop_test(tests, keys_outlive_edits_and_deletions, 0, STORES);
    tcase_add_test(tests, the_newest_messages_are_looked_through);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
