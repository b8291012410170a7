/* web_files.h - the pages of gateway/web, as they were when this was built:
 * the program needs no files beside it. The table is made by
 * gateway/embed.cmake. */
#ifndef GATEWAY_SERVER_WEB_FILES_H
#define GATEWAY_SERVER_WEB_FILES_H

#include "common/types.h"

struct web_file {
    const char *path; /* "/chat.js" */
    const char *type; /* Of its content. */
    const char *etag; /* With its quotes. */
    const unsigned char *bytes;
    size_t size;
};

/* Ends with a path of NULL. */
extern const struct web_file web_files[];

/* "/" is index.html. NULL: none. */
const struct web_file *web_file_find(struct slice path);

#endif
