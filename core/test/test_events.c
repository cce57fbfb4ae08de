/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happens to connections, as conntrack -E told it of the same packets on
 * Linux. Every packet of the scenarios is in bench/test/test_scenarios.c; here
 * is what needs rules or time. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT                                                                   \
	"*nat\n-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"       \
	"COMMIT\n"
#define FILTER(rules) SNAT "*filter\n" rules "COMMIT\n"

#define UDP_IN      "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
#define UDP_BACK    "> wan udp 192.0.2.1:53 > 198.51.100.7:4000"
#define UDP_ORIG    "src=10.0.0.2 dst=192.0.2.1 sport=4000 dport=53"
#define UDP_REPL    "src=192.0.2.1 dst=198.51.100.7 sport=53 dport=4000"
#define UDP_NEW     "! [NEW] udp      17 30 " UDP_ORIG " [UNREPLIED] " UDP_REPL "\n"
#define UDP_REPLIED "! [UPDATE] udp      17 30 " UDP_ORIG " " UDP_REPL "\n"

#define TCP_ORIG "src=10.0.0.2 dst=192.0.2.1 sport=4000 dport=80"
#define TCP_REPL "src=192.0.2.1 dst=198.51.100.7 sport=80 dport=4000"
#define TCP_SYN                                                                \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 100\n"                   \
	"! [NEW] tcp      6 120 SYN_SENT " TCP_ORIG " [UNREPLIED] " TCP_REPL   \
	"\n"

#define CT(events)                                                             \
	SNAT "*raw\n-A PREROUTING -j CT --ctevents " events "\nCOMMIT\n"
#define TCP_SHAKE                                                              \
	"> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 100\n"                   \
	"> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 SA seq 500 ack 101\n"
#define TCP_SHAKEN "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 101 ack 501\n"
#define TCP_RESET  "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 R seq 101\n"

static const struct script scripts[] = {
	{"nobody listens", SNAT, UDP_IN "stat created 1\n"},
	{"nobody is told", SNAT,
	 "sysctl events 0\nlisten\n" UDP_IN UDP_BACK "\nwait 60\n" UDP_IN},
	{"but by whom a rule says", CT("assured"),
	 "sysctl events 0\nlisten\n" TCP_SHAKE TCP_SHAKEN
	 "! [UPDATE] tcp      6 432000 ESTABLISHED " TCP_ORIG " " TCP_REPL
	 " [ASSURED]\n" TCP_RESET "wait 60\n"},
	{"one of what a packet changed, and all is told", CT("reply"),
	 "listen\n" TCP_SHAKE "! [UPDATE] tcp      6 60 SYN_RECV " TCP_ORIG
	 " " TCP_REPL "\n" TCP_SHAKEN TCP_RESET "wait 60\n"},
	{"the end alone", CT("destroy"),
	 "listen\n" UDP_IN UDP_BACK "\nwait 60\n" UDP_IN
	 "! [DESTROY] udp      17 " UDP_ORIG " " UDP_REPL "\n"},
	{"beginning and end", CT("new,destroy"),
	 "listen\n" UDP_IN UDP_NEW UDP_BACK "\nwait 60\n" UDP_IN
	 "! [DESTROY] udp      17 " UDP_ORIG " " UDP_REPL "\n" UDP_NEW},
	{"what it has not", CT("mark"),
	 "listen\n" UDP_IN UDP_BACK "\nwait 60\n" UDP_IN},
	{"who listens late hears nothing of what was there", SNAT,
	 UDP_IN "listen\n" UDP_BACK "\n"},
	{"only what changes is told", SNAT,
	 "listen\n" UDP_IN UDP_NEW UDP_IN UDP_BACK "\n" UDP_REPLIED UDP_BACK
	 "\n"
	 "wait 3\n" UDP_IN "! [UPDATE] udp      17 120 " UDP_ORIG " " UDP_REPL
	 " [ASSURED]\n"},
	{"what a dropped packet changes waits for one that leaves",
	 FILTER("-A FORWARD -p tcp --sport 80 -j DROP\n"),
	 "listen\n" TCP_SYN
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 SA seq 500 ack 101\n"
	 "< drop rule\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 101 ack 501\n"
	 "! [UPDATE] tcp      6 432000 ESTABLISHED " TCP_ORIG " " TCP_REPL
	 " [ASSURED]\n"},
	{"or for an ICMP error about its connection",
	 FILTER("-A FORWARD -p udp --sport 53 -j DROP\n"),
	 "listen\n" UDP_IN UDP_NEW UDP_BACK "\n< drop rule\nwait 1\n"
	 "> wan icmp 192.0.2.1 > 198.51.100.7 type 3 code 3 "
	 "(udp 198.51.100.7:4000 > 192.0.2.1:53)\n"
	 "! [UPDATE] udp      17 29 " UDP_ORIG " " UDP_REPL "\n"},
	{"or for the router's own error about itself",
	 FILTER("-A FORWARD -p udp --sport 53 -j REJECT\n"),
	 "listen\n" UDP_IN UDP_NEW UDP_BACK "\n< drop rule\n"
	 "^ wan icmp 198.51.100.7 > 192.0.2.1 * type 3 code 3 *\n" UDP_REPLIED
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"},
	{"or for the error that its TTL brings", SNAT,
	 "listen\n" UDP_IN UDP_NEW UDP_BACK " ttl 1\n< drop ttl_expired\n"
	 "^ wan icmp 198.51.100.7 > 192.0.2.1 * type 11 *\n" UDP_REPLIED
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"},
	{"a state that does not change is not told", SNAT,
	 "listen\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 100 ack 200\n"
	 "! [NEW] tcp      6 300 ESTABLISHED " TCP_ORIG " [UNREPLIED] " TCP_REPL
	 "\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 A seq 200 ack 100\n"
	 "! [UPDATE] tcp      6 300 " TCP_ORIG " " TCP_REPL "\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 100 ack 200\n"
	 "! [UPDATE] tcp      6 432000 " TCP_ORIG " " TCP_REPL " [ASSURED]\n"},
	{"an end by time is told without time, when it is noticed", SNAT,
	 "sysctl acct 1\n"
	 "listen\n" UDP_IN UDP_NEW "wait 31\n" UDP_BACK "\n"
	 "! [DESTROY] udp      17 " UDP_ORIG
	 " packets=1 bytes=28 [UNREPLIED] " UDP_REPL " packets=0 bytes=0\n"
	 "! [NEW] udp      17 30 src=192.0.2.1 dst=198.51.100.7 *\n"},
	{"an end by a reset is told at once", SNAT,
	 "sysctl acct 1\n"
	 "sysctl timestamp 1\n"
	 "listen\n" TCP_SYN "wait 1\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 RA ack 101\n"
	 "! [DESTROY] tcp      6 119 CLOSE " TCP_ORIG
	 " packets=1 bytes=40 [UNREPLIED] " TCP_REPL
	 " packets=1 bytes=40 delta-time=1\n"},
	{"a SYN that opens again ends what was", SNAT,
	 "listen\n" TCP_SYN
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 SA seq 500 ack 101\n"
	 "! [UPDATE] tcp      6 60 SYN_RECV *\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 FA seq 101 ack 501\n"
	 "! [UPDATE] tcp      6 120 FIN_WAIT *\n"
	 "> wan tcp 192.0.2.1:80 > 198.51.100.7:4000 FA seq 501 ack 102\n"
	 "! [UPDATE] tcp      6 30 LAST_ACK *\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 A seq 102 ack 502\n"
	 "! [UPDATE] tcp      6 120 TIME_WAIT *\n"
	 "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 S seq 9000\n"
	 "! [DESTROY] tcp      6 120 TIME_WAIT *\n"
	 "! [NEW] tcp      6 120 SYN_SENT *\n"},
	{"a mark that changes is told, zero too",
	 "*mangle\n"
	 "-A PREROUTING -p udp --dport 53 -j CONNMARK --set-mark 7\n"
	 "-A PREROUTING -p udp --sport 53 -j CONNMARK --set-mark 0\n"
	 "COMMIT\n" SNAT,
	 "listen\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "! [NEW] udp      17 30 " UDP_ORIG " [UNREPLIED] " UDP_REPL " mark=7\n"
	 "> lan udp 10.0.0.2:4000 > 192.0.2.1:53\n"
	 "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
	 "! [UPDATE] udp      17 30 " UDP_ORIG " " UDP_REPL " mark=0\n"},
	{"what expired unseen is dated back", SNAT,
	 "sysctl timestamp 1\n"
	 "listen\n" UDP_IN UDP_NEW "wait 100\n" UDP_IN
	 "! [DESTROY] udp      17 " UDP_ORIG " [UNREPLIED] " UDP_REPL
	 " delta-time=30\n" UDP_NEW},
};

static void events_are_told(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_told),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
