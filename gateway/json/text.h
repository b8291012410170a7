/* text.h - what all dialects ask of a client's text: how long it is, and what
 * is left of it without the white space around it. Pure. */
#ifndef GATEWAY_JSON_TEXT_H
#define GATEWAY_JSON_TEXT_H

#include "common/types.h"

/* The number of code points; |text| is valid UTF-8. */
size_t text_points(struct slice text);

/* |text| without the code points of Unicode's property White_Space at both
 * ends (zero width spaces have it not); |text| is valid UTF-8. Borrows. */
struct slice text_trim(struct slice text);

#endif
