/* client.c - see client.h. */
#include "tests/fuzz/client.h"

#include <stdlib.h>

#include "gateway/zone.h"

/* --- Commands and lines --------------------------------------------------- */

void check_command(const struct wire *command) {
    struct wire copy = *command, decoded;
    struct buf encoded = {0};
    struct arena arena = {0};
    if (copy.kind == WIRE_SEND) /* The gateway says who it is. */
        copy.as.send.author.user.value = 7;
    wire_encode(&copy, &encoded);
    enum err err = wire_decode(buf_slice(&encoded), &arena, &decoded, NULL);
    INVARIANT(err == ERR_OK && decoded.kind == command->kind);
    arena_finish(&arena);
    buf_finish(&encoded);
}

static void take_copy(struct client *client, struct slice line,
                      void (*take)(struct client *, struct slice)) {
    char *copy = mem_alloc(line.size ? line.size : 1);
    if (line.size)
        memcpy(copy, line.data, line.size);
    take(client, (struct slice){copy, line.size});
    free(copy);
}

void client_run(const struct sink_rules *rules, struct slice data, void *of,
                void (*take)(struct client *client, struct slice line)) {
    struct client client = {.self = {.user = {7}, .username = SLICE("me")},
                            .sink = {.rules = rules},
                            .of = of};
    struct zone *zone = NULL;
    enum err err = zone_create("UTC", &zone);
    INVARIANT(err == ERR_OK);
    client.config.zone = zone;
    while (data.size) {
        const char *end = memchr(data.data, '\n', data.size);
        struct slice line = data;
        if (end)
            line.size = (size_t)(end - data.data);
        data.data += line.size + (end != NULL);
        data.size -= line.size + (end != NULL);
        take_copy(&client, line, take);
    }
    buf_finish(&client.sink.memo);
    buf_finish(&client.sink.parts);
    zone_destroy(zone);
}

/* --- The sink ------------------------------------------------------------- */

void sink_command(struct sink *sink, const struct wire *command,
                  struct slice memo) {
    check_command(command);
    sink->rules->check_memo(memo);
    buf_clear(&sink->memo);
    buf_append_slice(&sink->memo, memo);
    sink->commands++;
}

void sink_text(struct sink *sink, struct slice text) {
    INVARIANT(!sink->parting);
    sink->rules->check_text(text);
    sink->texts++;
}

void sink_part(struct sink *sink, struct slice text, bool last) {
    INVARIANT(sink->rules->has_parts);
    buf_append_slice(&sink->parts, text);
    sink->parting = !last;
    if (!last)
        return;
    sink->rules->check_text(buf_slice(&sink->parts));
    buf_clear(&sink->parts);
    sink->texts++;
}

void sink_follow(struct sink *sink, room_id room) {
    INVARIANT(sink->rules->follows);
    INVARIANT(room.value > 0 && room.value <= ID_MAX);
}

void sink_unfollow(struct sink *sink, room_id room) {
    sink_follow(sink, room);
}

uint64_t sink_unread_dialogs(const struct sink *sink) {
    return sink->texts;
}

void sink_not_an_object(struct sink *sink) {
    sink->not_an_object = true;
}
