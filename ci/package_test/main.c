/* SPDX-License-Identifier: BSD-2-Clause
 * A program of somebody else's: is the installed library usable? */
#include <natcore.h>
#include <stdio.h>

int main(void)
{
	puts(nat_verdict_name(NAT_FORWARD));
	return 0;
}
