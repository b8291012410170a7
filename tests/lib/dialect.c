/* dialect.c - see dialect.h. */
#include "tests/lib/dialect.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/json/scan.h"
#include "gateway/zone.h"
#include "tests/lib/call_script.h"
#include "tests/lib/golden.h"
#include "tests/lib/wire_parse.h"

#define MEMOS_MAX 16u
#define ONLINE_MAX 16u

struct sink {
    struct buf *out;
    struct buf parts; /* Of the message in parts that is under way. */
    struct buf memos[MEMOS_MAX];
    unsigned memos_first;
    unsigned memos_count;
    uint64_t unread_dialogs;
};

struct world {
    const struct frontend *frontend;
    struct frontend_config config;
    struct wire_profile self;
    void *state;
    struct sink sink;
    struct arena room_arena;
    struct wire room; /* WIRE_REPLY_ROOM: of the events that follow. */
    user_id online[ONLINE_MAX];
    unsigned online_count;
    struct call_script call;
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

static void check_json(struct sink *sink, struct slice text) {
    if (json_scan(text, NULL, 0) != ERR_OK)
        say(sink, "BROKEN, not JSON", (struct slice){0});
}

/* --- What a frontend says ------------------------------------------------- */

void sink_command(struct sink *sink, const struct wire *command,
                  struct slice memo) {
    show_command(command, sink->out);
    unsigned slot = (sink->memos_first + sink->memos_count) % MEMOS_MAX;
    INVARIANT(sink->memos_count < MEMOS_MAX);
    sink->memos_count++;
    buf_append_slice(&sink->memos[slot], memo);
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

uint64_t sink_unread_dialogs(const struct sink *sink) {
    return sink->unread_dialogs;
}

void sink_not_an_object(struct sink *sink) {
    say(sink, "not_an_object", (struct slice){0});
}

/* --- Verbs ---------------------------------------------------------------- */

static void memos_clear(struct sink *sink) {
    for (unsigned i = 0; i < MEMOS_MAX; i++)
        buf_clear(&sink->memos[i]);
    sink->memos_first = 0;
    sink->memos_count = 0;
}

static bool is_online(const void *presence, user_id user) {
    const struct world *world = presence;
    for (unsigned i = 0; i < world->online_count; i++)
        if (world->online[i].value == user.value)
            return true;
    return false;
}

static void close_connection(struct world *world) {
    if (world->frontend->close)
        world->frontend->close(world->state);
}

static void connect_user(struct world *world, struct slice text) {
    close_connection(world);
    if (world->frontend->state_size)
        memset(world->state, 0, world->frontend->state_size);
    memos_clear(&world->sink);
    world->sink.unread_dialogs = 0;
    world->online_count = 0;
    world->config.now_us = 0;
    arena_finish(&world->room_arena);
    world->room = (struct wire){.kind = WIRE_REPLY_ROOM};
    world->self = (struct wire_profile){
        .user.value = strtoull(text.data, NULL, 10), .username = SLICE("me")};
}

static void receive(struct world *world, struct slice text) {
    char *exact = exact_copy(text);
    world->frontend->receive(world->state, &world->config, &world->self,
                             (struct slice){exact, text.size}, &world->sink);
    free(exact);
}

static void throttle(struct world *world, struct slice text) {
    struct wire_reply_error error = {.refusal = REFUSED_OVERLOADED};
    world->frontend->refuse(world->state, &world->config, text, &error, true,
                            &world->sink);
}

static void overload(struct world *world, struct slice text) {
    struct wire_reply_error error = {
        .refusal = REFUSED_OVERLOADED,
        .detail = SLICE("Too many requests are waiting.")};
    world->frontend->refuse(world->state, &world->config, text, &error, false,
                            &world->sink);
}

static bool parse(struct world *world, struct slice text, struct arena *arena,
                  enum wire_kind kind, struct wire *out) {
    const char *error = wire_parse(text, arena, out);
    if (!error && kind && out->kind != kind)
        error = "another kind is meant";
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
    } else if (parse(world, text, &arena, 0, &wire)) {
        struct buf *memo = &sink->memos[sink->memos_first];
        char *exact = exact_copy(buf_slice(memo));
        struct slice bytes = {exact, memo->size};
        buf_clear(memo);
        sink->memos_first = (sink->memos_first + 1) % MEMOS_MAX;
        sink->memos_count--;
        world->frontend->reply(world->state, &world->config, &world->self,
                               bytes, &wire, sink);
        free(exact);
    }
    arena_finish(&arena);
}

static void tell(struct world *world, struct buf *told) {
    say(&world->sink, "broadcast", buf_slice(told));
    if (told->size)
        check_json(&world->sink, buf_slice(told));
    buf_finish(told);
}

static void event(struct world *world, struct slice text) {
    struct arena arena = {0};
    struct buf told = {0};
    struct wire wire;
    if (parse(world, text, &arena, WIRE_EVENT, &wire)) {
        world->frontend->broadcast(&world->config,
                                   &world->room.as.reply_room.room,
                                   &wire.as.event, &told);
        tell(world, &told);
    }
    arena_finish(&arena);
}

static void typed(struct world *world, struct slice text) {
    struct arena arena = {0};
    struct buf told = {0};
    struct wire wire;
    if (parse(world, text, &arena, WIRE_TYPED, &wire)) {
        if (world->frontend->typing)
            world->frontend->typing(&world->config,
                                    &world->room.as.reply_room.room,
                                    &wire.as.typed, &told);
        tell(world, &told);
    }
    arena_finish(&arena);
}

static void presence(struct world *world, struct slice text) {
    struct arena arena = {0};
    struct wire wire;
    if (parse(world, text, &arena, WIRE_PRESENCE_CHANGED, &wire)) {
        const struct wire_presence_changed *changed = &wire.as.presence_changed;
        for (uint32_t i = 0; i < changed->users_count; i++) {
            struct buf told = {0};
            if (world->frontend->presence)
                world->frontend->presence(&world->config, &changed->users[i],
                                          &told);
            tell(world, &told);
        }
    }
    arena_finish(&arena);
}

static void unread(struct world *world, struct slice text) {
    struct buf told = {0};
    if (world->frontend->unread)
        world->frontend->unread(&world->config, strtoull(text.data, NULL, 10),
                                &told);
    tell(world, &told);
}

static void set_room(struct world *world, struct slice text) {
    arena_finish(&world->room_arena);
    world->room = (struct wire){.kind = WIRE_REPLY_ROOM};
    struct slice copy = arena_copy(&world->room_arena, text);
    struct wire wire;
    if (parse(world, copy, &world->room_arena, WIRE_REPLY_ROOM, &wire))
        world->room = wire;
}

static void set_online(struct world *world, struct slice text) {
    const char *at = text.data;
    world->online_count = 0;
    while (at < text.data + text.size && world->online_count < ONLINE_MAX) {
        char *end;
        uint64_t id = strtoull(at, &end, 10);
        if (end == at)
            break;
        world->online[world->online_count++].value = id;
        at = end;
    }
}

static void set_now(struct world *world, struct slice text) {
    world->config.now_us = strtoll(text.data, NULL, 10);
}

static void set_unread_dialogs(struct world *world, struct slice text) {
    world->sink.unread_dialogs = strtoull(text.data, NULL, 10);
}

static void call(struct world *world, struct slice text) {
    call_script_request(&world->call, text, world->sink.out);
}

static void call_reply(struct world *world, struct slice text) {
    call_script_reply(&world->call, text, world->sink.out);
}

static const struct {
    const char *name;
    void (*run)(struct world *world, struct slice text);
} verbs[] = {
    {"connect", connect_user},
    {"receive", receive},
    {"reply", reply},
    {"throttle", throttle},
    {"overload", overload},
    {"event", event},
    {"typed", typed},
    {"presence", presence},
    {"unread", unread},
    {"room", set_room},
    {"online", set_online},
    {"now", set_now},
    {"unread_dialogs", set_unread_dialogs},
    {"call", call},
    {"call_reply", call_reply},
};

static void step(void *payload, struct slice line, struct buf *out) {
    struct world *world = payload;
    world->sink.out = out;
    const char *space = memchr(line.data, ' ', line.size);
    struct slice verb = line;
    if (space)
        verb.size = (size_t)(space - line.data);
    struct buf rest = {0};
    buf_append(&rest, line.data + verb.size + (space != NULL),
               line.size - verb.size - (space != NULL));
    struct slice text = buf_slice(&rest);
    /* For the numbers. */
    buf_append(&rest, "", 1);
    text.data = rest.data;
    size_t i = 0;
    while (i < sizeof verbs / sizeof *verbs &&
           !slice_equal(slice_of(verbs[i].name), verb))
        i++;
    if (i < sizeof verbs / sizeof *verbs)
        verbs[i].run(world, text);
    else
        say(&world->sink, "BROKEN script: no such verb", (struct slice){0});
    buf_finish(&rest);
}

bool dialect_run(const struct frontend *frontend, const char *directory,
                 const char *name, const char *zone_name) {
    char path[512];
    struct zone *zone = NULL;
    if (zone_create(zone_name, &zone) != ERR_OK)
        return false;
    snprintf(path, sizeof path, "%s/%s.txt", directory, name);
    struct world world = {.frontend = frontend};
    size_t state_size = frontend->state_size;
    world.config = (struct frontend_config){
        .zone = zone, .is_online = is_online, .presence = &world};
    world.call = (struct call_script){.handler = frontend->http,
                                      .config = &world.config,
                                      .self = &world.self};
    world.state = mem_zalloc(state_size ? state_size : 1);
    connect_user(&world, SLICE("7"));
    bool well = golden_run(path, step, &world);
    close_connection(&world);
    for (unsigned i = 0; i < MEMOS_MAX; i++)
        buf_finish(&world.sink.memos[i]);
    buf_finish(&world.sink.parts);
    call_script_finish(&world.call);
    arena_finish(&world.room_arena);
    free(world.state);
    zone_destroy(zone);
    return well;
}

unsigned dialect_scripts_count(const char *directory) {
    DIR *opened = opendir(directory);
    unsigned count = 0;
    if (!opened)
        return 0;
    for (struct dirent *entry; (entry = readdir(opened));)
        count += strstr(entry->d_name, ".txt") != NULL;
    closedir(opened);
    return count;
}
