/* SPDX-License-Identifier: BSD-2-Clause
 *
 * NAT targets and what they do at each hook (spec 7.2, 7.6), and errors about
 * what they translated (7.8). */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT       "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define DNAT       "-A PREROUTING -i wan -j DNAT --to-destination 10.0.0.9\n"
#define MASQUERADE "-A POSTROUTING -j MASQUERADE\n"

static const struct script targets[] = {
	{"MASQUERADE takes the exit's address", MASQUERADE,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.1:4000 > 192.0.2.1:53\n"
	 "> dmz udp 172.16.0.2:4000 > 192.0.2.1:53\n"
	 "< wan2 udp 203.0.113.1:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.1:4000\n"
	 "< lan udp 192.0.2.1:53 > 10.0.0.2:4000\n"},
	{"MASQUERADE to ports",
	 "-A POSTROUTING -p udp -j MASQUERADE --to-ports 600-601\n",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.1:60* > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.1:60* > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.4:4000 > 192.0.2.1:53\n"
	 "< drop insert_failed\n"},
	{"a masqueraded connection ends when its exit changes", MASQUERADE,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.1:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.1:4000\n"
	 "< lan udp 192.0.2.1:53 > 10.0.0.2:4000\n"
	 "> dmz udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< drop oif_changed\n"
	 "stat entries 0\n"
	 "> dmz udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan2 udp 203.0.113.1:4000 > 192.0.2.1:53\n"
	 "is NEW\n"},
	{"one with SNAT does not",
	 "-A POSTROUTING -j SNAT --to-source 198.51.100.7\n",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> dmz udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan2 udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"},
	{"REDIRECT is to the interface's address",
	 "-A PREROUTING -i lan -p udp -j REDIRECT --to-ports 7000\n",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 len 1\n"
	 "< local\n"
	 "^ lan icmp 192.0.2.1 > 10.0.0.2 tos 192 type 3 code 3 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53 len 1)\n"
	 "ct 1 udp *dst=192.0.2.1 *src=10.0.0.1 dst=10.0.0.2 sport=7000 *\n"},
	{"REDIRECT keeps the port unless told",
	 "-A PREROUTING -i lan -p tcp -j REDIRECT\n",
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 9\n"
	 "< local\n"
	 "^ lan tcp 192.0.2.1:80 > 10.0.0.2:4000 RA ack 10 df\n"},
	{"NETMAP of the destination keeps the host half",
	 "-A PREROUTING -i wan -d 198.51.100.0/24 -j NETMAP --to 10.9.0.0/24\n",
	 "> wan udp 192.0.2.1:1 > 198.51.100.77:53\n"
	 "< lan udp 192.0.2.1:1 > 10.9.0.77:53\n"
	 "> lan udp 10.9.0.77:53 > 192.0.2.1:1\n"
	 "< wan udp 198.51.100.77:53 > 192.0.2.1:1\n"},
	{"NETMAP of the source",
	 "-A POSTROUTING -o wan -s 10.9.0.0/16 -j NETMAP --to 198.18.0.0/16\n",
	 "> lan udp 10.9.3.77:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.18.3.77:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.8.3.77:4000 > 192.0.2.1:53\n"
	 "< wan udp 10.8.3.77:4000 > 192.0.2.1:53\n"},
	{"both ends",
	 SNAT "-A PREROUTING -i lan -d 1.2.3.4 -p udp -j DNAT "
	      "--to-destination 192.0.2.1:5353\n",
	 "> lan udp 10.0.0.2:4000 > 1.2.3.4:53 len 5\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:5353 len 5\n"
	 "> wan udp 192.0.2.1:5353 > 198.51.100.7:4000 len 6\n"
	 "< lan udp 1.2.3.4:53 > 10.0.0.2:4000 len 6\n"
	 "> lan udp 10.0.0.2:4000 > 1.2.3.4:53 len 7\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:5353 len 7\n"},
	{"a hairpin",
	 "-A PREROUTING -d 198.51.100.7 -p tcp -j DNAT "
	 "--to-destination 10.0.0.9\n"
	 "-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE\n",
	 "> lan tcp 10.0.0.2:4000 > 198.51.100.7:80 S\n"
	 "< lan tcp 10.0.0.1:4000 > 10.0.0.9:80 S\n"
	 "> lan tcp 10.0.0.9:80 > 10.0.0.1:4000 SA ack 1\n"
	 "< lan tcp 198.51.100.7:80 > 10.0.0.2:4000 SA ack 1\n"},
	{"to the router itself, source at INPUT",
	 "-A INPUT -p udp -j SNAT --to-source 10.3.3.3\n",
	 "> lan udp 10.0.0.2:4000 > 10.0.0.1:9\n"
	 "< local\n"
	 "^ lan icmp 10.0.0.1 > 10.0.0.2 tos 192 type 3 code 3 "
	 "(udp 10.0.0.2:4000 > 10.0.0.1:9)\n"
	 "ct 1 *src=10.0.0.2 * dst=10.3.3.3 *\n"},
	{"a rule decides once", SNAT DNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "< lan udp 192.0.2.1:53 > 10.0.0.2:4000\n"
	 "count nat/POSTROUTING 1 1 28\n"
	 "count nat/PREROUTING 1 0 0\n"
	 "count nat/PREROUTING 0 1 28\n"},
	{"no rule at all, but a connection",
	 "*filter\n:FORWARD ACCEPT [0:0]\n"
	 "-A FORWARD -m conntrack --ctstate NEW\nCOMMIT\n",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "is NEW\n"
	 "> wan udp 192.0.2.1:53 > 10.0.0.2:4000\n"
	 "< lan udp 192.0.2.1:53 > 10.0.0.2:4000\n"
	 "is ESTABLISHED reply\n"
	 "count filter/FORWARD 1 1 28\n"},
	{"a nat table alone tracks nothing", "",
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "stat entries 0\n"},
};

static const struct script invalid[] = {
	{"what cannot be tracked leaves as it came", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 badsum\n"
	 "< wan udp 10.0.0.2:4000 > 192.0.2.1:53 badsum\n"
	 "is INVALID\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 SF\n"
	 "< wan tcp 10.0.0.2:4000 > 192.0.2.1:80 FS\n"
	 "is INVALID\n"
	 "> lan icmp 10.0.0.2 > 192.0.2.1 type 0 id 7\n"
	 "< wan icmp 10.0.0.2 > 192.0.2.1 type 0 id 7\n"
	 "> lan icmp 10.0.0.2 > 192.0.2.1 type 9\n"
	 "< wan icmp 10.0.0.2 > 192.0.2.1 type 9\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 SA\n"
	 "< wan tcp 10.0.0.2:4000 > 192.0.2.1:80 SA\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 cut 24\n"
	 "< wan proto 17 10.0.0.2 > 192.0.2.1 len 4\n"
	 "stat entries 0\n"
	 "stat invalid 6\n"
	 "count nat/POSTROUTING 1 0 0\n"},
	{"checksums may go unlooked at", SNAT,
	 "sysctl checksum 0\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 badsum\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53 badsum\n"
	 "is NEW\n"},
	{"an answer with another code is none", SNAT,
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 8 id 7\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.7 type 0 code 1 id 7\n"
	 "is INVALID\n"},
	{"connections picked up in the middle, or not", SNAT,
	 "sysctl tcp_loose 0\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A ack 5\n"
	 "< wan tcp 10.0.0.2:4000 > 192.0.2.1:80 A ack 5\n"
	 "is INVALID\n"},
};

#define ASK                                                                    \
	"> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"                             \
	"< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
#define QUOTE "(udp 198.51.100.7:4000 > 192.0.2.1:53)\n"

static const struct script related[] = {
	{"an error comes back to who asked", SNAT,
	 ASK "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 code 1 " QUOTE
	     "< lan icmp 192.0.2.9 > 10.0.0.2 type 3 code 1 "
	     "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
	     "is RELATED reply\n"
	     /* and is no answer */
	     "ct 1 *[UNREPLIED]*\n"},
	{"each kind of error, and its rest", SNAT,
	 ASK
	 "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 code 4 rest 1400 " QUOTE
	 "< lan icmp 192.0.2.9 > 10.0.0.2 type 3 code 4 rest 1400 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
	 "> wan icmp 192.0.2.9 > 198.51.100.7 type 4 " QUOTE
	 "< lan icmp 192.0.2.9 > 10.0.0.2 type 4 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
	 "> wan icmp 192.0.2.9 > 198.51.100.7 type 11 " QUOTE
	 "< lan icmp 192.0.2.9 > 10.0.0.2 type 11 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
	 "> wan icmp 192.0.2.9 > 198.51.100.7 type 12 " QUOTE
	 "< lan icmp 192.0.2.9 > 10.0.0.2 type 12 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"
	 "> wan icmp 192.0.2.9 > 198.51.100.7 type 5 " QUOTE
	 "< drop icmp_error\n"},
	{"an error about an answer", SNAT,
	 ASK "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	     "> lan icmp 10.0.0.2 > 192.0.2.1 type 3 code 3 "
	     "(udp 192.0.2.1:53 > 10.0.0.2:4000)\n"
	     "< wan icmp 198.51.100.7 > 192.0.2.1 type 3 code 3 "
	     "(udp 192.0.2.1:53 > 198.51.100.7:4000)\n"
	     "is RELATED\n"},
	{"errors that belong to nobody", SNAT,
	 ASK "> wan icmp 192.0.2.9 > 198.51.100.8 type 3 " QUOTE "is INVALID\n"
	     "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 "
	     "(udp 198.51.100.7:4001 > 192.0.2.1:53)\n"
	     "is INVALID\n"
	     "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 badsum " QUOTE
	     "is INVALID\n"
	     "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 "
	     "(icmp 198.51.100.7 > 192.0.2.1 type 3)\n"
	     "is INVALID\n"
	     "> wan icmp 192.0.2.9 > 198.51.100.7 type 3\n"
	     "is INVALID\n"},
	{"four bytes of UDP say whose it is, but cannot be rewritten", SNAT,
	 ASK "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 "
	     "(udp 198.51.100.7:4000 > 192.0.2.1:53 cut 24)\n"
	     "< drop icmp_error\n"
	     "> wan icmp 192.0.2.9 > 198.51.100.7 type 3 "
	     "(udp 198.51.100.7:4000 > 192.0.2.1:53 cut 28)\n"
	     "< lan icmp 192.0.2.9 > 10.0.0.2 type 3 "
	     "(udp 10.0.0.2:4000 > 192.0.2.1:53)\n"},
	{"about a DNATed connection: the public address answers", DNAT,
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:53\n"
	 "< lan udp 192.0.2.1:1 > 10.0.0.9:53\n"
	 "> lan icmp 10.0.0.9 > 192.0.2.1 type 3 code 3 "
	 "(udp 192.0.2.1:1 > 10.0.0.9:53)\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 3 code 3 "
	 "(udp 192.0.2.1:1 > 198.51.100.7:53)\n"
	 "is RELATED reply\n"},
	{"the router's own errors, translated", DNAT,
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:53 ttl 1\n"
	 "< drop ttl_expired\n"
	 "^ wan icmp 198.51.100.7 > 192.0.2.1 tos 192 type 11 "
	 "(udp 192.0.2.1:1 > 198.51.100.7:53 ttl 1)\n"
	 "stat entries 0\n"},
	{"the router's own errors to the inside", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 ttl 1\n"
	 "< drop ttl_expired\n"
	 "^ lan icmp 10.0.0.1 > 10.0.0.2 tos 192 type 11 "
	 "(udp 10.0.0.2:4000 > 192.0.2.1:53 ttl 1)\n" ASK
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000 ttl 1\n"
	 "< drop ttl_expired\n"
	 "^ wan icmp 198.51.100.7 > 192.0.2.1 tos 192 type 11 "
	 "(udp 192.0.2.1:53 > 198.51.100.7:4000 ttl 1)\n"
	 "ct 0 *[UNREPLIED]*\n"},
};

static void test_targets(void **state)
{
	(void)state;
	script_run_all(targets, ARRAY_LEN(targets));
}

static void test_invalid(void **state)
{
	(void)state;
	script_run_all(invalid, ARRAY_LEN(invalid));
}

static void test_related(void **state)
{
	(void)state;
	script_run_all(related, ARRAY_LEN(related));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_related),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
