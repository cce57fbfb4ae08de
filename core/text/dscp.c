/* SPDX-License-Identifier: BSD-2-Clause
 * The TOS byte as rules name it (RFC 1349, RFC 2474). */
#include "text/dscp.h"

#include "text/scan.h"
#include "text/text.h"

enum { OLD_MASK = 0x3f };

static const struct scan_name old_name[] = {
	{"Minimize-Delay", 0x10},       {"Maximize-Throughput", 0x08},
	{"Maximize-Reliability", 0x04}, {"Minimize-Cost", 0x02},
	{"Normal-Service", 0x00},       {NULL, 0},
};

int scan_tos(const char *s, uint8_t *value, uint8_t *mask,
	     struct nat_error *err)
{
	uint32_t v = 0, m = UINT8_MAX;
	struct nat_error ignored;

	if (scan_name(old_name, s, &v))
		m = OLD_MASK;
	else if (scan_mark(s, &v, &m, &ignored) || v > UINT8_MAX ||
		 m > UINT8_MAX)
		return text_fail(err, "'%s' is not a TOS or TOS/MASK", s);
	*value = (uint8_t)v;
	*mask = (uint8_t)m;
	return 0;
}

const char *tos_name(uint8_t value, uint8_t mask)
{
	const struct scan_name *n = old_name;

	while (n->name && n->value != value)
		n++;
	return mask == OLD_MASK ? n->name : NULL;
}

int scan_dscp(const char *s, uint8_t *dscp, struct nat_error *err)
{
	enum { MOST = 63 };
	uint64_t v = 0;

	if (!scan_u64(s, 0, MOST, &v))
		return text_fail(err, "'%s' is not a DSCP, 0 to 63", s);
	*dscp = (uint8_t)v;
	return 0;
}

int scan_dscp_class(const char *s, uint8_t *dscp, struct nat_error *err)
{
	static const struct scan_name classes[] = {
		{"CS0", 0x00},  {"CS1", 0x08},  {"CS2", 0x10},  {"CS3", 0x18},
		{"CS4", 0x20},  {"CS5", 0x28},  {"CS6", 0x30},  {"CS7", 0x38},
		{"BE", 0x00},   {"AF11", 0x0a}, {"AF12", 0x0c}, {"AF13", 0x0e},
		{"AF21", 0x12}, {"AF22", 0x14}, {"AF23", 0x16}, {"AF31", 0x1a},
		{"AF32", 0x1c}, {"AF33", 0x1e}, {"AF41", 0x22}, {"AF42", 0x24},
		{"AF43", 0x26}, {"EF", 0x2e},   {NULL, 0},
	};
	uint32_t v = 0;

	if (!scan_name(classes, s, &v))
		return text_fail(err, "unknown DSCP class '%s'", s);
	*dscp = (uint8_t)v;
	return 0;
}
