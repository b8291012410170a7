/* upgrade.h - heads of handshakes that libwebsockets cannot read.
 *
 * Debian's libwebsockets copies the list of subprotocols into a buffer of 128
 * bytes and drops the connection if it is longer, which any list with a token
 * is. So such a head is changed before the library sees it: the list goes into
 * another header, and in its place stands the one subprotocol of it that we
 * know. Pure. */
#ifndef GATEWAY_UPGRADE_H
#define GATEWAY_UPGRADE_H

#include "common/buf.h"

struct upgrade_rules {
    size_t list_bytes_max;    /* A list up to so long stays as it is. */
    const char *const *known; /* Subprotocols, the best first. */
    size_t known_count;
    const char *carrier; /* Name of the header that takes the list. */
};

enum upgrade_verdict {
    UPGRADE_AS_IT_IS, /* Whatever may follow. */
    UPGRADE_PARTIAL,  /* Not a whole head; it depends on what follows. */
    UPGRADE_CHANGED,
};

/* What to do with a connection that begins with |said|. CHANGED: the first
 * |*taken| bytes, the whole head, are to be replaced by those appended to
 * |out|: a few dozen more at most, or fewer, without the blanks before the
 * list. The list of several headers, one on several lines, and one with no
 * subprotocol that is known stay as they are. */
enum upgrade_verdict upgrade_change(const struct upgrade_rules *rules,
                                    struct slice said, struct buf *out,
                                    size_t *taken);

#endif
