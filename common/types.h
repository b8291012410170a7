/* types.h - the small values that every room of the house shares.
 *
 * Ids are one-field structs so that swapping two of them does not compile.
 * All are positive and below 2^53 (a JSON number holds them exactly); the
 * value 0 means "none". A room id and a message id carry their partition:
 * id = n * PARTITION_COUNT + partition, for ever. */
#ifndef COMMON_TYPES_H
#define COMMON_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PARTITION_COUNT 64u
#define ID_MAX ((UINT64_C(1) << 53) - 1)

typedef struct {
    uint64_t value;
} user_id;

typedef struct {
    uint64_t value;
} room_id;

typedef struct {
    uint64_t value;
} message_id;

typedef struct {
    uint64_t value;
} file_id;

/* A borrowed run of bytes; not NUL-terminated. {NULL, 0} is the empty one. */
struct slice {
    const char *data;
    size_t size;
};

/* A slice over a string literal. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})

static inline struct slice slice_of(const char *text) {
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* The partition that owns a user, a room, a message or a file (its uploader's).
 */
static inline uint32_t user_partition(user_id user) {
    return (uint32_t)(user.value % PARTITION_COUNT);
}

static inline uint32_t room_partition(room_id room) {
    return (uint32_t)(room.value % PARTITION_COUNT);
}

static inline uint32_t message_partition(message_id message) {
    return (uint32_t)(message.value % PARTITION_COUNT);
}

static inline uint32_t file_partition(file_id file) {
    return (uint32_t)(file.value % PARTITION_COUNT);
}

#endif
