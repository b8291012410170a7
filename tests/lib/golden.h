/* golden.h - scripts whose expected output stands beside the input, rewritten
 * by GOLDEN_REWRITE=1 and reviewed as a diff.
 *
 * A script is blocks with an empty line between them: lines of comment (#),
 * lines of input, a line "----", and what they gave, line by line:
 *
 *   # Another's message cannot be edited.
 *   receive {"action":"edit_message","pk":9,"message":"x"}
 *   ----
 *   command edit message=9 user=7 text="x"
 *
 * <<unit*count>> stands for |unit| repeated, in input and output, so that a
 * text of 8,193 letters is a line that one can read. */
#ifndef TESTS_LIB_GOLDEN_H
#define TESTS_LIB_GOLDEN_H

#include "common/buf.h"

/* Carries out one line of input; appends whole lines, each with its newline,
 * to |out|. */
typedef void golden_step(void *world, struct slice input, struct buf *out);

/* Runs the script at |path|. False, with the differences on stderr, when it
 * gives something else, is empty or cannot be read; with GOLDEN_REWRITE in the
 * environment it is rewritten instead. */
bool golden_run(const char *path, golden_step *step, void *world) MUST_CHECK;

#endif
