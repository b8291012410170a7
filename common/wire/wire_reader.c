/* wire_reader.c - see wire_reader.h. Format: the msgpack specification. */
#include "common/wire/wire_reader.h"

#include <endian.h>
#include <string.h>

/* |bytes| is 1, 2, 4 or 8. */
static inline bool take_be(struct wire_reader *reader, uint32_t bytes,
                           uint64_t *out) {
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    if (reader_left(reader) < bytes)
        return false;
    if (bytes == 1) {
        *out = *reader->at;
    } else if (bytes == 2) {
        memcpy(&two, reader->at, sizeof two);
        *out = be16toh(two);
    } else if (bytes == 4) {
        memcpy(&four, reader->at, sizeof four);
        *out = be32toh(four);
    } else {
        memcpy(&eight, reader->at, sizeof eight);
        *out = be64toh(eight);
    }
    reader->at += bytes;
    return true;
}

/* After a type byte in a family of 1, 2, 4, 8 bytes from |first| on. */
static bool take_sized(struct wire_reader *reader, uint8_t first,
                       uint64_t *out) {
    uint32_t bytes = 1u << (uint8_t)(*reader->at - first);
    reader->at++;
    return take_be(reader, bytes, out);
}

bool reader_uint(struct wire_reader *reader, uint64_t *out) {
    if (reader_left(reader) == 0)
        return false;
    uint8_t type = *reader->at;
    if (type <= 0x7f) {
        *out = type;
        reader->at++;
        return true;
    }
    if (type >= 0xcc && type <= 0xcf)
        return take_sized(reader, 0xcc, out);
    return false;
}

bool reader_int(struct wire_reader *reader, int64_t *out) {
    uint64_t value;
    if (reader_left(reader) == 0)
        return false;
    uint8_t type = *reader->at;
    if (type >= 0xe0) {
        *out = (int8_t)type;
        reader->at++;
        return true;
    }
    if (type >= 0xd0 && type <= 0xd3) {
        if (!take_sized(reader, 0xd0, &value))
            return false;
        switch (type) {
        case 0xd0:
            *out = (int8_t)value;
            break;
        case 0xd1:
            *out = (int16_t)value;
            break;
        case 0xd2:
            *out = (int32_t)value;
            break;
        default:
            *out = (int64_t)value;
            break;
        }
        return true;
    }
    if (!reader_uint(reader, &value) || value > INT64_MAX)
        return false;
    *out = (int64_t)value;
    return true;
}

bool reader_bool(struct wire_reader *reader, bool *out) {
    if (reader_left(reader) == 0 || (*reader->at & 0xfe) != 0xc2)
        return false;
    *out = *reader->at++ == 0xc3;
    return true;
}

bool reader_nil(struct wire_reader *reader) {
    if (reader_left(reader) == 0 || *reader->at != 0xc0)
        return false;
    reader->at++;
    return true;
}

bool reader_bytes(struct wire_reader *reader, struct slice *out) {
    if (reader_left(reader) == 0)
        return false;
    uint8_t type = *reader->at;
    uint64_t size;
    if (type >= 0xa0 && type <= 0xbf) {
        size = type & 0x1f;
        reader->at++;
    } else if (type >= 0xc4 && type <= 0xc6) {
        if (!take_sized(reader, 0xc4, &size))
            return false;
    } else if (type >= 0xd9 && type <= 0xdb) {
        if (!take_sized(reader, 0xd9, &size))
            return false;
    } else {
        return false;
    }
    if (size > reader_left(reader))
        return false;
    *out = (struct slice){size ? (const char *)reader->at : NULL, size};
    reader->at += size;
    return true;
}

bool reader_array(struct wire_reader *reader, uint32_t *count) {
    if (reader_left(reader) == 0)
        return false;
    uint8_t type = *reader->at;
    uint64_t value;
    if (type >= 0x90 && type <= 0x9f) {
        value = type & 0x0f;
        reader->at++;
    } else if (type == 0xdc || type == 0xdd) {
        reader->at++;
        if (!take_be(reader, type == 0xdc ? 2 : 4, &value))
            return false;
    } else {
        return false;
    }
    if (value > reader_left(reader))
        return false;
    *count = (uint32_t)value;
    return true;
}

/* Bytes that follow the type byte of a scalar; UINT32_MAX: no such scalar. */
static uint32_t scalar_bytes(uint8_t type) {
    if (type <= 0x7f || type >= 0xe0 || type == 0xc0 || type == 0xc2 ||
        type == 0xc3)
        return 0;
    if (type == 0xca)
        return 4;
    if (type == 0xcb)
        return 8;
    if (type >= 0xcc && type <= 0xcf)
        return 1u << (type - 0xcc);
    if (type >= 0xd0 && type <= 0xd3)
        return 1u << (type - 0xd0);
    if (type >= 0xd4 && type <= 0xd8)
        return 1 + (1u << (type - 0xd4)); /* fixext: a type, then data */
    return UINT32_MAX;
}

static bool skip_bytes(struct wire_reader *reader, uint64_t size) {
    if (size > reader_left(reader))
        return false;
    reader->at += size;
    return true;
}

bool reader_skip(struct wire_reader *reader, uint32_t depth) {
    struct slice bytes;
    uint32_t count;
    if (reader_left(reader) == 0 || depth == 0)
        return false;
    uint8_t type = *reader->at;
    uint32_t scalar = scalar_bytes(type);
    if (scalar != UINT32_MAX)
        return skip_bytes(reader, 1 + (uint64_t)scalar);
    if (reader_bytes(reader, &bytes))
        return true;
    uint64_t values;
    if (reader_array(reader, &count)) {
        values = count;
    } else if (type >= 0x80 && type <= 0x8f) {
        values = 2 * (uint64_t)(type & 0x0f);
        reader->at++;
    } else if (type == 0xde || type == 0xdf) {
        reader->at++;
        if (!take_be(reader, type == 0xde ? 2 : 4, &values))
            return false;
        values *= 2;
    } else if (type >= 0xc7 && type <= 0xc9) {
        uint64_t size;
        return take_sized(reader, 0xc7, &size) && skip_bytes(reader, size + 1);
    } else {
        return false;
    }
    for (uint64_t i = 0; i < values; i++)
        if (!reader_skip(reader, depth - 1))
            return false;
    return true;
}
