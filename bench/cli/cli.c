/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every command of natbench shares. */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cli_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("natbench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return CLI_ERROR;
}

int cli_options(const struct cli_syntax *syntax, void *request, int argc,
		char **argv)
{
	int code;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread yet */
	while ((code = getopt_long(argc, argv, syntax->letters, syntax->options,
				   NULL)) != -1) {
		if (code == 'h') {
			printf("%s%s", syntax->usage,
			       syntax->more ? syntax->more : "");
			return cli_flush();
		}
		if (!syntax->take(request, code, optarg))
			return CLI_ERROR;
	}
	return CLI_GO_ON;
}

int cli_flush(void)
{
	if (fflush(stdout) || ferror(stdout))
		return cli_complain("standard output: cannot be written");
	return CLI_OK;
}

bool cli_number(const char *option, const char *arg, uint64_t min, uint64_t max,
		uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(arg, &end, 10);
	if (errno || *end || *arg < '0' || *arg > '9' || *out < min ||
	    *out > max) {
		cli_complain("%s %s: a number from %llu to %llu is needed",
			     option, arg, (unsigned long long)min,
			     (unsigned long long)max);
		return false;
	}
	return true;
}

bool cli_size(const char *option, const char *arg, uint64_t max, uint64_t *out)
{
	static const char units[] = "KMG";
	unsigned shift = 0;
	const char *unit;
	char *end;

	errno = 0;
	*out = strtoull(arg, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (errno || *end || *arg < '0' || *arg > '9' || !*out ||
	    *out > max >> shift) {
		cli_complain("%s %s: a size up to %lluG is needed, as 512M",
			     option, arg, (unsigned long long)(max >> 30));
		return false;
	}
	*out <<= shift;
	return true;
}

bool cli_positive(const char *option, const char *arg, double *out)
{
	char *end;

	*out = strtod(arg, &end);
	if (*end || end == arg || !isfinite(*out) || *out <= 0) {
		cli_complain("%s %s: a number above 0 is needed", option, arg);
		return false;
	}
	return true;
}
