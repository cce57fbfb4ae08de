/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asks the system. What it does not tell is "unknown". */
#include "replay/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "build_info.h"

static void read_cpu(char *name, size_t size)
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	char line[256];

	(void)snprintf(name, size, "unknown");
	while (in && fgets(line, sizeof(line), in)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, "model name", 10) != 0 || !value)
			continue;
		(void)snprintf(name, size, "%.*s",
			       (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (in)
		(void)fclose(in);
}

void host_describe(struct host *h)
{
	struct utsname u;

	read_cpu(h->cpu, sizeof(h->cpu));
	(void)snprintf(h->kernel, sizeof(h->kernel), "unknown");
	if (!uname(&u))
		(void)snprintf(h->kernel, sizeof(h->kernel), "%s %s", u.sysname,
			       u.release);
	h->compiler = NATBENCH_COMPILER " " NATBENCH_FLAGS;
	h->commit = NATBENCH_COMMIT;
}

json_t *host_json(void)
{
	struct host h;

	host_describe(&h);
	return json_pack("{s:s, s:s, s:s, s:s}", "cpu", h.cpu, "kernel",
			 h.kernel, "compiler", h.compiler, "commit", h.commit);
}

uint64_t host_rss_peak(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) ? 0 : (uint64_t)u.ru_maxrss * 1024;
}
