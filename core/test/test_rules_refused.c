/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules that are refused, each with the line and the sentence that say why.
 * A row is one rule of a table with the user chains c and d; a text is a
 * whole file.
 */
#include <stdio.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"
#include "util.h"

struct row {
	const char *rule, *why;
};

/* clang-format off */
static const struct row filter_rule[] = {
	/* words */
	{ "-A c extra", "unexpected 'extra'" },
	{ "-A c -j", "option '-j' needs an argument" },
	{ "-A c -j FOO", "there is no chain or target 'FOO'" },
	{ "-A c -j c2 -j d", "there is no chain or target 'c2'" },
	{ "-A c -j INPUT", "'INPUT' is a built-in chain: no rule may jump to it" },
	{ "-A c -g ACCEPT", "there is no chain 'ACCEPT'" },
	{ "-A c -j ACCEPT -j DROP", "option '-j' is given twice, or another rules it out" },
	{ "-A c -j DROP -g d", "option '-g' is given twice, or another rules it out" },
	{ "-A c -j NFQUEUE", "target 'NFQUEUE' is not supported yet" },
	{ "-A c -j LOG --log-level 8", "unknown log level '8'" },
	{ "-A c -j LOG --log-prefix aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not a prefix of 1 to 29 bytes" },
	{ "-A c -j NFLOG --nflog-group 65536", "'65536' is not a number up to 65535" },
	{ "-A c -j TOS --set-tos 1", "target TOS is not for table filter" },
	{ "-A c -j CLASSIFY --set-class 1", "'1' is not MAJOR:MINOR" },
	{ "-A INPUT -j CLASSIFY --set-class 1:2", "CLASSIFY cannot be used in chain INPUT" },
	{ "-A c -p tcp --syn -j TCPMSS", "TCPMSS needs --set-mss" },
	{ "-A c -p tcp -j TCPMSS --set-mss 9", "TCPMSS needs --syn or the like" },
	{ "-A c -p udp -j TCPMSS --set-mss 9", "TCPMSS needs -p tcp" },
	{ "-A c -p tcp --syn -j TCPMSS --set-mss 65500", "'65500' is not an MSS, 0 to 65495" },
	{ "-A INPUT -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu", "TCPMSS cannot be used in chain INPUT" },
	{ "-A c -m length --length 200:100", "'200:100' is not a range of 0 to 65535" },
	{ "-A c -m ttl --ttl-eq 256", "'256' is not a TTL, 0 to 255" },
	{ "-A c -m tos --tos 256", "'256' is not a TOS or TOS/MASK" },
	{ "-A c -m dscp --dscp 64", "'64' is not a DSCP, 0 to 63" },
	{ "-A c -m dscp --dscp-class AF14", "unknown DSCP class 'AF14'" },
	{ "-A c -m tcpmss --mss 5", "match 'tcpmss' needs -p tcp" },
	{ "-A c -m mac --mac-source 00:11:22:33:44", "'00:11:22:33:44' is not a MAC address" },
	{ "-A OUTPUT -m mac --mac-source 00:11:22:33:44:55", "mac cannot be used in chain OUTPUT" },
	{ "-A c -m pkttype --pkt-type other", "unknown packet type 'other'" },
	{ "-A c -m owner", "match 'owner' needs an option" },
	{ "-A INPUT -m owner --uid-owner 1", "owner cannot be used in chain INPUT" },
	{ "-A OUTPUT -m owner --uid-owner 1-x", "'1-x' is not an id or a range of ids" },
	{ "-A c -m connbytes --connbytes 1", "connbytes needs --connbytes-dir" },
	{ "-A c -m connbytes --connbytes 5:1 --connbytes-dir both --connbytes-mode bytes", "'5:1' is not FROM or FROM:TO" },
	{ "-A c -j CT --notrack", "target CT is not for table filter" },
	{ "-A c -j CT --helper ftp", "CT --helper is not supported yet" },
	{ "-A c -j CT --timeout x", "CT --timeout is not supported yet" },
	{ "-A c -j CT --zone 65536", "'65536' is not a zone, 0 to 65535" },
	{ "-A c -j CT --ctevents new,old", "unknown event 'old'" },
	{ "-A c -j NOTRACK", "target NOTRACK is not for table filter" },
	{ "-A c -j MARK", "MARK needs --set-mark" },
	{ "-A c -j MARK --set-mark 5/6/7", "'5/6/7' is not a mark or MARK/MASK" },
	{ "-A c -j MARK --or-mark 5/6", "'5/6' is not a mark" },
	{ "-A c -j MARK --set-mark 5 --or-mark 6", "option '--or-mark' is given twice, or another rules it out" },
	{ "-A c -j CONNMARK --mask 5", "CONNMARK needs --set-mark" },
	{ "-A c -j CONNMARK --save-mark --mask", "option '--mask' needs an argument" },
	{ "-A c -j CONNMARK --save-mark --left-shift-mark 32", "'32' is not a shift, 0 to 31" },
	{ "-A c -m connmark", "connmark needs --mark" },
	{ "-A c -m", "option '-m' needs an argument" },
	{ "-A c -m foo", "unknown match 'foo'" },
	{ "-A c -m recent --rcheck", "match 'recent' is not supported yet" },
	{ "-A c !", "nothing follows !" },
	{ "-A c ! -j DROP", "! cannot go before '-j'" },
	{ "-A c ! ! -s 1.1.1.1", "unexpected '!'" },
	{ "-A c -s ! 1.1.1.1", "'!' is not an IPv4 address" },
	{ "-A c -", "unknown option '-'" },
	{ "-A c --", "unknown option '--'" },
	{ "-A c -s1.1.1.1", "unknown option '-s1.1.1.1'" },
	{ "-A c --s 1.1.1.1", "option '--s' may mean several" },
	{ "-A", "-A needs the name of a chain" },
	{ "-A nope -j DROP", "table filter has no chain 'nope'" },
	{ "-A PREROUTING -j DROP", "table filter has no chain 'PREROUTING'" },
	{ "-I c -j DROP", "expected -A CHAIN, not '-I'" },
	{ "[1:2]", "expected -A CHAIN, not ''" },
	{ "[1:2 -A c", "'[1:2' is not [PACKETS:BYTES]" },
	{ "[1:] -A c", "'[1:]' is not [PACKETS:BYTES]" },
	{ "[1:18446744073709551616] -A c", "'[1:18446744073709551616]' is not [PACKETS:BYTES]" },
	{ "-A c -c 1", "option '-c' needs two arguments" },
	{ "-A c -c 1 x", "'1 x' is not PACKETS BYTES" },
	{ "-A c -m comment --comment \"a", "a quote is not closed" },
	{ "-A c -j DROP\r", "the line ends in CR LF, not in LF" },
	{ "-A c -j \x01\x7f", "there is no chain or target '\?\?'" },
	/* addresses */
	{ "-A c -s 1.1.1.1 -s 2.2.2.2", "option '-s' is given twice, or another rules it out" },
	{ "-A c -s host.example", "'host.example' is not an IPv4 address" },
	{ "-A c -s fe80::1", "'fe80::1' is not an IPv4 address" },
	{ "-A c -s 010.1.1.1", "'010.1.1.1' is not an IPv4 address" },
	{ "-A c -s 1.1.1.256", "'1.1.1.256' is not an IPv4 address" },
	{ "-A c -s 1.1.1.1.1", "'1.1.1.1.1' is not an IPv4 address" },
	{ "-A c -s 1.1.1.", "'1.1.1.' is not an IPv4 address" },
	{ "-A c -s 10.1.1.1/33", "'33' is not a network mask" },
	{ "-A c -s 10.1.1.1/255.255.255", "'255.255.255' is not a network mask" },
	{ "-A c -s 1.1.1.1,", "'' is not an IPv4 address" },
	{ "-A c ! -s 1.1.1.1,2.2.2.2", "! cannot go with several addresses" },
	{ "-A c -i aaaaaaaaaaaaaaaa", "'aaaaaaaaaaaaaaaa' cannot name an interface" },
	{ "-A c -i \"\"", "'' cannot name an interface" },
	{ "-A c -i a/b", "'a/b' cannot name an interface" },
	{ "-A c -i \"a b\"", "'a b' cannot name an interface" },
	{ "-A INPUT -o b", "-o cannot be used in chain INPUT" },
	{ "-A OUTPUT ! -i b", "-i cannot be used in chain OUTPUT" },
	{ "-A c -p foo", "unknown protocol 'foo'" },
	{ "-A c -p 256", "unknown protocol '256'" },
	{ "-A c ! -p all", "no packet has '! -p all'" },
	/* tcp, udp, icmp, multiport */
	{ "-A c --dport 80", "unknown option '--dport'" },
	{ "-A c -p tcp --dprot 80", "unknown option '--dprot'" },
	{ "-A c ! -p tcp --dport 80", "match 'tcp' needs -p tcp" },
	{ "-A c -m tcp --dport 80", "match 'tcp' needs -p tcp" },
	{ "-A c -p tcp -m udp --dport 80", "match 'udp' needs -p udp" },
	{ "-A c -p udplite -m udp", "match 'udp' needs -p udp" },
	{ "-A c -p tcp -m sctp --sport 5", "match 'sctp' needs -p sctp" },
	{ "-A c ! -p sctp -m sctp", "match 'sctp' needs -p sctp" },
	{ "-A c -p sctp --sport 5 --sport 6", "option '--sport' is given twice, or another rules it out" },
	{ "-A c -p sctp --sport http", "'http' is not a port number or range" },
	{ "-A c -p sctp --chunk-types any", "option '--chunk-types' needs two arguments" },
	{ "-A c -p sctp --chunk-types some DATA", "'some' is not all, any or only" },
	{ "-A c -p sctp --chunk-types any FOO", "'FOO' is not an SCTP chunk" },
	{ "-A c -p sctp --chunk-types any DATA,ALL", "'ALL' is not an SCTP chunk" },
	{ "-A c -p sctp --chunk-types any NONE,DATA", "'NONE' is not an SCTP chunk" },
	{ "-A c -p sctp --chunk-types any INIT:B", "'B' are not flags of INIT" },
	{ "-A c -p sctp --chunk-types any DATA:x", "'x' are not flags of DATA" },
	{ "-A c -p sctp --chunk-types any DATA:I:U", "'I:U' are not flags of DATA" },
	{ "-A c -p sctp --chunk-types any ABORT:-", "'-' are not flags of ABORT" },
	{ "-A c -p tcp --dport 2000:1000", "port range 2000:1000 is the wrong way round" },
	{ "-A c -p tcp --dport 65536", "'65536' is not a port number or range" },
	{ "-A c -p tcp --dport http", "'http' is not a port number or range" },
	{ "-A c -p tcp --dport 1:2:3", "'1:2:3' is not a port number or range" },
	{ "-A c -p udp --sport -1", "'-1' is not a port number or range" },
	{ "-A c -p tcp --dport 1 --destination-port 2", "option '--destination-port' is given twice, or another rules it out" },
	{ "-A c -p tcp --tcp-flags SYN", "option '--tcp-flags' needs two arguments" },
	{ "-A c -p tcp --tcp-flags SYN,FOO SYN", "unknown TCP flag 'FOO'" },
	{ "-A c -p tcp --syn --tcp-flags SYN SYN", "option '--tcp-flags' is given twice, or another rules it out" },
	{ "-A c -p tcp --tcp-option 0", "'0' is not a TCP option, 1 to 255" },
	{ "-A c -p tcp --tcp-option 256", "'256' is not a TCP option, 1 to 255" },
	{ "-A c -p icmp -m icmp", "icmp needs --icmp-type" },
	{ "-A c -m icmp --icmp-type 8", "match 'icmp' needs -p icmp" },
	{ "-A c -p icmp --icmp-type foo", "unknown ICMP type 'foo'" },
	{ "-A c -p icmp --icmp-type 256", "unknown ICMP type '256'" },
	{ "-A c -p icmp --icmp-type 8/", "unknown ICMP code '8/'" },
	{ "-A c -p icmp --icmp-type 8/256", "unknown ICMP code '8/256'" },
	{ "-A c -p icmp --icmp-type ech", "ICMP type 'ech' may be echo-reply or echo-request" },
	{ "-A c -m multiport --ports 1", "multiport needs -p tcp, udp, udplite, sctp or dccp" },
	{ "-A c ! -p tcp -m multiport --ports 1", "multiport needs -p tcp, udp, udplite, sctp or dccp" },
	{ "-A c -p tcp -m multiport", "multiport needs --ports" },
	{ "-A c -p tcp -m multiport --ports 1,,2", "'' is not a port number or range" },
	{ "-A c -p tcp -m multiport --ports 9:5", "port range 9:5 is the wrong way round" },
	{ "-A c -p tcp -m multiport --ports 5:5", "port range 5:5 is a single port" },
	{ "-A c -p tcp -m multiport --ports 5:", "'5:' is not a port number or range" },
	{ "-A c -p tcp -m multiport --ports 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15:16", "multiport takes at most 15 ports, a range counting as two" },
	/* conntrack, state, mark */
	{ "-A c -m conntrack", "match 'conntrack' needs an option" },
	{ "-A c -m conntrack --ctstate FOO", "unknown conntrack state 'FOO'" },
	{ "-A c -m conntrack --ctstate NEW,", "unknown conntrack state ''" },
	{ "-A c -m conntrack --ctstate NEW --ctstate NEW", "option '--ctstate' is given twice, or another rules it out" },
	{ "-A c -m conntrack --ctstatus FOO", "unknown conntrack status 'FOO'" },
	{ "-A c -m conntrack --ctproto 256", "unknown protocol '256'" },
	{ "-A c -m conntrack --ctorigsrc 1.1.1.1/0.0.0.255", "the mask of '1.1.1.1/0.0.0.255' is not a prefix" },
	{ "-A c -m conntrack --ctorigsrc 10/8", "'10' is not an IPv4 address" },
	{ "-A c -m conntrack --ctorigsrcport 9:5", "port range 9:5 is the wrong way round" },
	{ "-A c -m conntrack --ctexpire 20:10", "range 20:10 is the wrong way round" },
	{ "-A c -m conntrack --ctexpire 4294967296", "'4294967296' is not a range of seconds" },
	{ "-A c -m conntrack --ctdir FOO", "'FOO' is not ORIGINAL or REPLY" },
	{ "-A c -m conntrack ! --ctdir REPLY", "! cannot go before '--ctdir'" },
	{ "-A c -m state", "state needs --state" },
	{ "-A c -m state --state NEW,SNAT", "SNAT and DNAT are states of -m conntrack" },
	{ "-A c -m mark", "mark needs --mark" },
	{ "-A c -m mark --mark 0x100000000", "'0x100000000' is not a mark or MARK/MASK" },
	{ "-A c -m mark --mark 1/", "'1/' is not a mark or MARK/MASK" },
	{ "-A c -m mark --mark 0x", "'0x' is not a mark or MARK/MASK" },
	{ "-A c -m mark --mark 08", "'08' is not a mark or MARK/MASK" },
	/* addrtype, statistic, comment, iprange, limit */
	{ "-A c -m addrtype", "addrtype needs --src-type or --dst-type" },
	{ "-A c -m addrtype --src-type FOO", "unknown address type 'FOO'" },
	{ "-A c -m addrtype --src-type LOCAL --limit-iface-in --limit-iface-out", "option '--limit-iface-out' is given twice, or another rules it out" },
	{ "-A INPUT -m addrtype --src-type LOCAL --limit-iface-out", "addrtype cannot be used in chain INPUT" },
	{ "-A OUTPUT -m addrtype --src-type LOCAL --limit-iface-in", "addrtype cannot be used in chain OUTPUT" },
	{ "-A c -m statistic", "statistic needs --mode" },
	{ "-A c -m statistic --mode foo", "mode 'foo' is neither random nor nth" },
	{ "-A c -m statistic --mode nth --every 3", "mode nth takes --every and --packet" },
	{ "-A c -m statistic --mode nth --every 3 --packet 3", "--packet 3 is not less than --every 3" },
	{ "-A c -m statistic --mode nth --every 0 --packet 0", "'0' is not a number of packets" },
	{ "-A c -m statistic --mode random --every 3 --packet 0", "mode random takes --probability" },
	{ "-A c -m statistic --mode random --probability 1.5", "probability '1.5' is not between 0 and 1" },
	{ "-A c -m statistic --mode random --probability .", "probability '.' is not between 0 and 1" },
	{ "-A c -m statistic --mode random --probability -1", "probability '-1' is not between 0 and 1" },
	{ "-A c -m comment", "comment needs --comment" },
	{ "-A c -m comment ! --comment x", "! cannot go before '--comment'" },
	{ "-A c -m iprange", "iprange needs --src-range or --dst-range" },
	{ "-A c -m iprange --src-range 1.1.1.9-1.1.1.1", "address range 1.1.1.9-1.1.1.1 is the wrong way round" },
	{ "-A c -m iprange --src-range 1.1.1.9-", "'' is not an IPv4 address" },
	{ "-A c -m limit --limit 0/s", "'0/s' is not a rate as 5/second, 5/minute, 5/hour or 5/day" },
	{ "-A c -m limit --limit 1/fortnight", "'1/fortnight' is not a rate as 5/second, 5/minute, 5/hour or 5/day" },
	{ "-A c -m limit --limit 10001/s", "rate 10001/s is too fast" },
	{ "-A c -m limit --limit 1/day", "burst 5 is too large for so slow a rate" },
	{ "-A c -m limit --limit 1/day --limit-burst 4", "burst 4 is too large for so slow a rate" },
	{ "-A c -m limit --limit 2/day --limit-burst 10", "burst 10 is too large for so slow a rate" },
	{ "-A c -m limit --limit 1/hour --limit-burst 38", "burst 38 is too large for so slow a rate" },
	{ "-A c -m limit --limit-burst 0", "burst '0' is not from 1 to 10000" },
	{ "-A c -m limit --limit-burst 10001", "burst '10001' is not from 1 to 10000" },
	/* targets */
	{ "-A c -j ACCEPT --to-ports 5", "unknown option '--to-ports'" },
	{ "-A c -j SNAT --to-source 1.1.1.1", "target SNAT is not for table filter" },
	{ "-A c -j REJECT --reject-with foo", "unknown reject type 'foo'" },
	{ "-A c -j REJECT --reject-with tcp-reset", "tcp-reset needs -p tcp" },
	{ "-A c ! -p tcp -j REJECT --reject-with tcp-reset", "tcp-reset needs -p tcp" },
	{ NULL, NULL },
};

static const struct row nat_rule[] = {
	{ "-A c -j DROP", "target DROP is not for table nat" },
	{ "-A c -j REJECT", "target REJECT is not for table nat" },
	{ "-A POSTROUTING -i x", "-i cannot be used in chain POSTROUTING" },
	{ "-A PREROUTING -o x", "-o cannot be used in chain PREROUTING" },
	{ "-A POSTROUTING -j SNAT", "SNAT needs --to-source" },
	{ "-A POSTROUTING -j SNAT --to-destination 1.1.1.1", "unknown option '--to-destination'" },
	{ "-A POSTROUTING -j SNAT --to-source foo", "'foo' is not an IPv4 address" },
	{ "-A POSTROUTING -j SNAT --to-source 10.1", "'10.1' is not an IPv4 address" },
	{ "-A POSTROUTING -j SNAT --to-source 1.2.3.0/24", "'1.2.3.0/24' is not an IPv4 address" },
	{ "-A POSTROUTING -j SNAT --to-source 1.2.3.9-1.2.3.4", "address range 1.2.3.9-1.2.3.4 is the wrong way round" },
	{ "-A POSTROUTING -j SNAT --to-source 1.2.3.4:80", "a port range needs -p tcp, udp, sctp or dccp" },
	{ "-A POSTROUTING -p udplite -j SNAT --to-source 1.2.3.4:80", "a port range needs -p tcp, udp, sctp or dccp" },
	{ "-A POSTROUTING -p tcp -j SNAT --to-source 1.2.3.4:2000-1000", "port range 2000-1000 is the wrong way round" },
	{ "-A POSTROUTING -p tcp -j SNAT --to-source 1.2.3.4:", "'' is not a port number or range" },
	{ "-A POSTROUTING -p tcp -j SNAT --to-source 1.2.3.4:1-2/1", "'1.2.3.4:1-2/1': only DNAT takes a base port" },
	{ "-A POSTROUTING -j SNAT --to-source 1.1.1.1 --to-source 1.1.1.2", "option '--to-source' is given twice, or another rules it out" },
	{ "-A POSTROUTING -j SNAT ! --to-source 1.1.1.1", "! cannot go before '--to-source'" },
	{ "-A POSTROUTING -j SNAT --to-source 1.1.1.1 --rando", "option '--rando' may mean several" },
	{ "-A PREROUTING -j SNAT --to-source 1.1.1.1", "SNAT cannot be used in chain PREROUTING" },
	{ "-A POSTROUTING -j DNAT --to-destination 1.1.1.1", "DNAT cannot be used in chain POSTROUTING" },
	{ "-A PREROUTING -j DNAT --random-fully --to-destination 1.1.1.1", "unknown option '--random-fully'" },
	{ "-A PREROUTING -p tcp -j DNAT --to-destination 1.1.1.1:1-2/0", "'1.1.1.1:1-2/0': a base port cannot be 0" },
	{ "-A PREROUTING -p tcp -j DNAT --to-destination 1.1.1.1:1-2/x", "'x' is not a port number" },
	{ "-A INPUT -j MASQUERADE", "MASQUERADE cannot be used in chain INPUT" },
	{ "-A POSTROUTING -j MASQUERADE --to-ports 5", "a port range needs -p tcp, udp, sctp or dccp" },
	{ "-A POSTROUTING -p tcp -j MASQUERADE --to-ports 5:9", "'5:9' is not a port number or range" },
	{ "-A POSTROUTING -j REDIRECT", "REDIRECT cannot be used in chain POSTROUTING" },
	{ "-A PREROUTING -p tcp -j REDIRECT --to-ports 9-5", "port range 9-5 is the wrong way round" },
	{ "-A POSTROUTING -j NETMAP", "NETMAP needs --to" },
	{ "-A POSTROUTING -j NETMAP --to 10.1.2.0/255.255.0.255", "the mask of '10.1.2.0/255.255.0.255' is not a prefix" },
	{ NULL, NULL },
};

static const struct {
	const char *text;
	unsigned line;
	const char *why;
} whole[] = {
	{ "\n# x\n*foo\n", 3, "there is no table 'foo'" },
	{ "*filter x\n", 1, "unexpected 'x'" },
	{ "-A INPUT -j DROP\n", 1, "expected *TABLE, not '-A'" },
	{ "COMMIT\n", 1, "expected *TABLE, not 'COMMIT'" },
	{ "*filter\n", 1, "table filter ends without COMMIT" },
	{ "*filter\n*nat\nCOMMIT\n", 2, "expected -A CHAIN, not '*nat'" },
	{ "*filter\nCOMMIT\n*filter\nCOMMIT\n", 3, "table 'filter' is given twice" },
	{ "*filter\nCOMMIT now\n", 2, "expected -A CHAIN, not 'COMMIT'" },
	{ "*filter\n:INPUT\n", 2, "a chain is :NAME POLICY [PACKETS:BYTES]" },
	{ "*filter\n:INPUT FOO [0:0]\n", 2, "policy 'FOO' is neither ACCEPT nor DROP" },
	{ "*filter\n:INPUT ACCEPT [x:y]\n", 2, "'[x:y]' is not [PACKETS:BYTES]" },
	{ "*nat\n:PREROUTING DROP [0:0]\n", 2, "policy DROP is not for table nat" },
	{ "*filter\n:A DROP [0:0]\n", 2, "only built-in chains have a policy, and table filter has no 'A'" },
	{ "*filter\n:A - [0:0]\n:A - [0:0]\n", 3, "chain 'A' is declared twice" },
	{ "*filter\n:ACCEPT - [0:0]\n", 2, "'ACCEPT' is the name of a target" },
	{ "*filter\n:LOG - [0:0]\n", 2, "'LOG' is the name of a target" },
	{ "*filter\n: - [0:0]\n", 2, "chain name '' is not of 1 to 28 bytes" },
	{ "*filter\n:-a - [0:0]\n", 2, "'-a' cannot name a chain" },
	{ "*filter\n\":a b\" - [0:0]\n", 2, "'a b' cannot name a chain" },
	{ "*filter\n\":a\\\"b\" -\n", 2, "'a\"b' cannot name a chain" },
	{ "*filter\n:aaaaaaaaaaaaaaaaaaaaaaaaaaaaa - [0:0]\n", 2, "chain name 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is not of 1 to 28 bytes" },
	/* what the whole table shows, at the rule's line */
	{ "*filter\n:A -\n:B -\n-A INPUT -j A\n-A A -j B\n-A B -g A\nCOMMIT\n", 6, "chains loop: this leads back to 'A'" },
	{ "*filter\n:A -\n-A INPUT -j A\n-A A -j A\nCOMMIT\n", 4, "chains loop: this leads back to 'A'" },
	{ "*nat\n:A -\n:B -\n-A PREROUTING -j A\n-A A -j B\n-A B -j SNAT --to-source 1.1.1.1\nCOMMIT\n", 6, "SNAT cannot be used in chain B, which PREROUTING leads to" },
	{ "*filter\n:A -\n-A INPUT -i + -j ACCEPT\n-A INPUT -j A\n-A A -j A\nCOMMIT\n", 5, "chains loop: this leads back to 'A'" },
	{ "*filter\n:A -\n-A A -m addrtype --dst-type LOCAL --limit-iface-out\n-A INPUT -j A\nCOMMIT\n", 3, "addrtype cannot be used in chain A, which INPUT leads to" },
};
/* clang-format on */

static void check_refused(const char *text, unsigned line, const char *why)
{
	struct nat_error err;
	struct nat_rules *r = nat_rules_parse(text, strlen(text), &err);

	if (r)
		fail_msg("not refused: %s", text);
	if (err.line != line || strcmp(err.text, why) != 0)
		fail_msg("%s\n  got  %u: %s\n  want %u: %s", text, err.line,
			 err.text, line, why);
}

static void check_rows(const char *table, const struct row *row)
{
	for (; row->rule; row++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "*%s\n:c - [0:0]\n:d - [0:0]\n%s\nCOMMIT\n", table,
			 row->rule);
		check_refused(text, 4, row->why);
	}
}

static void refuses_rules(void **state)
{
	(void)state;
	check_rows("filter", filter_rule);
	check_rows("nat", nat_rule);
}

static void refuses_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		check_refused(whole[i].text, whole[i].line, whole[i].why);
}

static void refuses_nul(void **state)
{
	static const char text[] = "*filter\n\0\nCOMMIT\n";
	struct nat_error err;

	(void)state;
	assert_null(nat_rules_parse(text, sizeof(text) - 1, &err));
	assert_int_equal(err.line, 2);
	assert_string_equal(err.text, "a NUL byte in the text");
}

/* One rule may stand for many, but not for any number. */
static void refuses_explosion(void **state)
{
#define EIGHT "1,1,1,1,1,1,1,1"
#define MANY  EIGHT "," EIGHT "," EIGHT "," EIGHT ",1"
	static const char text[] = "*filter\n"
				   "-A INPUT -s " MANY " -d " MANY "\n"
				   "COMMIT\n";

	(void)state;
	check_refused(text, 2, "more than 1024 rules in one");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_rules),
		cmocka_unit_test(refuses_texts),
		cmocka_unit_test(refuses_nul),
		cmocka_unit_test(refuses_explosion),
	};

	return cmocka_run_group_tests_name("rules refused", tests, NULL, NULL);
}
