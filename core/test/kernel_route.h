/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The running kernel as the judge of routing: a network namespace made from a
 * topology's own text, asked through rtnetlink. */
#ifndef NAT_TEST_KERNEL_ROUTE_H
#define NAT_TEST_KERNEL_ROUTE_H

#include <stdbool.h>

#include "decide/topology.h"

/* What the kernel says; error is a positive errno, the rest then zero. */
struct kernel_answer {
	int error;
	uint8_t type;    /* RTN_* */
	uint16_t out_if; /* topology index or NAT_NO_IF */
	bool has_gateway, has_source;
	struct nat_addr gateway, source;
};

struct kernel_question {
	uint8_t family;
	uint16_t in_if; /* NAT_NO_IF: of the router's own */
	bool has_source;
	struct nat_addr src, dst;
};

/* A namespace with the topology's interfaces as TUN devices, configured by
 * `ip -batch` from @text. The calling process stays in it. Returns a socket, or
 * -1: *@why says what is missing here, NULL that the kernel refused @text. */
int kernel_enter(const struct nat_topology *t, const char *text,
		 const char **why);
struct kernel_answer kernel_ask(int sock, const struct kernel_question *q);
void kernel_leave(int sock);

#endif
