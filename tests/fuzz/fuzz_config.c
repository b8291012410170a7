/* fuzz_config.c - configuration from anywhere: the first byte of the input
 * says whether the rest is a file, the environment or the arguments (one entry
 * a line). Every type of option is there. */
#include <stdint.h>
#include <stdlib.h>

#include "common/process/options.h"

#define ENTRIES_MAX 32u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct config {
    const char *text;
    const char *endpoint;
    uint64_t number;
    uint64_t duration_ms;
    bool flag;
    struct address address;
    struct option_list list;
    struct option_rate rate;
    unsigned choice;
};

/* Splits |text|, which ends with NUL, into its lines; returns how many. */
static size_t split(char *text, char *entries[ENTRIES_MAX + 1]) {
    size_t count = 0;
    for (char *rest = text; rest && count < ENTRIES_MAX;)
        entries[count++] = strsep(&rest, "\n");
    entries[count] = NULL;
    return count;
}

static void check(const struct config *config) {
    INVARIANT(config->number >= 1 && config->number <= 64);
    INVARIANT(config->duration_ms <= 3600000);
    INVARIANT(config->choice < 2);
    INVARIANT(config->list.count <= OPTION_LIST_ITEMS_MAX);
    INVARIANT((config->rate.per_second == 0) == (config->rate.burst == 0));
    for (size_t i = 0; i < config->list.count; i++)
        INVARIANT(config->list.items[i][0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const words[] = {"sync", "async", NULL};
    struct config config;
    const struct option table[] = {
        OPTION_TEXT("data", &config.text, "DIR", OPTION_REQUIRED, "A text."),
        OPTION_ENDPOINT("broker", &config.endpoint, OPTION_NONE, "A peer."),
        OPTION_UINT("shards", &config.number, 1, 64, "2", "A number."),
        OPTION_DURATION("grace", &config.duration_ms, 0, 3600000, "5",
                        "A time."),
        OPTION_FLAG("verbose", &config.flag, "A flag."),
        OPTION_ADDRESS("listen", &config.address, "127.0.0.1:1", "A place."),
        OPTION_LIST("allow-origin", &config.list, "X", OPTION_NONE, "A list."),
        OPTION_RATE("rate", &config.rate, "50/200", "A rate."),
        OPTION_CHOICE("durability", &config.choice, words, "sync", "A word."),
    };
    struct options options;
    struct options_error error = {""};
    enum options_wish wish;
    char *entries[ENTRIES_MAX + 1];
    enum err err;
    if (size == 0)
        return 0;
    char *text = mem_alloc(size);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    options_init(&options, "fuzz", "Fuzz.", table,
                 sizeof table / sizeof *table);
    options.arguments_usage = data[0] & 1 ? "FILE..." : NULL;
    if (data[0] % 4 < 2)
        err =
            options_set_text(&options, (struct slice){text, size - 1}, &error);
    else if (data[0] % 4 == 2)
        err = (split(text, entries),
               options_set_environment(&options, entries, &error));
    else
        err = options_set_arguments(&options, split(text, entries), entries,
                                    &wish, &error);
    INVARIANT((err == ERR_OK) == (error.text[0] == '\0'));
    for (const char *byte = error.text; *byte; byte++)
        INVARIANT((unsigned char)*byte >= 0x20 && *byte != 0x7f);
    if (err == ERR_OK)
        check(&config);
    options_finish(&options);
    free(text);
    return 0;
}
