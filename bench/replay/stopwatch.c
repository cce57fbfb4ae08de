/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How fast the processor's counter runs. */
#include "replay/stopwatch.h"

enum { CALIBRATION_NS = 20000000 };

double stopwatch_ticks_per_ns(void)
{
	uint64_t ns0 = stopwatch_monotonic_ns(), t0 = stopwatch_now();
	uint64_t ns1, t1;

	do {
		ns1 = stopwatch_monotonic_ns();
		t1 = stopwatch_now();
	} while (ns1 - ns0 < CALIBRATION_NS);
	return (double)(t1 - t0) / (double)(ns1 - ns0);
}
