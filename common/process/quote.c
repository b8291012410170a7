/* quote.c - see quote.h. */
#include "common/process/quote.h"

#include <stdio.h>

#include "common/utf8.h"

/* Whether a terminal or a log reader may do with it more than show it. */
static bool is_active(uint32_t point) {
    return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
           (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff ||
           point == 0x061c;
}

/* The form of one character in |escape|; returns its size. */
static size_t escape_point(char escape[16], uint32_t point,
                           struct slice bytes) {
    int size;
    if (point == '"' || point == '\\')
        size = snprintf(escape, 16, "\\%c", (char)point);
    else if (point == '\n' || point == '\r' || point == '\t')
        size = snprintf(escape, 16, "\\%c",
                        point == '\n'   ? 'n'
                        : point == '\r' ? 'r'
                                        : 't');
    else if (point == UTF8_INVALID)
        size = snprintf(escape, 16, "\\x%02x", (unsigned char)bytes.data[0]);
    else if (is_active(point))
        size = snprintf(escape, 16, "\\u%04x", (unsigned)point);
    else {
        memcpy(escape, bytes.data, bytes.size);
        size = (int)bytes.size;
    }
    return (size_t)size;
}

size_t quote_text(char *out, size_t capacity, struct slice text, bool *cut) {
    size_t written = 0;
    while (text.size > 0) {
        size_t step;
        char escape[16];
        uint32_t point = utf8_next(text, &step);
        size_t size =
            escape_point(escape, point, (struct slice){text.data, step});
        if (size > capacity - written) {
            if (cut)
                *cut = true;
            break;
        }
        memcpy(out + written, escape, size);
        written += size;
        text = (struct slice){text.data + step, text.size - step};
    }
    return written;
}

bool quote_needed(struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        bool plain = (byte >= 'a' && byte <= 'z') ||
                     (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') ||
                     (byte != '\0' && strchr("._:/@+-,*[]#%", byte));
        if (!plain)
            return true;
    }
    return text.size == 0;
}
