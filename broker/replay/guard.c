/* guard.c - see guard.h. */
#include "broker/replay/guard.h"

#include <signal.h>
#include <unistd.h>

#include "broker/replay/trace_text.h"
#include "broker/replay/wire_json.h"
#include "common/json_write.h"

/* Room for the text, taken beforehand. A message whose JSON may be larger is
 * only named. */
#define TEXT_BYTES (4u << 20)
#define JSON_FOR_BYTES 8u /* Of text, for each of a message, at most. */
#define MESSAGE_BYTES_MAX (TEXT_BYTES / JSON_FOR_BYTES / 2)

static struct {
    const struct trace_source *source;
    const struct trace_item *item;
    const struct core_input *input;
    uint64_t number;
    struct output *output;
    struct buf text;
    struct sigaction before;
} guard;

static void put_input(struct buf *out, const struct core_input *input) {
    json_put(out, "input ");
    json_put_uint(out, guard.number);
    json_put(out, ": ");
    json_put(out, trace_text_input_name(input->kind));
    json_put(out, " at ");
    json_put_uint(out, (uint64_t)input->now_us);
    json_put(out, " us, gateway ");
    json_put_uint(out, input->gateway);
    json_put(out, ", partition ");
    json_put_uint(out, input->partition);
    json_put(out, ", seq ");
    json_put_uint(out, input->seq);
    json_put(out, ", refusal ");
    json_put_uint(out, input->refusal);
    json_put(out, "\n");
    if (input->wire && input->bytes.size <= MESSAGE_BYTES_MAX) {
        json_put(out, "message: ");
        wire_json_put_object(out, input->wire);
        json_put(out, "\n");
    }
}

static void write_all(struct slice bytes) {
    while (bytes.size) {
        ssize_t wrote = write(STDERR_FILENO, bytes.data, bytes.size);
        if (wrote <= 0)
            return;
        bytes.data += wrote;
        bytes.size -= (size_t)wrote;
    }
}

static void on_abort(int number) {
    struct buf *out = &guard.text;
    (void)number;
    if (guard.output)
        (void)!output_flush(guard.output);
    buf_clear(out);
    json_put(out, "parlance-replay: ");
    if (guard.source)
        trace_source_where(guard.source, guard.item->offset, out);
    json_put(out, ": the core stopped itself here\n");
    if (guard.source && guard.input)
        put_input(out, guard.input);
    write_all(buf_slice(out));
    _exit(GUARD_EXIT);
}

void guard_begin(struct output *output) {
    struct sigaction action = {.sa_handler = on_abort,
                               .sa_flags = SA_RESETHAND};
    buf_reserve(&guard.text, TEXT_BYTES);
    guard.output = output;
    guard.source = NULL;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, &guard.before);
}

void guard_note(const struct trace_source *source,
                const struct trace_item *item, const struct core_input *input,
                uint64_t number) {
    guard.item = item;
    guard.input = input;
    guard.number = number;
    guard.source = source;
}

void guard_end(void) {
    sigaction(SIGABRT, &guard.before, NULL);
    buf_finish(&guard.text);
}
