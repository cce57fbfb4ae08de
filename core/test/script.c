/* SPDX-License-Identifier: BSD-2-Clause
 * Scripts, carried out. */
#include "test/script.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/check.h"
#include "text/text.h"
#include "util.h"

enum { LINE = FRAME_TEXT };

struct run {
	struct router r;
	const struct script *script;
	unsigned line;
	size_t told; /* of what the router sent because of the last packet */
	struct text_buffer events;
	size_t heard; /* of these: matched */
	bool failed;
};

/* Says what is wrong; the script ends here. */
static void FORMAT(2, 3) wrong(struct run *u, const char *format, ...)
{
	char text[2 * ROUTER_TEXT];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_error("%s: line %u: %s\n", u->script->name, u->line, text);
	u->failed = true;
}

static void must_match(struct run *u, const char *got, const char *want)
{
	if (!text_like(got, want))
		wrong(u, "%s\nis not %s", got, want);
}

static void hear(void *ctx, const struct nat_conntrack_event *ev)
{
	struct run *u = ctx;

	nat_conntrack_event_print(ev, false, text_buffer_sink(&u->events));
}

static void listen(struct run *u, const char *rest)
{
	(void)rest;
	nat_worker_events(u->r.worker, hear, u);
}

/* The next event; false: none is left. */
static bool next_event(struct run *u, char event[FRAME_TEXT])
{
	const char *from = u->events.s ? u->events.s + u->heard : "";
	size_t len = strcspn(from, "\n");

	if (!*from)
		return false;
	u->heard += len + 1;
	(void)snprintf(event, FRAME_TEXT, "%.*s", (int)len, from);
	return true;
}

static void event(struct run *u, const char *rest)
{
	char text[FRAME_TEXT];

	if (!next_event(u, text))
		wrong(u, "no event");
	else
		must_match(u, text + strspn(text, " "), rest);
}

static void all_told(struct run *u)
{
	char text[ROUTER_TEXT];

	if (next_event(u, text))
		wrong(u, "also happened, before this line: %s", text);

	if (router_originated(&u->r, u->told, text))
		wrong(u, "also sent, before this line: %s", text);
}

static void enter(struct run *u, const char *rest)
{
	char name[16];
	struct frame f;
	int used;

	all_told(u);
	if (sscanf(rest, "%15s %n", name, &used) != 1 ||
	    !frame_parse(&f, rest + used)) {
		wrong(u, "no datagram: %s", rest);
		return;
	}
	router_send(&u->r, name, &f);
	u->told = 0;
}

static void result(struct run *u, const char *rest)
{
	char got[ROUTER_TEXT];

	router_result(&u->r, got);
	must_match(u, got, rest);
}

static void originated(struct run *u, const char *rest)
{
	char got[ROUTER_TEXT];

	if (router_originated(&u->r, u->told, got))
		must_match(u, got, rest);
	else
		wrong(u, "nothing more was sent");
	u->told++;
}

static void state(struct run *u, const char *rest)
{
	const struct nat_packet *p = &u->r.pkt;
	char got[32];

	(void)snprintf(got, sizeof(got), "%s%s",
		       nat_state_name((enum nat_state)p->state),
		       p->dir == NAT_REPLY ? " reply" : "");
	must_match(u, got, rest);
}

static void wait_for(struct run *u, const char *rest)
{
	u->r.now_ns += (uint64_t)(strtod(rest, NULL) * 1e9);
}

static void mark(struct run *u, const char *rest)
{
	u->r.mark = (uint32_t)strtoul(rest, NULL, 0);
}

static void connections(struct run *u, const char *rest)
{
	unsigned want, got;
	int used;

	if (sscanf(rest, "%u %n", &want, &used) != 1) {
		wrong(u, "how many?");
		return;
	}
	got = router_connections(&u->r, rest + used);
	if (got != want)
		wrong(u, "%u like %s", got, rest + used);
}

static uint64_t stat_of(struct run *u, const char *name)
{
	static const struct {
		const char *name;
		size_t at;
	} names[] = {
		{"packets", offsetof(struct nat_stats, packets)},
		{"created", offsetof(struct nat_stats, created)},
		{"expired", offsetof(struct nat_stats, expired)},
		{"deleted", offsetof(struct nat_stats, deleted)},
		{"found", offsetof(struct nat_stats, found)},
		{"invalid", offsetof(struct nat_stats, invalid)},
		{"error", offsetof(struct nat_stats, error)},
		{"dropped", offsetof(struct nat_stats, dropped)},
		{"insert_failed", offsetof(struct nat_stats, insert_failed)},
		{"early_drop", offsetof(struct nat_stats, early_drop)},
		{"clash_resolve", offsetof(struct nat_stats, clash_resolve)},
		{"reasm_oks", offsetof(struct nat_stats, reasm_oks)},
		{"reasm_fails", offsetof(struct nat_stats, reasm_fails)},
		{"reasm_timeout", offsetof(struct nat_stats, reasm_timeout)},
	};
	struct nat_stats s;

	if (!strcmp(name, "entries"))
		return router_entries(&u->r);
	nat_engine_stats(u->r.engine, &s);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(name, names[i].name))
			return *(uint64_t *)(void *)((char *)&s + names[i].at);
	wrong(u, "unknown: %s", name);
	return 0;
}

static void statistics(struct run *u, const char *rest)
{
	char name[32];
	uint64_t want, got;

	if (sscanf(rest, "%31s %" SCNu64, name, &want) != 2) {
		wrong(u, "how many?");
		return;
	}
	got = stat_of(u, name);
	if (got != want)
		wrong(u, "%s is %" PRIu64, name, got);
}

static void count(struct run *u, const char *rest)
{
	char chain[64];
	unsigned rule;
	uint64_t want[2], got[2];

	if (sscanf(rest, "%63s %u %" SCNu64 " %" SCNu64, chain, &rule, &want[0],
		   &want[1]) != 4) {
		wrong(u, "how many?");
		return;
	}
	router_counters(&u->r, chain, rule, &got[0], &got[1]);
	if (got[0] != want[0] || got[1] != want[1])
		wrong(u, "%s is [%" PRIu64 ":%" PRIu64 "]", rest, got[0],
		      got[1]);
}

static void nothing(struct run *u, const char *rest)
{
	(void)u;
	(void)rest;
}

static const struct {
	const char *word;
	void (*fn)(struct run *u, const char *rest);
} verbs[] = {
	{">", enter},        {"<", result},        {"^", originated},
	{"is", state},       {"wait", wait_for},   {"mark", mark},
	{"ct", connections}, {"stat", statistics}, {"count", count},
	{"listen", listen},  {"!", event},         {"table", nothing},
	{"rules", nothing},  {"sysctl", nothing}, /* done already */
};

static void do_line(struct run *u, const char *line)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		size_t n = strlen(verbs[i].word);

		if (strncmp(line, verbs[i].word, n) != 0 ||
		    !strchr(" ", line[n]))
			continue;
		verbs[i].fn(u, line + n + (line[n] != '\0'));
		return;
	}
	wrong(u, "no such line: %s", line);
}

/* The next line of *@text, which moves on; false: there is none. */
static bool next_line(const char **text, char line[LINE])
{
	size_t n = strcspn(*text, "\n");

	if (!**text)
		return false;
	assert_true(n < LINE);
	memcpy(line, *text, n);
	line[n] = '\0';
	*text += n + ((*text)[n] == '\n');
	return true;
}

static void set_sysctls(struct router_config *c, const char *text)
{
	char line[LINE], name[64], value[32];

	while (next_line(&text, line))
		if (sscanf(line, "sysctl %63s %31s", name, value) == 2)
			assert_int_equal(
				nat_sysctl_set(&c->sysctl, name, value), 0);
}

bool script_holds(const struct script *s, const char *topology)
{
	struct router_config c = router_defaults(s->rules);
	struct run u = {.script = s};
	const char *text = s->text;
	char line[LINE];

	c.topology = topology;
	set_sysctls(&c, text);
	router_open(&u.r, &c);
	while (!u.failed && next_line(&text, line)) {
		u.line++;
		if (*line)
			do_line(&u, line);
	}
	if (!u.failed)
		all_told(&u);
	router_close(&u.r);
	free(u.events.s);
	return !u.failed;
}

void script_run_all(const struct script *s, size_t n)
{
	size_t failed = 0;

	for (size_t i = 0; i < n; i++)
		failed += !script_holds(&s[i], NULL);
	if (failed)
		fail_msg("%zu of %zu scripts", failed, n);
}
