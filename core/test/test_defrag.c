/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a router does with datagrams that came in fragments: one packet to
 * rules, connections and NAT; fragments again on the wire. What it makes of the
 * fragments themselves is in test_fragments.c. */
#include "test/check.h"
#include "test/script.h"
#include "util.h"

#define SNAT "-A POSTROUTING -o wan -j SNAT --to-source 198.51.100.7\n"
#define TRACK                                                                  \
	"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n"                \
	":OUTPUT ACCEPT [0:0]\n"                                               \
	"-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n"

#define NO_TRACK "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p 255\nCOMMIT\n"

/* A datagram of UDP with 16 bytes, in two fragments. */
#define FIRST(ends)  "udp " ends " ulen 24 nosum len 8 mf ipid 7\n"
#define SECOND(ends) "proto 17 " ends " len 8 off 2 ipid 7\n"
#define OUT          "10.0.0.2:4000 > 192.0.2.1:53"
#define OUT_LATER    "10.0.0.2 > 192.0.2.1"
#define SEEN         "198.51.100.7:4000 > 192.0.2.1:53"
#define SEEN_LATER   "198.51.100.7 > 192.0.2.1"
#define BACK         "192.0.2.1:53 > 198.51.100.7:4000"
#define BACK_LATER   "192.0.2.1 > 198.51.100.7"
#define HOME         "192.0.2.1:53 > 10.0.0.2:4000"
#define HOME_LATER   "192.0.2.1 > 10.0.0.2"

#define FIRST6(ends)  "udp " ends " ulen 24 nosum len 8 mf ipid 7\n"
#define SECOND6(ends) "proto 17 " ends " len 8 off 2 ipid 7\n"
#define OUT6          "[2001:db8:1::2]:4000 > [2001:db8:9::1]:53"
#define OUT6_LATER    "2001:db8:1::2 > 2001:db8:9::1"

static const struct script scripts[] = {
	{"translated as one, there and back", SNAT,
	 "> lan " FIRST(
		 OUT) "< hold\n"
		      "ct 0 *\n"
		      "> lan " SECOND(
			      OUT_LATER) "< forward\n"
					 "^ wan udp " SEEN " mf len 8 nosum\n"
					 "^ wan proto 17 " SEEN_LATER
					 " off 2 len 8\n"
					 "ct 1 udp*[UNREPLIED]*\n"
					 "> wan " SECOND(
						 BACK_LATER) "< hold\n"
							     "> "
							     "wan"
							     " " FIRST(
								     BACK) "< "
									   "for"
									   "war"
									   "d\n"
									   "is "
									   "EST"
									   "ABL"
									   "ISH"
									   "ED "
									   "rep"
									   "ly"
									   "\n"
									   "^ "
									   "lan"
									   " ud"
									   "p"
									   " " HOME
									   " mf"
									   " le"
									   "n "
									   "8 "
									   "nos"
									   "um"
									   "\n"
									   "^ "
									   "lan"
									   " pr"
									   "oto"
									   " 17"
									   " " HOME_LATER
									   " of"
									   "f "
									   "2 "
									   "len"
									   " 8"
									   "\n"
									   "ct "
									   "0 "
									   "*["
									   "UNR"
									   "EPL"
									   "IED"
									   "]*"
									   "\n"
									   "cou"
									   "nt "
									   "nat"
									   "/PO"
									   "STR"
									   "OUT"
									   "ING"
									   " 1 "
									   "1 "
									   "44"
									   "\n"
									   "sta"
									   "t "
									   "rea"
									   "sm_"
									   "oks"
									   " 2"
									   "\n"
									   "sta"
									   "t "
									   "rea"
									   "sm_"
									   "fai"
									   "ls "
									   "0"
									   "\n"},
	{"a rule sees one packet, with its ports",
	 "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p "
	 "udp\nCOMMIT\n"
	 "*filter\n:FORWARD ACCEPT [0:0]\n"
	 "-A FORWARD -m conntrack --ctstate NEW -p udp --dport 53 -j "
	 "DROP\n"
	 "COMMIT\n",
	 "> lan " FIRST(OUT) "< hold\n"
			     "> lan " SECOND(
				     OUT_LATER) "< drop rule\n"
						"count raw/PREROUTING 1 1 44\n"
						"count filter/FORWARD 1 1 "
						"44\n"},
	{"no connections: fragments go their way",
	 "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p udp\nCOMMIT\n",
	 "> lan " FIRST(OUT) "< wan udp " OUT " mf len 8 nosum\n"
			     "> lan " SECOND(
				     OUT_LATER) "< wan proto 17 " OUT_LATER
						" off 2 len 8\n"
						"count filter/FORWARD 1 2 64\n"
						"stat reasm_oks 0\n"},
	{"for the router itself", TRACK,
	 "> lan " FIRST(
		 "10.0.0.2:4000 > 10.0.0.1:53") "< hold\n"
						"> lan " SECOND(
							"10.0.0.2 > "
							"10.0.0.1") "< "
								    "lo"
								    "ca"
								    "l"
								    "\n"
								    "^ "
								    "la"
								    "n "
								    "ic"
								    "mp"
								    " 1"
								    "0."
								    "0."
								    "0."
								    "1 "
								    "> "
								    "10"
								    ".0"
								    ".0"
								    ".2"
								    " t"
								    "os"
								    " 1"
								    "92"
								    " t"
								    "yp"
								    "e "
								    "3 "
								    "co"
								    "de"
								    " 3"
								    " "
								    "(u"
								    "dp"
								    " 1"
								    "0."
								    "0."
								    "0."
								    "2:"
								    "40"
								    "00"
								    " >"
								    " 1"
								    "0."
								    "0."
								    "0."
								    "1:"
								    "53"
								    " l"
								    "en"
								    " 1"
								    "6 "
								    "no"
								    "su"
								    "m)"
								    "\n"
								    "co"
								    "un"
								    "t "
								    "fi"
								    "lt"
								    "er"
								    "/I"
								    "NP"
								    "UT"
								    " 0"
								    " 1"
								    " 4"
								    "4"
								    "\n"},
	{"for the router itself, no connections",
	 "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp\nCOMMIT\n",
	 "> lan " SECOND("10.0.0.2 > 10.0.0.1") "< hold\n"
						"> lan " FIRST(
							"10.0.0.2:4000 > "
							"10.0.0.1:53") "< "
								       "local\n"
								       "^ lan "
								       "icmp "
								       "10.0.0."
								       "1 > "
								       "10.0.0."
								       "2 tos "
								       "192 "
								       "type 3 "
								       "code 3 "
								       "(udp "
								       "10.0.0."
								       "2:4000 "
								       "> "
								       "10.0.0."
								       "1:53 "
								       "len 16 "
								       "nosum)"
								       "\n"
								       "count "
								       "filter/"
								       "INPUT "
								       "1 1 "
								       "44\n"},
	{"one that is told when all is there: no hop is left", TRACK,
	 "> lan udp " OUT " ulen 24 nosum len 8 mf ipid 7 ttl 1\n"
	 "< hold\n"
	 "> lan " SECOND(OUT_LATER) "< drop ttl_expired\n"
				    "^ lan icmp 10.0.0.1 > 10.0.0.2 "
				    "tos 192 type 11 "
				    "(udp " OUT " ttl 1 len 16 nosum)\n"},
	{"by different interfaces", TRACK,
	 "> dmz " FIRST(OUT) "< hold\n"
			     "> lan " SECOND(
				     OUT_LATER) "< forward\n"
						"^ wan udp " OUT
						" mf len 8 nosum\n"
						"^ wan proto 17 " OUT_LATER
						" off 2 len 8\n"},
	{"no other protocol's, identification's or sender's", TRACK,
	 "> lan " FIRST(OUT) "< hold\n"
			     "> lan proto 136 " OUT_LATER
			     " len 8 off 2 ipid 7\n"
			     "< hold\n"
			     "> lan proto 17 " OUT_LATER " len 8 off 2 ipid 8\n"
			     "< hold\n"
			     "> lan proto 17 10.0.0.3 > 192.0.2.1 len "
			     "8 off 2 ipid 7\n"
			     "< hold\n"
			     "> lan proto 17 10.0.0.2 > 192.0.2.2 len "
			     "8 off 2 ipid 7\n"
			     "< hold\n"},
	{"the mark is that of the first fragment",
	 TRACK "*mangle\n:PREROUTING ACCEPT [0:0]\n"
	       "-A PREROUTING -m mark --mark 5\nCOMMIT\n",
	 "> lan " SECOND(
		 OUT_LATER) "mark 5\n"
			    "> lan " FIRST(
				    OUT) "< forward\n"
					 "^ wan udp *\n"
					 "^ wan proto 17 *\n"
					 "count mangle/PREROUTING 1 1 "
					 "44\n"
					 "> lan " FIRST(
						 OUT) "mark 0\n"
						      "> lan " SECOND(
							      OUT_LATER) "< "
									 "forwa"
									 "rd\n"
									 "^ "
									 "wan "
									 "udp "
									 "*\n"
									 "^ "
									 "wan "
									 "proto"
									 " 17 "
									 "*\n"
									 "count"
									 " mang"
									 "le/"
									 "PRERO"
									 "UTING"
									 " 1 2 "
									 "88"
									 "\n"},
	{"thirty seconds are enough", TRACK,
	 "> lan " FIRST(OUT) "wait 29.9\n"
			     "> lan " SECOND(
				     OUT_LATER) "< forward\n"
						"^ wan udp *\n"
						"^ wan proto 17 *\n"
						"> lan " FIRST(
							OUT) "wait 20\n"
							     "> lan proto "
							     "17 " OUT_LATER
							     " len 8 off 4 "
							     "ipid 7\n"
							     "wait 10.1\n"
							     "> lan proto "
							     "17 " OUT_LATER
							     " len 8 off 2 mf "
							     "ipid 7\n"
							     "< hold\n"
							     "stat "
							     "reasm_timeout "
							     "1\n"
							     "stat "
							     "reasm_fails "
							     "1\n"},
	{"only a host tells that it waited in vain", TRACK,
	 "> lan " FIRST(OUT) "> lan " FIRST(
		 "10.0.0.2:4000 > "
		 "10.0.0.1:53") "> "
				"lan " FIRST(
					"10.0."
					"0.2:"
					"4000 "
					"> "
					"10."
					"255."
					"255."
					"255:"
					"53") "> lan " SECOND("10.0.0.3 > "
							      "10.0.0.1") "> "
									  "lan"
									  " " SECOND(
										  "10.0.0.4 > "
										  "198.51.100."
										  "1") "> "
										       "lan"
										       " " FIRST(
											       "10."
											       "0."
											       "0."
											       "4:"
											       "400"
											       "0 "
											       "> "
											       "198"
											       ".51"
											       ".10"
											       "0."
											       "1:"
											       "53") "< local\n"
												     "^ lan icmp *\n"
												     "> lan " FIRST(
													     "10.0.0.5:4000 > 198.51.100.1:53") "wait 30\n"
																		"> lan udp 10.0.0.2:1 > 192.0.2.1:1\n"
																		"< wan *\n"
																		"^ lan icmp 10.0.0.1 > 10.0.0.2 tos 192 type 11 code 1 "
																		"(udp 10.0.0.2:4000 > 10.0.0.1:53 *mf*)\n"
																		"^ lan icmp 198.51.100.1 > 10.0.0.5 tos 192 type 11 code 1 "
																		"(udp 10.0.0.5:4000 > 198.51.100.1:53 *mf*)\n"
																		"stat reasm_timeout 5\n"},
	{"a host tells, connections or not",
	 "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n",
	 "> lan " FIRST("10.0.0.2:4000 > 10.0.0.1:53") "wait 30\n"
						       "> lan udp 10.0.0.2:1 "
						       "> 192.0.2.1:1\n"
						       "< wan *\n"
						       "^ lan icmp 10.0.0.1 > "
						       "10.0.0.2 tos 192 type "
						       "11 code 1 "
						       "(udp 10.0.0.2:4000 > "
						       "10.0.0.1:53 *mf*)\n"},
	{"IPv6: translated as one, told after a minute by any router",
	 "-6\n-A POSTROUTING -o wan -j SNAT --to-source 2001:db8:3::7\n",
	 "> lan " FIRST6(
		 OUT6) "< hold\n"
		       "> lan " SECOND6(
			       OUT6_LATER) "< forward\n"
					   "is NEW\n"
					   "^ wan udp [2001:db8:3::7]:4000 > "
					   "[2001:db8:9::1]:53 *\n"
					   "ct 1 *udp*[UNREPLIED]*\n"
					   "> lan " FIRST6(
						   OUT6) "< hold\n"
							 "wait 59\n"
							 "> lan udp "
							 "[2001:db8:1::2]:1 > "
							 "[2001:db8:9::1]:1\n"
							 "< wan *\n"
							 "wait 1\n"
							 "> lan udp "
							 "[2001:db8:1::2]:1 > "
							 "[2001:db8:9::1]:1\n"
							 "< wan *\n"
							 "^ lan icmp6 "
							 "2001:db8:1::1 > "
							 "2001:db8:1::2 type 3 "
							 "code 1 *\n"
							 "stat reasm_oks 1\n"
							 "stat reasm_timeout "
							 "1\n"},
	{"IPv6: for the router itself, no connections",
	 "-6\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT\nCOMMIT\n",
	 "> lan proto 200 2001:db8:1::2 > 2001:db8:1::1 len 8 off 2 ipid 7\n"
	 "< hold\n"
	 "> lan proto 200 2001:db8:1::2 > 2001:db8:1::1 len 16 mf ipid 7\n"
	 "< local\n"
	 "^ lan icmp6 2001:db8:1::1 > 2001:db8:1::2 type 4 code 1 "
	 "rest 6 (proto 200 2001:db8:1::2 > 2001:db8:1::1 len 24)\n"
	 "count filter/INPUT 1 2 120\n"},
};

#define TO_ROUTER "2001:db8:1::2 > 2001:db8:1::1"
#define IS_TOLD   "^ lan icmp6 2001:db8:1::1 > 2001:db8:1::2 type 4 "

/* clang-format off */
/* What its sender hears of. */
static const struct script told6[] = {
	{"no whole header", "-6\n" TRACK,
	 "> lan tcp [2001:db8:1::2]:1 > [2001:db8:1::1]:2 S cut 67 mf\n"
	 "< drop fragment\n"
	 IS_TOLD "code 3 (*)\n"},
	{"no whole header, no connections", "-6\n" NO_TRACK,
	 "> lan tcp [2001:db8:1::2]:1 > [2001:db8:1::1]:2 S cut 67 mf\n"
	 "< drop fragment\n"
	 IS_TOLD "code 3 (*)\n"},
	{"later, no header at all", "-6\n" TRACK,
	 "> lan proto 17 " TO_ROUTER " len 8 off 1 mf\n"
	 "< hold\n"},
	{"no whole header, for another", "-6\n" TRACK,
	 "> lan tcp [2001:db8:1::2]:1 > [2001:db8:9::1]:2 S cut 67 mf\n"
	 "< wan *\n"},
	{"no multiple of eight", "-6\n" TRACK,
	 "> lan proto 200 " TO_ROUTER " len 12 mf ipid 7\n"
	 "< drop fragment\n"
	 IS_TOLD "rest 4 (*)\n"},
	{"no multiple of eight, no connections", "-6\n" NO_TRACK,
	 "> lan proto 200 " TO_ROUTER " len 12 mf ipid 7\n"
	 "< drop fragment\n"
	 IS_TOLD "rest 4 (*)\n"},
	{"beyond the end", "-6\n" TRACK,
	 "> lan proto 200 " TO_ROUTER " len 16 off 8191 mf ipid 7\n"
	 "< drop fragment\n"},
	{"beyond the end, no connections", "-6\n" NO_TRACK,
	 "> lan proto 200 " TO_ROUTER " len 16 off 8191 mf ipid 7\n"
	 "< drop fragment\n"
	 IS_TOLD "rest 42 (*)\n"},
	{"no hop is left, told by where the first came in", "-6\n" TRACK,
	 "> dmz udp " OUT6 " ulen 24 nosum len 8 mf ipid 7 ttl 1\n"
	 "< hold\n"
	 "> lan " SECOND6(OUT6_LATER) "< drop ttl_expired\n"
	 "^ lan icmp6 2001:db8:2::1 > 2001:db8:1::2 type 3 (*)\n"},
	{"for a group, by different interfaces", "-6\n" TRACK,
	 "> lan udp [2001:db8:1::2]:1 > [ff02::1]:2 ulen 24 nosum len 8 mf\n"
	 "< hold\n"
	 "> dmz proto 17 2001:db8:1::2 > ff02::1 len 8 off 2\n"
	 "< hold\n"
	 "> lan proto 17 2001:db8:1::2 > ff02::1 len 8 off 2\n"
	 "< local\n"},
	{"nothing in it, no connections", "-6\n" NO_TRACK,
	 "> lan proto 200 " TO_ROUTER " len 0 off 1 mf ipid 7\n"
	 "< drop fragment\n"},
};
/* clang-format on */

static void as_written(void **state)
{
	(void)state;
	script_run_all(scripts, ARRAY_LEN(scripts));
	script_run_all(told6, ARRAY_LEN(told6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
