/* file_name.c - see file_name.h. */
#include "gateway/files/file_name.h"

#include "common/limits.h"
#include "common/utf8.h"

/* An ending so long is kept when a name is cut. */
#define ENDING_BYTES_MAX 16u

static struct slice base_name(struct slice path) {
    for (size_t i = path.size; i > 0; i--) {
        if (path.data[i - 1] == '/' || path.data[i - 1] == '\\')
            return (struct slice){path.data + i, path.size - i};
    }
    return path;
}

/* Control characters; separators of lines; what turns the direction of
 * writing around, so that "gpj.exe" reads "exe.jpg". */
static bool is_hidden(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
           (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void append_visible(struct slice text, struct buf *out) {
    while (text.size) {
        size_t size;
        uint32_t c = utf8_next(text, &size);
        if (c == UTF8_INVALID)
            buf_append(out, "\xef\xbf\xbd", 3);
        else if (!is_hidden(c))
            buf_append(out, text.data, size);
        text.data += size;
        text.size -= size;
    }
}

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Cuts the middle out of a name that is too long, from |start| on. */
static void shorten(struct buf *out, size_t start) {
    char *name = out->data + start;
    size_t size = out->size - start;
    if (size <= LIMIT_FILE_NAME_BYTES)
        return;
    size_t ending = 0;
    for (size_t i = 1; i <= ENDING_BYTES_MAX && i < size; i++)
        if (name[size - i] == '.')
            ending = i;
    size_t stem = LIMIT_FILE_NAME_BYTES - ending;
    while (stem > 0 && is_continuation(name[stem]))
        stem--;
    memmove(name + stem, name + size - ending, ending);
    out->size = start + stem + ending;
}

bool file_name_clean(struct slice given, struct buf *out) {
    size_t start = out->size;
    append_visible(base_name(given), out);
    if (out->size == start)
        return false;
    shorten(out, start);
    struct slice name = {out->data + start, out->size - start};
    bool good =
        !slice_equal(name, SLICE(".")) && !slice_equal(name, SLICE(".."));
    if (!good)
        out->size = start;
    return good;
}

/* RFC 8187: what need not be encoded in an extended value. */
static bool is_attribute(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$&+-.^_`|~", c));
}

void file_name_disposition(const char *kind, struct slice name,
                           struct buf *out) {
    static const char hex[] = "0123456789ABCDEF";
    buf_append_slice(out, slice_of(kind));
    buf_append_slice(out, SLICE("; filename=\""));
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
        if (!is_continuation((char)c))
            buf_append(out, plain ? &name.data[i] : "_", 1);
    }
    buf_append_slice(out, SLICE("\"; filename*=UTF-8''"));
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (is_attribute((char)c))
            buf_append(out, &name.data[i], 1);
        else
            buf_append(out, encoded, sizeof(encoded));
    }
}
