/* Between the listener and the library: what a new connection has said is
 * looked at, without taking it, and given on changed if the library could not
 * read it (upgrade.h). A request that came in part waits here for the rest:
 * its bytes stay in the socket, whose low-water mark lets it wake us only when
 * there are more. The library is given all else as it is, so a connection that
 * this file has no place or time for is worse off only if its list of
 * subprotocols is a long one: that is refused in words then. */
#include "gateway/server/internal.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

/* As the library would wait for a request, and how often that is looked at. */
#define DOOR_WAIT_MS 10000u
#define DOOR_STEP_MS 1000u

#define DOOR_WAITING_MAX (SERVER_SPARE_DESCRIPTORS / 2)

struct waiting {
    uv_poll_t poll;
    struct list link; /* Of the server's, the oldest first. */
    struct server *server;
    int fd;
    int seen; /* Bytes looked at. */
    uint64_t until_ms;
};

static const char *const known[] = {HANDSHAKE_BEARER, HANDSHAKE_SUBPROTOCOL};

static const struct upgrade_rules rules = {
    .list_bytes_max = HANDSHAKE_SUBPROTOCOLS_BYTES_MAX,
    .known = known,
    .known_count = sizeof(known) / sizeof(known[0]),
    .carrier = HANDSHAKE_CARRIER,
};

/* What a connection has said. */
struct look {
    char head[SERVER_HEADER_BYTES_MAX];
    enum upgrade_verdict verdict;
    struct buf changed;
    size_t taken;
};

/* All but the bytes, of which there are many. */
static void look_init(struct look *look) {
    look->verdict = UPGRADE_AS_IT_IS;
    look->changed = (struct buf){0};
    look->taken = 0;
}

/* False: the loop would be woken for ever. */
static bool set_low_water(int fd, int bytes) {
    return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes)) == 0;
}

/* Returns false if more is to come, of which there was nothing when |*seen|
 * bytes were there; |*seen| grows. If not, give_on() must follow. */
static bool look(struct look *look, int fd, int *seen) {
    ssize_t size = recv(fd, look->head, sizeof(look->head), MSG_PEEK);
    if (size <= *seen)
        return true; /* The end, or a client that is silent. */
    struct slice said = {look->head, (size_t)size};
    look->verdict = upgrade_change(&rules, said, &look->changed, &look->taken);
    *seen = (int)size;
    return look->verdict != UPGRADE_PARTIAL || said.size == sizeof(look->head);
}

/* Gives the connection to the library; a changed head in place of the one in
 * the socket. */
static void give_on(struct server *server, int fd, struct look *look) {
    struct slice changed = {0};
    if (look->verdict == UPGRADE_CHANGED) {
        changed = buf_slice(&look->changed);
        ssize_t taken = recv(fd, look->head, look->taken, 0);
        INVARIANT(taken == (ssize_t)look->taken);
    }
    lws_take(server, fd, false, changed);
    buf_finish(&look->changed);
}

static void on_closed(uv_handle_t *handle) {
    free(handle->data);
}

/* From here on the descriptor is free for the library's own watching of it. */
static void forget(struct waiting *waiting) {
    struct server *server = waiting->server;
    list_remove(&waiting->link);
    if (--server->waiting_count == 0)
        uv_timer_stop(&server->waiting_timer);
    uv_poll_stop(&waiting->poll);
    uv_close((uv_handle_t *)&waiting->poll, on_closed);
    (void)set_low_water(waiting->fd, 1);
}

static void give_as_it_is(struct waiting *waiting) {
    forget(waiting);
    lws_take(waiting->server, waiting->fd, false, (struct slice){0});
}

static void on_more(uv_poll_t *poll, int status, int events) {
    struct waiting *waiting = poll->data;
    struct look seen;
    look_init(&seen);
    (void)status;
    (void)events;
    if (look(&seen, waiting->fd, &waiting->seen)) {
        forget(waiting);
        give_on(waiting->server, waiting->fd, &seen);
    } else if (!set_low_water(waiting->fd, waiting->seen + 1)) {
        give_as_it_is(waiting);
    }
}

static void on_time(uv_timer_t *timer) {
    struct server *server = timer->data;
    uint64_t now_ms = monotonic_ms();
    while (!list_is_empty(&server->waiting)) {
        struct waiting *oldest =
            LIST_OF(server->waiting.next, struct waiting, link);
        if (oldest->until_ms > now_ms)
            return;
        give_as_it_is(oldest);
    }
}

/* False: it cannot wait. */
static bool wait_for_more(struct server *server, int fd, int seen) {
    if (server->waiting_count >= DOOR_WAITING_MAX) {
        metrics_add(server->gateway.config.metrics, METRIC_REQUESTS_UNAWAITED,
                    1);
        return false;
    }
    if (!set_low_water(fd, seen + 1))
        return false;
    struct waiting *waiting = mem_zalloc(sizeof(*waiting));
    if (uv_poll_init(&server->loop, &waiting->poll, fd) != 0) {
        free(waiting);
        (void)set_low_water(fd, 1);
        return false;
    }
    waiting->poll.data = waiting;
    waiting->server = server;
    waiting->fd = fd;
    waiting->seen = seen;
    waiting->until_ms = monotonic_ms() + DOOR_WAIT_MS;
    list_append(&server->waiting, &waiting->link);
    if (server->waiting_count++ == 0)
        uv_timer_start(&server->waiting_timer, on_time, DOOR_STEP_MS,
                       DOOR_STEP_MS);
    uv_poll_start(&waiting->poll, UV_READABLE, on_more);
    return true;
}

void door_init(struct server *server) {
    list_init(&server->waiting);
    uv_timer_init(&server->loop, &server->waiting_timer);
    server->waiting_timer.data = server;
}

void door_take(struct server *server, int fd) {
    struct look seen;
    look_init(&seen);
    int size = 0;
    bool readable = server->config.tls_cert == NULL;
    if (!readable || look(&seen, fd, &size) || !wait_for_more(server, fd, size))
        give_on(server, fd, &seen);
}

void door_close(struct server *server) {
    while (!list_is_empty(&server->waiting)) {
        struct waiting *waiting =
            LIST_OF(server->waiting.next, struct waiting, link);
        forget(waiting);
        close(waiting->fd);
    }
    uv_close((uv_handle_t *)&server->waiting_timer, NULL);
}
