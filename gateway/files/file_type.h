/* file_type.h - what a file is, told by its bytes alone; what the client says
 * of it counts for nothing.
 *
 * PNG, JPEG, GIF, WebP and AVIF by their first bytes: pictures that a page may
 * show. text/plain; charset=utf-8 where all of the file is valid UTF-8 without
 * control characters but tab, line feed, form feed and carriage return: it is
 * served with nosniff and as an attachment, so that it stays text, whatever
 * markup is in it. Everything else, and the empty file, is
 * application/octet-stream. Pure. */
#ifndef GATEWAY_FILES_FILE_TYPE_H
#define GATEWAY_FILES_FILE_TYPE_H

#include "common/types.h"

#define FILE_TYPE_HEAD_BYTES 64u

/* Zeroed is a file of which nothing came yet. Everything is private. */
struct file_type {
    char head[FILE_TYPE_HEAD_BYTES];
    uint32_t head_size;
    char rest[4]; /* Of a code point that is not whole yet. */
    uint32_t rest_size;
    bool is_binary;
};

/* The next bytes of the file. */
void file_type_take(struct file_type *type, struct slice bytes);

/* All came. A static text. */
struct slice file_type_end(const struct file_type *type);

/* Whether |mime| is one of the five that a page may show. */
bool file_type_is_picture(struct slice mime);

#endif
