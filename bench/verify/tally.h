/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How often what happened, by name, and where first. */
#ifndef NATBENCH_TALLY_H
#define NATBENCH_TALLY_H

#include <stdint.h>

enum { TALLY_NAME = 96 };

struct tally_row {
	char name[TALLY_NAME];
	uint64_t n;
	uint64_t first; /* the packet's number */
	char *example;  /* of the first, to be freed; may be NULL */
};

struct tally {
	struct tally_row *row; /* in order of appearance */
	unsigned n_rows;
	uint64_t total;
};

/* Happened @n times more. Its row; NULL: no memory, or @n is 0. */
struct tally_row *tally_add(struct tally *t, const char *name, uint64_t n,
			    uint64_t number);
uint64_t tally_of(const struct tally *t, const char *name);
void tally_free(struct tally *t);

#endif
