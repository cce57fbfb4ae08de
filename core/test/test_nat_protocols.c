/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Protocols beyond TCP, UDP and ICMP through the router: SCTP, UDP-Lite, GRE
 * and what has no ids (spec 6, 7.5, 7.7). The rows are Linux's answers. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define DNAT "-A PREROUTING -i wan -j DNAT --to-destination 10.0.0.9\n"

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
	{"SCTP to a port behind DNAT",
	 "-A PREROUTING -i wan -p sctp --dport 80 -j DNAT "
	 "--to-destination 10.0.0.9:8080\n",
	 "> wan sctp 192.0.2.1:4000 > 198.51.100.1:80 chunk 1 itag 7\n"
	 "< lan sctp 192.0.2.1:4000 > 10.0.0.9:8080 chunk 1 itag 7\n"
	 "> lan sctp 10.0.0.9:8080 > 192.0.2.1:4000 tag 7 chunk 2 itag 5\n"
	 "< wan sctp 198.51.100.1:80 > 192.0.2.1:4000 tag 7 chunk 2 itag 5\n"},
	{"a bad CRC is INVALID", SNAT,
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7 badsum\n"
	 "< wan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7 badsum\n"
	 "is INVALID\n"},
	{"unless nobody looks: then it is made right", SNAT,
	 "sysctl checksum 0\n"
	 "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 chunk 1 itag 7 badsum\n"
	 "< wan sctp 198.51.100.7:4000 > 192.0.2.1:80 chunk 1 itag 7\n"},
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
	{"PPTP's calls are told apart", SNAT,
	 "> lan gre 10.0.0.2 > 192.0.2.1 version 1 id 9\n"
	 "< wan gre 198.51.100.7 > 192.0.2.1 version 1 id 9\n"
	 "> lan gre 10.0.0.3 > 192.0.2.1 version 1 id 10\n"
	 "< wan gre 198.51.100.7 > 192.0.2.1 version 1 id 10\n"
	 "ct 1 gre      47 30 *srckey=0x0 dstkey=0xa *srckey=0xa dstkey=0x0*\n"
	 "> lan gre 10.0.0.2 > 192.0.2.1 version 1 carries 2048 id 9\n"
	 "< wan gre 10.0.0.2 > 192.0.2.1 version 1 carries 2048 id 9\n"
	 "is INVALID\n"},
	{"the destination of GRE of another version cannot be changed", DNAT,
	 "> wan gre 192.0.2.1 > 198.51.100.1 version 2\n"
	 "< drop nat\n"
	 "> wan gre 192.0.2.1 > 198.51.100.1\n"
	 "< lan gre 192.0.2.1 > 10.0.0.9\n"
	 "> lan gre 10.0.0.9 > 192.0.2.1 version 2\n"
	 "< wan gre 198.51.100.1 > 192.0.2.1 version 2\n"},
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
