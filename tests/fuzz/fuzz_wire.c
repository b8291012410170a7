/* fuzz_wire.c - what decodes can be printed, and written again to the same
 * meaning. */
#include <stdint.h>

#include "common/wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice bytes = {(const char *)data, size};
    struct arena arena = {0};
    struct buf again = {0}, one = {0}, two = {0};
    struct wire wire, copy;
    struct wire_head_fields head;
    struct wire_error error;
    bool peeked = wire_peek(bytes, &head) == ERR_OK;
    if (wire_decode(bytes, &arena, &wire, &error) == ERR_OK) {
        INVARIANT(peeked && head.kind == wire.kind);
        wire_encode(&wire, &again);
        INVARIANT(wire_decode(buf_slice(&again), &arena, &copy, &error) ==
                  ERR_OK);
        wire_print(&wire, &one);
        wire_print(&copy, &two);
        INVARIANT(slice_equal(buf_slice(&one), buf_slice(&two)));
    }
    buf_finish(&again);
    buf_finish(&one);
    buf_finish(&two);
    arena_finish(&arena);
    return 0;
}
