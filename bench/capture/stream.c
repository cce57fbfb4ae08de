/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is unread moves to the front before the buffer is filled again. */
#include "capture/stream.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST = 1 << 18 }; /* fits a second-level cache */

static bool grow(struct stream *s, size_t n)
{
	size_t size = s->size ? s->size : LEAST;
	uint8_t *p;

	while (size < n)
		size *= 2;
	if (size == s->size)
		return true;
	p = realloc(s->buf, size);
	if (!p) {
		s->no_memory = true;
		return false;
	}
	s->buf = p;
	s->size = size;
	return true;
}

void stream_fill(struct stream *s, size_t n)
{
	ssize_t got = 1;

	if (!grow(s, n))
		return;
	memmove(s->buf, s->buf + s->at, stream_left(s));
	s->before += s->at;
	s->n -= s->at;
	s->at = 0;
	while (s->n < n && got > 0) {
		got = source_read(s->source, s->buf + s->n, s->size - s->n);
		s->n += got > 0 ? (size_t)got : 0;
	}
}

void stream_free(struct stream *s)
{
	free(s->buf);
	*s = (struct stream){.source = NULL};
}
