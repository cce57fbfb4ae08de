/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a capture's fault. */
#include "capture/error.h"

#include <stdarg.h>
#include <stdio.h>

int capture_fail(struct capture_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}
