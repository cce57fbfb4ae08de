/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stories for a person, and the same as data. */
#ifndef NATBENCH_TELL_H
#define NATBENCH_TELL_H

#include <stdbool.h>
#include <stdio.h>

#include "explain/story.h"

struct tell_text {
	FILE *out;
	const struct nat_topology *topology;
	bool colour;
	bool begun; /* a blank line goes between two stories */
};
struct teller tell_text(struct tell_text *t);

/* An array; tell_json_end() closes it, also where there was no story. */
struct tell_json {
	FILE *out;
	const struct nat_topology *topology;
	bool begun, failed;
};
struct teller tell_json(struct tell_json *t);
void tell_json_end(struct tell_json *t);

/* What both need. */
enum { TELL_TUPLE = 160, TELL_PACKET = 512 };

/* "10.0.0.1:80 -> 10.0.0.2:1234"; for ICMP "10.0.0.1 -> 10.0.0.2 type 8 code 0
 * id 7". */
void tell_tuple(const struct nat_tuple *t, char out[TELL_TUPLE]);
/* The packet in brief notation. */
void tell_packet(const struct bytes *b, char out[TELL_PACKET]);
/* "-" for none. */
const char *tell_if(const struct nat_topology *t, uint16_t i);
/* The @i-th bit of enum nat_status, by name; NULL: there are no more. */
const char *tell_status_bit(unsigned i);
/* As spec and tools call a TCP state. */
const char *tell_tcp_state(unsigned state);

#endif
