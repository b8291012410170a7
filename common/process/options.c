/* options.c - see options.h. */
#include "common/process/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "common/link/zpl.h"
#include "common/process/option_value.h"
#include "common/process/quote.h"

#define ENVIRONMENT_PREFIX "PARLANCE_"
#define NAME_BYTES_MAX 64u
#define REASON_BYTES 512u

const char option_required[] = "(required)";

static const struct option config_option = {
    .name = "config",
    .value_name = "FILE",
    .help = "Read options from FILE, one `name = value` a line.",
};
static const struct option help_option = {.name = "help",
                                          .help = "Print this and end."};
static const struct option version_option = {
    .name = "version", .help = "Print the version and end."};

__attribute__((format(printf, 2, 3))) static void
say(struct options_error *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
}

/* Where a value came from, as the end of an error's line. */
static const char *source_text(enum option_source source) {
    switch (source) {
    case OPTION_SOURCE_DEFAULT:
        return " (the default)";
    case OPTION_SOURCE_FILE:
        return " (from the file of --config)";
    case OPTION_SOURCE_ENVIRONMENT:
        return " (from the environment)";
    case OPTION_SOURCE_FLAG:
        return "";
    }
    return "";
}

/* A short form of |text| that is safe to print. */
struct shown {
    char text[100];
};

static struct shown show(struct slice text) {
    struct shown shown = {0};
    bool cut = false;
    size_t size = quote_text(shown.text, sizeof shown.text - 4, text, &cut);
    memcpy(shown.text + size, cut ? "..." : "", cut ? 4 : 1);
    return shown;
}

static const struct option *find(const struct options *options,
                                 struct slice name, size_t *index) {
    for (*index = 0; *index < options->count; (*index)++) {
        const struct option *option = &options->table[*index];
        if (slice_equal(slice_of(option->name), name))
            return option;
    }
    return NULL;
}

void options_init(struct options *options, const char *program,
                  const char *summary, const struct option *table,
                  size_t count) {
    PRE(count <= OPTIONS_MAX);
    *options = (struct options){
        .program = program, .summary = summary, .table = table, .count = count};
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &table[i];
        char reason[REASON_BYTES];
        size_t same;
        PRE(strlen(option->name) < NAME_BYTES_MAX);
        PRE(find(options, slice_of(option->name), &same) == option);
        option_value_clear(option);
        if (option->default_text && option->default_text != option_required)
            INVARIANT(option_value_parse(option, slice_of(option->default_text),
                                         &options->arena, reason,
                                         sizeof reason) == ERR_OK);
    }
}

void options_finish(struct options *options) {
    arena_finish(&options->arena);
}

/* --config is no variable of the program's. */
static enum err set_config(struct options *options, enum option_source source,
                           struct slice value, struct options_error *error) {
    const char *path = NULL;
    struct option option = config_option;
    char reason[REASON_BYTES];
    option.into.text = &path;
    if (option_value_parse(&option, value, &options->arena, reason,
                           sizeof reason) != ERR_OK) {
        say(error, "--config: \"%s\" %s%s", show(value).text, reason,
            source_text(source));
        return ERR_MALFORMED;
    }
    if (source >= options->config_source) {
        options->config_path = path;
        options->config_source = source;
    }
    return ERR_OK;
}

/* Parses |value| only to see whether it is one. */
static enum err try_value(struct options *options, const struct option *option,
                          struct slice value, char *reason) {
    union {
        const char *text;
        uint64_t number;
        bool flag;
        struct address address;
        struct option_list list;
        struct option_rate rate;
        unsigned choice;
    } aside;
    struct option probe = *option;
    switch (option->type) {
    case OPTION_TYPE_TEXT:
    case OPTION_TYPE_ENDPOINT:
        probe.into.text = &aside.text;
        break;
    case OPTION_TYPE_UINT:
    case OPTION_TYPE_DURATION:
        probe.into.number = &aside.number;
        break;
    case OPTION_TYPE_FLAG:
        probe.into.flag = &aside.flag;
        break;
    case OPTION_TYPE_ADDRESS:
        probe.into.address = &aside.address;
        break;
    case OPTION_TYPE_LIST:
        probe.into.list = &aside.list;
        break;
    case OPTION_TYPE_RATE:
        probe.into.rate = &aside.rate;
        break;
    case OPTION_TYPE_CHOICE:
        probe.into.choice = &aside.choice;
        break;
    }
    option_value_clear(&probe);
    return option_value_parse(&probe, value, &options->arena, reason,
                              REASON_BYTES);
}

enum err options_set(struct options *options, enum option_source source,
                     struct slice name, struct slice value,
                     struct options_error *error) {
    size_t index;
    char reason[REASON_BYTES] = "";
    if (slice_equal(name, SLICE("config")) && source != OPTION_SOURCE_FILE)
        return set_config(options, source, value, error);
    const struct option *option = find(options, name, &index);
    if (!option) {
        say(error, "--%s: there is no such option%s", show(name).text,
            source_text(source));
        return ERR_NOT_FOUND;
    }
    enum option_source *current = &options->sources[index];
    bool again = source == *current && source != OPTION_SOURCE_DEFAULT;
    bool list = option->type == OPTION_TYPE_LIST;
    if (again && source == OPTION_SOURCE_FILE && !list) {
        say(error, "--%s: is set twice%s", option->name, source_text(source));
        return ERR_EXISTS;
    }
    enum err err;
    if (source < *current) {
        err = try_value(options, option, value, reason);
    } else {
        if (!again)
            option_value_clear(option);
        *current = source;
        err = option_value_parse(option, value, &options->arena, reason,
                                 sizeof reason);
    }
    if (err != ERR_OK)
        say(error, "--%s: \"%s\" %s%s", option->name, show(value).text, reason,
            source_text(source));
    return err;
}

/* One argument that starts with "--"; |*taken| becomes the number of
 * arguments that it used. */
static enum err set_argument(struct options *options, size_t count,
                             char *const *arguments, size_t *taken,
                             struct options_error *error) {
    const char *text = arguments[0] + 2;
    const char *equals = strchr(text, '=');
    struct slice name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    size_t index;
    const struct option *option = find(options, name, &index);
    *taken = 1;
    if (equals)
        return options_set(options, OPTION_SOURCE_FLAG, name,
                           slice_of(equals + 1), error);
    if (option && option->type == OPTION_TYPE_FLAG)
        return options_set(options, OPTION_SOURCE_FLAG, name, SLICE("true"),
                           error);
    bool known = option || slice_equal(name, SLICE("config"));
    if (known && count < 2) {
        say(error, "--%s: a value is missing", show(name).text);
        return ERR_MALFORMED;
    }
    *taken = 2;
    return options_set(options, OPTION_SOURCE_FLAG, name,
                       known ? slice_of(arguments[1]) : (struct slice){0},
                       error);
}

/* An argument that is no option. */
static enum err take_plain(struct options *options, const char *argument,
                           struct options_error *error) {
    if (!options->arguments_usage) {
        say(error, "\"%s\": is no option, and nothing else is expected",
            show(slice_of(argument)).text);
        return ERR_NOT_FOUND;
    }
    if (options->arguments.count == OPTION_LIST_ITEMS_MAX) {
        say(error, "\"%s\": more than %u arguments",
            show(slice_of(argument)).text, OPTION_LIST_ITEMS_MAX);
        return ERR_MALFORMED;
    }
    options->arguments.items[options->arguments.count++] = argument;
    return ERR_OK;
}

enum err options_set_arguments(struct options *options, size_t count,
                               char *const *arguments, enum options_wish *wish,
                               struct options_error *error) {
    bool plain_only = false;
    *wish = OPTIONS_WISH_RUN;
    for (size_t i = 0, taken = 1; i < count; i += taken) {
        const char *argument = arguments[i];
        enum err err = ERR_OK;
        taken = 1;
        if (plain_only) {
            err = take_plain(options, argument, error);
        } else if (strcmp(argument, "--") == 0) {
            plain_only = true;
        } else if (strcmp(argument, "--help") == 0) {
            *wish = OPTIONS_WISH_HELP;
            return ERR_OK;
        } else if (strcmp(argument, "--version") == 0) {
            *wish = OPTIONS_WISH_VERSION;
            return ERR_OK;
        } else if (strncmp(argument, "--", 2) == 0) {
            err =
                set_argument(options, count - i, arguments + i, &taken, error);
        } else if (argument[0] == '-' && argument[1] != '\0') {
            say(error, "%s: there is no such option",
                show(slice_of(argument)).text);
            err = ERR_NOT_FOUND;
        } else {
            err = take_plain(options, argument, error);
        }
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

enum err options_set_environment(struct options *options,
                                 char *const *environment,
                                 struct options_error *error) {
    const size_t prefix_size = sizeof ENVIRONMENT_PREFIX - 1;
    for (; *environment; environment++) {
        const char *entry = *environment;
        const char *equals = strchr(entry, '=');
        if (strncmp(entry, ENVIRONMENT_PREFIX, prefix_size) != 0 || !equals ||
            equals[1] == '\0')
            continue;
        char name[NAME_BYTES_MAX];
        size_t size = (size_t)(equals - entry) - prefix_size;
        if (size == 0 || size >= sizeof name)
            continue;
        for (size_t i = 0; i < size; i++) {
            char byte = entry[prefix_size + i];
            bool upper = byte >= 'A' && byte <= 'Z';
            /* Lower case is no name of ours; '.' is in none. */
            bool lower = byte >= 'a' && byte <= 'z';
            name[i] = upper         ? (char)(byte - 'A' + 'a')
                      : byte == '_' ? '-'
                      : lower       ? '.'
                                    : byte;
        }
        struct slice slice = {name, size};
        size_t index;
        if (!find(options, slice, &index) &&
            !slice_equal(slice, SLICE("config")))
            continue;
        enum err err = options_set(options, OPTION_SOURCE_ENVIRONMENT, slice,
                                   slice_of(equals + 1), error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

struct visit {
    struct options *options;
    struct options_error *error;
};

static enum err set_setting(const char *name, const char *value,
                            void *payload) {
    struct visit *visit = payload;
    return options_set(visit->options, OPTION_SOURCE_FILE, slice_of(name),
                       slice_of(value), visit->error);
}

enum err options_set_text(struct options *options, struct slice text,
                          struct options_error *error) {
    struct visit visit = {options, error};
    struct zpl_error zpl = {0};
    enum err err = zpl_parse(text, set_setting, &visit, &zpl);
    if (zpl.reason && zpl.line > 0)
        say(error, "--config: line %zu: %s", zpl.line, zpl.reason);
    else if (zpl.reason)
        say(error, "--config: %s", zpl.reason);
    return err;
}

enum err options_check(const struct options *options,
                       struct options_error *error) {
    for (size_t i = 0; i < options->count; i++) {
        const struct option *option = &options->table[i];
        if (option->default_text == option_required &&
            options->sources[i] == OPTION_SOURCE_DEFAULT) {
            say(error, "--%s: must be set", option->name);
            return ERR_NOT_FOUND;
        }
    }
    return ERR_OK;
}

__attribute__((format(printf, 2, 3))) static void
append(struct buf *out, const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    INVARIANT(size >= 0 && (size_t)size < sizeof line);
    buf_append(out, line, (size_t)size);
}

static void append_option(const struct option *option, struct buf *out) {
    char left[NAME_BYTES_MAX * 2];
    snprintf(left, sizeof left, "--%s%s%.40s", option->name,
             option->value_name ? " " : "",
             option->value_name ? option->value_name : "");
    append(out, "  %-28s", left);
    if (strlen(left) >= 28)
        append(out, "\n%30s", "");
    append(out, "%s", option->help);
    for (size_t i = 0; option->choices && option->choices[i]; i++)
        append(out, "%s%s", i == 0 ? "; one of: " : ", ", option->choices[i]);
    if (option->default_text == option_required)
        append(out, " [required]");
    else if (option->default_text && option->type != OPTION_TYPE_FLAG)
        append(out, " [%s]", option->default_text);
    append(out, "\n");
}

void options_help(const struct options *options, struct buf *out) {
    append(out, "usage: %s [OPTION]...%s%s\n%s\n\n", options->program,
           options->arguments_usage ? " " : "",
           options->arguments_usage ? options->arguments_usage : "",
           options->summary);
    for (size_t i = 0; i < options->count; i++)
        append_option(&options->table[i], out);
    append_option(&config_option, out);
    append_option(&help_option, out);
    append_option(&version_option, out);
    append(out, "\nDefaults stand in brackets. An option --some-name may also "
                "be set as\n" ENVIRONMENT_PREFIX "SOME_NAME in the "
                "environment, or as some-name in the file; the flag\ncounts "
                "before the environment, and that before the file.\n");
}

/* Reads all of a file into |out|; false with errno. A file that is too large
 * is read just so far that its reader finds out. */
static bool read_file(const char *path, struct buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    ssize_t size = 1;
    while (size > 0 && out->size <= ZPL_FILE_BYTES_MAX) {
        const size_t step = 16384;
        size = read(fd, buf_reserve(out, step), step);
        if (size > 0)
            out->size += (size_t)size;
        else if (size < 0 && errno == EINTR)
            size = 1;
    }
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return size >= 0;
}

static enum err load(struct options *options, int argc, char *const *argv,
                     char *const *environment, enum options_wish *wish,
                     struct options_error *error) {
    struct buf text = {0};
    size_t count = argc > 0 ? (size_t)argc - 1 : 0;
    enum err err = options_set_arguments(options, count, argv + 1, wish, error);
    if (err != ERR_OK || *wish != OPTIONS_WISH_RUN)
        return err;
    err = options_set_environment(options, environment, error);
    if (err != ERR_OK)
        return err;
    if (options->config_path) {
        if (read_file(options->config_path, &text)) {
            err = options_set_text(options, buf_slice(&text), error);
        } else {
            say(error, "--config: cannot read \"%s\": %s",
                show(slice_of(options->config_path)).text, strerror(errno));
            err = ERR_IO;
        }
        buf_finish(&text);
    }
    return err == ERR_OK ? options_check(options, error) : err;
}

bool options_load(struct options *options, int argc, char *const *argv,
                  char *const *environment, int *status) {
    struct options_error error = {""};
    enum options_wish wish;
    enum err err = load(options, argc, argv, environment, &wish, &error);
    if (err != ERR_OK) {
        fprintf(stderr, "%s: %s\n", options->program, error.text);
        *status = err == ERR_IO ? 1 : 2;
        options_finish(options);
        return false;
    }
    *status = 0;
    if (wish == OPTIONS_WISH_HELP) {
        struct buf help = {0};
        options_help(options, &help);
        fwrite(help.data, 1, help.size, stdout);
        buf_finish(&help);
    } else if (wish == OPTIONS_WISH_VERSION) {
        printf("%s %s\n", options->program, PARLANCE_VERSION);
    }
    if (wish != OPTIONS_WISH_RUN && fflush(stdout) != 0)
        *status = 1;
    if (wish != OPTIONS_WISH_RUN)
        options_finish(options);
    return wish == OPTIONS_WISH_RUN;
}
