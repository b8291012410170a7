/* scrub_message.c - one message with stand-ins. What a field of bytes holds is
 * told by its name; what has no name here is a text, so that a new field is
 * scrubbed unless somebody decides otherwise. */
#include "broker/replay/scrub.h"

#include "common/wire/wire_walk.h"

/* Messages within messages, which only states have. */
#define NESTING_MAX 4u

struct scrubber {
    struct scrub_texts *texts;
    struct arena arena;
    uint32_t depth;
};

enum content {
    CONTENT_TEXT,
    CONTENT_MAIL,
    CONTENT_URL,
    CONTENT_KEY,
    CONTENT_STATUS,  /* Of a review. */
    CONTENT_MESSAGE, /* Encoded. */
    CONTENT_OURS     /* Names that Parlance gives. */
};

static enum content content_of(const struct wire_shape *shape,
                               const char *name) {
    static const struct {
        const char *shape; /* NULL: any. */
        const char *name;
        enum content content;
    } contents[] = {
        {NULL, "email", CONTENT_MAIL},
        {NULL, "github_url", CONTENT_URL},
        {NULL, "avatar", CONTENT_URL},
        {NULL, "thumbnail_avatar", CONTENT_URL},
        {NULL, "mime", CONTENT_OURS}, /* Told by the content, from a list. */
        {NULL, "status", CONTENT_STATUS},
        {"wire_reply_error", "field", CONTENT_OURS},
        {"wire_read_sent", "key", CONTENT_TEXT},
        {NULL, "key", CONTENT_KEY},
        {"state_command", "bytes", CONTENT_MESSAGE},
        {"state_lookup", "row", CONTENT_MESSAGE},
        {"state_pending", "notice", CONTENT_MESSAGE},
        {"state_pending", "event", CONTENT_MESSAGE},
        {"state_pending", "reply", CONTENT_MESSAGE},
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        if (strcmp(contents[i].name, name) == 0 &&
            (!contents[i].shape || strcmp(contents[i].shape, shape->name) == 0))
            return contents[i].content;
    return CONTENT_TEXT;
}

/* The kind of room that a key beside it belongs to; a review is an order's. */
static uint8_t kind_beside(const struct wire_shape *shape, const char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++)
        if (strcmp(shape->fields[i].name, "kind") == 0)
            return (uint8_t)wire_walk_number(&shape->fields[i], base);
    return ROOM_ORDER;
}

static bool scrub_bytes(struct scrubber *scrubber, struct slice bytes,
                        struct buf *out);

static struct slice scrub_nested(struct scrubber *scrubber,
                                 struct slice bytes) {
    struct buf out = {0};
    struct slice copy = {0};
    if (bytes.size == 0)
        return copy;
    if (scrubber->depth < NESTING_MAX) {
        scrubber->depth++;
        if (scrub_bytes(scrubber, bytes, &out))
            copy = arena_copy(&scrubber->arena, buf_slice(&out));
        scrubber->depth--;
    }
    buf_finish(&out);
    return copy;
}

static struct slice scrub_field(struct scrubber *scrubber,
                                const struct wire_shape *shape,
                                const char *base, const char *name,
                                struct slice bytes) {
    enum scrub_kind kind = SCRUB_TEXT;
    uint8_t room_kind = 0;
    switch (content_of(shape, name)) {
    case CONTENT_OURS:
        return bytes;
    case CONTENT_MESSAGE:
        return scrub_nested(scrubber, bytes);
    case CONTENT_STATUS:
        /* The one that the core looks at. */
        if (slice_equal(bytes, SLICE("in_progress")))
            return bytes;
        break;
    case CONTENT_MAIL:
        kind = SCRUB_MAIL;
        break;
    case CONTENT_URL:
        kind = SCRUB_URL;
        break;
    case CONTENT_KEY:
        kind = SCRUB_KEY;
        room_kind = kind_beside(shape, base);
        break;
    case CONTENT_TEXT:
        break;
    }
    return scrub_text(scrubber->texts, kind, room_kind, bytes,
                      &scrubber->arena);
}

static void scrub_struct(struct scrubber *scrubber,
                         const struct wire_shape *shape, char *base);

static void scrub_list(struct scrubber *scrubber,
                       const struct wire_shape *shape,
                       const struct wire_field *field, char *base) {
    for (uint32_t i = 0; i < wire_walk_count(field, base); i++) {
        char *item = wire_walk_item(field, base, i);
        if (field->type == FIELD_SLICES)
            *(struct slice *)item =
                scrub_field(scrubber, shape, base, field->name,
                            *(const struct slice *)item);
        else
            scrub_struct(scrubber, field->shape, item);
    }
}

static void scrub_struct(struct scrubber *scrubber,
                         const struct wire_shape *shape, char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        char *at = base + field->offset;
        switch (field->type) {
        case FIELD_U8:
        case FIELD_U32:
        case FIELD_U64:
        case FIELD_I64:
        case FIELD_BOOL:
        case FIELD_ID:
        case FIELD_ID0:
            break;
        case FIELD_BYTES:
            *(struct slice *)at = scrub_field(
                scrubber, shape, base, field->name, *(const struct slice *)at);
            break;
        case FIELD_STRUCT:
        case FIELD_MAYBE:
            scrub_struct(scrubber, field->shape, at);
            break;
        case FIELD_LIST:
        case FIELD_SLICES:
            scrub_list(scrubber, shape, field, base);
            break;
        }
    }
}

/* [kind, correlation, partition]: enough for what is handed through. */
static void put_head(const struct wire_head_fields *head, struct buf *out) {
    char bytes[16] = {(char)0x93, (char)0xcc, (char)head->kind, (char)0xcf};
    for (int i = 0; i < 8; i++)
        bytes[4 + i] = (char)(head->correlation >> (56 - 8 * i));
    bytes[12] = (char)head->partition;
    buf_append(out, bytes, 13);
}

static bool scrub_bytes(struct scrubber *scrubber, struct slice bytes,
                        struct buf *out) {
    struct wire_head_fields head;
    struct wire wire;
    if (wire_peek(bytes, &head) != ERR_OK)
        return false;
    if (wire_decode(bytes, &scrubber->arena, &wire, NULL) != ERR_OK) {
        put_head(&head, out);
        return true;
    }
    scrub_struct(scrubber, wire_shape_of(wire.kind), (char *)&wire.as);
    wire_encode(&wire, out);
    return true;
}

enum err scrub_message(struct scrub_texts *texts, struct slice bytes,
                       struct buf *out) {
    struct scrubber scrubber = {.texts = texts};
    bool is_well = scrub_bytes(&scrubber, bytes, out);
    arena_finish(&scrubber.arena);
    return is_well ? ERR_OK : ERR_MALFORMED;
}
