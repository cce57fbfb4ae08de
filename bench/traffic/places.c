/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads words that look like addresses and ports, and draws from them. */
#include "traffic/places.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "traffic/draw.h"

enum { WORD = 64, LINE = 1024, LINE_WORDS = 64 };

/* ---------------------------------------------------------------- reading */

/* "A", "A/L" and what may follow an address in a rule. */
static bool read_place(struct place *p, const char *word, const char **rest)
{
	char text[WORD];
	size_t len = strspn(word, "0123456789abcdefABCDEF:.");
	const char *end = word + len;
	bool six = memchr(word, ':', len);

	if (six && !memchr(word, '.', len) && len >= sizeof(text))
		return false;
	if (six && memchr(word, '.', len)) { /* A:PORT */
		len = strcspn(word, ":");
		end = word + len;
		six = false;
	}
	if (!len || len >= sizeof(text))
		return false;
	memcpy(text, word, len);
	text[len] = '\0';
	*p = (struct place){.family = six ? 6 : 4, .len = six ? 128 : 32};
	if (inet_pton(six ? AF_INET6 : AF_INET, text, p->addr.w) != 1)
		return false;
	if (*end == '/') {
		char *after;

		p->len = (uint8_t)strtoul(end + 1, &after, 10);
		end = after;
	}
	*rest = end;
	return true;
}

static void add_place(struct place_list *l, struct place p)
{
	for (unsigned i = 0; i < l->n; i++)
		if (!memcmp(&l->at[i], &p, sizeof(p)))
			return;
	if (l->n < PLACES_MOST)
		l->at[l->n++] = p;
}

static void add_ports(struct places *p, unsigned long lo, unsigned long hi)
{
	if (lo && lo <= hi && hi <= UINT16_MAX && p->n_ports < PLACES_MOST)
		p->ports[p->n_ports++] =
			(struct port_range){(uint16_t)lo, (uint16_t)hi};
}

/* "80", "1:2", "1-2", and more of them after commas. */
static void read_ports(struct places *p, const char *word)
{
	char *end;

	while (*word) {
		unsigned long lo = strtoul(word, &end, 10), hi = lo;

		if (end == word)
			return;
		if (*end == ':' || *end == '-')
			hi = strtoul(end + 1, &end, 10);
		add_ports(p, lo, hi);
		word = end + (*end == ',');
		if (*end && *end != ',')
			return;
	}
}

/* "A", "A/L", "A-B", "A:PORTS", "A-B:PORTS", "[A]:PORTS". */
static void read_target(struct places *p, const char *word)
{
	struct place place;

	word += *word == '[';
	while (read_place(&place, word, &word)) {
		place.iface = NAT_NO_IF;
		add_place(&p->named, place);
		word += *word == ']';
		if (*word != '-')
			break;
		word++;
		word += *word == '[';
	}
	if (*word == ':')
		read_ports(p, word + 1);
}

static void read_rule_word(struct places *p, const char *option,
			   const char *word)
{
	static const char *const ports[] = {
		"--dport",  "--sport",    "--dports",
		"--sports", "--to-ports", "--ports",
	};
	static const char *const addresses[] = {
		"-s",          "-d",          "--to-source", "--to-destination",
		"--src-range", "--dst-range", "--to",
	};

	for (unsigned i = 0; i < N_ROWS(ports); i++)
		if (!strcmp(option, ports[i]))
			read_ports(p, word);
	for (unsigned i = 0; i < N_ROWS(addresses); i++)
		if (!strcmp(option, addresses[i]))
			read_target(p, word);
}

struct words {
	char line[LINE];
	const char *at[LINE_WORDS];
	unsigned n;
};

/* The words of a line; what follows '#' is a comment. Returns what follows the
 * line. */
static const char *read_line(struct words *w, const char *text)
{
	size_t len = strcspn(text, "\n"), kept = strcspn(text, "#\n");
	char *save = NULL;

	if (kept >= sizeof(w->line))
		kept = sizeof(w->line) - 1;
	memcpy(w->line, text, kept);
	w->line[kept] = '\0';
	w->n = 0;
	for (char *word = strtok_r(w->line, " \t", &save);
	     word && w->n < LINE_WORDS; word = strtok_r(NULL, " \t", &save))
		w->at[w->n++] = word;
	return text + len + !!text[len];
}

static bool word_is(const struct words *w, unsigned i, const char *key)
{
	return w->at[i] && !strcmp(w->at[i], key);
}

static const char *word_after(const struct words *w, const char *key)
{
	for (unsigned i = 0; i + 1 < w->n; i++)
		if (word_is(w, i, key))
			return w->at[i + 1];
	return NULL;
}

static bool has_word(const struct words *w, const char *key)
{
	for (unsigned i = 0; i < w->n; i++)
		if (word_is(w, i, key))
			return true;
	return false;
}

static bool same_net(const struct place *net, const struct nat_addr *a)
{
	for (unsigned bit = 0; bit < net->len; bit++) {
		uint32_t diff = ntohl(net->addr.w[bit / 32] ^ a->w[bit / 32]);

		if (diff >> (31 - bit % 32) & 1)
			return false;
	}
	return true;
}

/* The interface that a gateway is behind. */
static uint16_t iface_towards(const struct places *p, const char *gateway)
{
	struct place g;
	const char *rest;

	if (!gateway || !read_place(&g, gateway, &rest))
		return NAT_NO_IF;
	for (unsigned i = 0; i < p->nets.n; i++) {
		const struct place *net = &p->nets.at[i];

		if (net->family == g.family && same_net(net, &g.addr))
			return net->iface;
	}
	return NAT_NO_IF;
}

static void read_addr(struct places *p, const struct words *w, uint16_t iface)
{
	struct place place;
	const char *rest;

	if (iface == NAT_NO_IF || w->n < 3 ||
	    !read_place(&place, w->at[2 + has_word(w, "-6")], &rest))
		return;
	place.iface = iface;
	add_place(&p->nets, place);
	add_place(&p->own, place);
}

static void read_route(struct places *p, const struct words *w, uint16_t iface)
{
	struct place place = {.iface = iface, .family = 4};
	const char *via = word_after(w, "via"), *rest;

	if (iface == NAT_NO_IF)
		place.iface = iface_towards(p, via);
	for (unsigned i = 0; i < w->n; i++) {
		if (word_is(w, i, "default")) {
			if (has_word(w, "-6") || (via && strchr(via, ':')))
				place.family = 6;
			break;
		}
		if (i >= 2 && read_place(&place, w->at[i], &rest)) {
			place.iface = iface != NAT_NO_IF
					      ? iface
					      : iface_towards(p, via);
			break;
		}
	}
	if (place.iface != NAT_NO_IF)
		add_place(&p->nets, place);
}

static void read_topology_line(struct places *p, const struct words *w,
			       const struct nat_topology *topology)
{
	const char *dev = word_after(w, "dev");
	int index = dev ? nat_topology_if_index(topology, dev) : -1;
	uint16_t iface = index < 0 ? NAT_NO_IF : (uint16_t)index;

	if (has_word(w, "addr") || has_word(w, "address"))
		read_addr(p, w, iface);
	else if (has_word(w, "route"))
		read_route(p, w, iface);
}

void places_read(struct places *p, const struct traffic_config *cfg)
{
	const char *text = cfg->topology_text;
	struct words w;

	*p = (struct places){.n_ifs = nat_topology_n_ifs(cfg->topology)};
	while (*text) {
		text = read_line(&w, text);
		read_topology_line(p, &w, cfg->topology);
	}
	for (unsigned i = 0; i < 2; i++) {
		text = cfg->rules_text[i];
		while (text && *text) {
			text = read_line(&w, text);
			for (unsigned j = 0; j + 1 < w.n; j++)
				read_rule_word(p, w.at[j], w.at[j + 1]);
		}
	}
}

/* ---------------------------------------------------------------- drawing */

static bool fits(const struct place *p, uint8_t family, uint16_t iface)
{
	return p->family == family && (iface == NAT_NO_IF || p->iface == iface);
}

const struct place *places_draw(struct rng *r, const struct place_list *list,
				uint8_t family, uint16_t iface)
{
	unsigned n = 0, pick;

	for (unsigned i = 0; i < list->n; i++)
		n += fits(&list->at[i], family, iface);
	if (!n)
		return NULL;
	pick = rng_below(r, n);
	for (unsigned i = 0;; i++)
		if (fits(&list->at[i], family, iface) && !pick--)
			return &list->at[i];
}

/* Hosts of the Internet at large. */
static struct nat_addr far_host(struct rng *r, uint8_t family)
{
	static const uint32_t v4[] = {
		0xcb007105, 0xcb007150, 0xc0000207, 0x08080808, 0xc6120001,
	};
	struct nat_addr a = {{htonl(v4[rng_below(r, N_ROWS(v4))])}};

	if (family == 6)
		a = (struct nat_addr){{htonl(0x20010db8), htonl(0xffff0000), 0,
				       htonl(1 + rng_below(r, N_ROWS(v4)))}};
	return a;
}

/* Replaces what follows the prefix by @host, in the last word at most. */
static struct nat_addr in_net(const struct place *net, uint32_t host)
{
	unsigned word = net->family == 6 ? 3 : 0;
	unsigned bits = net->family == 6 ? 128u - net->len : 32u - net->len;
	uint32_t mask = bits >= 32 ? UINT32_MAX : (UINT32_C(1) << bits) - 1;
	struct nat_addr a = net->addr;

	a.w[word] = htonl((ntohl(a.w[word]) & ~mask) | (host & mask));
	return a;
}

struct nat_addr place_host(struct rng *r, const struct place *net)
{
	enum { HOSTS = 4, FIRST = 10, RARE = 40 };

	if (!net->len)
		return far_host(r, net->family);
	if (chance(r, RARE))
		return in_net(net, rng_u32(r));
	return in_net(net, FIRST + rng_below(r, HOSTS));
}

struct nat_addr place_broadcast(const struct place *net)
{
	return in_net(net, UINT32_MAX);
}

uint16_t places_port(struct rng *r, const struct places *p)
{
	static const uint16_t services[] = {80, 443, 53, 22, 25, 5060, 8080};

	if (p->n_ports && !chance(r, 3)) {
		const struct port_range *range =
			&p->ports[rng_below(r, p->n_ports)];

		return (uint16_t)draw_between(r, range->lo, range->hi);
	}
	if (chance(r, 100))
		return (uint16_t)rng_u32(r);
	return services[rng_below(r, N_ROWS(services))];
}

uint16_t places_client_port(struct rng *r)
{
	static const struct {
		struct odds odds;
		struct port_range range;
	} rows[] = {
		{{"a few", 80, 0}, {40000, 40007}},
		{{"privileged", 5, 0}, {500, 503}},
		{{"reserved", 5, 0}, {1020, 1023}},
		{{"edges", 1, 0}, {65534, 65535}},
		{{"zero", 1, 0}, {0, 1}},
		{{"any", 2, 0}, {1024, 65535}},
	};
	const struct port_range *range = &DRAW(r, rows, 0)->range;

	return (uint16_t)draw_between(r, range->lo, range->hi);
}
