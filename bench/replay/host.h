/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a result says about the machine and the program that made it. */
#ifndef NATBENCH_HOST_H
#define NATBENCH_HOST_H

#include <jansson.h>
#include <stdint.h>

struct host {
	char cpu[128];
	char kernel[256];
	const char *compiler, *commit;
};

void host_describe(struct host *h);
/* The same as data; NULL: no memory. */
json_t *host_json(void);
/* The most memory this process ever had, in bytes. */
uint64_t host_rss_peak(void);

#endif
