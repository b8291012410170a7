/* against_rewrite.c - see against_rewrite.h. */
#include "broker/replay/against_rewrite.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/hash.h"

void against_rewrite_finish(struct against_rewrite *rewrite) {
    text_table_finish(&rewrite->secrets);
}

void against_rewrite_note(struct against_rewrite *rewrite,
                          const struct wire *command) {
    if (command->kind == WIRE_FILE_PUT && command->as.file_put.secret.size)
        text_table_put(&rewrite->secrets, command->as.file_put.secret, rewrite);
}

/* What is done with each id of a command. False: stop. */
struct visitor {
    bool (*visit)(struct visitor *visitor, enum wire_id kind, uint64_t *id);
    const struct against_rewrite *rewrite;
    struct arena *arena; /* NULL: nothing may be changed. */
    enum against_id found;
    enum wire_id kind;
    uint64_t id;
};

static bool walk(struct visitor *visitor, const struct wire_shape *shape,
                 char *base);

static bool walk_list(struct visitor *visitor, const struct wire_field *field,
                      char *base) {
    uint32_t count = *(const uint32_t *)(base + field->count_offset);
    char *items = *(char *const *)(base + field->offset);
    for (uint32_t i = 0; i < count; i++)
        if (!walk(visitor, field->shape,
                  items + (size_t)i * field->shape->size))
            return false;
    return true;
}

static void renew_secret(const struct visitor *visitor,
                         const struct wire_field *field, struct slice *bytes) {
    if (visitor->arena && strcmp(field->name, "secret") == 0)
        *bytes =
            against_rewrite_secret(visitor->rewrite, *bytes, visitor->arena);
}

static bool walk(struct visitor *visitor, const struct wire_shape *shape,
                 char *base) {
    for (uint32_t i = 0; i < shape->fields_count; i++) {
        const struct wire_field *field = &shape->fields[i];
        char *at = base + field->offset;
        bool go_on = true;
        switch (field->type) {
        case FIELD_ID:
        case FIELD_ID0:
            go_on = visitor->visit(visitor, field->id, (uint64_t *)at);
            break;
        case FIELD_BYTES:
            renew_secret(visitor, field, (struct slice *)at);
            break;
        case FIELD_STRUCT:
        case FIELD_MAYBE:
            go_on = walk(visitor, field->shape, at);
            break;
        case FIELD_LIST:
            go_on = walk_list(visitor, field, base);
            break;
        case FIELD_U8:
        case FIELD_U32:
        case FIELD_U64:
        case FIELD_I64:
        case FIELD_BOOL:
        case FIELD_SLICES:
            break;
        }
        if (!go_on)
            return false;
    }
    return true;
}

/* All ids of a command, those of a query by message ids too. */
static void visit_all(struct visitor *visitor, struct wire *command) {
    if (!walk(visitor, wire_shape_of(command->kind), (char *)&command->as))
        return;
    struct wire_query *query = &command->as.history.query;
    if (command->kind != WIRE_HISTORY || query->by != QUERY_BY_MESSAGE)
        return;
    if (visitor->visit(visitor, WIRE_ID_MESSAGE, &query->after))
        visitor->visit(visitor, WIRE_ID_MESSAGE, &query->before);
}

static bool look(struct visitor *visitor, enum wire_id kind, uint64_t *id) {
    uint64_t live;
    enum against_id found =
        against_ids_find(visitor->rewrite->ids, kind, *id, &live);
    if (found == AGAINST_ID_KNOWN)
        return true;
    visitor->found = found;
    visitor->kind = kind;
    visitor->id = *id;
    return found != AGAINST_ID_LOST; /* That one decides. */
}

enum against_id against_rewrite_ready(const struct against_rewrite *rewrite,
                                      const struct wire *command,
                                      enum wire_id *kind, uint64_t *id) {
    struct visitor visitor = {
        .visit = look, .rewrite = rewrite, .found = AGAINST_ID_KNOWN};
    struct wire copy = *command; /* Its lists are only read. */
    visit_all(&visitor, &copy);
    *kind = visitor.kind;
    *id = visitor.id;
    return visitor.found;
}

static bool replace(struct visitor *visitor, enum wire_id kind, uint64_t *id) {
    uint64_t live;
    if (against_ids_find(visitor->rewrite->ids, kind, *id, &live) ==
        AGAINST_ID_KNOWN)
        *id = live;
    return true;
}

/* A short key gets the play's number in front, which keeps it readable; a long
 * one becomes a digest, so that it stays within |max|. */
static struct slice renew_key(const struct against_rewrite *rewrite,
                              struct slice key, size_t max,
                              struct arena *arena) {
    char text[LIMIT_CLIENT_KEY_BYTES + 32];
    if (key.size == 0)
        return key;
    int size = snprintf(text, sizeof text, "%016" PRIx64 "-", rewrite->play);
    size_t head = (size_t)size;
    if (head + key.size <= max) {
        memcpy(text + head, key.data, key.size);
        return arena_copy(arena, (struct slice){text, head + key.size});
    }
    uint64_t first = hash_bytes(rewrite->play, key);
    size = snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, first,
                    hash_bytes(~first, key));
    return arena_copy(arena, (struct slice){text, (size_t)size});
}

struct slice against_rewrite_secret(const struct against_rewrite *rewrite,
                                    struct slice secret, struct arena *arena) {
    if (!text_table_find(&rewrite->secrets, secret))
        return secret;
    struct buf fresh = {0};
    uint64_t hash = rewrite->play;
    while (fresh.size < secret.size) {
        hash = hash_bytes(hash, secret);
        size_t left = secret.size - fresh.size;
        buf_append(&fresh, &hash, left < sizeof hash ? left : sizeof hash);
    }
    struct slice copy = arena_copy(arena, buf_slice(&fresh));
    buf_finish(&fresh);
    return copy;
}

void against_rewrite_command(const struct against_rewrite *rewrite,
                             struct wire *command, struct arena *arena) {
    struct visitor visitor = {
        .visit = replace, .rewrite = rewrite, .arena = arena};
    visit_all(&visitor, command);
    if (command->kind != WIRE_SEND)
        return;
    struct wire_send *send = &command->as.send;
    send->client_key =
        renew_key(rewrite, send->client_key, LIMIT_CLIENT_KEY_BYTES, arena);
    send->request_key =
        renew_key(rewrite, send->request_key, LIMIT_REQUEST_KEY_BYTES, arena);
    send->origin_key =
        renew_key(rewrite, send->origin_key, LIMIT_REQUEST_KEY_BYTES, arena);
}
