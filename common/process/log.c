/* log.c - see log.h. */
#include "common/process/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/process/quote.h"

#define REDACTED "[redacted]"
#define CUT_MARK " cut=true\n"

const char *const log_level_texts[] = {
#define LOG_LEVEL_TEXT(name, text) text,
    LOG_LEVEL_TABLE(LOG_LEVEL_TEXT)
#undef LOG_LEVEL_TEXT
        NULL,
};

static struct {
    const char *program;
    _Atomic(int) level;
} state = {.program = "parlance", .level = LOG_INFO};

void log_start(const char *program, enum log_level level) {
    state.program = program;
    atomic_store(&state.level, (int)level);
}

bool log_wanted(enum log_level level) {
    return (int)level >=
           atomic_load_explicit(&state.level, memory_order_relaxed);
}

static bool key_is_secret(const char *key) {
    static const char *const secrets[] = {"token", "secret", "password",
                                          "authorization", "cookie"};
    size_t key_size = strlen(key);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        size_t size = strlen(secrets[i]);
        if (key_size >= size && strcmp(key + key_size - size, secrets[i]) == 0)
            return true;
    }
    return false;
}

/* Writes a value of text, in quotes where it needs them. */
static size_t format_slice(char *out, struct slice value, bool *cut) {
    if (value.size > LOG_VALUE_BYTES_MAX) {
        value.size = LOG_VALUE_BYTES_MAX;
        *cut = true;
    }
    if (!quote_needed(value)) {
        memcpy(out, value.data, value.size);
        return value.size;
    }
    out[0] = '"';
    size_t size = 1 + quote_text(out + 1, LOG_VALUE_BYTES_MAX, value, cut);
    out[size++] = '"';
    return size;
}

/* " key=value" in |out|, which holds LOG_LINE_BYTES_MAX; returns its size. */
static size_t format_field(char *out, const struct log_field *field,
                           bool *cut) {
    size_t limit = LOG_VALUE_BYTES_MAX;
    PRE(strlen(field->key) < limit);
    size_t size = (size_t)snprintf(out, limit + 2, " %s=", field->key);
    if (key_is_secret(field->key))
        return size + format_slice(out + size, SLICE(REDACTED), cut);
    switch (field->type) {
    case LOG_TYPE_SLICE:
        return size + format_slice(out + size, field->slice, cut);
    case LOG_TYPE_UINT:
        return size + (size_t)snprintf(out + size, limit, "%" PRIu64,
                                       field->uint_value);
    case LOG_TYPE_INT:
        return size + (size_t)snprintf(out + size, limit, "%" PRId64,
                                       field->int_value);
    case LOG_TYPE_FLAG:
        return size + (size_t)snprintf(out + size, limit, "%s",
                                       field->uint_value ? "true" : "false");
    case LOG_TYPE_END:
        break;
    }
    return 0;
}

static size_t format_head(char *out, uint64_t wall_us, const char *program,
                          enum log_level level, const char *event) {
    struct tm parts = {0};
    time_t seconds = (time_t)(wall_us / 1000000u);
    gmtime_r(&seconds, &parts);
    size_t size = strftime(out, 64, "%Y-%m-%dT%H:%M:%S", &parts);
    size += (size_t)snprintf(
        out + size, LOG_VALUE_BYTES_MAX, ".%06uZ level=%s program=%s event=%s",
        (unsigned)(wall_us % 1000000u), log_level_texts[level], program, event);
    POST(size < LOG_VALUE_BYTES_MAX);
    return size;
}

size_t log_format(char *out, uint64_t wall_us, const char *program,
                  enum log_level level, const char *event,
                  const struct log_field *fields) {
    bool cut = false;
    size_t size = format_head(out, wall_us, program, level, event);
    for (; fields->type != LOG_TYPE_END; fields++) {
        char field[LOG_LINE_BYTES_MAX];
        size_t field_size = format_field(field, fields, &cut);
        if (size + field_size + sizeof CUT_MARK > LOG_LINE_BYTES_MAX) {
            cut = true;
            continue;
        }
        memcpy(out + size, field, field_size);
        size += field_size;
    }
    struct slice end = cut ? SLICE(CUT_MARK) : SLICE("\n");
    memcpy(out + size, end.data, end.size);
    return size + end.size;
}

void log_write(enum log_level level, const char *event,
               const struct log_field *fields) {
    char line[LOG_LINE_BYTES_MAX];
    size_t size =
        log_format(line, wall_us(), state.program, level, event, fields);
    /* A log that nobody reads any more must not stop the program, and there
     * is no place left to say so. */
    int saved_errno = errno;
    while (write(STDERR_FILENO, line, size) < 0 && errno == EINTR)
        continue;
    errno = saved_errno;
}
