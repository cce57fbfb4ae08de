/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Protocols beyond TCP, UDP and ICMP on their way through the router: their
 * states, timeouts and ports (spec 6, 7.5). data/kernel/protocols.script has
 * what Linux does with more of their packets. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"

static const struct script scripts[] = {
	{"an SCTP association behind SNAT", SNAT,
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "< wan sctp 198.51.100.7:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "ct 1 sctp     132 10 CLOSED *UNREPLIED*\n"
	 "> wan sctp 192.0.2.1:80 > 198.51.100.7:4000 tag 7 chunk 2 itag 5\n"
	 "< lan sctp 192.0.2.1:80 > 10.0.0.2:4000 tag 7 chunk 2 itag 5\n"
	 "ct 1 sctp     132 3 COOKIE_WAIT *\n"
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 tag 5 chunk 10\n"
	 "< wan sctp 198.51.100.7:4000 > 192.0.2.1:80 tag 5 chunk 10\n"
	 "ct 1 sctp     132 3 COOKIE_ECHOED *\n"
	 "> wan sctp 192.0.2.1:80 > 198.51.100.7:4000 tag 7 chunk 11\n"
	 "< lan sctp 192.0.2.1:80 > 10.0.0.2:4000 tag 7 chunk 11\n"
	 "is ESTABLISHED reply\n"
	 "ct 1 sctp     132 210 ESTABLISHED *ASSURED*\n"
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 tag 6\n"
	 "< wan sctp 10.0.0.2:4000 > 192.0.2.1:80 tag 6\n"
	 "is INVALID\n"},
	{"SCTP ports are searched like TCP's",
	 "-A POSTROUTING -p sctp -j SNAT --to-source 198.51.100.7:600-601\n",
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "< wan sctp 198.51.100.7:60* > 192.0.2.1:80 chunk 1 itag 7\n"
	 "> lan sctp 10.0.0.3:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "< wan sctp 198.51.100.7:60* > 192.0.2.1:80 chunk 1 itag 7\n"
	 "> lan sctp 10.0.0.4:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "< drop insert_failed\n"},
	{"timeouts of SCTP", SNAT,
	 "sysctl sctp_timeout_closed 77\n"
	 "sysctl sctp_timeout_cookie_wait 78\n"
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "< wan sctp 198.51.100.7:4000 > 192.0.2.1:80 chunk 1 itag 7\n"
	 "ct 1 sctp     132 77 *\n"
	 "> wan sctp 192.0.2.1:80 > 198.51.100.7:4000 tag 7 chunk 2 itag 5\n"
	 "< lan sctp 192.0.2.1:80 > 10.0.0.2:4000 tag 7 chunk 2 itag 5\n"
	 "ct 1 sctp     132 78 *\n"},
	{"plain GRE is told by its addresses", SNAT,
	 "> lan gre 10.0.0.2 > 192.0.2.1 carries 2048 id 9\n"
	 "< wan gre 198.51.100.7 > 192.0.2.1 carries 2048 id 9\n"
	 "ct 1 gre      47 30 *srckey=0x0 dstkey=0x0 *UNREPLIED*\n"
	 "> wan gre 192.0.2.1 > 198.51.100.7 carries 2048 id 3\n"
	 "< lan gre 192.0.2.1 > 10.0.0.2 carries 2048 id 3\n"
	 "ct 1 gre      47 30 *\n"
	 "> lan gre 10.0.0.2 > 192.0.2.1 carries 2048\n"
	 "< wan gre 198.51.100.7 > 192.0.2.1 carries 2048\n"
	 "ct 1 gre      47 180 *ASSURED*\n"
	 "> lan gre 10.0.0.3 > 192.0.2.1 carries 2048\n"
	 "< drop insert_failed\n"},
	{"UDP-Lite, summed as Linux sums it", SNAT,
	 "> lan udplite 10.0.0.2:4000 > 192.0.2.1:53 len 20 ulen 8\n"
	 "< wan udplite 198.51.100.7:4000 > 192.0.2.1:53*\n"
	 "ct 1 udplite  136 30 *\n"
	 "> wan udplite 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "< lan udplite 192.0.2.1:53 > 10.0.0.2:4000*\n"
	 "ct 1 udplite  136 30 *\n"
	 "> lan udplite 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udplite 198.51.100.7:4000 > 192.0.2.1:53*\n"
	 "ct 1 udplite  136 120 *ASSURED*\n"
	 "> lan udplite 10.0.0.2:4000 > 192.0.2.1:53 sumproto 136\n"
	 "< wan udplite 10.0.0.2:4000 > 192.0.2.1:53*\n"
	 "is INVALID\n"},
	{"what has no ids is told by its addresses", SNAT,
	 "> lan proto 50 10.0.0.2 > 192.0.2.1 len 24\n"
	 "< wan proto 50 198.51.100.7 > 192.0.2.1 len 24\n"
	 "ct 1 unknown  50 600 *UNREPLIED*\n"
	 "> lan proto 51 10.0.0.2 > 192.0.2.1 len 24\n"
	 "< wan proto 51 198.51.100.7 > 192.0.2.1 len 24\n"
	 "> wan proto 50 192.0.2.1 > 198.51.100.7\n"
	 "< lan proto 50 192.0.2.1 > 10.0.0.2\n"
	 "ct 2 unknown *600 *\n"
	 "> lan proto 33 10.0.0.2 > 192.0.2.1 len 16\n"
	 "< wan proto 33 198.51.100.7 > 192.0.2.1 len 16\n"
	 "ct 1 dccp     33 600 *sport=0 dport=0 *\n"},
	/* which DNAT has changed, for the answer's id was taken */
	{"the source of an id that ICMP has now, not of that it came with",
	 "-A PREROUTING -d 198.51.100.1 -p icmp -j DNAT "
	 "--to-destination 10.0.0.80\n"
	 "-A POSTROUTING -o lan -m conntrack --ctstate DNAT "
	 "-j SNAT --to-source 198.51.100.7\n" SNAT,
	 "> lan icmp 10.0.0.3 > 192.0.2.1 id 7\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 8 id 7\n"
	 "> lan icmp 10.0.0.2 > 10.0.0.80 id 7\n"
	 "< lan icmp 10.0.0.2 > 10.0.0.80 type 8 id 7\n"
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n< wan *\n"
	 "> lan icmp 10.0.0.2 > 198.51.100.1 id 7\n"
	 "< lan icmp 198.51.100.7 > 10.0.0.80 type 8\n"},
};

static void protocols(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(protocols)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
