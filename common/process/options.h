/* options.h - what an operator may set, and the three places where.
 *
 * A program lists its options once, each with the variable that it fills:
 *
 *   struct { const char *data; uint64_t shards; } config;
 *   const struct option table[] = {
 *       OPTION_TEXT("data", &config.data, "DIR", OPTION_REQUIRED, "..."),
 *       OPTION_UINT("shards", &config.shards, 1, 64, "2", "..."),
 *   };
 *   struct options options;
 *   options_init(&options, "parlance-x", "Does x.", table, 2);
 *   if (!options_load(&options, argc, argv, environ, &status)) return status;
 *
 * An option is set by, in order of precedence, a flag (--shards 4 or
 * --shards=4), the environment (PARLANCE_SHARDS=4) or the file of --config
 * (shards = 4; see zpl.h); --config, --help and --version are added to every
 * table. What is ill-typed is refused even where it is overridden. All that
 * reads text here is pure; only options_load() does I/O.
 *
 * Threads: one at a time; the filled variables are then constant. */
#ifndef COMMON_PROCESS_OPTIONS_H
#define COMMON_PROCESS_OPTIONS_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/process/address.h"

#define OPTIONS_MAX 64u
#define OPTION_VALUE_BYTES_MAX 4096u
#define OPTION_LIST_ITEMS_MAX 64u

/* The default of an option that must be set, and of one that need not be. */
extern const char option_required[];
#define OPTION_REQUIRED option_required
#define OPTION_NONE NULL

enum option_type {
    OPTION_TYPE_TEXT,
    OPTION_TYPE_UINT,
    OPTION_TYPE_FLAG,
    OPTION_TYPE_ADDRESS,
    OPTION_TYPE_ENDPOINT,
    OPTION_TYPE_LIST,
    OPTION_TYPE_DURATION,
    OPTION_TYPE_RATE,
    OPTION_TYPE_CHOICE,
};

/* Repeatable; commas separate as well, so no item holds one. A source of
 * higher precedence replaces the whole list. */
struct option_list {
    const char *items[OPTION_LIST_ITEMS_MAX];
    size_t count;
};

/* "50/200"; "0" is {0, 0} and means no limit. */
struct option_rate {
    uint32_t per_second;
    uint32_t burst;
};

struct option {
    const char *name; /* Lower-case letters, digits and dashes. */
    enum option_type type;
    const char *value_name;   /* For --help, "N"; NULL for a flag. */
    const char *default_text; /* In the option's own syntax. */
    const char *help;
    uint64_t min; /* Of a number, or of milliseconds. */
    uint64_t max;
    const char *const *choices; /* Ends with NULL. */
    union {
        const char **text; /* NULL when nothing set it. */
        uint64_t *number;  /* Also milliseconds. */
        bool *flag;
        struct address *address; /* Not given when nothing set it. */
        struct option_list *list;
        struct option_rate *rate;
        unsigned *choice; /* An index of |choices|. */
    } into;
};

#define OPTION_TEXT(name_, into_, value_name_, default_, help_)                \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_TEXT, .into.text = (into_),       \
        .value_name = (value_name_), .default_text = (default_),               \
        .help = (help_)                                                        \
    }
#define OPTION_UINT(name_, into_, min_, max_, default_, help_)                 \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_UINT, .into.number = (into_),     \
        .value_name = "N", .default_text = (default_), .help = (help_),        \
        .min = (min_), .max = (max_)                                           \
    }
/* Off unless set: --name, or a value of true/yes/on/1 or false/no/off/0. */
#define OPTION_FLAG(name_, into_, help_)                                       \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_FLAG, .into.flag = (into_),       \
        .default_text = "false", .help = (help_)                               \
    }
/* For a listener: see address.h. */
#define OPTION_ADDRESS(name_, into_, default_, help_)                          \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_ADDRESS, .into.address = (into_), \
        .value_name = "HOST:PORT", .default_text = (default_), .help = (help_) \
    }
/* tcp://HOST:PORT or ipc://PATH; the port may be * where one listens. */
#define OPTION_ENDPOINT(name_, into_, default_, help_)                         \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_ENDPOINT, .into.text = (into_),   \
        .value_name = "ENDPOINT", .default_text = (default_), .help = (help_)  \
    }
#define OPTION_LIST(name_, into_, value_name_, default_, help_)                \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_LIST, .into.list = (into_),       \
        .value_name = (value_name_), .default_text = (default_),               \
        .help = (help_)                                                        \
    }
/* Seconds, with up to three decimals, or a number with ms, s, m, h or d; kept
 * in milliseconds, as are the bounds. */
#define OPTION_DURATION(name_, into_ms_, min_ms_, max_ms_, default_, help_)    \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_DURATION,                         \
        .into.number = (into_ms_), .value_name = "SECONDS",                    \
        .default_text = (default_), .help = (help_), .min = (min_ms_),         \
        .max = (max_ms_)                                                       \
    }
/* Requests a second and burst. */
#define OPTION_RATE(name_, into_, default_, help_)                             \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_RATE, .into.rate = (into_),       \
        .value_name = "N/BURST", .default_text = (default_), .help = (help_)   \
    }
/* One of |choices_|, by its index. */
#define OPTION_CHOICE(name_, into_, choices_, default_, help_)                 \
    {                                                                          \
        .name = (name_), .type = OPTION_TYPE_CHOICE, .into.choice = (into_),   \
        .value_name = "WORD", .default_text = (default_), .help = (help_),     \
        .choices = (choices_)                                                  \
    }

/* From the lowest precedence. */
enum option_source {
    OPTION_SOURCE_DEFAULT,
    OPTION_SOURCE_FILE,
    OPTION_SOURCE_ENVIRONMENT,
    OPTION_SOURCE_FLAG,
};

/* One line without its end, e.g.
 * --shards: "x" is not a whole number from 1 to 64 (from the environment). */
struct options_error {
    char text[768];
};

/* Fields are private but for the two that say so. */
struct options {
    const char *program;
    const char *summary;
    const struct option *table; /* Borrowed. */
    size_t count;
    enum option_source sources[OPTIONS_MAX]; /* What set each one so far. */
    struct arena arena;                      /* The texts of the values. */
    const char *config_path;                 /* Of --config, or NULL. */
    enum option_source config_source;
    const char *arguments_usage;  /* Public: set it, e.g. to "FILE...", after
                                     options_init() to allow arguments that are
                                     not options; NULL refuses them. */
    struct option_list arguments; /* Public: those arguments. */
};

/* Sets every variable to its default. |program|, |summary| and |table| are
 * borrowed for the life of |options|; a mistake in the table aborts. */
void options_init(struct options *options, const char *program,
                  const char *summary, const struct option *table,
                  size_t count);

/* The texts in the variables end with it. Accepts zeroed. */
void options_finish(struct options *options);

/* Sets one option. ERR_NOT_FOUND: no such option. ERR_MALFORMED: not a value
 * for it. ERR_EXISTS: set twice in one file. Each fills |error|. */
enum err options_set(struct options *options, enum option_source source,
                     struct slice name, struct slice value,
                     struct options_error *error) MUST_CHECK;

/* What the arguments ask for. */
enum options_wish {
    OPTIONS_WISH_RUN,
    OPTIONS_WISH_HELP,
    OPTIONS_WISH_VERSION,
};

/* Sets what |arguments| say (without the program's own name), up to the first
 * --help or --version. Errors as options_set(). */
enum err options_set_arguments(struct options *options, size_t count,
                               char *const *arguments, enum options_wish *wish,
                               struct options_error *error) MUST_CHECK;

/* Sets what the entries "PARLANCE_NAME=value" of |environment| say; it ends
 * with NULL. Empty values and unknown names are ignored. */
enum err options_set_environment(struct options *options,
                                 char *const *environment,
                                 struct options_error *error) MUST_CHECK;

/* Sets what the text of a configuration file says. */
enum err options_set_text(struct options *options, struct slice text,
                          struct options_error *error) MUST_CHECK;

/* ERR_NOT_FOUND: an option that must be set is not. */
enum err options_check(const struct options *options,
                       struct options_error *error) MUST_CHECK;

/* The text of --help. */
void options_help(const struct options *options, struct buf *out);

/* All of the above in order, --config's file included. True: run. False:
 * end with |*status|, after --help or --version on stdout (0), one line on
 * stderr that names the option (2), or a file that cannot be read (1); then
 * |options| is finished already. */
bool options_load(struct options *options, int argc, char *const *argv,
                  char *const *environment, int *status) MUST_CHECK;

#endif
