/* open.c - finds or makes the database, and refuses what it must not touch:
 * a newer format, another program's data, damage. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "persister/rocksdb/files.h"
#include "persister/rocksdb/groups.h"

#define BLOCK_BYTES 8192u
#define BLOOM_BITS 10
#define CACHE_SHARD_BITS 2
#define WRITE_BUFFERS 3
#define LOG_FILES_KEPT 4u

/* So many files of rows in the order of their coming are merged at once. Each
 * merge writes much of what is below again, since a group's rows are of many
 * rooms; twice the library's default is half of that work, which is done while
 * messages wait for the processor. A read looks into each of them, past a
 * filter. */
#define FILES_MERGED 8

/* Of enum InfoLogLevel, which the C header does not give. */
#define LOG_LEVEL_FATAL 4

/* --- Options -------------------------------------------------------------- */

/* Few shards, for few threads, so that each is large. */
static rocksdb_cache_t *make_cache(uint64_t bytes) {
    rocksdb_lru_cache_options_t *options = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(options, bytes);
    rocksdb_lru_cache_options_set_num_shard_bits(options, CACHE_SHARD_BITS);
    rocksdb_cache_t *cache = rocksdb_cache_create_lru_opts(options);
    rocksdb_lru_cache_options_destroy(options);
    return cache;
}

static void set_table_options(struct store *store) {
    rocksdb_block_based_table_options_t *table =
        rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, store->cache);
    rocksdb_block_based_options_set_block_size(table, BLOCK_BYTES);
    rocksdb_block_based_options_set_filter_policy(
        table, rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS));
    /* Indexes and filters live in the cache too, so memory is bounded by it
     * however much is stored; in pieces, since a filter of a whole file is a
     * megabyte, and one that does not fit into a shard of the cache would be
     * read again for every lookup. */
    rocksdb_block_based_options_set_index_type(
        table, rocksdb_block_based_table_index_type_two_level_index_search);
    rocksdb_block_based_options_set_partition_filters(table, 1);
    rocksdb_block_based_options_set_metadata_block_size(table, BLOCK_BYTES);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(
        table, 1);
    rocksdb_block_based_options_set_format_version(table, 5);
    rocksdb_options_set_block_based_table_factory(store->options, table);
    rocksdb_block_based_options_destroy(table);
}

static void set_options(struct store *store,
                        const struct store_config *config) {
    rocksdb_options_t *options = store->options;
    uint64_t buffer_bytes = config->write_buffer_bytes;
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_create_missing_column_families(options, 1);
    /* Not the library's default, which opens a log with a flipped byte as if
     * nothing were missing: this one takes a torn tail (never acknowledged)
     * and refuses everything else (RELIABILITY.md, finding 1). */
    rocksdb_options_set_wal_recovery_mode(
        options, rocksdb_tolerate_corrupted_tail_records_recovery);
    rocksdb_options_set_paranoid_checks(options, 1);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_write_buffer_size(options, buffer_bytes);
    rocksdb_options_set_max_write_buffer_number(options, WRITE_BUFFERS);
    rocksdb_options_set_max_total_wal_size(options, 4 * buffer_bytes);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_max_background_jobs(options, 2);
    rocksdb_options_set_bytes_per_sync(options, 1u << 20);
    /* The library keeps a diary in a file LOG of its own. On a full disk that
     * file cannot be written either, and then Debian's build, which has its
     * assertions on, aborts at the next line: so it is told to keep silent.
     * What fails comes back as an error and is in our log. */
    rocksdb_options_set_info_log_level(options, LOG_LEVEL_FATAL);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_keep_log_file_num(options, LOG_FILES_KEPT);
    rocksdb_options_set_level0_file_num_compaction_trigger(options,
                                                           FILES_MERGED);
    set_table_options(store);
}

/* Messages of one room follow each other, but a group holds messages of many
 * rooms: with a place remembered for each room, a row goes into the memory
 * table without a search through it. Ten bytes are the row's kind and its room
 * (keys.h); rows with shorter keys do without. The C interface knows this
 * option by name only; a library that does not know it does without, too. */
static void set_insert_hints(struct store *store) {
    static const char hints[] =
        "memtable_insert_with_hint_prefix_extractor=rocksdb.FixedPrefix.10";
    char *text = NULL;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_get_options_from_string(store->options, hints, options, &text);
    if (text) {
        rocksdb_free(text);
        rocksdb_options_destroy(options);
        return;
    }
    rocksdb_options_destroy(store->options);
    store->options = options;
}

/* --- The directory -------------------------------------------------------- */

static bool ends_with(const char *name, const char *end) {
    size_t size = strlen(name);
    size_t end_size = strlen(end);
    return size > end_size && strcmp(name + size - end_size, end) == 0;
}

/* A database whose CURRENT file is lost would be taken for a new one, and its
 * files for rubbish. */
static enum err check_directory(const char *path, struct store_error *error) {
    bool has_current = false;
    bool has_data = false;
    DIR *directory = NULL;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        rocks_explain(error, "%s: %m", path);
        return ERR_IO;
    }
    directory = opendir(path);
    if (!directory) {
        rocks_explain(error, "%s: %m", path);
        return ERR_IO;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, "CURRENT") == 0)
            has_current = true;
        if (ends_with(entry->d_name, ".sst") ||
            ends_with(entry->d_name, ".blob") ||
            ends_with(entry->d_name, ".log"))
            has_data = true;
    }
    closedir(directory);
    if (has_data && !has_current) {
        rocks_explain(error,
                      "%s holds data but no file CURRENT: part of the store is "
                      "missing; restore the directory from a backup",
                      path);
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

static enum err open_failed(const char *path, char *take_text,
                            struct store_error *error) {
    struct store_error cause;
    bool locked = strstr(take_text, "lock") != NULL;
    enum err err = rocks_error(take_text, &cause);
    if (err == ERR_CORRUPT) {
        rocks_explain(error,
                      "%s is damaged (%.300s); nothing was changed. Keep a "
                      "copy of the directory, check the disk, and restore a "
                      "backup",
                      path, cause.text);
        return ERR_CORRUPT;
    }
    if (locked) {
        rocks_explain(error, "%s is in use by another process (%.300s)", path,
                      cause.text);
        return ERR_BUSY;
    }
    rocks_explain(error, "%s: %.400s", path, cause.text);
    return ERR_IO;
}

/* --- What is there already ------------------------------------------------ */

static bool is_empty(struct reading *reading, enum err *err) {
    struct scan scan = {0};
    struct slice key, value;
    struct key first = {.size = 0};
    struct key end = {.size = 1, .bytes = {(char)0xff}};
    scan_open(&scan, reading, &first, &end);
    *err = scan_next(&scan, reading, &key, &value);
    scan_close(&scan);
    if (*err != ERR_NOT_FOUND)
        return false;
    *err = ERR_OK;
    return true;
}

static enum err write_format(struct store *store, const struct key *key,
                             struct store_error *error) {
    char *text = NULL;
    struct buf value = {0};
    row_put_number(FORMAT_VERSION, &value);
    rocksdb_put(store->db, store->sync_options, key->bytes, key->size,
                value.data, value.size, &text);
    buf_finish(&value);
    return text ? rocks_error(text, error) : ERR_OK;
}

static enum err check_format(struct reading *reading, const char *path) {
    struct key key = key_meta(SLICE("format"));
    struct slice row;
    uint64_t version;
    enum err err = reading_get(reading, &key, &row);
    if (err == ERR_NOT_FOUND) {
        if (is_empty(reading, &err))
            return write_format(reading->store, &key, reading->error);
        if (err != ERR_OK)
            return err;
        rocks_explain(reading->error,
                      "%s is no store of this program: it has no format "
                      "version",
                      path);
        return ERR_CORRUPT;
    }
    if (err != ERR_OK)
        return err;
    if (row_get_number(row, &version) != ERR_OK)
        return rocks_corrupt_row("meta", reading->error);
    if (version != FORMAT_VERSION) {
        rocks_explain(reading->error,
                      "%s has format version %llu; this program (%s) reads "
                      "version %u: start the program that wrote it",
                      path, (unsigned long long)version, PARLANCE_VERSION,
                      FORMAT_VERSION);
        return ERR_VERSION;
    }
    return ERR_OK;
}

static enum err load_epoch(struct reading *reading) {
    struct key key = key_meta(SLICE("epoch"));
    struct slice row;
    enum err err = reading_get(reading, &key, &row);
    if (err != ERR_OK)
        return err == ERR_NOT_FOUND ? ERR_OK : err;
    if (row_get_number(row, &reading->store->heads.epoch) != ERR_OK)
        return rocks_corrupt_row("meta", reading->error);
    return ERR_OK;
}

static enum err load(struct store *store, const char *path,
                     struct store_error *error) {
    struct reading reading;
    struct arena arena = {0};
    reading_begin(&reading, store, &arena, error, false);
    enum err err = check_format(&reading, path);
    if (err == ERR_OK)
        err = load_epoch(&reading);
    if (err == ERR_OK)
        err = groups_load(&reading);
    reading_end(&reading);
    arena_finish(&arena);
    return err;
}

/* --- Life ----------------------------------------------------------------- */

/* A store of before there were files gets the family now. */
static rocksdb_t *open_families(struct store *store, const char *path,
                                char **text) {
    const char *names[] = {"default", "files"};
    const rocksdb_options_t *options[] = {store->options, store->file_options};
    rocksdb_column_family_handle_t *handles[2] = {NULL, NULL};
    rocksdb_t *db = rocksdb_open_column_families(store->options, path, 2, names,
                                                 options, handles, text);
    store->rows = handles[0];
    store->files = handles[1];
    return db;
}

enum err rocks_open(const struct store_config *config, struct store **out,
                    struct store_error *error) {
    char *text = NULL;
    enum err err = check_directory(config->path, error);
    if (err != ERR_OK)
        return err;
    struct store *store = mem_zalloc(sizeof *store);
    store->options = rocksdb_options_create();
    store->cache = make_cache(config->cache_bytes);
    store->write_options = rocksdb_writeoptions_create();
    store->sync_options = rocksdb_writeoptions_create();
    store->batch = rocksdb_writebatch_create();
    spots_init(&store->spots);
    store->outbox = config->outbox;
    briefs_init(&store->briefs);
    rocksdb_writeoptions_set_sync(store->write_options, config->durable);
    rocksdb_writeoptions_set_sync(store->sync_options, 1);
    set_options(store, config);
    set_insert_hints(store);
    store->file_options = files_options(config->write_buffer_bytes);
    store->db = open_families(store, config->path, &text);
    err = text ? open_failed(config->path, text, error)
               : load(store, config->path, error);
    if (err != ERR_OK) {
        rocks_close(store);
        return err;
    }
    *out = store;
    return ERR_OK;
}

void rocks_close(struct store *store) {
    if (!store)
        return;
    if (store->rows)
        rocksdb_column_family_handle_destroy(store->rows);
    if (store->files)
        rocksdb_column_family_handle_destroy(store->files);
    if (store->db)
        rocksdb_close(store->db);
    for (uint32_t i = 0; i < PARTITION_COUNT; i++)
        digests_finish(&store->digests[i]);
    rocksdb_writebatch_destroy(store->batch);
    rocksdb_writeoptions_destroy(store->write_options);
    rocksdb_writeoptions_destroy(store->sync_options);
    rocksdb_cache_destroy(store->cache);
    rocksdb_options_destroy(store->options);
    rocksdb_options_destroy(store->file_options);
    pending_finish(&store->pending);
    arena_finish(&store->arena);
    changes_finish(&store->changes);
    buf_finish(&store->made);
    fresh_cache_finish(&store->fresh);
    spots_finish(&store->spots);
    briefs_finish(&store->briefs);
    free(store);
}
