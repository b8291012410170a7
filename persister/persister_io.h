/* persister_io.h - bytes between the links to brokers, the writer and the
 * actors that read.
 *
 *     brokers == links ==> I/O thread == frames ==> readers (N)
 *                              |
 *                            writer
 *
 * The thread that hears the brokers also writes, all that came at once, and
 * then hears what came meanwhile. While a write takes long another thread
 * takes its turns at the links (relief.h), so reads and heartbeats go on.
 *
 * Bounds. Reads: at most READER_WAITING_MAX wait for one reader; one more is
 * answered "try again" at once. Appends and claims: when more than
 * WRITER_WAITING_BYTES_MAX wait for the writer, the links are not read until
 * it is done: the brokers' windows fill and push back, and one that cannot
 * wait so long ends its session and sends again what was not answered.
 * Answers: bounded by the window of the peer's link; a peer that does not take
 * them is ended by the link. Each has a counter. */
#ifndef PERSISTER_PERSISTER_IO_H
#define PERSISTER_PERSISTER_IO_H

#include "persister/reader.h"
#include "persister/writer.h"

#define PERSISTER_READERS_MAX 16u

struct persister; /* Opaque; one thread. */

struct persister_config {
    const char *listen;     /* Endpoint. */
    uint32_t readers_count; /* 1 .. PERSISTER_READERS_MAX */
    struct writer_config writer;
    struct reader_config reader;
};

/* |config| is copied, what it points to is borrowed. On failure |reason| gets
 * a sentence for the operator (see link_server_bind). */
enum err persister_create(const struct persister_config *config,
                          struct persister **out,
                          struct buf *reason) MUST_CHECK;

/* Answers what was asked so far, as long as that takes within |patience_ms|,
 * and stops the actors. Accepts NULL. */
void persister_destroy(struct persister *persister, uint64_t patience_ms);

/* Where it listens, with the port taken. */
const char *persister_endpoint(const struct persister *persister);

/* Waits for work or until |stop_fd| is readable, and does it. */
void persister_turn(struct persister *persister, int stop_fd);

#endif
