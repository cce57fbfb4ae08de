# SPDX-License-Identifier: BSD-2-Clause
# How everything here is compiled: language, warnings, optimisation,
# sanitizers. The flags stand on the interface target natbench_flags.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# Symbols cost nothing at run time and make every profile readable.
set(CMAKE_C_FLAGS_RELEASE "-O3 -g -DNDEBUG -fno-plt")
# For flame graphs: as Release, with stacks that perf can walk.
set(CMAKE_C_FLAGS_RELWITHDEBINFO
	"-O3 -g -DNDEBUG -fno-plt -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer")
set(CMAKE_C_FLAGS_DEBUG "-Og -g -fno-omit-frame-pointer")
set(CMAKE_CXX_FLAGS_RELEASE "${CMAKE_C_FLAGS_RELEASE}")

if(CMAKE_BUILD_TYPE MATCHES "^Rel")
	set(native ON)
else()
	set(native OFF)
endif()
option(NATBENCH_NATIVE "Use every instruction of this machine (-march=native)"
	${native})

add_library(natbench_flags INTERFACE)

set(warnings -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual
	-Wcast-align -Wwrite-strings -Wundef -Wvla -Wformat=2
	-Wimplicit-fallthrough -Wswitch-enum -Wconversion -Wsign-conversion)
if(CMAKE_C_COMPILER_ID STREQUAL GNU)
	list(APPEND warnings -Wlogical-op -Wduplicated-cond
		-Wduplicated-branches -Wjump-misses-init)
else()
	list(APPEND warnings -Wthread-safety -Watomic-implicit-seq-cst -Wcomma
		-Wunreachable-code-aggressive)
endif()
# Wide vectors are passed between functions that are always inlined alone.
list(APPEND warnings -Wno-psabi)
# Instrumentation adds stack and null checks of its own.
if(NOT NATBENCH_SANITIZE AND NOT NATBENCH_FUZZ)
	list(APPEND warnings -Wnull-dereference)
	if(CMAKE_C_COMPILER_ID STREQUAL GNU)
		list(APPEND warnings -Wstack-usage=2048)
	endif()
endif()
if(NATBENCH_WERROR)
	list(APPEND warnings -Werror)
endif()
target_compile_options(natbench_flags INTERFACE
	"$<$<COMPILE_LANGUAGE:C>:${warnings}>")

if(NATBENCH_NATIVE)
	target_compile_options(natbench_flags INTERFACE -march=native)
endif()

if(NATBENCH_FUZZ)
	# clang's libFuzzer; afl-clang-fast gives the same word its own driver
	target_compile_options(natbench_flags INTERFACE
		-fsanitize=fuzzer-no-link -fno-omit-frame-pointer)
endif()
if(NATBENCH_SANITIZE)
	list(JOIN NATBENCH_SANITIZE "," names)
	set(sanitize -fsanitize=${names} -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
	target_compile_options(natbench_flags INTERFACE ${sanitize})
	target_link_options(natbench_flags INTERFACE ${sanitize})
endif()
