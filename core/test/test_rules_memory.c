/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every allocation of a parse fails once: each time the parser must say so
 * and give back what it took. The C library's allocator is stood in for, which
 * sanitizers do themselves: with one the test is skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||     \
	__has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
	!defined(__GLIBC__)
#define SANITIZED 1
#endif

#ifndef SANITIZED

/* NOLINTBEGIN(readability-*): the names are the C library's */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

static struct {
	bool on;
	long live;       /* blocks taken and not given back */
	long until_fail; /* allocations that still succeed */
} meter;

static bool fails(void)
{
	return meter.on && meter.until_fail-- == 0;
}

static void *count(void *p)
{
	if (p && meter.on)
		meter.live++;
	return p;
}

void *malloc(size_t size)
{
	return fails() ? NULL : count(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__libc_calloc(n, size));
}

void *realloc(void *p, size_t size)
{
	if (fails())
		return NULL;
	return p ? __libc_realloc(p, size) : count(__libc_realloc(p, size));
}

void free(void *p)
{
	if (p && meter.on)
		meter.live--;
	__libc_free(p);
}

/* NOLINTEND(readability-*) */

static const char text[] =
	"*filter\n"
	":a - [0:0]\n:b - [0:0]\n:c - [0:0]\n:d - [0:0]\n"
	"-A FORWARD -s 1.1.1.1,2.2.2.2 -p tcp --dport 1 -m limit "
	"-m comment --comment \"two words\" -j a\n"
	"-A a -m state --state NEW -m mark --mark 1 -m icmp --icmp-type 8 "
	"-p icmp -g b\n"
	"COMMIT\n"
	"*nat\n"
	"-A POSTROUTING -o wan0 -j MASQUERADE\n"
	"COMMIT\n";

static void survives_each_failure(void **state)
{
	struct nat_rules *r = NULL;
	long n = 0;

	(void)state;
	for (; !r; n++) {
		struct nat_error err;

		meter.until_fail = n;
		meter.live = 0;
		meter.on = true;
		r = nat_rules_parse(text, sizeof(text) - 1, &err);
		meter.on = false;
		if (!r) {
			assert_string_equal(err.text, "out of memory");
			assert_int_equal(meter.live, 0);
		}
	}
	assert_true(n > 20);
	meter.on = true;
	nat_rules_free(r);
	meter.on = false;
	assert_int_equal(meter.live, 0);
}

#else

static void survives_each_failure(void **state)
{
	(void)state;
	skip();
}

#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives_each_failure),
	};

	return cmocka_run_group_tests_name("rules memory", tests, NULL, NULL);
}
