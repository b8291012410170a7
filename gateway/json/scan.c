/* scan.c - see scan.h. Grammar: RFC 8259. */
#include "gateway/json/scan.h"

struct scanner {
    const char *at;
    const char *end;
    uint32_t depth;
    bool too_deep;
    struct json_names *names; /* NULL: nobody asks. */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static void skip_space(struct scanner *scanner) {
    while (scanner->at < scanner->end &&
           (*scanner->at == ' ' || *scanner->at == '\t' ||
            *scanner->at == '\n' || *scanner->at == '\r'))
        scanner->at++;
}

static bool take(struct scanner *scanner, char c) {
    if (scanner->at == scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

static int hex_value(char c) {
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits; -1: not there. */
static int32_t take_hex4(const char *at, const char *end) {
    int32_t value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool take_escape(struct scanner *scanner) {
    if (scanner->at == scanner->end)
        return false;
    char c = *scanner->at++;
    if (c == 'u') {
        if (take_hex4(scanner->at, scanner->end) < 0)
            return false;
        scanner->at += 4;
        return true;
    }
    return c && strchr("\"\\/bfnrt", c) != NULL;
}

static bool take_string(struct scanner *scanner) {
    if (!take(scanner, '"'))
        return false;
    while (scanner->at < scanner->end) {
        unsigned char c = (unsigned char)*scanner->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !take_escape(scanner)))
            return false;
    }
    return false;
}

static bool take_digits(struct scanner *scanner) {
    const char *start = scanner->at;
    while (scanner->at < scanner->end && is_digit(*scanner->at))
        scanner->at++;
    return scanner->at > start;
}

static bool take_number(struct scanner *scanner) {
    take(scanner, '-');
    if (!take(scanner, '0') && !take_digits(scanner))
        return false;
    if (take(scanner, '.') && !take_digits(scanner))
        return false;
    if (take(scanner, 'e') || take(scanner, 'E')) {
        if (!take(scanner, '+'))
            take(scanner, '-');
        return take_digits(scanner);
    }
    return true;
}

static bool take_word(struct scanner *scanner, struct slice word) {
    if ((size_t)(scanner->end - scanner->at) < word.size ||
        memcmp(scanner->at, word.data, word.size) != 0)
        return false;
    scanner->at += word.size;
    return true;
}

static bool take_value(struct scanner *scanner, enum json_type *type);

static bool deeper(struct scanner *scanner) {
    if (++scanner->depth <= JSON_DEPTH_MAX)
        return true;
    scanner->too_deep = true;
    return false;
}

/* Elements or members up to the closing bracket. */
static bool take_container(struct scanner *scanner, bool object) {
    char close = object ? '}' : ']';
    enum json_type type;
    scanner->at++;
    if (!deeper(scanner))
        return false;
    skip_space(scanner);
    if (!take(scanner, close)) {
        do {
            skip_space(scanner);
            if (object) {
                if (!take_string(scanner))
                    return false;
                skip_space(scanner);
                if (!take(scanner, ':'))
                    return false;
                skip_space(scanner);
            }
            if (!take_value(scanner, &type))
                return false;
            skip_space(scanner);
        } while (take(scanner, ','));
        if (!take(scanner, close))
            return false;
    }
    scanner->depth--;
    return true;
}

static bool take_value(struct scanner *scanner, enum json_type *type) {
    if (scanner->at == scanner->end)
        return false;
    switch (*scanner->at) {
    case '{':
        *type = JSON_OBJECT_VALUE;
        return take_container(scanner, true);
    case '[':
        *type = JSON_LIST;
        return take_container(scanner, false);
    case '"':
        *type = JSON_TEXT;
        return take_string(scanner);
    case 't':
        *type = JSON_BOOLEAN;
        return take_word(scanner, SLICE("true"));
    case 'f':
        *type = JSON_BOOLEAN;
        return take_word(scanner, SLICE("false"));
    case 'n':
        *type = JSON_NULL_VALUE;
        return take_word(scanner, SLICE("null"));
    default:
        *type = JSON_NUMBER;
        return take_number(scanner);
    }
}

static struct json_member *find(struct json_member *members, size_t count,
                                struct slice name) {
    for (size_t i = 0; i < count; i++)
        if (slice_equal(name, slice_of(members[i].name)))
            return &members[i];
    return NULL;
}

/* |raw_name| is a string with its quotes. */
static void note(struct json_names *names, struct json_member *members,
                 size_t count, struct slice raw_name, enum json_type type,
                 struct slice raw) {
    struct slice name = {raw_name.data + 1, raw_name.size - 2};
    struct buf unescaped = {0};
    struct json_member *member = NULL;
    if (count == 0)
        return;
    if (memchr(name.data, '\\', name.size) == NULL)
        member = find(members, count, name);
    else if (json_unescape(raw_name, &unescaped) == ERR_OK)
        member = find(members, count, buf_slice(&unescaped));
    if (names && !member && !names->unknown.data)
        names->unknown = raw_name;
    if (names && member && member->type != JSON_ABSENT && !names->twice.data)
        names->twice = raw_name;
    if (member) {
        member->type = type;
        member->raw = raw;
    }
    buf_finish(&unescaped);
}

/* One member of the outermost object. */
static bool take_member(struct scanner *scanner, struct json_member *members,
                        size_t count) {
    enum json_type type = JSON_ABSENT;
    skip_space(scanner);
    const char *start = scanner->at;
    if (!take_string(scanner))
        return false;
    struct slice name = {start, (size_t)(scanner->at - start)};
    skip_space(scanner);
    if (!take(scanner, ':'))
        return false;
    skip_space(scanner);
    start = scanner->at;
    if (!take_value(scanner, &type))
        return false;
    struct slice raw = {start, (size_t)(scanner->at - start)};
    note(scanner->names, members, count, name, type, raw);
    skip_space(scanner);
    return true;
}

static bool take_object(struct scanner *scanner, struct json_member *members,
                        size_t count) {
    skip_space(scanner);
    if (!take(scanner, '{') || !deeper(scanner))
        return false;
    skip_space(scanner);
    if (!take(scanner, '}')) {
        do {
            if (!take_member(scanner, members, count))
                return false;
        } while (take(scanner, ','));
        if (!take(scanner, '}'))
            return false;
    }
    skip_space(scanner);
    return scanner->at == scanner->end;
}

enum err json_scan_all(struct slice text, struct json_member *members,
                       size_t count, struct json_names *names) {
    for (size_t i = 0; i < count; i++) {
        members[i].type = JSON_ABSENT;
        members[i].raw = (struct slice){0};
    }
    if (names)
        *names = (struct json_names){0};
    if (text.size == 0)
        return ERR_MALFORMED;
    struct scanner scanner = {
        .at = text.data, .end = text.data + text.size, .names = names};
    if (take_object(&scanner, members, count))
        return ERR_OK;
    return scanner.too_deep ? ERR_LIMIT : ERR_MALFORMED;
}

bool json_next(struct slice *rest, struct json_member *out) {
    /* An opening bracket or the comma behind the element before. */
    PRE(rest->size >= 1);
    struct scanner scanner = {.at = rest->data + 1,
                              .end = rest->data + rest->size};
    skip_space(&scanner);
    const char *start = scanner.at;
    if (start == scanner.end || *start == ']' ||
        !take_value(&scanner, &out->type))
        return false;
    out->raw = (struct slice){start, (size_t)(scanner.at - start)};
    skip_space(&scanner);
    *rest = (struct slice){scanner.at, (size_t)(scanner.end - scanner.at)};
    return true;
}

enum err json_scan(struct slice text, struct json_member *members,
                   size_t count) {
    return json_scan_all(text, members, count, NULL);
}

static void put_utf8(struct buf *out, uint32_t point) {
    char bytes[4];
    size_t size;
    if (point < 0x80) {
        bytes[0] = (char)point;
        size = 1;
    } else if (point < 0x800) {
        bytes[0] = (char)(0xc0 | point >> 6);
        bytes[1] = (char)(0x80 | (point & 0x3f));
        size = 2;
    } else if (point < 0x10000) {
        bytes[0] = (char)(0xe0 | point >> 12);
        bytes[1] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (point & 0x3f));
        size = 3;
    } else {
        bytes[0] = (char)(0xf0 | point >> 18);
        bytes[1] = (char)(0x80 | (point >> 12 & 0x3f));
        bytes[2] = (char)(0x80 | (point >> 6 & 0x3f));
        bytes[3] = (char)(0x80 | (point & 0x3f));
        size = 4;
    }
    buf_append(out, bytes, size);
}

/* The code point of \uXXXX at |*at| (behind the u), of two if they are a pair;
 * 0 for what is ill-typed. Moves |*at| behind it. */
static uint32_t take_point(const char **at, const char *end) {
    uint32_t point = (uint32_t)take_hex4(*at, end);
    *at += 4;
    if (point < 0xd800 || point > 0xdfff)
        return point;
    if (point > 0xdbff || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0;
    uint32_t low = (uint32_t)take_hex4(*at + 2, end);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *at += 6;
    return 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
}

enum err json_unescape(struct slice raw, struct buf *out) {
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    PRE(raw.size >= 2);
    const char *at = raw.data + 1;
    const char *end = raw.data + raw.size - 1;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        const char *stop = escape ? escape : end;
        buf_append(out, at, (size_t)(stop - at));
        if (!escape)
            break;
        at = escape + 2;
        if (escape[1] != 'u') {
            buf_append(out, &values[strchr(names, escape[1]) - names], 1);
            continue;
        }
        uint32_t point = take_point(&at, end);
        if (point == 0)
            return ERR_MALFORMED;
        put_utf8(out, point);
    }
    return ERR_OK;
}

/* The number that |digits| spell, perhaps with a minus sign. */
static enum err whole_of(struct slice digits, uint64_t *out, bool *negative) {
    *negative = digits.size && *digits.data == '-';
    if (*negative) {
        digits.data++;
        digits.size--;
    }
    if (digits.size == 0)
        return ERR_MALFORMED;
    uint64_t value = 0;
    for (size_t i = 0; i < digits.size; i++) {
        if (!is_digit(digits.data[i]))
            return ERR_MALFORMED;
        uint64_t digit = (uint64_t)(digits.data[i] - '0');
        value =
            value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : value * 10 + digit;
    }
    *out = value;
    return ERR_OK;
}

enum err json_whole(const struct json_member *member, uint64_t *out,
                    bool *negative) {
    *negative = false;
    if (member->type == JSON_NUMBER)
        return whole_of(member->raw, out, negative);
    if (member->type != JSON_TEXT)
        return ERR_MALFORMED;
    struct buf text = {0};
    enum err err = json_unescape(member->raw, &text);
    if (err == ERR_OK)
        err = whole_of(buf_slice(&text), out, negative);
    buf_finish(&text);
    return err;
}
