/* api.h - translate the server API (HTTP, JSON) to and from the commands and
 * replies of common/wire/wire.h; see gateway/call.h. Its paths begin with
 * "/api/"; the gateway has checked the key (X-API-Key). */
#ifndef GATEWAY_API_API_H
#define GATEWAY_API_API_H

#include "gateway/call.h"

extern const struct call_handler api_server;

#endif
