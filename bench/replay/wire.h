/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the replay reads from and writes to packets: ends, kind, checksums. It
 * shares nothing with the core's parser, so that it can judge the core. Any
 * bytes are safe to parse; offsets count from the buffer's first byte. */
#ifndef NATBENCH_WIRE_H
#define NATBENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "natcore.h"

enum wire_kind {
	WIRE_OTHER, /* addresses alone; also every fragment but the first */
	WIRE_PORTS, /* ports, but no checksum or not all of its header */
	WIRE_TCP,
	WIRE_UDP,
	WIRE_SCTP,
	WIRE_ICMP,  /* neither query nor error */
	WIRE_QUERY, /* ICMP with an identifier */
	WIRE_ERROR, /* ICMP that quotes a packet */
	WIRE_N_KINDS
};

enum wire_fragment { WIRE_WHOLE, WIRE_FIRST, WIRE_LATER };

/* Where things lie. Small, because each packet of a replay keeps one. */
struct wire_shape {
	uint16_t at;    /* IP header */
	uint16_t l4;    /* transport header */
	uint8_t kind;   /* enum wire_kind */
	uint8_t family; /* 4, 6; 0: no whole IP header */
};

struct wire {
	struct wire_shape shape;
	uint32_t end;       /* one past the datagram, or past what is there */
	uint32_t datagram;  /* identification; of IPv6, if it is a fragment */
	uint16_t id_at;     /* where that lies; 0: there is none */
	uint8_t fragment;   /* enum wire_fragment */
	uint8_t icmp_type;  /* of the ICMP kinds */
	uint8_t tcp_flags;  /* of WIRE_TCP */
	struct nat_tuple t; /* of a query, the identifier is in both ids */
};

enum { WIRE_FIN = 1, WIRE_SYN = 2, WIRE_RST = 4, WIRE_ACK = 16 };

/* False: no whole IP header; everything but kind OTHER and end is zero. */
bool wire_parse(struct wire *w, const uint8_t *p, uint32_t len);
/* False of what is certainly no fragment, at a glance. */
static inline bool wire_may_be_fragment(const uint8_t *p, uint32_t len)
{
	enum { TCP = 6, UDP = 17, ICMP6 = 58 };

	if (len < 20 || p[0] >> 4 == 4)
		return len >= 20 && ((p[6] & 0x3f) || p[7]);
	return p[6] != TCP && p[6] != UDP && p[6] != ICMP6;
}

/* The packet that a WIRE_ERROR quotes. */
bool wire_quoted(struct wire *quoted, const struct wire *error,
		 const uint8_t *p);

/* Gives the packet other ends. Checksums follow by difference: what was valid
 * stays valid, what was wrong stays as wrong. Ids are ignored where the kind
 * has none; a query takes @src_id. Checksums around a quoted packet are the
 * caller's. */
struct wire_ends {
	struct nat_addr src, dst;
	uint16_t src_id, dst_id;
};
void wire_set_ends(uint8_t *p, const struct wire_shape *s,
		   const struct wire_ends *to);

/* The same for what most packets are, IPv4 with TCP or whole UDP: both
 * addresses and both ports as they lie in the packet. */
static inline bool wire_is_plain(const struct wire_shape *s)
{
	return s->family == 4 && (s->kind == WIRE_TCP || s->kind == WIRE_UDP);
}
void wire_set_plain(uint8_t *p, const struct wire_shape *s, uint64_t addresses,
		    uint32_t ports);

/* For SCTP, whose checksum has no difference: computes it anew. */
void wire_sctp_sum(uint8_t *p, const struct wire *w);

/* Offset of the transport checksum; 0: the kind has none. */
uint32_t wire_sum_at(const struct wire_shape *s);
bool wire_ip_sum_ok(const uint8_t *p, const struct wire *w);
/* Right, or absent as UDP allows. Of a whole datagram only. */
bool wire_l4_sum_ok(const uint8_t *p, const struct wire *w);

/* The sum of an ICMP message, from its type to its end. */
uint64_t wire_icmp_sum(const uint8_t *p, const struct wire *w);
/* Keeps the ICMP checksum as right as it was when @before was the sum. */
void wire_icmp_mend(uint8_t *p, const struct wire *w, uint64_t before);

#endif
