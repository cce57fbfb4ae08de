/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What changed in a packet, by the names that its header fields have. */
#ifndef NATBENCH_FIELDS_H
#define NATBENCH_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum {
	FIELDS_MOST = 16, /* changes of one packet that are told */
	FIELD_NAME = 24,
	FIELD_VALUE = 46, /* an address of IPv6 */
};

struct field_change {
	char name[FIELD_NAME]; /* "ip.src", "quoted.tcp.dport", "byte 40" */
	char from[FIELD_VALUE], to[FIELD_VALUE];
};

/* Compares @from with @to, up to the shorter length, as IP and what it
 * carries, a quoted packet included. What no header field covers is told byte
 * by byte. Returns how many changes stand in @out. Any bytes are safe. */
size_t fields_compare(const uint8_t *from, size_t from_len, const uint8_t *to,
		      size_t to_len, struct field_change out[FIELDS_MOST]);

#endif
