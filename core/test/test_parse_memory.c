/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every allocation of a parse fails once, and each time the parser must say so
 * and give back what it took. The C library's allocator is stood in for, which
 * sanitizers do themselves: with one the test is skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"
#include "util.h"

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

static const char rules[] =
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

static const char topology[] =
	"addr add 10.0.0.1/24 brd + dev a\n"
	"addr add 2001:db8::1/64 dev b\n"
	"route add default via 10.0.0.9\n"
	"route add 10.1.0.0/16 dev b table 7\n"
	"rule add iif a from 10.2.0.0/16 to 10.1.2.0/24 lookup 7\n"
	"rule add from 10.3.0.0/16 lookup 7\n";

static void *parse_rules(const char *text, size_t len, struct nat_error *err)
{
	return nat_rules_parse(text, len, err);
}

static void free_rules(void *r)
{
	nat_rules_free(r);
}

static void *parse_topology(const char *text, size_t len, struct nat_error *err)
{
	return nat_topology_parse(text, len, err);
}

static void free_topology(void *t)
{
	nat_topology_free(t);
}

static const struct parser {
	const char *text;
	void *(*parse)(const char *text, size_t len, struct nat_error *err);
	void (*free)(void *parsed);
} parsers[] = {
	{rules, parse_rules, free_rules},
	{topology, parse_topology, free_topology},
};

static void survives_each_failure_of(const struct parser *p)
{
	void *parsed = NULL;
	long n = 0;

	for (; !parsed; n++) {
		struct nat_error err;

		meter.until_fail = n;
		meter.live = 0;
		meter.on = true;
		parsed = p->parse(p->text, strlen(p->text), &err);
		meter.on = false;
		if (!parsed) {
			assert_string_equal(err.text, "out of memory");
			assert_int_equal(meter.live, 0);
		}
	}
	assert_true(n > 20);
	meter.on = true;
	p->free(parsed);
	meter.on = false;
	assert_int_equal(meter.live, 0);
}

static void survives_each_failure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(parsers); i++)
		survives_each_failure_of(&parsers[i]);
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

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
