/* text.c - see text.h. */
#include "gateway/json/text.h"

#include "common/utf8.h"

size_t text_points(struct slice text) {
    size_t points = 0;
    for (size_t i = 0; i < text.size; i++)
        points += ((unsigned char)text.data[i] & 0xc0) != 0x80;
    return points;
}

/* PropList.txt of Unicode, White_Space: the same since version 4.1. */
static bool is_white_space(uint32_t point) {
    return (point >= 0x09 && point <= 0x0d) || point == 0x20 || point == 0x85 ||
           point == 0xa0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200a) || point == 0x2028 ||
           point == 0x2029 || point == 0x202f || point == 0x205f ||
           point == 0x3000;
}

struct slice text_trim(struct slice text) {
    size_t size;
    while (text.size && is_white_space(utf8_next(text, &size))) {
        text.data += size;
        text.size -= size;
    }
    while (text.size) {
        size_t at = text.size - 1;
        while (at > 0 && ((unsigned char)text.data[at] & 0xc0) == 0x80)
            at--;
        struct slice last = {text.data + at, text.size - at};
        if (!is_white_space(utf8_next(last, &size)) || size != last.size)
            break;
        text.size = at;
    }
    return text;
}
