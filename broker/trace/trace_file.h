/* trace_file.h - the binary form of a trace. Pure: bytes in, items out, and
 * back; who reads and writes files is elsewhere.
 *
 * Eight bytes "PLTRACE\n", the format version (u32), then frames: size u32 and
 * checksum u32 (both of kind and payload), kind u8 (enum trace_item_kind),
 * payload. All numbers are little-endian. A frame whose checksum is wrong, or
 * that does not end before the bytes do, ends the reading: what came before is
 * good.
 *
 * Versions. Fields are only added at the end of a head or an input, and readers
 * ignore those that they do not know. All else is a new version, which older
 * readers refuse. */
#ifndef BROKER_TRACE_TRACE_FILE_H
#define BROKER_TRACE_TRACE_FILE_H

#include "broker/trace/trace.h"

/* Each appends to |out|. The head comes first, together with the magic; what
 * is written is always of TRACE_VERSION. Of |input|, |bytes| is written and
 * |wire| is not. */
void trace_put_head(struct buf *out, const struct trace_head *head);
void trace_put_state(struct buf *out, struct slice message);
void trace_put_input(struct buf *out, const struct core_input *input,
                     const struct effects *effects, bool whole);
void trace_put_end(struct buf *out);

/* Fields are private. */
struct trace_reader {
    struct slice bytes;
    size_t at;
    uint32_t version;
    enum trace_item_kind last; /* 0: none yet. */
    int64_t now_us;
    bool whole;
    uint64_t *digests;
    uint32_t digests_capacity;
    struct effects effects;
};

/* |bytes| is borrowed for life. */
void trace_reader_init(struct trace_reader *reader, struct slice bytes);
void trace_reader_finish(struct trace_reader *reader);

/* Whether |bytes| may be a binary trace, by its first bytes. */
bool trace_is_binary(struct slice bytes);

/* The next item; it borrows from |reader| until the next call.
 * ERR_NOT_FOUND: no frame follows; if the last item was no TRACE_END, the file
 * was never closed. ERR_GAP: the bytes end within a frame (a torn tail); all
 * before is good. ERR_CORRUPT: a checksum or a content that
 * cannot be; ERR_VERSION: a newer format; ERR_MALFORMED: no trace at all, or
 * empty. |error| says what and where. After an error, the same error again. */
enum err trace_reader_next(struct trace_reader *reader, struct trace_item *out,
                           struct trace_error *error) MUST_CHECK;

#endif
