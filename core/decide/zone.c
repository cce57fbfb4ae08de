/* SPDX-License-Identifier: BSD-2-Clause
 * Zones of packets and connections. */
#include "decide/zone.h"

struct conn_zone zone_of_packet(const struct walk *k)
{
	const struct target_ct *t = k->made_by;
	struct conn_zone z = {{0, 0}};
	uint16_t id;

	if (!t)
		return z;
	id = t->zone_mark ? (uint16_t)k->mark : t->zone;
	if (t->zone_dirs != CT_ZONE_REPLY)
		z.id[NAT_ORIGINAL] = id;
	if (t->zone_dirs != CT_ZONE_ORIG)
		z.id[NAT_REPLY] = id;
	return z;
}

struct conn_zone zone_of_conn(const struct conn *c)
{
	return (struct conn_zone){
		{conn_zone(c, NAT_ORIGINAL), conn_zone(c, NAT_REPLY)}};
}

static struct conn_ref find_under(struct walk *k, const struct nat_tuple *t,
				  struct conn_zone z, enum nat_dir dir)
{
	struct nat_tuple in[NAT_N_DIRS] = {*t, *t};

	in[NAT_ORIGINAL].zone = z.id[NAT_ORIGINAL];
	in[NAT_REPLY].zone = z.id[NAT_REPLY];
	return conns_find_zoned(&k->w->view, in,
				conns_hash(&k->w->view, &in[dir]));
}

struct conn_ref zone_find(struct walk *k, const struct nat_tuple *t,
			  struct conn_zone z)
{
	struct conn_ref r;

	if (!zone_in_use(k))
		return conns_find(&k->w->view, t, conns_hash(&k->w->view, t));
	r = find_under(k, t, z, NAT_ORIGINAL);
	if (!r.conn && z.id[NAT_ORIGINAL] != z.id[NAT_REPLY])
		r = find_under(k, t, z, NAT_REPLY);
	return r;
}

struct conn_ref zone_find_answer(struct walk *k, const struct nat_tuple *t,
				 struct conn_zone z)
{
	return find_under(k, t, z, NAT_REPLY);
}
