/* SPDX-License-Identifier: BSD-2-Clause
 * Reading words: numbers, addresses, ports and names. */
#include "text/scan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "text/text.h"

enum { IPV4_OCTETS = 4, SCAN_WORD = 64, SCAN_WORD_LONG = 128 };

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return UINT32_MAX;
}

bool scan_u64(const char *s, unsigned base, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!base) {
		base = 10;
		if (s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
			base = 16;
			s += 2;
		} else if (s[0] == '0' && s[1]) {
			base = 8;
			s++;
		}
	}
	if (!*s)
		return false;
	for (; *s; s++) {
		unsigned d = digit_value(*s);

		if (d >= base || d > max || v > (max - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return true;
}

bool scan_u32(const char *s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (!scan_u64(s, 10, max, &v))
		return false;
	*out = (uint32_t)v;
	return true;
}

char *scan_split(char *s, char stop)
{
	char *at = strchr(s, stop);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* A copy of @s that may be split; words longer than any valid one fail. */
static bool word_copy(char *word, size_t room, const char *s)
{
	size_t len = strnlen(s, room);

	if (len == room)
		return false;
	memcpy(word, s, len + 1);
	return true;
}

int scan_mark(const char *s, uint32_t *value, uint32_t *mask,
	      struct nat_error *err)
{
	char word[SCAN_WORD];
	uint64_t v = 0, m = *mask;
	bool ok = word_copy(word, sizeof(word), s);

	if (ok) {
		char *slash = scan_split(word, '/');

		ok = scan_u64(word, 0, UINT32_MAX, &v) &&
		     (!slash || scan_u64(slash, 0, UINT32_MAX, &m));
	}
	if (!ok)
		return text_fail(err, "'%s' is not a mark or MARK/MASK", s);
	*value = (uint32_t)v;
	*mask = (uint32_t)m;
	return 0;
}

/* Decimal octets without leading zeros, which other readers take as octal. */
static bool scan_octets(const char *s, unsigned least, uint32_t *be)
{
	char word[SCAN_WORD];
	uint32_t addr = 0;
	unsigned n = 0;

	if (!word_copy(word, sizeof(word), s))
		return false;
	for (char *p = word, *next; p; p = next, n++) {
		uint32_t octet = 0;

		next = scan_split(p, '.');
		if (n == IPV4_OCTETS || (p[0] == '0' && p[1]) ||
		    !scan_u32(p, UINT8_MAX, &octet))
			return false;
		addr |= octet << (24 - 8 * n);
	}
	*be = htonl(addr);
	return n >= least;
}

/* IPv4 with @least octets, the rest zero; IPv6 always in full. */
static bool scan_some_addr(const char *s, uint8_t family, unsigned least,
			   struct nat_addr *out)
{
	*out = (struct nat_addr){{0}};
	if (family == 6)
		return inet_pton(AF_INET6, s, out->w) == 1;
	return scan_octets(s, least, &out->w[0]);
}

static int scan_addr_or_fail(const char *s, uint8_t family, unsigned least,
			     struct nat_addr *out, struct nat_error *err)
{
	if (!scan_some_addr(s, family, least, out))
		return text_fail(err, "'%s' is not an IPv%u address", s,
				 family);
	return 0;
}

int scan_addr(const char *s, uint8_t family, struct nat_addr *out,
	      struct nat_error *err)
{
	return scan_addr_or_fail(s, family, IPV4_OCTETS, out, err);
}

static struct nat_addr mask_of_len(uint32_t len)
{
	struct nat_addr mask = {{0}};

	for (unsigned i = 0; i < ARRAY_LEN(mask.w); i++) {
		uint32_t n = len > 32 ? 32 : len;

		mask.w[i] = n ? htonl(UINT32_MAX << (32 - n)) : 0;
		len -= n;
	}
	return mask;
}

static int scan_mask(const char *s, uint8_t family, struct nat_addr *out,
		     struct nat_error *err)
{
	uint32_t len = family == 6 ? 128 : 32;

	if (!s || scan_u32(s, len, &len))
		*out = mask_of_len(len);
	else if (!scan_some_addr(s, family, IPV4_OCTETS, out))
		return text_fail(err, "'%s' is not a network mask", s);
	return 0;
}

static int scan_addr_mask(const char *s, uint8_t family, unsigned least,
			  struct rule_addr *out, struct nat_error *err)
{
	char word[SCAN_WORD_LONG];

	if (!word_copy(word, sizeof(word), s))
		return text_fail(err, "'%s' is not an IPv%u address", s,
				 family);
	char *mask = scan_split(word, '/');
	int rc = scan_addr_or_fail(word, family, least, &out->addr, err);

	return rc ? rc : scan_mask(mask, family, &out->mask, err);
}

int scan_network(const char *s, uint8_t family, struct rule_addr *out,
		 struct nat_error *err)
{
	int rc = scan_addr_mask(s, family, 1, out, err);

	for (unsigned i = 0; i < ARRAY_LEN(out->addr.w); i++)
		out->addr.w[i] &= out->mask.w[i];
	return rc;
}

int scan_prefix(const char *s, uint8_t family, struct rule_addr *out,
		struct nat_error *err)
{
	int rc = scan_addr_mask(s, family, IPV4_OCTETS, out, err);

	if (!rc && text_prefix_len(&out->mask, family) < 0)
		return text_fail(err, "the mask of '%s' is not a prefix", s);
	return rc;
}

int scan_addr_range(const char *s, uint8_t family, bool shorthand,
		    struct nat_addr *min, struct nat_addr *max,
		    struct nat_error *err)
{
	unsigned least = shorthand ? 1 : IPV4_OCTETS;
	char word[SCAN_WORD_LONG];

	if (!word_copy(word, sizeof(word), s))
		return text_fail(err, "'%s' is not an address range", s);
	char *end = scan_split(word, '-');
	int rc = scan_addr_or_fail(word, family, least, min, err);

	*max = *min;
	if (!rc && end)
		rc = scan_addr_or_fail(end, family, least, max, err);
	if (!rc && memcmp(min, max, sizeof(*min)) > 0)
		rc = text_fail(err, "address range %s is the wrong way round",
			       s);
	return rc;
}

static bool port_value(const char *s, uint16_t *out)
{
	uint64_t v = 0;
	bool ok = scan_u64(s, 10, UINT16_MAX, &v);

	*out = (uint16_t)v;
	return ok;
}

int scan_port(const char *s, uint16_t *out, struct nat_error *err)
{
	if (!port_value(s, out))
		return text_fail(err, "'%s' is not a port number", s);
	return 0;
}

int scan_ports(const char *s, char sep, bool open, struct port_range *out,
	       struct nat_error *err)
{
	char word[SCAN_WORD];
	bool ok = word_copy(word, sizeof(word), s);
	char *end = ok ? scan_split(word, sep) : NULL;

	*out = (struct port_range){0, UINT16_MAX};
	if (ok && (*word || !open || !end))
		ok = port_value(word, &out->min);
	if (!end)
		out->max = out->min;
	else if (ok && (*end || !open))
		ok = port_value(end, &out->max);
	if (!ok)
		return text_fail(err, "'%s' is not a port number or range", s);
	if (out->min > out->max)
		return text_fail(err, "port range %s is the wrong way round",
				 s);
	return 0;
}

int scan_counters(const char *s, uint64_t *packets, uint64_t *bytes,
		  struct nat_error *err)
{
	char word[SCAN_WORD];

	if (word_copy(word, sizeof(word), s) && word[0] == '[') {
		char *end = scan_split(word, ']');
		char *second = scan_split(word, ':');

		if (end && !*end && second &&
		    scan_u64(word + 1, 10, UINT64_MAX, packets) &&
		    scan_u64(second, 10, UINT64_MAX, bytes))
			return 0;
	}
	return text_fail(err, "'%s' is not [PACKETS:BYTES]", s);
}

bool scan_bare(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '"' || *s == 0x7f)
			return false;
	return true;
}

static bool name_find(const struct scan_name *table, const char *s, size_t len,
		      uint32_t *value)
{
	for (; table->name; table++) {
		if (strlen(table->name) == len &&
		    !strncasecmp(table->name, s, len)) {
			*value = table->value;
			return true;
		}
	}
	return false;
}

bool scan_name(const struct scan_name *table, const char *s, uint32_t *value)
{
	return name_find(table, s, strlen(s), value);
}

int scan_names(const struct scan_name *table, const char *s, const char *what,
	       uint32_t *bits, struct nat_error *err)
{
	*bits = 0;
	for (;;) {
		size_t len = strcspn(s, ",");
		uint32_t value = 0;

		if (!name_find(table, s, len, &value))
			return text_fail(err, "unknown %s '%.*s'", what,
					 len < SCAN_WORD ? (int)len : SCAN_WORD,
					 s);
		*bits |= value;
		if (!s[len])
			return 0;
		s += len + 1;
	}
}
