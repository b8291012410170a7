/* trace_set.h - the files that are to be replayed, whatever their form, and
 * what stands in them.
 *
 * Files of one core in one run of a broker (the same run and shard in their
 * heads) are one group, in the order of their numbers: what the core did from
 * beginning to end. Groups know nothing of each other. This part does I/O: it
 * maps files, or reads them if they are none (a pipe; "-" is stdin). */
#ifndef BROKER_REPLAY_TRACE_SET_H
#define BROKER_REPLAY_TRACE_SET_H

#include "broker/trace/trace.h"

struct trace_set;

/* Opens all files, of a folder all *.trace, and reads their heads. |paths| is
 * borrowed for life. Errors as trace_reader_next(), ERR_IO (a file cannot be
 * read) and ERR_EXISTS (one is given twice); |error|'s text begins with the
 * path. */
enum err trace_set_open(const char *const *paths, size_t count,
                        struct trace_set **out,
                        struct trace_error *error) MUST_CHECK;

/* Accepts NULL. */
void trace_set_close(struct trace_set *set);

uint32_t trace_set_groups(const struct trace_set *set);

struct trace_source;

/* The items of one group, file by file: each begins with its head. Several may
 * read one set. |set| is borrowed for life. */
struct trace_source *trace_source_create(const struct trace_set *set,
                                         uint32_t group);
void trace_source_destroy(struct trace_source *source);

/* The next item, borrowed until the next call. ERR_NOT_FOUND: all is read.
 * ERR_GAP: the file was not closed by its recorder, and its end may be lost;
 * all before is good, and the next call goes on behind it. Errors
 * otherwise as trace_reader_next(), and final. */
enum err trace_source_next(struct trace_source *source, struct trace_item *out,
                           struct trace_error *error) MUST_CHECK;

/* The file of the last item or error. */
const char *trace_source_path(const struct trace_source *source);

/* Appends "PATH: byte 17" or "PATH: line 17", for an offset in that file. */
void trace_source_where(const struct trace_source *source, uint64_t offset,
                        struct buf *out);

#endif
