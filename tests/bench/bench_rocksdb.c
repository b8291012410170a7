/* bench_rocksdb.c - what the disk and RocksDB give without any chat: the
 * baselines of the durable figures.
 *
 *   bench_rocksdb puts    --dir DIR --seconds S [--threads 32]
 *   bench_rocksdb batches --dir DIR --seconds S [--batch 512]
 *   bench_rocksdb sync    --dir DIR --seconds S
 *
 * puts: each thread puts one record at a time with sync=1 and RocksDB's own
 * group commit makes the best of it. batches: one thread writes WriteBatches
 * with sync=1. sync: appends of 300 bytes, each followed by fdatasync.
 * Records are 316 bytes (key 16, value 300 that LZ4 halves at best). Options:
 * LZ4, 64 MiB write buffers, everything else as RocksDB has it. DIR must not
 * hold a database; the caller removes it. Prints one line of JSON. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <rocksdb/c.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/buf.h"
#include "tests/bench/stats.h"

#define KEY_BYTES 16u
#define VALUE_BYTES 300u
#define THREADS_MAX 256u

struct arguments {
    const char *dir;
    double seconds;
    uint32_t threads;
    uint32_t batch;
};

struct database {
    rocksdb_t *db;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *write;
    uint64_t end_us;
    atomic_uint_fast64_t records;
};

/* One writing thread: its own room, its places counted from 1. */
struct writer {
    struct database *database;
    uint64_t room;
    uint64_t place;
    uint64_t random;
    pthread_t thread;
};

static void put_big_endian(char *out, uint64_t value) {
    for (int i = 0; i < 8; i++)
        out[i] = (char)(value >> 8 * (7 - i));
}

/* Half words, half noise: neither all zeros nor a file of random bytes. */
static void next_record(struct writer *writer, char key[KEY_BYTES],
                        char value[VALUE_BYTES]) {
    put_big_endian(key, writer->room);
    put_big_endian(key + 8, ++writer->place);
    for (size_t at = 0; at + 12 <= VALUE_BYTES; at += 12) {
        writer->random =
            writer->random * 6364136223846793005u + 1442695040888963407u;
        memcpy(value + at, "record", 6);
        memcpy(value + at + 6, &writer->random, 6);
    }
}

static void check(char *error) {
    if (error == NULL)
        return;
    fprintf(stderr, "bench_rocksdb: %s\n", error);
    exit(1);
}

static void open_database(struct database *database, const char *dir) {
    char *error = NULL;
    database->options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(database->options, 1);
    rocksdb_options_set_error_if_exists(database->options, 1);
    rocksdb_options_set_compression(database->options, rocksdb_lz4_compression);
    rocksdb_options_set_write_buffer_size(database->options, 64u << 20);
    database->write = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(database->write, 1);
    database->db = rocksdb_open(database->options, dir, &error);
    check(error);
}

static void close_database(struct database *database) {
    rocksdb_close(database->db);
    rocksdb_writeoptions_destroy(database->write);
    rocksdb_options_destroy(database->options);
}

static void *put_one_by_one(void *argument) {
    struct writer *writer = argument;
    struct database *database = writer->database;
    char key[KEY_BYTES];
    char value[VALUE_BYTES] = {0};
    while (stats_now_us() < database->end_us) {
        char *error = NULL;
        next_record(writer, key, value);
        rocksdb_put(database->db, database->write, key, sizeof(key), value,
                    sizeof(value), &error);
        check(error);
        atomic_fetch_add_explicit(&database->records, 1, memory_order_relaxed);
    }
    return NULL;
}

static void run_puts(struct database *database,
                     const struct arguments *arguments) {
    static struct writer writers[THREADS_MAX];
    for (uint32_t i = 0; i < arguments->threads; i++) {
        writers[i] =
            (struct writer){.database = database, .room = i + 1, .random = i};
        INVARIANT(pthread_create(&writers[i].thread, NULL, put_one_by_one,
                                 &writers[i]) == 0);
    }
    for (uint32_t i = 0; i < arguments->threads; i++)
        pthread_join(writers[i].thread, NULL);
}

static void run_batches(struct database *database,
                        const struct arguments *arguments) {
    struct writer writer = {.database = database, .room = 1};
    char key[KEY_BYTES];
    char value[VALUE_BYTES] = {0};
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    while (stats_now_us() < database->end_us) {
        char *error = NULL;
        for (uint32_t i = 0; i < arguments->batch; i++) {
            next_record(&writer, key, value);
            rocksdb_writebatch_put(batch, key, sizeof(key), value,
                                   sizeof(value));
        }
        rocksdb_write(database->db, database->write, batch, &error);
        check(error);
        rocksdb_writebatch_clear(batch);
        atomic_fetch_add_explicit(&database->records, arguments->batch,
                                  memory_order_relaxed);
    }
    rocksdb_writebatch_destroy(batch);
}

static double cpu_s(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void measure_database(const struct arguments *arguments,
                             void (*run)(struct database *,
                                         const struct arguments *)) {
    struct database database = {0};
    open_database(&database, arguments->dir);
    double before_s = cpu_s();
    uint64_t start_us = stats_now_us();
    database.end_us = start_us + (uint64_t)(arguments->seconds * 1e6);
    run(&database, arguments);
    double wall_s = (double)(stats_now_us() - start_us) / 1e6;
    uint64_t records = atomic_load(&database.records);
    printf("{\"records\":%" PRIu64 ",\"per_s\":%.0f,\"cpu_s\":%.2f}\n", records,
           (double)records / wall_s, cpu_s() - before_s);
    close_database(&database);
}

static void measure_sync(const struct arguments *arguments) {
    char path[1024];
    char record[VALUE_BYTES];
    snprintf(path, sizeof(path), "%s.sync", arguments->dir);
    memset(record, 'r', sizeof(record));
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    struct stats latency;
    stats_init(&latency);
    uint64_t now_us = stats_now_us();
    uint64_t end_us = now_us + (uint64_t)(arguments->seconds * 1e6);
    while (now_us < end_us) {
        if (write(fd, record, sizeof(record)) != (ssize_t)sizeof(record) ||
            fdatasync(fd) != 0) {
            fprintf(stderr, "bench_rocksdb: %s: %s\n", path, strerror(errno));
            exit(1);
        }
        uint64_t done_us = stats_now_us();
        stats_add(&latency, done_us - now_us);
        now_us = done_us;
    }
    close(fd);
    unlink(path);
    printf("{\"syncs\":%" PRIu64 ",\"per_s\":%.0f,", latency.count,
           (double)latency.count / arguments->seconds);
    stats_print(&latency, "latency_us");
    printf("}\n");
    stats_finish(&latency);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"dir", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 's'},
        {"threads", required_argument, NULL, 't'},
        {"batch", required_argument, NULL, 'b'},
        {NULL, 0, NULL, 0}};
    struct arguments arguments = {.seconds = 3, .threads = 32, .batch = 512};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'd')
            arguments.dir = optarg;
        else if (option == 's')
            arguments.seconds = atof(optarg);
        else if (option == 't')
            arguments.threads = (uint32_t)atoi(optarg);
        else if (option == 'b')
            arguments.batch = (uint32_t)atoi(optarg);
        else
            return 2;
    }
    const char *what = optind < argc ? argv[optind] : "";
    if (arguments.dir == NULL || arguments.threads == 0 ||
        arguments.threads > THREADS_MAX || arguments.batch == 0) {
        fprintf(stderr,
                "bench_rocksdb: the head of bench_rocksdb.c says how\n");
        return 2;
    }
    if (strcmp(what, "puts") == 0)
        measure_database(&arguments, run_puts);
    else if (strcmp(what, "batches") == 0)
        measure_database(&arguments, run_batches);
    else if (strcmp(what, "sync") == 0)
        measure_sync(&arguments);
    else
        return 2;
    return 0;
}
