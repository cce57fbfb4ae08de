/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What came of a stretch, from one process of the same program to another. */
#ifndef NATBENCH_STRETCH_WIRE_H
#define NATBENCH_STRETCH_WIRE_H

#include <stdio.h>

#include "verify/verify.h"

/* False: it could not be written, or the other end is gone. */
bool stretch_put_text(FILE *to, const char *text); /* may be NULL */
bool stretch_get_text(FILE *from, char **text);    /* to be freed */
bool stretch_put(FILE *to, const struct verify *v);
bool stretch_get(FILE *from, struct verify *v);

#endif
