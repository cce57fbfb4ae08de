/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a router does, written line by line:
 *
 *	sysctl NAME VALUE         before all else
 *	> IF DATAGRAM             enters; see frames.h
 *	< RESULT                  what became of it, a pattern; see router.h
 *	^ IF DATAGRAM             and the router itself sent this, a pattern
 *	is STATE [reply]          how conntrack saw it
 *	wait SECONDS
 *	mark N                    of packets that enter from here on
 *	ct N PATTERN              N lines of conntrack -L are like that
 *	stat NAME N               of struct nat_stats; or entries
 *	listen			  to events from here on, and then
 *	! EVENT			  the next one, a pattern of conntrack -E
 *	count TABLE/CHAIN RULE PACKETS BYTES
 *				  RULE 0: the chain's policy
 *
 *	table, rules              for who records; nothing here
 *
 * Every packet that the router sends has to be told, and every event.
 */
#ifndef TEST_SCRIPT_H
#define TEST_SCRIPT_H

#include "test/router.h"

struct script {
	const char *name;
	const char *rules; /* as in struct router_config */
	const char *text;
};

/* Carries one out up to the first line that is not so, and says which that
 * is. @topology: as in struct router_config. */
bool script_holds(const struct script *s, const char *topology);

/* Carries them all out; the test fails if one does not hold. */
void script_run_all(const struct script *s, size_t n);

/* Those of core/test/data/kernel/NAME.script, as record.py there has it. */
void script_run_file(const char *name);

#endif
