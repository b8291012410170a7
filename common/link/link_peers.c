/* link_peers.c - see link_peers.h. */
#include "common/link/link_peers.h"

#include <stdlib.h>

static uint32_t bucket_of_number(const struct link_peers *peers,
                                 uint32_t number) {
    return number & peers->mask; /* Numbers are dealt in a row. */
}

/* FNV-1a. Identities come from peers that may end a link anyway, so chains
 * made long on purpose gain nothing: they are bounded by |max|. */
static uint32_t bucket_of_identity(const struct link_peers *peers,
                                   struct slice identity) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < identity.size; i++)
        hash = (hash ^ (unsigned char)identity.data[i]) * 16777619u;
    return (hash ^ hash >> 15) & peers->mask;
}

static struct slice identity_of(const struct link_peer *peer) {
    return (struct slice){peer->identity, peer->identity_size};
}

void link_peers_init(struct link_peers *peers, uint32_t max) {
    PRE(max >= 1 && max <= 65536);
    uint32_t buckets = 16;
    while (buckets < 2 * max)
        buckets *= 2;
    *peers = (struct link_peers){
        .all = mem_zalloc(max * sizeof(*peers->all)),
        .max = max,
        .mask = buckets - 1,
        .by_number = mem_zalloc(buckets * sizeof(*peers->by_number)),
        .by_identity = mem_zalloc(buckets * sizeof(*peers->by_identity)),
    };
}

void link_peers_finish(struct link_peers *peers) {
    while (peers->count > 0)
        link_peers_remove(peers, peers->all[peers->count - 1]);
    free(peers->all);
    free(peers->by_number);
    free(peers->by_identity);
    *peers = (struct link_peers){0};
}

struct link_peer *link_peers_by_number(const struct link_peers *peers,
                                       uint32_t number) {
    struct link_peer *peer = peers->by_number[bucket_of_number(peers, number)];
    while (peer && peer->number != number)
        peer = peer->next_by_number;
    return peer;
}

struct link_peer *link_peers_by_identity(const struct link_peers *peers,
                                         struct slice identity) {
    struct link_peer *peer =
        peers->by_identity[bucket_of_identity(peers, identity)];
    while (peer && !slice_equal(identity_of(peer), identity))
        peer = peer->next_by_identity;
    return peer;
}

struct link_peer *link_peers_add(struct link_peers *peers, uint32_t number,
                                 struct slice identity) {
    PRE(peers->count < peers->max);
    PRE(identity.size >= 1 && identity.size <= LINK_IDENTITY_BYTES_MAX);
    PRE(!link_peers_by_number(peers, number));
    PRE(!link_peers_by_identity(peers, identity));
    struct link_peer *peer = mem_zalloc(sizeof(*peer));
    peer->number = number;
    peer->identity_size = (unsigned char)identity.size;
    memcpy(peer->identity, identity.data, identity.size);
    peer->position = peers->count;
    peers->all[peers->count++] = peer;
    struct link_peer **head =
        &peers->by_number[bucket_of_number(peers, number)];
    peer->next_by_number = *head;
    *head = peer;
    head = &peers->by_identity[bucket_of_identity(peers, identity)];
    peer->next_by_identity = *head;
    *head = peer;
    return peer;
}

void link_peers_remove(struct link_peers *peers, struct link_peer *peer) {
    PRE(peers->all[peer->position] == peer);
    struct link_peer **at =
        &peers->by_number[bucket_of_number(peers, peer->number)];
    while (*at != peer)
        at = &(*at)->next_by_number;
    *at = peer->next_by_number;
    at = &peers->by_identity[bucket_of_identity(peers, identity_of(peer))];
    while (*at != peer)
        at = &(*at)->next_by_identity;
    *at = peer->next_by_identity;
    struct link_peer *last = peers->all[--peers->count];
    peers->all[peer->position] = last;
    last->position = peer->position;
    link_session_finish(&peer->session);
    link_outgoing_finish(&peer->outgoing);
    free(peer);
}
