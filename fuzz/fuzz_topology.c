/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any text as a topology: refused with a line and a reason, or accepted with
 * interfaces that are found by their names.
 *
 * Input: the text.
 */
#include "check.h"
#include "natcore.h"

static void check_interfaces(const struct nat_topology *t)
{
	for (unsigned i = 0; i < nat_topology_n_ifs(t); i++) {
		const char *name = nat_topology_if_name(t, i);

		MUST(name && *name);
		MUST(nat_topology_if_index(t, name) == (int)i);
	}
	MUST(nat_topology_if_index(t, "no such interface") < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t *copy = input_copy(&in);
	struct nat_error err = {0};
	struct nat_topology *t;

	if (!copy)
		return 0;
	t = nat_topology_parse((const char *)copy, size, &err);
	free(copy);
	if (t)
		check_interfaces(t);
	else
		MUST(err.text[0] && !strchr(err.text, '\n'));
	nat_topology_free(t);
	return 0;
}
