/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which counter of conntrack -S goes up with a packet, as on Linux 6.18. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define ONE_PORT(proto)                                                        \
	"-A POSTROUTING -p " proto                                             \
	" -o wan -j SNAT --to-source 198.51.100.7:1000\n"
#define FOUR_PORTS(proto)                                                      \
	"-A POSTROUTING -p " proto                                             \
	" -o wan -j SNAT --to-source 198.51.100.7:1000-1003\n"

#define NOTHING_FOUND "stat found 0\nstat invalid 0\nstat error 0\n"
#define INVALID(what)                                                          \
	{                                                                      \
		what " is invalid", SNAT,                                      \
			"> lan " what "\nstat invalid 1\n"                     \
			"stat error 0\nstat dropped 0\n"                       \
	}
#define ERROR(what)                                                            \
	{                                                                      \
		what " is an error", SNAT,                                     \
			"> lan " what "\nstat invalid 0\n"                     \
			"stat error 1\nstat dropped 0\n"                       \
	}

/* clang-format off */
static const struct script scripts[] = {
	{"a conversation counts nothing", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.2:53\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.7 type 3 code 3 "
	 "(udp 198.51.100.7:4000 > 192.0.2.1:53)\n"
	 NOTHING_FOUND},
	{"a port that is taken is found", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\nstat found 1\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:53 S\n"
	 "> lan tcp 10.0.0.3:4000 > 192.0.2.1:53 S\nstat found 2\n"
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	 "> lan icmp 10.0.0.3 > 192.0.2.1 id 7\nstat found 3\n"},
	{"no port to try but one, UDP", ONE_PORT("udp"),
	 "> lan udp 10.0.0.2:3000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:3000 > 192.0.2.1:53\n< drop insert_failed\n"
	 "stat found 1\nstat insert_failed 1\nstat dropped 1\n"},
	{"no port to try but one, TCP", ONE_PORT("tcp"),
	 "> lan tcp 10.0.0.2:3000 > 192.0.2.1:53 S\n"
	 "> lan tcp 10.0.0.3:3000 > 192.0.2.1:53 S\n< drop insert_failed\n"
	 "stat found 0\nstat insert_failed 1\nstat dropped 1\n"},
	{"all of a range are tried", FOUR_PORTS("udp"),
	 "> lan udp 10.0.0.2:1000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.2:1001 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.2:1002 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.2:1003 > 192.0.2.1:53\nstat found 0\n"
	 "> lan udp 10.0.0.2:1004 > 192.0.2.1:53\n< drop insert_failed\n"
	 "stat found 4\nstat insert_failed 1\nstat dropped 1\n"
	 "> lan udp 10.0.0.3:1001 > 192.0.2.1:53\nstat found 9\n"},
	{"a protocol without ports", SNAT,
	 "> lan proto 50 10.0.0.2 > 192.0.2.1\n"
	 "> lan proto 50 10.0.0.3 > 192.0.2.1\n< drop insert_failed\n"
	 "stat found 1\nstat insert_failed 1\nstat dropped 1\n"},
	INVALID("udp 10.0.0.2:4000 > 192.0.2.1:53 badsum"),
	INVALID("tcp 10.0.0.2:4000 > 192.0.2.1:53 S badsum"),
	INVALID("tcp 10.0.0.2:4000 > 192.0.2.1:53 SF"),
	INVALID("tcp 10.0.0.2:4000 > 192.0.2.1:53 R"),
	INVALID("tcp 10.0.0.2:4000 > 192.0.2.1:53 SA"),
	INVALID("tcp 10.0.0.2:4000 > 192.0.2.1:53 S cut 32"),
	INVALID("udp 10.0.0.2:4000 > 192.0.2.1:53 cut 24"),
	INVALID("udp 10.0.0.2:4000 > 192.0.2.1:53 cut 22"),
	INVALID("icmp 10.0.0.2 > 192.0.2.1 type 0"),
	ERROR("icmp 10.0.0.2 > 192.0.2.1 badsum"),
	ERROR("icmp 10.0.0.2 > 192.0.2.1 cut 24"),
	ERROR("icmp 10.0.0.2 > 192.0.2.1 type 200"),
	ERROR("icmp 10.0.0.2 > 192.0.2.1 type 3 (udp 192.0.2.1:1 > 10.0.0.2:2)"),
	{"an error about a connection of another host is one", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.9 type 3 code 3 "
	 "(udp 198.51.100.7:4000 > 192.0.2.1:53)\n"
	 "stat error 1\nstat invalid 0\n"},
};
/* clang-format on */

static void counts_as_the_kernel(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_as_the_kernel),
	};

	return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
