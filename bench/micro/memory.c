/* SPDX-License-Identifier: BSD-2-Clause
 * mmap() reserves a huge page more than needed, for alignment. */
#include "memory.h"

#include <stdint.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

static size_t whole_pages(size_t size)
{
	return (size + HUGE_PAGE - 1) & ~(size_t)(HUGE_PAGE - 1);
}

void *memory_new(size_t size)
{
	size_t len = whole_pages(size), lead;
	uint8_t *p = mmap(NULL, len + HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	lead = whole_pages((uintptr_t)p) - (uintptr_t)p;
	if (lead)
		munmap(p, lead);
	if (lead < HUGE_PAGE)
		munmap(p + lead + len, HUGE_PAGE - lead);
	/* a hint; without it the pages are small */
	(void)madvise(p + lead, len, MADV_HUGEPAGE);
	return p + lead;
}

void memory_free(void *p, size_t size)
{
	if (p)
		munmap(p, whole_pages(size));
}

void memory_warm(size_t size)
{
	uint8_t *p = memory_new(size);

	for (size_t i = 0; p && i < size; i += HUGE_PAGE)
		((volatile uint8_t *)p)[i] = 0;
	memory_free(p, size);
}
