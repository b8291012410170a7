/* frontend_check.h - whether a dialect is complete, before it is taken into
 * use. Pure. */
#ifndef GATEWAY_FRONTEND_CHECK_H
#define GATEWAY_FRONTEND_CHECK_H

#include "gateway/frontend.h"

/* NULL: it is; else what is wrong with it, a static text. */
const char *frontend_check(const struct frontend *frontend);

#endif
