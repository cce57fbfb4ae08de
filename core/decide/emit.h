/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that the router sends because of another: made by pure/build.c,
 * routed, walked along OUTPUT and POSTROUTING, and kept for
 * nat_worker_originated(). What cannot be sent (no route back, nothing to
 * answer, no memory) is not sent, in silence, as in the kernel.
 *
 * Linux limits how many errors it sends; this router does not.
 */
#ifndef NAT_EMIT_H
#define NAT_EMIT_H

#include "decide/rules.h"
#include "decide/walk.h"
#include "pure/build.h"

/* An ICMP error to the sender of the walk's packet, as part of the packet's
 * connection. */
void emit_icmp_error(struct walk *k, const struct icmp_fault *fault);

/* The same about the packet as @about has it, from @src (NULL: as routed). */
void emit_icmp_error_about(struct walk *k, const struct packet *about,
			   const struct icmp_fault *fault,
			   const struct nat_addr *src);

/* Target REJECT's answer. */
void emit_reject(struct walk *k, enum reject_with with);

/* A datagram of @len bytes for emit_local(), which may add options; NULL: no
 * memory. */
uint8_t *emit_room(struct walk *k, uint32_t len);
/* An answer of the router's own stack, tracked on its own. */
void emit_local(struct walk *cause, uint8_t *bytes, uint32_t len);
/* The same of IPv6, by the link that the question came by or not at all. */
void emit_on_link(struct walk *cause, uint8_t *bytes, uint32_t len);

/* The walk's packet is longer than its exit allows: it becomes its own first
 * fragment, the others follow. */
void emit_fragments(struct walk *k);

/* The walk's packet came in fragments: it leaves in fragments, in those it came
 * in if they fit. */
void emit_whole(struct walk *k);

/* The walk's packet, one of the router's own, leaves, in fragments if need be.
 */
void emit_own(struct walk *k);
/* The same, but each goes to @to, which must not keep it. */
typedef void emit_fn(struct walk *packet);
void emit_own_to(struct walk *k, emit_fn *to);

/* The walk's packet as it is, among those of nat_worker_originated(). */
void emit_packet(const struct walk *k);

/* For the worker: forget what the last run made; free all. */
void emit_reset(struct originated *o);
void emit_fini(struct originated *o);

#endif
