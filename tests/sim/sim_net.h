/* sim_net.h - the network between the processes: sockets, connections, packets
 * on their way, and what goes wrong with them.
 *
 * It behaves as libzmq does over TCP, as far as common/link can tell: a DEALER
 * connects to a ROUTER, again and again until somebody listens there; packets
 * come in order; what was under way when a connection ends is lost from some
 * point on; each end learns of the end after a while; a ROUTER knows its peers
 * by their identities and says so when one is not there.
 *
 * What it does beyond that is wrong on purpose, for as long as a fault lasts:
 * single packets are lost, come twice, overtake others. All of it is decided by
 * the connection's key and the packet's number. One thread. */
#ifndef TESTS_SIM_SIM_NET_H
#define TESTS_SIM_SIM_NET_H

#include "common/types.h"
#include "tests/sim/sim_process.h"

#define SIM_ENDPOINT_BYTES 64u
#define SIM_IDENTITY_BYTES 128u

/* Where everybody is. A gateway knows one broker's address; which of the two
 * answers there is the network's affair (sim_net.broker_of). */
#define SIM_PERSISTER_ENDPOINT "tcp://127.0.0.1:7102"
#define SIM_BROKER_ENDPOINT "tcp://127.0.0.1:7101"
#define SIM_BROKER_2_ENDPOINT "tcp://127.0.0.1:7111"

struct sim_net_config {
    uint64_t delay_us;      /* Each packet takes so long at least, */
    uint64_t delay_more_us; /* and up to so much longer, */
    uint32_t late_ppm;      /* or, so many of a million, */
    uint64_t late_us;       /* up to so much longer. */
};

struct sim_packet; /* One that was received or is under way. */
struct sim_conn;   /* A connection. */

struct sim_socket {
    struct sim_process *owner;
    struct sim_socket *next; /* Of the owner. */
    uint64_t number;         /* Among all of the owner. */
    uint64_t key;
    bool is_router;
    bool closed;
    int linger_ms;
    bool signalled;                    /* Its descriptor says: look. */
    char endpoint[SIM_ENDPOINT_BYTES]; /* Bound, or to be connected to. */
    char identity[SIM_IDENTITY_BYTES];
    size_t identity_size;
    struct sim_conn *conn;  /* DEALER: NULL: not connected. */
    struct sim_conn *conns; /* ROUTER: of this socket, the newest first. */
    uint64_t attempts;
    uint64_t retry_ms;
    struct sim_packet *first; /* Received. */
    struct sim_packet *last;
    struct sim_socket *made_before; /* All of the run. */
};

/* What is wrong with the packets between two processes for a while. */
enum sim_weather_kind {
    SIM_WEATHER_LOSS,
    SIM_WEATHER_DUPLICATE,
    SIM_WEATHER_REORDER,
    SIM_WEATHER_DELAY,
};

struct sim_weather {
    enum sim_weather_kind kind;
    uint64_t key;
    uint64_t until_us;
    uint32_t ppm;       /* Of the packets. */
    uint64_t delay_us;  /* DELAY, REORDER: up to so long. */
    uint32_t places[2]; /* Of the processes; SIM_PROCESSES_MAX: all. */
};

#define SIM_WEATHERS_MAX 32u

struct sim_net {
    struct sim_net_config config;
    struct sim_socket *sockets; /* All that were made. */
    struct sim_conn *conns;
    struct sim_weather weathers[SIM_WEATHERS_MAX];
    uint32_t weathers_count;
    /* Until when two processes cannot reach each other. */
    uint64_t apart_until_us[SIM_PROCESSES_MAX][SIM_PROCESSES_MAX];
    /* Where a gateway finds the broker: which of the two. */
    uint32_t broker_of[SIM_GATEWAYS_MAX];
};

void sim_net_finish(struct sim_net *net);

/* --- For the library's functions (sim_zmq.c) ------------------------------ */

struct sim_socket *sim_socket_create(struct sim_process *owner, bool is_router);

/* Closes it; what was sent goes out as far as its linger says. It stays in
 * memory until the end of the run. */
void sim_socket_close(struct sim_socket *socket);

/* False: somebody listens there. */
bool sim_socket_bind(struct sim_socket *socket, const char *endpoint);
void sim_socket_connect(struct sim_socket *socket, const char *endpoint);

/* Whether something can be sent: DEALER: connected. */
bool sim_socket_is_connected(const struct sim_socket *socket);

/* Whether a ROUTER knows somebody of that name. */
bool sim_socket_reaches(const struct sim_socket *socket, struct slice identity);

/* Whether the descriptor of its |number|th socket says: look. */
bool sim_process_signalled(const struct sim_process *process, uint64_t number);

/* The same of the running process, by the descriptor (sim_zmq.c). */
bool sim_fd_signalled(int fd);

/* Sends |bytes|, from a ROUTER to |identity|. False: no such peer. */
bool sim_socket_send(struct sim_socket *socket, struct slice identity,
                     struct slice bytes);

/* The next packet: the caller frees it (sim_packet_free). NULL: none. */
struct sim_packet *sim_socket_receive(struct sim_socket *socket);
struct slice sim_packet_bytes(const struct sim_packet *packet);
struct slice sim_packet_identity(const struct sim_packet *packet);
void sim_packet_free(struct sim_packet *packet);

/* --- For faults ----------------------------------------------------------- */

/* All sockets of |process| are gone, as when it is killed. */
void sim_net_vanish(struct sim_process *process);

/* Nobody at the other ends of its connections will learn that they ended. */
void sim_net_hush(struct sim_process *process);

/* Ends all connections between two processes; returns how many. */
uint32_t sim_net_cut(struct sim_net *net, uint32_t one, uint32_t other);

void sim_net_part(struct sim_net *net, uint32_t one, uint32_t other,
                  uint64_t until_us);
void sim_net_weather(struct sim_net *net, const struct sim_weather *weather);

/* Everything is as it should be from now on. */
void sim_net_heal(struct sim_net *net);

#endif
