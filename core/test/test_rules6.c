/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules of IPv6: as they are written, saved and listed. What is saved and
 * listed is what ip6tables 1.8.9 said of the same rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "natcore.h"
#include "text/text.h"
#include "util.h"

#define ANY "  *      *       ::/0                 ::/0                "

static const struct row {
	const char *chain, *rule, *saved, *listed; /* listed NULL: refused */
} rows[] = {
	{"FORWARD", "-s 2001:db8::/32 -d 2001:DB8:0:0::1 -j ACCEPT",
	 "-s 2001:db8::/32 -d 2001:db8::1/128 -j ACCEPT",
	 "ACCEPT     0    --  *      *       2001:db8::/32        2001:db8::1  "
	 "       "},
	{"FORWARD", "! -s ::1/128 -i lan+ ! -o wan0",
	 "! -s ::1/128 -i lan+ ! -o wan0",
	 "           0    --  lan+   !wan0  !::1                  ::/0         "
	 "       "},
	{"FORWARD",
	 "-s ffff:0:ffff::/ffff:0:ffff::", "-s ffff:0:ffff::/ffff:0:ffff::",
	 "           0    --  *      *       ffff:0:ffff::/ffff:0:ffff::  ::/0 "
	 "               "},
	{"FORWARD", "-s 2001:db8::1/48", "-s 2001:db8::/48",
	 "           0    --  *      *       2001:db8::/48        ::/0         "
	 "       "},
	{"FORWARD", "-s 1.2.3.4", "'1.2.3.4' is not an IPv6 address", NULL},
	{"FORWARD", "-s 2001:db8::/129", "'129' is not a network mask", NULL},
	{"FORWARD", "-f", "-f is not for IPv6", NULL},
	{"FORWARD", "-p icmpv6 --icmpv6-type 128",
	 "-p ipv6-icmp -m icmp6 --icmpv6-type 128",
	 "           58   --" ANY " ipv6-icmptype 128"},
	{"FORWARD", "-p icmpv6 -m icmpv6 --icmpv6-type echo-request",
	 "-p ipv6-icmp -m icmp6 --icmpv6-type 128",
	 "           58   --" ANY " ipv6-icmptype 128"},
	{"FORWARD", "-p 58 ! --icmpv6-type 1/4",
	 "-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/4",
	 "           58   --" ANY " ipv6-icmp !type 1 code 4"},
	{"FORWARD", "-p icmpv6 --icmpv6-type any", "unknown ICMPv6 type 'any'",
	 NULL},
	{"FORWARD", "-p icmpv6 --icmpv6-type 255",
	 "-p ipv6-icmp -m icmp6 --icmpv6-type 255",
	 "           58   --" ANY " ipv6-icmptype 255"},
	{"FORWARD", "-p icmp --icmp-type 8", "unknown option '--icmp-type'",
	 NULL},
	{"FORWARD", "-m hl --hl-eq 1", "match 'hl' is not supported yet", NULL},
	{"FORWARD", "-j REJECT",
	 "-j REJECT --reject-with icmp6-port-unreachable",
	 "REJECT     0    --" ANY " reject-with icmp6-port-unreachable"},
	{"FORWARD", "-j REJECT --reject-with addr-unreach",
	 "-j REJECT --reject-with icmp6-addr-unreachable",
	 "REJECT     0    --" ANY " reject-with icmp6-addr-unreachable"},
	{"FORWARD", "-j REJECT --reject-with icmp-port-unreachable",
	 "unknown reject type 'icmp-port-unreachable'", NULL},
	{"FORWARD",
	 "-m iprange --src-range 2001:db8::1-2001:db8::5 ! --dst-range "
	 "::1-::2",
	 "-m iprange --src-range 2001:db8::1-2001:db8::5 ! --dst-range "
	 "::1-::2",
	 "           0    --" ANY " source IP range 2001:db8::1-2001:db8::5 "
	 "destination IP range ! ::1-::2"},
	{"FORWARD", "-m conntrack --ctstate NEW --ctorigsrc 2001:db8::1/64",
	 "-m conntrack --ctstate NEW --ctorigsrc 2001:db8::1/64",
	 "           0    --" ANY " ctstate NEW ctorigsrc 2001:db8::1/64"},
	{"FORWARD", "-m conntrack --ctrepldst 2001:db8::9",
	 "-m conntrack --ctrepldst 2001:db8::9",
	 "           0    --" ANY " ctrepldst 2001:db8::9"},
	{"POSTROUTING", "-j SNAT --to-source [2001:db8::1]",
	 "-j SNAT --to-source 2001:db8::1",
	 "SNAT       0    --" ANY " to:2001:db8::1"},
	{"POSTROUTING", "-p tcp -j SNAT --to-source [2001:db8::1]:80",
	 "-p tcp -j SNAT --to-source [2001:db8::1]:80",
	 "SNAT       6    --" ANY " to:[2001:db8::1]:80"},
	{"POSTROUTING",
	 "-p tcp -j SNAT --to-source [2001:db8::1-2001:db8::9]:80-90 --random",
	 "-p tcp -j SNAT --to-source [2001:db8::1-2001:db8::9]:80-90 --random",
	 "SNAT       6    --" ANY " to:[2001:db8::1-2001:db8::9]:80-90 random"},
	{"POSTROUTING", "-p tcp -j SNAT --to-source :80-90",
	 "-p tcp -j SNAT --to-source :80-90",
	 "SNAT       6    --" ANY " to::80-90"},
	{"POSTROUTING", "-p udp -j SNAT --to-source 2001:db8::1:80",
	 "-p udp -j SNAT --to-source 2001:db8::1:80",
	 "SNAT       17   --" ANY " to:2001:db8::1:80"},
	{"POSTROUTING", "-j SNAT --to-source [2001:db8::1",
	 "'[2001:db8::1' is not an address range", NULL},
	{"POSTROUTING", "-j SNAT --to-source [2001:db8::1]:80",
	 "a port range needs -p tcp, udp, sctp or dccp", NULL},
	{"POSTROUTING", "-j NETMAP --to 2001:db8::5/48",
	 "-j NETMAP --to 2001:db8::/48",
	 "NETMAP     0    --" ANY " to:2001:db8::/48"},
	{"PREROUTING",
	 "-p tcp -j DNAT --to-destination [2001:db8::1]:80-90/100",
	 "-p tcp -j DNAT --to-destination [2001:db8::1]:80-90/100",
	 "DNAT       6    --" ANY " to:[2001:db8::1]:80-90/100"},
	{"PREROUTING", "-p udp -j REDIRECT --to-ports 5-9",
	 "-p udp -j REDIRECT --to-ports 5-9",
	 "REDIRECT   17   --" ANY " redir ports 5-9"},
};

/* The text of the one rule, behind @mark. */
static const char *line_after(const char *text, const char *mark, char out[512])
{
	const char *at = strstr(text, mark);

	out[0] = '\0';
	if (at)
		(void)snprintf(out, 512, "%.*s",
			       (int)strcspn(at + strlen(mark), "\n"),
			       at + strlen(mark));
	return out;
}

static void check_row(const struct row *r)
{
	bool filter = !strcmp(r->chain, "FORWARD");
	const struct nat_list_options options = {
		.table = filter ? "filter" : "nat",
		.chain = r->chain,
		.verbose = true,
		.numeric = true,
	};
	struct text_buffer saved = {.s = NULL}, listed = {.s = NULL};
	char text[512], mark[64], got[512];
	struct nat_error err;
	struct nat_rules *rules;

	(void)snprintf(text, sizeof(text), "*%s\n-A %s %s\nCOMMIT\n",
		       options.table, r->chain, r->rule);
	rules = nat_rules6_parse(text, strlen(text), &err);
	if (!rules || !r->listed) {
		if (rules || r->listed || strcmp(err.text, r->saved) != 0)
			fail_msg("%s: %s", r->rule, rules ? "taken" : err.text);
		return;
	}
	nat_rules_save(rules, text_buffer_sink(&saved));
	(void)snprintf(mark, sizeof(mark), "-A %s ", r->chain);
	if (strcmp(line_after(saved.s, mark, got), r->saved) != 0)
		fail_msg("%s\nsaved as  %s\nand not   %s", r->rule, got,
			 r->saved);
	assert_int_equal(
		nat_rules_list(rules, &options, text_buffer_sink(&listed)), 0);
	if (strcmp(line_after(listed.s, "\n    0     0 ", got), r->listed) != 0)
		fail_msg("%s\nlisted as %s|\nand not   %s|", r->rule, got,
			 r->listed);
	free(saved.s);
	free(listed.s);
	nat_rules_free(rules);
}

static void as_ip6tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_ip6tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
