/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets along rules: chains, counters, policies, REJECT, matches (spec
 * section 12). What each match says is in test_nat_matches.c. */
#include <stdio.h>
#include <string.h>

#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define FILTER(rules)                                                          \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"                \
	":OUTPUT ACCEPT [0:0]\n" rules "COMMIT\n"
#define NAT(rules)                                                             \
	"*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"                \
	":OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n" rules "COMMIT\n"

#define UDP     "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
#define UDP_OUT "< wan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
#define TCP     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 9\n"
#define TCP_OUT "< wan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 9\n"

static const struct script chains[] = {
	{"in order, and counted where they fit",
	 FILTER("-A FORWARD -p udp\n"
		"-A FORWARD -p tcp -j ACCEPT\n"
		"-A FORWARD -s 10.0.0.2 -j DROP\n"
		"-A FORWARD\n"),
	 UDP "< drop rule\n" TCP TCP_OUT
	     "> lan udp 10.0.0.3:4000 > 192.0.2.1:53 len 100\n"
	     "< wan udp 10.0.0.3:4000 > 192.0.2.1:53 len 100\n"
	     "count filter/FORWARD 1 2 156\n"
	     "count filter/FORWARD 2 1 40\n"
	     "count filter/FORWARD 3 1 28\n"
	     "count filter/FORWARD 4 1 128\n"
	     "count filter/FORWARD 0 1 128\n"},
	{"a jump comes back, a goto does not",
	 "*filter\n:FORWARD ACCEPT [0:0]\n:a - [0:0]\n:b - [0:0]\n"
	 "-A FORWARD -j a\n"
	 "-A FORWARD -p udp\n"
	 "-A a -p tcp -j RETURN\n"
	 "-A a -g b\n"
	 "-A a\n"
	 "-A b\n"
	 "COMMIT\n",
	 UDP UDP_OUT TCP TCP_OUT "count filter/FORWARD 1 2 68\n"
				 "count filter/a 1 1 40\n"
				 "count filter/a 2 1 28\n"
				 "count filter/a 3 0 0\n"
				 "count filter/b 1 1 28\n"
				 "count filter/FORWARD 2 1 28\n"
				 "count filter/FORWARD 0 2 68\n"},
	{"RETURN and goto from a base chain lead to the policy",
	 "*filter\n:FORWARD DROP [0:0]\n:a - [0:0]\n"
	 "-A FORWARD -p tcp -j RETURN\n"
	 "-A FORWARD -g a\n"
	 "-A FORWARD -j ACCEPT\n"
	 "-A a -p icmp -j ACCEPT\n"
	 "COMMIT\n",
	 UDP "< drop policy\n" TCP "< drop policy\n"
	     "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	     "< wan icmp 10.0.0.2 > 192.0.2.1 type 8 id 7\n"
	     "count filter/FORWARD 0 2 68\n"
	     "count filter/FORWARD 3 0 0\n"},
	{"every hook of filter and mangle",
	 "*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n"
	 ":FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
	 ":POSTROUTING ACCEPT [0:0]\nCOMMIT\n"
	 "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT "
	 "[0:0]\nCOMMIT\n" FILTER(""),
	 UDP UDP_OUT "> lan icmp 10.0.0.2 > 10.0.0.1 id 7\n"
		     "< local\n"
		     "^ lan icmp 10.0.0.1 > 10.0.0.2 type 0 id 7\n"
		     "count raw/PREROUTING 0 2 56\n"
		     "count mangle/PREROUTING 0 2 56\n"
		     "count mangle/INPUT 0 1 28\n"
		     "count filter/INPUT 0 1 28\n"
		     "count mangle/FORWARD 0 1 28\n"
		     "count filter/FORWARD 0 1 28\n"
		     "count raw/OUTPUT 0 1 28\n"
		     "count mangle/OUTPUT 0 1 28\n"
		     "count filter/OUTPUT 0 1 28\n"
		     "count mangle/POSTROUTING 0 2 56\n"},
	{"the router's own answers can be dropped too",
	 FILTER("-A OUTPUT -p icmp -j DROP\n"),
	 "> lan icmp 10.0.0.2 > 10.0.0.1 id 7\n"
	 "< local\n"
	 "count filter/OUTPUT 1 1 28\n"},
	{"interfaces in and out",
	 FILTER("-A FORWARD -i lan -o wan\n"
		"-A FORWARD -i wan+\n"
		"-A FORWARD -o wan\n"
		"-A FORWARD ! -i lan\n"
		"-A FORWARD -o la+\n"),
	 UDP UDP_OUT "> wan2 udp 192.0.2.1:53 > 10.0.0.2:4000\n"
		     "> dmz udp 172.16.0.2:1 > 192.0.2.1:2\n"
		     "count filter/FORWARD 1 1 28\n"
		     "count filter/FORWARD 2 1 28\n"
		     "count filter/FORWARD 3 1 28\n"
		     "count filter/FORWARD 4 2 56\n"
		     "count filter/FORWARD 5 1 28\n"},
	{"addresses, masks and what they are not",
	 FILTER("-A FORWARD -s 10.0.0.0/30\n"
		"-A FORWARD ! -s 10.0.0.2\n"
		"-A FORWARD -d 192.0.2.1 ! -p udp\n"
		"-A FORWARD -d 0.0.0.1/0.0.0.255\n"),
	 UDP TCP "> lan udp 10.0.0.4:4000 > 192.0.2.2:53\n"
		 "count filter/FORWARD 1 2 68\n"
		 "count filter/FORWARD 2 1 28\n"
		 "count filter/FORWARD 3 1 40\n"
		 "count filter/FORWARD 4 2 68\n"},
};

static const struct script nat_counters[] = {
	{"a connection is asked about once",
	 NAT("-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
	     "-A POSTROUTING\n"),
	 UDP "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n" UDP
	     "count nat/POSTROUTING 1 1 28\n"
	     "count nat/POSTROUTING 2 0 0\n"
	     "count nat/POSTROUTING 0 0 0\n"
	     "count nat/PREROUTING 0 1 28\n"},
	{"one that never made it into the table, each time",
	 NAT("-A POSTROUTING -o wan -p udp -j SNAT --to-source "
	     "198.51.100.7:53\n"),
	 UDP "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	     "< drop insert_failed\n"
	     "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	     "< drop insert_failed\n"
	     "count nat/POSTROUTING 1 3 84\n"
	     "count nat/PREROUTING 0 3 84\n"},
	{"ACCEPT leaves the address alone",
	 NAT("-A POSTROUTING -d 192.0.2.1 -j ACCEPT\n"
	     "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"),
	 UDP UDP_OUT "> lan udp 10.0.0.2:4000 > 192.0.2.2:53\n"
		     "< wan udp 198.51.100.7:4000 > 192.0.2.2:53\n"
		     "count nat/POSTROUTING 0 0 0\n"},
	{"a target within a chain ends all of it",
	 "*nat\n:POSTROUTING ACCEPT [0:0]\n:out - [0:0]\n"
	 "-A POSTROUTING -j out\n"
	 "-A POSTROUTING -j SNAT --to-source 198.51.100.8\n"
	 "-A out -p udp -j SNAT --to-source 198.51.100.7\n"
	 "COMMIT\n",
	 UDP "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n" TCP
	     "< wan tcp 198.51.100.8:4000 > 192.0.2.1:80 S seq 9\n"
	     "count nat/POSTROUTING 2 1 40\n"},
};

#define ERROR(code)                                                            \
	"^ lan icmp 10.0.0.1 > 10.0.0.2 tos 192 type 3" code                   \
	" (udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
#define KIND(with, code)                                                       \
	{                                                                      \
		with, FILTER("-A FORWARD -j REJECT --reject-with " with "\n"), \
			UDP "< drop rule\n" ERROR(code)                        \
	}

static const struct script rejects[] = {
	KIND("icmp-net-unreachable", ""),
	KIND("icmp-host-unreachable", " code 1"),
	KIND("icmp-proto-unreachable", " code 2"),
	KIND("icmp-port-unreachable", " code 3"),
	KIND("icmp-net-prohibited", " code 9"),
	KIND("icmp-host-prohibited", " code 10"),
	KIND("icmp-admin-prohibited", " code 13"),
	{"with a reset",
	 FILTER("-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\n"),
	 TCP "< drop rule\n"
	     "^ lan tcp 192.0.2.1:80 > 10.0.0.2:4000 RA ack 10 df\n"
	     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 9 ack 7\n"
	     "< drop rule\n"
	     "^ lan tcp 192.0.2.1:80 > 10.0.0.2:4000 R seq 7 df\n"
	     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 R seq 9\n"
	     "< drop rule\n"
	     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S badsum\n"
	     "< drop rule\n"
	     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S doff 6\n"
	     "< drop rule\n"
	     "^ lan tcp 192.0.2.1:80 > 10.0.0.2:4000 RA ack 4294967293 df\n"
	     "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S doff 6 badsum\n"
	     "< drop rule\n"},
	{"no error about an error, a bad sum or a fragment's rest",
	 FILTER("-A FORWARD -j REJECT\n"),
	 "> lan icmp 10.0.0.2 > 192.0.2.1 type 3\n"
	 "< drop rule\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 badsum\n"
	 "< drop rule\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 off 9 len 8\n"
	 "< drop rule\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 nosum\n"
	 "< drop rule\n"
	 "^ lan icmp 10.0.0.1 > 10.0.0.2 tos 192 type 3 code 3 (udp *)\n"},
	{"nor about what is for many",
	 FILTER("-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n"
		"-A INPUT -j REJECT\n"),
	 "> lan udp 10.0.0.2:68 > 255.255.255.255:67\n"
	 "< drop rule\n"
	 "> lan udp 10.0.0.2:68 > 10.255.255.255:67\n"
	 "< drop rule\n"
	 "> lan tcp 10.0.0.2:68 > 224.0.0.1:67 S\n"
	 "< drop rule\n"
	 "> lan tcp 10.0.0.2:68 > 10.0.0.1:67 S\n"
	 "< drop rule\n"
	 "^ lan tcp 10.0.0.1:67 > 10.0.0.2:68 RA ack 1 df\n"},
	{"at INPUT it comes from who was meant", FILTER("-A INPUT -j REJECT\n"),
	 "> lan udp 10.0.0.2:4000 > 198.51.100.1:53\n"
	 "< drop rule\n"
	 "^ lan icmp 198.51.100.1 > 10.0.0.2 tos 192 type 3 code 3 "
	 "(udp 10.0.0.2:4000 > 198.51.100.1:53)\n"},
	{"about a DNATed connection, as the client knows it",
	 NAT("-A PREROUTING -i wan -j DNAT --to-destination 10.0.0.9\n")
		 FILTER("-A FORWARD -d 10.0.0.9 -j REJECT\n"),
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:53\n"
	 "< drop rule\n"
	 "^ wan icmp 198.51.100.7 > 192.0.2.1 tos 192 type 3 code 3 "
	 "(udp 192.0.2.1:1 > 198.51.100.7:53)\n"
	 "stat entries 0\n"},
	{"an established connection is closed",
	 NAT("-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n") FILTER(
		 "-A FORWARD -p tcp -m mark --mark 1 -j REJECT --reject-with "
		 "tcp-reset\n"),
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 SA ack 1\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 1 ack 1\n"
	 "ct 1 *432000 ESTABLISHED*\n"
	 "mark 1\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 A seq 1 ack 1\n"
	 "< drop rule\n"
	 "^ wan tcp 198.51.100.7:4000 > 192.0.2.1:80 R seq 1 df\n"
	 "ct 1 * 10 CLOSE *\n"},
};

static void test_chains(void **state)
{
	(void)state;
	script_run_all(chains, ARRAY_LEN(chains));
}

static void test_nat_counters(void **state)
{
	(void)state;
	script_run_all(nat_counters, ARRAY_LEN(nat_counters));
}

static void test_rejects(void **state)
{
	(void)state;
	script_run_all(rejects, ARRAY_LEN(rejects));
}

/* Chain c0 jumps to c1 and so on; the last one drops. */
static void chain_of_jumps(unsigned n, char *out, size_t size)
{
	size_t used =
		(size_t)snprintf(out, size, "*filter\n:FORWARD ACCEPT [0:0]\n");

	for (unsigned i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, size - used,
					 ":c%u - [0:0]\n", i);
	used += (size_t)snprintf(out + used, size - used, "-A FORWARD -j c0\n");
	for (unsigned i = 1; i < n; i++)
		used += (size_t)snprintf(out + used, size - used,
					 "-A c%u -j c%u\n", i - 1, i);
	(void)snprintf(out + used, size - used, "-A c%u -j DROP\nCOMMIT\n",
		       n - 1);
}

static void depth(void **state)
{
	char text[8192] = "";

	(void)state;
	for (unsigned n = 1; n <= 64; n *= 2) {
		struct router_config c = router_defaults(text);
		struct router r;

		chain_of_jumps(n, text, sizeof(text));
		router_open(&r, &c);
		router_expect(&r, "lan", "udp 10.0.0.2:1 > 192.0.2.1:2",
			      "drop rule");
		router_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_nat_counters),
		cmocka_unit_test(test_rejects),
		cmocka_unit_test(depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
