/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any text as rules: refused with a line and a reason, or accepted, and then
 * what is saved reads back as the same rules.
 *
 * Input: the text.
 */
#include "check.h"
#include "natcore.h"

struct text {
	char *bytes;
	size_t len, room;
};

static void text_put(void *ctx, const char *bytes, size_t len)
{
	struct text *t = ctx;

	if (t->len + len > t->room) {
		t->room = 2 * (t->len + len);
		t->bytes = realloc(t->bytes, t->room);
		MUST(t->bytes);
	}
	if (len)
		memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static struct text save(const struct nat_rules *rules)
{
	struct text t = {0};

	nat_rules_save(rules, (struct nat_sink){text_put, &t});
	return t;
}

static void check_error(const struct nat_error *err)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	MUST(len && len < sizeof(err->text));
	MUST(!memchr(err->text, '\n', len));
}

static void check_lists(const struct nat_rules *rules)
{
	static const char *const table[] = {"raw", "mangle", "nat", "filter"};

	for (unsigned i = 0; i < 4 * 8; i++) {
		struct nat_list_options o = {
			.table = table[i / 8],
			.verbose = i & 1,
			.numeric = i & 2,
			.exact = i & 4,
		};
		struct text t = {0};

		MUST(nat_rules_list(rules, &o,
				    (struct nat_sink){text_put, &t}) <= 0);
		free(t.bytes);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t *copy = input_copy(&in);
	struct nat_error err = {0};
	struct nat_rules *rules, *again;
	struct text saved, resaved;

	if (!copy)
		return 0;
	rules = nat_rules_parse((const char *)copy, size, &err);
	free(copy);
	if (!rules) {
		check_error(&err);
		return 0;
	}
	check_lists(rules);
	saved = save(rules);
	again = nat_rules_parse(saved.bytes ? saved.bytes : "", saved.len,
				&err);
	MUST(again);
	resaved = save(again);
	MUST(saved.len == resaved.len);
	if (saved.bytes && resaved.bytes)
		MUST(!memcmp(saved.bytes, resaved.bytes, saved.len));
	nat_rules_free(again);
	nat_rules_free(rules);
	free(saved.bytes);
	free(resaved.bytes);
	return 0;
}
