# One target per folder, all with the same warnings and sanitizers.
#
#   octet_library(NAME SRCS a.cc b.cc DEPS other_target absl::status ...)
#   octet_test(NAME SRCS a_test.cc DEPS ... [LABELS unit])

find_program(OCTET_CCACHE ccache)
if(OCTET_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${OCTET_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OCTET_CCACHE})
endif()

add_library(octet_options INTERFACE)
target_include_directories(octet_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(octet_options INTERFACE
  -Wall -Wextra -Werror -Wno-sign-compare -Wno-missing-field-initializers
  # A float product and sum must stay two roundings on every processor.
  -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(octet_options INTERFACE -Wthread-safety)
endif()
if(OCTET_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc's instrumentation makes this warning wrong (std::variant, for one).
    target_compile_options(octet_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_compile_options(octet_options INTERFACE -fsanitize=${OCTET_SANITIZE} -fno-omit-frame-pointer -g1)
  target_link_options(octet_options INTERFACE -fsanitize=${OCTET_SANITIZE})
  if(OCTET_SANITIZE MATCHES "thread")
    # Headers of libraries that are not built for it must not lay out their objects as if they were:
    # Protocol Buffers' maps have more members then. The standard library's own are told by its name.
    target_compile_options(octet_options INTERFACE -U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
  endif()
  if(OCTET_SANITIZE MATCHES "undefined")
    target_compile_options(octet_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()

# Abseil's functions that tsan_abseil.cc stands in for.
set(OCTET_TSAN_WRAPPED
  _ZN4absl7debian35Mutex4LockEv
  _ZN4absl7debian35Mutex6UnlockEv
  _ZN4absl7debian35Mutex10ReaderLockEv
  _ZN4absl7debian35Mutex12ReaderUnlockEv
  _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE
  _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE
  _ZN4absl7debian37CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE
  _ZN4absl7debian37Barrier5BlockEv
  _ZN4absl7debian312Notification6NotifyEv
  _ZNK4absl7debian312Notification19WaitForNotificationEv)

function(octet_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE octet_options ${ARG_DEPS})
endfunction()

function(octet_executable name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE octet_options ${ARG_DEPS})
  if(OCTET_SANITIZE MATCHES "thread")
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/tsan_abseil.cc)
    target_link_libraries(${name} PRIVATE absl::synchronization)
    list(TRANSFORM OCTET_TSAN_WRAPPED PREPEND "LINKER:--wrap=" OUTPUT_VARIABLE wraps)
    target_link_options(${name} PRIVATE ${wraps})
  endif()
endfunction()

function(octet_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  octet_executable(${name} SRCS ${ARG_SRCS} DEPS ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
