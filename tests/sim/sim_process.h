/* sim_process.h - a process of the simulated cluster: when it has turns, what
 * its clocks show, how it starts, stops, is killed, paused, started again.
 *
 *   DOWN --start--> UP --stop, crash, its own end--> DOWN
 *                                |
 *          it is inside a turn: DYING until that is over
 *
 * A process that was up is started again by a supervisor, after a while; one
 * that was killed vanishes from the network before its memory is freed, so
 * nothing of it gets out. One thread. */
#ifndef TESTS_SIM_SIM_PROCESS_H
#define TESTS_SIM_SIM_PROCESS_H

#include "common/err.h"
#include "common/types.h"

struct link_actor;
struct link_poll;
struct sim;
struct sim_socket;

enum sim_role { SIM_PERSISTER, SIM_BROKER, SIM_GATEWAY };

/* persister, broker, a second broker, gateways. */
#define SIM_GATEWAYS_MAX 4u
#define SIM_PROCESSES_MAX (3u + SIM_GATEWAYS_MAX)

struct sim_process;

struct sim_program {
    /* False: it cannot start now (its address is in use). */
    bool (*start)(struct sim_process *process);
    /* One turn. False: it ended by itself. */
    bool (*turn)(struct sim_process *process);
    /* Frees everything. */
    void (*finish)(struct sim_process *process);
    /* When it shall stop it has turns until it ends by itself. */
    bool ends_slowly;
};

struct sim_process {
    struct sim *sim;
    enum sim_role role;
    uint32_t index; /* Among those of its role. */
    uint32_t place; /* Among all. */
    char name[16];
    const struct sim_program *program;
    void *state; /* The program's. */
    uint64_t key;
    bool up;
    bool wanted;  /* The supervisor keeps it up. */
    bool dead;    /* Killed: its sockets take and give nothing. */
    bool in_turn; /* Or in start or finish. */
    bool finishing;
    bool replaced; /* A broker whose partitions another one has taken. */
    enum { SIM_LIVES, SIM_SHALL_STOP, SIM_SHALL_DIE } fate;
    bool doomed;      /* Killed: ends what waits inside a turn. */
    uint64_t down_us; /* So long it will be down. */
    uint32_t starts;
    uint64_t incarnation; /* Of this start. */
    /* Clocks: what its own show is the simulator's plus this. */
    uint64_t monotonic_skew_us;
    int64_t wall_skew_us;
    /* Turns. */
    uint64_t turns;
    uint64_t turn_due_us; /* SIM_NEVER: none is due. */
    uint64_t turn_serial; /* Of the event that is in force. */
    uint64_t busy_until_us;
    uint64_t paused_until_us;
    /* Of the turn: what it waits for at its end. */
    bool waits; /* Until then; else it wants another turn at once. */
    uint64_t wait_until_us;
    bool poll_signalled;
    struct link_poll *poll; /* What it waits for besides. */
    /* While it is held up in a call (sim_relief.c). */
    void (*relief)(void *payload);
    void *relief_payload;
    bool held;
    struct sim_socket *sockets; /* Open ones. */
    uint64_t sockets_made;
    struct link_actor *actors;
};

/* The process whose code is running, or NULL. */
extern struct sim_process *sim_running;

void sim_process_init(struct sim_process *process, struct sim *sim,
                      uint32_t place, enum sim_role role, uint32_t index);

/* Starts it unless it is up. */
void sim_process_start(struct sim_process *process);

/* Stops it as SIGTERM does, or kills it; the supervisor starts it again after
 * |down_us| (SIM_NEVER: it does not). */
void sim_process_stop(struct sim_process *process, uint64_t down_us);
void sim_process_crash(struct sim_process *process, uint64_t down_us);

/* No turns for so long. */
void sim_process_pause(struct sim_process *process, uint64_t for_us);
void sim_process_resume(struct sim_process *process);

/* It shall have a turn at |at_us|, or as soon as it can. */
void sim_process_wake(struct sim_process *process, uint64_t at_us);

/* Time passes for it inside a turn, until |until_us|, while everybody else
 * goes on and its relief minds the links. */
void sim_process_hold(struct sim_process *process, uint64_t until_us);

/* Its clocks. */
uint64_t sim_process_monotonic_us(const struct sim_process *process);
uint64_t sim_process_wall_us(const struct sim_process *process);

/* When its monotonic clock shows |ms|, on the simulator's clock. */
uint64_t sim_process_when(const struct sim_process *process, uint64_t ms);

static inline bool sim_process_is_paused(const struct sim_process *process,
                                         uint64_t now_us) {
    return process->paused_until_us > now_us;
}

#endif
