/* SPDX-License-Identifier: BSD-2-Clause
 * What became of a packet, for tests that hold two ways against each other. */
#ifndef TEST_OUTCOME_H
#define TEST_OUTCOME_H

#include <string.h>

#include "natcore.h"
#include "test/mix.h"

struct outcome {
	struct nat_packet fields; /* without data */
	uint64_t bytes;           /* a hash */
};

static inline struct outcome outcome_of(const struct nat_packet *p)
{
	struct outcome o;

	memset(&o, 0, sizeof(o));
	o.fields = *p;
	o.fields.data = NULL;
	o.bytes = mix(1, p->data, p->len);
	return o;
}

#endif
