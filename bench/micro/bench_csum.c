/* SPDX-License-Identifier: BSD-2-Clause
 * What a checksum costs: in full by length, and by difference as NAT does. */
#include <stdlib.h>

#include "gbench.h"
#include "pure/csum.h"
#include "pure/random.h"

enum { ROUND = 64 };

static void bench_full(struct gbench *b)
{
	size_t len = (size_t)gbench_arg(b, 0);
	uint8_t *bytes = malloc(len);
	struct random random = random_new(1);

	if (!bytes) {
		gbench_skip(b, "no memory");
		return;
	}
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)random_u64(&random);
	while (gbench_run(b, ROUND))
		for (int i = 0; i < ROUND; i++)
			gbench_use(csum_finish(csum_partial(0, bytes, len)));
	gbench_bytes(b, len);
	free(bytes);
}

/* Address and port of one side, as one translation changes them. Each result
 * feeds the next, so this is the latency. */
static void bench_update(struct gbench *b)
{
	struct random random = random_new(1);
	uint32_t addr = random_u32(&random);
	uint16_t port = random_u16(&random);
	uint16_t check = random_u16(&random);

	while (gbench_run(b, ROUND))
		for (unsigned i = 0; i < ROUND; i++) {
			struct csum_delta d = {0};

			csum_delta_u32(&d, addr, addr + i);
			csum_delta_u16(&d, port, (uint16_t)i);
			check = csum_apply(check, d);
			gbench_use(check);
		}
	gbench_items(b, 1);
}

GBENCH(csum)
{
	struct gbench_case *full = gbench_add("csum/full", bench_full);

	gbench_args1(full, 20);
	gbench_args1(full, 64);
	gbench_args1(full, 576);
	gbench_args1(full, 1500);
	gbench_args1(full, 65535);
	gbench_add("csum/update", bench_update);
}
