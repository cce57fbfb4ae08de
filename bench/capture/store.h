/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets in memory, ready to be replayed: bytes in slots of whole cache lines
 * one after another, and an array that says where each begins. */
#ifndef NATBENCH_STORE_H
#define NATBENCH_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "capture/merge.h"
#include "capture/region.h"

enum { STORE_SLOT = 64 }; /* slots begin and end at multiples of this */

struct store_entry {
	uint64_t time_ns;
	uint32_t slot; /* where its bytes begin, in units of STORE_SLOT */
	uint32_t len;
	uint32_t frame; /* in its capture, from 1 */
	uint16_t iface;
};

struct store {
	struct region entries; /* struct store_entry */
	struct region bytes;   /* zero between the packets */
	uint64_t ip_bytes;     /* sum of the lengths */
};

/* Copies a packet in. 0, or -ENOMEM with nothing changed. */
int store_append(struct store *s, const struct capture_record *rec,
		 uint16_t iface);
/* Appends all that remains of @m; @iface[i] is for packets of its capture i.
 * 0, or -1 with @err filled. */
int store_load(struct store *s, struct capture_merge *m, const uint16_t *iface,
	       struct capture_error *err);
void store_free(struct store *s);
/* Empties it, but keeps the memory. */
void store_rewind(struct store *s);

/* Bytes in use. */
static inline size_t store_size(const struct store *s)
{
	return s->bytes.used + s->entries.used;
}

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
	return s->bytes.base + (size_t)e->slot * STORE_SLOT;
}

#endif
