/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Google Benchmark for C files. A benchmark is a function that prepares, runs
 * its loop and reports:
 *
 *	static void bench_sum(struct gbench *b)
 *	{
 *		size_t len = (size_t)gbench_arg(b, 0);
 *		...
 *		while (gbench_run(b, 64))
 *			for (int i = 0; i < 64; i++)
 *				gbench_use(sum(buf, len));
 *		gbench_bytes(b, len);
 *	}
 *
 *	GBENCH(sum)
 *	{
 *		struct gbench_case *c = gbench_add("sum", bench_sum);
 *		gbench_args1(c, 64);
 *		gbench_args1(c, 1500);
 *	}
 *
 * Options and JSON are Google Benchmark's own, so that its compare.py works.
 */
#ifndef NATBENCH_GBENCH_H
#define NATBENCH_GBENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gbench;      /* a benchmark while it runs */
struct gbench_case; /* a benchmark as registered */
typedef void (*gbench_fn)(struct gbench *b);

/* --- while it runs */

/* True: do @n iterations now, then ask again. Many at a time keep the call
 * out of the measurement. Timed from the first call to the last. */
bool gbench_run(struct gbench *b, size_t n);
int64_t gbench_arg(const struct gbench *b, size_t i);
int gbench_thread(const struct gbench *b);
/* Between two gbench_run(): this part is not measured. Costs some 100 ns. */
void gbench_pause(struct gbench *b);
void gbench_resume(struct gbench *b);

/* After the loop. What one iteration did: printed per second. */
void gbench_items(struct gbench *b, size_t per_iteration);
void gbench_bytes(struct gbench *b, size_t per_iteration);
/* A figure of the benchmark's own, printed as it is. */
void gbench_counter(struct gbench *b, const char *name, double value);
/* This case cannot run here; leave the function after it. */
void gbench_skip(struct gbench *b, const char *why);

/* Keeps the compiler from dropping the work that led to @value. */
#define gbench_use(value) __asm__ volatile("" : : "r,m"(value) : "memory")

/* --- registration */

struct gbench_case *gbench_add(const char *name, gbench_fn fn);
/* One run with these arguments; any number of calls. */
void gbench_args1(struct gbench_case *c, int64_t a);
void gbench_args2(struct gbench_case *c, int64_t a, int64_t b);
/* One run on @n threads, timed by the wall; any number of calls. */
void gbench_threads(struct gbench_case *c, int n);
/* Exactly @n iterations, for what cannot be repeated at will. */
void gbench_iterations(struct gbench_case *c, int64_t n);

#ifdef __cplusplus
}
#endif

/* Opens a function that runs before main(): the place for gbench_add(). */
#define GBENCH(name)                                                           \
	__attribute__((constructor)) static void gbench_register_##name(void)

#endif
