/* fuzz_trace_text.c - a text trace may be anything. What is read is written
 * again, and what is written is read as the same. Its messages, which may be
 * anything too, are scrubbed. */
#include "broker/replay/scrub.h"

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
        trace_text_put_end(out, true);
    INVARIANT(err == ERR_NOT_FOUND || error.text[0] != '\0');
    INVARIANT(err == ERR_NOT_FOUND || error.offset >= 1);
    trace_text_reader_finish(&reader);
    return err;
}

static void scrub(struct slice bytes) {
    struct trace_text_reader reader;
    struct trace_item item;
    struct trace_error error;
    struct scrub_texts texts;
    struct buf out = {0};
    scrub_texts_init(&texts, SLICE("key"));
    trace_text_reader_init(&reader, bytes);
    while (trace_text_reader_next(&reader, &item, &error) == ERR_OK) {
        struct slice message =
            item.kind == TRACE_INPUT ? item.input.bytes : item.bytes;
        struct wire_head_fields head;
        buf_clear(&out);
        if (scrub_message(&texts, message, &out) == ERR_OK)
            INVARIANT(wire_peek(buf_slice(&out), &head) == ERR_OK);
    }
    trace_text_reader_finish(&reader);
    scrub_texts_finish(&texts);
    buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trace_text first = {0}, second = {0};
    copy((struct slice){(const char *)data, size}, &first);
    if (first.out.size) {
        enum err err = copy(buf_slice(&first.out), &second);
        INVARIANT(err == ERR_NOT_FOUND || err == ERR_MALFORMED);
        INVARIANT(slice_equal(buf_slice(&first.out), buf_slice(&second.out)));
    }
    scrub((struct slice){(const char *)data, size});
    trace_text_finish(&first);
    trace_text_finish(&second);
    return 0;
}
