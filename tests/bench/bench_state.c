/* bench_state.c - how long a core stands still while a recording of it begins
 * a new file, by how much it has in memory.
 *
 *   bench_state --dir DIR --rooms N [--rounds 5]
 *
 * The core has |rooms| rooms of 10 members, each with its 16 latest messages,
 * and as many users, all with profiles. It is not stepped: it is made from
 * pieces of state, as a replay makes it. Medians over the rounds of
 *
 *   begin    the recorder makes its first file: all that a rotation does
 *   digest   core_digest() alone
 *   save     core_save() alone, into a buffer that is forgotten
 *   disk     the bytes of that file written to another one, nothing else
 *
 * in microseconds. Files are made in DIR, which must be there, and removed.
 * Prints one line of JSON. */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/core/actor.h"
#include "broker/core/snapshot.h"
#include "broker/shard/broker_metrics.h"
#include "broker/shard/recorder.h"
#include "tests/bench/stats.h"

#define MEMBERS 10u
#define RECENT 16u
#define ROUNDS_MAX 100u
#define PIECE_BYTES (256u << 10)

/* A day of 2026; ids and times are as long as they are in life. */
#define NOW_US INT64_C(1790000000000000)
#define FIRST_ID 1000000u

struct arguments {
    const char *dir;
    uint32_t rooms;
    uint32_t rounds;
};

struct bench {
    struct arguments arguments;
    struct core_config config;
    struct core *core;
    struct metrics *metrics;
    struct buf bytes; /* Of one round's file. */
};

static void fail(const char *what) {
    fprintf(stderr, "bench_state: %s\n", what);
    exit(1);
}

/* --- The core ------------------------------------------------------------- */

static void put(struct bench *bench, const struct wire *state) {
    const char *why;
    if (core_restore(bench->core, state, &why) != ERR_OK)
        fail(why);
}

static void put_core(struct bench *bench) {
    struct wire state = {.kind = STATE_CORE};
    state.as.state_core.now_us = NOW_US;
    put(bench, &state);
    state = (struct wire){.kind = STATE_PARTITION};
    state.as.state_partition.next_seq = 1000000;
    state.as.state_partition.committed = 999999;
    for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
        state.partition = i;
        put(bench, &state);
    }
}

static void put_room(struct bench *bench, uint32_t index) {
    char key[32];
    char title[32];
    struct wire_member members[MEMBERS];
    struct state_recent recent[RECENT];
    uint64_t id = FIRST_ID + index;
    for (uint32_t i = 0; i < MEMBERS; i++)
        members[i] = (struct wire_member){.user = {FIRST_ID + index + i},
                                          .mark = 300,
                                          .read_us = NOW_US - 1000000,
                                          .seen = 180,
                                          .own_total = 20};
    for (uint32_t i = 0; i < RECENT; i++)
        recent[i].author = members[i % MEMBERS].user;
    (void)snprintf(key, sizeof key, "project-%" PRIu64, id);
    (void)snprintf(title, sizeof title, "A room of ten, %" PRIu64, id);
    struct wire state = {.kind = STATE_ROOM,
                         .partition = room_partition((room_id){id})};
    state.as.state_room =
        (struct state_room){.info = {.room = {id},
                                     .kind = ROOM_PROJECT,
                                     .key = slice_of(key),
                                     .title = slice_of(title),
                                     .created_us = NOW_US - 2000000},
                            .load = {.state = ACTOR_READY},
                            .released_place = 300,
                            .state = {.place = 300,
                                      .ordinal = 200,
                                      .live_total = 200,
                                      .activity_us = NOW_US - 1000000,
                                      .reader1 = members[0].user,
                                      .mark1 = 300,
                                      .reader2 = members[1].user,
                                      .mark2 = 300,
                                      .members_count = MEMBERS},
                            .members = members,
                            .members_count = MEMBERS,
                            .created_seq = 500,
                            .changed_seq = 999000,
                            .marked_seq = 999000,
                            .roster_seq = 500,
                            .last_us = NOW_US - 1000000,
                            .recent_first = 201 - RECENT,
                            .recent = recent,
                            .recent_count = RECENT};
    put(bench, &state);
}

static void put_user(struct bench *bench, uint32_t index) {
    char name[32];
    char email[48];
    user_id user = {FIRST_ID + index};
    (void)snprintf(name, sizeof name, "user-%" PRIu64, user.value);
    (void)snprintf(email, sizeof email, "%s@example.org", name);
    struct wire state = {.kind = STATE_USER, .partition = user_partition(user)};
    state.as.state_user = (struct state_user){
        .user = user,
        .load = {.state = ACTOR_READY},
        .has_row = true,
        .profile = {.user = user,
                    .username = slice_of(name),
                    .email = slice_of(email),
                    .first_name = SLICE("Clara"),
                    .last_name = SLICE("Customer"),
                    .avatar = SLICE("https://example.org/avatar/1000000.png"),
                    .from_directory = true},
        .last_seen_us = NOW_US - 1000000};
    put(bench, &state);
}

static void put_idle(struct bench *bench, uint8_t type, uint32_t index) {
    struct state_unused unused = {
        .actor = {.type = type, .id = FIRST_ID + index},
        .since_us = NOW_US - 1000000};
    struct wire state = {.kind = STATE_IDLE};
    state.as.state_idle.actors = &unused;
    state.as.state_idle.actors_count = 1;
    put(bench, &state);
}

static void make_core(struct bench *bench) {
    const char *why;
    uint32_t count = bench->arguments.rooms;
    bench->config = CORE_CONFIG_DEFAULT;
    bench->config.actors_max = 2 * count + 1;
    bench->core = core_create(&bench->config);
    put_core(bench);
    for (uint32_t i = 0; i < count; i++)
        put_room(bench, i);
    for (uint32_t i = 0; i < count; i++)
        put_user(bench, i);
    for (uint32_t i = 0; i < count; i++)
        put_idle(bench, STATE_IS_ROOM, i);
    for (uint32_t i = 0; i < count; i++)
        put_idle(bench, STATE_IS_USER, i);
    if (core_restored(bench->core, &why) != ERR_OK)
        fail(why);
}

/* --- What is measured ----------------------------------------------------- */

/* The recorder's first file, whose name begins with the start of the run. */
static void file_path(const struct bench *bench, char *out, size_t size) {
    (void)snprintf(out, size,
                   "%s/19700101T000000Z-0000000000000001-00-000001.trace",
                   bench->arguments.dir);
}

static uint64_t begin(struct bench *bench) {
    struct recorder_options options = {.directory = bench->arguments.dir,
                                       .file_bytes = UINT64_C(1) << 40};
    struct recorder_config config = {.options = &options,
                                     .shards = 1,
                                     .run = 1,
                                     .core = bench->config,
                                     .metrics = bench->metrics};
    uint64_t start_us = stats_now_us();
    struct recorder *recorder = recorder_create(&config, bench->core);
    uint64_t spent_us = stats_now_us() - start_us;
    recorder_destroy(recorder);
    if (metrics_get(bench->metrics, BROKER_RECORDING, 0) == 0)
        fail("the recording stopped");
    metrics_set(bench->metrics, BROKER_RECORDING, 0);
    return spent_us;
}

/* Takes the file's bytes, and the file away. */
static void fetch(struct bench *bench) {
    char path[4096];
    ssize_t got;
    file_path(bench, path, sizeof path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail("the recorder's file is not there");
    buf_clear(&bench->bytes);
    while ((got = read(fd, buf_reserve(&bench->bytes, PIECE_BYTES),
                       PIECE_BYTES)) > 0)
        bench->bytes.size += (size_t)got;
    close(fd);
    unlink(path);
}

static uint64_t write_alone(struct bench *bench) {
    char path[4096];
    file_path(bench, path, sizeof path);
    uint64_t start_us = stats_now_us();
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        fail("no file can be made in --dir");
    for (size_t at = 0; at < bench->bytes.size;) {
        size_t left = bench->bytes.size - at;
        ssize_t put = write(fd, bench->bytes.data + at,
                            left < PIECE_BYTES ? left : PIECE_BYTES);
        if (put <= 0)
            fail("a file in --dir cannot be written");
        at += (size_t)put;
    }
    uint64_t spent_us = stats_now_us() - start_us;
    close(fd);
    unlink(path);
    return spent_us;
}

static void encode(void *payload, const struct wire *state) {
    struct buf *out = payload;
    buf_clear(out);
    wire_encode(state, out);
}

static uint64_t save(const struct bench *bench) {
    struct buf out = {0};
    uint64_t start_us = stats_now_us();
    core_save(bench->core, encode, &out);
    uint64_t spent_us = stats_now_us() - start_us;
    buf_finish(&out);
    return spent_us;
}

static uint64_t digest(const struct bench *bench) {
    static volatile uint64_t result;
    uint64_t start_us = stats_now_us();
    result = core_digest(bench->core);
    (void)result;
    return stats_now_us() - start_us;
}

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static uint64_t median(uint64_t *values, uint32_t count) {
    qsort(values, count, sizeof values[0], by_size);
    return values[count / 2];
}

static void run(struct bench *bench) {
    uint64_t begins[ROUNDS_MAX], digests[ROUNDS_MAX], saves[ROUNDS_MAX],
        disks[ROUNDS_MAX];
    uint32_t rounds = bench->arguments.rounds;
    for (uint32_t i = 0; i < rounds; i++) {
        begins[i] = begin(bench);
        fetch(bench);
        disks[i] = write_alone(bench);
        saves[i] = save(bench);
        digests[i] = digest(bench);
    }
    printf("{\"rooms\":%" PRIu32 ",\"bytes\":%zu,\"begin_us\":%" PRIu64
           ",\"digest_us\":%" PRIu64 ",\"save_us\":%" PRIu64
           ",\"disk_us\":%" PRIu64 "}\n",
           bench->arguments.rooms, bench->bytes.size, median(begins, rounds),
           median(digests, rounds), median(saves, rounds),
           median(disks, rounds));
}

static bool parse(int argc, char **argv, struct arguments *arguments) {
    static const struct option table[] = {
        {"dir", required_argument, NULL, 'd'},
        {"rooms", required_argument, NULL, 'n'},
        {"rounds", required_argument, NULL, 'r'},
        {NULL, 0, NULL, 0}};
    int option;
    *arguments = (struct arguments){.rounds = 5};
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == 'd')
            arguments->dir = optarg;
        else if (option == 'n')
            arguments->rooms = (uint32_t)strtoul(optarg, NULL, 10);
        else if (option == 'r')
            arguments->rounds = (uint32_t)strtoul(optarg, NULL, 10);
        else
            return false;
    }
    return optind == argc && arguments->dir && arguments->rooms > 0 &&
           arguments->rooms <= 1u << 24 && arguments->rounds > 0 &&
           arguments->rounds <= ROUNDS_MAX;
}

int main(int argc, char **argv) {
    struct bench bench = {0};
    if (!parse(argc, argv, &bench.arguments)) {
        fprintf(stderr, "usage: bench_state --dir DIR --rooms N "
                        "[--rounds 5]\n");
        return 2;
    }
    bench.metrics = broker_metrics_create();
    make_core(&bench);
    run(&bench);
    buf_finish(&bench.bytes);
    core_destroy(bench.core);
    metrics_destroy(bench.metrics);
    return 0;
}
