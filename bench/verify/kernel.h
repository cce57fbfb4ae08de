/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel at hand as a router: a network namespace of this process, a TUN
 * device for each interface of a topology, the scenario's own files loaded by
 * ip and iptables-restore. Nothing outside the namespace is touched, and the
 * namespace ends with the process or with the next kernel_new().
 *
 * The packet written to a TUN device has been through the whole router when
 * the write returns; what left can be read at once. */
#ifndef NATBENCH_KERNEL_H
#define NATBENCH_KERNEL_H

#include "natcore.h"
#include "verify/feed.h"
#include "verify/tool.h"

struct kernel;

struct kernel_config {
	const struct nat_topology *topology;
	const struct nat_sysctl *sysctl;
	struct text topology_text, rules, rules6;
	bool nft; /* iptables-nft, else iptables-legacy */
};

/* 0; or -1, @err naming the rights, devices and programs that are missing here.
 * Enters a user namespace where that gives the rights, so no other thread may
 * run yet. */
int kernel_check(const struct kernel_config *cfg, struct nat_error *err);
/* NULL: @err says why. One at a time, after kernel_check(). */
struct kernel *kernel_new(const struct kernel_config *cfg,
			  struct nat_error *err);
void kernel_free(struct kernel *k);

/* Sends a packet in; returns how many left because of it. */
size_t kernel_play(struct kernel *k, uint16_t in_if, const uint8_t *data,
		   uint32_t len);
/* Gives what has not left yet @ms milliseconds more. */
size_t kernel_wait(struct kernel *k, int ms);
/* All that left since kernel_play(), interface by interface. */
const struct sent *kernel_sent(const struct kernel *k);

/* How many reports of listeners (RFC 3810) the devices have sent since the last
 * call: they answer queries when they like, and rules count it. */
uint64_t kernel_reports(struct kernel *k);

/* Calls @fn for every connection in the table. 0, or a negative errno. */
int kernel_each(struct kernel *k,
		void (*fn)(void *ctx, const struct nat_conntrack *ct),
		void *ctx);
/* The connection whose original tuple is @t. 0, or a negative errno. */
int kernel_find(struct kernel *k, const struct nat_tuple *t,
		struct nat_conntrack *ct);
/* As iptables-save -c prints them, to be freed; NULL: @err says why. @table
 * NULL: all of them. */
char *kernel_rules(struct kernel *k, unsigned family, const char *table,
		   struct nat_error *err);

#endif
