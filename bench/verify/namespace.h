/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A network namespace for this process, in a user namespace if need be. */
#ifndef NATBENCH_NAMESPACE_H
#define NATBENCH_NAMESPACE_H

/* Leaves the namespace of the user, as root or through a user namespace.
 * 0, or a negative errno. */
int namespace_enter(void);
/* Writes /proc/sys/net/@name; 0 or a negative errno. */
int namespace_sysctl(const char *name, const char *value);

#endif
