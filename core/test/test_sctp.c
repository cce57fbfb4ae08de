/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The SCTP tracker: its table cell by cell, and scripts of packets that Linux
 * answered so. A packet reads like
 *
 *	> aa INIT/bb HEARTBEAT
 *
 * direction, verification tag, chunks; numbers are hexadecimal. Behind a
 * chunk's name: /TAG an initiate tag, +T its T flag, =LENGTH what it says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/sctp.h"
#include "test/check.h"
#include "test/guard.h"

static const struct nat_sysctl sysctl = {
#define X(name, value) .name = (value),
	NAT_SYSCTLS(X)
#undef X
};

/* ------------------------------------------------------------- packets */

enum { LONGEST = 256 };

static const struct {
	const char *name;
	uint8_t type, size; /* header and all */
} chunk_types[] = {
	{"DATA", 0, 20},
	{"INIT", 1, 20},
	{"INIT_ACK", 2, 20},
	{"SACK", 3, 16},
	{"HEARTBEAT", 4, 8},
	{"HEARTBEAT_ACK", 5, 8},
	{"ABORT", 6, 4},
	{"SHUTDOWN", 7, 8},
	{"SHUTDOWN_ACK", 8, 4},
	{"ERROR", 9, 4},
	{"COOKIE_ECHO", 10, 8},
	{"COOKIE_ACK", 11, 4},
	{"ECNE", 12, 8},
	{"CWR", 13, 8},
	{"SHUTDOWN_COMPLETE", 14, 4},
	{"AUTH", 15, 8},
	{"FORWARD_TSN", 192, 8},
	{"PAD", 33, 4},
	{"INIT_CUT", 1, 16},
};

struct datagram {
	uint8_t bytes[LONGEST];
	uint32_t len;
};

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void add_chunk(struct datagram *d, char *word)
{
	size_t name = strcspn(word, "/+=");
	uint8_t *c = d->bytes + d->len;

	for (size_t i = 0; i < ARRAY_LEN(chunk_types); i++) {
		if (strlen(chunk_types[i].name) != name ||
		    memcmp(chunk_types[i].name, word, name) != 0)
			continue;
		c[0] = chunk_types[i].type;
		c[3] = chunk_types[i].size;
		d->len += chunk_types[i].size;
		word += name;
		if (*word == '/')
			put32(c + 4, (uint32_t)strtoul(word + 1, &word, 16));
		if (*word == '+')
			c[1] = 1;
		word = strchr(word, '=');
		if (word)
			c[3] = (uint8_t)strtoul(word + 1, NULL, 16);
		return;
	}
	fail_msg("no chunk: %s", word);
}

/* "TAG CHUNK..." */
static struct datagram datagram(const char *text)
{
	struct datagram d = {.len = IPV4_HEADER + SCTP_HEADER};
	char copy[LONGEST], *rest = copy, *word;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	word = strtok_r(rest, " ", &rest);
	put32(d.bytes + IPV4_HEADER + SCTP_VTAG,
	      (uint32_t)strtoul(word, NULL, 16));
	while ((word = strtok_r(rest, " ", &rest)))
		add_chunk(&d, word);
	return d;
}

static struct sctp_result update(struct sctp_track *t, const char *text,
				 enum nat_dir dir, uint16_t status)
{
	struct datagram d = datagram(text);
	struct packet p = {
		.ip = guard_copy(d.bytes, d.len),
		.len = d.len,
		.l4 = IPV4_HEADER,
		.proto = PROTO_SCTP,
	};
	struct sctp_context c = {&sysctl, status, (uint8_t)dir};

	return sctp_update(t, &p, &c);
}

static uint32_t wire(uint32_t host)
{
	uint8_t b[4];

	put32(b, host);
	return load32(b);
}

/* --------------------------------------------------------------- table */

/* As the specification prints it; -- is invalid. */
static const char columns[] = "NO CL CW CE ES SS SR SA HS";

/* clang-format off */
static const struct {
	const char *name;
	enum nat_dir dir;
	const char *packet; /* of tags that the connection has */
	const char *cells;
} table[] = {
	{ "original INIT", NAT_ORIGINAL, "0 INIT/b", "CL CL CW CE ES CL CL SA CW" },
	{ "original INIT ACK", NAT_ORIGINAL, "a INIT_ACK/b", "CL CL CW CE ES SS SR SA CL" },
	{ "original ABORT", NAT_ORIGINAL, "a ABORT", "CL CL CL CL CL CL CL CL CL" },
	{ "original SHUTDOWN", NAT_ORIGINAL, "a SHUTDOWN", "CL CL CW CE SS SS SR SA CL" },
	{ "original SHUTDOWN ACK", NAT_ORIGINAL, "a SHUTDOWN_ACK", "SA CL CW CE ES SA SA SA SA" },
	{ "original ERROR", NAT_ORIGINAL, "a ERROR", "CL CL CW CE ES SS SR SA CL" },
	{ "original COOKIE ECHO", NAT_ORIGINAL, "a COOKIE_ECHO", "CL CL CE CE ES SS SR SA CL" },
	{ "original COOKIE ACK", NAT_ORIGINAL, "a COOKIE_ACK", "CL CL CW ES ES SS SR SA CL" },
	{ "original SHUTDOWN COMPLETE", NAT_ORIGINAL, "a SHUTDOWN_COMPLETE", "CL CL CW CE ES SS SR CL CL" },
	{ "original HEARTBEAT", NAT_ORIGINAL, "a HEARTBEAT", "HS CL CW CE ES SS SR SA HS" },
	{ "original HEARTBEAT ACK", NAT_ORIGINAL, "a HEARTBEAT_ACK", "CL CL CW CE ES SS SR SA HS" },
	{ "original DATA", NAT_ORIGINAL, "a DATA", "NO CL CW CE ES SS SR SA HS" },
	{ "original AUTH", NAT_ORIGINAL, "a AUTH", "NO CL CW CE ES SS SR SA HS" },
	{ "reply INIT", NAT_REPLY, "0 INIT/a", "-- CL CW CE ES SS SR SA --" },
	{ "reply INIT ACK", NAT_REPLY, "b INIT_ACK/a", "-- CW CW CE ES SS SR SA --" },
	{ "reply ABORT", NAT_REPLY, "b ABORT", "-- CL CL CL CL CL CL CL --" },
	{ "reply SHUTDOWN", NAT_REPLY, "b SHUTDOWN", "-- CL CW CE SR SS SR SA --" },
	{ "reply SHUTDOWN ACK", NAT_REPLY, "b SHUTDOWN_ACK", "-- CL CW CE ES SA SA SA --" },
	{ "reply ERROR", NAT_REPLY, "b ERROR", "-- CL CW CL ES SS SR SA --" },
	{ "reply COOKIE ECHO", NAT_REPLY, "b COOKIE_ECHO", "-- CL CE CE ES SS SR SA --" },
	{ "reply COOKIE ACK", NAT_REPLY, "b COOKIE_ACK", "-- CL CW ES ES SS SR SA --" },
	{ "reply SHUTDOWN COMPLETE", NAT_REPLY, "b SHUTDOWN_COMPLETE", "-- CL CW CE ES SS SR CL --" },
	{ "reply HEARTBEAT", NAT_REPLY, "b HEARTBEAT", "-- CL CW CE ES SS SR SA HS" },
	{ "reply HEARTBEAT ACK", NAT_REPLY, "b HEARTBEAT_ACK", "-- CL CW CE ES SS SR SA ES" },
	{ "reply SACK", NAT_REPLY, "b SACK", "NO CL CW CE ES SS SR SA HS" },
	{ "reply FORWARD TSN", NAT_REPLY, "b FORWARD_TSN", "NO CL CW CE ES SS SR SA HS" },
};
/* clang-format on */

static const uint32_t timeouts[SCTP_N_STATES] = {0, 10, 3, 3, 210, 3, 3, 3, 30};

static int column_of(const char *cell)
{
	const char *at = strstr(columns, cell);

	return at ? (int)(at - columns) / 3 : -1;
}

static void cell(size_t row, int from)
{
	char want[3] = {0};
	struct sctp_track t = {.vtag = {wire(0xa), wire(0xb)},
			       .state = (uint8_t)from};
	struct sctp_result r;
	int to;

	memcpy(want, table[row].cells + (ptrdiff_t)3 * from, 2);
	to = column_of(want);
	r = update(&t, table[row].packet, table[row].dir, NAT_ST_CONFIRMED);
	if (to < 0 ? r.verdict != SCTP_INVALID || t.state != from
		   : r.verdict == SCTP_INVALID || t.state != to ||
			     r.changed != (from != to) ||
			     r.assured !=
				     (from != to && to == SCTPS_ESTABLISHED))
		fail_msg("%s in %.2s: not %s but %s, %s", table[row].name,
			 columns + (ptrdiff_t)3 * from, want,
			 sctp_state_name((enum sctp_state)t.state),
			 sctp_why_text((enum sctp_why)r.why));
	if (r.verdict == SCTP_ACCEPT)
		assert_int_equal(r.timeout, ticks_of_s(timeouts[t.state]));
}

static void cells(void **state)
{
	(void)state;
	for (size_t row = 0; row < ARRAY_LEN(table); row++)
		for (int from = 0; from < SCTP_N_STATES; from++)
			cell(row, from);
}

/* ------------------------------------------------------------- scripts */

enum { MOST = 14 };

struct line {
	const char *packet; /* NULL: the script is over */
	enum sctp_verdict verdict;
	enum sctp_state state; /* after it */
	uint32_t tag[NAT_N_DIRS];
};

#define OPEN                                                                   \
	{"> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, {0, 0xb}},                   \
		{"< b INIT_ACK/a",                                             \
		 SCTP_ACCEPT,                                                  \
		 SCTPS_COOKIE_WAIT,                                            \
		 {0xa, 0xb}},                                                  \
		{"> a COOKIE_ECHO DATA",                                       \
		 SCTP_ACCEPT,                                                  \
		 SCTPS_COOKIE_ECHOED,                                          \
		 {0xa, 0xb}},                                                  \
	{                                                                      \
		"< b COOKIE_ACK SACK", SCTP_ACCEPT, SCTPS_ESTABLISHED,         \
		{                                                              \
			0xa, 0xb                                               \
		}                                                              \
	}

/* clang-format off */
static const struct {
	const char *name;
	struct line line[MOST];
} scripts[] = {
	{ "an association, begun and ended", { OPEN,
	  { "> a DATA DATA", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b SACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a SHUTDOWN", SCTP_ACCEPT, SCTPS_SHUTDOWN_SENT, { 0xa, 0xb } },
	  { "< b SHUTDOWN_ACK", SCTP_ACCEPT, SCTPS_SHUTDOWN_ACK_SENT, { 0xa, 0xb } },
	  { "> a SHUTDOWN_COMPLETE", SCTP_ACCEPT, SCTPS_CLOSED, { 0xa, 0xb } } } },
	{ "an answer with the tag of another", {
	  { "> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } },
	  { "< c INIT_ACK/a", SCTP_INVALID, SCTPS_CLOSED, { 0, 0xb } },
	  { "< b ABORT", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } } } },
	{ "data with the tag of another", { OPEN,
	  { "> b DATA", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< a SACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a DATA", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "ABORT with the T flag bears the other's tag", { OPEN,
	  { "< a ABORT", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b ABORT+T", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< a ABORT+T", SCTP_ACCEPT, SCTPS_CLOSED, { 0xa, 0xb } } } },
	{ "an INIT repeated does not keep it alive", {
	  { "> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } },
	  { "> 0 INIT/b", SCTP_IGNORE, SCTPS_CLOSED, { 0, 0xb } },
	  { "> 0 INIT/c", SCTP_IGNORE, SCTPS_CLOSED, { 0, 0xc } },
	  { "> 5 INIT/b", SCTP_INVALID, SCTPS_CLOSED, { 0, 0xc } } } },
	{ "an INIT in an association restarts it", { OPEN,
	  { "> 0 INIT/c", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xc } },
	  { "< c INIT_ACK/d", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xd, 0xc } },
	  { "> d COOKIE_ECHO", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xd, 0xc } },
	  { "< c COOKIE_ACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xd, 0xc } } } },
	{ "an INIT ACK to no INIT cannot change the tag", { OPEN,
	  { "< b INIT_ACK/c", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b INIT_ACK/a", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "INITs that crossed: each answer has its INIT's tag", {
	  { "> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } },
	  { "< 0 INIT/a", SCTP_IGNORE, SCTPS_CLOSED, { 0xa, 0xb } },
	  { "> a INIT_ACK/c", SCTP_INVALID, SCTPS_CLOSED, { 0xa, 0xb } },
	  { "> a INIT_ACK/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0xa, 0xb } } } },
	{ "an INIT that repeats the tag is not recorded", {
	  { "> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } },
	  { "< 0 INIT/a", SCTP_IGNORE, SCTPS_CLOSED, { 0xa, 0xb } },
	  { "> 0 INIT/b", SCTP_IGNORE, SCTPS_CLOSED, { 0xa, 0xb } },
	  { "< 0 INIT/d", SCTP_IGNORE, SCTPS_CLOSED, { 0xd, 0xb } },
	  { "> d INIT_ACK/c", SCTP_ACCEPT, SCTPS_CLOSED, { 0xd, 0xc } } } },
	{ "another path: a heartbeat begins", {
	  { "> a HEARTBEAT", SCTP_ACCEPT, SCTPS_HEARTBEAT_SENT, { 0xa, 0 } },
	  { "< b HEARTBEAT_ACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a DATA", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "a heartbeat with a new tag is believed once answered", { OPEN,
	  { "> c HEARTBEAT", SCTP_IGNORE, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> d HEARTBEAT_ACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< d HEARTBEAT_ACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0, 0xd } },
	  { "> c HEARTBEAT", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xc, 0xd } } } },
	{ "unless one with the old tag came between", { OPEN,
	  { "> c HEARTBEAT", SCTP_IGNORE, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b HEARTBEAT", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< d HEARTBEAT_ACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "such heartbeats carry no data", { OPEN,
	  { "> c HEARTBEAT DATA", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> c HEARTBEAT HEARTBEAT", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< d HEARTBEAT_ACK DATA", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< d HEARTBEAT_ACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0, 0xd } } } },
	{ "a shutdown out of the blue", {
	  { "> a SHUTDOWN_ACK", SCTP_ACCEPT, SCTPS_SHUTDOWN_ACK_SENT, { 0, 0xa } },
	  { "< a SHUTDOWN_COMPLETE", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xa } } } },
	{ "DATA begins nothing", { { "> 0 DATA", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "nor a COOKIE ACK", { { "> 0 COOKIE_ACK", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "nor an ABORT", { { "> 0 ABORT", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "nor a SHUTDOWN COMPLETE", { { "> 0 SHUTDOWN_COMPLETE", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "nor an INIT with a tag", { { "> 1 INIT/b", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "nor an INIT cut short", { { "> 0 INIT_CUT/b", SCTP_INVALID, SCTPS_NONE, { 0 } } } },
	{ "INIT is alone", {
	  { "> 0 INIT/b", SCTP_ACCEPT, SCTPS_CLOSED, { 0, 0xb } },
	  { "> 0 INIT/b DATA", SCTP_INVALID, SCTPS_CLOSED, { 0, 0xb } },
	  { "> 0 DATA INIT/b", SCTP_INVALID, SCTPS_CLOSED, { 0, 0xb } } } },
	{ "INIT ACK and SHUTDOWN COMPLETE too", { OPEN,
	  { "< b INIT_ACK/a SACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b SHUTDOWN_COMPLETE SACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "cookies come first", { OPEN,
	  { "> a DATA COOKIE_ECHO", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b SACK COOKIE_ACK", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "< b COOKIE_ACK SACK", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "chunks of every length", { OPEN,
	  { "> a", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a DATA=0", SCTP_INVALID, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a ERROR=1 ERROR=3 ERROR", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a DATA=13", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } },
	  { "> a DATA=ff", SCTP_ACCEPT, SCTPS_ESTABLISHED, { 0xa, 0xb } } } },
	{ "what stood before a fault has happened", { OPEN,
	  { "< b SHUTDOWN HEARTBEAT_ACK", SCTP_ACCEPT, SCTPS_SHUTDOWN_RECD, { 0xa, 0xb } },
	  { "> c SHUTDOWN_ACK HEARTBEAT_ACK", SCTP_INVALID, SCTPS_SHUTDOWN_ACK_SENT, { 0xa, 0xb } } } },
};
/* clang-format on */

static bool line_holds(struct sctp_track *t, const struct line *l,
		       uint16_t *status)
{
	enum nat_dir dir = *l->packet == '<' ? NAT_REPLY : NAT_ORIGINAL;
	struct sctp_result r = update(t, l->packet + 2, dir, *status);

	if (r.verdict != SCTP_INVALID)
		*status |= NAT_ST_CONFIRMED;
	else if (!(*status & NAT_ST_CONFIRMED))
		memset(t, 0, sizeof(*t)); /* it is gone */
	return r.verdict == l->verdict && t->state == l->state &&
	       t->vtag[0] == wire(l->tag[0]) && t->vtag[1] == wire(l->tag[1]);
}

static void all_scripts(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		struct sctp_track t = {.state = SCTPS_NONE};
		uint16_t status = 0;

		for (size_t k = 0; k < MOST && scripts[i].line[k].packet; k++) {
			if (line_holds(&t, &scripts[i].line[k], &status))
				continue;
			print_error("%s: %s: %s, tags %x %x\n", scripts[i].name,
				    scripts[i].line[k].packet,
				    sctp_state_name((enum sctp_state)t.state),
				    load32_host((uint8_t *)&t.vtag[0]),
				    load32_host((uint8_t *)&t.vtag[1]));
			failed++;
			break;
		}
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells),
		cmocka_unit_test(all_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
