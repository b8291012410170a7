/* option_value.c - see option_value.h. */
#include "common/process/option_value.h"

#include <inttypes.h>
#include <stdio.h>

#define DIGITS_MAX 18u /* So many digits never overflow a uint64_t. */

/* Cuts leading digits off |text|; false when they are none or too many. */
static bool take_digits(struct slice *text, uint64_t *out) {
    size_t size = 0;
    uint64_t value = 0;
    while (size < text->size && text->data[size] >= '0' &&
           text->data[size] <= '9' && size <= DIGITS_MAX) {
        value = value * 10 + (uint64_t)(text->data[size] - '0');
        size++;
    }
    if (size == 0 || size > DIGITS_MAX)
        return false;
    *text = (struct slice){text->data + size, text->size - size};
    *out = value;
    return true;
}

static const char *copy_text(struct slice text, struct arena *arena) {
    char *copy = arena_alloc(arena, text.size + 1);
    memcpy(copy, text.data, text.size);
    return copy;
}

static bool parse_uint(const struct option *option, struct slice text) {
    uint64_t value;
    if (!take_digits(&text, &value) || text.size > 0)
        return false;
    if (value < option->min || value > option->max)
        return false;
    *option->into.number = value;
    return true;
}

static bool parse_flag(const struct option *option, struct slice text) {
    static const char *const words[] = {"false", "true", "no", "yes",
                                        "off",   "on",   "0",  "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal(text, slice_of(words[i]))) {
            *option->into.flag = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* The milliseconds of a unit; 0 if it is none. */
static uint64_t unit_ms(struct slice unit) {
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"", 1000},       {"ms", 1},          {"s", 1000},
                 {"m", 60 * 1000}, {"h", 3600 * 1000}, {"d", 86400 * 1000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_equal(unit, slice_of(units[i].name)))
            return units[i].ms;
    }
    return 0;
}

static bool parse_duration(const struct option *option, struct slice text) {
    uint64_t whole, thousandths = 0;
    if (!take_digits(&text, &whole))
        return false;
    if (text.size > 0 && text.data[0] == '.') {
        uint64_t digits;
        text = (struct slice){text.data + 1, text.size - 1};
        size_t size = text.size;
        if (!take_digits(&text, &digits) || size - text.size > 3)
            return false;
        thousandths = digits;
        for (size_t i = size - text.size; i < 3; i++)
            thousandths *= 10;
    }
    uint64_t unit = unit_ms(text);
    if (unit == 0 || whole > option->max / unit ||
        thousandths * unit % 1000 != 0)
        return false;
    uint64_t value_ms = whole * unit + thousandths * unit / 1000;
    if (value_ms < option->min || value_ms > option->max)
        return false;
    *option->into.number = value_ms;
    return true;
}

static bool parse_rate(const struct option *option, struct slice text) {
    uint64_t per_second, burst;
    if (!take_digits(&text, &per_second) || per_second > UINT32_MAX)
        return false;
    if (per_second == 0 && text.size == 0) {
        *option->into.rate = (struct option_rate){0};
        return true;
    }
    if (per_second == 0 || text.size == 0 || text.data[0] != '/')
        return false;
    text = (struct slice){text.data + 1, text.size - 1};
    if (!take_digits(&text, &burst) || text.size > 0 || burst == 0 ||
        burst > UINT32_MAX)
        return false;
    *option->into.rate =
        (struct option_rate){(uint32_t)per_second, (uint32_t)burst};
    return true;
}

static bool parse_choice(const struct option *option, struct slice text) {
    for (unsigned i = 0; option->choices[i]; i++) {
        if (slice_equal(text, slice_of(option->choices[i]))) {
            *option->into.choice = i;
            return true;
        }
    }
    return false;
}

static bool starts_with(struct slice text, struct slice prefix) {
    return text.size >= prefix.size &&
           memcmp(text.data, prefix.data, prefix.size) == 0;
}

static bool parse_endpoint(const struct option *option, struct slice text,
                           struct arena *arena) {
    struct slice tcp = SLICE("tcp://"), ipc = SLICE("ipc://");
    /* A path of a UNIX socket has at most 107 bytes. */
    if (starts_with(text, ipc)) {
        if (text.size == ipc.size || text.size - ipc.size > 107)
            return false;
        *option->into.text = copy_text(text, arena);
        return true;
    }
    if (!starts_with(text, tcp) || text.size <= tcp.size)
        return false;
    char where[ADDRESS_HOST_BYTES_MAX + 16];
    struct slice rest = {text.data + tcp.size, text.size - tcp.size};
    if (rest.size >= sizeof where)
        return false;
    memcpy(where, rest.data, rest.size);
    if (rest.size > 2 && memcmp(where + rest.size - 2, ":*", 2) == 0)
        where[rest.size - 1] = '0';
    struct address address;
    const char *reason;
    if (address_parse((struct slice){where, rest.size}, &address, &reason) !=
        ERR_OK)
        return false;
    *option->into.text = copy_text(text, arena);
    return true;
}

static bool parse_list(const struct option *option, struct slice text,
                       struct arena *arena) {
    struct option_list list = *option->into.list;
    for (bool more = true; more;) {
        const char *comma = memchr(text.data, ',', text.size);
        more = comma != NULL;
        size_t size = comma ? (size_t)(comma - text.data) : text.size;
        if (size == 0 || list.count == OPTION_LIST_ITEMS_MAX)
            return false;
        list.items[list.count++] =
            copy_text((struct slice){text.data, size}, arena);
        size_t step = comma ? size + 1 : size;
        text = (struct slice){text.data + step, text.size - step};
        if (more && text.size == 0)
            return false;
    }
    *option->into.list = list;
    return true;
}

static void say_choices(const struct option *option, char *reason,
                        size_t reason_size) {
    size_t used = (size_t)snprintf(reason, reason_size, "is none of");
    for (size_t i = 0; option->choices[i] && used < reason_size; i++)
        used += (size_t)snprintf(reason + used, reason_size - used, "%s %s",
                                 i > 0 ? "," : "", option->choices[i]);
}

static void say_duration(const struct option *option, char *reason,
                         size_t reason_size) {
    snprintf(reason, reason_size,
             "is not a duration from %" PRIu64 ".%03" PRIu64 " to %" PRIu64
             ".%03" PRIu64 " seconds",
             option->min / 1000, option->min % 1000, option->max / 1000,
             option->max % 1000);
}

static bool parse_address(const struct option *option, struct slice text,
                          char *reason, size_t reason_size) {
    struct address address;
    const char *why;
    if (address_parse(text, &address, &why) != ERR_OK) {
        snprintf(reason, reason_size, "%s", why);
        return false;
    }
    *option->into.address = address;
    return true;
}

/* The value by its type; on false |reason| is filled. */
static bool parse(const struct option *option, struct slice text,
                  struct arena *arena, char *reason, size_t reason_size) {
    switch (option->type) {
    case OPTION_TYPE_TEXT:
        *option->into.text = copy_text(text, arena);
        return true;
    case OPTION_TYPE_UINT:
        snprintf(reason, reason_size,
                 "is not a whole number from %" PRIu64 " to %" PRIu64,
                 option->min, option->max);
        return parse_uint(option, text);
    case OPTION_TYPE_FLAG:
        snprintf(reason, reason_size, "is neither true nor false");
        return parse_flag(option, text);
    case OPTION_TYPE_ADDRESS:
        return parse_address(option, text, reason, reason_size);
    case OPTION_TYPE_ENDPOINT:
        snprintf(reason, reason_size,
                 "is neither tcp://HOST:PORT nor ipc://PATH (of at most 107 "
                 "bytes)");
        return parse_endpoint(option, text, arena);
    case OPTION_TYPE_LIST:
        snprintf(reason, reason_size,
                 "is not a list of at most %u items in all, none empty",
                 OPTION_LIST_ITEMS_MAX);
        return parse_list(option, text, arena);
    case OPTION_TYPE_DURATION:
        say_duration(option, reason, reason_size);
        return parse_duration(option, text);
    case OPTION_TYPE_RATE:
        snprintf(reason, reason_size,
                 "is not N/BURST, two whole numbers above 0, nor 0 for no "
                 "limit");
        return parse_rate(option, text);
    case OPTION_TYPE_CHOICE:
        say_choices(option, reason, reason_size);
        return parse_choice(option, text);
    }
    return false;
}

enum err option_value_parse(const struct option *option, struct slice text,
                            struct arena *arena, char *reason,
                            size_t reason_size) {
    if (text.size == 0) {
        snprintf(reason, reason_size, "is empty");
        return ERR_MALFORMED;
    }
    if (text.size > OPTION_VALUE_BYTES_MAX) {
        snprintf(reason, reason_size, "is longer than %u bytes",
                 OPTION_VALUE_BYTES_MAX);
        return ERR_MALFORMED;
    }
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            snprintf(reason, reason_size, "holds a control character");
            return ERR_MALFORMED;
        }
    }
    return parse(option, text, arena, reason, reason_size) ? ERR_OK
                                                           : ERR_MALFORMED;
}

void option_value_clear(const struct option *option) {
    switch (option->type) {
    case OPTION_TYPE_TEXT:
    case OPTION_TYPE_ENDPOINT:
        *option->into.text = NULL;
        break;
    case OPTION_TYPE_UINT:
    case OPTION_TYPE_DURATION:
        *option->into.number = 0;
        break;
    case OPTION_TYPE_FLAG:
        *option->into.flag = false;
        break;
    case OPTION_TYPE_ADDRESS:
        *option->into.address = (struct address){0};
        break;
    case OPTION_TYPE_LIST:
        option->into.list->count = 0;
        break;
    case OPTION_TYPE_RATE:
        *option->into.rate = (struct option_rate){0};
        break;
    case OPTION_TYPE_CHOICE:
        *option->into.choice = 0;
        break;
    }
}
