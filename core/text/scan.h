/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading words: numbers, addresses, ports and names out of NUL-terminated
 * text. Each function takes the whole word or fails; those with a struct
 * nat_error explain themselves and return 0 or -EINVAL.
 */
#ifndef NAT_SCAN_H
#define NAT_SCAN_H

#include "decide/rules.h"
#include "natcore.h"
#include "util.h"

/* Digits of @base (0: as in C, 0x and leading 0) up to @max. False leaves
 * @out alone. */
MUST_USE bool scan_u64(const char *s, unsigned base, uint64_t max,
		       uint64_t *out);
MUST_USE bool scan_u32(const char *s, uint32_t max, uint32_t *out);

/* VALUE[/MASK] in any base of C's; without a mask @mask is left alone. */
MUST_USE int scan_mark(const char *s, uint32_t *value, uint32_t *mask,
		       struct nat_error *err);

/* Moves past @s up to @stop, which becomes NUL; NULL: no such character. */
char *scan_split(char *s, char stop);

/* Addresses are of @family, 4 or 6. */

/* An address in full. */
MUST_USE int scan_addr(const char *s, uint8_t family, struct nat_addr *out,
		       struct nat_error *err);
/* ADDR, ADDR/LEN or ADDR/MASK as -s takes it: missing IPv4 octets are zero, the
 * mask may have holes, the address loses its host bits. */
MUST_USE int scan_network(const char *s, uint8_t family, struct rule_addr *out,
			  struct nat_error *err);
/* ADDR, ADDR/LEN or ADDR/MASK in full; the mask must be a prefix and the
 * address is kept as written. */
MUST_USE int scan_prefix(const char *s, uint8_t family, struct rule_addr *out,
			 struct nat_error *err);
/* ADDR[-ADDR]; missing IPv4 octets are zero when @shorthand. */
MUST_USE int scan_addr_range(const char *s, uint8_t family, bool shorthand,
			     struct nat_addr *min, struct nat_addr *max,
			     struct nat_error *err);

MUST_USE int scan_port(const char *s, uint16_t *out, struct nat_error *err);
/* PORT or MIN@sepMAX; either end may be missing when @open. */
MUST_USE int scan_ports(const char *s, char sep, bool open,
			struct port_range *out, struct nat_error *err);

/* [PACKETS:BYTES] */
MUST_USE int scan_counters(const char *s, uint64_t *packets, uint64_t *bytes,
			   struct nat_error *err);

/* True for a name that stands in a rule without quotes. */
bool scan_bare(const char *s);

struct scan_name {
	const char *name;
	uint32_t value;
};
/* Case does not matter; the table ends with a NULL name. */
MUST_USE bool scan_name(const struct scan_name *table, const char *s,
			uint32_t *value);
/* NAME[,NAME]...: the values or-ed. */
MUST_USE int scan_names(const struct scan_name *table, const char *s,
			const char *what, uint32_t *bits,
			struct nat_error *err);

#endif
