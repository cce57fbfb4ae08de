/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happens to connections, told to whoever listens (nat_worker_events).
 * A packet's changes wait with the connection until a packet of it leaves, so
 * that one message tells them all (spec 11.4). Connections that nobody listens
 * to have no place for them, and cost nothing.
 */
#ifndef NAT_EVENTS_H
#define NAT_EVENTS_H

#include "decide/walk.h"

/* A connection before its tracker saw the packet. */
struct event_moment {
	uint16_t status;
	uint8_t state;
};

/* The packet's connection is new: what of it will be told? One message for all
 * that a packet changed, if any of that is. */
void events_begin(const struct walk *k);
void events_raise(const struct conn *c, unsigned bits);
struct event_moment events_moment(const struct conn *c);
/* Raises what has changed since. */
void events_compare(const struct conn *c, const struct event_moment *before);
/* Tells what waits with the packet's connection, if that is in the table. */
void events_deliver(const struct walk *k);

#endif
