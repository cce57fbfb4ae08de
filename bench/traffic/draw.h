/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Drawing a row of a table by its weight. Each row begins with its odds. */
#ifndef NATBENCH_DRAW_H
#define NATBENCH_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/random.h"
#include "traffic/traffic.h"

/* enum traffic_kind as a bit */
#define KIND(id) (UINT32_C(1) << TRAFFIC_##id)

struct odds {
	const char *name;
	uint16_t weight;
	uint32_t needs; /* kinds, all of them */
};

/* Index of a row whose needs @have covers, or @n: there is none. */
unsigned draw_row(struct rng *r, const void *rows, size_t stride, unsigned n,
		  uint32_t have);

#define N_ROWS(rows) ((unsigned)(sizeof(rows) / sizeof((rows)[0])))
/* A table's row; its first one should need nothing. */
#define DRAW(r, rows, have)                                                    \
	(&(rows)[draw_row(r, rows, sizeof((rows)[0]), N_ROWS(rows), have) %    \
		 N_ROWS(rows)])

static inline bool chance(struct rng *r, unsigned one_in)
{
	return !rng_below(r, one_in);
}

/* Within [lo, hi]. */
static inline uint32_t draw_between(struct rng *r, uint32_t lo, uint32_t hi)
{
	return lo + rng_below(r, hi - lo + 1);
}

#endif
