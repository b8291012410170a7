/* data_dir.h - what `parlance up` keeps: a directory of mode 0700 with the
 * store, the secret, the API key and a lock, all made at the first start. */
#ifndef DEPLOY_UP_DATA_DIR_H
#define DEPLOY_UP_DATA_DIR_H

#include <limits.h>

#include "common/err.h"
#include "common/types.h"

struct data_dir {
    char path[PATH_MAX]; /* Absolute. */
    int lock;            /* Held while open. */
};

/* Make what is missing and take the lock. ERR_BUSY: somebody has it. ERR_IO:
 * errno says why and |what| (of 64 bytes) where. */
enum err data_dir_open(struct data_dir *dir, const char *path,
                       char *what) MUST_CHECK;

void data_dir_close(struct data_dir *dir);

/* |out| becomes "<path>/<name>"; false: too long. */
bool data_dir_file(const struct data_dir *dir, const char *name, char *out,
                   size_t size);

/* The first line of a file in the directory, without its end. */
bool data_dir_read_line(const struct data_dir *dir, const char *name, char *out,
                        size_t size);

/* Replace a file in one step, mode 0600. */
enum err data_dir_write(const struct data_dir *dir, const char *name,
                        struct slice content) MUST_CHECK;

#endif
