/* trace_text.h - the text form of a trace: JSON lines and comments, as
 * README.md of this folder describes them. It says the same as the binary form
 * (broker/trace/trace_file.h), to the byte. Pure: bytes in, items out. */
#ifndef BROKER_REPLAY_TRACE_TEXT_H
#define BROKER_REPLAY_TRACE_TEXT_H

#include "broker/trace/trace.h"

/* One line at most: the largest message, all of it escaped, and its bytes. */
#define TRACE_TEXT_LINE_MAX (64u << 20)

/* Writes lines. Zeroed is valid; |out| may be taken and cleared at any time. */
struct trace_text {
    struct buf out;
    struct arena arena;
    struct buf scratch;
};

void trace_text_finish(struct trace_text *text);

void trace_text_put_head(struct trace_text *text,
                         const struct trace_head *head);
void trace_text_put_state(struct trace_text *text, struct slice message);

/* The line of the input alone; its |bytes| are read, |wire| is not. */
void trace_text_put_input(struct trace_text *text,
                          const struct core_input *input);
void trace_text_put_effect(struct trace_text *text,
                           const struct effects *effects,
                           const struct effect *effect);
void trace_text_put_digest(struct trace_text *text, uint64_t digest);

/* |is_torn|: what is told was never closed; still, all of its effects stand
 * there. Nothing at all at the end of a text says that some may be missing. */
void trace_text_put_end(struct trace_text *text, bool is_torn);

/* Puts an input without effects, and an end behind it, as long as a core that
 * is told it may stop itself: what is written then ends with it. Returns what
 * |out.size| was, to be set again. */
size_t trace_text_put_last(struct trace_text *text,
                           const struct core_input *input);

/* A line as it stands, "# ..." or empty. */
void trace_text_put_comment(struct trace_text *text, struct slice line);

/* The item as it is, an input with its effects or digests. */
void trace_text_put_item(struct trace_text *text,
                         const struct trace_item *item);

/* "command", "tick", ... */
const char *trace_text_input_name(enum core_input_kind kind);

/* Fields are private. */
struct trace_text_reader {
    struct slice bytes;
    size_t at;     /* The next line begins here. */
    uint64_t line; /* Its number, from 1. */
    int64_t now_us;
    enum trace_item_kind last;
    enum err failed; /* Said again and again. */
    struct trace_error error;
    uint64_t *digests;
    uint32_t digests_count;
    uint32_t digests_capacity;
    struct slice *comments; /* Between effects: given after them. */
    uint32_t comments_count;
    uint32_t comments_given;
    struct effects effects;
    struct arena arena; /* For one line. */
    struct buf message;
    struct buf program;
};

/* |bytes| is borrowed for life. */
void trace_text_reader_init(struct trace_text_reader *reader,
                            struct slice bytes);
void trace_text_reader_finish(struct trace_text_reader *reader);

/* Whether |bytes| may be a text trace, by its first byte. */
bool trace_text_is(struct slice bytes);

/* The next item; it borrows from |reader| until the next call. Errors as
 * trace_reader_next(); offsets are lines. A comment between an input and its
 * effects comes after them. A second trace may follow in the same text. */
enum err trace_text_reader_next(struct trace_text_reader *reader,
                                struct trace_item *out,
                                struct trace_error *error) MUST_CHECK;

#endif
