/* SPDX-License-Identifier: BSD-2-Clause
 * gbench.h on Google Benchmark. The two handles are its own objects, cast. */
#include "gbench.h"

#include <benchmark/benchmark.h>

namespace
{
benchmark::State &state(gbench *b)
{
	return *reinterpret_cast<benchmark::State *>(b);
}

const benchmark::State &state(const gbench *b)
{
	return *reinterpret_cast<const benchmark::State *>(b);
}

benchmark::internal::Benchmark *registered(gbench_case *c)
{
	return reinterpret_cast<benchmark::internal::Benchmark *>(c);
}
} // namespace

bool gbench_run(gbench *b, size_t n)
{
	return state(b).KeepRunningBatch(static_cast<int64_t>(n));
}

int64_t gbench_arg(const gbench *b, size_t i)
{
	return state(b).range(i);
}

int gbench_thread(const gbench *b)
{
	return state(b).thread_index();
}

void gbench_pause(gbench *b)
{
	state(b).PauseTiming();
}

void gbench_resume(gbench *b)
{
	state(b).ResumeTiming();
}

void gbench_items(gbench *b, size_t per_iteration)
{
	state(b).SetItemsProcessed(state(b).iterations() *
				   static_cast<int64_t>(per_iteration));
}

void gbench_bytes(gbench *b, size_t per_iteration)
{
	state(b).SetBytesProcessed(state(b).iterations() *
				   static_cast<int64_t>(per_iteration));
}

void gbench_counter(gbench *b, const char *name, double value)
{
	state(b).counters[name] = value;
}

void gbench_skip(gbench *b, const char *why)
{
	state(b).SkipWithError(why);
}

gbench_case *gbench_add(const char *name, gbench_fn fn)
{
	return reinterpret_cast<gbench_case *>(
		benchmark::RegisterBenchmark(name, [fn](benchmark::State &s) {
			fn(reinterpret_cast<gbench *>(&s));
		}));
}

void gbench_args1(gbench_case *c, int64_t a)
{
	registered(c)->Arg(a);
}

void gbench_args2(gbench_case *c, int64_t a, int64_t b)
{
	registered(c)->Args({a, b});
}

void gbench_threads(gbench_case *c, int n)
{
	registered(c)->Threads(n)->UseRealTime();
}

void gbench_iterations(gbench_case *c, int64_t n)
{
	registered(c)->Iterations(n);
}

BENCHMARK_MAIN();
