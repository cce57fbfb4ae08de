/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Filling a store. */
#include "capture/store.h"

#include <errno.h>
#include <string.h>

static size_t slot_of(uint32_t len)
{
	return ((size_t)len + STORE_SLOT - 1) / STORE_SLOT * STORE_SLOT;
}

int store_append(struct store *s, const struct capture_record *rec,
		 uint16_t iface)
{
	const struct store_entry e = {
		.time_ns = rec->time_ns,
		.slot = (uint32_t)(s->bytes.used / STORE_SLOT),
		.len = rec->len,
		.frame = (uint32_t)rec->frame,
		.iface = iface,
	};
	size_t slot = slot_of(rec->len);
	uint8_t *to;

	if (s->bytes.used / STORE_SLOT > UINT32_MAX ||
	    !region_reserve(&s->bytes, slot) ||
	    !region_reserve(&s->entries, sizeof(e)))
		return -ENOMEM;
	to = s->bytes.base + s->bytes.used;
	if (slot) /* what the packet leaves of its last line */
		memset(to + slot - STORE_SLOT, 0, STORE_SLOT);
	memcpy(to, rec->data, rec->len);
	memcpy(s->entries.base + s->entries.used, &e, sizeof(e));
	s->bytes.used += slot;
	s->entries.used += sizeof(e);
	s->ip_bytes += rec->len;
	return 0;
}

int store_load(struct store *s, struct capture_merge *m, const uint16_t *iface,
	       struct capture_error *err)
{
	struct capture_record rec;
	size_t from;
	int got;

	while ((got = merge_next(m, &rec, &from, err)) > 0)
		if (store_append(s, &rec, iface[from]) < 0)
			return capture_fail(err, "%s: out of memory",
					    merge_path(m, from));
	return got;
}

void store_rewind(struct store *s)
{
	s->entries.used = 0;
	s->bytes.used = 0;
	s->ip_bytes = 0;
}

void store_free(struct store *s)
{
	region_free(&s->entries);
	region_free(&s->bytes);
	*s = (struct store){0};
}
