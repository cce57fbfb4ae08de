/* SPDX-License-Identifier: BSD-2-Clause
 * Bytes before an unreadable page. */
#include "test/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/check.h"

static uint8_t *guard_end(void)
{
	static uint8_t *end;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *map;

	if (end)
		return end;
	map = mmap(NULL, GUARD_MAX + page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	end = (uint8_t *)map + GUARD_MAX;
	assert_int_equal(mprotect(end, page, PROT_NONE), 0);
	return end;
}

uint8_t *guard_copy(const void *bytes, size_t len)
{
	uint8_t *copy = guard_end() - len;

	assert_true(len <= GUARD_MAX);
	if (len)
		memmove(copy, bytes, len);
	return copy;
}
