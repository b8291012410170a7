/* call_script.c - see call_script.h. */
#include "tests/lib/call_script.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/json/scan.h"
#include "tests/lib/wire_parse.h"

static void put(struct buf *out, const char *text) {
    buf_append(out, text, strlen(text));
}

char *exact_copy(struct slice text) {
    char *copy = mem_alloc(text.size ? text.size : 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    return copy;
}

void show_command(const struct wire *command, struct buf *out) {
    struct buf line = {0}, again = {0}, encoded = {0};
    struct arena arena = {0};
    struct wire copy = *command, decoded;
    wire_print(command, &line);
    bool nobody = copy.kind == WIRE_SEND && !copy.as.send.author.user.value;
    if (nobody)
        copy.as.send.author.user.value = 7;
    wire_encode(&copy, &encoded);
    if (wire_decode(buf_slice(&encoded), &arena, &decoded, NULL) == ERR_OK) {
        if (nobody)
            decoded.as.send.author = (struct wire_profile){0};
        wire_print(&decoded, &again);
    }
    put(out, "command ");
    buf_append_slice(out, buf_slice(&line));
    put(out, "\n");
    if (!slice_equal(buf_slice(&line), buf_slice(&again))) {
        put(out, "BROKEN, decoded as ");
        buf_append_slice(out, buf_slice(&again));
        put(out, "\n");
    }
    arena_finish(&arena);
    buf_finish(&line);
    buf_finish(&again);
    buf_finish(&encoded);
}

static void show_answer(const struct call_next *next, struct buf *out) {
    char status[32];
    snprintf(status, sizeof status, "%u", next->status);
    put(out, status);
    if (next->allow) {
        put(out, " allow=");
        put(out, next->allow);
    }
    if (next->body.size) {
        put(out, " ");
        buf_append_slice(out, buf_slice(&next->body));
    }
    put(out, "\n");
    /* A list is JSON too, but the scanner takes objects only. */
    struct buf object = {0};
    put(&object, "{\"body\":");
    buf_append_slice(&object, buf_slice(&next->body));
    put(&object, "}");
    if (next->body.size && json_scan(buf_slice(&object), NULL, 0) != ERR_OK)
        put(out, "BROKEN, not JSON\n");
    buf_finish(&object);
    if ((next->status == 204) != (next->body.size == 0) ||
        (next->status == 405) != (next->allow != NULL))
        put(out, "BROKEN, an answer that does not fit its status\n");
}

static void show(struct call_script *script, struct call_next *next,
                 struct buf *out) {
    buf_clear(&script->memo);
    script->asked = next->ask;
    if (next->ask) {
        show_command(&next->command, out);
        buf_append_slice(&script->memo, buf_slice(&next->memo));
        if (++script->steps > CALL_STEPS_MAX)
            put(out, "BROKEN, too many steps\n");
    } else {
        show_answer(next, out);
    }
    buf_finish(&next->memo);
    buf_finish(&next->body);
}

/* Up to |stop| or the end. */
static struct slice take_until(struct slice *text, char stop) {
    const char *end = text->size ? memchr(text->data, stop, text->size) : NULL;
    struct slice taken = *text;
    if (end)
        taken.size = (size_t)(end - text->data);
    text->data += taken.size + (end != NULL);
    text->size -= taken.size + (end != NULL);
    taken.data = exact_copy(taken);
    return taken;
}

void call_script_request(struct call_script *script, struct slice line,
                         struct buf *out) {
    struct arena arena = {0};
    struct call_next next = {
        .arena = &arena, .config = script->config, .self = script->self};
    struct call_request request = {.method = take_until(&line, ' ')};
    struct slice target = take_until(&line, ' ');
    struct slice rest = target;
    request.path = take_until(&rest, '?');
    request.query = take_until(&rest, '\0');
    request.body = take_until(&line, '\0');
    script->steps = 0;
    script->handler->request(&request, &next);
    /* Whatever is borrowed is gone now. */
    free((char *)(uintptr_t)request.method.data);
    free((char *)(uintptr_t)request.path.data);
    free((char *)(uintptr_t)request.query.data);
    free((char *)(uintptr_t)request.body.data);
    free((char *)(uintptr_t)target.data);
    show(script, &next, out);
    arena_finish(&arena);
}

void call_script_reply(struct call_script *script, struct slice line,
                       struct buf *out) {
    struct arena arena = {0}, of_reply = {0};
    struct call_next next = {
        .arena = &arena, .config = script->config, .self = script->self};
    struct wire wire;
    const char *error = wire_parse(line, &of_reply, &wire);
    if (error || !script->asked) {
        put(out, "BROKEN script: ");
        put(out, error ? error : "no command waits");
        put(out, "\n");
    } else {
        struct slice memo = buf_slice(&script->memo);
        char *copy = exact_copy(memo);
        script->handler->reply((struct slice){copy, memo.size}, &wire, &next);
        free(copy);
        arena_finish(&of_reply);
        show(script, &next, out);
    }
    arena_finish(&of_reply);
    arena_finish(&arena);
}

void call_script_finish(struct call_script *script) {
    buf_finish(&script->memo);
}
