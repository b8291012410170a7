/* Header values come as they were sent; nothing here is decoded. */
#include "gateway/token.h"

#include <ctype.h>
#include <strings.h>

static struct slice trim(struct slice text) {
    while (text.size && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size && (text.data[text.size - 1] == ' ' ||
                         text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

static bool same_ignoring_case(struct slice a, struct slice b) {
    return a.size == b.size &&
           (a.size == 0 || strncasecmp(a.data, b.data, a.size) == 0);
}

/* Cuts |*rest| at the first |separator|; returns what was before it. */
static struct slice cut(struct slice *rest, char separator) {
    const char *end =
        rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    struct slice part = *rest;
    if (end) {
        part.size = (size_t)(end - rest->data);
        rest->data = end + 1;
        rest->size -= part.size + 1;
    } else {
        *rest = (struct slice){0};
    }
    return part;
}

static bool query_find(struct slice query, struct slice name,
                       struct slice *value) {
    while (query.size) {
        struct slice rest = cut(&query, '&');
        bool has_value = rest.size && memchr(rest.data, '=', rest.size);
        struct slice key = cut(&rest, '=');
        if (has_value && slice_equal(key, name)) {
            *value = rest;
            return true;
        }
    }
    return false;
}

struct slice token_find(const struct token_places *places) {
    if (places->has_authorization) {
        struct slice rest = trim(places->authorization);
        struct slice scheme = cut(&rest, ' ');
        if (!same_ignoring_case(scheme, SLICE("bearer")))
            return (struct slice){0};
        return trim(rest);
    }
    struct slice token;
    if (query_find(places->query, SLICE("token"), &token) ||
        query_find(places->query, (struct slice){0}, &token))
        return token;
    struct slice rest = places->subprotocol;
    if (same_ignoring_case(trim(cut(&rest, ',')), SLICE("bearer")))
        return trim(cut(&rest, ','));
    return (struct slice){0};
}

bool token_offers(struct slice subprotocols, struct slice name) {
    while (subprotocols.size) {
        if (slice_equal(trim(cut(&subprotocols, ',')), name))
            return true;
    }
    return false;
}

/* "https://chat.example:8443" to its host and port. */
static bool origin_split(struct slice origin, struct slice *authority,
                         struct slice *default_port) {
    struct slice http = SLICE("http://"), https = SLICE("https://");
    struct slice scheme;
    if (origin.size > http.size &&
        strncasecmp(origin.data, http.data, http.size) == 0) {
        scheme = http;
        *default_port = SLICE("80");
    } else if (origin.size > https.size &&
               strncasecmp(origin.data, https.data, https.size) == 0) {
        scheme = https;
        *default_port = SLICE("443");
    } else {
        return false;
    }
    authority->data = origin.data + scheme.size;
    authority->size = origin.size - scheme.size;
    return true;
}

static void authority_split(struct slice authority, struct slice default_port,
                            struct slice *host, struct slice *port) {
    *host = authority;
    *port = default_port;
    for (size_t i = authority.size; i > 0; i--) {
        char c = authority.data[i - 1];
        if (c == ':') {
            host->size = i - 1;
            port->data = authority.data + i;
            port->size = authority.size - i;
            return;
        }
        if (!isdigit((unsigned char)c))
            return;
    }
}

bool origin_allowed(struct slice origin, struct slice host,
                    const char *const *allowed, size_t allowed_count) {
    if (origin.size == 0)
        return true;
    if (allowed_count > 0) {
        if (same_ignoring_case(origin, SLICE("null")))
            return false;
        for (size_t i = 0; i < allowed_count; i++) {
            if (same_ignoring_case(origin, slice_of(allowed[i])))
                return true;
        }
        return false;
    }
    struct slice authority, port, own_host, own_port, default_port;
    if (!origin_split(origin, &authority, &default_port))
        return false;
    struct slice origin_host;
    authority_split(authority, default_port, &origin_host, &port);
    authority_split(host, default_port, &own_host, &own_port);
    return origin_host.size > 0 && same_ignoring_case(origin_host, own_host) &&
           slice_equal(port, own_port);
}
