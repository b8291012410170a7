/* link_peers.h - a server's peers, found by number and by socket identity.
 * Pure; private to common/link. */
#ifndef COMMON_LINK_LINK_PEERS_H
#define COMMON_LINK_LINK_PEERS_H

#include "common/link/link_internal.h"
#include "common/link/link_packet.h"
#include "common/link/link_session.h"
#include "common/types.h"

/* The library's bound for an identity. */
#define LINK_IDENTITY_BYTES_MAX 255u

/* One accepted session. The links are the table's own. */
struct link_peer {
    uint32_t number;
    uint64_t incarnation;
    struct link_session session;
    struct link_outgoing outgoing;
    char reason[LINK_REASON_BYTES_MAX + 1]; /* Why it ended. */
    uint32_t position;
    struct link_peer *next_by_number;
    struct link_peer *next_by_identity;
    unsigned char identity_size;
    char identity[LINK_IDENTITY_BYTES_MAX];
};

struct link_peers {
    struct link_peer **all; /* |count| of them, in no order. */
    uint32_t count;
    uint32_t max;
    uint32_t mask; /* Buckets - 1. */
    struct link_peer **by_number;
    struct link_peer **by_identity;
};

void link_peers_init(struct link_peers *peers, uint32_t max);

/* Frees the peers too. Accepts zeroed. */
void link_peers_finish(struct link_peers *peers);

/* Borrowed until it is removed; NULL: there is none. */
struct link_peer *link_peers_by_number(const struct link_peers *peers,
                                       uint32_t number);
struct link_peer *link_peers_by_identity(const struct link_peers *peers,
                                         struct slice identity);

/* A new zeroed peer. The caller saw that there is room and that neither the
 * number nor the identity (1 .. LINK_IDENTITY_BYTES_MAX bytes) is taken. */
struct link_peer *link_peers_add(struct link_peers *peers, uint32_t number,
                                 struct slice identity);

/* Frees the peer. */
void link_peers_remove(struct link_peers *peers, struct link_peer *peer);

#endif
