# SPDX-License-Identifier: BSD-2-Clause
# What the folders' CMakeLists.txt have in common.

# natbench_glob(VARIABLE PATTERN... [EXCEPT REGEX]): the sources of a folder.
# A new file is seen by the next build; no list has to be edited.
function(natbench_glob variable)
	cmake_parse_arguments(arg "" "EXCEPT" "" ${ARGN})
	file(GLOB found CONFIGURE_DEPENDS ${arg_UNPARSED_ARGUMENTS})
	if(arg_EXCEPT)
		list(FILTER found EXCLUDE REGEX "${arg_EXCEPT}")
	endif()
	set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# natbench_tests(LIBRARY...): one program and one ctest entry for each
# test_*.c and torture_*.c of the folder test/; its other .c files are helpers
# that any of them may use. Exit status 77 means skipped.
function(natbench_tests)
	pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
	cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)

	set(flags ${folder}_test_flags)
	add_library(${flags} INTERFACE)
	target_include_directories(${flags} INTERFACE
		${CMAKE_CURRENT_SOURCE_DIR})
	target_compile_definitions(${flags} INTERFACE _GNU_SOURCE
		NATBENCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
		NATBENCH_SHARED_PCAPS="${PROJECT_SOURCE_DIR}/../shared/pcaps")
	target_link_libraries(${flags} INTERFACE natbench_flags ${ARGN}
		PkgConfig::CMOCKA)

	# Tests may keep their buffers on the stack.
	natbench_glob(sources test/*.c)
	set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS
		$<$<C_COMPILER_ID:GNU>:-Wno-stack-usage>)

	natbench_glob(helpers test/*.c EXCEPT "/(test|torture)_[^/]*$")
	if(helpers)
		add_library(${folder}_test_helpers STATIC ${helpers})
		target_link_libraries(${folder}_test_helpers PRIVATE ${flags})
		set(helpers ${folder}_test_helpers)
	endif()

	natbench_glob(programs test/test_*.c test/torture_*.c)
	foreach(source IN LISTS programs)
		cmake_path(GET source STEM name)
		add_executable(${name} ${source})
		# A test may stand in for a function of the C library.
		set_target_properties(${name} PROPERTIES
			C_VISIBILITY_PRESET default)
		target_link_libraries(${name} PRIVATE ${helpers} ${flags})
		add_test(NAME ${name} COMMAND ${name}
			WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
		set(labels ${folder})
		if(name MATCHES "^torture_")
			list(APPEND labels threads)
		endif()
		set_tests_properties(${name} PROPERTIES
			LABELS "${labels}" SKIP_RETURN_CODE 77 TIMEOUT 300)
	endforeach()
endfunction()
