/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum (RFC 1071), in full and by difference (RFC 1624).
 * Knows no headers. Sums are kept in the byte order of memory: 16-bit words
 * are loaded as they lie, which the sum does not mind.
 *
 * A one's complement sum that took in any nonzero word is never zero, so a
 * checksum made here is never 0xffff: full and incremental results agree to
 * the bit, however the changes were grouped.
 */
#ifndef NAT_CSUM_H
#define NAT_CSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pure/lanes.h"
#include "util.h"

/* Adds eight bytes with end-around carry. */
static inline uint64_t csum_add(uint64_t sum, uint64_t v)
{
	bool carry = __builtin_add_overflow(sum, v, &sum);

	return sum + carry;
}

static inline uint64_t csum_load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* A word in host order as it would lie in a packet. */
static inline uint16_t csum_word(uint16_t host)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		       ? __builtin_bswap16(host)
		       : host;
}

/* Less than eight bytes, as if zero bytes followed. */
uint64_t csum_tail(const uint8_t *p, size_t len);
/* Many bytes: @len is a multiple of CSUM_BULK. Below 2^48. */
enum { CSUM_BULK = LANES_BYTES };
uint64_t csum_bulk(const uint8_t *p, size_t len);

/* Adds @len bytes to the unfolded sum; an odd last byte counts as if a zero
 * byte followed. Any number of calls, each but the last of even length. */
static inline uint64_t csum_partial(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *p = bytes, *end = p + len;

	if (unlikely(len < 8))
		return csum_add(sum, csum_tail(p, len));
	if (unlikely(len >= (size_t)4 * CSUM_BULK)) {
		size_t n = len & ~(size_t)(CSUM_BULK - 1);

		sum = csum_add(sum, csum_bulk(p, n));
		p += n;
	} else {
		sum = csum_add(sum, csum_load(p));
		p += 8;
	}
	for (; end - p >= 8; p += 8)
		sum = csum_add(sum, csum_load(p));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* the last eight, less those already added */
	return csum_add(sum, csum_load(end - 8) >> 1 >> (63 - 8 * (end - p)));
#else
	return csum_add(sum, csum_tail(p, (size_t)(end - p)));
#endif
}

/* The sum of what is in @p from @from on up to @len, where of the first bytes
 * only @mask counts. Context: @from is even, and LANES_BYTES follow it. */
ALWAYS_INLINE uint64_t csum_from(const uint8_t *p, uint32_t len, uint32_t from,
				 lanes_u64 mask)
{
	lanes_u64 sum = lanes_halves(lanes_load(p + from) & mask);
	uint32_t at = from + LANES_BYTES, even = len & ~1u;
	uint16_t odd = (uint16_t)(-(len & 1) & p[len - 1]);

	for (; unlikely(len - at >= LANES_BYTES); at += LANES_BYTES)
		sum += lanes_halves(lanes_load(p + at));
	sum += lanes_halves(lanes_load(p + even - LANES_BYTES) &
			    lanes_last(even - at));
	return lanes_sum(sum) + csum_word((uint16_t)(odd << 8));
}

/* Unfolded sum to 16 bits, not complemented. Adding the halves of a word to
 * each other both ways round leaves their folded sum in its upper half. */
static inline uint16_t csum_fold(uint64_t sum)
{
	uint32_t high = (uint32_t)(sum >> 32);
	uint32_t s = (uint32_t)sum + high;

	s += s < high;
	s += s << 16 | s >> 16;
	return (uint16_t)(s >> 16);
}

/* Is the sum of all that a right checksum covers, itself included, and not
 * zero throughout: csum_fold() is 0xffff. To divide by that takes less. */
static inline bool csum_right(uint64_t sum)
{
	return sum % 0xffff == 0;
}

/* The checksum over what was summed. */
static inline uint16_t csum_finish(uint64_t sum)
{
	return (uint16_t)~csum_fold(sum);
}

/* A change of words, to be applied to any checksum that covers them. */
struct csum_delta {
	uint32_t sum;
};

static inline uint32_t csum_add32(uint32_t sum, uint32_t v)
{
	bool carry = __builtin_add_overflow(sum, v, &sum);

	return sum + carry;
}

static inline void csum_delta_u32(struct csum_delta *d, uint32_t from,
				  uint32_t to)
{
	d->sum = csum_add32(csum_add32(d->sum, ~from), to);
}

static inline void csum_delta_u16(struct csum_delta *d, uint16_t from,
				  uint16_t to)
{
	d->sum = csum_add32(d->sum, (uint32_t)(uint16_t)~from + to);
}

/* Of a delta that is empty so far. */
static inline void csum_delta_u64(struct csum_delta *d, uint64_t from,
				  uint64_t to)
{
	uint64_t sum = csum_add(~from, to);

	d->sum = csum_add32((uint32_t)sum, (uint32_t)(sum >> 32));
}

/* RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m'). The high half of ~@check is all
 * ones, as in 32-bit arithmetic: it keeps the sum from ever being zero. */
static inline uint16_t csum_apply(uint16_t check, struct csum_delta d)
{
	uint32_t s = csum_add32(d.sum, ~(uint32_t)check);

	return (uint16_t) ~((s + (s << 16 | s >> 16)) >> 16);
}

/* One in the upper byte of a word in network order, where IPv4 has the TTL. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CSUM_TTL_UNIT 0x0001
#else
#define CSUM_TTL_UNIT 0x0100
#endif

/* Takes one off the TTL: RFC 1141, as routers do it. */
static inline uint16_t csum_ttl_down(uint16_t check)
{
	uint32_t c = (uint32_t)check + CSUM_TTL_UNIT;

	return (uint16_t)(c + (c >= 0xffff));
}

#endif
