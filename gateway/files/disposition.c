/* disposition.c - see disposition.h. RFC 6266 and 7578, with what browsers
 * send: quotes in names come as %22 (or behind a backslash), and are kept as
 * they are. */
#include "gateway/files/disposition.h"

#include <strings.h>

void disposition_finish(struct disposition *disposition) {
    buf_finish(&disposition->name);
    buf_finish(&disposition->filename);
}

static void skip_spaces(struct slice *text) {
    while (text->size && (*text->data == ' ' || *text->data == '\t')) {
        text->data++;
        text->size--;
    }
}

static void drop(struct slice *text, size_t size) {
    text->data += size;
    text->size -= size;
}

/* Up to one of |ends|, without the spaces before it. */
static struct slice token(struct slice *text, const char *ends) {
    size_t size = 0;
    while (size < text->size && !strchr(ends, text->data[size]))
        size++;
    struct slice found = {text->data, size};
    drop(text, size);
    while (found.size && (found.data[found.size - 1] == ' ' ||
                          found.data[found.size - 1] == '\t'))
        found.size--;
    return found;
}

static bool is_named(struct slice text, const char *name) {
    return text.size == strlen(name) &&
           strncasecmp(text.data, name, text.size) == 0;
}

/* A quoted string; a backslash stands only before a quote or itself: old
 * browsers send paths of Windows with single ones. */
static bool quoted(struct slice *text, struct buf *out) {
    drop(text, 1);
    while (text->size && *text->data != '"') {
        bool escaped = *text->data == '\\' && text->size > 1 &&
                       (text->data[1] == '"' || text->data[1] == '\\');
        if (escaped)
            drop(text, 1);
        buf_append(out, text->data, 1);
        drop(text, 1);
    }
    if (text->size == 0)
        return false;
    drop(text, 1);
    return true;
}

/* The next ";name=value" into |name| and |value|. */
static bool next_parameter(struct slice *text, struct slice *name,
                           struct buf *value) {
    drop(text, 1); /* The semicolon. */
    skip_spaces(text);
    *name = token(text, "=;");
    buf_clear(value);
    if (text->size == 0 || *text->data == ';')
        return true;
    drop(text, 1);
    skip_spaces(text);
    if (text->size && *text->data == '"') {
        if (!quoted(text, value))
            return false;
        skip_spaces(text);
        return text->size == 0 || *text->data == ';';
    }
    buf_append_slice(value, token(text, ";"));
    return true;
}

bool parameter_find(struct slice value, const char *name, struct buf *out,
                    bool *whole) {
    struct buf text = {0};
    bool found = false;
    (void)token(&value, ";");
    *whole = true;
    while (value.size && *whole && !found) {
        struct slice key;
        *whole = next_parameter(&value, &key, &text);
        found = *whole && is_named(key, name);
    }
    if (found)
        buf_append_slice(out, buf_slice(&text));
    buf_finish(&text);
    return found;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* UTF-8''percent-encoded (RFC 8187); no other character set. */
static bool decode_extended(struct slice text, struct buf *out) {
    static const char prefix[] = "utf-8'";
    if (text.size < sizeof(prefix) - 1 ||
        strncasecmp(text.data, prefix, sizeof(prefix) - 1) != 0)
        return false;
    drop(&text, sizeof(prefix) - 1);
    const char *quote = memchr(text.data, '\'', text.size);
    if (!quote)
        return false;
    drop(&text, (size_t)(quote - text.data) + 1);
    for (; text.size; drop(&text, 1)) {
        char c = *text.data;
        if (c == '%') {
            int high = text.size > 2 ? hex_value(text.data[1]) : -1;
            int low = text.size > 2 ? hex_value(text.data[2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            drop(&text, 2);
        }
        buf_append(out, &c, 1);
    }
    return true;
}

/* The value of Content-Disposition. */
static bool read_value(struct slice value, struct disposition *out) {
    struct slice rest = value;
    struct buf extended = {0};
    bool whole = false;
    skip_spaces(&rest);
    bool good = is_named(token(&rest, ";"), "form-data") &&
                parameter_find(value, "name", &out->name, &whole);
    if (good) {
        out->has_filename =
            parameter_find(value, "filename", &out->filename, &whole);
        good = whole;
    }
    if (good && parameter_find(value, "filename*", &extended, &whole)) {
        buf_clear(&out->filename);
        out->has_filename = true;
        good = decode_extended(buf_slice(&extended), &out->filename);
    }
    buf_finish(&extended);
    return good && whole;
}

bool disposition_read(struct slice headers, struct disposition *out) {
    bool found = false;
    *out = (struct disposition){.has_filename = false};
    while (headers.size) {
        struct slice line = headers;
        const char *end = memmem(line.data, line.size, "\r\n", 2);
        if (!end)
            return false;
        line.size = (size_t)(end - line.data);
        drop(&headers, line.size + 2);
        struct slice name = token(&line, ":");
        if (line.size == 0 || memchr(name.data, '\0', name.size) ||
            memchr(line.data, '\r', line.size))
            return false;
        drop(&line, 1);
        if (!is_named(name, "content-disposition"))
            continue;
        if (found || !read_value(line, out))
            return false;
        found = true;
    }
    return found;
}
