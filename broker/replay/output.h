/* output.h - a file that is written in large pieces. */
#ifndef BROKER_REPLAY_OUTPUT_H
#define BROKER_REPLAY_OUTPUT_H

#include "common/buf.h"

/* |pending| is to be appended to. */
struct output {
    int descriptor;
    bool is_own; /* Not stdout. */
    struct buf *pending;
};

/* NULL: stdout; else the file is made, or emptied. |pending| is borrowed.
 * ERR_IO: errno says why, here and below. */
enum err output_open(const char *path, struct buf *pending,
                     struct output *out) MUST_CHECK;

/* Writes if much is pending. */
enum err output_turn(struct output *output) MUST_CHECK;

/* Writes what is pending. */
enum err output_flush(struct output *output) MUST_CHECK;

/* Flushes and closes. */
enum err output_close(struct output *output) MUST_CHECK;

#endif
