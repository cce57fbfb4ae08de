/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a command reads and writes: no two to one place. */
#ifndef NATBENCH_PLACES_H
#define NATBENCH_PLACES_H

#include <stdbool.h>

struct place {
	const char *option; /* as the user knows it */
	const char *path;   /* NULL: none; -: standard input or output */
	bool written;
};

/* Nothing is read twice from standard input, nothing written twice to one file
 * or over what is read; complains otherwise. What is no regular file, such as
 * /dev/null, may be any number of places. */
bool places_differ(const struct place *p, unsigned n);

#endif
