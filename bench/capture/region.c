/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Anonymous memory; mremap() moves page tables, not bytes. */
#include "capture/region.h"

#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

static void *map(const struct region *r, size_t size)
{
	if (r->base)
		return mremap(r->base, r->size, size, MREMAP_MAYMOVE);
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

bool region_grow(struct region *r, size_t n)
{
	size_t need = r->used + n, size = r->size ? r->size : HUGE_PAGE;
	void *p;

	if (n > SIZE_MAX / 4 || need > SIZE_MAX / 4)
		return false;
	while (size < need)
		size *= 2;
	p = map(r, size);
	if (p == MAP_FAILED)
		return false;
	/* a hint; without it the pages are small */
	(void)madvise(p, size, MADV_HUGEPAGE);
	r->base = p;
	r->size = size;
	return true;
}

void region_free(struct region *r)
{
	if (r->base)
		munmap(r->base, r->size);
	*r = (struct region){0};
}
