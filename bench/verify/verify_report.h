/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a verification found: for a person, and as data. */
#ifndef NATBENCH_VERIFY_REPORT_H
#define NATBENCH_VERIFY_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "verify/verify.h"

struct verify_report {
	const struct verify *verify;
	const char *source;    /* the capture's name, or the seed */
	uint64_t frames;       /* as it was read */
	uint64_t unanswered;   /* answers to what never left */
	const char *diagnosis; /* of the first divergence; NULL: none */
};

void verify_print(const struct verify_report *r, FILE *out);
/* NULL: no memory. */
json_t *verify_json(const struct verify_report *r);

#endif
