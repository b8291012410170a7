/* utf8.c - see utf8.h. */
#include "common/utf8.h"

#include "common/err.h"

uint32_t utf8_next(struct slice text, size_t *size) {
    PRE(text.size > 0);
    const unsigned char *bytes = (const unsigned char *)text.data;
    *size = 1;
    if (bytes[0] < 0x80)
        return bytes[0];
    size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || text.size < length)
        return UTF8_INVALID;
    uint32_t point = bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return UTF8_INVALID;
        point = point << 6 | (bytes[i] & 0x3fu);
    }
    bool overlong =
        (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (overlong || surrogate || point > 0x10ffff)
        return UTF8_INVALID;
    *size = length;
    return point;
}

bool utf8_is_valid(struct slice text) {
    while (text.size) {
        size_t size = 1;
        if ((unsigned char)*text.data >= 0x80 &&
            utf8_next(text, &size) == UTF8_INVALID)
            return false;
        text.data += size;
        text.size -= size;
    }
    return true;
}
