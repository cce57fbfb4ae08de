/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How often what happened, by name, and where first. */
#ifndef NATBENCH_TALLY_H
#define NATBENCH_TALLY_H

#include <stdint.h>

enum { TALLY_NAMES = 48, TALLY_NAME = 96 };

struct tally {
	struct tally_row {
		char name[TALLY_NAME];
		uint64_t n;
		uint64_t first; /* the packet's number */
		char *example;  /* of the first, to be freed; may be NULL */
	} row[TALLY_NAMES];
	unsigned n_rows;
	uint64_t total;
};

/* The row, whose n is @n where it is new. Names beyond TALLY_NAMES count as
 * "other". */
struct tally_row *tally_add(struct tally *t, const char *name, uint64_t n,
			    uint64_t number);
void tally_free(struct tally *t);

#endif
