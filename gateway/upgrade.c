/* Lines end as the library takes them: the carriage return may be missing. */
#include "gateway/upgrade.h"

#include <strings.h>

#include "gateway/token.h"

#define LIST_HEADER "Sec-WebSocket-Protocol"

/* The line at |*at| without its end, and |*at| behind it; false: it has no end
 * yet. */
static bool next_line(struct slice said, size_t *at, struct slice *line) {
    const char *begin = said.data + *at;
    const char *end =
        *at < said.size ? memchr(begin, '\n', said.size - *at) : NULL;
    if (!end)
        return false;
    *line = (struct slice){begin, (size_t)(end - begin)};
    *at += line->size + 1;
    if (line->size && begin[line->size - 1] == '\r')
        line->size--;
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Whether the line is the header of the list, and its value. */
static bool is_list(struct slice line, struct slice *value) {
    struct slice name = SLICE(LIST_HEADER ":");
    if (line.size < name.size ||
        strncasecmp(line.data, name.data, name.size) != 0)
        return false;
    *value = (struct slice){line.data + name.size, line.size - name.size};
    while (value->size && is_blank(value->data[0])) {
        value->data++;
        value->size--;
    }
    return true;
}

static const char *first_known(const struct upgrade_rules *rules,
                               struct slice list) {
    for (size_t i = 0; i < rules->known_count; i++) {
        if (token_offers(list, slice_of(rules->known[i])))
            return rules->known[i];
    }
    return NULL;
}

static void append_header(struct buf *out, const char *name,
                          struct slice value) {
    buf_append_slice(out, slice_of(name));
    buf_append_slice(out, SLICE(": "));
    buf_append_slice(out, value);
    buf_append_slice(out, SLICE("\r\n"));
}

/* The list's line in the head. */
struct found {
    size_t begin, end;
    struct slice value;
    size_t count;
    bool folded;
};

/* How long the head is, and its list; 0: it has no end yet. */
static size_t find_list(struct slice said, struct found *found) {
    size_t at = 0, begin = 0;
    struct slice line, value;
    while (next_line(said, &at, &line)) {
        if (line.size == 0)
            return at;
        if (found->count && found->end == begin && is_blank(line.data[0]))
            found->folded = true;
        if (begin > 0 && is_list(line, &value)) {
            found->begin = begin;
            found->end = at;
            found->value = value;
            found->count++;
        }
        begin = at;
    }
    return 0;
}

enum upgrade_verdict upgrade_change(const struct upgrade_rules *rules,
                                    struct slice said, struct buf *out,
                                    size_t *taken) {
    struct slice method = SLICE("GET ");
    size_t seen = said.size < method.size ? said.size : method.size;
    if (seen && memcmp(said.data, method.data, seen) != 0)
        return UPGRADE_AS_IT_IS;
    struct found found = {0};
    size_t size = find_list(said, &found);
    if (size == 0)
        return UPGRADE_PARTIAL;
    if (found.count != 1 || found.folded ||
        found.value.size <= rules->list_bytes_max)
        return UPGRADE_AS_IT_IS;
    const char *known = first_known(rules, found.value);
    if (!known)
        return UPGRADE_AS_IT_IS;
    buf_append(out, said.data, found.begin);
    append_header(out, LIST_HEADER, slice_of(known));
    append_header(out, rules->carrier, found.value);
    buf_append(out, said.data + found.end, size - found.end);
    *taken = size;
    return UPGRADE_CHANGED;
}
