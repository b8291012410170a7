/* json_write.c - see json_write.h. */
#include "common/json_write.h"

#include "common/utf8.h"

void json_put(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

static void put_escaped(struct buf *out, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    char unicode[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    char letter = 0;
    if (c == '"' || c == '\\')
        letter = (char)c;
    else if (c == '\n')
        letter = 'n';
    else if (c == '\r')
        letter = 'r';
    else if (c == '\t')
        letter = 't';
    if (letter) {
        char escaped[2] = {'\\', letter};
        buf_append(out, escaped, 2);
    } else {
        buf_append(out, unicode, 6);
    }
}

/* Bytes that need no look: printable ASCII but quote and backslash. */
static size_t plain_run(struct slice text) {
    size_t i = 0;
    while (i < text.size) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
            break;
        i++;
    }
    return i;
}

void json_put_text(struct buf *out, struct slice text) {
    buf_reserve(out, text.size + 2);
    buf_append(out, "\"", 1);
    while (text.size) {
        size_t run = plain_run(text);
        buf_append(out, text.data, run);
        text.data += run;
        text.size -= run;
        if (text.size == 0)
            break;
        size_t size = 1;
        unsigned char c = (unsigned char)*text.data;
        if (c < 0x80 && c != 0x7f)
            put_escaped(out, c);
        else if (utf8_next(text, &size) == UTF8_INVALID)
            buf_append(out, "\xef\xbf\xbd", 3);
        else
            buf_append(out, text.data, size);
        text.data += size;
        text.size -= size;
    }
    buf_append(out, "\"", 1);
}

void json_put_uint(struct buf *out, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    buf_append(out, digits + at, sizeof digits - at);
}

void json_put_int(struct buf *out, int64_t value) {
    if (value < 0)
        buf_append(out, "-", 1);
    json_put_uint(out,
                  value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value);
}

void json_put_bool(struct buf *out, bool value) {
    json_put(out, value ? "true" : "false");
}

void json_put_id_or_null(struct buf *out, uint64_t id) {
    if (id)
        json_put_uint(out, id);
    else
        json_put(out, "null");
}
