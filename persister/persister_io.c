/* persister_io.c - see persister_io.h. */
#include "persister/persister_io.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/link/link_server.h"
#include "common/process/log.h"
#include "persister/frame.h"
#include "persister/persister_metrics.h"
#include "persister/relief.h"

#define PACKETS_PER_TURN 256u
#define READER_WAITING_MAX 1024u
#define WRITER_WAITING_BYTES_MAX (8u << 20)

/* Who answers, and what it has to do. */
struct helper {
    struct link_actor *actor; /* NULL: the writer, which has no thread. */
    struct buf run;           /* Frames that are not handed over yet. */
    uint64_t waiting;         /* Asks without their last answer. */
};

struct persister {
    struct persister_config config;
    struct link_server *server;
    struct link_poll *poll;
    struct relief *relief; /* Takes turns while this thread writes. */
    struct writer *pen;    /* Touched outside of the turns only, and so are */
    struct buf asks;       /* what it writes, */
    struct buf answers;    /* and what came of it. */
    struct helper writer;
    struct helper readers[PERSISTER_READERS_MAX];
    struct buf message; /* Being encoded here. */
    uint64_t now_ms;
    bool throttled; /* The links are not read: the writer is behind. */
    bool draining;
};

/* --- From the links ------------------------------------------------------- */

static void reject(struct persister *persister, uint32_t peer,
                   struct slice reason) {
    char text[256];
    size_t size = reason.size < sizeof text - 1 ? reason.size : sizeof text - 1;
    memcpy(text, reason.data, size);
    text[size] = '\0';
    metrics_add(persister->config.writer.metrics, PERSISTER_RUBBISH, 1);
    log_error("peer_sent_rubbish", LOG_UINT("peer", peer),
              LOG_TEXT("what", text));
    link_server_reset(persister->server, peer, text);
}

static bool on_hello(void *payload, uint32_t peer, struct slice hello,
                     struct buf *welcome, struct buf *reason) {
    struct persister *persister = payload;
    (void)welcome;
    (void)reason;
    metrics_add(persister->config.writer.metrics, PERSISTER_PEERS, 1);
    log_info("peer_up", LOG_UINT("peer", peer), LOG_SLICE("name", hello));
    return true;
}

static void on_down(void *payload, uint32_t peer, const char *reason) {
    struct persister *persister = payload;
    metrics_subtract(persister->config.writer.metrics, PERSISTER_PEERS, 1);
    log_info("peer_down", LOG_UINT("peer", peer), LOG_TEXT("reason", reason));
}

static void on_refused(void *payload, const char *reason) {
    (void)payload;
    log_warn("peer_refused", LOG_TEXT("reason", reason));
}

static void give(struct persister *persister, struct helper *helper,
                 uint32_t peer, struct slice message) {
    struct frame frame = {.type = FRAME_ASK,
                          .peer = peer,
                          .at_ms = persister->now_ms,
                          .bytes = message};
    frame_put(&helper->run, &frame);
    helper->waiting++;
}

static void refuse_read(struct persister *persister, uint32_t peer,
                        const struct wire_head_fields *head) {
    struct wire wire = {
        .kind = WIRE_REPLY_ERROR,
        .correlation = head->correlation,
        .partition = head->partition,
        .as.reply_error = {.refusal = REFUSED_TRY_AGAIN,
                           .detail = SLICE("too many reads wait")}};
    metrics_add(persister->config.reader.metrics, PERSISTER_READS_TRY_AGAIN, 1);
    buf_clear(&persister->message);
    wire_encode(&wire, &persister->message);
    link_server_send(persister->server, peer, buf_slice(&persister->message));
}

/* The reader that has least to do. */
static struct helper *idlest(struct persister *persister) {
    struct helper *best = &persister->readers[0];
    for (uint32_t i = 1; i < persister->config.readers_count; i++)
        if (persister->readers[i].waiting < best->waiting)
            best = &persister->readers[i];
    return best;
}

static bool is_written(enum wire_kind kind) {
    return kind == WIRE_APPEND || kind == WIRE_CLAIM || kind == WIRE_KEEP ||
           kind == WIRE_RELEASE || kind == WIRE_ATTACH;
}

static void on_message(void *payload, uint32_t peer, struct slice message) {
    struct persister *persister = payload;
    struct wire_head_fields head;
    if (wire_peek(message, &head) != ERR_OK) {
        reject(persister, peer, SLICE("a message without a head"));
    } else if (is_written(head.kind)) {
        give(persister, &persister->writer, peer, message);
    } else if (reader_takes(head.kind)) {
        struct helper *reader = idlest(persister);
        if (reader->waiting < READER_WAITING_MAX)
            give(persister, reader, peer, message);
        else
            refuse_read(persister, peer, &head);
    } else {
        reject(persister, peer, SLICE("a message that is not for a persister"));
    }
}

static const struct link_server_handler handler = {.hello = on_hello,
                                                   .message = on_message,
                                                   .down = on_down,
                                                   .refused = on_refused};

/* --- From writer and readers
 * -------------------------------------------------- */

static void deliver(struct persister *persister, struct helper *helper,
                    struct slice run) {
    struct frame frame;
    while (frame_next(&run, &frame)) {
        if (frame.type == FRAME_RUBBISH)
            reject(persister, frame.peer, frame.bytes);
        else if (frame.bytes.size)
            /* A peer that is gone asks again on its next link. */
            link_server_send(persister->server, frame.peer, frame.bytes);
        if (frame.last) {
            INVARIANT(helper->waiting > 0);
            helper->waiting--;
        }
    }
}

static void receive_reader(struct persister *persister, struct helper *reader) {
    struct slice run;
    while (link_pipe_receive(link_actor_pipe(reader->actor), &run) ==
           LINK_PIPE_BATCH)
        deliver(persister, reader, run);
}

static void hand_over(struct helper *helper) {
    if (helper->run.size &&
        link_pipe_send(link_actor_pipe(helper->actor), &helper->run))
        buf_clear(&helper->run);
}

/* --- A turn --------------------------------------------------------------- */

static void throttle(struct persister *persister) {
    bool full = persister->writer.run.size > WRITER_WAITING_BYTES_MAX;
    if (full && !persister->throttled) {
        metrics_add(persister->config.writer.metrics, PERSISTER_WRITER_FULL, 1);
        log_warn("writer_is_behind",
                 LOG_UINT("bytes", persister->writer.run.size));
    }
    persister->throttled = full;
}

static void hand_over_all(struct persister *persister) {
    for (uint32_t i = 0; i < persister->config.readers_count; i++)
        hand_over(&persister->readers[i]);
}

static void receive_all(struct persister *persister) {
    for (uint32_t i = 0; i < persister->config.readers_count; i++)
        receive_reader(persister, &persister->readers[i]);
}

static void export_counters(struct persister *persister) {
    const struct link_counters *counters =
        link_server_counters(persister->server);
    const struct metrics *metrics = persister->config.writer.metrics;
    size_t label = 0;
#define EXPORT(name, help)                                                     \
    metrics_set_by(metrics, PERSISTER_LINK, label++, counters->name);
    LINK_COUNTER_TABLE(EXPORT)
#undef EXPORT
}

static void wait_for_work(struct persister *persister, int stop_fd) {
    uint64_t due_ms = link_server_due_ms(persister->server);
    uint64_t now_ms = monotonic_ms();
    int64_t timeout_ms = due_ms > now_ms ? (int64_t)(due_ms - now_ms) : 0;
    if (due_ms == UINT64_MAX || timeout_ms > 1000)
        timeout_ms = 1000;
    link_poll_clear(persister->poll);
    if (!persister->throttled && !persister->draining)
        link_poll_add_server(persister->poll, persister->server);
    for (uint32_t i = 0; i < persister->config.readers_count; i++)
        link_poll_add_pipe(persister->poll,
                           link_actor_pipe(persister->readers[i].actor));
    if (stop_fd >= 0)
        link_poll_add_fd(persister->poll, stop_fd, true, false);
    link_poll_wait(persister->poll, timeout_ms);
}

/* All that a turn does but for writing. True: more may wait. */
static bool move_bytes(struct persister *persister) {
    bool more = false;
    persister->now_ms = monotonic_ms();
    throttle(persister);
    if (!persister->throttled && !persister->draining)
        more = link_server_receive(persister->server, persister->now_ms,
                                   PACKETS_PER_TURN);
    link_server_tick(persister->server, persister->now_ms);
    hand_over_all(persister);
    receive_all(persister);
    link_server_flush(persister->server, persister->now_ms);
    return more;
}

/* Everything that waits for the writer at once; others talk to the brokers
 * meanwhile if it takes long. */
static void write_all(struct persister *persister) {
    struct buf spare = persister->asks;
    persister->asks = persister->writer.run;
    persister->writer.run = spare;
    relief_hold(persister->relief);
    writer_write(persister->pen, buf_slice(&persister->asks),
                 &persister->answers);
    relief_resume(persister->relief);
    deliver(persister, &persister->writer, buf_slice(&persister->answers));
    buf_clear(&persister->asks);
    buf_clear(&persister->answers);
    persister->now_ms = monotonic_ms();
    link_server_flush(persister->server, persister->now_ms);
}

/* A step, if one is due. True: another one is. */
static bool collect(struct persister *persister) {
    if (persister->draining || !writer_collection_is_due(persister->pen))
        return false;
    relief_hold(persister->relief);
    bool more = writer_collect(persister->pen);
    relief_resume(persister->relief);
    persister->now_ms = monotonic_ms();
    return more;
}

static void take_turn(void *payload) {
    move_bytes(payload);
}

void persister_turn(struct persister *persister, int stop_fd) {
    relief_enter(persister->relief);
    bool more = move_bytes(persister);
    if (persister->writer.run.size) {
        write_all(persister);
        more = true; /* Whatever came meanwhile. */
    }
    more |= collect(persister);
    writer_check_space(persister->pen);
    export_counters(persister);
    relief_leave(persister->relief);
    if (!more)
        wait_for_work(persister, stop_fd);
}

/* --- Life ----------------------------------------------------------------- */

enum err persister_create(const struct persister_config *config,
                          struct persister **out, struct buf *reason) {
    static const struct link_pipe_limits limits = {.batches_max = 64,
                                                   .bytes_max = 16u << 20};
    PRE(config->readers_count >= 1 &&
        config->readers_count <= PERSISTER_READERS_MAX);
    struct persister *persister = mem_zalloc(sizeof *persister);
    struct link_server_config link = link_server_config_default();
    persister->config = *config;
    link.handler = &handler;
    link.payload = persister;
    persister->server = link_server_create(&link);
    enum err err = link_server_bind(persister->server, config->listen, reason);
    if (err != ERR_OK) {
        link_server_destroy(persister->server);
        free(persister);
        return err;
    }
    persister->poll = link_poll_create();
    persister->pen = writer_create(&persister->config.writer);
    persister->relief = relief_start(take_turn, persister);
    for (uint32_t i = 0; i < config->readers_count; i++)
        persister->readers[i].actor =
            link_actor_start(reader_run, &persister->config.reader, &limits);
    *out = persister;
    return ERR_OK;
}

static uint64_t under_way(const struct persister *persister) {
    uint64_t count = persister->writer.waiting;
    for (uint32_t i = 0; i < persister->config.readers_count; i++)
        count += persister->readers[i].waiting;
    return count;
}

static void drain(struct persister *persister, uint64_t patience_ms) {
    uint64_t end_ms = monotonic_ms() + patience_ms;
    persister->draining = true;
    while (under_way(persister) > 0 && monotonic_ms() < end_ms)
        persister_turn(persister, -1);
    if (under_way(persister) > 0)
        log_warn("stopped_before_all_was_answered",
                 LOG_UINT("asks", under_way(persister)));
    link_server_flush(persister->server, monotonic_ms());
}

void persister_destroy(struct persister *persister, uint64_t patience_ms) {
    if (!persister)
        return;
    drain(persister, patience_ms);
    relief_stop(&persister->relief);
    writer_destroy(persister->pen);
    buf_finish(&persister->writer.run);
    buf_finish(&persister->asks);
    buf_finish(&persister->answers);
    for (uint32_t i = 0; i < persister->config.readers_count; i++) {
        link_actor_stop(&persister->readers[i].actor);
        buf_finish(&persister->readers[i].run);
    }
    link_poll_destroy(persister->poll);
    link_server_destroy(persister->server);
    buf_finish(&persister->message);
    free(persister);
}

const char *persister_endpoint(const struct persister *persister) {
    return link_server_endpoint(persister->server);
}
