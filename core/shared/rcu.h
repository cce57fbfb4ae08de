/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Grace periods: the only file that names an RCU flavour, liburcu's QSBR.
 *
 * READERS register their thread and are online by that. Between two
 * quiescent states they may hold what they found in a shared structure; at
 * a quiescent state, or offline, they hold nothing.
 * WRITERS unlink an object, then grace_defer() its reuse: the function runs
 * on a thread of liburcu's own when every thread that was online at the call
 * has since been quiescent, offline or gone. A registered thread that is
 * online and never quiescent stops all reclamation.
 *
 * TSAN: liburcu is not instrumented, so the edges are drawn here, by release
 * and acquire on one address:
 *	quiescent, offline, unregister	->  deferred function
 *	grace_defer()			->  deferred function
 *	deferred function		->  grace_wait_deferred()
 * The first is what a grace period promises: all a reader did before the
 * quiescent state that ended it happens before the function. Drawing it from
 * every quiescent state before the function, later ones too, claims nothing
 * false, because liburcu orders those with full barriers as well. No edge
 * leads into a reader: publication must order itself.
 */
#ifndef NAT_RCU_H
#define NAT_RCU_H

#include <stdint.h>
#include <urcu/urcu-qsbr.h>

#include "shared/tsan.h"
#include "util.h"

/* Embedded in what is to be reused later. */
struct grace_head {
	struct rcu_head urcu;
	void (*fn)(struct grace_head *head);
};

static inline void *grace_token(void)
{
	return (void *)(uintptr_t)&urcu_qsbr_flavor;
}

static inline void grace_thread_register(void)
{
	urcu_qsbr_register_thread();
}

/* The thread holds nothing any more. */
static inline void grace_thread_unregister(void)
{
	tsan_release(grace_token());
	urcu_qsbr_unregister_thread();
}

static inline void grace_thread_online(void)
{
	urcu_qsbr_thread_online();
}

/* As unregister, but the thread will be back; for waits and sleeps. */
static inline void grace_thread_offline(void)
{
	tsan_release(grace_token());
	urcu_qsbr_thread_offline();
}

/* The thread holds nothing at this moment. */
static inline void grace_quiescent(void)
{
	tsan_release(grace_token());
	urcu_qsbr_quiescent_state();
}

static inline void grace_run(struct rcu_head *urcu)
{
	struct grace_head *head = container_of(urcu, struct grace_head, urcu);

	tsan_acquire(grace_token());
	head->fn(head);
	tsan_release(grace_token());
}

/* Calls @fn(@head) after a grace period. Context: registered thread. */
static inline void grace_defer(struct grace_head *head,
			       void (*fn)(struct grace_head *head))
{
	head->fn = fn;
	tsan_release(grace_token());
	urcu_qsbr_call_rcu(&head->urcu, grace_run);
}

/* Returns when every function deferred before has run. Context: any thread
 * but a deferred function; quiescent if registered. */
static inline void grace_wait_deferred(void)
{
	tsan_release(grace_token());
	tsan_ignore_begin(); /* what liburcu allocates here, another frees */
	urcu_qsbr_barrier();
	tsan_ignore_end();
	tsan_acquire(grace_token());
}

#endif
