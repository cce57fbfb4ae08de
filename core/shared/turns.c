/* SPDX-License-Identifier: BSD-2-Clause
 * Waiting for the end of another's turn. */
#include "shared/turns.h"

#include "shared/spin.h"

void turn_wait(const struct turns *t, unsigned id)
{
	const _Atomic uint32_t *n = &t->of[id].n;
	uint32_t first = atomic_load_explicit(n, memory_order_seq_cst);
	unsigned spins = 0;

	if (!(first & 1))
		return;
	while (atomic_load_explicit(n, memory_order_acquire) == first)
		spin_wait(&spins);
}
