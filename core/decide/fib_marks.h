/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A topology's fibs: marks that no rule tells apart share one. Nothing is paid
 * for marks where no rule asks for them.
 */
#ifndef NAT_FIB_MARKS_H
#define NAT_FIB_MARKS_H

#include "decide/fib.h"

/* Compiles all; false: @err says why, and fib_free_all() is due. */
MUST_USE bool fib_new_all(struct nat_topology *t, struct nat_error *err);
void fib_free_all(struct nat_topology *t);

const struct fib *fib_marked(const struct nat_topology *t, uint8_t family,
			     uint32_t mark);

/* The fib for what bears @mark. */
static inline const struct fib *fib_for(const struct nat_topology *t,
					uint8_t family, uint32_t mark)
{
	if (likely(!t->marks))
		return t->fib[fib_index(family)];
	return fib_marked(t, family, mark);
}

#endif
