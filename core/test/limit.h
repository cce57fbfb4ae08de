/* SPDX-License-Identifier: BSD-2-Clause
 * A limit of the system's, for a while. */
#ifndef TEST_LIMIT_H
#define TEST_LIMIT_H

#include <sys/resource.h>

#include "shared/tsan.h"
#include "test/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#endif
#ifndef ASAN
#define ASAN 0
#endif

/* First in a test that sets limits. */
static inline void skip_unless_limited(void)
{
	if (ASAN || TSAN) {
		print_message("  skipped: a sanitizer has no such limit\n");
		skip();
	}
}

/* Of memory (RLIMIT_DATA; 0 would be none) or address space (RLIMIT_AS).
 * Returns what was allowed before. */
static inline struct rlimit limit(__rlimit_resource_t what, rlim_t to)
{
	struct rlimit old, new;

	assert_int_equal(getrlimit(what, &old), 0);
	new = old;
	new.rlim_cur = to;
	assert_int_equal(setrlimit(what, &new), 0);
	return old;
}

#endif
