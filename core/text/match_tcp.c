/* SPDX-License-Identifier: BSD-2-Clause
 * -m tcp. */
#include "pure/tuple.h"
#include "text/match_ports.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { TCP_SPORT, TCP_DPORT, TCP_FLAGS, TCP_OPTION };

enum {
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	PSH = 0x08,
	ACK = 0x10,
	URG = 0x20,
	ALL = 0x3f,
};

static const struct scan_name flag_name[] = {
	{"FIN", FIN}, {"SYN", SYN}, {"RST", RST}, {"PSH", PSH}, {"ACK", ACK},
	{"URG", URG}, {"ALL", ALL}, {"NONE", 0},  {NULL, 0},
};

static void tcp_init(struct match *m)
{
	m->tcp.sport.max = UINT16_MAX;
	m->tcp.dport.max = UINT16_MAX;
}

static int tcp_ports(const struct given *g)
{
	struct match_tcp *tcp = &g->match->tcp;

	if (g->option->id == TCP_SPORT) {
		tcp->inv_sport = g->invert;
		return scan_ports(g->arg[0], ':', true, &tcp->sport, g->err);
	}
	tcp->inv_dport = g->invert;
	return scan_ports(g->arg[0], ':', true, &tcp->dport, g->err);
}

static int tcp_flags(const struct given *g)
{
	struct match_tcp *tcp = &g->match->tcp;
	uint32_t mask = 0, cmp = 0;
	int rc = scan_names(flag_name, g->arg[0], "TCP flag", &mask, g->err);

	if (!rc)
		rc = scan_names(flag_name, g->arg[1], "TCP flag", &cmp, g->err);
	tcp->flags_mask = (uint8_t)mask;
	tcp->flags_cmp = (uint8_t)cmp;
	tcp->inv_flags = g->invert;
	return rc;
}

static int tcp_syn(const struct given *g)
{
	struct match_tcp *tcp = &g->match->tcp;

	tcp->flags_mask = FIN | SYN | RST | ACK;
	tcp->flags_cmp = SYN;
	tcp->inv_flags = g->invert;
	return 0;
}

static int tcp_option(const struct given *g)
{
	uint32_t kind = 0;

	if (!scan_u32(g->arg[0], UINT8_MAX, &kind) || !kind)
		return text_fail(g->err, "'%s' is not a TCP option, 1 to 255",
				 g->arg[0]);
	g->match->tcp.option = (uint8_t)kind;
	g->match->tcp.inv_option = g->invert;
	return 0;
}

static void put_flags(uint8_t flags, struct nat_sink out)
{
	const char *comma = "";

	if (!flags)
		text_puts(out, "NONE");
	for (const struct scan_name *f = flag_name; f->value != ALL; f++) {
		if (flags & f->value) {
			text_printf(out, "%s%s", comma, f->name);
			comma = ",";
		}
	}
}

static bool has_flags(const struct match_tcp *tcp)
{
	return tcp->flags_mask || tcp->inv_flags;
}

static void tcp_list(const struct match *m, bool numeric, struct nat_sink out)
{
	const struct match_tcp *tcp = &m->tcp;

	text_puts(out, " tcp");
	ports_list('s', tcp->sport, tcp->inv_sport, out);
	ports_list('d', tcp->dport, tcp->inv_dport, out);
	if (tcp->option)
		text_printf(out, " option=%s%u", tcp->inv_option ? "!" : "",
			    tcp->option);
	if (!has_flags(tcp))
		return;
	text_printf(out, " flags:%s", tcp->inv_flags ? "!" : "");
	if (numeric) {
		text_printf(out, "0x%02X/0x%02X", tcp->flags_mask,
			    tcp->flags_cmp);
		return;
	}
	put_flags(tcp->flags_mask, out);
	text_puts(out, "/");
	put_flags(tcp->flags_cmp, out);
}

static void tcp_save(const struct match *m, struct nat_sink out)
{
	const struct match_tcp *tcp = &m->tcp;

	ports_save('s', tcp->sport, tcp->inv_sport, out);
	ports_save('d', tcp->dport, tcp->inv_dport, out);
	if (tcp->option)
		text_printf(out, "%s --tcp-option %u",
			    tcp->inv_option ? " !" : "", tcp->option);
	if (!has_flags(tcp))
		return;
	text_printf(out, "%s --tcp-flags ", tcp->inv_flags ? " !" : "");
	put_flags(tcp->flags_mask, out);
	text_puts(out, " ");
	put_flags(tcp->flags_cmp, out);
}

static const struct text_option tcp_options[] = {
	{"--source-port", TCP_SPORT, 1, true, false, tcp_ports},
	{"--sport", TCP_SPORT, 1, true, false, tcp_ports},
	{"--destination-port", TCP_DPORT, 1, true, false, tcp_ports},
	{"--dport", TCP_DPORT, 1, true, false, tcp_ports},
	{"--tcp-flags", TCP_FLAGS, 2, true, false, tcp_flags},
	{"--syn", TCP_FLAGS, 0, true, false, tcp_syn},
	{"--tcp-option", TCP_OPTION, 1, true, false, tcp_option},
	{.name = NULL},
};

const struct match_type match_type_tcp = {
	.name = "tcp",
	.proto = PROTO_TCP,
	.options = tcp_options,
	.init = tcp_init,
	.list = tcp_list,
	.save = tcp_save,
};
