/* trace_layout.h - the numbers of the binary form, for writer and reader; see
 * trace_file.h. They are a disk format. Private to broker/trace. */
#ifndef BROKER_TRACE_TRACE_LAYOUT_H
#define BROKER_TRACE_TRACE_LAYOUT_H

#include "broker/trace/trace.h"

#define TRACE_MAGIC SLICE("PLTRACE\n")
#define TRACE_MAGIC_BYTES 8u
#define TRACE_START_BYTES 12u /* The magic and the version. */
#define TRACE_FRAME_HEAD 8u   /* Size and checksum; the kind comes next. */

/* Kind u8, refusal u8, now u64, gateway u32, partition u32, seq u64; then the
 * bytes with their size, the number of effects, the effects. */
#define TRACE_INPUT_FIELDS 26u

/* Input kinds are written as core.h numbers them. What is new comes last. */
_Static_assert(INPUT_PARTITION == 0 && INPUT_COMMAND == 1 &&
                   INPUT_READ_DONE == 2 && INPUT_COMMITTED == 3 &&
                   INPUT_REFUSED == 4 && INPUT_GATEWAY_UP == 5 &&
                   INPUT_GATEWAY_GONE == 6 && INPUT_TICK == 7 &&
                   INPUT_SKIP == 8,
               "numbers of inputs are a disk format");
#define TRACE_INPUT_KIND_LAST INPUT_SKIP

/* A whole effect: kind u8, then gateway u32 (reply), the gateways with their
 * number (event), partition u32 and seq u64 (append) or nothing (read); then
 * the bytes with their size. */
enum trace_effect {
    TRACE_EFFECT_REPLY = 1,
    TRACE_EFFECT_EVENT = 2,
    TRACE_EFFECT_APPEND = 3,
    TRACE_EFFECT_READ = 4
};

#endif
