/* trace_bytes.h - a file's bytes: mapped, or read if it cannot be. */
#ifndef BROKER_REPLAY_TRACE_BYTES_H
#define BROKER_REPLAY_TRACE_BYTES_H

#include "common/buf.h"

struct trace_bytes {
    struct slice bytes;
    bool is_mapped;
    struct buf read;
};

/* ERR_IO: errno says why. "-" is stdin. A file that grows afterwards is seen
 * as it was. */
enum err trace_bytes_open(const char *path, struct trace_bytes *out) MUST_CHECK;

void trace_bytes_close(struct trace_bytes *bytes);

#endif
