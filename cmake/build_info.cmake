# SPDX-License-Identifier: BSD-2-Clause
# Writes build_info.h, what a result says about the program that made it. Run
# at every build; the file is touched only when its content changes.
execute_process(COMMAND git -C "${SOURCE}" describe --always --dirty
	OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
	set(commit unknown)
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[
/* Written by cmake/build_info.cmake. */
#ifndef NATBENCH_BUILD_INFO_H
#define NATBENCH_BUILD_INFO_H

#define NATBENCH_VERSION  "@VERSION@"
#define NATBENCH_COMMIT	  "@commit@"
#define NATBENCH_COMPILER "@COMPILER@"
#define NATBENCH_FLAGS	  "@FLAGS@"

#endif
]])
