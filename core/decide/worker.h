/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A worker between its packets. THREADS: its own only. While it is awake it is
 * an RCU reader; it holds connections until the end of a batch at most.
 */
#ifndef NAT_WORKER_H
#define NAT_WORKER_H

#include "decide/engine.h"
#include "decide/walk.h"

/* Lets the others know, and finds out how far they have come. */
void worker_publish_clock(struct nat_worker *w);

/* Registered with RCU and part of the common clock from here to
 * nat_worker_idle(). */
void worker_wake(struct nat_worker *w);

#endif
