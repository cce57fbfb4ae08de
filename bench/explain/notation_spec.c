/* SPDX-License-Identifier: BSD-2-Clause
 * The words of the notation: items, ICMP types and codes, TCP flags. */
#include "explain/notation_spec.h"

#include <assert.h>
#include <string.h>

#include "explain/notation_ip.h"

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define MEMBER(m)     offsetof(struct spec, m), sizeof(((struct spec *)0)->m)

/* clang-format off */
const struct item items[N_ITEMS] = {
	[ITEM_SPORT] = { NULL, ITEM_NUMBER, FORM_PORTS, IP_ANY, MEMBER(sport), 65535, false, false, false },
	[ITEM_DPORT] = { NULL, ITEM_NUMBER, FORM_PORTS, IP_ANY, MEMBER(dport), 65535, false, false, false },
	[ITEM_CODE] = { "code", ITEM_NUMBER, FORM_ICMP, IP_ANY, MEMBER(code), 255, false, true, false },
	[ITEM_SEQ] = { "seq", ITEM_NUMBER, FORM_TCP, IP_ANY, MEMBER(seq), UINT32_MAX, false, true, false },
	[ITEM_ACK] = { "ack", ITEM_NUMBER, FORM_TCP, IP_ANY, MEMBER(ack), UINT32_MAX, false, true, false },
	[ITEM_WIN] = { "win", ITEM_NUMBER, FORM_TCP, IP_ANY, MEMBER(win), 65535, false, false, false },
	[ITEM_URG] = { "urg", ITEM_NUMBER, FORM_TCP, IP_ANY, MEMBER(urg), 65535, false, false, false },
	[ITEM_OPT] = { "opt", ITEM_OPTION, FORM_TCP, IP_ANY, MEMBER(opt), 0, false, false, false },
	[ITEM_ID] = { "id", ITEM_NUMBER, FORM_QUERY, IP_ANY, MEMBER(id), 65535, false, true, false },
	[ITEM_ICMP_SEQ] = { "seq", ITEM_NUMBER, FORM_QUERY, IP_ANY, MEMBER(icmp_seq), 65535, false, true, false },
	[ITEM_MTU] = { "mtu", ITEM_NUMBER, FORM_UNREACHABLE, IPV4, MEMBER(mtu), 65535, false, true, false },
	[ITEM_GATEWAY] = { "gateway", ITEM_ADDRESS, FORM_REDIRECT, IPV4, MEMBER(gateway), 0, false, true, false },
	[ITEM_POINTER] = { "pointer", ITEM_NUMBER, FORM_PARAMETER, IPV4, MEMBER(pointer), 255, false, true, false },
	[ITEM_MTU6] = { "mtu", ITEM_NUMBER, FORM_TOO_BIG, IPV6, MEMBER(rest), UINT32_MAX, false, true, false },
	[ITEM_POINTER6] = { "pointer", ITEM_NUMBER, FORM_PARAMETER6, IPV6, MEMBER(rest), UINT32_MAX, false, true, false },
	[ITEM_REST] = { "rest", ITEM_NUMBER, FORM_TYPE, IP_ANY, MEMBER(rest), UINT32_MAX, false, true, true },
	[ITEM_ULEN] = { "ulen", ITEM_NUMBER, FORM_UDP, IP_ANY, MEMBER(ulen), 65535, true, true, false },
	[ITEM_SUM] = { "sum", ITEM_NUMBER, FORM_SUMMED, IP_ANY, MEMBER(sum), 65535, true, false, true },
	[ITEM_TTL] = { "ttl", ITEM_NUMBER, FORM_IP, IP_ANY, MEMBER(ttl), 255, false, false, false },
	[ITEM_TOS] = { "tos", ITEM_NUMBER, FORM_IP, IP_ANY, MEMBER(tos), 255, false, false, true },
	[ITEM_FLOW] = { "flow", ITEM_NUMBER, FORM_IP, IPV6, MEMBER(flow), 0xfffff, false, false, true },
	[ITEM_IPID] = { "ipid", ITEM_NUMBER, FORM_IP, IPV4, MEMBER(ipid), 65535, false, false, false },
	[ITEM_RESERVED] = { "reserved", ITEM_FLAG, FORM_IP, IPV4, MEMBER(reserved), 1, false, false, false },
	[ITEM_DF] = { "df", ITEM_FLAG, FORM_IP, IPV4, MEMBER(df), 1, false, false, false },
	[ITEM_MF] = { "mf", ITEM_FLAG, FORM_IP, IPV4, MEMBER(mf), 1, false, true, false },
	[ITEM_OFFSET] = { "offset", ITEM_NUMBER, FORM_IP, IPV4, MEMBER(offset), 65528, false, true, false },
	[ITEM_IPOPT] = { "ipopt", ITEM_OPTION, FORM_IP, IPV4, MEMBER(ipopt), 0, false, false, false },
	[ITEM_IPSUM] = { "ipsum", ITEM_NUMBER, FORM_IP, IPV4, MEMBER(ipsum), 65535, true, false, true },
	[ITEM_LEN] = { "len", ITEM_NUMBER, FORM_IP, IP_ANY, MEMBER(len), 65535, true, true, false },
	[ITEM_CUT] = { "cut", ITEM_NUMBER, FORM_IP, IP_ANY, MEMBER(cut), 65535, true, false, false },
};

static const char *const unreachable_codes[] = {
	"net", "host", "protocol", "port", "frag-needed", "source-route",
	"net-unknown", "host-unknown", "isolated", "net-prohibited",
	"host-prohibited", "net-tos", "host-tos", "prohibited", "precedence",
	"precedence-cutoff",
};
static const char *const redirect_codes[] = {
	"net", "host", "net-tos", "host-tos",
};
static const char *const exceeded_codes[] = { "transit", "reassembly" };

static const char *const unreachable6_codes[] = {
	"no-route", "prohibited", "beyond-scope", "address", "port",
	"source-policy", "reject-route",
};
static const char *const parameter6_codes[] = {
	"header", "next-header", "option",
};

#define CODES(a) (a), N_ELEMENTS(a)

static const struct icmp_type icmp_types[] = {
	{ 4, "echo-reply", 0, FORM_QUERY, NULL, 0 },
	{ 4, "unreachable", 3, FORM_UNREACHABLE, CODES(unreachable_codes) },
	{ 4, "source-quench", 4, FORM_ERROR, NULL, 0 },
	{ 4, "redirect", 5, FORM_REDIRECT, CODES(redirect_codes) },
	{ 4, "echo-request", 8, FORM_QUERY, NULL, 0 },
	{ 4, "time-exceeded", 11, FORM_ERROR, CODES(exceeded_codes) },
	{ 4, "parameter-problem", 12, FORM_PARAMETER, NULL, 0 },
	{ 4, "timestamp-request", 13, FORM_QUERY, NULL, 0 },
	{ 4, "timestamp-reply", 14, FORM_QUERY, NULL, 0 },
	{ 4, "information-request", 15, FORM_QUERY, NULL, 0 },
	{ 4, "information-reply", 16, FORM_QUERY, NULL, 0 },
	{ 4, "mask-request", 17, FORM_QUERY, NULL, 0 },
	{ 4, "mask-reply", 18, FORM_QUERY, NULL, 0 },
	{ 6, "unreachable", 1, FORM_ERROR, CODES(unreachable6_codes) },
	{ 6, "too-big", 2, FORM_TOO_BIG, NULL, 0 },
	{ 6, "time-exceeded", 3, FORM_ERROR, CODES(exceeded_codes) },
	{ 6, "parameter-problem", 4, FORM_PARAMETER6, CODES(parameter6_codes) },
	{ 6, "echo-request", 128, FORM_QUERY, NULL, 0 },
	{ 6, "echo-reply", 129, FORM_QUERY, NULL, 0 },
};
/* clang-format on */

const char tcp_flag_letters[] = "FSRPAUEC";

/* The member as a number, whatever its width. */
uint32_t item_get(const struct spec *s, const struct item *i)
{
	const char *at = (const char *)s + i->at;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;

	switch (i->size) {
	case sizeof(u8):
		memcpy(&u8, at, sizeof(u8));
		return u8;
	case sizeof(u16):
		memcpy(&u16, at, sizeof(u16));
		return u16;
	default:
		assert(i->size == sizeof(u32));
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
}

void item_set(struct spec *s, const struct item *i, uint32_t value)
{
	char *at = (char *)s + i->at;
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;

	switch (i->size) {
	case sizeof(u8):
		memcpy(at, &u8, sizeof(u8));
		break;
	case sizeof(u16):
		memcpy(at, &u16, sizeof(u16));
		break;
	default:
		assert(i->size == sizeof(value));
		memcpy(at, &value, sizeof(value));
	}
}

bool item_equal(const struct spec *a, const struct spec *b,
		const struct item *i)
{
	return !memcmp((const char *)a + i->at, (const char *)b + i->at,
		       i->size);
}

const struct icmp_type *icmp_by_word(unsigned family, const char *word,
				     size_t len)
{
	for (size_t i = 0; i < N_ELEMENTS(icmp_types); i++)
		if (icmp_types[i].family == family &&
		    strlen(icmp_types[i].word) == len &&
		    !memcmp(icmp_types[i].word, word, len))
			return &icmp_types[i];
	return NULL;
}

const struct icmp_type *icmp_by_type(unsigned family, uint8_t type)
{
	for (size_t i = 0; i < N_ELEMENTS(icmp_types); i++)
		if (icmp_types[i].family == family &&
		    icmp_types[i].type == type)
			return &icmp_types[i];
	return NULL;
}

void spec_init(struct spec *s, enum form form, unsigned family)
{
	*s = (struct spec){
		.form = form,
		.family = (uint8_t)family,
		.ttl = 64,
		.proto = form & FORM_TCP    ? 6
			 : form & FORM_UDP  ? 17
			 : form & FORM_ICMP ? ip_version(family)->icmp
					    : 0,
		.seq = 1000,
		.win = 64240,
	};
}
