/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of a source, as many together as somebody needs, in a buffer that
 * stays in the cache. */
#ifndef NATBENCH_STREAM_H
#define NATBENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/source.h"

struct stream {
	struct source *source; /* the caller's */
	uint8_t *buf;
	size_t at, n, size; /* unread are at..n */
	uint64_t before;    /* bytes of the source before @buf */
	bool no_memory;
};

void stream_free(struct stream *s);

/* Reads on until @n bytes are unread, or all there are. */
void stream_fill(struct stream *s, size_t n);

static inline size_t stream_left(const struct stream *s)
{
	return s->n - s->at;
}

/* The next @n bytes, until the next call. NULL: there are fewer. */
static inline const uint8_t *stream_need(struct stream *s, size_t n)
{
	if (stream_left(s) < n) {
		stream_fill(s, n);
		if (stream_left(s) < n)
			return NULL;
	}
	return s->buf + s->at;
}

/* Passes over bytes that were needed. */
static inline void stream_pass(struct stream *s, size_t n)
{
	s->at += n;
}

/* Where the next byte is in the source. */
static inline uint64_t stream_position(const struct stream *s)
{
	return s->before + s->at;
}

#endif
