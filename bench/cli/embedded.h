/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Files compiled into natbench; cmake/embed.cmake writes the C file. */
#ifndef NATBENCH_EMBEDDED_H
#define NATBENCH_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
	const char *name; /* "home-router/rules.v4" */
	const char *text;
	size_t len;
};

/* NULL: no file of that name. */
const struct embedded_file *embedded_find(const char *name);

#endif
