/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Gathering per lane, merging at the end. */
#include "replay/emitted.h"

#include <string.h>

void emitted_add(struct emitted *e, const struct emitted_head *head,
		 const uint8_t *data)
{
	struct emitted_head h = *head;

	if (e->failed || !region_reserve(&e->bytes, h.len) ||
	    !region_reserve(&e->heads, sizeof(h))) {
		e->failed = true;
		return;
	}
	h.offset = e->bytes.used;
	memcpy(e->bytes.base + e->bytes.used, data, h.len);
	memcpy(e->heads.base + e->heads.used, &h, sizeof(h));
	e->bytes.used += h.len;
	e->heads.used += sizeof(h);
}

void emitted_rewind(struct emitted *e)
{
	e->heads.used = 0;
	e->bytes.used = 0;
}

void emitted_free(struct emitted *e)
{
	region_free(&e->heads);
	region_free(&e->bytes);
}

/* The next head of @e that left by @iface; NULL: none. */
static const struct emitted_head *peek(struct emitted *e, uint16_t iface)
{
	const struct emitted_head *h =
		(const struct emitted_head *)(const void *)e->heads.base;
	size_t n = e->heads.used / sizeof(*h);

	while (e->next < n && h[e->next].iface != iface)
		e->next++;
	return e->next < n ? &h[e->next] : NULL;
}

const struct emitted_head *emitted_earlier(const struct emitted_head *first,
					   struct emitted **from,
					   struct emitted *e, uint16_t iface)
{
	const struct emitted_head *h = peek(e, iface);

	if (!h || (first && first->order <= h->order))
		return first;
	*from = e;
	return h;
}

void emitted_write(struct emitted *const *e, unsigned n, uint16_t iface,
		   struct capture_writer *out)
{
	for (unsigned i = 0; i < n; i++)
		e[i]->next = 0;
	for (;;) {
		const struct emitted_head *first = NULL;
		struct emitted *from = NULL;

		for (unsigned i = 0; i < n; i++)
			first = emitted_earlier(first, &from, e[i], iface);
		if (!first ||
		    writer_put(out, first->time_ns,
			       from->bytes.base + first->offset, first->len))
			return;
		from->next++;
	}
}
