/* test_store_property.c - whatever happens in rooms, every store answers every
 * question as the reference does; also after it was closed and opened. */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/store_world.h"

#define SEEDS 20
#define STEPS 400
#define USERS 6u
#define CROWD 14u
#define CROWD_SEEDS 6

/* A seeded generator of our own: the same numbers on every machine. */
struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *dice, uint64_t sides) {
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state % sides;
}

static uint32_t some_room(const struct world *world, struct dice *dice) {
    uint32_t room = (uint32_t)roll(dice, world->rooms_count);
    while (world->rooms[room].deleted)
        room = (room + 1) % world->rooms_count;
    return room;
}

/* A member of the room, or 0. */
static uint64_t some_member(const struct world *world, uint32_t room,
                            struct dice *dice) {
    uint64_t user = 1 + roll(dice, USERS);
    for (uint32_t i = 0; i < USERS; i++) {
        if (world->rooms[room].is_member[user])
            return user;
        user = user % USERS + 1;
    }
    return 0;
}

static void create(struct world *world, struct dice *dice) {
    static const char *const keys[] = {"k0",  "k1",  "k2",  "k3", "k4",  "k5",
                                       "k6",  "k7",  "k8",  "k9", "k10", "k11",
                                       "k12", "k13", "k14", "k15"};
    enum room_kind kind = (enum room_kind)(1 + roll(dice, ROOM_KIND_LAST));
    const uint64_t users[] = {1 + roll(dice, 2), 3, 4 + roll(dice, 3)};
    if (world->rooms_count < sizeof keys / sizeof *keys)
        world_create(world, kind, keys[world->rooms_count], users,
                     (uint32_t)roll(dice, 4));
}

static void send(struct world *world, uint32_t room, struct dice *dice) {
    static const char *const keys[] = {"", "a", "b", "c", "dd"};
    static const char *const texts[] = {"", "hello", "a longer one", "x"};
    uint64_t user = some_member(world, room, dice);
    struct world_send message = {.text = texts[roll(dice, 4)],
                                 .client_key = keys[roll(dice, 5)],
                                 .request_key = keys[roll(dice, 5)],
                                 .origin_key = keys[roll(dice, 5)],
                                 .files = (uint32_t)roll(dice, 3)};
    uint64_t last = world->rooms[room].state.ordinal;
    if (last && roll(dice, 3) == 0)
        message.reply_to =
            world_message(world, room, 1 + roll(dice, last))->message;
    if (user)
        world_send(world, room, user, &message);
}

/* Edits, deletes or marks a message. */
static void touch(struct world *world, uint32_t room, struct dice *dice) {
    uint64_t count = world->rooms[room].state.ordinal;
    if (count == 0)
        return;
    uint64_t ordinal = 1 + roll(dice, count);
    uint64_t user = some_member(world, room, dice);
    uint64_t which = roll(dice, 4);
    if (which == 0 && user)
        world_mark(world, room, user, ordinal);
    else if (world_message(world, room, ordinal)->deleted)
        return;
    else if (which == 1)
        world_edit(world, room, ordinal, "edited");
    else
        world_delete(world, room, ordinal);
}

static void step(struct world *world, struct dice *dice) {
    uint32_t room = some_room(world, dice);
    uint64_t which = roll(dice, 100);
    if (which < 3)
        create(world, dice);
    else if (which < 5)
        world_profile(world, 1 + roll(dice, USERS + 2), which == 3 ? "a" : "b");
    else if (which < 6)
        world_seen(world, 1 + roll(dice, USERS + 2),
                   (int64_t)(1 + roll(dice, 1000)));
    else if (which < 10)
        world_join(world, room, 1 + roll(dice, USERS),
                   (enum member_role)roll(dice, ROLE_LAST + 1));
    else if (which < 13 && some_member(world, room, dice))
        world_leave(world, room, some_member(world, room, dice));
    else if (which < 14)
        world_rename(world, room, roll(dice, 2) ? "new" : "newer");
    else if (which < 15 && room > 2)
        world_drop(world, room);
    else if (which < 16)
        world_review(world, "3", roll(dice, 2) ? "open" : "in_progress",
                     world_id(world, room).value);
    else if (which < 55)
        touch(world, room, dice);
    else
        send(world, room, dice);
}

static void ask(struct world *world, const struct wire *request) {
    kit_ask(world->kit, request);
}

static void ask_history(struct world *world, room_id room, struct dice *dice) {
    struct wire request = {
        .kind = WIRE_READ_HISTORY,
        .as.read_history = {
            .room = room,
            .query = {.by = (uint8_t)(1 + roll(dice, QUERY_BY_LAST)),
                      .limit = (uint32_t)roll(dice, 12),
                      .newest = roll(dice, 2),
                      .deleted = roll(dice, 2)}}};
    struct wire_query *query = &request.as.read_history.query;
    uint64_t most = query->by == QUERY_BY_MESSAGE ? 16000 : 40;
    query->after = roll(dice, 2) ? roll(dice, most) : 0;
    query->before = roll(dice, 2) ? roll(dice, most) : 0;
    query->skip = roll(dice, 30);
    if (roll(dice, 20) == 0)
        query->after = UINT64_MAX - roll(dice, 2);
    if (roll(dice, 20) == 0)
        query->before = UINT64_MAX;
    ask(world, &request);
}

static void ask_events(struct world *world, room_id room, struct dice *dice) {
    struct wire events = {
        .kind = WIRE_READ_EVENTS,
        .as.read_events = {.room = room,
                           .after_place = roll(dice, 60),
                           .limit = (uint32_t)(1 + roll(dice, 20))}};
    struct wire count = {
        .kind = WIRE_READ_COUNT,
        .as.read_count = {.room = room,
                          .after_place = roll(dice, 60),
                          .up_to_place = roll(dice, 60),
                          .not_by = {roll(dice, USERS + 1)},
                          .by = {roll(dice, 3) ? 0 : roll(dice, USERS + 1)}}};
    ask(world, &events);
    ask(world, &count);
}

/* What follows |name| in a printed answer; fields that are 0 are left out. */
static uint64_t number_in(const char *answer, const char *name) {
    const char *at = strstr(answer, name);
    return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* What a user sees across rooms; what is unread is counted here, too. */
static void ask_rooms(struct world *world, user_id user, struct dice *dice) {
    int64_t ago_us = (int64_t)roll(dice, 400) * 500;
    struct wire wire = {
        .kind = WIRE_READ_FEED,
        .as.read_feed = {.user = user, .since_us = world->now_us - ago_us}};
    ask(world, &wire);
    for (int dialogs = 0; dialogs < 2; dialogs++) {
        wire =
            (struct wire){.kind = WIRE_READ_UNREAD,
                          .as.read_unread = {.user = user, .dialogs = dialogs}};
        ck_assert_uint_eq(number_in(kit_ask(world->kit, &wire), " count="),
                          world_unread_rooms(world, user.value, dialogs));
    }
}

static void check_unread(struct world *world, const struct world_room *own,
                         user_id user) {
    uint32_t room = (uint32_t)(own - world->rooms);
    struct wire wire = {.kind = WIRE_READ_VIEW,
                        .as.read_view = {.room = own->room.room, .user = user}};
    uint64_t unread = number_in(kit_ask(world->kit, &wire), " unread=");
    if (!own->deleted && own->is_member[user.value])
        ck_assert_uint_eq(unread, world_unread(world, room, user.value));
}

/* One question of each kind about one room. */
static void question(struct world *world, struct dice *dice) {
    static const char *const keys[] = {"a", "b", "c", "dd", "other"};
    struct world_room *own = &world->rooms[roll(dice, world->rooms_count)];
    room_id room = own->room.room;
    user_id user = {1 + roll(dice, USERS + 2)};
    struct wire wire = {.kind = WIRE_READ_ROOM, .as.read_room.room = room};
    ask(world, &wire);
    wire = (struct wire){
        .kind = WIRE_READ_KEY,
        .as.read_key = {.kind = own->room.kind, .key = own->room.key}};
    ask(world, &wire);
    wire = (struct wire){.kind = WIRE_READ_USER, .as.read_user.user = user};
    ask(world, &wire);
    check_unread(world, own, user);
    wire = (struct wire){.kind = WIRE_READ_LIST,
                         .as.read_list = {.user = user,
                                          .skip = roll(dice, 4),
                                          .limit = (uint32_t)roll(dice, 9),
                                          .kind = (uint8_t)roll(dice, 4),
                                          .dialogs = roll(dice, 2)}};
    ask(world, &wire);
    ask_rooms(world, user, dice);
    wire =
        (struct wire){.kind = WIRE_READ_SENT,
                      .as.read_sent = {.room = room,
                                       .sender = user,
                                       .by = (uint8_t)(1 + roll(dice, 3)),
                                       .key = slice_of(keys[roll(dice, 5)])}};
    ask(world, &wire);
    wire = (struct wire){.kind = WIRE_READ_MESSAGE,
                         .as.read_message.message = {1 + roll(dice, 20000)}};
    if (own->state.ordinal)
        wire.as.read_message.message =
            ((struct world_message *)
                 own->messages.data)[roll(dice, own->state.ordinal)]
                .message;
    ask(world, &wire);
    for (uint32_t i = 0; i < 4; i++)
        ask_history(world, room, dice);
    ask_events(world, room, dice);
}

START_TEST(stores_agree) {
    struct dice dice = {UINT64_C(0x9e3779b97f4a7c15) * (uint64_t)(_i + 1)};
    const uint64_t users[] = {1, 2, 3};
    struct kit kit;
    struct world world;
    kit_init(&kit, &store_memory, &store_rocksdb);
    world_init(&world, &kit);
    world_create(&world, ROOM_DIRECT, "first", users, 3);
    world_create(&world, ROOM_ORDER, "3", users, 2);
    for (uint32_t i = 0; i < STEPS; i++) {
        step(&world, &dice);
        /* Groups of many sizes. */
        if (roll(&dice, 8) == 0 || i + 1 == STEPS)
            kit_commit(&kit);
        else
            continue;
        if (roll(&dice, 40) == 0 || i + 1 == STEPS)
            kit_reopen(&kit);
        for (uint32_t at = 0; at < 3; at++)
            question(&world, &dice);
        kit_forget(&kit);
    }
    world_finish(&world);
    kit_finish(&kit);
}
END_TEST

/* A crowd in one room: more authors than a message's row speaks for, who read,
 * leave and return; the store is closed and opened at any moment. */
static void crowd_step(struct world *world, struct dice *dice) {
    static const char *const keys[] = {"", "a", "b", "c"};
    const struct world_room *own = &world->rooms[0];
    uint64_t user = 1 + roll(dice, CROWD);
    uint64_t which = roll(dice, 20);
    uint64_t last = own->state.ordinal;
    const struct world_send message = {.text = "x",
                                       .request_key = keys[roll(dice, 4)],
                                       .origin_key = keys[roll(dice, 4)]};
    if (!own->is_member[user])
        world_join(world, 0, user, ROLE_NONE);
    else if (which < 11 || last == 0)
        world_send(world, 0, user, &message);
    else if (which < 13)
        world_mark(world, 0, user, last - roll(dice, last < 4 ? last : 4));
    else if (which == 13)
        world_leave(world, 0, user);
    else if (which == 14)
        world_join(world, 0, user, (enum member_role)roll(dice, ROLE_LAST + 1));
    else if (which == 15)
        world_rename(world, 0, "renamed");
    else if (world_message(world, 0, last)->deleted)
        return;
    else if (which < 18)
        world_edit(world, 0, last, "edited");
    else
        world_delete(world, 0, last);
}

static void crowd_question(struct world *world, struct dice *dice) {
    static const char *const keys[] = {"a", "b", "c"};
    room_id room = world_id(world, 0);
    struct wire wire = {.kind = WIRE_READ_ROOM, .as.read_room.room = room};
    ask(world, &wire);
    for (uint64_t user = 1; user <= CROWD; user++) {
        wire = (struct wire){.kind = WIRE_READ_VIEW,
                             .as.read_view = {.room = room, .user = {user}}};
        ask(world, &wire);
        wire = (struct wire){
            .kind = WIRE_READ_SENT,
            .as.read_sent = {.room = room,
                             .sender = {user},
                             .by =
                                 (uint8_t)(SENT_BY_REQUEST_KEY + roll(dice, 2)),
                             .key = slice_of(keys[roll(dice, 3)])}};
        ask(world, &wire);
        wire = (struct wire){.kind = WIRE_READ_COUNT,
                             .as.read_count = {.room = room,
                                               .after_place = roll(dice, 100),
                                               .by = {user}}};
        ask(world, &wire);
    }
}

START_TEST(stores_agree_about_crowds) {
    struct dice dice = {UINT64_C(0xa0761d6478bd642f) * (uint64_t)(_i + 1)};
    struct kit kit;
    struct world world;
    kit_init(&kit, &store_memory, &store_rocksdb);
    world_init(&world, &kit);
    world_create(&world, ROOM_PROJECT, "crowd", NULL, 0);
    for (uint32_t i = 0; i < 300; i++) {
        crowd_step(&world, &dice);
        if (roll(&dice, 6) != 0)
            continue;
        kit_commit(&kit);
        if (roll(&dice, 3) == 0)
            kit_reopen(&kit);
        crowd_question(&world, &dice);
        kit_forget(&kit);
    }
    world_finish(&world);
    kit_finish(&kit);
}
END_TEST

/* Enough messages and tombstones for several levels of counts. */
START_TEST(stores_agree_about_large_rooms) {
    static const uint64_t shares[] = {2, 10, 1000};
    struct dice dice = {UINT64_C(0xd6e8feb86659fd93) + (uint64_t)_i};
    const uint64_t users[] = {1, 2, 3};
    const struct world_send message = {.text = "x"};
    struct kit kit;
    struct world world;
    kit_init(&kit, &store_memory, &store_rocksdb);
    world_init(&world, &kit);
    uint32_t room = world_create(&world, ROOM_PROJECT, "large", users, 3);
    for (uint32_t i = 0; i < 1500; i++) {
        world_send(&world, room, 1 + roll(&dice, 3), &message);
        if (i % 400 == 399)
            kit_commit(&kit);
    }
    for (uint64_t i = 1; i <= 1500; i++) {
        /* A share of all, and one long run. */
        bool in_run = i > 300 && i < 900 && _i != 2;
        if (in_run || roll(&dice, shares[_i]) == 0)
            world_delete(&world, room, i);
        if (i % 400 == 0)
            kit_commit(&kit);
    }
    kit_commit(&kit);
    for (uint32_t i = 0; i < 150; i++) {
        struct wire request = {
            .kind = WIRE_READ_HISTORY,
            .as.read_history = {.room = world_id(&world, room),
                                .query = {.by = (uint8_t)(1 + roll(&dice, 2)),
                                          .after = roll(&dice, 1600),
                                          .before = roll(&dice, 1600),
                                          .skip = roll(&dice, 1600),
                                          .newest = roll(&dice, 2),
                                          .limit = 20}}};
        struct wire count = {.kind = WIRE_READ_COUNT,
                             .as.read_count = {.room = world_id(&world, room),
                                               .after_place = roll(&dice, 1600),
                                               .up_to_place = roll(&dice, 2600),
                                               .not_by = {roll(&dice, 4)}}};
        ask(&world, &request);
        ask(&world, &count);
        kit_forget(&kit);
    }
    world_finish(&world);
    kit_finish(&kit);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("store_property");
    TCase *tests = tcase_create("store_property");
    tcase_add_loop_test(tests, stores_agree, 0, SEEDS);
    tcase_add_loop_test(tests, stores_agree_about_crowds, 0, CROWD_SEEDS);
    tcase_add_loop_test(tests, stores_agree_about_large_rooms, 0, 3);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
