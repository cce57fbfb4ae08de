/* SPDX-License-Identifier: BSD-2-Clause
 * Masqueraded connections end with the address they were given. */
#include "decide/worker.h"
#include "shared/rcu.h"

struct loss {
	uint16_t dev;
	const struct nat_addr *addr; /* NULL: all of the device's */
};

static bool is_lost(void *ctx, const struct conn *c)
{
	const struct loss *loss = ctx;
	struct nat_tuple reply;

	if (c->masq_if != loss->dev + 1)
		return false;
	conn_tuple(c, NAT_REPLY, &reply);
	return !loss->addr || addr_equal(&reply.dst, loss->addr);
}

uint64_t nat_worker_if_down(struct nat_worker *w, uint64_t now_ns,
			    uint16_t if_index, const struct nat_addr *addr)
{
	struct loss loss = {if_index, addr};
	uint64_t n;

	worker_set_clock(w, now_ns);
	worker_wake(w);
	conns_begin(&w->view);
	n = conns_kill_those(&w->view, is_lost, &loss);
	conns_end(&w->view);
	grace_quiescent();
	return n;
}
