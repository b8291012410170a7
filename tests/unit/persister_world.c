/* persister_world.c - see persister_world.h. */
#include "tests/unit/persister_world.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/link/link_process.h"
#include "persister/persister_metrics.h"
#include "tests/unit/store_kit.h"

#define PATIENCE_MS 20000u

/* --- A store that does as it is told -------------------------------------- */

struct store {
    struct store *inner;
    struct behaviour *behaviour;
};

static void lock(struct behaviour *behaviour) {
    pthread_mutex_lock(&behaviour->mutex);
}

static void unlock(struct behaviour *behaviour) {
    pthread_mutex_unlock(&behaviour->mutex);
}

void behaviour_set(struct behaviour *behaviour, bool gate_appends,
                   bool gate_reads) {
    lock(behaviour);
    behaviour->gate_appends = gate_appends;
    behaviour->gate_reads = gate_reads;
    pthread_cond_broadcast(&behaviour->changed);
    unlock(behaviour);
}

void behaviour_fail(struct behaviour *behaviour, enum err append_error,
                    enum err read_error) {
    lock(behaviour);
    behaviour->append_error = append_error;
    behaviour->read_error = read_error;
    unlock(behaviour);
}

uint32_t behaviour_get(struct behaviour *behaviour, const uint32_t *number) {
    lock(behaviour);
    uint32_t value = *number;
    unlock(behaviour);
    return value;
}

static void told_heads(struct store *store, struct store_heads *out) {
    store_memory.heads(store->inner, out);
}

static enum err told_claim(struct store *store, uint64_t epoch,
                           struct store_error *error) {
    return store_memory.claim(store->inner, epoch, error);
}

static enum err told_append(struct store *store,
                            const struct store_batch *batches, uint32_t count,
                            struct store_error *error) {
    struct behaviour *behaviour = store->behaviour;
    lock(behaviour);
    behaviour->appends_total++;
    behaviour->appends_waiting++;
    while (behaviour->gate_appends)
        pthread_cond_wait(&behaviour->changed, &behaviour->mutex);
    behaviour->appends_waiting--;
    enum err err = behaviour->append_error;
    unlock(behaviour);
    if (err == ERR_OK)
        return store_memory.append(store->inner, batches, count, error);
    *error = (struct store_error){"as told"};
    return err;
}

static enum err told_digest(struct store *store, uint32_t partition,
                            uint64_t first_seq, uint32_t *records_count,
                            uint64_t *digest) {
    return store_memory.batch_digest(store->inner, partition, first_seq,
                                     records_count, digest);
}

/* The clock is the wall's, so what it was asked is kept. */
static enum err told_collect(struct store *store, int64_t before_us,
                             uint32_t limit, uint32_t *count,
                             struct store_error *error) {
    struct behaviour *behaviour = store->behaviour;
    lock(behaviour);
    behaviour->collects_total++;
    behaviour->collect_before_us = before_us;
    pthread_mutex_unlock(&behaviour->mutex);
    return store_memory.collect(store->inner, before_us, limit, count, error);
}

static enum err told_read(struct store *store, const struct wire *request,
                          struct arena *arena, struct wire *out,
                          struct store_error *error) {
    struct behaviour *behaviour = store->behaviour;
    lock(behaviour);
    behaviour->reads_waiting++;
    while (behaviour->gate_reads)
        pthread_cond_wait(&behaviour->changed, &behaviour->mutex);
    behaviour->reads_waiting--;
    enum err err = behaviour->read_error;
    unlock(behaviour);
    if (err == ERR_OK)
        return store_memory.read(store->inner, request, arena, out, error);
    *error = (struct store_error){"a row is bad, as told"};
    return err;
}

static const struct store_ops store_told = {.name = "told",
                                            .heads = told_heads,
                                            .claim = told_claim,
                                            .append = told_append,
                                            .batch_digest = told_digest,
                                            .collect = told_collect,
                                            .read = told_read};

/* --- The persister's thread ----------------------------------------------- */

static bool is_stopped(const struct persister_world *world) {
    uint64_t count;
    return read(world->stop_fd, &count, sizeof count) == (ssize_t)sizeof count;
}

static void *run(void *payload) {
    struct persister_world *world = payload;
    while (!is_stopped(world))
        persister_turn(world->persister, world->stop_fd);
    persister_destroy(world->persister, PATIENCE_MS);
    return NULL;
}

static void create_persister(struct persister_world *world) {
    struct buf reason = {0};
    const struct persister_config config = {
        .listen = world->endpoint,
        .readers_count = 1,
        .writer = {.ops = &store_told,
                   .store = world->store,
                   .health = world->health,
                   .metrics = world->metrics,
                   .path = world->directory,
                   .min_free_percent = world->min_free_percent,
                   .durable = true},
        .reader = {.ops = &store_told,
                   .store = world->store,
                   .health = world->health,
                   .metrics = world->metrics}};
    enum err err = persister_create(&config, &world->persister, &reason);
    ck_assert_msg(err == ERR_OK, "%.*s", (int)reason.size, reason.data);
    buf_finish(&reason);
}

void persister_world_start(struct persister_world *world,
                           uint32_t min_free_percent) {
    struct store_error error;
    *world = (struct persister_world){.min_free_percent = min_free_percent};
    link_process_init();
    kit_make_directory(world->directory);
    snprintf(world->endpoint, sizeof world->endpoint, "ipc://%s/socket",
             world->directory);
    pthread_mutex_init(&world->behaviour.mutex, NULL);
    pthread_cond_init(&world->behaviour.changed, NULL);
    world->store = mem_zalloc(sizeof *world->store);
    world->store->behaviour = &world->behaviour;
    ck_assert_int_eq(store_memory.open(&(struct store_config){.path = NULL},
                                       &world->store->inner, &error),
                     ERR_OK);
    world->metrics = persister_metrics_create();
    world->readiness = readiness_create(health_conditions);
    world->health = health_create(world->readiness);
    world->stop_fd = eventfd(0, EFD_NONBLOCK);
    create_persister(world);
    ck_assert_int_eq(pthread_create(&world->thread, NULL, run, world), 0);
}

void persister_world_stop(struct persister_world *world) {
    const uint64_t one = 1;
    if (!world->stopped)
        ck_assert_int_eq(write(world->stop_fd, &one, sizeof one),
                         (ssize_t)sizeof one);
    world->stopped = true;
}

void persister_world_finish(struct persister_world *world) {
    behaviour_set(&world->behaviour, false, false);
    for (uint32_t i = 0; i < WORLD_PEERS_MAX; i++) {
        link_client_destroy(world->peers[i].client);
        buf_finish(&world->peers[i].heard);
    }
    persister_world_stop(world);
    pthread_join(world->thread, NULL);
    close(world->stop_fd);
    health_destroy(world->health);
    readiness_destroy(world->readiness);
    metrics_destroy(world->metrics);
    store_memory.close(world->store->inner);
    free(world->store);
    pthread_cond_destroy(&world->behaviour.changed);
    pthread_mutex_destroy(&world->behaviour.mutex);
    link_process_finish();
    kit_remove_directory(world->directory);
}

/* --- Brokers -------------------------------------------------------------- */

static void on_hello(void *payload, struct buf *out) {
    (void)payload;
    buf_append_slice(out, SLICE("test"));
}

static void on_up(void *payload, struct slice welcome) {
    (void)payload;
    (void)welcome;
}

static void on_message(void *payload, struct slice message) {
    struct peer *peer = payload;
    struct arena arena = {0};
    struct wire wire;
    ck_assert_int_eq(wire_decode(message, &arena, &wire, NULL), ERR_OK);
    wire_print(&wire, &peer->heard);
    buf_append_slice(&peer->heard, SLICE("\n"));
    arena_finish(&arena);
}

static void on_down(void *payload, const char *reason) {
    struct peer *peer = payload;
    peer->downs++;
    snprintf(peer->down_reason, sizeof peer->down_reason, "%s", reason);
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    (void)reason;
}

static const struct link_client_handler handler = {.hello = on_hello,
                                                   .up = on_up,
                                                   .message = on_message,
                                                   .down = on_down,
                                                   .refused = on_refused};

/* One turn of all peers; waits a little when there is nothing to do. */
static void turn(struct persister_world *world) {
    struct link_poll *poll = link_poll_create();
    uint64_t now_ms = monotonic_ms();
    for (uint32_t i = 0; i < WORLD_PEERS_MAX; i++) {
        struct link_client *client = world->peers[i].client;
        if (!client)
            continue;
        while (link_client_receive(client, now_ms, 64))
            continue;
        link_client_tick(client, now_ms);
        link_client_flush(client, now_ms);
        link_poll_add_client(poll, client);
    }
    link_poll_wait(poll, 20);
    link_poll_destroy(poll);
}

#define WAIT_UNTIL(world, condition)                                           \
    do {                                                                       \
        uint64_t end_ms = monotonic_ms() + PATIENCE_MS;                        \
        while (!(condition)) {                                                 \
            ck_assert_msg(monotonic_ms() < end_ms, "waited for %s",            \
                          #condition);                                         \
            turn(world);                                                       \
        }                                                                      \
    } while (0)

void persister_world_connect(struct persister_world *world, uint32_t index) {
    struct peer *peer = &world->peers[index];
    struct link_client_config config = link_client_config_default();
    config.endpoint = world->endpoint;
    config.name = "test";
    config.incarnation = 1000 + index;
    config.handler = &handler;
    config.payload = peer;
    peer->client = link_client_create(&config);
    WAIT_UNTIL(world, link_client_is_up(peer->client));
}

void persister_world_send_bytes(struct persister_world *world, uint32_t index,
                                struct slice bytes) {
    struct peer *peer = &world->peers[index];
    WAIT_UNTIL(world, link_client_can_send(peer->client, bytes.size));
    ck_assert(link_client_send(peer->client, bytes));
    link_client_flush(peer->client, monotonic_ms());
}

void persister_world_send(struct persister_world *world, uint32_t index,
                          const struct wire *wire) {
    struct buf bytes = {0};
    wire_encode(wire, &bytes);
    persister_world_send_bytes(world, index, buf_slice(&bytes));
    buf_finish(&bytes);
}

/* Takes lines away up to and with the first that begins with |line|. */
static bool take_line(struct peer *peer, const char *line) {
    size_t wanted = strlen(line);
    size_t at = 0;
    while (at < peer->heard.size) {
        const char *start = peer->heard.data + at;
        const char *end = memchr(start, '\n', peer->heard.size - at);
        size_t size = (size_t)(end - start);
        at += size + 1;
        if (size >= wanted && memcmp(start, line, wanted) == 0) {
            buf_consume(&peer->heard, at);
            return true;
        }
    }
    return false;
}

void persister_world_expect(struct persister_world *world, uint32_t index,
                            const char *line) {
    struct peer *peer = &world->peers[index];
    uint64_t end_ms = monotonic_ms() + PATIENCE_MS;
    while (!take_line(peer, line)) {
        ck_assert_msg(monotonic_ms() < end_ms,
                      "no line that begins with %s; heard: %.*s", line,
                      (int)(peer->heard.size < 1000 ? peer->heard.size : 1000),
                      peer->heard.data);
        turn(world);
    }
}

void persister_world_expect_down(struct persister_world *world, uint32_t index,
                                 const char *text) {
    struct peer *peer = &world->peers[index];
    uint32_t before = peer->downs;
    if (link_client_is_up(peer->client))
        WAIT_UNTIL(world, peer->downs > before);
    ck_assert_msg(strstr(peer->down_reason, text) != NULL, "down: %s",
                  peer->down_reason);
}

void persister_world_claim(struct persister_world *world, uint32_t peer,
                           uint64_t instance, uint64_t epoch) {
    char line[64];
    struct wire wire = {
        .kind = WIRE_CLAIM, .correlation = 1, .as.claim.instance = instance};
    persister_world_send(world, peer, &wire);
    snprintf(line, sizeof line, "claimed correlation=1 epoch=%llu",
             (unsigned long long)epoch);
    persister_world_expect(world, peer, line);
    wire = (struct wire){
        .kind = WIRE_ATTACH, .correlation = 2, .as.attach.epoch = epoch};
    persister_world_send(world, peer, &wire);
    persister_world_expect(world, peer, "heads correlation=2");
}

void persister_world_append(struct persister_world *world, uint32_t peer,
                            uint64_t epoch, uint64_t seq, uint64_t user) {
    struct wire record = {.kind = RECORD_USER_PUT,
                          .as.record_user_put.profile.user = {user}};
    struct buf bytes = {0};
    wire_encode(&record, &bytes);
    struct slice slice = buf_slice(&bytes);
    struct wire_batch batch = {.partition = 1,
                               .epoch = epoch,
                               .first_seq = seq,
                               .records = &slice,
                               .records_count = 1};
    struct wire wire = {
        .kind = WIRE_APPEND, .correlation = seq, .as.append = {&batch, 1}};
    persister_world_send(world, peer, &wire);
    buf_finish(&bytes);
}
