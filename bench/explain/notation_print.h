/* SPDX-License-Identifier: BSD-2-Clause
 * Values of the notation as text, bounded as snprintf() is. */
#ifndef NATBENCH_NOTATION_PRINT_H
#define NATBENCH_NOTATION_PRINT_H

#include "explain/notation_spec.h"

struct text {
	char *out;
	size_t cap, len; /* len: of the whole text, room or not */
};

void note_print(const struct spec *s, enum notation_style style,
		struct text *t);

#endif
