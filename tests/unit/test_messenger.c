/* test_messenger.c - runs the scripts of tests/dialects/messenger: what a
 * client's text becomes, and what the broker's words become for the client.
 *
 *   connect 7              a new connection of user 7 (also the beginning)
 *   receive TEXT           a frame; gives what the frontend said
 *   reply WIRE             the broker's reply to the oldest command
 *   event WIRE             a room event, for all who follow
 *   throttle TEXT          the gateway refuses the frame: rate limit
 *   overload TEXT          the same: too many requests wait
 *
 * What comes out: command, text, part, last (part), follow, unfollow,
 * not_an_object. Every text must be JSON, or it is shown as broken. */
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/frontend.h"
#include "gateway/frontends/messenger/messenger.h"
#include "gateway/json/scan.h"
#include "gateway/zone.h"
#include "tests/lib/golden.h"
#include "tests/lib/wire_parse.h"

#define MEMOS_MAX 16u

struct sink {
    struct buf *out;
    struct buf parts; /* Of the message in parts that is under way. */
    struct buf memos[MEMOS_MAX];
    unsigned memos_first;
    unsigned memos_count;
};

struct world {
    struct frontend_config config;
    struct wire_profile self;
    void *state;
    struct sink sink;
};

static void say(struct sink *sink, const char *what, struct slice text) {
    buf_append_slice(sink->out, slice_of(what));
    if (text.size) {
        buf_append(sink->out, " ", 1);
        buf_append_slice(sink->out, text);
    }
    buf_append(sink->out, "\n", 1);
}

static void say_room(struct sink *sink, const char *what, room_id room) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, room.value);
    say(sink, what, slice_of(text));
}

/* Also that a command can be sent, and comes through as it is. */
void sink_command(struct sink *sink, const struct wire *command,
                  struct slice memo) {
    struct buf line = {0}, again = {0}, encoded = {0};
    struct arena arena = {0};
    struct wire copy = *command, decoded;
    wire_print(command, &line);
    if (copy.kind == WIRE_SEND)
        copy.as.send.author.user.value = 7;
    wire_encode(&copy, &encoded);
    buf_append(&again, "undecodable", 11);
    if (wire_decode(buf_slice(&encoded), &arena, &decoded, NULL) == ERR_OK) {
        if (decoded.kind == WIRE_SEND)
            decoded.as.send.author = (struct wire_profile){0};
        buf_clear(&again);
        wire_print(&decoded, &again);
    }
    say(sink, "command", buf_slice(&line));
    if (!slice_equal(buf_slice(&line), buf_slice(&again)))
        say(sink, "BROKEN, decoded as", buf_slice(&again));
    unsigned slot = (sink->memos_first + sink->memos_count) % MEMOS_MAX;
    INVARIANT(sink->memos_count < MEMOS_MAX);
    sink->memos_count++;
    buf_append_slice(&sink->memos[slot], memo);
    arena_finish(&arena);
    buf_finish(&line);
    buf_finish(&again);
    buf_finish(&encoded);
}

static void check_json(struct sink *sink, struct slice text) {
    if (json_scan(text, NULL, 0) != ERR_OK)
        say(sink, "BROKEN, not JSON", (struct slice){0});
}

void sink_text(struct sink *sink, struct slice text) {
    say(sink, "text", text);
    check_json(sink, text);
}

void sink_part(struct sink *sink, struct slice text, bool last) {
    say(sink, last ? "last" : "part", text);
    buf_append_slice(&sink->parts, text);
    if (last) {
        check_json(sink, buf_slice(&sink->parts));
        buf_clear(&sink->parts);
    }
}

void sink_follow(struct sink *sink, room_id room) {
    say_room(sink, "follow", room);
}

void sink_unfollow(struct sink *sink, room_id room) {
    say_room(sink, "unfollow", room);
}

void sink_not_an_object(struct sink *sink) {
    say(sink, "not_an_object", (struct slice){0});
}

static void memos_clear(struct sink *sink) {
    for (unsigned i = 0; i < MEMOS_MAX; i++)
        buf_clear(&sink->memos[i]);
    sink->memos_first = 0;
    sink->memos_count = 0;
}

static void connect_user(struct world *world, struct slice text) {
    memset(world->state, 0, frontend_messenger.state_size);
    memos_clear(&world->sink);
    world->self = (struct wire_profile){
        .user.value = strtoull(text.data, NULL, 10), .username = SLICE("me")};
}

static void receive(struct world *world, struct slice text) {
    frontend_messenger.receive(world->state, &world->config, &world->self, text,
                               &world->sink);
}

static void throttle(struct world *world, struct slice text) {
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED};
    frontend_messenger.refuse(world->state, &world->config, text, &error, true,
                              &world->sink);
}

static void overload(struct world *world, struct slice text) {
    struct wire_reply_error error = {
        .refusal = REFUSED_OVERLOADED,
        .detail = SLICE("Too many requests are waiting.")};
    frontend_messenger.refuse(world->state, &world->config, text, &error, false,
                              &world->sink);
}

static bool parse(struct world *world, struct slice text, struct arena *arena,
                  struct wire *out) {
    const char *error = wire_parse(text, arena, out);
    if (error)
        say(&world->sink, "BROKEN script:", slice_of(error));
    return !error;
}

static void reply(struct world *world, struct slice text) {
    struct sink *sink = &world->sink;
    struct arena arena = {0};
    struct wire wire;
    if (sink->memos_count == 0) {
        say(sink, "BROKEN script: no command waits", (struct slice){0});
    } else if (parse(world, text, &arena, &wire)) {
        struct buf memo = sink->memos[sink->memos_first];
        sink->memos[sink->memos_first] = (struct buf){0};
        sink->memos_first = (sink->memos_first + 1) % MEMOS_MAX;
        sink->memos_count--;
        frontend_messenger.reply(world->state, &world->config, &world->self,
                                 buf_slice(&memo), &wire, sink);
        buf_finish(&memo);
    }
    arena_finish(&arena);
}

static void event(struct world *world, struct slice text) {
    struct arena arena = {0};
    struct buf told = {0};
    struct wire wire;
    if (parse(world, text, &arena, &wire) && wire.kind == WIRE_EVENT) {
        frontend_messenger.broadcast(&world->config, &(struct wire_room){0},
                                     &wire.as.event, &told);
        say(&world->sink, "broadcast", buf_slice(&told));
        if (told.size)
            check_json(&world->sink, buf_slice(&told));
    }
    buf_finish(&told);
    arena_finish(&arena);
}

static const struct {
    const char *name;
    void (*run)(struct world *world, struct slice text);
} verbs[] = {
    {"connect ", connect_user}, {"receive ", receive},
    {"reply ", reply},          {"event ", event},
    {"throttle ", throttle},    {"overload ", overload},
};

static void step(void *payload, struct slice line, struct buf *out) {
    struct world *world = payload;
    world->sink.out = out;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct slice verb = slice_of(verbs[i].name);
        if (line.size < verb.size ||
            memcmp(line.data, verb.data, verb.size) != 0)
            continue;
        /* In memory of its own, so that a read past its end is seen. */
        struct slice rest = {line.data + verb.size, line.size - verb.size};
        char *copy = mem_alloc(rest.size + 1);
        memcpy(copy, rest.data, rest.size);
        copy[rest.size] = '\0';
        rest.data = copy;
        if (verbs[i].run == receive) {
            char *exact = mem_alloc(rest.size ? rest.size : 1);
            memcpy(exact, rest.data, rest.size);
            receive(world, (struct slice){exact, rest.size});
            free(exact);
        } else {
            verbs[i].run(world, rest);
        }
        free(copy);
        return;
    }
    say(&world->sink, "BROKEN script: no such verb", (struct slice){0});
}

static void run_script(const char *path, struct zone *zone) {
    struct world world = {.config.zone = zone};
    world.state = mem_zalloc(frontend_messenger.state_size);
    connect_user(&world, SLICE("7"));
    bool well = golden_run(path, step, &world);
    memos_clear(&world.sink);
    for (unsigned i = 0; i < MEMOS_MAX; i++)
        buf_finish(&world.sink.memos[i]);
    buf_finish(&world.sink.parts);
    free(world.state);
    ck_assert_msg(well, "%s", path);
}

static const char *const scripts[] = {
    "bad_fields", "create", "edit_delete_read", "errors", "events", "frames",
    "lists",      "pages",  "retrieve",         "rooms",
};

START_TEST(scripts_give_what_they_say) {
    char path[512];
    struct zone *zone = NULL;
    ck_assert_int_eq(zone_create("UTC", &zone), ERR_OK);
    snprintf(path, sizeof path, "%s/%s.txt", MESSENGER_SCRIPTS, scripts[_i]);
    run_script(path, zone);
    zone_destroy(zone);
}
END_TEST

/* Another zone shows in created_at_formatted and nowhere else. */
START_TEST(the_zone_is_the_configured_one) {
    char path[512];
    struct zone *zone = NULL;
    ck_assert_int_eq(zone_create("Europe/Moscow", &zone), ERR_OK);
    snprintf(path, sizeof path, "%s/zone_moscow.txt", MESSENGER_SCRIPTS);
    run_script(path, zone);
    zone_destroy(zone);
}
END_TEST

/* A script that nobody runs proves nothing. */
START_TEST(every_script_is_listed) {
    DIR *directory = opendir(MESSENGER_SCRIPTS);
    ck_assert_ptr_nonnull(directory);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(directory));)
        count += strstr(entry->d_name, ".txt") != NULL;
    closedir(directory);
    ck_assert_uint_eq(count, sizeof scripts / sizeof *scripts + 1);
}
END_TEST

START_TEST(memos_come_back_as_they_were) {
    struct messenger_memo memo = {.action = ACTION_RETRIEVE,
                                  .echo = {.action = SLICE("\"retrieve\""),
                                           .request_id = SLICE("1e400"),
                                           .pk = SLICE("\"01\""),
                                           .page = SLICE("7")},
                                  .room = {65},
                                  .begun = true,
                                  .last = SLICE("{}")};
    struct messenger_memo same;
    struct buf bytes = {0};
    messenger_memo_encode(&memo, &bytes);
    messenger_memo_decode(buf_slice(&bytes), &same);
    ck_assert_int_eq(same.action, memo.action);
    ck_assert(slice_equal(same.echo.action, memo.echo.action));
    ck_assert(slice_equal(same.echo.request_id, memo.echo.request_id));
    ck_assert(slice_equal(same.echo.pk, memo.echo.pk));
    ck_assert(slice_equal(same.echo.page, memo.echo.page));
    ck_assert(slice_equal(same.last, memo.last));
    ck_assert_uint_eq(same.room.value, 65);
    ck_assert(same.begun);
    buf_finish(&bytes);
}
END_TEST

START_TEST(dialects_are_found_by_their_path) {
    ck_assert_ptr_eq(frontend_by_path(SLICE("/messenger/chat/")),
                     &frontend_messenger);
    ck_assert_ptr_eq(frontend_by_path(SLICE("/messenger/chat")),
                     &frontend_messenger);
    ck_assert_ptr_null(frontend_by_path(SLICE("/messenger/chat//")));
    ck_assert_ptr_null(frontend_by_path(SLICE("/messenger/")));
    ck_assert_ptr_null(frontend_by_path(SLICE("/")));
    ck_assert_ptr_null(frontend_by_path((struct slice){0}));
    ck_assert_ptr_eq(frontends_all()[0], &frontend_messenger);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("messenger");
    TCase *tests = tcase_create("messenger");
    tcase_add_loop_test(tests, scripts_give_what_they_say, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, the_zone_is_the_configured_one);
    tcase_add_test(tests, every_script_is_listed);
    tcase_add_test(tests, memos_come_back_as_they_were);
    tcase_add_test(tests, dialects_are_found_by_their_path);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
