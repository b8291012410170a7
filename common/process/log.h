/* log.h - what a program says while it runs: one event, one line, on stderr.
 *
 *   log_info("peer_up", LOG_TEXT("peer", name), LOG_UINT("rooms", count));
 *
 * writes, in logfmt,
 *
 *   2026-11-22T11:22:33.123456Z level=info program=broker event=peer_up ...
 *
 * Whatever a value holds, the event stays one line of printable text: see
 * quote.h. A line is one write(2) of at most LOG_LINE_BYTES_MAX, so lines of
 * several threads and processes never mix. Values of fields named token,
 * secret, password, authorization or cookie are never written, nor those of
 * fields whose names end in one of these.
 *
 * Threads: log_start() once, before any other thread; the rest from any. The
 * level and the program's name are the one global state of common/: a log
 * line must be possible where no argument could carry them. */
#ifndef COMMON_PROCESS_LOG_H
#define COMMON_PROCESS_LOG_H

#include "common/err.h"
#include "common/types.h"

/* PIPE_BUF: what the kernel writes to a pipe in one piece. */
#define LOG_LINE_BYTES_MAX 4096u
#define LOG_VALUE_BYTES_MAX 1024u

/* X(name, text), from the most talkative. */
#define LOG_LEVEL_TABLE(X)                                                     \
    X(LOG_DEBUG, "debug")                                                      \
    X(LOG_INFO, "info")                                                        \
    X(LOG_WARN, "warn")                                                        \
    X(LOG_ERROR, "error")

enum log_level {
#define LOG_LEVEL_ENUM(name, text) name,
    LOG_LEVEL_TABLE(LOG_LEVEL_ENUM)
#undef LOG_LEVEL_ENUM
};

/* The texts in order of enum log_level, then NULL; for --log-level. */
extern const char *const log_level_texts[];

enum log_type {
    LOG_TYPE_END,
    LOG_TYPE_SLICE,
    LOG_TYPE_UINT,
    LOG_TYPE_INT,
    LOG_TYPE_FLAG,
};

/* One key=value; made by the macros below. */
struct log_field {
    const char *key; /* Lower-case letters, digits and underscores. */
    enum log_type type;
    struct slice slice;
    uint64_t uint_value;
    int64_t int_value;
};

#define LOG_SLICE(key_, value_)                                                \
    { .key = (key_), .type = LOG_TYPE_SLICE, .slice = (value_) }
/* A C string; NULL is written as "". */
#define LOG_TEXT(key_, value_) LOG_SLICE(key_, slice_of(value_))
#define LOG_UINT(key_, value_)                                                 \
    { .key = (key_), .type = LOG_TYPE_UINT, .uint_value = (value_) }
#define LOG_INT(key_, value_)                                                  \
    { .key = (key_), .type = LOG_TYPE_INT, .int_value = (value_) }
#define LOG_FLAG(key_, value_)                                                 \
    { .key = (key_), .type = LOG_TYPE_FLAG, .uint_value = (value_) }
/* An enum err, by its text. */
#define LOG_ERR(key_, value_) LOG_TEXT(key_, err_text(value_))

/* The first argument is the event's name, a literal in the style of keys. */
#define log_debug(...) LOG_EVENT_(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) LOG_EVENT_(LOG_INFO, __VA_ARGS__)
#define log_warn(...) LOG_EVENT_(LOG_WARN, __VA_ARGS__)
#define log_error(...) LOG_EVENT_(LOG_ERROR, __VA_ARGS__)

#define LOG_END_                                                               \
    { .type = LOG_TYPE_END }
#define LOG_FIRST_(first, ...) first
#define LOG_REST_(first, ...) __VA_ARGS__
#define LOG_EVENT_(level, ...)                                                 \
    (log_wanted(level) ? log_write(level, LOG_FIRST_(__VA_ARGS__, ),           \
                                   (const struct log_field[]){                 \
                                       LOG_REST_(__VA_ARGS__, LOG_END_)})      \
                       : (void)0)

/* |program|, e.g. "broker", is static. */
void log_start(const char *program, enum log_level level);

bool log_wanted(enum log_level level);

/* Use the macros. |fields| ends with LOG_TYPE_END. */
void log_write(enum log_level level, const char *event,
               const struct log_field *fields);

/* The line that log_write() writes, with its '\n', without NUL; pure. |out|
 * holds LOG_LINE_BYTES_MAX. Fields that do not fit are left out whole, and
 * cut=true says so. Returns the size. */
size_t log_format(char *out, uint64_t wall_us, const char *program,
                  enum log_level level, const char *event,
                  const struct log_field *fields);

#endif
