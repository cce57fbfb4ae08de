/* SPDX-License-Identifier: BSD-2-Clause
 * How port ranges are printed by the matches that have them. */
#ifndef NAT_MATCH_PORTS_H
#define NAT_MATCH_PORTS_H

#include "decide/rules.h"

/* True with a -p, inverted or not, to which a rule may add ports. */
bool takes_ports(const struct rule *r);
/* " spt:5", " dpts:!1:9"; nothing for every port. @what: 's' or 'd'. */
void ports_list(char what, struct port_range p, bool invert,
		struct nat_sink out);
/* " --sport 5", " ! --dport 1:9" */
void ports_save(char what, struct port_range p, bool invert,
		struct nat_sink out);

#endif
