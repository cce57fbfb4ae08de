/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The weights of the rows that may be drawn, laid end to end; a number falls
 * into one of them. */
#include "traffic/draw.h"

static const struct odds *odds_of(const void *rows, size_t stride, unsigned i)
{
	return (const struct odds *)(const void *)((const uint8_t *)rows +
						   i * stride);
}

static uint32_t weight_of(const struct odds *o, uint32_t have)
{
	return (o->needs & have) == o->needs ? o->weight : 0;
}

unsigned draw_row(struct rng *r, const void *rows, size_t stride, unsigned n,
		  uint32_t have)
{
	uint32_t total = 0, at, weight;
	unsigned i;

	for (i = 0; i < n; i++)
		total += weight_of(odds_of(rows, stride, i), have);
	if (!total)
		return n;
	at = rng_below(r, total);
	for (i = 0; i < n; i++) {
		weight = weight_of(odds_of(rows, stride, i), have);
		if (at < weight)
			break;
		at -= weight;
	}
	return i;
}
