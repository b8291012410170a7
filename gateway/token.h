/* token.h - where in a handshake the token is, and whether a page of that
 * origin may make one (DIALECTS.md, "Connect"). Pure. */
#ifndef GATEWAY_TOKEN_H
#define GATEWAY_TOKEN_H

#include "common/types.h"

/* What a handshake says; absent things are empty. All borrowed. */
struct token_places {
    struct slice authorization; /* The header's value. */
    bool has_authorization;
    struct slice query;       /* Without '?', percent-encoded. */
    struct slice subprotocol; /* Sec-WebSocket-Protocol's value. */
};

/* The first place that is present decides, even where what stands there is no
 * token: the header Authorization, the query parameter "token", the one with
 * an empty name, the subprotocols "Bearer, <token>". Empty: none. A token has
 * no character that could be percent-encoded, so it is taken as it stands. */
struct slice token_find(const struct token_places *places);

/* Whether a list of subprotocols (Sec-WebSocket-Protocol's value) has |name|,
 * to the letter. */
bool token_offers(struct slice subprotocols, struct slice name);

/* Whether a handshake with this Origin may go on: no Origin (not a browser),
 * one of |allowed|, or, when that list is empty, the host that was asked.
 * Ports that are left out are those of the scheme of |origin|. */
bool origin_allowed(struct slice origin, struct slice host,
                    const char *const *allowed, size_t allowed_count);

#endif
