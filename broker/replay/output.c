/* output.c - see output.h. */
#include "broker/replay/output.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PIECE_BYTES (256u << 10)

enum err output_open(const char *path, struct buf *pending,
                     struct output *out) {
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    out->is_own = path != NULL;
    out->descriptor = path ? open(path, flags, 0600) : STDOUT_FILENO;
    out->pending = pending;
    return out->descriptor < 0 ? ERR_IO : ERR_OK;
}

enum err output_flush(struct output *output) {
    struct slice rest = buf_slice(output->pending);
    while (rest.size) {
        ssize_t wrote = write(output->descriptor, rest.data, rest.size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return ERR_IO;
        rest.data += wrote;
        rest.size -= (size_t)wrote;
    }
    buf_clear(output->pending);
    return ERR_OK;
}

enum err output_turn(struct output *output) {
    return output->pending->size < PIECE_BYTES ? ERR_OK : output_flush(output);
}

enum err output_close(struct output *output) {
    enum err err = output_flush(output);
    if (output->is_own && close(output->descriptor) != 0)
        err = ERR_IO;
    return err;
}
