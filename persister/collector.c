/* collector.c - see collector.h. */
#include "persister/collector.h"

#include "common/limits.h"

int64_t collector_before_us(int64_t wall_us) {
    return wall_us - LIMIT_FILE_KEPT_S * INT64_C(1000000);
}
