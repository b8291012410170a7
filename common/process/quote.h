/* quote.h - text from anywhere, made fit for one line of a log or a terminal.
 * Pure. */
#ifndef COMMON_PROCESS_QUOTE_H
#define COMMON_PROCESS_QUOTE_H

#include "common/types.h"

/* Writes |text| to |out|, at most |capacity| bytes, with no NUL, and returns
 * how many were written. '"' and '\' get a backslash; line ends and tabs are
 * \n, \r and \t; other control characters, line and paragraph separators and
 * the characters that turn the direction of writing are \uXXXX; bytes that
 * are not UTF-8 are \xHH. What does not fit is cut between two characters
 * and |*cut|, if not NULL, becomes true. */
size_t quote_text(char *out, size_t capacity, struct slice text, bool *cut);

/* Whether |text| can stand in a logfmt line without quotes. */
bool quote_needed(struct slice text);

#endif
