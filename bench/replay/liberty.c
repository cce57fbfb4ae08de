/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules are asked as text, which names each target. */
#include "replay/liberty.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(void *ctx, const char *text, size_t len)
{
	(void)fwrite(text, 1, len, ctx);
}

static void look(struct liberty *l, const char *rules)
{
	const struct {
		const char *target;
		bool *may;
	} row[] = {
		{" -j TTL ", &l->hops},   {" -j HL ", &l->hops},
		{" -j TOS ", &l->tos},    {" -j DSCP ", &l->tos},
		{" -j TCPMSS ", &l->mss},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (strstr(rules, row[i].target))
			*row[i].may = true;
}

int liberty_add(struct liberty *l, const struct nat_rules *r)
{
	char *text = NULL;
	size_t len;
	FILE *out;

	if (!r)
		return 0;
	out = open_memstream(&text, &len);
	if (!out)
		return -ENOMEM;
	nat_rules_save(r, (struct nat_sink){put, out});
	if (!fclose(out))
		look(l, text);
	free(text);
	return text ? 0 : -ENOMEM;
}
