/* link_process.h - what a process must do once before it uses links. */
#ifndef COMMON_LINK_LINK_PROCESS_H
#define COMMON_LINK_LINK_PROCESS_H

/* Takes the signal handlers away from the library (signals are the program's)
 * and sets the number of sockets and of I/O threads. Call first in main() or,
 * in a test, after the fork: a process that called it must not fork. */
void link_process_init(void);

/* Frees what the library holds. All clients, servers, pipes and actors must
 * be gone. */
void link_process_finish(void);

#endif
