/* SPDX-License-Identifier: BSD-2-Clause
 * -m conntrack and -m state. */
#include <inttypes.h>
#include <string.h>

#include "pure/tuple.h"
#include "text/protocols.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

/* Option ids of -m conntrack are the bit numbers of enum ctmatch_field. */
enum {
	CT_STATE,
	CT_PROTO,
	CT_ADDR, /* and three more, as CT_ORIGSRC.. */
	CT_PORT = CT_ADDR + CT_N_ENDS,
	CT_STATUS = CT_PORT + CT_N_ENDS,
	CT_EXPIRE,
	CT_DIR,
};
_Static_assert(CTM_ORIGSRC == 1 << CT_ADDR && CTM_DIR == 1 << CT_DIR,
	       "option ids follow enum ctmatch_field");

/* In the order of printing. */
static const struct scan_name state_name[] = {
	{"INVALID", 1 << NAT_STATE_INVALID},
	{"NEW", 1 << NAT_STATE_NEW},
	{"RELATED", 1 << NAT_STATE_RELATED},
	{"ESTABLISHED", 1 << NAT_STATE_ESTABLISHED},
	{"UNTRACKED", 1 << NAT_STATE_UNTRACKED},
	{"SNAT", CTSTATE_SNAT},
	{"DNAT", CTSTATE_DNAT},
	{NULL, 0},
};

static const struct scan_name status_name[] = {
	{"EXPECTED", NAT_ST_EXPECTED},
	{"SEEN_REPLY", NAT_ST_SEEN_REPLY},
	{"ASSURED", NAT_ST_ASSURED},
	{"CONFIRMED", NAT_ST_CONFIRMED},
	{"NONE", 0},
	{NULL, 0},
};

static const struct scan_name dir_name[] = {
	{"ORIGINAL", NAT_ORIGINAL},
	{"REPLY", NAT_REPLY},
	{NULL, 0},
};

static void put_bits(const struct scan_name *table, uint32_t bits,
		     struct nat_sink out)
{
	const char *comma = "";

	for (; table->name; table++) {
		if (!(bits & table->value) && (bits || table->value))
			continue;
		text_printf(out, "%s%s", comma, table->name);
		comma = ",";
	}
}

static int ct_state(const struct given *g)
{
	uint32_t bits = 0;
	int rc = scan_names(state_name, g->arg[0], "conntrack state", &bits,
			    g->err);

	g->match->conntrack.states = (uint16_t)bits;
	return rc;
}

static int ct_proto(const struct given *g)
{
	if (!proto_scan(g->arg[0], &g->match->conntrack.proto))
		return text_fail(g->err, "unknown protocol '%s'", g->arg[0]);
	return 0;
}

static int ct_addr(const struct given *g)
{
	unsigned end = g->option->id - CT_ADDR;

	return scan_prefix(g->arg[0], g->family, &g->match->conntrack.addr[end],
			   g->err);
}

static int ct_port(const struct given *g)
{
	unsigned end = g->option->id - CT_PORT;

	return scan_ports(g->arg[0], ':', true, &g->match->conntrack.port[end],
			  g->err);
}

static int ct_status(const struct given *g)
{
	uint32_t bits = 0;
	int rc = scan_names(status_name, g->arg[0], "conntrack status", &bits,
			    g->err);

	g->match->conntrack.status = (uint16_t)bits;
	return rc;
}

static int ct_expire(const struct given *g)
{
	struct match_conntrack *ct = &g->match->conntrack;
	char word[32];
	size_t len = strlen(g->arg[0]);
	bool ok = len < sizeof(word);

	memcpy(word, g->arg[0], ok ? len + 1 : 0);
	char *end = ok ? scan_split(word, ':') : NULL;

	ct->expire_min = 0;
	ct->expire_max = UINT32_MAX;
	if (ok && (*word || !end))
		ok = scan_u32(word, UINT32_MAX, &ct->expire_min);
	if (!end)
		ct->expire_max = ct->expire_min;
	else if (ok && *end)
		ok = scan_u32(end, UINT32_MAX, &ct->expire_max);
	if (!ok)
		return text_fail(g->err, "'%s' is not a range of seconds",
				 g->arg[0]);
	if (ct->expire_min > ct->expire_max)
		return text_fail(g->err, "range %s is the wrong way round",
				 g->arg[0]);
	return 0;
}

static int ct_dir(const struct given *g)
{
	uint32_t dir = 0;

	if (!scan_name(dir_name, g->arg[0], &dir))
		return text_fail(g->err, "'%s' is not ORIGINAL or REPLY",
				 g->arg[0]);
	g->match->conntrack.dir = (uint8_t)dir;
	return 0;
}

/* Every option asks for its field; ! inverts that field alone. */
static int ct_field(const struct given *g)
{
	static int (*const parse[])(const struct given *g) = {
		[CT_STATE] = ct_state,
		[CT_PROTO] = ct_proto,
		[CT_ADDR + CT_ORIGSRC] = ct_addr,
		[CT_ADDR + CT_ORIGDST] = ct_addr,
		[CT_ADDR + CT_REPLSRC] = ct_addr,
		[CT_ADDR + CT_REPLDST] = ct_addr,
		[CT_PORT + CT_ORIGSRC] = ct_port,
		[CT_PORT + CT_ORIGDST] = ct_port,
		[CT_PORT + CT_REPLSRC] = ct_port,
		[CT_PORT + CT_REPLDST] = ct_port,
		[CT_STATUS] = ct_status,
		[CT_EXPIRE] = ct_expire,
		[CT_DIR] = ct_dir,
	};
	struct match_conntrack *ct = &g->match->conntrack;
	uint16_t field = (uint16_t)OPTION_BIT(g->option->id);

	ct->asked |= field;
	if (g->invert)
		ct->inverted |= field;
	return parse[g->option->id](g);
}

static int ct_check(const struct rule *r, const struct match *m, uint32_t seen,
		    struct nat_error *err)
{
	(void)r;
	(void)m;
	if (!seen)
		return text_fail(err, "match 'conntrack' needs an option");
	return 0;
}

static void put_addr(const struct rule_addr *a, uint8_t family, bool names,
		     struct nat_sink out)
{
	int len = text_prefix_len(&a->mask, family);

	if (names && !len && addr_is_zero(&a->addr)) {
		text_puts(out, "anywhere");
		return;
	}
	text_puts(out, text_addr(&a->addr, family).s);
	if (len < (family == 6 ? 128 : 32))
		text_printf(out, "/%d", len);
}

static void put_field(const struct match *m, unsigned id, bool names,
		      struct nat_sink out)
{
	const struct match_conntrack *ct = &m->conntrack;

	if (id >= CT_PORT && id < CT_STATUS) {
		struct port_range p = ct->port[id - CT_PORT];

		text_printf(out, "%u", p.min);
		if (p.min != p.max)
			text_printf(out, ":%u", p.max);
	} else if (id >= CT_ADDR && id < CT_PORT) {
		put_addr(&ct->addr[id - CT_ADDR], m->family, names, out);
	} else if (id == CT_STATE) {
		put_bits(state_name, ct->states, out);
	} else if (id == CT_STATUS) {
		put_bits(status_name, ct->status, out);
	} else if (id == CT_PROTO) {
		text_printf(out, "%u", ct->proto);
	} else if (id == CT_DIR) {
		text_puts(out, dir_name[ct->dir].name);
	} else {
		text_printf(out, "%" PRIu32, ct->expire_min);
		if (ct->expire_min != ct->expire_max)
			text_printf(out, ":%" PRIu32, ct->expire_max);
	}
}

static const struct text_option ct_options[] = {
	{"--ctstate", CT_STATE, 1, true, false, ct_field},
	{"--ctproto", CT_PROTO, 1, true, false, ct_field},
	{"--ctorigsrc", CT_ADDR + CT_ORIGSRC, 1, true, false, ct_field},
	{"--ctorigdst", CT_ADDR + CT_ORIGDST, 1, true, false, ct_field},
	{"--ctreplsrc", CT_ADDR + CT_REPLSRC, 1, true, false, ct_field},
	{"--ctrepldst", CT_ADDR + CT_REPLDST, 1, true, false, ct_field},
	{"--ctorigsrcport", CT_PORT + CT_ORIGSRC, 1, true, false, ct_field},
	{"--ctorigdstport", CT_PORT + CT_ORIGDST, 1, true, false, ct_field},
	{"--ctreplsrcport", CT_PORT + CT_REPLSRC, 1, true, false, ct_field},
	{"--ctrepldstport", CT_PORT + CT_REPLDST, 1, true, false, ct_field},
	{"--ctstatus", CT_STATUS, 1, true, false, ct_field},
	{"--ctexpire", CT_EXPIRE, 1, true, false, ct_field},
	{"--ctdir", CT_DIR, 1, false, false, ct_field},
	{.name = NULL},
};

/* Both notations are the options in order; the list drops their dashes. */
static void put_fields(const struct match *m, bool dashes, bool names,
		       struct nat_sink out)
{
	const struct match_conntrack *ct = &m->conntrack;

	for (const struct text_option *o = ct_options; o->name; o++) {
		if (!(ct->asked & OPTION_BIT(o->id)))
			continue;
		text_printf(out, "%s %s ",
			    ct->inverted & OPTION_BIT(o->id) ? " !" : "",
			    dashes ? o->name : o->name + 2);
		put_field(m, o->id, names, out);
	}
}

static void ct_list(const struct match *m, bool numeric, struct nat_sink out)
{
	put_fields(m, false, !numeric, out);
}

static void ct_save(const struct match *m, struct nat_sink out)
{
	put_fields(m, true, false, out);
}

const struct match_type match_type_conntrack = {
	.name = "conntrack",
	.options = ct_options,
	.check = ct_check,
	.list = ct_list,
	.save = ct_save,
};

/* ---------------------------------------------------------------- state */

enum { STATE_STATE };

static int state_state(const struct given *g)
{
	uint32_t bits = 0;
	int rc = scan_names(state_name, g->arg[0], "state", &bits, g->err);

	if (!rc && (bits & (CTSTATE_SNAT | CTSTATE_DNAT)))
		return text_fail(g->err,
				 "SNAT and DNAT are states of -m conntrack");
	g->match->state.states = (uint16_t)bits;
	g->match->state.invert = g->invert;
	return rc;
}

static void state_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_printf(out, "%s state ", m->state.invert ? " !" : "");
	put_bits(state_name, m->state.states, out);
}

static void state_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --state ", m->state.invert ? " !" : "");
	put_bits(state_name, m->state.states, out);
}

static const struct text_option state_options[] = {
	{"--state", STATE_STATE, 1, true, false, state_state},
	{.name = NULL},
};

const struct match_type match_type_state = {
	.name = "state",
	.required = OPTION_BIT(STATE_STATE),
	.options = state_options,
	.list = state_list,
	.save = state_save,
};
