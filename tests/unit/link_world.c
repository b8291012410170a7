/* link_world.c - see link_world.h. */
#include "tests/unit/link_world.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/link/link_process.h"

static void note(struct view *view, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note(struct view *view, const char *format, ...) {
    char line[512];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    buf_append(&view->log, line, (size_t)size);
    buf_append(&view->log, "\n", 1);
}

bool view_has(const struct view *view, const char *text) {
    return view->log.size > 0 &&
           memmem(view->log.data, view->log.size, text, strlen(text)) != NULL;
}

void view_check(const struct view *view, const char *expected) {
    ck_assert_msg(slice_equal(buf_slice(&view->log), slice_of(expected)),
                  "got:\n%.*s\nexpected:\n%s", (int)view->log.size,
                  view->log.data ? view->log.data : "", expected);
}

struct slice world_message(char *out, uint64_t number) {
    size_t size = 8 + number % 200;
    memcpy(out, &number, 8);
    memset(out + 8, (int)(number & 0xff), size - 8);
    return (struct slice){out, size};
}

static void check_numbered(struct view *view, uint32_t peer,
                           struct slice message) {
    char expected[256];
    uint64_t number = ++view->next_in[peer];
    ck_assert(slice_equal(message, world_message(expected, number)));
}

static bool server_hello(void *payload, uint32_t peer, struct slice hello,
                         struct buf *welcome, struct buf *reason) {
    struct view *view = payload;
    note(view, "hello %u %.*s", peer, (int)hello.size, hello.data);
    if (view->refuse) {
        buf_append_slice(reason, slice_of(view->refuse));
        return false;
    }
    buf_append_slice(welcome, SLICE("welcome "));
    buf_append_slice(welcome, hello);
    return true;
}

static void server_message(void *payload, uint32_t peer, struct slice message) {
    struct view *view = payload;
    check_numbered(view, peer, message);
    if (view->echo)
        link_server_send(view->world->server, peer, message);
}

static void server_down(void *payload, uint32_t peer, const char *reason) {
    note(payload, "down %u %s", peer, reason);
}

static void server_refused(void *payload, const char *reason) {
    note(payload, "refused %s", reason);
}

static const struct link_server_handler server_handler = {
    .hello = server_hello,
    .message = server_message,
    .down = server_down,
    .refused = server_refused,
};

static void client_hello(void *payload, struct buf *out) {
    struct view *view = payload;
    buf_append_slice(out, slice_of(view->greeting));
}

static struct link_client *client_of(struct view *view) {
    return view->world->clients[view - view->world->client_views];
}

static void client_up(void *payload, struct slice welcome) {
    struct view *view = payload;
    note(view, "up %.*s", (int)welcome.size, welcome.data);
    if (view->refuse)
        link_client_reset(client_of(view), view->refuse);
}

static void client_message(void *payload, struct slice message) {
    check_numbered(payload, 0, message);
}

static void client_down(void *payload, const char *reason) {
    struct view *view = payload;
    note(view, "down %s", reason);
    view->next_in[0] = 0;
}

static void client_refused(void *payload, const char *reason) {
    note(payload, "refused %s", reason);
}

static const struct link_client_handler client_handler = {
    .hello = client_hello,
    .up = client_up,
    .message = client_message,
    .down = client_down,
    .refused = client_refused,
};

uint64_t world_now_ms(const struct world *world) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 +
           world->extra_ms;
}

struct link_server *world_create_server(struct world *world) {
    struct link_server_config config = link_server_config_default();
    config.peers_max = 4;
    config.session = world->session;
    config.handler = &server_handler;
    config.payload = &world->server_view;
    return link_server_create(&config);
}

void world_start_server(struct world *world) {
    world->server = world_create_server(world);
    /* The library closes in the background, so a predecessor may be there for
     * a moment; the test's time limit bounds this. */
    enum err err;
    do {
        err = link_server_bind(world->server, world->endpoint, NULL);
    } while (err == ERR_EXISTS && sched_yield() == 0);
    ck_assert_int_eq(err, ERR_OK);
    snprintf(world->endpoint, sizeof(world->endpoint), "%s",
             link_server_endpoint(world->server));
}

void world_start_client_as(struct world *world, int index,
                           uint64_t incarnation) {
    static const char *const names[CLIENTS_MAX] = {"ann", "bob", "cid"};
    struct view *view = &world->client_views[index];
    view->world = world;
    view->greeting = names[index];
    struct link_client_config config = link_client_config_default();
    config.endpoint = world->endpoint;
    config.name = names[index];
    config.incarnation = incarnation;
    config.session = world->session;
    config.backoff_min_ms = 1;
    config.backoff_max_ms = 10;
    config.handler = &client_handler;
    config.payload = view;
    world->clients[index] = link_client_create(&config);
}

void world_start_client(struct world *world, int index) {
    world_start_client_as(world, index, 1000u + (uint64_t)index);
}

void world_stop_client(struct world *world, int index) {
    link_client_destroy(world->clients[index]);
    world->clients[index] = NULL;
}

void world_stop_server(struct world *world) {
    link_server_destroy(world->server);
    world->server = NULL;
}

void world_init(struct world *world) {
    link_process_init();
    *world = (struct world){.session = link_session_config_default()};
    strcpy(world->dir, "/tmp/test_link.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(world->dir));
    snprintf(world->endpoint, sizeof(world->endpoint), "ipc://%s/socket",
             world->dir);
    world->server_view.world = world;
    world->poll = link_poll_create();
}

void world_finish(struct world *world) {
    for (int i = 0; i < CLIENTS_MAX; i++) {
        world_stop_client(world, i);
        buf_finish(&world->client_views[i].log);
    }
    world_stop_server(world);
    buf_finish(&world->server_view.log);
    link_poll_destroy(world->poll);
    link_process_finish();
    if (strncmp(world->endpoint, "ipc://", 6) == 0)
        unlink(world->endpoint + 6); /* The library leaves it there. */
    ck_assert_int_eq(rmdir(world->dir), 0);
}

void world_turn(struct world *world) {
    uint64_t now = world_now_ms(world);
    uint64_t due_ms = now + 5;
    link_poll_clear(world->poll);
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct link_client *client = world->clients[i];
        if (!client || world->client_frozen[i])
            continue;
        if (link_client_receive(client, now, 64))
            due_ms = 0;
        link_client_tick(client, now);
        link_client_flush(client, now);
        link_poll_add_client(world->poll, client);
        uint64_t client_ms = link_client_due_ms(client);
        due_ms = client_ms < due_ms ? client_ms : due_ms;
    }
    if (world->server && !world->server_frozen) {
        if (link_server_receive(world->server, now, 64))
            due_ms = 0;
        link_server_tick(world->server, now);
        link_server_flush(world->server, now);
        link_poll_add_server(world->poll, world->server);
        uint64_t server_ms = link_server_due_ms(world->server);
        due_ms = server_ms < due_ms ? server_ms : due_ms;
    }
    link_poll_wait(world->poll, due_ms > now ? (int64_t)(due_ms - now) : 0);
}

bool world_is_up(const struct world *world, int index) {
    return link_client_is_up(world->clients[index]);
}
