/* zone.h - the operator's time zone, for times that a dialect shows to people.
 *
 * The C library knows one zone a process (TZ), so there is one struct zone a
 * process: zone_create() before any thread is started. */
#ifndef GATEWAY_ZONE_H
#define GATEWAY_ZONE_H

#include "common/err.h"
#include "common/types.h"

struct zone;

/* A moment, as a calendar and a clock on the wall in the zone show it. */
struct zone_time {
    int year;
    int month; /* 1 .. 12 */
    int day;   /* 1 .. 31 */
    int hour;
    int minute;
    int second;
    uint32_t microsecond;
    int32_t offset_s; /* East of Greenwich: UTC + offset is what is shown. */
};

/* |name| is of the IANA database ("Europe/Moscow") or "UTC". ERR_NOT_FOUND:
 * the machine has no such zone. */
enum err zone_create(const char *name, struct zone **out) MUST_CHECK;

/* Accepts NULL. */
void zone_destroy(struct zone *zone);

/* |at_us|: microseconds since the Unix epoch, UTC; also negative. Thread-safe.
 */
struct zone_time zone_time(const struct zone *zone, int64_t at_us);

#endif
