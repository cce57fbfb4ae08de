/* SPDX-License-Identifier: BSD-2-Clause
 * -m sctp. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "pure/sctp_chunks.h"
#include "text/match_ports.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { SCTP_SPORT_OPTION, SCTP_DPORT_OPTION, SCTP_CHUNKS_OPTION };

/* In the order in which they are printed. Flags are letters from bit 7 on. */
static const struct {
	const char *name;
	const char *flags; /* NULL: has none */
	uint8_t type;
} chunk[] = {
	{"DATA", "----IUBE", SCTP_DATA},
	{"INIT", NULL, SCTP_INIT},
	{"INIT_ACK", NULL, SCTP_INIT_ACK},
	{"SACK", NULL, SCTP_SACK},
	{"HEARTBEAT", NULL, SCTP_HEARTBEAT},
	{"HEARTBEAT_ACK", NULL, SCTP_HEARTBEAT_ACK},
	{"ABORT", "-------T", SCTP_ABORT},
	{"SHUTDOWN", NULL, SCTP_SHUTDOWN},
	{"SHUTDOWN_ACK", NULL, SCTP_SHUTDOWN_ACK},
	{"ERROR", NULL, SCTP_ERROR},
	{"COOKIE_ECHO", NULL, SCTP_COOKIE_ECHO},
	{"COOKIE_ACK", NULL, SCTP_COOKIE_ACK},
	{"ECN_ECNE", NULL, SCTP_ECNE},
	{"ECN_CWR", NULL, SCTP_CWR},
	{"SHUTDOWN_COMPLETE", "-------T", SCTP_SHUTDOWN_COMPLETE},
	{"ASCONF_ACK", NULL, SCTP_ASCONF_ACK},
	{"FORWARD_TSN", NULL, SCTP_FORWARD_TSN},
	{"ASCONF", NULL, SCTP_ASCONF},
};

static const char *const how_word[] = {
	[SCTP_CHUNKS_NOT_ASKED] = NULL,
	[SCTP_CHUNKS_ANY] = "any",
	[SCTP_CHUNKS_ALL] = "all",
	[SCTP_CHUNKS_ONLY] = "only",
};

static void sctp_init(struct match *m)
{
	m->sctp.sport.max = UINT16_MAX;
	m->sctp.dport.max = UINT16_MAX;
}

static int sctp_ports(const struct given *g)
{
	struct match_sctp *m = &g->match->sctp;

	if (g->option->id == SCTP_SPORT_OPTION) {
		m->asks_sport = true;
		m->inv_sport = g->invert;
		return scan_ports(g->arg[0], ':', true, &m->sport, g->err);
	}
	m->asks_dport = true;
	m->inv_dport = g->invert;
	return scan_ports(g->arg[0], ':', true, &m->dport, g->err);
}

/* A capital letter asks for the bit, a small one for its absence. */
static bool take_flags(struct sctp_flags *f, const char *known,
		       const char *flags)
{
	for (; *flags; flags++) {
		char capital = (char)(*flags & ~0x20);
		const char *at = strchr(known, capital);
		uint8_t bit;

		if (!at || !*at)
			return false;
		bit = (uint8_t)(0x80 >> (at - known));
		f->mask |= bit;
		f->set = (uint8_t)(*flags == capital ? f->set | bit
						     : f->set & ~bit);
	}
	return true;
}

static bool take_chunk_flags(struct match_sctp *m, size_t i, const char *flags)
{
	int at = sctp_flags_index(chunk[i].type);

	return at >= 0 && take_flags(&m->flags[at], chunk[i].flags, flags);
}

/* NAME or NAME:FLAGS */
static int take_chunk(struct match_sctp *m, char *word, struct nat_error *err)
{
	char *flags = scan_split(word, ':');

	for (size_t i = 0; i < ARRAY_LEN(chunk); i++) {
		if (strcasecmp(chunk[i].name, word) != 0)
			continue;
		sctp_types_add(m, chunk[i].type);
		if (flags && *flags && !take_chunk_flags(m, i, flags))
			return text_fail(err, "'%s' are not flags of %s", flags,
					 chunk[i].name);
		return 0;
	}
	return text_fail(err, "'%s' is not an SCTP chunk", word);
}

static int take_chunks(struct match_sctp *m, const char *arg,
		       struct nat_error *err)
{
	enum { LONGEST = 512 };
	char list[LONGEST];
	size_t len = strlen(arg);

	if (!strcasecmp(arg, "ALL")) {
		memset(m->types, 0xff, sizeof(m->types));
		return 0;
	}
	if (!strcasecmp(arg, "NONE"))
		return 0;
	if (len >= sizeof(list))
		return text_fail(err, "list of SCTP chunks is too long");
	memcpy(list, arg, len + 1);
	for (char *word = list, *more; word; word = more) {
		more = scan_split(word, ',');
		if (*word && take_chunk(m, word, err))
			return -EINVAL;
	}
	return 0;
}

static int sctp_chunks(const struct given *g)
{
	struct match_sctp *m = &g->match->sctp;

	m->inv_chunks = g->invert;
	for (size_t how = SCTP_CHUNKS_ANY; how < ARRAY_LEN(how_word); how++)
		if (!strcasecmp(how_word[how], g->arg[0]))
			m->how = (uint8_t)how;
	if (!m->how)
		return text_fail(g->err, "'%s' is not all, any or only",
				 g->arg[0]);
	return take_chunks(m, g->arg[1], g->err);
}

static void put_flags(const struct match_sctp *m, size_t i, struct nat_sink out)
{
	int at = sctp_flags_index(chunk[i].type);
	const struct sctp_flags *f = &m->flags[at < 0 ? 0 : at];

	if (at < 0 || !f->mask)
		return;
	text_puts(out, ":");
	for (unsigned bit = 0; bit < 8; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit);

		if (f->mask & mask)
			text_printf(out, "%c",
				    chunk[i].flags[bit] |
					    (f->set & mask ? 0 : 0x20));
	}
}

static bool types_are(const struct match_sctp *m, uint32_t word)
{
	for (size_t i = 0; i < ARRAY_LEN(m->types); i++)
		if (m->types[i] != word)
			return false;
	return true;
}

static void put_chunks(const struct match_sctp *m, bool numeric,
		       struct nat_sink out)
{
	const char *comma = "";

	text_printf(out, "%s ", how_word[m->how]);
	if (types_are(m, 0) || types_are(m, UINT32_MAX)) {
		text_puts(out, m->types[0] ? "ALL" : "NONE");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(chunk); i++) {
		if (!sctp_types_has(m, chunk[i].type))
			continue;
		if (numeric)
			text_printf(out, "%s0x%04X", comma, chunk[i].type);
		else
			text_printf(out, "%s%s", comma, chunk[i].name);
		put_flags(m, i, out);
		comma = ",";
	}
}

static void sctp_list(const struct match *m, bool numeric, struct nat_sink out)
{
	const struct match_sctp *sctp = &m->sctp;

	text_puts(out, " sctp");
	ports_list('s', sctp->sport, sctp->inv_sport, out);
	ports_list('d', sctp->dport, sctp->inv_dport, out);
	if (!sctp->how)
		return;
	text_puts(out, sctp->inv_chunks ? " ! " : " ");
	put_chunks(sctp, numeric, out);
}

/* Unlike tcp's and udp's, a range of every port is told. */
static void save_ports(char what, struct port_range p, bool invert,
		       struct nat_sink out)
{
	if (p.min || p.max != UINT16_MAX)
		ports_save(what, p, invert, out);
	else
		text_printf(out, "%s --%cport 0:65535", invert ? " !" : "",
			    what);
}

static void sctp_save(const struct match *m, struct nat_sink out)
{
	const struct match_sctp *sctp = &m->sctp;

	if (sctp->asks_sport)
		save_ports('s', sctp->sport, sctp->inv_sport, out);
	if (sctp->asks_dport)
		save_ports('d', sctp->dport, sctp->inv_dport, out);
	if (!sctp->how)
		return;
	text_puts(out,
		  sctp->inv_chunks ? " ! --chunk-types " : " --chunk-types ");
	put_chunks(sctp, false, out);
}

static const struct text_option sctp_options[] = {
	{"--source-port", SCTP_SPORT_OPTION, 1, true, false, sctp_ports},
	{"--sport", SCTP_SPORT_OPTION, 1, true, false, sctp_ports},
	{"--destination-port", SCTP_DPORT_OPTION, 1, true, false, sctp_ports},
	{"--dport", SCTP_DPORT_OPTION, 1, true, false, sctp_ports},
	{"--chunk-types", SCTP_CHUNKS_OPTION, 2, true, false, sctp_chunks},
	{.name = NULL},
};

const struct match_type match_type_sctp = {
	.name = "sctp",
	.proto = PROTO_SCTP,
	.options = sctp_options,
	.init = sctp_init,
	.list = sctp_list,
	.save = sctp_save,
};
