/* dates.h - moments as JSON writes them. Pure: the zone is given. */
#ifndef GATEWAY_JSON_DATES_H
#define GATEWAY_JSON_DATES_H

#include "common/buf.h"
#include "gateway/zone.h"

/* "2022-02-02T08:21:33.724162Z", quoted. */
void dates_put_utc(struct buf *out, int64_t at_us);

/* "2022/02", of the UTC calendar, without quotes. */
void dates_put_year_month(struct buf *out, int64_t at_us);

/* "02-02-2022 08:21:33" in |zone|, quoted. */
void dates_put_formatted(struct buf *out, const struct zone *zone,
                         int64_t at_us);

#endif
