/* test_core_property.c - random commands, commits, refusals, reads answered in
 * any order, broken links; and what must hold whatever happens:
 *
 *   each command is answered exactly once             (fixture)
 *   the counters equal a recount, places follow on,
 *   marks never go back, keys are stored once         (model store)
 *   the core's invariants after each step             (core_check)
 *   a gateway hears a room only while it has interest, each event once, in
 *   order, without a gap, and only what is stored     (here)
 *   what was refused is not stored                    (here)
 *   a gateway that is up hears each change of a user's presence once, and all
 *   know the same; it hears typing in rooms that it hears     (here)
 *   new members are told of when they are stored      (here)
 *   counts and times in events equal a recount        (recount.h)
 *   the same inputs give the same effects             (replay)
 *   many cores do what one does                       (here)
 *
 * A failure prints the seed: PARLANCE_SEED=N runs that one alone. */
#include <check.h>
#include <stdlib.h>

#include "common/hash.h"
#include "tests/lib/chooser.h"
#include "tests/lib/core_fixture.h"
#include "tests/lib/recount.h"
#include "tests/lib/seeds.h"

#define SEEDS 10000u
#define ACTIONS 120u      /* Of one seed in ten; */
#define ACTIONS_SHORT 20u /* of the others. */
#define GATEWAYS 3u
#define HEARERS_MAX 512u
#define COMMANDS_MAX 1024u

enum hearing { HEARS_NOTHING, HEARS_RESUMED, HEARS_LIVE };

/* One gateway in one room. */
struct hearer {
    uint32_t gateway;
    uint64_t room;
    enum hearing hearing;
    uint64_t place; /* Heard last. */
};

/* A command as it was sent, by correlation. */
struct sent {
    enum wire_kind kind;
    uint64_t room;
    uint64_t after_place;
    bool is_refused;
};

struct world {
    struct fixture fixture;
    struct chooser chooser;
    struct arena arena;
    struct hearer hearers[HEARERS_MAX];
    uint32_t hearers_count;
    struct sent sent[COMMANDS_MAX];
    uint32_t gateways[GATEWAYS];
    uint32_t gateways_last;
    /* As each was told. */
    bool online[GATEWAYS][CHOOSER_USERS + 1];
    bool is_coming_up; /* A gateway: it gets everybody who is online. */
};

static struct hearer *hearer_of(struct world *world, uint32_t gateway,
                                uint64_t room) {
    for (uint32_t i = 0; i < world->hearers_count; i++)
        if (world->hearers[i].gateway == gateway &&
            world->hearers[i].room == room)
            return &world->hearers[i];
    INVARIANT(world->hearers_count < HEARERS_MAX);
    struct hearer *hearer = &world->hearers[world->hearers_count++];
    *hearer = (struct hearer){.gateway = gateway, .room = room};
    return hearer;
}

/* Its place among those that are up; GATEWAYS: its link is over. */
static uint32_t index_of(const struct world *world, uint32_t gateway) {
    uint32_t i = 0;
    while (i < GATEWAYS && world->gateways[i] != gateway)
        i++;
    return i;
}

static void on_presence(struct world *world, uint32_t gateway,
                        const struct wire_presence_changed *changed) {
    uint32_t index = index_of(world, gateway);
    INVARIANT(index < GATEWAYS && changed->users_count > 0);
    INVARIANT(world->is_coming_up || changed->users_count == 1);
    for (uint32_t i = 0; i < changed->users_count; i++) {
        const struct wire_presence *presence = &changed->users[i];
        INVARIANT(presence->user.value <= CHOOSER_USERS);
        bool *online = &world->online[index][presence->user.value];
        INVARIANT(*online != presence->online);
        *online = presence->online;
    }
}

/* The stored room, deleted or not. */
static const struct model_room *stored_room(const struct world *world,
                                            room_id room) {
    const struct model_store *store = world->fixture.store;
    for (uint32_t i = 0; i < store->rooms_count; i++)
        if (store->rooms[i].info.room.value == room.value)
            return &store->rooms[i];
    return NULL;
}

static void on_membership(struct world *world, uint32_t gateway,
                          const struct wire_membership *membership) {
    const struct model_room *room = stored_room(world, membership->room);
    INVARIANT(index_of(world, gateway) < GATEWAYS);
    INVARIANT(room && membership->members_count > 0);
    if (membership->members_count > 1)
        INVARIANT(membership->after_place == 1); /* The room was made. */
    uint64_t at = membership->after_place - 1;
    bool is_put =
        at < room->events_count && room->events[at].kind == EVENT_MEMBER_PUT &&
        room->events[at].member.value == membership->members[0].user.value;
    INVARIANT(is_put || membership->after_place == 1);
}

static void on_typed(struct world *world, uint32_t gateway,
                     const struct wire_typed *typed) {
    INVARIANT(hearer_of(world, gateway, typed->room.value)->hearing ==
              HEARS_LIVE);
    INVARIANT(stored_room(world, typed->room) != NULL);
    INVARIANT(typed->until_us > world->fixture.now_us);
}

/* Of an event as it happens; one that is read back says nothing. */
static void check_counts(const struct model_room *room,
                         const struct wire_event *event) {
    if (wire_event_is_read_back(event))
        return;
    struct recount recount = recount_at(room, event->place);
    INVARIANT(event->members_count == recount.members_count);
    INVARIANT(event->counts_count ==
              (recount.members_count <= 2 ? recount.members_count : 0));
    for (uint32_t i = 0; i < event->counts_count; i++)
        INVARIANT(event->counts[i].unread ==
                  recount_unread(&recount, event->counts[i].user));
    if (event->message.message.value)
        INVARIANT(event->message.read_us ==
                  recount_read_us(&recount, &event->message));
    INVARIANT(!event->message.reply_to.value ==
              !event->message.quote.message.value);
}

static void on_event(void *payload, uint32_t gateway, const struct wire *wire) {
    struct world *world = payload;
    if (wire->kind == WIRE_PRESENCE_CHANGED)
        on_presence(world, gateway, &wire->as.presence_changed);
    if (wire->kind == WIRE_MEMBERSHIP)
        on_membership(world, gateway, &wire->as.membership);
    if (wire->kind == WIRE_TYPED)
        on_typed(world, gateway, &wire->as.typed);
    if (wire->kind != WIRE_EVENT)
        return;
    const struct wire_event *event = &wire->as.event;
    struct hearer *hearer = hearer_of(world, gateway, event->room.value);
    INVARIANT(hearer->hearing != HEARS_NOTHING);
    uint64_t next = hearer->place + 1;
    /* The making of the room, place 1, is no event. */
    if (next == 1)
        next = 2;
    INVARIANT(event->place == next);
    hearer->place = event->place;
    if (event->kind == EVENT_ROOM_DELETED) {
        INVARIANT(!model_store_room(world->fixture.store, event->room));
        hearer->hearing = HEARS_NOTHING;
        return;
    }
    /* The room may be deleted by now, but not what was said in it. */
    const struct model_room *room = stored_room(world, event->room);
    INVARIANT(room && event->place <= room->events_count + 1);
    const struct wire_event *stored = &room->events[event->place - 2];
    INVARIANT(stored->kind == event->kind);
    INVARIANT(stored->at_us == event->at_us);
    INVARIANT(stored->actor.value == event->actor.value);
    INVARIANT(slice_equal(stored->message.text, event->message.text));
    INVARIANT(stored->mark == event->mark);
    check_counts(room, event);
}

static void on_place(struct world *world, uint32_t gateway,
                     const struct sent *sent, uint64_t place) {
    if (index_of(world, gateway) == GATEWAYS)
        return;
    struct hearer *hearer = hearer_of(world, gateway, sent->room);
    /* It has heard all up to there. */
    if (hearer->hearing != HEARS_NOTHING && hearer->place != 0)
        INVARIANT(hearer->place == place);
    if (hearer->hearing == HEARS_NOTHING || hearer->place == 0)
        hearer->place = place;
    hearer->hearing = HEARS_LIVE;
}

static void on_reply(void *payload, uint32_t gateway, const struct wire *wire) {
    struct world *world = payload;
    INVARIANT(wire->correlation < COMMANDS_MAX);
    struct sent *sent = &world->sent[wire->correlation];
    struct hearer *hearer =
        sent->room ? hearer_of(world, gateway, sent->room) : NULL;
    if (wire->kind == WIRE_REPLY_ERROR) {
        sent->is_refused = true;
        if (sent->kind == WIRE_RESUME)
            hearer->hearing = HEARS_NOTHING;
    } else if (wire->kind == WIRE_REPLY_PLACE) {
        on_place(world, gateway, sent, wire->as.reply_place.place);
    } else if (wire->kind == WIRE_REPLY_SUBSCRIBED) {
        on_place(world, gateway, sent, wire->as.reply_subscribed.place);
    } else if (wire->kind == WIRE_REPLY_OK && sent->kind == WIRE_UNSUBSCRIBE) {
        hearer->hearing = HEARS_NOTHING;
    } else if (wire->kind == WIRE_REPLY_PRESENCE) {
        const struct wire_presence *presence =
            &wire->as.reply_presence.presence;
        uint32_t index = index_of(world, gateway);
        INVARIANT(index == GATEWAYS ||
                  world->online[index][presence->user.value] ==
                      presence->online);
    } else if (wire->kind == WIRE_REPLY_MESSAGE) {
        INVARIANT(model_store_message(world->fixture.store,
                                      wire->as.reply_message.message.message));
    }
}

/* --- Actions ------------------------------------------------------------- */

static uint64_t room_of_command(const struct wire *wire) {
    if (wire->kind == WIRE_SUBSCRIBE)
        return wire->as.subscribe.room.value;
    if (wire->kind == WIRE_UNSUBSCRIBE)
        return wire->as.unsubscribe.room.value;
    return wire->kind == WIRE_RESUME ? wire->as.resume.room.value : 0;
}

/* Gateways do not mix the three of one room: they wait for the reply. */
static bool is_busy(const struct world *world, uint32_t gateway,
                    uint64_t room) {
    for (uint32_t i = 0; i < world->fixture.commands_count; i++) {
        const struct fixture_command *open = &world->fixture.commands[i];
        if (open->gateway == gateway &&
            world->sent[open->correlation].room == room)
            return true;
    }
    return false;
}

static void act_command(struct world *world) {
    struct fixture *fixture = &world->fixture;
    uint32_t gateway = world->gateways[choose(&world->chooser, GATEWAYS)];
    uint64_t correlation = fixture->correlation + 1;
    INVARIANT(correlation < COMMANDS_MAX);
    struct wire wire;
    choose_command(&world->chooser, fixture->store, correlation, &world->arena,
                   &wire);
    uint64_t room = room_of_command(&wire);
    if (room && is_busy(world, gateway, room))
        return;
    world->sent[correlation] = (struct sent){.kind = wire.kind, .room = room};
    if (wire.kind == WIRE_RESUME) {
        /* What a gateway does after a new link, when it hears nothing. */
        struct hearer *hearer = hearer_of(world, gateway, room);
        if (hearer->hearing != HEARS_NOTHING)
            return;
        const struct model_room *stored =
            model_store_room(fixture->store, wire.as.resume.room);
        uint64_t last = stored ? stored->state.place : 0;
        if (wire.as.resume.after_place > last)
            wire.as.resume.after_place = last;
        hearer->place = wire.as.resume.after_place;
        hearer->hearing = HEARS_RESUMED;
    }
    fixture_send(fixture, gateway, &wire);
}

static void act_commit(struct world *world) {
    struct fixture *fixture = &world->fixture;
    if (fixture->records_count == 0)
        return;
    uint32_t index = choose(&world->chooser, fixture->records_count);
    uint32_t partition = fixture->records[index].partition;
    fixture_persist(fixture, partition, 1 + choose(&world->chooser, 4));
    if (chance(&world->chooser, 70))
        fixture_acknowledge(fixture, partition);
}

static void act_refuse(struct world *world) {
    struct fixture *fixture = &world->fixture;
    if (fixture->records_count == 0)
        return;
    uint32_t index = choose(&world->chooser, fixture->records_count);
    uint32_t partition = fixture->records[index].partition;
    uint32_t unstored = fixture_unstored(fixture, partition);
    if (unstored == 0)
        return;
    uint64_t seq =
        fixture->next_seq[partition] - 1 - choose(&world->chooser, unstored);
    fixture_refuse(fixture, partition, seq, REFUSED_STORAGE_FULL);
}

static void come_up(struct world *world, uint32_t index) {
    world->gateways[index] = ++world->gateways_last;
    memset(world->online[index], 0, sizeof world->online[index]);
    world->is_coming_up = true;
    fixture_up(&world->fixture, world->gateways[index]);
    world->is_coming_up = false;
}

static void act_gone(struct world *world) {
    uint32_t index = choose(&world->chooser, GATEWAYS);
    uint32_t gateway = world->gateways[index];
    fixture_gone(&world->fixture, gateway);
    for (uint32_t i = 0; i < world->hearers_count; i++)
        if (world->hearers[i].gateway == gateway)
            world->hearers[i].hearing = HEARS_NOTHING;
    come_up(world, index);
}

static void act(struct world *world) {
    struct fixture *fixture = &world->fixture;
    uint32_t dice = choose(&world->chooser, 100);
    fixture->now_us += choose(&world->chooser, 3);
    fixture->answers_early = chance(&world->chooser, 50);
    if (dice < 55) {
        act_command(world);
    } else if (dice < 75) {
        if (fixture->reads_count > 0)
            fixture_answer(fixture,
                           choose(&world->chooser, fixture->reads_count));
    } else if (dice < 92) {
        act_commit(world);
    } else if (dice < 94) {
        act_refuse(world);
    } else if (dice < 95) {
        act_gone(world);
    } else if (dice < 97) {
        fixture->reads_fail = REFUSED_STORAGE_FAILED;
        if (fixture->reads_count > 0)
            fixture_answer(fixture, 0);
        fixture->reads_fail = 0;
    } else {
        fixture->now_us += choose(&world->chooser, 2000);
        fixture_tick(fixture);
    }
    arena_reset(&fixture->arena);
}

/* --- Ends ---------------------------------------------------------------- */

/* What is left on disk but not acknowledged, too. */
static void quiesce(struct world *world) {
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        fixture_acknowledge(&world->fixture, i);
    fixture_commit_all(&world->fixture);
}

static void check_texts(const struct world *world) {
    const struct model_store *store = world->fixture.store;
    for (uint32_t i = 0; i < store->rooms_count; i++) {
        const struct model_room *room = &store->rooms[i];
        for (uint32_t j = 0; j < room->events_count; j++) {
            struct slice text = room->events[j].message.text;
            if (text.size < 2 ||
                (room->events[j].kind != EVENT_MESSAGE_CREATED &&
                 room->events[j].kind != EVENT_MESSAGE_EDITED))
                continue;
            char number[24] = {0};
            memcpy(number, text.data + 1, text.size - 1);
            uint64_t correlation = strtoull(number, NULL, 10);
            INVARIANT(!world->sent[correlation].is_refused);
        }
    }
    for (uint32_t i = 0; i < store->messages_count; i++) {
        const struct model_message *message = &store->messages[i];
        for (uint32_t j = 0; j < i; j++)
            INVARIANT(!slice_equal(message->origin_key,
                                   store->messages[j].origin_key));
    }
}

/* All know the same, and it is so. */
static void check_presence(const struct world *world) {
    uint64_t online = 0;
    for (uint32_t user = 0; user <= CHOOSER_USERS; user++) {
        online += world->online[0][user];
        for (uint32_t i = 1; i < GATEWAYS; i++)
            INVARIANT(world->online[i][user] == world->online[0][user]);
    }
    INVARIANT(online == core_stats(world->fixture.core).users_online);
}

static void check_end(struct world *world) {
    struct fixture *fixture = &world->fixture;
    INVARIANT(fixture->commands_count == 0);
    /* All graces end, which is stored, too. */
    fixture->now_us += 1000000;
    fixture_tick(fixture);
    quiesce(world);
    for (uint32_t i = 0; i < world->hearers_count; i++) {
        const struct hearer *hearer = &world->hearers[i];
        const struct model_room *room =
            model_store_room(fixture->store, (room_id){hearer->room});
        if (hearer->hearing == HEARS_NOTHING)
            continue;
        /* A room that was only made has no event yet. */
        INVARIANT(room && (hearer->place == room->state.place ||
                           room->state.place == 1));
    }
    check_texts(world);
    check_presence(world);
    fixture->now_us += fixture->config.idle_us;
    fixture_tick(fixture);
    struct core_stats stats = core_stats(fixture->core);
    INVARIANT(stats.commands_waiting == 0 && stats.effects_pending == 0);
    INVARIANT(stats.pending_bytes == 0 && stats.keys_resident == 0);
    fixture_replay(fixture);
}

static struct core_config choose_config(struct chooser *chooser) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    config.idle_us = 1000;
    if (chance(chooser, 50)) {
        config.actors_max = 2 + choose(chooser, 6);
        config.mailbox_max = 1 + choose(chooser, 8);
        config.waiting_max = 1 + choose(chooser, 16);
        config.pending_max = 2 + choose(chooser, 16);
        config.pending_bytes_max = 200 + choose(chooser, 2000);
    }
    return config;
}

static void run_seed(uint64_t seed) {
    struct world *world = mem_zalloc(sizeof *world);
    world->chooser.seed = seed;
    struct core_config config = choose_config(&world->chooser);
    fixture_init(&world->fixture, &config, UINT64_MAX);
    world->fixture.holds_commits = true;
    world->fixture.holds_reads = true;
    world->fixture.keeps_tape = true;
    world->fixture.watch = (struct fixture_watch){
        .payload = world, .reply = on_reply, .event = on_event};
    for (uint32_t i = 0; i < GATEWAYS; i++)
        come_up(world, i);
    uint32_t actions = seed % 10 == 0 ? ACTIONS : ACTIONS_SHORT;
    for (uint32_t i = 0; i < actions; i++)
        act(world);
    quiesce(world);
    check_end(world);
    fixture_finish(&world->fixture);
    arena_finish(&world->arena);
    free(world);
}

/* --- Many cores ---------------------------------------------------------- */

/* What each partition's people got, as one digest. */
struct streams {
    uint64_t digest[PARTITION_COUNT];
};

static void add_to_stream(void *payload, uint32_t gateway,
                          const struct wire *wire) {
    struct streams *streams = payload;
    uint64_t *digest = &streams->digest[wire->partition];
    struct buf bytes = {0};
    wire_encode(wire, &bytes);
    *digest = hash_bytes(hash_u64(*digest, gateway), buf_slice(&bytes));
    buf_finish(&bytes);
}

static void run_cores(uint64_t seed, uint32_t cores, struct streams *streams) {
    struct fixture *fixtures = mem_zalloc(cores * sizeof *fixtures);
    struct core_config config = CORE_CONFIG_DEFAULT;
    struct model_store store = {0};
    struct arena arena = {0};
    struct chooser chooser = {.seed = seed};
    for (uint32_t i = 0; i < cores; i++) {
        uint64_t mask = 0;
        for (uint32_t p = i; p < PARTITION_COUNT; p += cores)
            mask |= UINT64_C(1) << p;
        fixture_init(&fixtures[i], &config, mask);
        fixtures[i].holds_commits = true;
        fixtures[i].store = &store;
        fixtures[i].watch = (struct fixture_watch){
            .payload = streams, .reply = add_to_stream, .event = add_to_stream};
        for (uint32_t gateway = 1; gateway <= GATEWAYS; gateway++)
            fixture_up(&fixtures[i], gateway);
    }
    for (uint64_t number = 1; number <= ACTIONS; number++) {
        struct wire wire;
        choose_command(&chooser, &store, number, &arena, &wire);
        /* When a grace is over is noticed at a core's next step. */
        if (wire.kind == WIRE_CONNECT)
            wire.as.connect.grace_ms = 0;
        uint32_t gateway = 1 + choose(&chooser, GATEWAYS);
        struct fixture *fixture = &fixtures[fixture_partition(&wire) % cores];
        fixture->correlation = number;
        fixture->now_us = (int64_t)number * 10;
        fixture_send(fixture, gateway, &wire);
        fixture_commit_all(fixture);
    }
    for (uint32_t i = 0; i < cores; i++)
        fixture_finish(&fixtures[i]);
    model_store_finish(&store);
    arena_finish(&arena);
    free(fixtures);
}

/* --- Check --------------------------------------------------------------- */

START_TEST(test_seed) {
    (void)seeds_run(_i, SEEDS, run_seed);
}
END_TEST

START_TEST(test_many_cores) {
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct streams one = {0}, many = {0};
        run_cores(seed, 1, &one);
        run_cores(seed, 2 + (uint32_t)seed % 5, &many);
        ck_assert_mem_eq(&one, &many, sizeof one);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("core_property");
    TCase *tcase = tcase_create("property");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_seed, 0, SEEDS_SLICES);
    tcase_add_test(tcase, test_many_cores);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
