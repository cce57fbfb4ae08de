/* SPDX-License-Identifier: BSD-2-Clause
 * -m mac, pkttype, owner and helper: what a link, a socket or a helper would
 * know of a packet. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { ONLY };

/* ------------------------------------------------------------------ mac */

static int mac_source(const struct given *g)
{
	struct match_mac *m = &g->match->mac;
	unsigned b[6];
	char more;

	m->invert = g->invert;
	if (strlen(g->arg[0]) != strlen("00:00:00:00:00:00") ||
	    sscanf(g->arg[0], "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &more) != 6)
		return text_fail(g->err, "'%s' is not a MAC address",
				 g->arg[0]);
	for (unsigned i = 0; i < ARRAY_LEN(b); i++)
		m->addr[i] = (uint8_t)b[i];
	return 0;
}

static void put_mac(const struct match_mac *m, struct nat_sink out)
{
	for (unsigned i = 0; i < ARRAY_LEN(m->addr); i++)
		text_printf(out, "%s%02x", i ? ":" : "", m->addr[i]);
}

static void mac_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " MAC%s ", m->mac.invert ? " !" : "");
	put_mac(&m->mac, out);
}

static void mac_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --mac-source ", m->mac.invert ? " !" : "");
	put_mac(&m->mac, out);
}

static const struct text_option mac_options[] = {
	{"--mac-source", ONLY, 1, true, false, mac_source},
	{.name = NULL},
};

static unsigned mac_hooks(const struct match *m)
{
	(void)m;
	return HOOK_BIT(PREROUTING) | HOOK_BIT(INPUT) | HOOK_BIT(FORWARD);
}

const struct match_type match_type_mac = {
	.name = "mac",
	.required = OPTION_BIT(ONLY),
	.options = mac_options,
	.hooks = mac_hooks,
	.list = mac_list,
	.save = mac_save,
};

/* -------------------------------------------------------------- pkttype */

/* The first of a kind is the one printed. */
static const struct scan_name pkttype_name[] = {
	{"unicast", PKT_UNICAST},
	{"broadcast", PKT_BROADCAST},
	{"multicast", PKT_MULTICAST},
	{"host", PKT_UNICAST},
	{"bcast", PKT_BROADCAST},
	{"mcast", PKT_MULTICAST},
	{NULL, 0},
};

static int pkttype_type(const struct given *g)
{
	uint32_t type = 0;

	if (!scan_name(pkttype_name, g->arg[0], &type))
		return text_fail(g->err, "unknown packet type '%s'", g->arg[0]);
	g->match->pkttype = (struct match_pkttype){(uint8_t)type, g->invert};
	return 0;
}

static void pkttype_list(const struct match *m, bool numeric,
			 struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " PKTTYPE %s %s", m->pkttype.invert ? "!=" : "=",
		    pkttype_name[m->pkttype.type].name);
}

static void pkttype_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --pkt-type %s", m->pkttype.invert ? " !" : "",
		    pkttype_name[m->pkttype.type].name);
}

static const struct text_option pkttype_options[] = {
	{"--pkt-type", ONLY, 1, true, false, pkttype_type},
	{.name = NULL},
};

const struct match_type match_type_pkttype = {
	.name = "pkttype",
	.required = OPTION_BIT(ONLY),
	.options = pkttype_options,
	.list = pkttype_list,
	.save = pkttype_save,
};

/* ---------------------------------------------------------------- owner */

enum { OWNER_OPT_UID, OWNER_OPT_GID, OWNER_OPT_SOCKET, OWNER_OPT_SUPPL };

/* ID[-ID] */
static int owner_range(const struct given *g, uint32_t *min, uint32_t *max)
{
	char word[32];
	uint64_t lo = 0, hi = 0;
	size_t len = strlen(g->arg[0]);
	bool ok = len < sizeof(word);

	if (ok) {
		memcpy(word, g->arg[0], len + 1);
		char *end = scan_split(word, '-');

		ok = scan_u64(word, 0, UINT32_MAX - 1, &lo) &&
		     scan_u64(end ? end : word, 0, UINT32_MAX - 1, &hi);
	}
	if (!ok)
		return text_fail(g->err, "'%s' is not an id or a range of ids",
				 g->arg[0]);
	*min = (uint32_t)lo;
	*max = (uint32_t)hi;
	return 0;
}

static void owner_ask(const struct given *g, uint8_t what)
{
	struct match_owner *m = &g->match->owner;

	m->asked |= what;
	if (g->invert)
		m->inverted |= what;
}

static int owner_uid(const struct given *g)
{
	struct match_owner *m = &g->match->owner;

	owner_ask(g, OWNER_UID);
	return owner_range(g, &m->uid_min, &m->uid_max);
}

static int owner_gid(const struct given *g)
{
	struct match_owner *m = &g->match->owner;

	owner_ask(g, OWNER_GID);
	return owner_range(g, &m->gid_min, &m->gid_max);
}

static int owner_socket(const struct given *g)
{
	owner_ask(g, OWNER_SOCKET);
	return 0;
}

static int owner_suppl(const struct given *g)
{
	g->match->owner.suppl_groups = true;
	return 0;
}

static int owner_check(const struct rule *r, const struct match *m,
		       uint32_t seen, struct nat_error *err)
{
	(void)r;
	(void)seen;
	if (!m->owner.asked)
		return text_fail(err, "match 'owner' needs an option");
	return 0;
}

static unsigned owner_hooks(const struct match *m)
{
	(void)m;
	return HOOK_BIT(OUTPUT) | HOOK_BIT(POSTROUTING);
}

static void put_ids(uint32_t min, uint32_t max, struct nat_sink out)
{
	text_printf(out, " %" PRIu32, min);
	if (min != max)
		text_printf(out, "-%" PRIu32, max);
}

/* One question in the words of either form. */
static void put_owner(const struct match_owner *m, unsigned bit,
		      const char *word, struct nat_sink out)
{
	if (!(m->asked & bit))
		return;
	text_printf(out, "%s %s", m->inverted & bit ? " !" : "", word);
	if (bit == OWNER_UID)
		put_ids(m->uid_min, m->uid_max, out);
	else if (bit == OWNER_GID)
		put_ids(m->gid_min, m->gid_max, out);
}

static void owner_list(const struct match *m, bool numeric, struct nat_sink out)
{
	const struct match_owner *o = &m->owner;

	(void)numeric;
	put_owner(o, OWNER_SOCKET, "owner socket exists", out);
	put_owner(o, OWNER_UID, "owner UID match", out);
	put_owner(o, OWNER_GID, "owner GID match", out);
	if (o->suppl_groups)
		text_puts(out, " incl. suppl. groups");
}

static void owner_save(const struct match *m, struct nat_sink out)
{
	const struct match_owner *o = &m->owner;

	put_owner(o, OWNER_SOCKET, "--socket-exists", out);
	put_owner(o, OWNER_UID, "--uid-owner", out);
	put_owner(o, OWNER_GID, "--gid-owner", out);
	if (o->suppl_groups)
		text_puts(out, " --suppl-groups");
}

static const struct text_option owner_options[] = {
	{"--uid-owner", OWNER_OPT_UID, 1, true, false, owner_uid},
	{"--gid-owner", OWNER_OPT_GID, 1, true, false, owner_gid},
	{"--socket-exists", OWNER_OPT_SOCKET, 0, true, false, owner_socket},
	{"--suppl-groups", OWNER_OPT_SUPPL, 0, false, false, owner_suppl},
	{.name = NULL},
};

const struct match_type match_type_owner = {
	.name = "owner",
	.options = owner_options,
	.check = owner_check,
	.hooks = owner_hooks,
	.list = owner_list,
	.save = owner_save,
};

/* --------------------------------------------------------------- helper */

static int helper_helper(const struct given *g)
{
	struct match_helper *m = &g->match->helper;
	size_t len = strlen(g->arg[0]);

	m->invert = g->invert;
	if (len >= sizeof(m->name))
		return text_fail(g->err, "'%s' is longer than %d bytes",
				 g->arg[0], RULE_HELPER_LEN - 1);
	memcpy(m->name, g->arg[0], len + 1);
	return 0;
}

static void helper_list(const struct match *m, bool numeric,
			struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " helper match %s\"%s\"", m->helper.invert ? "! " : "",
		    m->helper.name);
}

static void helper_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --helper ", m->helper.invert ? " !" : "");
	text_word(out, m->helper.name);
}

static const struct text_option helper_options[] = {
	{"--helper", ONLY, 1, true, false, helper_helper},
	{.name = NULL},
};

const struct match_type match_type_helper = {
	.name = "helper",
	.required = OPTION_BIT(ONLY),
	.options = helper_options,
	.list = helper_list,
	.save = helper_save,
};
