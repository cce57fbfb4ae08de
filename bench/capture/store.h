/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets in memory, ready to be replayed: bytes in slots of whole cache lines
 * one after another, and an array that says where each begins.
 *
 *	struct store s = { 0 };
 *	store_append(&s, &rec, iface);
 *	struct store_cursor c = store_begin(&s);
 *	while ((n = store_pull(&c, 256, &run)))
 *		for (size_t i = 0; i < n; i++)
 *			use(store_bytes(&s, &run[i]), run[i].len);
 *	store_free(&s);
 *
 * Who iterates so, by runs, need not know whether all packets are there: a
 * store that holds a moving window of a long capture can hand out runs alike.
 */
#ifndef NATBENCH_STORE_H
#define NATBENCH_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/merge.h"
#include "capture/region.h"

enum { STORE_SLOT = 64 }; /* slots begin and end at multiples of this */

struct store_entry {
	uint64_t time_ns;
	uint64_t offset; /* of its slot in @bytes */
	uint32_t len;
	uint32_t frame; /* in its capture, from 1 */
	uint16_t iface;
};

struct store {
	struct region entries; /* struct store_entry */
	struct region bytes;   /* zero between the packets */
	uint64_t ip_bytes;     /* sum of the lengths */
};

/* Copies a packet in. 0, or -ENOMEM. */
int store_append(struct store *s, const struct capture_record *rec,
		 uint16_t iface);
/* Appends all that remains of @m; @iface[i] is for packets of its capture i.
 * 0, or -1 with @err filled. */
int store_load(struct store *s, struct capture_merge *m, const uint16_t *iface,
	       struct capture_error *err);
void store_free(struct store *s);

static inline size_t store_count(const struct store *s)
{
	return s->entries.used / sizeof(struct store_entry);
}

/* May move when the store grows. */
static inline const struct store_entry *store_entries(const struct store *s)
{
	return (const struct store_entry *)(const void *)s->entries.base;
}

static inline uint8_t *store_bytes(const struct store *s,
				   const struct store_entry *e)
{
	return s->bytes.base + e->offset;
}

struct store_cursor {
	const struct store *store;
	size_t at;
};

static inline struct store_cursor store_begin(const struct store *s)
{
	return (struct store_cursor){s, 0};
}

/* The next packets, at most @most and at least one; 0 at the end. The run
 * lasts until the next call. */
static inline size_t store_pull(struct store_cursor *c, size_t most,
				const struct store_entry **run)
{
	size_t left = store_count(c->store) - c->at;
	size_t n = left < most ? left : most;

	*run = n ? store_entries(c->store) + c->at : NULL;
	c->at += n;
	return n;
}

#endif
