/* trace_bytes.c - see trace_bytes.h. */
#include "broker/replay/trace_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_AT_ONCE 65536u

static enum err read_all(int descriptor, struct trace_bytes *out) {
    for (;;) {
        char *at = buf_reserve(&out->read, READ_AT_ONCE);
        ssize_t got = read(descriptor, at, READ_AT_ONCE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ERR_IO;
        if (got == 0)
            break;
        out->read.size += (size_t)got;
    }
    out->bytes = buf_slice(&out->read);
    return ERR_OK;
}

enum err trace_bytes_open(const char *path, struct trace_bytes *out) {
    bool is_stdin = strcmp(path, "-") == 0;
    int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    *out = (struct trace_bytes){0};
    if (descriptor < 0)
        return ERR_IO;
    enum err err = fstat(descriptor, &stat) == 0 ? ERR_OK : ERR_IO;
    if (err == ERR_OK && !is_stdin && S_ISREG(stat.st_mode) &&
        stat.st_size > 0) {
        size_t size = (size_t)stat.st_size;
        void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        out->is_mapped = at != MAP_FAILED;
        if (out->is_mapped)
            out->bytes = (struct slice){at, size};
    }
    if (err == ERR_OK && !out->is_mapped)
        err = read_all(descriptor, out);
    int cause = errno;
    if (!is_stdin)
        close(descriptor);
    if (err != ERR_OK)
        trace_bytes_close(out);
    errno = cause;
    return err;
}

void trace_bytes_close(struct trace_bytes *bytes) {
    if (bytes->is_mapped)
        munmap((void *)bytes->bytes.data, bytes->bytes.size);
    buf_finish(&bytes->read);
    *bytes = (struct trace_bytes){0};
}
