/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What went wrong with a capture, as the user reads it: one line that begins
 * with the file's name, without newline. */
#ifndef NATBENCH_CAPTURE_ERROR_H
#define NATBENCH_CAPTURE_ERROR_H

struct capture_error {
	char text[512];
};

/* Fills @err; always returns -1, for `return capture_fail(...)`. */
int capture_fail(struct capture_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
