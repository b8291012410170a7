/* relief.h - a second thread that minds a loop's business while the loop's own
 * thread is held up in a call.
 *
 * The persister writes in the thread that talks to the brokers: handing each
 * group to another thread and the answers back costs two wake-ups, as much as
 * a good part of the fsync. But a write may take long (a disk that is busy, a
 * store that has to tidy up first), and reads and heartbeats must not wait for
 * it. So this thread looks every few milliseconds, and when it finds the loop
 * in the same call twice it takes the turns, until the call is over.
 *
 * What both touch is touched inside relief_enter .. relief_leave, or relief's
 * own call of |turn|, which are never at the same time. */
#ifndef PERSISTER_RELIEF_H
#define PERSISTER_RELIEF_H

struct relief; /* Opaque. */

/* |turn| does what there is to do and waits for nothing. Never NULL. */
struct relief *relief_start(void (*turn)(void *payload), void *payload);

/* Outside of enter .. leave. Accepts NULL and pointer to NULL. */
void relief_stop(struct relief **relief);

/* The loop's thread, around its turns. */
void relief_enter(struct relief *relief);
void relief_leave(struct relief *relief);

/* In between: the loop's thread, around a call that may take long and touches
 * nothing that |turn| does. */
void relief_hold(struct relief *relief);
void relief_resume(struct relief *relief);

#endif
