/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a notation says, as values: the meeting point of text and wire. The
 * table of items is the one place that knows a field's name and bounds.
 */
#ifndef NATBENCH_NOTATION_SPEC_H
#define NATBENCH_NOTATION_SPEC_H

#include "explain/notation.h"

/* The shapes of packets. ICMP has one per use of its second word. */
enum form {
	FORM_TCP = 1 << 0,
	FORM_UDP = 1 << 1,
	FORM_QUERY = 1 << 2,       /* id, seq */
	FORM_ERROR = 1 << 3,       /* unused */
	FORM_UNREACHABLE = 1 << 4, /* mtu */
	FORM_REDIRECT = 1 << 5,    /* gateway */
	FORM_PARAMETER = 1 << 6,   /* pointer */
	FORM_TYPE = 1 << 7,        /* any ICMP: the word as it is */
	FORM_PROTO = 1 << 8,       /* only the IP header is known */
	FORM_HEX = 1 << 9,         /* not even that */
	FORM_TOO_BIG = 1 << 10,    /* mtu: of IPv6 */
	FORM_PARAMETER6 = 1 << 11, /* pointer: of IPv6 */

	FORM_PORTS = FORM_TCP | FORM_UDP,
	FORM_ERRORS = FORM_ERROR | FORM_UNREACHABLE | FORM_REDIRECT |
		      FORM_PARAMETER | FORM_TOO_BIG | FORM_PARAMETER6,
	FORM_ICMP = FORM_QUERY | FORM_ERRORS | FORM_TYPE,
	FORM_SUMMED = FORM_PORTS | FORM_ICMP,
	FORM_IP = FORM_SUMMED | FORM_PROTO,
};

struct option_bytes {
	uint8_t len;
	uint8_t at[40];
};

struct spec {
	enum form form;
	uint32_t given; /* items the text gives, or that need saying */
	uint32_t wild;  /* items given as '*' */

	uint8_t family; /* 4 or 6; 0: no address has told it yet */
	struct nat_addr src, dst;
	uint8_t proto, tos, ttl; /* numbers here are in host order */
	uint32_t flow;
	uint8_t reserved, df, mf;
	uint16_t ipid, ipsum;
	uint32_t offset; /* bytes */
	struct option_bytes ipopt;

	uint16_t sport, dport;
	uint16_t sum, ulen;
	uint32_t seq, ack;
	uint16_t win, urg;
	uint8_t flags;
	struct option_bytes opt;

	uint8_t type, code, pointer;
	uint16_t id, icmp_seq, mtu;
	struct nat_addr gateway;
	uint32_t rest;

	const uint8_t *data; /* first payload bytes; the pattern follows */
	uint32_t data_len;
	uint32_t len;       /* of the payload */
	uint32_t cut;       /* quoted: bytes present */
	struct spec *quote; /* the payload is this packet */
};

enum item_kind {
	ITEM_NUMBER,
	ITEM_FLAG,
	ITEM_OPTION,  /* struct option_bytes */
	ITEM_ADDRESS, /* struct nat_addr */
};

enum { IPV4 = 1, IPV6 = 2, IP_ANY = IPV4 | IPV6 };

/* Items are printed in this order. DERIVED: follows from the rest, and is
 * printed only where the packet says otherwise. */
enum item_id {
	ITEM_SPORT, /* the two ports have no word */
	ITEM_DPORT,
	ITEM_CODE,
	ITEM_SEQ,
	ITEM_ACK,
	ITEM_WIN,
	ITEM_URG,
	ITEM_OPT,
	ITEM_ID,
	ITEM_ICMP_SEQ,
	ITEM_MTU,
	ITEM_GATEWAY,
	ITEM_POINTER,
	ITEM_MTU6,
	ITEM_POINTER6,
	ITEM_REST,
	ITEM_ULEN,
	ITEM_SUM,
	ITEM_TTL,
	ITEM_TOS,
	ITEM_FLOW,
	ITEM_IPID,
	ITEM_RESERVED,
	ITEM_DF,
	ITEM_MF,
	ITEM_OFFSET,
	ITEM_IPOPT,
	ITEM_IPSUM,
	ITEM_LEN,
	ITEM_CUT,
	N_ITEMS,
};

struct item {
	const char *word; /* NULL: none */
	enum item_kind kind;
	unsigned forms;
	unsigned families;
	size_t at;   /* offset in struct spec */
	size_t size; /* of the member */
	uint32_t max;
	bool derived;
	bool brief; /* also in NOTATION_BRIEF */
	bool hex;   /* printed so */
};

extern const struct item items[N_ITEMS];

static inline uint32_t item_bit(enum item_id i)
{
	return UINT32_C(1) << i;
}

/* May a packet such as @s have it? */
static inline bool item_fits(const struct item *i, const struct spec *s)
{
	return i->forms & s->form &&
	       i->families & (s->family == 6 ? IPV6 : IPV4);
}

uint32_t item_get(const struct spec *s, const struct item *i);
void item_set(struct spec *s, const struct item *i, uint32_t value);
bool item_equal(const struct spec *a, const struct spec *b,
		const struct item *i);

/* ICMP types with a name, and the codes of those whose codes have one. */
struct icmp_type {
	uint8_t family;
	const char *word;
	uint8_t type;
	enum form form;
	const char *const *codes; /* NULL: code is an item */
	uint8_t n_codes;
};

const struct icmp_type *icmp_by_word(unsigned family, const char *word,
				     size_t len);
/* NULL: no name. */
const struct icmp_type *icmp_by_type(unsigned family, uint8_t type);

extern const char tcp_flag_letters[]; /* from bit 0 up */

/* The plain packet of @form. @family may be 0 where it is told later. */
void spec_init(struct spec *s, enum form form, unsigned family);

/* Payload byte @i where the text gives none. */
static inline uint8_t pattern_byte(size_t i)
{
	return (uint8_t)('a' + i % 26);
}

/* Quotes in quotes; and room for a packet at each level. */
enum { QUOTE_LEVELS = 3 };

struct note {
	struct spec spec[QUOTE_LEVELS];
	uint8_t wire[QUOTE_LEVELS][NOTATION_MAX + 1];
	uint8_t bytes[NOTATION_MAX + 1]; /* what `data` and `hex` gave */
	size_t n_bytes;
};

/* Text to spec[0]. 0, or -EINVAL and @err. */
NAT_MUST_USE int note_parse(struct note *n, const char *text,
			    struct nat_error *err);
/* spec[@level] to wire[@level]. Its length, or -EINVAL: no IP packet is so
 * long. */
NAT_MUST_USE int note_encode(struct note *n, unsigned level);
/* Bytes to spec[0], such that encoding it gives them back. */
void note_decode(struct note *n, const uint8_t *pkt, size_t len);

#endif
