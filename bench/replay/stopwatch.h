/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The wall clock of measurements: the processor's own counter where there is
 * one that runs evenly, as it does on every x86-64 of the last decade, because
 * a batch is timed twice; the monotonic clock elsewhere. */
#ifndef NATBENCH_STOPWATCH_H
#define NATBENCH_STOPWATCH_H

#include <stdint.h>
#include <time.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

static inline uint64_t stopwatch_monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t stopwatch_now(void)
{
#if defined(__x86_64__)
	return __rdtsc();
#else
	return stopwatch_monotonic_ns();
#endif
}

/* Ticks of stopwatch_now() in a nanosecond; takes 20 ms to find out. */
double stopwatch_ticks_per_ns(void);

#endif
