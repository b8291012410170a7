/* dates.c - see dates.h. */
#include "gateway/json/dates.h"

#define SECOND_US INT64_C(1000000)
#define DAY_S INT64_C(86400)

struct date {
    int64_t year;
    uint32_t month;
    uint32_t day;
    uint32_t hour;
    uint32_t minute;
    uint32_t second;
};

static int64_t divide_down(int64_t value, int64_t by) {
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/* The proleptic Gregorian calendar, counted from 0000-03-01 in eras of 400
 * years, so that the leap day is the last of its year. */
static struct date date_of(int64_t unix_s) {
    int64_t days = divide_down(unix_s, DAY_S);
    uint32_t second = (uint32_t)(unix_s - days * DAY_S);
    days += 719468;
    int64_t era = divide_down(days, 146097);
    uint32_t of_era = (uint32_t)(days - era * 146097);
    uint32_t year =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    struct date date = {.year = era * 400 + year + (month >= 10),
                        .month = month < 10 ? month + 3 : month - 9,
                        .day = of_year - (153 * month + 2) / 5 + 1,
                        .hour = second / 3600,
                        .minute = second / 60 % 60,
                        .second = second % 60};
    return date;
}

static char *put_digits(char *at, uint64_t value, unsigned width) {
    for (unsigned i = width; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

static char *put_clock(char *at, const struct date *date) {
    at = put_digits(at, date->hour, 2);
    *at++ = ':';
    at = put_digits(at, date->minute, 2);
    *at++ = ':';
    return put_digits(at, date->second, 2);
}

void dates_put_utc(struct buf *out, int64_t at_us) {
    int64_t unix_s = divide_down(at_us, SECOND_US);
    struct date date = date_of(unix_s);
    char text[32];
    char *at = text;
    *at++ = '"';
    at = put_digits(at, (uint64_t)date.year, 4);
    *at++ = '-';
    at = put_digits(at, date.month, 2);
    *at++ = '-';
    at = put_digits(at, date.day, 2);
    *at++ = 'T';
    at = put_clock(at, &date);
    *at++ = '.';
    at = put_digits(at, (uint64_t)(at_us - unix_s * SECOND_US), 6);
    *at++ = 'Z';
    *at++ = '"';
    buf_append(out, text, (size_t)(at - text));
}

void dates_put_year_month(struct buf *out, int64_t at_us) {
    struct date date = date_of(divide_down(at_us, SECOND_US));
    char text[8];
    char *at = put_digits(text, (uint64_t)date.year, 4);
    *at++ = '/';
    at = put_digits(at, date.month, 2);
    buf_append(out, text, (size_t)(at - text));
}

void dates_put_formatted(struct buf *out, const struct zone *zone,
                         int64_t at_us) {
    struct zone_time local = zone_time(zone, at_us);
    struct date date = {.hour = (uint32_t)local.hour,
                        .minute = (uint32_t)local.minute,
                        .second = (uint32_t)local.second};
    char text[32];
    char *at = text;
    *at++ = '"';
    at = put_digits(at, (uint64_t)local.day, 2);
    *at++ = '-';
    at = put_digits(at, (uint64_t)local.month, 2);
    *at++ = '-';
    at = put_digits(at, (uint64_t)local.year, 4);
    *at++ = ' ';
    at = put_clock(at, &date);
    *at++ = '"';
    buf_append(out, text, (size_t)(at - text));
}
