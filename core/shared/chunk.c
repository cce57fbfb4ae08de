/* SPDX-License-Identifier: BSD-2-Clause
 * Large aligned pieces of memory. */
#include "shared/chunk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *chunk_raw(size_t size)
{
	return aligned_alloc(size, size);
}

void *chunk_ready(size_t size)
{
	void *p = aligned_alloc(size, size);

	if (!p)
		return NULL;
	/* Advice: small pages do as well, so a refusal changes nothing. */
	(void)madvise(p, size, MADV_HUGEPAGE);
	return memset(p, 0, size);
}
