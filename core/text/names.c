/* SPDX-License-Identifier: BSD-2-Clause
 * The public vocabulary as words: one table per list of natcore.h. */
#include "natcore.h"
#include "util.h"

static const char *name_of(const char *const *table, size_t n, unsigned i)
{
	return i < n ? table[i] : "unknown";
}

const char *nat_verdict_name(enum nat_verdict v)
{
	static const char *const name[] = {
#define X(id, text) text,
		NAT_VERDICTS(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), v);
}

const char *nat_drop_name(enum nat_drop d)
{
	static const char *const name[] = {
#define X(id, text) text,
		NAT_DROPS(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), d);
}

const char *nat_stage_name(enum nat_stage s)
{
	static const char *const name[] = {
#define X(id, text) text,
		NAT_STAGES(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), s);
}

const char *nat_hook_name(enum nat_hook h)
{
	static const char *const name[] = {
#define X(id) #id,
		NAT_HOOKS(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), h);
}

const char *nat_state_name(enum nat_state s)
{
	static const char *const name[] = {
#define X(id) #id,
		NAT_STATES(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), s);
}

const char *nat_step_name(enum nat_step s)
{
	static const char *const name[] = {
#define X(id, text) text,
		NAT_STEPS(X)
#undef X
	};
	return name_of(name, ARRAY_LEN(name), s);
}
