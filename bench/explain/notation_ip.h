/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The IP header of the notation's packets, of either version, and the bytes
 * that all headers are made of. */
#ifndef NATBENCH_NOTATION_IP_H
#define NATBENCH_NOTATION_IP_H

#include "explain/notation_spec.h"

static inline void put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v);
}

static inline uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* The checksum over @len bytes and what @sum holds. */
uint16_t wire_checksum(uint64_t sum, const uint8_t *at, size_t len);

struct ip_version {
	size_t header;     /* bytes, without options */
	size_t most;       /* bytes of a packet */
	size_t error_most; /* bytes of an ICMP error: RFC 1812, RFC 4443 */
	size_t proto_at;
	size_t sum_at; /* 0: has none */
	uint8_t icmp;  /* the protocol that is its ICMP */
};

/* @family: 4 or 6. */
const struct ip_version *ip_version(unsigned family);

/* The header that @s says: its length, and itself in a packet of @total bytes.
 */
size_t ip_header_len(const struct spec *s);
void ip_put(struct spec *s, uint8_t *at, size_t total);
/* The sum of the pseudo header before @len bytes. */
uint64_t ip_pseudo_sum(const struct spec *s, size_t len);

/* The family of a header that is whole in @have bytes; 0: there is none. */
unsigned ip_family(const uint8_t *at, size_t have);
/* Of a header that is whole: its length, that of its packet, its values. */
size_t ip_wire_len(const uint8_t *at);
size_t ip_wire_total(const uint8_t *at);
void ip_get(struct spec *s, const uint8_t *at);

#endif
