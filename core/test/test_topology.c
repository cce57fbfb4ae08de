/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `ip -batch` text: what is understood, what is refused and with which words,
 * and that the running kernel's ip accepts and refuses the same. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "decide/topology.h"
#include "kernel_route.h"
#include "text/text.h"
#include "util.h"

/* What each row's text stands behind. */
static const char before[] = "link set dev e0 mtu 1400\n"
			     "addr add 10.0.0.1/24 dev e0\n"
			     "addr add 10.0.1.1/24 dev e1\n"
			     "route add 10.9.0.0/16 dev e1\n";
enum { LINES_BEFORE = 4 };

/* Who refuses a text: nobody, both, or one side alone for good reason. */
enum judge { FINE, BOTH, OURS };

static const struct {
	const char *text;
	enum judge refuses;
	const char *error; /* with its line, counted from the row's first */
} rows[] = {
	{"", FINE, NULL},
	{"# only a comment\n\n   \t\n", FINE, NULL},
	{"addr add 10.2.0.1/24 dev e0 # with a comment\n", FINE, NULL},
	{"address a 10.2.0.1/24 dev e0\n", FINE, NULL},
	{"a a 10.2.0.1/24 dev e0\n", FINE, NULL},
	{"addr add local 10.2.0.1/24 dev e0\n", FINE, NULL},
	{"addr add dev e0 10.2.0.1\n", FINE, NULL},
	{"addr add 10.2.0.1/255.255.0.0 dev e0\n", FINE, NULL},
	{"addr add 10.2/16 dev e0\n", FINE, NULL},
	{"addr add 10.2.0.1/24 brd + dev e0\n", FINE, NULL},
	{"addr add 10.2.0.1/24 brd - dev e0\n", FINE, NULL},
	{"addr add 10.2.0.1/24 broadcast 10.2.0.9 scope link dev e0\n", FINE,
	 NULL},
	{"addr add 10.2.0.1/24 scope 77 noprefixroute dev e0\n", FINE, NULL},
	{"addr add 10.2.0.1/24 label e0:1 dev e0\n", FINE, NULL},
	{"addr add 10.0.0.2/24 dev e0\n", FINE, NULL},
	{"addr add 10.0.0.1/25 dev e0\n", FINE, NULL},
	{"addr add 10.2.0.1/24 dev lo\n", FINE, NULL},
	{"addr add 2001:db8::1/64 dev e0\n", FINE, NULL},
	{"addr add \\\n10.2.0.1/24 \\\ndev e0\n", FINE, NULL},
	{"link set dev e1 up\nlink set e1 mtu 9000 up", FINE, NULL},
	{"l s e1 up\n", FINE, NULL},
	{"route add default via 10.0.0.9\n", FINE, NULL},
	{"route add unicast default via inet 10.0.0.9 dev e0\n", FINE, NULL},
	{"r a 0/0 via 10.0.0.9\n", FINE, NULL},
	{"ro add to 10.5/16 dev e1\n", FINE, NULL},
	{"route add 172.16.0.0/255.240.0.0 dev e1\n", FINE, NULL},
	{"route add 172.16.0.1 oif e1\n", FINE, NULL},
	{"route add 10.0.0.0/24 dev e1 metric 5\n", FINE, NULL},
	{"route add 10.0.0.0/24 dev e1 priority 5\n", FINE, NULL},
	{"route add 10.0.0.0/24 dev e1 table 7\n", FINE, NULL},
	{"route add 10.3.0.0/24 dev e1 table local\n", FINE, NULL},
	{"route add default dev e1 table 0x64 proto static\n", FINE, NULL},
	{"route add 10.3.0.0/24 dev e1 src 10.0.0.1 scope link\n", FINE, NULL},
	{"route add 10.3.0.0/24 via 8.8.8.8 dev e1 onlink\n", FINE, NULL},
	{"route add 10.3.0.0/24 via 10.9.3.3\n", FINE, NULL},
	{"route add 10.3.0.0/24 via 10.0.0.1\n", FINE, NULL},
	{"route add blackhole 10.3.0.0/24\n", FINE, NULL},
	{"route add throw default table 9\n", FINE, NULL},
	{"route add local 10.3.0.0/24 dev lo\n", FINE, NULL},
	{"route add broadcast 10.3.0.255 dev e0\n", FINE, NULL},
	{"route add unreachable default metric 4278198272\n", FINE, NULL},
	{"route add default dev e1 table 5\n"
	 "route add 10.3.0.0/24 via 9.9.9.9 table 5\n",
	 FINE, NULL},
	{"addr add 2001:db8::1/64 dev e0\n"
	 "route add default via 2001:db8::9\n"
	 "route add 2001:db8:7::/48 dev e1\n"
	 "route add 2001:db8:7::/48 dev e0 metric 3\n",
	 FINE, NULL},
	{"addr add 2001:db8::1/64 dev e0\naddr add 2001:db8::1/64 dev e1\n",
	 FINE, NULL},
	{"route add default via fe80::1 dev e0\n", FINE, NULL},
	{"rule add iif e0 lookup 100\nrule add iif e0 lookup 100\n", FINE,
	 NULL},
	{"ru a from 10.3.0.0/24 to all table main pref 7\n", FINE, NULL},
	{"rule add dev e1 to 10.3.0.0/24 priority 8\n", FINE, NULL},
	{"rule add lookup local order 8\n", FINE, NULL},
	{"rule add iif lo from any lookup 5\n", FINE, NULL},

	{"link add e7 mtu 1300 type dummy whatever\n"
	 "rule add iif e7 lookup 5\n",
	 FINE, NULL},
	{"-6 rule add from 2001:db8::/32 lookup 9\n", FINE, NULL},
	{"-4 rule add from 10.0.0.0/8 lookup 9\n", FINE, NULL},

	{"bogus add x\n", BOTH, "1: unknown object 'bogus'"},
	{"ip addr add 10.2.0.1/24 dev e0\n", BOTH, "1: unknown object 'ip'"},
	{"addr bogus x\n", BOTH, "1: unknown command 'addr bogus'"},
	{"\nroute\n", OURS, "2: a command has two words at least"},
	{"-s addr add 10.2.0.1/24 dev e0\n", BOTH, "1: unknown option '-s'"},
	{"addr add dev e0\n", OURS, "1: an address is missing"},
	{"addr add 10.2.0.1/24\n", BOTH,
	 "1: 'dev' and an interface are missing"},
	{"addr add 10.2.0.1/24 dev\n", BOTH, "1: 'dev' needs a value"},
	{"addr add 10.2.0.1/24 dev e0 brd 1.2.3\n", OURS,
	 "1: '1.2.3' is not an IPv4 address"},
	{"addr add 10.2.0.1/33 dev e0\n", BOTH,
	 "1: '33' is not a network mask"},
	{"addr add 10.2.0.256/24 dev e0\n", BOTH,
	 "1: '10.2.0.256' is not an IPv4 address"},
	{"addr add 10.2.0.1/24 10.2.0.2/24 dev e0\n", BOTH,
	 "1: unknown option '10.2.0.2/24'"},
	{"addr add default dev e0\n", OURS, "1: 'default' is not an address"},
	{"addr add 10.2.0.1/24 scope wide dev e0\n", BOTH,
	 "1: unknown scope 'wide'"},
	{"addr add 2001:db8::1/129 dev e0\n", BOTH,
	 "1: '129' is not a network mask"},
	{"addr add 2001:db8::g/64 dev e0\n", BOTH,
	 "1: '2001:db8::g' is not an IPv6 address"},
	{"addr add 10.0.0.1/24 dev e0\n", BOTH,
	 "1: the interface has this address already"},
	{"addr add 10.0.0.9/24 scope link dev e0\n", BOTH,
	 "1: another address of the same subnet has another scope"},
	{"addr add 10.2.0.1/24 dev averylongdevicename\n", BOTH,
	 "1: 'averylongdevicename' cannot name an interface"},
	{"addr add 10.2.0.1/24 dev a/b\n", BOTH,
	 "1: 'a/b' cannot name an interface"},
	{"link set dev e0 mtu 60\n", BOTH, "1: mtu 60 is not within 68 and"},
	{"link set dev e0 mtu 65536\n", BOTH, "1: mtu 65536 is not within"},
	{"link set dev e0 mtu many\n", BOTH, "1: mtu 'many' is not a number"},
	{"link set dev e0 down\n", OURS, "1: unknown option 'down'"},
	{"route add\n", OURS, "1: a destination is missing"},
	{"route add 10.3.0.0/24\n", BOTH, "1: the route needs 'dev' or 'via'"},
	{"\nroute add default dev e9\n", BOTH, "2: unknown interface 'e9'"},
	{"route add 10.3.0.1/24 dev e0\n", BOTH,
	 "1: 10.3.0.1/24 has bits set behind its prefix"},
	{"route add 10.0.0.0/24 dev e1\n", BOTH,
	 "1: a route to 10.0.0.0/24 exists already"},
	{"route add 10.3.0.0/24 dev e1\nroute add blackhole 10.3.0.0/24\n",
	 BOTH, "2: a route to 10.3.0.0/24 exists already"},
	{"route add default via 8.8.8.8\n", BOTH,
	 "1: no interface leads to gateway 8.8.8.8"},
	{"route add default via 10.0.0.9 dev e1\n", BOTH,
	 "1: no interface leads to gateway 10.0.0.9"},
	{"route add default via 10.0.0.255\n", BOTH,
	 "1: no interface leads to gateway 10.0.0.255"},
	{"route add default via 10.0.0.9\nroute add 9.0.0.0/8 via 8.8.8.8\n",
	 BOTH, "2: no interface leads to gateway 8.8.8.8"},
	{"route add default via 2001:db8::9\n", BOTH,
	 "1: no interface leads to gateway 2001:db8::9"},
	{"route add 10.3.0.0/24 via 2001:db8::9\n", BOTH,
	 "1: '2001:db8::9' in an IPv4 command"},
	{"route add 10.3.0.0/24 via\n", BOTH, "1: 'via' needs a value"},
	{"route add default via 10.0.0.9 scope host\n", BOTH,
	 "1: a route of scope host has no gateway"},
	{"route add default via 10.0.0.9 onlink\n", OURS,
	 "1: 'onlink' needs 'via' and 'dev'"},
	{"route add blackhole 10.3.0.0/24 dev e0\n", BOTH,
	 "1: a route of this type has neither gateway nor interface"},
	{"route add local 10.3.0.0/24\n", BOTH,
	 "1: the route needs 'dev' or 'via'"},
	{"route add broadcast 10.3.0.0/24 via 10.0.0.9\n", OURS,
	 "1: only a unicast route has a gateway"},
	{"route add 10.3.0.0/24 dev lo\n", OURS,
	 "1: only a local route leads to lo"},
	{"route add 10.3.0.0/24 dev e1 src 10.0.0.7\n", BOTH,
	 "1: source 10.0.0.7 is not the router's own"},
	{"route add 10.3.0.0/24 dev e1 table foo\n", BOTH,
	 "1: unknown table 'foo'"},
	{"route add 10.3.0.0/24 dev e1 table 4294967296\n", BOTH,
	 "1: unknown table '4294967296'"},
	{"route add 10.3.0.0/24 dev e1 metric -1\n", BOTH,
	 "1: metric '-1' is not a number"},
	{"route add 10.3.0.0/24 dev e1 bogus 5\n", BOTH,
	 "1: unknown option 'bogus'"},
	{"route add multicast 10.3.0.0/24 dev e1\n", OURS,
	 "1: 'multicast' is not an IPv4 address"},
	{"rule add lookup\n", BOTH, "1: 'lookup' needs a value"},
	{"rule add bogus\n", BOTH, "1: unknown option 'bogus'"},
	{"rule add iif e9 lookup 5\n", OURS, "1: unknown interface 'e9'"},
	{"rule add from 2001:db8::/32 lookup 5\n", BOTH,
	 "1: '2001:db8::/32' in an IPv4 command"},
	{"rule add pref 5 iif e0 lookup 7\n"
	 "rule add iif e0 pref 5 lookup 7\n",
	 BOTH, "2: this rule exists already"},
};

/* -4 and -6 and device types: for us alone. */
static bool only_ours(const char *text)
{
	return text[0] == '-' || !strncmp(text, "link add", 8);
}

static char *join(const char *text)
{
	size_t size = sizeof(before) + strlen(text);
	char *whole = malloc(size);

	assert_non_null(whole);
	(void)snprintf(whole, size, "%s%s", before, text);
	return whole;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = join(rows[i].text), got[300] = "";
		const char *want = rows[i].error ? rows[i].error : "";
		struct nat_error err;
		struct nat_topology *t =
			nat_topology_parse(text, strlen(text), &err);

		if (!t)
			(void)snprintf(got, sizeof(got), "%d: %s",
				       (int)err.line - LINES_BEFORE, err.text);
		if (strncmp(got, want, strlen(want)) != 0 || !*got != !*want)
			fail_msg("'%s': '%s' instead of '%s'", rows[i].text,
				 got, want);
		nat_topology_free(t);
		free(text);
	}
}

static void test_kernel_accepts_the_same(void **state)
{
	struct nat_error err;
	struct nat_topology *t =
		nat_topology_parse(before, strlen(before), &err);

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text;
		const char *why = NULL;
		int sock;

		if (rows[i].refuses == OURS || only_ours(rows[i].text))
			continue;
		text = join(rows[i].text);
		sock = kernel_enter(t, text, &why);
		free(text);
		kernel_leave(sock);
		if (sock < 0 && why) {
			print_message("skipped: %s\n", why);
			nat_topology_free(t);
			skip();
		}
		if ((sock < 0) != (rows[i].refuses == BOTH))
			fail_msg("'%s': the kernel %s it", rows[i].text,
				 sock < 0 ? "refuses" : "accepts");
	}
	nat_topology_free(t);
}

static void test_interfaces(void **state)
{
	static const char text[] = "rule add iif b lookup 5\n"
				   "addr add 10.0.0.1/24 dev c\n"
				   "link set a mtu 1280\n"
				   "addr add 10.0.1.1/24 dev c\n"
				   "addr add 10.0.2.1/24 dev b";
	static const char *const want[] = {"c", "a", "b"};
	struct nat_error err;
	struct nat_topology *t = nat_topology_parse(text, strlen(text), &err);

	(void)state;
	assert_non_null(t);
	assert_int_equal(nat_topology_n_ifs(t), ARRAY_LEN(want));
	for (unsigned i = 0; i < ARRAY_LEN(want); i++) {
		assert_string_equal(nat_topology_if_name(t, i), want[i]);
		assert_int_equal(nat_topology_if_index(t, want[i]), i);
	}
	assert_null(nat_topology_if_name(t, ARRAY_LEN(want)));
	assert_int_equal(nat_topology_if_index(t, "d"), -ENODEV);
	assert_int_equal(nat_topology_if_index(t, "lo"), -ENODEV);
	nat_topology_free(t);
}

static void test_too_many_interfaces(void **state)
{
	struct nat_error err;
	struct text_buffer text = {0};

	(void)state;
	for (int i = 0; i <= TOPOLOGY_MAX_IFS; i++)
		text_printf(text_buffer_sink(&text), "link set i%d up\n", i);
	assert_null(nat_topology_parse(text.s, text.len, &err));
	assert_int_equal(err.line, TOPOLOGY_MAX_IFS + 1);
	assert_string_equal(err.text, "more than 250 interfaces");
	free(text.s);
}

/* No bytes make it crash: cut everywhere, and every byte spoilt. */
static void test_any_bytes(void **state)
{
	struct nat_error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = join(rows[i].text);
		size_t len = strlen(text);

		for (size_t at = sizeof(before) - 1; at < len; at++) {
			static const char bad[] = {'\0', '\n', '/', '\xff',
						   '0'};

			nat_topology_free(nat_topology_parse(text, at, &err));
			for (size_t b = 0; b < sizeof(bad); b++) {
				char good = text[at];

				text[at] = bad[b];
				nat_topology_free(
					nat_topology_parse(text, len, &err));
				text[at] = good;
			}
		}
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_too_many_interfaces),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_kernel_accepts_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
