/* file_type.c - see file_type.h. */
#include "gateway/files/file_type.h"

#include "common/utf8.h"

static bool is_control(unsigned char c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r') ||
           c == 0x7f;
}

/* The bytes of a code point that begins with |c|. */
static uint32_t wanted_size(unsigned char c) {
    if (c < 0x80)
        return 1;
    if (c < 0xe0)
        return 2;
    return c < 0xf0 ? 3 : 4;
}

static void take_byte(struct file_type *type, char byte) {
    type->rest[type->rest_size++] = byte;
    if (type->rest_size < wanted_size((unsigned char)type->rest[0]))
        return;
    size_t size;
    struct slice whole = {type->rest, type->rest_size};
    type->is_binary = utf8_next(whole, &size) == UTF8_INVALID;
    type->rest_size = 0;
}

void file_type_take(struct file_type *type, struct slice bytes) {
    size_t room = FILE_TYPE_HEAD_BYTES - type->head_size;
    size_t size = bytes.size < room ? bytes.size : room;
    if (size)
        memcpy(type->head + type->head_size, bytes.data, size);
    type->head_size += (uint32_t)size;
    for (size_t i = 0; i < bytes.size && !type->is_binary; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c < 0x80 && type->rest_size == 0)
            type->is_binary = is_control(c);
        else
            take_byte(type, bytes.data[i]);
    }
}

static bool has(const struct file_type *type, size_t at, struct slice bytes) {
    return at + bytes.size <= type->head_size &&
           memcmp(type->head + at, bytes.data, bytes.size) == 0;
}

/* ISO/IEC 14496-12: size, "ftyp", brand, version, compatible brands. */
static bool is_avif(const struct file_type *type) {
    if (!has(type, 4, SLICE("ftyp")))
        return false;
    uint32_t size = 0;
    for (size_t i = 0; i < 4; i++)
        size = size << 8 | (unsigned char)type->head[i];
    for (size_t at = 8; at + 4 <= size && at + 4 <= type->head_size; at += 4)
        if (at != 12 &&
            (has(type, at, SLICE("avif")) || has(type, at, SLICE("avis"))))
            return true;
    return false;
}

struct slice file_type_end(const struct file_type *type) {
    if (has(type, 0, SLICE("\x89PNG\r\n\x1a\n")))
        return SLICE("image/png");
    if (has(type, 0, SLICE("\xff\xd8\xff")))
        return SLICE("image/jpeg");
    if (has(type, 0, SLICE("GIF87a")) || has(type, 0, SLICE("GIF89a")))
        return SLICE("image/gif");
    if (has(type, 0, SLICE("RIFF")) && has(type, 8, SLICE("WEBP")))
        return SLICE("image/webp");
    if (is_avif(type))
        return SLICE("image/avif");
    if (type->head_size && !type->is_binary && type->rest_size == 0)
        return SLICE("text/plain; charset=utf-8");
    return SLICE("application/octet-stream");
}

bool file_type_is_picture(struct slice mime) {
    return slice_equal(mime, SLICE("image/png")) ||
           slice_equal(mime, SLICE("image/jpeg")) ||
           slice_equal(mime, SLICE("image/gif")) ||
           slice_equal(mime, SLICE("image/webp")) ||
           slice_equal(mime, SLICE("image/avif"));
}
