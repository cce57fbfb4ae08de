/* SPDX-License-Identifier: BSD-2-Clause
 * -m udp and -m multiport, and the printing of port ranges. */
#include "text/match_ports.h"

#include <string.h>

#include "pure/tuple.h"
#include "text/protocols.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

static bool every_port(struct port_range p)
{
	return p.min == 0 && p.max == UINT16_MAX;
}

void ports_list(char what, struct port_range p, bool invert,
		struct nat_sink out)
{
	const char *bang = invert ? "!" : "";

	if (every_port(p) && !invert)
		return;
	if (p.min == p.max)
		text_printf(out, " %cpt:%s%u", what, bang, p.min);
	else
		text_printf(out, " %cpts:%s%u:%u", what, bang, p.min, p.max);
}

void ports_save(char what, struct port_range p, bool invert,
		struct nat_sink out)
{
	if (every_port(p))
		return;
	text_printf(out, "%s --%cport %u", invert ? " !" : "", what, p.min);
	if (p.min != p.max)
		text_printf(out, ":%u", p.max);
}

bool takes_ports(const struct rule *r)
{
	static const uint16_t proto[] = {PROTO_TCP, PROTO_UDP, PROTO_DCCP,
					 PROTO_SCTP};

	for (size_t i = 0; i < ARRAY_LEN(proto); i++)
		if (r->proto == proto[i])
			return true;
	return false;
}

/* ------------------------------------------------------------------ udp */

enum { UDP_SPORT, UDP_DPORT };

static void udp_init(struct match *m)
{
	m->udp.sport.max = UINT16_MAX;
	m->udp.dport.max = UINT16_MAX;
}

static int udp_ports(const struct given *g)
{
	struct match_udp *udp = &g->match->udp;

	if (g->option->id == UDP_SPORT) {
		udp->inv_sport = g->invert;
		return scan_ports(g->arg[0], ':', true, &udp->sport, g->err);
	}
	udp->inv_dport = g->invert;
	return scan_ports(g->arg[0], ':', true, &udp->dport, g->err);
}

static void udp_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_puts(out, " udp");
	ports_list('s', m->udp.sport, m->udp.inv_sport, out);
	ports_list('d', m->udp.dport, m->udp.inv_dport, out);
}

static void udp_save(const struct match *m, struct nat_sink out)
{
	ports_save('s', m->udp.sport, m->udp.inv_sport, out);
	ports_save('d', m->udp.dport, m->udp.inv_dport, out);
}

static const struct text_option udp_options[] = {
	{"--source-port", UDP_SPORT, 1, true, false, udp_ports},
	{"--sport", UDP_SPORT, 1, true, false, udp_ports},
	{"--destination-port", UDP_DPORT, 1, true, false, udp_ports},
	{"--dport", UDP_DPORT, 1, true, false, udp_ports},
	{.name = NULL},
};

const struct match_type match_type_udp = {
	.name = "udp",
	.proto = PROTO_UDP,
	.options = udp_options,
	.init = udp_init,
	.list = udp_list,
	.save = udp_save,
};

/* ------------------------------------------------------------ multiport */

enum { MULTIPORT_PORTS };

/* Each port takes a slot, a range two. */
static int multiport_add(struct match_multiport *m, const char *word,
			 unsigned *slots, struct nat_error *err)
{
	bool range = strchr(word, ':');
	struct port_range port;
	int rc = scan_ports(word, ':', false, &port, err);

	if (rc)
		return rc;
	if (range && port.min == port.max)
		return text_fail(err, "port range %s is a single port", word);
	*slots += range ? 2 : 1;
	if (*slots > MULTIPORT_SLOTS)
		return text_fail(err,
				 "multiport takes at most %d ports, a range "
				 "counting as two",
				 MULTIPORT_SLOTS);
	m->port[m->n] = port;
	m->is_range[m->n++] = range;
	return 0;
}

static int multiport_ports(const struct given *g)
{
	enum { LONGEST = MULTIPORT_SLOTS * 12 };
	struct match_multiport *m = &g->match->multiport;
	char list[LONGEST + 1];
	size_t len = strlen(g->arg[0]);
	unsigned slots = 0;
	char side = g->option->name[2];

	m->side = side == 's'   ? MULTIPORT_SRC
		  : side == 'd' ? MULTIPORT_DST
				: MULTIPORT_EITHER;
	m->invert = g->invert;
	if (len > LONGEST)
		return text_fail(g->err, "multiport list is too long");
	memcpy(list, g->arg[0], len + 1);
	for (char *p = list, *next; p; p = next) {
		next = scan_split(p, ',');
		int rc = multiport_add(m, p, &slots, g->err);

		if (rc)
			return rc;
	}
	return 0;
}

static int multiport_check(const struct rule *r, const struct match *m,
			   uint32_t seen, struct nat_error *err)
{
	(void)m;
	(void)seen;
	if (r->inv_proto || !(r->proto == PROTO_UDPLITE || takes_ports(r)))
		return text_fail(err, "multiport needs -p tcp, udp, udplite, "
				      "sctp or dccp");
	return 0;
}

static void multiport_put(const struct match_multiport *m, struct nat_sink out)
{
	for (unsigned i = 0; i < m->n; i++) {
		text_printf(out, "%s%u", i ? "," : "", m->port[i].min);
		if (m->is_range[i])
			text_printf(out, ":%u", m->port[i].max);
	}
}

static const char *multiport_word(const struct match_multiport *m)
{
	static const char *const word[] = {
		[MULTIPORT_SRC] = "sports",
		[MULTIPORT_DST] = "dports",
		[MULTIPORT_EITHER] = "ports",
	};
	return word[m->side];
}

static void multiport_list(const struct match *m, bool numeric,
			   struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " multiport %s %s", multiport_word(&m->multiport),
		    m->multiport.invert ? " !" : "");
	multiport_put(&m->multiport, out);
}

static void multiport_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --%s ", m->multiport.invert ? " !" : "",
		    multiport_word(&m->multiport));
	multiport_put(&m->multiport, out);
}

static const struct text_option multiport_options[] = {
	{"--ports", MULTIPORT_PORTS, 1, true, false, multiport_ports},
	{"--source-ports", MULTIPORT_PORTS, 1, true, false, multiport_ports},
	{"--sports", MULTIPORT_PORTS, 1, true, false, multiport_ports},
	{"--destination-ports", MULTIPORT_PORTS, 1, true, false,
	 multiport_ports},
	{"--dports", MULTIPORT_PORTS, 1, true, false, multiport_ports},
	{"--ports", MULTIPORT_PORTS, 1, true, false, multiport_ports},
	{.name = NULL},
};

const struct match_type match_type_multiport = {
	.name = "multiport",
	.required = OPTION_BIT(MULTIPORT_PORTS),
	.options = multiport_options,
	.check = multiport_check,
	.list = multiport_list,
	.save = multiport_save,
};
