/* reader.c - see reader.h. */
#include "persister/reader.h"

#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/process/log.h"
#include "persister/frame.h"
#include "persister/persister_metrics.h"

/* Answers are handed over when they are so many bytes, or all are there. */
#define OUT_BYTES 65536u

struct reader {
    const struct reader_config *config;
    struct link_pipe *pipe;
    struct link_poll *poll;
    struct arena arena; /* Of one read. */
    struct buf out;     /* Frames for the I/O thread. */
};

bool reader_takes(enum wire_kind kind) {
    return (kind >= WIRE_READ_ROOM && kind <= WIRE_READ_COUNT) ||
           (kind >= WIRE_READ_FEED && kind <= WIRE_READ_BYTES);
}

static void tell_rubbish(struct reader *reader, const struct frame *frame,
                         const struct wire_error *error) {
    size_t begun = frame_begin(&reader->out, FRAME_RUBBISH, frame->peer, true);
    buf_append_slice(&reader->out, slice_of(error->message));
    buf_append_slice(&reader->out, SLICE("."));
    buf_append_slice(&reader->out, slice_of(error->field));
    buf_append_slice(&reader->out, SLICE(" "));
    buf_append_slice(&reader->out, slice_of(error->reason));
    frame_end(&reader->out, begun);
}

/* What the store could not read is damage, not absence: the asker is told, and
 * so is the operator. */
static void failed(struct reader *reader, const struct wire *ask, enum err err,
                   const struct store_error *error, struct wire *out) {
    metrics_add(reader->config->metrics, PERSISTER_READS_FAILED, 1);
    log_error("read_failed", LOG_TEXT("kind", wire_kind_name(ask->kind)),
              LOG_ERR("error", err), LOG_TEXT("detail", error->text));
    health_damage(reader->config->health, error->text);
    *out = (struct wire){.kind = WIRE_REPLY_ERROR,
                         .correlation = ask->correlation,
                         .partition = ask->partition,
                         .as.reply_error = {.refusal = REFUSED_STORAGE_FAILED,
                                            .detail = slice_of(error->text)}};
}

static void answer(struct reader *reader, const struct frame *frame,
                   const struct wire *ask) {
    const struct reader_config *config = reader->config;
    struct store_error error = {""};
    struct wire out;
    uint64_t started_us = monotonic_us();
    enum err err =
        config->ops->read(config->store, ask, &reader->arena, &out, &error);
    if (err != ERR_OK)
        failed(reader, ask, err, &error, &out);
    size_t begun = frame_begin(&reader->out, FRAME_ANSWER, frame->peer, true);
    wire_encode(&out, &reader->out);
    frame_end(&reader->out, begun);
    metrics_observe_us(config->metrics, PERSISTER_READ_SECONDS,
                       monotonic_us() - started_us);
    metrics_add_by(config->metrics, PERSISTER_READS,
                   persister_read_index((uint32_t)ask->kind), 1);
}

static void take(struct reader *reader, const struct frame *frame) {
    struct wire ask;
    struct wire_error error = {"message", "kind", "is no read"};
    arena_reset(&reader->arena);
    if (wire_decode(frame->bytes, &reader->arena, &ask, &error) == ERR_OK &&
        reader_takes(ask.kind))
        answer(reader, frame, &ask);
    else
        tell_rubbish(reader, frame, &error);
}

static void wait(struct reader *reader) {
    link_poll_clear(reader->poll);
    link_poll_add_pipe(reader->poll, reader->pipe);
    link_poll_wait(reader->poll, -1);
}

/* The I/O thread never waits for a reader, so this does not deadlock. */
static void send_out(struct reader *reader) {
    while (reader->out.size && !link_pipe_send(reader->pipe, &reader->out)) {
        if (link_pipe_is_closed(reader->pipe)) {
            buf_clear(&reader->out); /* Nobody is there to be told. */
            return;
        }
        wait(reader);
    }
}

static void take_run(struct reader *reader, struct slice run) {
    struct frame frame;
    while (frame_next(&run, &frame)) {
        take(reader, &frame);
        if (reader->out.size >= OUT_BYTES)
            send_out(reader);
    }
    send_out(reader);
}

void reader_run(struct link_pipe *pipe, void *config) {
    struct reader reader = {.config = config, .pipe = pipe};
    bool stopping = false;
    reader.poll = link_poll_create();
    while (!stopping) {
        struct slice run;
        switch (link_pipe_receive(pipe, &run)) {
        case LINK_PIPE_EMPTY:
            wait(&reader);
            break;
        case LINK_PIPE_BATCH:
            take_run(&reader, run);
            break;
        case LINK_PIPE_STOP:
            stopping = true;
            break;
        }
    }
    arena_finish(&reader.arena);
    buf_finish(&reader.out);
    link_poll_destroy(reader.poll);
}
