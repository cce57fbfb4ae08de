/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs that set up the kernel: ip, iptables-restore, iptables-save. */
#ifndef NATBENCH_TOOL_H
#define NATBENCH_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "natcore.h"

struct text {
	const char *at; /* NULL: there is none */
	size_t len;
};

/* Programs of sbin are found from now on, whatever the user's PATH. */
void tool_path(void);
bool tool_there(const char *name);

/* Runs @argv to its end with @in as standard input. @out, unless NULL, gets its
 * standard output, NUL at the end, to be freed. 0; or -1, @err being the first
 * line of its complaint. */
int tool_run(const char *const argv[], struct text in, char **out,
	     struct nat_error *err);

#endif
