/* fuzz_trace_text.c - a text trace may be anything. What is read is written
 * again, and what is written is read as the same. */
#include "broker/replay/trace_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads |bytes| to the end or to an error; writes all to |out|, and an end if
 * there is none. */
static enum err copy(struct slice bytes, struct trace_text *out) {
    struct trace_text_reader reader;
    struct trace_item item;
    struct trace_error error;
    enum trace_item_kind last = TRACE_COMMENT;
    enum err err;
    trace_text_reader_init(&reader, bytes);
    while ((err = trace_text_reader_next(&reader, &item, &error)) == ERR_OK) {
        trace_text_put_item(out, &item);
        if (item.kind != TRACE_COMMENT)
            last = item.kind;
    }
    if (last != TRACE_COMMENT && last != TRACE_END)
        trace_text_put_end(out);
    INVARIANT(err == ERR_NOT_FOUND || error.text[0] != '\0');
    INVARIANT(err == ERR_NOT_FOUND || error.offset >= 1);
    trace_text_reader_finish(&reader);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trace_text first = {0}, second = {0};
    copy((struct slice){(const char *)data, size}, &first);
    if (first.out.size) {
        enum err err = copy(buf_slice(&first.out), &second);
        INVARIANT(err == ERR_NOT_FOUND || err == ERR_MALFORMED);
        INVARIANT(slice_equal(buf_slice(&first.out), buf_slice(&second.out)));
    }
    trace_text_finish(&first);
    trace_text_finish(&second);
    return 0;
}
