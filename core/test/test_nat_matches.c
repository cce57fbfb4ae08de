/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What each match says about a packet (spec 12.2): the rule of a row alone in
 * FORWARD, and for each datagram whether it fits. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

/* The rule under test drops what fits it. */
#define RULE(match)                                                            \
	"*filter\n:FORWARD ACCEPT [0:0]\n"                                     \
	"-A FORWARD " match " -j DROP\nCOMMIT\n"
/* The same while connections are tracked and sources translated. */
#define TRACKED(match)                                                         \
	"*nat\n:POSTROUTING ACCEPT [0:0]\n"                                    \
	"-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\nCOMMIT\n"     \
	"*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD " match                    \
	" -j DROP\nCOMMIT\n"

#define FITS "< drop rule\n"
#define NOT  "< wan *\n"
#define HOT  "< drop hotdrop\n"
#define T    "> lan tcp 10.0.0.2:4000 > 192.0.2.1:80 "
#define U    "> lan udp 10.0.0.2:4000 > 192.0.2.1:53 "
#define C    "> lan sctp 10.0.0.2:4000 > 192.0.2.1:80 "
#define I    "> lan icmp 10.0.0.2 > 192.0.2.1 "

/* clang-format off */
static const struct script transport[] = {
	{ "tcp ports", RULE("-p tcp -m tcp --sport 4000 --dport 80:90"),
	  T "S\n" FITS
	  "> lan tcp 10.0.0.2:4000 > 192.0.2.1:90 S\n" FITS
	  "> lan tcp 10.0.0.2:4000 > 192.0.2.1:91 S\n" NOT
	  "> lan tcp 10.0.0.2:4001 > 192.0.2.1:80 S\n" NOT
	  U "\n" NOT },
	{ "tcp ports, not", RULE("-p tcp -m tcp ! --dport 80"),
	  T "S\n" NOT
	  "> lan tcp 10.0.0.2:4000 > 192.0.2.1:81 S\n" FITS },
	{ "tcp flags", RULE("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN"),
	  T "S\n" FITS
	  T "SA\n" NOT
	  T "SPU\n" FITS
	  T "A\n" NOT },
	{ "tcp option", RULE("-p tcp -m tcp --tcp-option 1"),
	  T "S\n" NOT
	  T "S doff 6 len 4\n" FITS
	  T "S doff 15 len 4\n" HOT },
	{ "tcp cut short", RULE("-p tcp -m tcp --dport 9"),
	  T "S cut 39\n" HOT
	  T "S cut 40\n" NOT },
	{ "tcp cut short, of no interest", RULE("-p tcp"),
	  T "S cut 39\n" FITS },
	{ "tcp fragments", RULE("-p tcp -m tcp --dport 80"),
	  T "off 1 len 8\n" HOT
	  T "off 2 len 8\n" NOT
	  T "S mf len 4\n" FITS },
	{ "udp ports", RULE("-p udp -m udp --sport :4000 --dport 53"),
	  U "\n" FITS
	  "> lan udp 10.0.0.2:4001 > 192.0.2.1:53\n" NOT
	  U "cut 27\n" HOT
	  U "off 1 len 8\n" NOT },
	{ "icmp", RULE("-p icmp -m icmp --icmp-type 3/1"),
	  I "type 3 code 1\n" FITS
	  I "type 3 code 2\n" NOT
	  I "type 8\n" NOT
	  I "type 8 cut 27\n" HOT },
	{ "icmp, not", RULE("-p icmp -m icmp ! --icmp-type 8"),
	  I "type 8\n" NOT
	  I "type 3\n" FITS },
	{ "sctp ports", RULE("-p sctp -m sctp --sport 4000 ! --dport 81"),
	  C "\n" FITS
	  "> lan sctp 10.0.0.2:4001 > 192.0.2.1:80\n" NOT
	  "> lan sctp 10.0.0.2:4000 > 192.0.2.1:81\n" NOT
	  C "cut 32\n" FITS C "cut 31\n" HOT U "\n" NOT },
	{ "sctp, any of these chunks", RULE("-p sctp -m sctp --chunk-types any INIT,ABORT:T"),
	  C "chunk 1\n" FITS C "chunk 2\n" NOT C "chunk 6\n" NOT
	  C "cut 32\n" HOT },
	{ "sctp, all of these chunks", RULE("-p sctp -m sctp --chunk-types all INIT,ABORT"),
	  C "chunk 1\n" NOT C "chunk 6\n" NOT },
	{ "sctp, no other chunks", RULE("-p sctp -m sctp ! --chunk-types only DATA:eb,SACK"),
	  C "chunk 0\n" NOT C "chunk 3\n" NOT C "chunk 1\n" FITS },
	{ "sctp, fragments have none", RULE("-p sctp -m sctp"),
	  "> lan proto 132 10.0.0.2 > 192.0.2.1 off 1 len 8\n" NOT },
	{ "multiport of sctp", RULE("-p sctp -m multiport --dports 80"),
	  C "\n" FITS "> lan sctp 10.0.0.2:80 > 192.0.2.1:81\n" NOT },
	{ "multiport", RULE("-p udp -m multiport --dports 1,50:55,99"),
	  U "\n" FITS
	  "> lan udp 10.0.0.2:50 > 192.0.2.1:99\n" FITS
	  "> lan udp 10.0.0.2:50 > 192.0.2.1:98\n" NOT
	  U "cut 23\n" HOT },
	{ "multiport, either end", RULE("-p udp -m multiport --ports 50"),
	  "> lan udp 10.0.0.2:50 > 192.0.2.1:9\n" FITS
	  "> lan udp 10.0.0.2:9 > 192.0.2.1:50\n" FITS
	  U "\n" NOT },
	{ "multiport, sources not", RULE("-p udp -m multiport ! --sports 4000"),
	  U "\n" NOT
	  "> lan udp 10.0.0.2:1 > 192.0.2.1:2\n" FITS },
	{ "later fragments", RULE("-f"),
	  U "mf len 8\n" NOT
	  U "off 2 len 8\n" FITS
	  U "\n" NOT },
	{ "anything but later fragments", RULE("! -f"),
	  U "mf len 8\n" FITS
	  U "off 2 len 8\n" NOT },
};

static const struct script others[] = {
	{ "mark", RULE("-m mark --mark 0x10/0xf0"),
	  "mark 0x1f\n" U "\n" FITS
	  "mark 0x2f\n" U "\n" NOT },
	{ "mark, not", RULE("-m mark ! --mark 1"),
	  "mark 1\n" U "\n" NOT
	  "mark 0\n" U "\n" FITS },
	{ "source and destination range",
	  RULE("-m iprange --src-range 10.0.0.2-10.0.0.4 ! --dst-range "
	    "192.0.2.3-192.0.2.9"),
	  U "\n" FITS
	  "> lan udp 10.0.0.5:1 > 192.0.2.1:2\n" NOT
	  "> lan udp 10.0.0.4:1 > 192.0.2.1:2\n" FITS
	  "> lan udp 10.0.0.4:1 > 192.0.2.9:2\n" NOT
	  "> lan udp 10.0.0.4:1 > 192.0.2.10:2\n" FITS },
	{ "every third, from the first on",
	  RULE("-m statistic --mode nth --every 3 --packet 0"),
	  U "\n" FITS
	  U "\n" NOT
	  U "\n" NOT
	  U "\n" FITS
	  U "\n" NOT },
	{ "every third, from the third on",
	  RULE("-m statistic --mode nth --every 3 --packet 2"),
	  U "\n" NOT
	  U "\n" NOT
	  U "\n" FITS
	  U "\n" NOT
	  U "\n" NOT
	  U "\n" FITS },
	{ "the count goes on where a later match fails",
	  RULE("-m statistic --mode nth --every 2 --packet 0 -m mark --mark 1"),
	  "mark 1\n" U "\n" FITS
	  U "\n" NOT
	  "mark 0\n" U "\n" NOT
	  "mark 1\n" U "\n" NOT
	  U "\n" FITS },
	{ "always and never by chance",
	  "*filter\n:FORWARD ACCEPT [0:0]\n"
	  "-A FORWARD -m statistic --mode random --probability 0\n"
	  "-A FORWARD -m statistic --mode random --probability 1\n"
	  "COMMIT\n",
	  U "\n" U "\n" U "\n"
	  "count filter/FORWARD 1 0 0\n"
	  "count filter/FORWARD 2 3 84\n" },
	{ "a bucket of two, filled by one a second",
	  RULE("-m limit --limit 1/sec --limit-burst 2"),
	  U "\n" FITS
	  U "\n" FITS
	  U "\n" NOT
	  "wait 0.5\n" U "\n" NOT
	  "wait 0.6\n" U "\n" FITS
	  U "\n" NOT
	  "wait 100\n" U "\n" FITS
	  U "\n" FITS
	  U "\n" NOT },
	{ "address types", RULE("-m addrtype --src-type LOCAL"),
	  U "\n" NOT },
	{ "address types of the destination",
	  RULE("-m addrtype ! --dst-type UNICAST"),
	  U "\n" NOT },
};

#define SA        "> wan udp 192.0.2.1:53 > 198.51.100.7:4000\n"
#define IN        "< lan *\n"
#define CT(match) TRACKED("-m conntrack " match)

static const struct script conntrack[] = {
	{ "NEW", CT("--ctstate NEW"),
	  U "\n" FITS
	  U "\n" FITS },
	{ "ESTABLISHED is from the first answer on",
	  CT("--ctstate ESTABLISHED"),
	  U "\n" NOT
	  U "\n" NOT
	  SA FITS
	  U "\n" FITS },
	{ "RELATED", CT("--ctstate RELATED"),
	  U "\n" NOT
	  "> wan icmp 192.0.2.9 > 198.51.100.7 type 11 "
	  "(udp 198.51.100.7:4000 > 192.0.2.1:53)\n" FITS },
	{ "INVALID", CT("--ctstate INVALID"),
	  U "badsum\n" FITS
	  U "\n" NOT },
	{ "not", CT("! --ctstate NEW"),
	  U "\n" NOT
	  U "badsum\n" FITS },
	{ "SNAT, once it is decided", CT("--ctstate SNAT"),
	  U "\n" NOT
	  U "\n" FITS
	  SA FITS },
	{ "DNAT", CT("--ctstate DNAT"),
	  U "\n" NOT
	  SA IN },
	{ "-m state", TRACKED("-m state --state NEW,INVALID"),
	  U "\n" FITS
	  U "badsum\n" FITS
	  "> wan udp 1.1.1.1:1 > 10.0.0.2:2\n" FITS },
	{ "protocol", CT("--ctproto 17"),
	  U "\n" FITS
	  T "S\n" NOT },
	{ "ends",
	  CT("--ctorigsrc 10.0.0.0/24 --ctorigdst 192.0.2.1 --ctreplsrc "
	    "192.0.2.1"),
	  U "\n" FITS
	  "> lan udp 10.0.1.2:1 > 192.0.2.1:2\n" NOT },
	{ "the answer's destination is ours once it is decided",
	  CT("--ctrepldst 198.51.100.7"),
	  U "\n" NOT
	  U "\n" FITS
	  SA FITS },
	{ "ports",
	  CT("--ctorigsrcport 4000 --ctorigdstport 50:60 --ctreplsrcport 53"),
	  U "\n" FITS
	  "> lan udp 10.0.0.2:4000 > 192.0.2.1:61\n" NOT },
	{ "direction", CT("--ctdir REPLY"),
	  U "\n" NOT
	  SA FITS },
	{ "status", CT("--ctstatus SEEN_REPLY"),
	  U "\n" NOT
	  SA FITS
	  U "\n" FITS },
	{ "confirmed", CT("--ctstatus CONFIRMED"),
	  U "\n" NOT
	  U "\n" FITS },
	{ "time left", CT("--ctexpire 25:30"),
	  U "\n" NOT
	  U "\n" FITS
	  "> lan icmp 10.0.0.2 > 192.0.2.1 id 1\n" NOT
	  "> lan icmp 10.0.0.2 > 192.0.2.1 id 1\n" FITS
	  T "S\n" NOT
	  T "S\n" NOT },
	{ "without a connection only its state is known",
	  CT("--ctstate INVALID --ctproto 6 --ctorigsrc 9.9.9.9"),
	  U "badsum\n" FITS },
	{ "without a connection and not asked for its state",
	  CT("--ctproto 17"),
	  U "badsum\n" NOT },
};
/* clang-format on */

static void test_transport(void **state)
{
	(void)state;
	script_run_all(transport, ARRAY_LEN(transport));
}

static void test_others(void **state)
{
	(void)state;
	script_run_all(others, ARRAY_LEN(others));
}

static void test_conntrack(void **state)
{
	(void)state;
	script_run_all(conntrack, ARRAY_LEN(conntrack));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transport),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_conntrack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
