/* UTC is calculated without the C library's zone, which costs a lock. */
#include "gateway/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/buf.h"

struct zone {
    bool utc;
};

/* Only what can be the name of a zone's file, and never another file's. */
static bool name_is_fit(const char *name) {
    size_t size = strlen(name);
    if (size == 0 || size > 64 || name[0] == '/' || strstr(name, ".."))
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool fit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                   (c >= '0' && c <= '9') || strchr("+-_/", c);
        if (!fit)
            return false;
    }
    return true;
}

enum err zone_create(const char *name, struct zone **out) {
    bool utc = strcmp(name, "UTC") == 0;
    if (!utc) {
        const char *directory = getenv("TZDIR");
        char path[512];
        if (!name_is_fit(name))
            return ERR_NOT_FOUND;
        int size =
            snprintf(path, sizeof(path), "%s/%s",
                     directory ? directory : "/usr/share/zoneinfo", name);
        if (size < 0 || (size_t)size >= sizeof(path) || access(path, R_OK) != 0)
            return ERR_NOT_FOUND;
        if (setenv("TZ", name, 1) != 0)
            return ERR_MEMORY;
        tzset();
    }
    *out = mem_zalloc(sizeof(**out));
    (*out)->utc = utc;
    return ERR_OK;
}

void zone_destroy(struct zone *zone) {
    free(zone);
}

struct zone_time zone_time(const struct zone *zone, int64_t at_us) {
    int64_t seconds = at_us / 1000000;
    int64_t rest = at_us % 1000000;
    if (rest < 0) {
        rest += 1000000;
        seconds--;
    }
    time_t at = (time_t)seconds;
    struct tm tm = {0};
    if (zone->utc)
        gmtime_r(&at, &tm);
    else
        localtime_r(&at, &tm);
    return (struct zone_time){
        .year = tm.tm_year + 1900,
        .month = tm.tm_mon + 1,
        .day = tm.tm_mday,
        .hour = tm.tm_hour,
        .minute = tm.tm_min,
        .second = tm.tm_sec,
        .microsecond = (uint32_t)rest,
        .offset_s = zone->utc ? 0 : (int32_t)tm.tm_gmtoff,
    };
}
