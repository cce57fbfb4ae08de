/* SPDX-License-Identifier: BSD-2-Clause
 * Segments of hash buckets. */
#include "shared/bucket.h"

#include <stdlib.h>

#include "shared/chunk.h"

static_assert(sizeof(struct bucket) << SEGMENT_LOG == CHUNK_MAX,
	      "a segment is a huge page");

void segments_init(struct segments *s)
{
	atomic_init(&s->n, 0);
	for (size_t i = 0; i < SEGMENTS_MAX; i++)
		atomic_init(&s->at[i], NULL);
}

void segments_fini(struct segments *s)
{
	for (size_t i = 0; i < SEGMENTS_MAX; i++)
		free(atomic_load_explicit(&s->at[i], memory_order_relaxed));
}

bool segments_have(const struct segments *s, uint64_t i)
{
	return i >> BUCKET_MAX_LOG == 0 &&
	       atomic_load_explicit(&s->at[i >> SEGMENT_LOG],
				    memory_order_acquire);
}

bool segments_add(struct segments *s, uint64_t i, bool ready)
{
	struct bucket *none = NULL, *segment;

	if (segments_have(s, i))
		return true;
	if (i >> BUCKET_MAX_LOG)
		return false;
	segment = ready ? chunk_ready(CHUNK_MAX) : chunk_raw(CHUNK_MAX);
	if (!segment)
		return false;
	/* The release publishes the zeros of one that was made ready. */
	if (atomic_compare_exchange_strong_explicit(
		    &s->at[i >> SEGMENT_LOG], &none, segment,
		    memory_order_release, memory_order_relaxed))
		atomic_fetch_add_explicit(&s->n, 1, memory_order_relaxed);
	else
		free(segment); /* another thread was quicker */
	return true;
}

void bucket_wait(const struct bucket *b)
{
	unsigned turns = 0;

	while (atomic_load_explicit(&b->seq, memory_order_relaxed) & 1)
		spin_wait(&turns);
}
