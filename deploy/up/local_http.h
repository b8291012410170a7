/* local_http.h - one small HTTP request to a program on this machine: is it
 * ready, and the few calls that make the first room. For `parlance up`. */
#ifndef DEPLOY_UP_LOCAL_HTTP_H
#define DEPLOY_UP_LOCAL_HTTP_H

#include "common/types.h"

/* Returns the status of the response, or 0 when there is none within two
 * seconds. |header| ("Name: value\r\n") and |body| (JSON) may be empty. */
unsigned local_http(uint16_t port, const char *method, const char *path,
                    const char *header, const char *body);

#endif
