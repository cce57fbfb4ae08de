/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which port, id or address a connection gets (spec 7.3 to 7.5). The rules
 * stand above the traffic; 198.51.100.7 is nobody's but the NAT's. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define SNAT_TO(proto, to)                                                     \
	"-A POSTROUTING -o wan -p " proto " -j SNAT --to-source " to "\n"
#define DNAT_TO(proto, to)                                                     \
	"-A PREROUTING -i wan -p " proto " -j DNAT --to-destination " to "\n"

/* The same socket to one more port: each takes the next of the range. */
#define NEXT(n)                                                                \
	"> wan udp 192.0.2.1:1 > 198.51.100.7:10" #n "\n"                      \
	"< lan udp 192.0.2.1:1 > 10.0.0.9:50" #n "\n"
#define NEXT10(n)                                                              \
	NEXT(n##0)                                                             \
	NEXT(n##1)                                                             \
	NEXT(n##2)                                                             \
	NEXT(n##3)                                                             \
	NEXT(n##4)                                                             \
	NEXT(n##5)                                                             \
	NEXT(n##6)                                                             \
	NEXT(n##7)                                                             \
	NEXT(n##8)                                                             \
	NEXT(n##9)

static const struct script scripts[] = {
	{"a free port is kept, and the way back undone", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 len 3\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53 len 3\n"
	 "is NEW\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000 len 9\n"
	 "< lan udp 192.0.2.1:53 > 10.0.0.2:4000 len 9\n"
	 "is ESTABLISHED reply\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 nosum\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53 nosum\n"
	 "is ESTABLISHED\n"},
	{"other servers, same port", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.2:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.2:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:54\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:54\n"
	 "> lan tcp 10.0.0.3:4000 > 192.0.2.1:53 S\n"
	 "< wan tcp 198.51.100.7:4000 > 192.0.2.1:53 S\n"},
	{"a taken port gives way to another", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:* > 192.0.2.1:53\n"
	 "ct 0 * dst=198.51.100.7 sport=53 dport=4000*src=10.0.0.3*\n"
	 "ct 1 *src=10.0.0.3* src=192.0.2.1 dst=198.51.100.7 *\n"
	 "stat entries 2\n"},
	{"a socket keeps its outside port towards everybody", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:* > 192.0.2.1:53\n"
	 /* 4000 would be free towards 192.0.2.2, but reuse comes first */
	 "> lan udp 10.0.0.3:4000 > 192.0.2.2:53\n"
	 "ct 0 *src=10.0.0.3 dst=192.0.2.2 * dport=4000 *\n"
	 "stat entries 3\n"},
	{"no reuse of what is taken there", SNAT,
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.2:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.2:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:* > 192.0.2.1:53\n"
	 "ct 1 *dst=192.0.2.1 * dst=198.51.100.7 sport=53 dport=4000 *\n"
	 "stat entries 3\n"},
	{"one port, exhausted", SNAT_TO("udp", "198.51.100.7:700"),
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:700 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< drop insert_failed\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.2:53\n"
	 "< wan udp 198.51.100.7:700 > 192.0.2.2:53\n"
	 "stat insert_failed 1\n"
	 "stat entries 2\n"
	 "wait 31\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:700 > 192.0.2.1:53\n"},
	{"two ports", SNAT_TO("udp", "198.51.100.7:700-701"),
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:70* > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:70* > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.4:4000 > 192.0.2.1:53\n"
	 "< drop insert_failed\n"
	 "ct 1 * dport=700 *\n"
	 "ct 1 * dport=701 *\n"},
	{"a port in range is kept, if it is free",
	 SNAT_TO("udp", "198.51.100.7:4000-4001"),
	 "> lan udp 10.0.0.2:4001 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4001 > 192.0.2.1:53\n"
	 "> lan udp 10.0.0.3:4001 > 192.0.2.1:53\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53\n"},
	{"DNAT to ports is in order, without randomness",
	 DNAT_TO("udp", "10.0.0.9:5000-5002"),
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:53\n"
	 "< lan udp 192.0.2.1:1 > 10.0.0.9:5000\n"
	 "> wan udp 192.0.2.2:1 > 198.51.100.7:53\n"
	 "< lan udp 192.0.2.2:1 > 10.0.0.9:5000\n"
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:54\n"
	 "< lan udp 192.0.2.1:1 > 10.0.0.9:5001\n"
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:55\n"
	 "< lan udp 192.0.2.1:1 > 10.0.0.9:5002\n"
	 /* none left: the last stays and the source gives way */
	 "> wan udp 192.0.2.1:1 > 198.51.100.7:56\n"
	 "< lan udp 192.0.2.1:* > 10.0.0.9:5002\n"
	 "ct 1 *dport=56 [UNREPLIED] src=10.0.0.9 dst=192.0.2.1 sport=5002 *\n"
	 "> lan udp 10.0.0.9:5000 > 192.0.2.1:1\n"
	 "< wan udp 198.51.100.7:53 > 192.0.2.1:1\n"
	 "> lan udp 10.0.0.9:5002 > 192.0.2.1:1\n"
	 "< wan udp 198.51.100.7:55 > 192.0.2.1:1\n"},
	{"of a wide range the next one, however many are taken",
	 DNAT_TO("udp", "10.0.0.9:5010-5200"),
	 NEXT10(1) NEXT10(2) NEXT10(3) NEXT10(4) "stat entries 40\n"},
	{"DNAT that shifts ports",
	 "-A PREROUTING -i wan -p tcp -m tcp --dport 4000:4099 -j DNAT "
	 "--to-destination 10.0.0.9:5000-5099/4000\n",
	 "> wan tcp 192.0.2.1:1 > 198.51.100.7:4000 S\n"
	 "< lan tcp 192.0.2.1:1 > 10.0.0.9:5000 S\n"
	 "> wan tcp 192.0.2.1:1 > 198.51.100.7:4042 S\n"
	 "< lan tcp 192.0.2.1:1 > 10.0.0.9:5042 S\n"
	 "> wan tcp 192.0.2.1:1 > 198.51.100.7:4099 S\n"
	 "< lan tcp 192.0.2.1:1 > 10.0.0.9:5099 S\n"
	 "> wan tcp 192.0.2.1:1 > 198.51.100.7:4100 S\n"
	 "< wan tcp 192.0.2.1:1 > 198.51.100.7:4100 S\n"},
	{"no rule for the source, but it collides",
	 DNAT_TO("tcp", "10.0.0.9:80"),
	 "> wan tcp 192.0.2.1:4000 > 198.51.100.7:80 S\n"
	 "< lan tcp 192.0.2.1:4000 > 10.0.0.9:80 S\n"
	 "> wan tcp 192.0.2.1:4000 > 198.51.100.8:80 S\n"
	 "< lan tcp 192.0.2.1:* > 10.0.0.9:80 S\n"
	 "ct 1 *dst=198.51.100.7 * src=10.0.0.9 * dport=4000 *\n"
	 "ct 0 *dst=198.51.100.8 * src=10.0.0.9 * dport=4000 *\n"
	 "ct 1 *dst=198.51.100.8 * src=10.0.0.9 *\n"},
	{"ping: the id is the port", SNAT,
	 "> lan icmp 10.0.0.2 > 192.0.2.1 id 7\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 8 id 7\n"
	 "> lan icmp 10.0.0.3 > 192.0.2.1 id 7\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 8*\n"
	 "ct 1 *dst=198.51.100.7 type=0 code=0 id=7*\n"
	 "stat entries 2\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.7 type 0 id 7\n"
	 "< lan icmp 192.0.2.1 > 10.0.0.2 type 0 id 7\n"},
	{"ping: ids from a range", SNAT_TO("icmp", "198.51.100.7"),
	 "> lan icmp 10.0.0.2 > 192.0.2.1 type 13 id 7 len 12\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 13 id 7 len 12\n"
	 /* the same id for another question is another connection */
	 "> lan icmp 10.0.0.3 > 192.0.2.1 id 7\n"
	 "< wan icmp 198.51.100.7 > 192.0.2.1 type 8 id 7\n"},
	{"DNAT of pings takes ids from 0",
	 "-A PREROUTING -i wan -j DNAT --to-destination 10.0.0.9\n",
	 "> wan icmp 192.0.2.1 > 198.51.100.7 id 7\n"
	 "< lan icmp 192.0.2.1 > 10.0.0.9 type 8 id 7\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.8 id 7\n"
	 "< lan icmp 192.0.2.1 > 10.0.0.9 type 8\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.9 id 7\n"
	 "< lan icmp 192.0.2.1 > 10.0.0.9 type 8 id 1\n"},
	{"no ports: one client per server", SNAT,
	 "> lan proto 50 10.0.0.2 > 192.0.2.1 len 8\n"
	 "< wan proto 50 198.51.100.7 > 192.0.2.1 len 8\n"
	 "> lan proto 50 10.0.0.3 > 192.0.2.1 len 8\n"
	 "< drop insert_failed\n"
	 "> lan proto 50 10.0.0.3 > 192.0.2.2 len 8\n"
	 "< wan proto 50 198.51.100.7 > 192.0.2.2 len 8\n"
	 "> lan proto 51 10.0.0.3 > 192.0.2.1 len 8\n"
	 "< wan proto 51 198.51.100.7 > 192.0.2.1 len 8\n"
	 "> wan proto 50 192.0.2.1 > 198.51.100.7 len 8\n"
	 "< lan proto 50 192.0.2.1 > 10.0.0.2 len 8\n"},
	{"UDP-Lite has ports", SNAT,
	 "> lan udplite 10.0.0.2:4000 > 192.0.2.1:53 len 4\n"
	 "< wan udplite 198.51.100.7:4000 > 192.0.2.1:53 len 4\n"
	 "> lan udp 10.0.0.3:4000 > 192.0.2.1:53 len 4\n"
	 "< wan udp 198.51.100.7:4000 > 192.0.2.1:53 len 4\n"
	 "> wan udplite 192.0.2.1:53 > 198.51.100.7:4000 len 4\n"
	 "< lan udplite 192.0.2.1:53 > 10.0.0.2:4000 len 4\n"},
};

static void test_scripts(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
