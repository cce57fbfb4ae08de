/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a router does with IPv6 (spec section 8), as Linux did. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define C      "2001:db8:1::9"
#define R      "2001:db8:1::1"
#define W      "2001:db8:3::1"
#define S      "2001:db8:99::5"
#define UDP    "udp [" C "]:4000 > [" S "]:53"
#define TRACK  "-6\n*filter\n-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n"
#define NAT    "-6\n-A POSTROUTING -o wan -j MASQUERADE\n"
#define QUOTED "(" UDP

static const struct script headers[] = {
	{"forwarded", NULL, "> lan " UDP " len 4\n< wan " UDP " len 4\n"},
	{"traffic class and flow label stay", NULL,
	 "> lan " UDP " tos 184 label 4660\n< wan " UDP
	 " tos 184 label 4660\n"},
	{"no next header", NULL,
	 "> lan proto 59 " C " > " S "\n< wan proto 59 " C " > " S "\n"},
	{"extension headers are passed on", NULL,
	 "> lan " UDP " ext 0 ext 60 ext 43\n"
	 "< wan " UDP " ext 0 ext 60 ext 43\n"},
	{"addresses that are on no wire", NULL,
	 "> lan udp [::1]:1 > [" S "]:2\n< drop ip_header\n"
	 "> lan udp [ff02::1]:1 > [" S "]:2\n< drop ip_header\n"
	 "> lan udp [" C "]:1 > [::1]:2\n< drop ip_header\n"
	 "> lan udp [" C "]:1 > [ff01::1]:2\n< drop ip_header\n"},
	{"scopes", NULL,
	 "> lan udp [::]:1 > [" S "]:2\n< drop beyond_scope\n"
	 "> lan udp [fe80::9]:1 > [" S "]:2\n< drop beyond_scope\n"
	 "> lan udp [fe80::9]:1 > [2001:db8:1::7]:2\n"
	 "< lan udp [fe80::9]:1 > [2001:db8:1::7]:2\n"
	 "> lan udp [" C "]:1 > [fe80::9]:2\n< drop no_route\n"
	 "^ lan icmp6 " R " > " C " type 1 (udp [" C "]:1 > [fe80::9]:2)\n"
	 "> wan udp [" S "]:1 > [fe80::9]:2\n"
	 "< wan udp [" S "]:1 > [fe80::9]:2\n"},
	{"own and mapped addresses are sources like any", NULL,
	 "> lan udp [" R "]:1 > [" S "]:2\n< wan udp [" R "]:1 > [" S "]:2\n"
	 "> lan udp [::ffff:1.2.3.4]:1 > [" S "]:2\n"
	 "< wan udp [::ffff:1.2.3.4]:1 > [" S "]:2\n"},
	{"groups", NULL,
	 "> lan udp [" C "]:1 > [ff02::1]:2\n< local\n"
	 "> lan udp [" C "]:1 > [ff02::5]:2\n< drop not_for_us\n"
	 "> lan icmp6 " C " > ff02::2 id 7\n< local\n"
	 "^ lan icmp6 " R " > " C " type 129 id 7\n"},
	{"hop limit", NULL,
	 "> lan " UDP " ttl 1 tos 255\n< drop ttl_expired\n"
	 "^ lan icmp6 " R " > " C " type 3 " QUOTED " ttl 1 tos 255)\n"
	 "> lan icmp6 " C " > " S " type 1 ttl 1\n< drop ttl_expired\n"
	 "> lan icmp6 " C " > " S " type 135 ttl 1\n< drop ttl_expired\n"
	 "^ lan icmp6 " R " > " C " type 3 (icmp6 " C " > " S
	 " ttl 1 type 135)\n"},
	{"routers do not fragment", NULL,
	 "> lan " UDP " len 1453\n< drop too_big\n"
	 "^ lan icmp6 " R " > " C " type 2 rest 1500 " QUOTED " len 1184)\n"
	 "> lan " UDP " len 1452\n< wan " UDP " len 1452\n"},
};

static const struct script locals[] = {
	{"echo", NULL,
	 "> lan icmp6 " C " > " R " code 3 id 7 tos 255 len 5\n< local\n"
	 "^ lan icmp6 " R " > " C " tos 255 type 129 code 3 id 7 len 5\n"
	 "> lan icmp6 " C " > " R " id 7 badsum\n< local\n"},
	{"anycast answers as the router", NULL,
	 "> lan icmp6 " C " > 2001:db8:1:: id 7\n< local\n"
	 "^ lan icmp6 " R " > " C " type 129 id 7\n"
	 "> lan udp [" C "]:1 > [2001:db8:1::]:2\n< local\n"
	 "^ lan icmp6 2001:db8:1:: > " C " type 1 code 4 (udp [" C
	 "]:1 > [2001:db8:1::]:2)\n"
	 "> lan tcp [" C "]:1 > [2001:db8:1::]:2 S\n< local\n"},
	{"closed", NULL,
	 "> lan udp [" C "]:1 > [" R "]:2 len 3\n< local\n"
	 "^ lan icmp6 " R " > " C " type 1 code 4 (udp [" C "]:1 > [" R
	 "]:2 len 3)\n"
	 "> lan udp [" C "]:1 > [" R "]:2 nosum\n< local\n"
	 "> lan tcp [" C "]:1 > [" R "]:2 S seq 5 tos 255\n< local\n"
	 "^ lan tcp [" R "]:2 > [" C "]:1 RA ack 6 tos 252\n"
	 "> lan tcp [" C "]:1 > [" R "]:2 A ack 77 ext 60\n< local\n"
	 "^ lan tcp [" R "]:2 > [" C "]:1 R seq 77\n"
	 "> lan tcp [" C "]:1 > [" R "]:2 R\n< local\n"},
	{"what is not known here", NULL,
	 "> lan proto 253 " C " > " R " len 8\n< local\n"
	 "^ lan icmp6 " R " > " C " type 4 code 1 rest 6 (proto 253 " C " > " R
	 " len 8)\n"
	 "> lan proto 253 " C " > " R " len 8 ext 60\n< local\n"
	 "^ lan icmp6 " R " > " C " type 4 code 1 rest 40 (proto 253 " C " > " R
	 " ext 60 len 8)\n"
	 "> lan udp [" C "]:1 > [" R "]:2 ext 60 ext 0\n< local\n"
	 "^ lan icmp6 " R " > " C " type 4 code 1 rest 40 (udp [" C "]:1 > [" R
	 "]:2 ext 60 ext 0)\n"
	 "> lan proto 59 " C " > " R "\n< local\n"
	 "> lan proto 103 " C " > " R "\n< local\n"},
	{"the answer is whom was asked, by whatever link", NULL,
	 "> wan tcp [" S "]:1 > [" R "]:2 S ext 0 extopt 158\n"
	 "< drop ip_options\n"
	 "^ wan icmp6 " R " > " S " type 4 code 2 rest 42 (tcp *\n"},
	{"itself",
	 "-6\n*mangle\n-A PREROUTING\n-A INPUT\n-A INPUT ! -i lan\n"
	 "-A INPUT -m conntrack --ctstate ESTABLISHED\n-A OUTPUT\n"
	 "-A POSTROUTING\n-A POSTROUTING -o wan\nCOMMIT\n",
	 "> lan icmp6 " R " > " R " id 7\n< local\n"
	 "> lan tcp [" R "]:1 > [" R "]:2 S\n< local\n"
	 "> lan udp [" R "]:1 > [" R "]:2\n< local\n"
	 "count mangle/PREROUTING 1 6 360\ncount mangle/INPUT 1 6 360\n"
	 "count mangle/INPUT 2 3 204\ncount mangle/INPUT 3 2 108\n"
	 "count mangle/OUTPUT 1 3 204\n"
	 "count mangle/POSTROUTING 1 3 204\ncount mangle/POSTROUTING 2 0 0\n"},
	{"nobody is answered, but not told", NULL,
	 "> lan icmp6 :: > " R " id 7\n< local\n"
	 "^ wan icmp6 " R " > :: type 129 id 7\n"
	 "> lan tcp [::]:1 > [" R "]:2 S seq 5\n< local\n"
	 "^ wan tcp [" R "]:2 > [::]:1 RA ack 6\n"
	 "> lan udp [::]:1 > [" R "]:2\n< local\n"
	 "> lan proto 253 :: > " R " len 8\n< local\n"},
	{"nobody is reset by a rule",
	 "-6\n*filter\n-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n"
	 "COMMIT\n",
	 "> lan tcp [::]:1 > [" R "]:2 S seq 5\n< drop *\n"
	 "> lan tcp [" C "]:1 > [" R "]:2 S seq 5\n< drop *\n"
	 "^ lan tcp [" R "]:2 > [" C "]:1 RA ack 6\n"},
};

static const struct script tracked[] = {
	{"queries open, answers do not", TRACK,
	 "> lan icmp6 " C " > " S " id 7\n< wan *\nis NEW\n"
	 "> wan icmp6 " S " > " C " type 129 id 7\n< lan *\n"
	 "is ESTABLISHED reply\n"
	 "> wan icmp6 " S " > " C " type 129 code 1 id 7\n< lan *\n"
	 "is INVALID\n"
	 "> lan icmp6 " C " > " S " type 139 id 7\n< wan *\nis NEW\n"
	 "> lan icmp6 " C " > " S " type 200\n< wan *\nis INVALID\n"
	 "ct 1 icmpv6   58 * src=" C " dst=" S " type=128 code=0 id=7 src=*\n"},
	{"neighbours are not tracked", TRACK,
	 "> lan icmp6 " C " > " S " type 135\n< wan *\nis UNTRACKED\n"
	 "> lan icmp6 " C " > " S " type 143\n< wan *\nis UNTRACKED\n"
	 "> lan icmp6 " C " > " S " type 135 badsum\n< wan *\nis INVALID\n"
	 "> lan icmp6 " C " > " S " type 137\n< wan *\nis INVALID\n"},
	{"behind extension headers", TRACK,
	 "> lan " UDP " ext 0 ext 60\n< wan *\nis NEW\n"
	 "> lan proto 59 " C " > " S "\n< wan *\nis INVALID\n"
	 "> lan icmp " C " > " S "\n< wan *\nis INVALID\n"
	 "ct 1 udp *\n"},
	{"errors of any type below 128", TRACK,
	 "> lan " UDP "\n< wan *\n"
	 "> wan icmp6 2001:db8:98::1 > " C " type 3 " QUOTED ")\n< lan *\n"
	 "is RELATED reply\n"
	 "> wan icmp6 2001:db8:98::1 > " C " type 100 " QUOTED ")\n< lan *\n"
	 "is RELATED reply\n"
	 "> wan icmp6 2001:db8:98::1 > 2001:db8:1::8 type 3 " QUOTED
	 ")\n< lan *\nis INVALID\n"},
};

static const struct script translated[] = {
	{"MASQUERADE", NAT,
	 "> lan " UDP " len 3\n< wan udp [" W "]:4000 > [" S "]:53 len 3\n"
	 "> wan udp [" S "]:53 > [" W "]:4000 len 9\n"
	 "< lan udp [" S "]:53 > [" C "]:4000 len 9\n"
	 "> lan tcp [" C "]:4000 > [" S "]:80 S seq 7 ext 60\n"
	 "< wan tcp [" W "]:4000 > [" S "]:80 S seq 7 ext 60\n"
	 "> lan icmp6 " C " > " S " id 7 len 9\n"
	 "< wan icmp6 " W " > " S " type 128 id 7 len 9\n"
	 "> wan icmp6 " S " > " W " type 129 id 7 len 9\n"
	 "< lan icmp6 " S " > " C " type 129 id 7 len 9\n"
	 "> lan " UDP " nosum\n< wan udp [" W "]:4000 > [" S "]:53 nosum\n"},
	{"errors about what was translated", NAT,
	 "> lan " UDP "\n< wan *\n"
	 "> wan icmp6 2001:db8:98::1 > " W " type 3 (udp [" W "]:4000 > [" S
	 "]:53)\n"
	 "< lan icmp6 2001:db8:98::1 > " C " type 3 " QUOTED ")\n"
	 "> wan udp [" S "]:53 > [" W "]:4000 ttl 1\n< drop ttl_expired\n"
	 "^ wan icmp6 " W " > " S " type 3 (udp [" S "]:53 > [" W
	 "]:4000 ttl 1)\n"},
	{"DNAT, and errors about it",
	 "-6\n-A PREROUTING -i wan -p tcp "
	 "--dport 80 -j DNAT --to-destination "
	 "[2001:db8:1::9]:8080\n",
	 "> wan tcp [" S "]:1000 > [" W "]:80 S\n"
	 "< lan tcp [" S "]:1000 > [" C "]:8080 S\n"
	 "> lan tcp [" C "]:8080 > [" S "]:1000 SA ack 1\n"
	 "< wan tcp [" W "]:80 > [" S "]:1000 SA ack 1\n"
	 "> wan tcp [" S "]:1001 > [" W "]:80 S ttl 1\n< drop ttl_expired\n"
	 "^ wan icmp6 " W " > " S " type 3 (tcp [" S "]:1001 > [" W
	 "]:80 S ttl 1)\n"},
	{"REDIRECT", "-6\n-A PREROUTING -p udp -j REDIRECT --to-ports 7\n",
	 "> lan " UDP "\n< local\n"
	 "^ lan icmp6 " S " > " C " type 1 code 4 " QUOTED ")\n"
	 "ct 1 udp *dst=" S " *src=" R " dst=" C " sport=7 *\n"},
	{"an answer for a group: nobody is told that it is too long",
	 "-6\n*mangle\n-A INPUT\nCOMMIT\n"
	 "*nat\n-A PREROUTING -p udp -j REDIRECT --to-ports 7\nCOMMIT\n",
	 "> lan udp [" C "]:4000 > [ff0e::5]:53\n< local\n"
	 "^ lan icmp6 ff0e::5 > " C " type 1 code 4 (udp [" C
	 "]:4000 > [ff0e::5]:53)\n"
	 "> lan icmp6 " C " > " R " type 2 rest 1300 (icmp6 " R " > " C
	 ")\n< local\n"
	 "> lan udp [" R "]:7 > [" C "]:4000 len 1431\n< drop too_big\n"
	 "count mangle/INPUT 1 2 144\n"},
	{"NETMAP keeps the host half",
	 "-6\n-A POSTROUTING -o wan -j NETMAP --to 2001:db8:77::/48\n",
	 "> lan " UDP "\n< wan udp [2001:db8:77::9]:4000 > [" S "]:53\n"},
	{"a port that is taken",
	 "-6\n-A POSTROUTING -p udp -j SNAT "
	 "--to-source [2001:db8:3::7]:600-600\n",
	 "> lan " UDP "\n< wan udp [2001:db8:3::7]:600 > [" S "]:53\n"
	 "> lan udp [2001:db8:1::8]:4000 > [" S "]:53\n"
	 "< drop insert_failed\n"},
};

static const struct script rules[] = {
	{"-p looks behind extension headers",
	 "-6\n*filter\n-A FORWARD -p udp -j DROP\nCOMMIT\n",
	 "> lan " UDP " ext 0 ext 60\n< drop rule\n"
	 "> lan tcp [" C "]:1 > [" S "]:2 S\n< wan *\n"
	 "count filter/FORWARD 1 1 64\n"},
	{"icmp6",
	 "-6\n*filter\n-A FORWARD -p icmpv6 --icmpv6-type 1/4 -j "
	 "DROP\nCOMMIT\n",
	 "> lan icmp6 " C " > " S " type 1 code 4\n< drop rule\n"
	 "> lan icmp6 " C " > " S " type 1 code 3\n< wan *\n"},
	{"REJECT",
	 "-6\n*filter\n-A FORWARD -p tcp -j REJECT --reject-with "
	 "tcp-reset\n-A FORWARD -j REJECT --reject-with "
	 "icmp6-policy-fail\nCOMMIT\n",
	 "> lan " UDP "\n< drop rule\n"
	 "^ lan icmp6 " R " > " C " type 1 code 5 " QUOTED ")\n"
	 "> lan tcp [" C "]:1 > [" S "]:2 S seq 9\n< drop rule\n"
	 "^ lan tcp [" S "]:2 > [" C "]:1 RA ack 10\n"
	 "> lan " UDP " badsum\n< drop rule\n"},
	{"-p tcp drops no fragment for its offset, as that of IPv4 does",
	 "-6\n*filter\n-A FORWARD -p tcp --dport 25 -j DROP\nCOMMIT\n",
	 "> lan proto 6 " C " > " S " off 1 len 9\n< wan *\n"},
	{"addresses",
	 "-6\n*filter\n-A FORWARD -s 2001:db8:1::/64 ! -d "
	 "2001:db8:99::/48 -j DROP\n-A FORWARD -m iprange "
	 "--dst-range 2001:db8:99::4-2001:db8:99::6 -j DROP\n"
	 "COMMIT\n",
	 "> lan " UDP "\n< drop rule\n"
	 "> lan udp [" C "]:1 > [2001:db8:99::7]:2\n< wan *\n"
	 "> lan udp [" C "]:1 > [2001:db8:98::7]:2\n< drop rule\n"
	 "count filter/FORWARD 1 1 48\n"},
};

#define SCRIPTS(name)                                                          \
	static void test_##name(void **state)                                  \
	{                                                                      \
		(void)state;                                                   \
		script_run_all(name, ARRAY_LEN(name));                         \
	}
SCRIPTS(headers)
SCRIPTS(locals)
SCRIPTS(tracked)
SCRIPTS(translated)
SCRIPTS(rules)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_locals),
		cmocka_unit_test(test_tracked),
		cmocka_unit_test(test_translated),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
