/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two parts: when the newer is full the older is forgotten. */
#include "verify/trail.h"

#include <string.h>

#define PART_MOST ((size_t)1 << 30)

enum { OLD, NEW };

struct trail_head {
	uint64_t number;
	uint64_t offset;
	uint32_t len, group;
	uint16_t in_if;
};

static void part_free(struct trail_part *p)
{
	region_free(&p->heads);
	region_free(&p->bytes);
}

static size_t part_count(const struct trail_part *p)
{
	return p->heads.used / sizeof(struct trail_head);
}

bool trail_add(struct trail *t, const struct feed *f)
{
	struct trail_part *p = &t->part[NEW];
	struct trail_head h = {
		.number = f->number,
		.len = f->len,
		.group = f->group,
		.in_if = f->in_if,
	};

	if (p->bytes.used + p->heads.used + f->len > PART_MOST) {
		t->torn |= part_count(&t->part[OLD]);
		part_free(&t->part[OLD]);
		t->part[OLD] = *p;
		*p = (struct trail_part){.heads = {.used = 0}};
	}
	if (!region_reserve(&p->heads, sizeof(h)) ||
	    !region_reserve(&p->bytes, f->len))
		return false;
	h.offset = p->bytes.used;
	memcpy(p->bytes.base + h.offset, f->data, f->len);
	memcpy(p->heads.base + p->heads.used, &h, sizeof(h));
	p->bytes.used += f->len;
	p->heads.used += sizeof(h);
	return true;
}

size_t trail_count(const struct trail *t)
{
	return part_count(&t->part[OLD]) + part_count(&t->part[NEW]);
}

struct feed trail_at(const struct trail *t, size_t i)
{
	size_t old = part_count(&t->part[OLD]);
	const struct trail_part *p = &t->part[i < old ? OLD : NEW];
	const struct trail_head *h =
		(const struct trail_head *)(const void *)p->heads.base +
		(i < old ? i : i - old);

	return (struct feed){
		.data = p->bytes.base + h->offset,
		.len = h->len,
		.in_if = h->in_if,
		.group = h->group,
		.number = h->number,
	};
}

void trail_clear(struct trail *t)
{
	for (unsigned i = OLD; i <= NEW; i++) {
		t->part[i].heads.used = 0;
		t->part[i].bytes.used = 0;
	}
	t->torn = false;
}

void trail_free(struct trail *t)
{
	part_free(&t->part[OLD]);
	part_free(&t->part[NEW]);
}
