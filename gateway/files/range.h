/* range.h - the header Range (RFC 9110, section 14), one range of bytes. Pure.
 */
#ifndef GATEWAY_FILES_RANGE_H
#define GATEWAY_FILES_RANGE_H

#include "common/types.h"

enum range_verdict {
    RANGE_WHOLE, /* No range, another unit, several, or not understood. */
    RANGE_PART,
    RANGE_NONE /* It begins behind the end: 416. */
};

/* Of a file of |size| bytes: |*first| up to, not including, |*end|. */
enum range_verdict range_read(struct slice header, uint64_t size,
                              uint64_t *first, uint64_t *end);

#endif
