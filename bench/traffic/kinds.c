/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Names of kinds, and lists of them. */
#include <string.h>

#include "traffic/draw.h"

enum { ALL = (1u << TRAFFIC_N_KINDS) - 1 };

/* Times of day, which no two routers agree on. */
#define BY_NAME_ONLY KIND(CLOCK)

static const char *const names[] = {
#define X(id, name) [TRAFFIC_##id] = (name),
	TRAFFIC_KINDS(X)
#undef X
};

const char *traffic_kind_name(enum traffic_kind k)
{
	return names[k];
}

uint32_t traffic_default_kinds(void)
{
	return ALL & ~BY_NAME_ONLY;
}

static uint32_t kind_of(const char *name, size_t len)
{
	if (len == 3 && !memcmp(name, "all", len))
		return ALL;
	for (unsigned k = 0; k < TRAFFIC_N_KINDS; k++)
		if (strlen(names[k]) == len && !memcmp(names[k], name, len))
			return 1u << k;
	return 0;
}

int traffic_parse_kinds(uint32_t *kinds, const char *list,
			struct capture_error *err)
{
	bool more = *list;

	*kinds = !more || *list == '-' ? traffic_default_kinds() : 0;
	while (more) {
		bool off = *list == '-';
		size_t len = strcspn(list + off, ",");
		uint32_t kind = kind_of(list + off, len);

		if (!kind)
			return capture_fail(err, "unknown kind '%.*s'",
					    (int)len, list + off);
		*kinds = off ? *kinds & ~kind : *kinds | kind;
		list += off + len;
		more = *list;
		list += more;
	}
	if (!(*kinds & (KIND(IPV4) | KIND(IPV6))))
		*kinds |= KIND(IPV4);
	return 0;
}
