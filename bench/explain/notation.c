/* SPDX-License-Identifier: BSD-2-Clause
 * The notation's three calls, over text <-> values <-> packet. */
#include "explain/notation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/notation_ip.h"
#include "explain/notation_print.h"

static int encode(struct note *n, struct nat_error *err)
{
	int len = note_encode(n, 0);

	if (len == -EINVAL)
		(void)snprintf(err->text, sizeof(err->text),
			       "longer than the %zu bytes of an IPv%u packet",
			       ip_version(n->spec[0].family)->most,
			       n->spec[0].family);
	return len;
}

int notation_parse(const char *text, uint8_t *buf, size_t cap,
		   struct nat_error *err)
{
	struct note *n = malloc(sizeof(*n));
	int len;

	*err = (struct nat_error){.text = "out of memory"};
	if (!n)
		return -ENOMEM;
	len = note_parse(n, text, err);
	if (!len)
		len = encode(n, err);
	if (len > 0 && (size_t)len > cap) {
		len = -ENOSPC;
		(void)snprintf(err->text, sizeof(err->text),
			       "longer than the %zu bytes there is room for",
			       cap);
	}
	if (len > 0)
		memcpy(buf, n->wire[0], (size_t)len);
	free(n);
	return len;
}

int notation_print(const uint8_t *pkt, size_t len, enum notation_style style,
		   char *out, size_t cap)
{
	struct note *n = malloc(sizeof(*n));
	struct text t = {out, cap, 0};

	if (!n)
		return -ENOMEM;
	t.out = out;
	note_decode(n, pkt, len);
	note_print(&n->spec[0], style, &t);
	free(n);
	return (int)t.len;
}

/* Gives each '*' of @want the value that @got has there. */
static void fill_wild(struct spec *want, const struct spec *got)
{
	for (enum item_id id = 0; id < N_ITEMS; id++)
		if (want->wild & item_bit(id) && items[id].forms & got->form)
			item_set(want, &items[id], item_get(got, &items[id]));
	if (want->quote && got->quote)
		fill_wild(want->quote, got->quote);
}

int notation_match(const char *text, const uint8_t *pkt, size_t len,
		   struct nat_error *err)
{
	struct note *want = malloc(sizeof(*want));
	struct note *got = malloc(sizeof(*got));
	int ret = -ENOMEM;

	*err = (struct nat_error){.text = "out of memory"};
	if (!want || !got)
		goto out;
	ret = note_parse(want, text, err);
	if (ret)
		goto out;
	note_decode(got, pkt, len);
	fill_wild(&want->spec[0], &got->spec[0]);
	ret = encode(want, err);
	if (ret > 0)
		ret = (size_t)ret == len && !memcmp(want->wire[0], pkt, len);
out:
	free(want);
	free(got);
	return ret;
}
