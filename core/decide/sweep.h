/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who has expired ends when a packet meets it, or here. */
#ifndef NAT_SWEEP_H
#define NAT_SWEEP_H

#include "decide/engine.h"

/* Expiry, a little with each run: as much as the clock asks for and the run's
 * @packets allow; all at once after a pause, or where there are none. */
void sweep(struct nat_worker *w, size_t packets);

#endif
