# SPDX-License-Identifier: BSD-2-Clause
#
# Writes a C file that holds text files, for bench/cli/embedded.h:
#   cmake -DOUTPUT=embedded.c -DROOT=scenarios "-DFILES=a/x;b/y" -P embed.cmake
# FILES are paths below ROOT, and the names by which the files are found.
cmake_minimum_required(VERSION 3.25)

set(arrays)
set(rows)
set(n 0)
foreach(name IN LISTS FILES)
	file(READ "${ROOT}/${name}" hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
	string(APPEND arrays "static const char text_${n}[] = {${bytes}0};\n")
	string(APPEND rows
		"\t{ \"${name}\", text_${n}, sizeof(text_${n}) - 1 },\n")
	math(EXPR n "${n} + 1")
endforeach()

file(WRITE "${OUTPUT}.new" "/* Written by cmake/embed.cmake. */
#include <string.h>

#include \"cli/embedded.h\"

${arrays}
static const struct embedded_file files[] = {
${rows}\t{ NULL, NULL, 0 },
};

const struct embedded_file *embedded_find(const char *name)
{
	for (const struct embedded_file *f = files; f->name; f++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
