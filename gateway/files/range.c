/* range.c - see range.h. */
#include "gateway/files/range.h"

#include <strings.h>

/* Digits from the front; false: none. Too many stand for the largest. */
static bool take_number(struct slice *text, uint64_t *out) {
    size_t digits = 0;
    *out = 0;
    while (digits < text->size && text->data[digits] >= '0' &&
           text->data[digits] <= '9') {
        uint64_t digit = (uint64_t)(text->data[digits] - '0');
        *out =
            *out > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *out * 10 + digit;
        digits++;
    }
    text->data += digits;
    text->size -= digits;
    return digits > 0;
}

enum range_verdict range_read(struct slice header, uint64_t size,
                              uint64_t *first, uint64_t *end) {
    static const char unit[] = "bytes=";
    uint64_t from, to;
    *first = 0;
    *end = size;
    if (header.size < sizeof(unit) - 1 ||
        strncasecmp(header.data, unit, sizeof(unit) - 1) != 0)
        return RANGE_WHOLE;
    header.data += sizeof(unit) - 1;
    header.size -= sizeof(unit) - 1;
    bool has_from = take_number(&header, &from);
    if (header.size == 0 || *header.data != '-')
        return RANGE_WHOLE;
    header.data++;
    header.size--;
    bool has_to = take_number(&header, &to);
    if (header.size || (!has_from && !has_to) ||
        (has_from && has_to && to < from))
        return RANGE_WHOLE;
    if (!has_from) { /* The last |to| bytes. */
        if (to == 0 || size == 0)
            return RANGE_NONE;
        *first = to < size ? size - to : 0;
        return RANGE_PART;
    }
    if (from >= size)
        return RANGE_NONE;
    *first = from;
    if (has_to && to < size)
        *end = to + 1;
    return RANGE_PART;
}
